"""AI Cleanroom: nothing that an AI made reaches production unchecked."""

__version__ = "0.1.0"
