"""Takes in a mapping that a person wrote, as a change to be judged."""

from __future__ import annotations

from cleanroom.app.propose.record import free_name, record
from cleanroom.app.room import Room
from cleanroom.core.change import Change, Mapping, MappingArtifact, Provenance

TOOL = "by hand"


def propose_by_hand(room: Room, mapping: Mapping, source: str, name: str) -> Change:
    """Write changes/<name>/ for a mapping of `source` (relative to the project) and record the proposal.

    Raises Misuse when a change of that name exists already.
    """
    after = free_name(room, name)
    content = room.artifacts.digest(room.project.root / source)
    artifact = MappingArtifact("mapping.json", room.project.artifact_digest(mapping), source)
    made = Provenance(room.operator, room.clock.now(), TOOL, commit=room.project.commit(), inputs=((source, content),))
    change = Change(name, artifact, made)
    record(room, change, mapping, after)
    return change
