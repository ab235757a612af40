"""What is in production? The artifact of a promoted rollout, written where pipelines read it."""

from __future__ import annotations

import json
from pathlib import Path

from cleanroom.app.propose.record import kept
from cleanroom.app.room import Room
from cleanroom.codec.change import mapping_json
from cleanroom.core.base import Digest, Outside, digest
from cleanroom.core.change import Mapping
from cleanroom.core.progress.state import Promoted

FOLDER = "published"


def publish(room: Room, promoted: Promoted) -> Path:
    """Write published/<flag>/mapping.json, with the digest that was promoted, unless it is there. Raises Outside."""
    start = promoted.start
    folder = room.project.path(f"{FOLDER}/{start.flag}")
    file = folder / "mapping.json"
    if file.is_file() and room.artifacts.digest_unless_touched(file) == start.artifact:
        return file
    content = mapping_json(artifact(room, start.name, start.artifact)).encode()
    about = {
        "artifact": start.artifact,
        "change": start.change,
        "name": start.name,
        "promoted": promoted.at,
        "run": start.run,
    }
    folder.mkdir(parents=True, exist_ok=True)
    room.artifacts.write(folder, "about.json", (json.dumps(about, indent=1) + "\n").encode())
    return room.artifacts.write(folder, "mapping.json", content)


def artifact(room: Room, name: str, wanted: Digest) -> Mapping:
    """The mapping of that digest, from its copy or from the change as it lies there. Raises Outside where it is neither."""
    found = kept(room, wanted)
    if found is None and name in room.project.changes():
        mapping = room.project.change_as_it_lies(name)[1]
        found = mapping if mapping is not None and digest(mapping_json(mapping).encode()) == wanted else None
    if found is None:
        hint = "Restore .cleanroom/mappings from the machine on which it was proposed."
        raise Outside(f"the mapping {wanted[:19]} of {name} is not on this machine", hint)
    return found
