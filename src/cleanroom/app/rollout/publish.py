"""What is in production? The artifact of a promoted rollout, written where pipelines read it."""

from __future__ import annotations

import json
from pathlib import Path

from cleanroom.app import mappings
from cleanroom.app.room import Room
from cleanroom.core.progress.state import Promoted

FOLDER = "published"


def publish(room: Room, promoted: Promoted) -> Path:
    """Write published/<flag>/mapping.json, with the digest that was promoted, unless it is there. Raises NotFound, Outside."""
    start = promoted.start
    folder = room.project.path(f"{FOLDER}/{start.flag}")
    file = folder / "mapping.json"
    if file.is_file() and room.artifacts.digest_unless_touched(file) == start.artifact:
        return file
    content = mappings.content(room, start.artifact)
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
