"""Which mark is to be put into a prompt? Derived from the store's own secret by its name, and written down nowhere."""

from __future__ import annotations

from cleanroom.app.room import Room
from cleanroom.core.base import Misuse, is_valid
from cleanroom.core.injection import canary

_LONGEST = 100


def mark(room: Room, name: str) -> str:
    """The mark of that name: the same as long as the store's secret is. Raises Misuse for what is no name."""
    if not name.strip() or len(name) > _LONGEST or not name.isprintable() or not is_valid(name):
        raise Misuse(f"{name[:40]!r} cannot be the name of a canary", "For example support-prompt.")
    return canary(bytes.fromhex(room.telemetry.hashed("canary\x1fkey")), name)
