"""What does the environment variable hold that a channel names?"""

from __future__ import annotations

import os

from cleanroom.core.base import Outside


def variable(channel: str, name: str) -> str:
    """What it holds. Raises Outside where it is not set: the message waits, since it may be set later."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise Outside(f"channel {channel}: {name} is not set", f"Set the environment variable {name}.")
    return value
