"""Queries of the guided diagnosis: each looks at the real stores, and says what it saw or why it cannot tell."""
