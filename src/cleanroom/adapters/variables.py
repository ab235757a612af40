"""What does the environment variable hold that a channel or a source names?"""

from __future__ import annotations

import os

from cleanroom.core.base import Outside


def variable(who: str, name: str) -> str:
    """What it holds; `who` names it in the error. Raises Outside where it is not set: it may be set later."""
    value = os.environ.get(name, "").strip()
    if not value:
        raise Outside(f"{who}: {name} is not set", f"Set the environment variable {name}.")
    return value
