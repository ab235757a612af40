"""Sensors: look, keep what was measured, write down what follows, tell people, and hold up what depends on it."""
