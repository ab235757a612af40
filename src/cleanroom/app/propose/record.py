"""Writes a proposed or corrected change into the ledger, and its files into the project."""

from __future__ import annotations

from pathlib import Path

from cleanroom.app.room import Room
from cleanroom.codec.change import change_yaml, mapping_json, read_change, read_mapping
from cleanroom.core.base import Digest, Misuse, Refused, digest
from cleanroom.core.change import Change, Mapping
from cleanroom.core.facts import Proposed
from cleanroom.core.ledger import Conflict, Write

_COPIES = ".cleanroom/mappings"
_VERSIONS = ".cleanroom/versions"
_TRIES = 20


def free_name(room: Room, name: str) -> int:
    """The version at which a new proposal of that name begins. Raises Misuse when there is a change of that name.

    A new proposal must not wipe out what people corrected.
    """
    version = room.store.version(f"change/{name}")
    if name in room.project.changes():
        raise Misuse(
            f"there is a change {name!r} already",
            f"Choose another name with --name, or correct it: cleanroom correct {name} LEGACY=TARGET --reason TEXT",
        )
    return version


def record(room: Room, change: Change, mapping: Mapping | None, after: int) -> None:
    """Append Proposed under `change/<name>`, then write changes/<name>/ whole; copies of both are kept before.

    `after` is the subject's version when its writer read it. Raises Conflict when somebody made another version
    meanwhile, and then no file was touched. Where the program dies in between, `settle` writes the files.
    """
    root = room.project.root
    if mapping is not None:
        copy = copy_of(room, change.artifact.digest)
        room.artifacts.write(copy.parent, copy.name, mapping_json(mapping).encode())
    room.artifacts.write(root / _VERSIONS, _version(change.digest), change_yaml(change).encode())
    _append(room, change, after)
    room.project.write_change(change, mapping)


def settle(room: Room, name: str) -> int:
    """Make sure that the ledger has the change as it lies there; the subject's version then.

    Finishes what a crash interrupted, and takes in a change that this ledger never saw, such as a colleague's.
    Raises Refused for a change.yaml that was edited past the ledger.
    """
    history = room.store.history(f"change/{name}")
    last = next((e.fact for e in reversed(history) if isinstance(e.fact, Proposed)), None)
    change = room.project.change_as_it_lies(name)[0]
    if last is None:
        return _append(room, change, len(history))
    if last.change != change.digest:
        newer = version_of(room, last) if change.digest == last.corrects else None
        if newer is None:
            hint = "Restore the file: corrections go through `cleanroom correct`, which writes down who made them."
            raise Refused(f"changes/{name}/change.yaml is not the version that the ledger has", hint)
        room.project.write_change(*newer)
    return len(history)


def _append(room: Room, change: Change, after: int) -> int:
    """Append its Proposed after `after`, or after what others noted meanwhile as long as that is no new version.

    The author of the fact is whoever made this version: the last to correct it, else the operator.
    """
    made, subject = change.provenance, f"change/{change.name}"
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
    for turn in range(_TRIES):
        try:
            room.store.append([Write(subject, after, fact)])
            break
        except Conflict:
            since = room.store.history(subject)[after:]
            if turn == _TRIES - 1 or any(isinstance(e.fact, Proposed) for e in since):
                raise
            after += len(since)
    return after + 1


def version_of(room: Room, fact: Proposed) -> tuple[Change, Mapping | None] | None:
    """The version that the ledger speaks of, from the copies that were made before it was written."""
    try:
        content = (room.project.root / _VERSIONS / _version(fact.change)).read_bytes()
    except OSError:
        return None
    change = read_change(content, "change.yaml").value
    if change is None or change.digest != fact.change:
        return None
    mapping = kept(room, fact.artifact) if fact.what == "mapping" else None
    return None if fact.what == "mapping" and mapping is None else (change, mapping)


def kept(room: Room, artifact: Digest) -> Mapping | None:
    """The mapping of that digest as it was written here; None where it was written on another machine."""
    try:
        content = copy_of(room, artifact).read_bytes()
    except OSError:
        return None
    return read_mapping(content, "mapping.json").value if digest(content) == artifact else None


def copy_of(room: Room, artifact: str) -> Path:
    """Where the copy of the mapping of that digest lies, if it was ever written on this machine."""
    return room.project.root / _COPIES / f"{artifact.removeprefix('sha256:')}.json"


def _version(change: Digest) -> str:
    return f"{change.removeprefix('sha256:')}.yaml"
