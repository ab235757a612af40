"""The report of a check, for people (terminal, page) and for programs (JSON)."""
