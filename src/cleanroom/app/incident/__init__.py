"""Incidents: open, contain, tell, diagnose, mitigate, write up, prove, close."""
