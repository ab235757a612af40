"""The server: a REST API under /v1 and pages, on the same use cases as the command line."""
