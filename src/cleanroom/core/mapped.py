"""What does a mapping make of one event? The same as the engine makes of a row in a shadow run."""

from __future__ import annotations

from collections.abc import Mapping as Event
from typing import Any

from cleanroom.core.change import NONE, Mapping

LEGACY = "legacy_event"
"""Where the name stands that an event had before."""


def targets(mapping: Mapping) -> dict[str, str]:
    """What becomes of each legacy name that is kept; of a name that is there twice, the first one counts."""
    out: dict[str, str] = {}
    for name in mapping.events:
        if name.target != NONE:
            out.setdefault(name.legacy, name.target)
    return out


def mapped(kept: Event[str, str], event: Event[str, Any], column: str) -> dict[str, Any] | None:
    """The event under its new name, with the old one beside; None where it is dropped: mapped to none, or to nothing.

    `kept` comes from `targets`; `column` is where the event's name stands.
    """
    legacy = _text(event.get(column))
    target = None if legacy is None else kept.get(legacy)
    if target is None:
        return None
    made = {name: target if name == column else value for name, value in event.items() if name != LEGACY}
    made[LEGACY] = legacy
    return made


def _text(value: Any) -> str | None:
    """A name as a database casts it to text."""
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case _:
            return None
