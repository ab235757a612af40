"""Incidents: where one stands, what is still missing before it may be closed, and how long each step took."""
