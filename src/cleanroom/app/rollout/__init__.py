"""Rollouts: start, steer, watch, publish."""
