"""Takes in a dataset that another tool produced, as a change to be judged."""

from __future__ import annotations

from cleanroom.app.propose.record import record
from cleanroom.app.room import Room
from cleanroom.core.base import Misuse
from cleanroom.core.change import Change, DatasetArtifact, Provenance
from cleanroom.ports.engine import Table


def propose_dataset(room: Room, table: Table, name: str, tool: str, model: str = "", model_version: str = "") -> Change:
    """Write changes/<name>/ for the file and record the proposal. Raises Misuse when the file cannot be read."""
    if not tool.strip():
        raise Misuse("nobody is named as the maker of this dataset", "Say what produced it: --tool NAME.")
    if name in room.project.changes() and room.project.change_as_it_lies(name)[1] is not None:
        raise Misuse(f"{name!r} is a mapping already", "Choose another name with --name.")
    after = room.store.version(f"change/{name}")
    room.engine.profile(table, top=1)
    content = room.artifacts.digest(table.path)
    file = room.project.relative(table.path) + (f"::{table.table}" if table.table else "")
    made = Provenance(
        room.operator, room.clock.now(), tool, model=model, model_version=model_version, commit=room.project.commit(),
        inputs=((file, content),),
    )  # fmt: skip
    change = Change(name, DatasetArtifact(file, content), made)
    record(room, change, None, after)
    return change
