"""Telemetry comes in, and what can be read from it."""
