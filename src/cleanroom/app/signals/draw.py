"""Outcomes and calls from elsewhere: rows of files that `[signals.NAME]` of kind sql or calls names, as if they had been sent.

Each file has a place up to which it was read. A look reads what lies behind it, and again what lies in the hour before it,
since rows come late; what was read twice is kept once, by its id. A file that did not change is not opened.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from weakref import WeakKeyDictionary

from cleanroom.app.room import Room
from cleanroom.app.signals import pulled
from cleanroom.app.signals.assigned import Assigned
from cleanroom.app.signals.record import record
from cleanroom.app.telemetry.rules import Reading
from cleanroom.core.base import CleanroomError, Misuse, NotFound, instant, micros, noun
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.outcome import Outcome, faults
from cleanroom.ports.engine import Row, Span, Table
from cleanroom.ports.project import SignalSource
from cleanroom.ports.store import Store

MOST = 20_000
"""Rows that a look takes of one source, and as many again of what may have come late."""

MOST_FILES = 2_000
LATE = 3_600_000_000
"""Microseconds before the place read up to in which later rows are found."""

_BEFORE_ALL = -(2**62)
_FOREVER = 2**62
_TEXTS = ("id", "key", "variant")
_DRAWN = ("sql", "calls")
_RULES: WeakKeyDictionary[Store, Reading] = WeakKeyDictionary()


@noun
class Drawn:
    """What a look took from one file of a source: `refused` rows cannot be what it holds. `because`: what is wrong; '' for
    nothing. `kind`: sql for outcomes, calls.
    """

    source: str
    file: str
    new: int = 0
    known: int = 0
    apart: int = 0
    refused: int = 0
    because: str = ""
    kind: str = "sql"


def draw(room: Room) -> tuple[Drawn, ...]:
    """Keep what is new in the files of every source. Drawing twice does no harm; what is wrong with one stops no other."""
    return tuple(_drawn(room))


def pull(room: Room, name: str = "") -> tuple[Drawn, ...]:
    """The same of the sources of calls, or of the one of that name. Raises NotFound."""
    names = [s.name for s in room.project.signals() if s.kind == "calls"]
    if name and name not in names:
        hint = did_you_mean(name, names) or f'Add [signals.{name:.60}] with kind = "calls" to cleanroom.toml.'
        raise NotFound(f"there is no source of calls {name!r:.100}", hint)
    return tuple(_drawn(room, ("calls",), name))


def _drawn(room: Room, kinds: Sequence[str] = _DRAWN, name: str = "") -> Iterator[Drawn]:
    try:
        sources = [s for s in room.project.signals() if s.kind in kinds and name in ("", s.name)]
    except CleanroomError as error:
        yield Drawn("", "cleanroom.toml", because=error.message)
        return
    assigned = Assigned(room.store)
    for source in sources:
        left = MOST
        try:
            for file in _files(room, source, assigned):
                found, taken = _file(room, source, file, left, assigned)
                left -= taken
                if found is not None:
                    yield found
                if left <= 0:
                    break
        except CleanroomError as error:
            yield Drawn(source.name, source.data, because=error.message, kind=source.kind)


def _files(room: Room, source: SignalSource, assigned: Assigned) -> list[str]:
    """The files of a source, in the order of their names; what begins with a dot or an underscore is no data."""
    if source.kind == "sql" and assigned.of(source.flag) is None:
        raise Misuse(f"[signals.{source.name}] is of the flag {source.flag!r:.100}, which is not there yet")
    named, mark, table = source.data.partition("::")
    path = room.project.path(named)
    if not path.is_dir():
        return [source.data]
    found = sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith((".", "_")))
    if len(found) > MOST_FILES:
        raise Misuse(f"{source.data} holds {len(found):,} files: a source may have {MOST_FILES:,}")
    if not found:
        raise Misuse(f"{source.data} holds no files")
    return [room.project.relative(p) + mark + table for p in found]


def _file(room: Room, source: SignalSource, file: str, most: int, assigned: Assigned) -> tuple[Drawn | None, int]:
    """What a look takes of one file, and how many of its rows were new to it; None where it has been read as it is."""
    named, mark, table = file.partition("::")
    try:
        path = room.project.path(named)
        look = _Look(room, source, file, Table(path, table if mark else None))
        stamp = _stamp(path)
        if look.remembered("?stamp") == stamp:
            return None, 0
        look = look.of_calls() if source.kind == "calls" else replace(look, keep=partial(_kept, look, assigned))
        found, taken, ended = _read(look, most)
        if ended:
            look.remember("?stamp", stamp)
    except CleanroomError as error:
        return Drawn(source.name, file, because=error.message, kind=source.kind), 0
    except OSError as error:
        return Drawn(source.name, file, because=f"{file} cannot be read: {error.strerror}", kind=source.kind), 0
    return replace(found, kind=source.kind), taken


@dataclass(frozen=True, slots=True)
class _Look:
    """One look at one file: the columns that it reads as text, the one with the moment, and what keeps its rows."""

    room: Room
    source: SignalSource
    file: str
    table: Table
    texts: tuple[str, ...] = _TEXTS
    at: str = "at"
    keep: Callable[[Sequence[Row]], Drawn] = lambda _: Drawn("", "")

    def of_calls(self) -> _Look:
        """The look at a file of calls."""
        layout = pulled.layout_of(self.room, self.source, self.table)
        return replace(self, texts=tuple(c for _, c in layout.texts), at=layout.at, keep=partial(_pulled, self, layout))

    def remembered(self, of: str = "") -> int | None:
        return self.room.telemetry.read_up_to(f"{self.source.name}/{self.file}{of}")

    def remember(self, of: str, number: int) -> None:
        self.room.telemetry.set_read_up_to(f"{self.source.name}/{self.file}{of}", number)

    def span(self, after: int, until: int, limit: int) -> Span:
        return self.room.engine.span(self.table, self.texts, self.at, after, until, limit)


def _read(look: _Look, most: int) -> tuple[Drawn, int, bool]:
    """What is new, then the next part of what may have come late: (what was taken, rows of it that were new, was that all?)."""
    place = look.remembered()
    before = _BEFORE_ALL if place is None else place
    fresh = look.span(before, _FOREVER, most)
    drawn = look.keep(fresh.rows)
    if fresh.rows:
        # What claims to be of the future is read again: the place must not run ahead of the rows that are still to come.
        look.remember("", max(before, min(fresh.rows[-1].at, micros(look.room.clock.now()))))
    ended = not fresh.more
    if place is not None and ended:
        late = look.span(max(look.remembered("?late") or 0, place - LATE), place, MOST)
        drawn = _added(drawn, look.keep(late.rows))
        look.remember("?late", late.rows[-1].at if late.more else 0)
        ended = not late.more
    notes = [drawn.because] if drawn.because else []
    if fresh.timeless:
        notes.append(f"{fresh.timeless:,} rows have no moment in {look.at!r:.60}, such as 2026-11-21T23:20:00Z")
    if fresh.left_out:
        notes.append(f"neither true or false nor numbers, and left out: {', '.join(fresh.left_out[:10])}")
    drawn = replace(drawn, refused=drawn.refused + fresh.timeless, because="; ".join(notes))
    return drawn, len(fresh.rows), ended


def _pulled(look: _Look, layout: pulled.Layout, rows: Sequence[Row]) -> Drawn:
    """Keep those that can be calls."""
    reading = _RULES.setdefault(look.room.store, Reading(look.room))
    done, because = pulled.keep(look.room, look.source, layout, rows, reading)
    return Drawn(look.source.name, look.file, done.new, done.known, 0, len(done.faults), because)


def _kept(look: _Look, assigned: Assigned, rows: Sequence[Row]) -> Drawn:
    """Keep those that can be outcomes; why the first of the others cannot."""
    good: list[Outcome] = []
    because, refused = "", 0
    for row in rows:
        try:
            outcome = _outcome(look.source, row)
            wrong = next(faults(outcome), "")
        except (OverflowError, ValueError):
            wrong = "at is a moment with its time zone, such as 2026-11-21T23:20:00Z"
        if wrong:
            refused += 1
            because = because or f"row {row.texts[0] or '(no id)'!r:.60}: {wrong}"
        else:
            good.append(outcome)
    done = record(look.room, good, assigned)
    return Drawn(look.source.name, look.file, done.new, done.known, done.apart, refused, because)


def _outcome(source: SignalSource, row: Row) -> Outcome:
    id, key, variant = (text or "" for text in row.texts)
    return Outcome(id, source.flag, variant, key, instant(row.at), row.values, source.name)


def _added(one: Drawn, other: Drawn) -> Drawn:
    return replace(
        one,
        new=one.new + other.new,
        known=one.known + other.known,
        apart=one.apart + other.apart,
        refused=one.refused + other.refused,
        because=one.because or other.because,
    )


def _stamp(path: Path) -> int:
    """A number that changes with the file. Raises Misuse where there is none."""
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise Misuse(f"{path.name} does not exist") from error
    return (found.st_mtime_ns * 1_000_003 + found.st_size * 8191 + found.st_ino) % 2**62
