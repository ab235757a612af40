"""Alerts: how signals are grouped, where an alert stands, when somebody is told, and in which words."""
