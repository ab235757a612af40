"""Which files does a sensor's data lie in, and have they changed since they were measured?"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cleanroom.app.room import Room
from cleanroom.core.base import Misuse
from cleanroom.ports.engine import Table

MOST = 5_000
"""Files that a folder may hold."""


@dataclass(frozen=True, slots=True)
class File:
    """A table of the project. `stamp` changes with its bytes; `written`: microseconds since 1970 UTC."""

    name: str
    table: Table
    stamp: str
    written: int


def files_of(room: Room, data: str) -> tuple[File, ...]:
    """The files of FILE, FOLDER or FILE.duckdb::TABLE, in the order of their names. Raises Misuse where there are none.

    What begins with a dot or an underscore is no data.
    """
    named, mark, table = data.partition("::")
    path = room.project.path(named)
    if not path.exists():
        raise Misuse(f"{named} is not there any more", "Put it back, or change what the sensor looks at.")
    if not path.is_dir():
        return (_file(room, data),)
    found = sorted(
        p
        for p in path.rglob("*")
        if p.is_file() and not any(part.startswith((".", "_")) for part in p.relative_to(path).parts)
    )
    if not found:
        raise Misuse(f"{named} holds no files", "Put data there, or change what the sensor looks at.")
    if len(found) > MOST:
        raise Misuse(
            f"{named} holds {len(found):,} files: a sensor may look at {MOST:,}", "Pack them by day or by month."
        )
    return tuple(_file(room, room.project.relative(p) + mark + table) for p in found)


def relative(room: Room, text: str) -> str:
    """A text for people with paths of the project as they are written in it: where it lies is nobody's business."""
    roots = {str(room.project.root), str(room.project.root.resolve())} - {"/"}
    for root in sorted(roots, key=len, reverse=True):
        text = re.sub(rf"(?<![\w./-]){re.escape(root)}(?:/|(?![\w.-]))", "", text)
    return text


def _file(room: Room, name: str) -> File:
    named, mark, table = name.partition("::")
    path = room.project.path(named)
    try:
        found = path.stat()
    except OSError as error:
        raise Misuse(f"{named} cannot be read: {error.strerror}", "Check that it is there.") from error
    stamp = f"{found.st_mtime_ns}-{found.st_size}-{found.st_ino}"
    return File(name, Table(path, table if mark else None), stamp, found.st_mtime_ns // 1000)
