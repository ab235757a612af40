"""Writes a proposed or corrected change into the project, and its fact into the ledger."""

from __future__ import annotations

from cleanroom.app.room import Room
from cleanroom.codec.change import mapping_json, read_mapping
from cleanroom.core.base import Digest, Misuse, digest
from cleanroom.core.change import Change, Mapping
from cleanroom.core.facts import Proposed
from cleanroom.core.ledger import Write

_COPIES = ".cleanroom/mappings"


def free_name(room: Room, name: str) -> None:
    """Raises Misuse when a change of that name exists: a new proposal must not wipe out what people corrected."""
    if name in room.project.changes():
        raise Misuse(
            f"there is a change {name!r} already",
            f"Choose another name with --name, or correct it: cleanroom correct {name} LEGACY=TARGET --reason TEXT",
        )


def record(room: Room, change: Change, mapping: Mapping | None) -> None:
    """Write changes/<name>/ whole, then append Proposed under `change/<name>`; keep a copy of a mapping.

    The author of the fact is whoever made this version: the last to correct it, else the operator.
    """
    subject = f"change/{change.name}"
    known = len(room.store.history(subject))
    made = change.provenance
    last = made.corrections[-1] if change.corrects and made.corrections else None
    fact = Proposed(
        change=change.digest,
        name=change.name,
        what=change.artifact.kind,
        artifact=change.artifact.digest,
        author=last.by if last else made.operator,
        model=made.model or made.tool,
        corrects=change.corrects,
        at=last.at if last else made.at,
    )
    if mapping is not None:
        copy = mapping_json(mapping).encode()
        room.artifacts.write(room.project.root / _COPIES, _copy(change.artifact.digest), copy)
    room.project.write_change(change, mapping)
    room.store.append([Write(subject, known, fact)])


def kept(room: Room, artifact: Digest) -> Mapping | None:
    """The mapping of that digest as it was written here; None where it was written on another machine."""
    try:
        content = (room.project.root / _COPIES / _copy(artifact)).read_bytes()
    except OSError:
        return None
    return read_mapping(content, "mapping.json").value if digest(content) == artifact else None


def _copy(artifact: Digest) -> str:
    return f"{artifact.removeprefix('sha256:')}.json"
