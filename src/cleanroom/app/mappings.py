"""Which mapping has that digest? From the copy that its proposal left behind (propose/record.py), else from the changes."""

from __future__ import annotations

from pathlib import Path

from cleanroom.app.propose.record import copy_of
from cleanroom.app.room import Room
from cleanroom.core.base import Misuse, NotFound, Outside, digest

_HEX = frozenset("0123456789abcdef")


def content(room: Room, name: str) -> bytes:
    """The bytes of the mapping whose digest is `name`; it is kept from now on. Raises NotFound, Outside."""
    if not _is_digest(name):
        raise NotFound(f"{name!r:.100} is no digest of a mapping", "It is written sha256: and 64 hexadecimal digits.")
    kept = copy_of(room, name)
    found = _right(kept, name)
    if found is None:
        found = _in_changes(room, name)
        if found is None:
            raise NotFound(
                f"no mapping here has the digest {name}", "It may have been corrected since: check it again."
            )
        room.artifacts.write(kept.parent, kept.name, found)
    return found


def _in_changes(room: Room, name: str) -> bytes | None:
    for change in room.project.changes():
        try:
            _, _, lies = room.project.change_as_it_lies(change)
            if lies == name:
                return _right(room.project.path(f"changes/{change}/mapping.json"), name)
        except Misuse:  # another change that cannot be read is no reason to not find this one
            continue
    return None


def _right(file: Path, name: str) -> bytes | None:
    """Its bytes, where they have that digest."""
    try:
        found = file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Outside(f"a mapping cannot be read: {error.strerror}", "Look after the disk, then try again.") from error
    return found if digest(found) == name else None


def _is_digest(name: str) -> bool:
    kind, _, hexadecimal = name.partition(":")
    return kind == "sha256" and len(hexadecimal) == 64 and set(hexadecimal) <= _HEX
