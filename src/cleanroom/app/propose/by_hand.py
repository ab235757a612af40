"""Takes in a mapping that a person wrote, as a change to be judged."""

from __future__ import annotations

from cleanroom.app.room import Room
from cleanroom.core.change import Change, Mapping, MappingArtifact, Provenance
from cleanroom.core.facts import Proposed
from cleanroom.core.ledger import Write

TOOL = "by hand"


def propose_by_hand(room: Room, mapping: Mapping, source: str, name: str) -> Change:
    """Write changes/<name>/ for a mapping of `source` (relative to the project) and record the proposal."""
    now = room.clock.now()
    content = room.artifacts.digest(room.project.root / source)
    artifact = MappingArtifact("mapping.json", room.project.artifact_digest(mapping), source)
    made = Provenance(room.operator, now, TOOL, commit=room.project.commit(), inputs=((source, content),))
    change = Change(name, artifact, made)
    known = room.store.history(f"change/{name}")
    room.project.write_change(change, mapping)
    fact = Proposed(change.digest, name, "mapping", artifact.digest, room.operator, TOOL, None, now)
    room.store.append([Write(f"change/{name}", len(known), fact)])
    return change
