"""What should a reviewer of a mapping see first? The entries that matter most, with rows before and after."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cleanroom.app.review.standing import Standing, data_of, looked_at, of_mapping, shown_run, standing
from cleanroom.app.room import Room
from cleanroom.core.base import Digest, Misuse
from cleanroom.core.contract import Plan
from cleanroom.core.importance import MOST, Weighed, weighed
from cleanroom.core.run import EventFlow
from cleanroom.ports.engine import Table

ROWS = 3
"""Sample rows an entry."""

OUTPUT = "output.parquet"
LEGACY = "legacy_event"
"""The run's output, and the column in which it keeps the name that was mapped."""

Row = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Item:
    """One entry to look at. `before` and `after` are the same kind of rows, as production has them and as the run
    wrote them (`after` is empty where the name is left out). `looked`: who found it right in this run.
    """

    weighed: Weighed
    before: tuple[Row, ...]
    after: tuple[Row, ...]
    looked: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Top:
    """The most important entries of a change, and how many there are in all.

    `run`: the run that they are shown from. `stale`: the change was edited since, and no run has looked at it yet.
    """

    standing: Standing
    items: tuple[Item, ...]
    all: int
    run: Digest
    stale: bool = False

    @property
    def done(self) -> int:
        """How many of the items somebody found right."""
        return sum(bool(i.looked) for i in self.items)


@dataclass(frozen=True, slots=True)
class Rows:
    """Sample rows of some names, in their order, as production has them and as a run wrote them."""

    before: tuple[tuple[Row, ...], ...]
    after: tuple[tuple[Row, ...], ...]


def top(room: Room, name: str, limit: int = MOST) -> Top:
    """The entries of a checked mapping that matter most. Raises Misuse for a dataset, Refused before a first run."""
    found = standing(room, name)
    counted = flows(folder_of(room, shown_run(found).run))
    return top_of(found, room.project.contract().plan, counted, lambda names: rows_of(room, found, names), limit)


def top_of(
    found: Standing,
    plan: Plan,
    counted: Sequence[EventFlow],
    rows: Callable[[tuple[str, ...]], Rows],
    limit: int = MOST,
) -> Top:
    """As `top`, from what was read already: what the run counted, and what looks for rows of names."""
    mapping, checked = of_mapping(found), shown_run(found)
    chosen = weighed(plan, mapping, counted, found.change.flagged, limit)
    shown = rows(tuple(w.entry.legacy for w in chosen))
    looked = looked_at(found, checked)
    items = tuple(
        Item(w, b, a, looked.get(w.entry.legacy, ())) for w, b, a in zip(chosen, shown.before, shown.after, strict=True)
    )
    return Top(found, items, len(mapping.events), checked.run, found.review.checked is None)


def rows_of(room: Room, found: Standing, names: Sequence[str]) -> Rows:
    """Sample rows of these names, before and after."""
    event = room.project.contract().plan.roles.event
    output = Table(folder_of(room, shown_run(found).run) / OUTPUT)
    return Rows(_rows(room, data_of(room, found.change), event, names), _rows(room, output, LEGACY, names))


def folder_of(room: Room, run: Digest) -> Path:
    """The run's folder. Raises Misuse where it is on another machine, or was removed."""
    found = room.artifacts.folder(run)
    if found is None:
        raise Misuse(f"the run {run[:19]}… is not on this machine", "Run `cleanroom check` again here.")
    return found


def flows(folder: Path) -> tuple[EventFlow, ...]:
    """What the run counted for each legacy name, from its report.json. Raises Misuse where that is damaged."""
    try:
        said: Any = json.loads((folder / "report.json").read_bytes())
        return tuple(EventFlow(f["legacy"], f["target"], int(f["rows"]), f["users"]) for f in said["diff"]["flows"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Misuse(f"{folder / 'report.json'} cannot be read", "Run `cleanroom check` again.") from error


def _rows(room: Room, table: Table, column: str, names: Sequence[str]) -> tuple[tuple[Row, ...], ...]:
    """Rows for each name; none where the file is gone, since a missing example decides nothing."""
    try:
        return room.engine.samples(table, column, names, ROWS)
    except Misuse:
        return tuple(() for _ in names)
