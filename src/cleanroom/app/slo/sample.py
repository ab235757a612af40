"""Which calls should people label next? Drawn where they narrow the interval most, by a seed that nobody chose."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from cleanroom.app.queue.add import add
from cleanroom.app.room import Room
from cleanroom.app.slo.counts import called
from cleanroom.app.slo.labels import labels_of, strata_of
from cleanroom.app.slo.read import named, sampling_of, subject_of
from cleanroom.app.slo.units import Units, is_bad, units_of
from cleanroom.core.base import DAY, MINUTE, Digest, Instant, Misuse, canonical, digest, instant, micros, noun
from cleanroom.core.call import Call
from cleanroom.core.facts import By, DrawnCall, LabelsSampled
from cleanroom.core.ledger import Write
from cleanroom.core.output import ID, MAX_CONTENT, Output, content_of
from cleanroom.core.slo import LabelledShare, Slo
from cleanroom.core.slo_status import Tally, tally_of
from cleanroom.core.stats.draws import chances_of, drawn
from cleanroom.core.stats.strata import next_labels
from cleanroom.core.telemetry.told import judged_id

MOST = 500
"""Calls that one sample may draw: its fact is one line of the ledger."""

_STEPS = tuple(m * MINUTE for m in (1440, 360, 60, 15, 5, 1))
_MANY = 2000
"""Calls of a step of time, about, that are looked into at once."""

_ROOM = MAX_CONTENT - 4096
_STRATA = ("flagged", "unflagged")


@noun
class Sampled:
    """What was drawn: how many of each stratum, out of how many, and the ids in the queue. `notes`: what to know of it."""

    slo: str
    flagged: int
    unflagged: int
    sizes: tuple[int, int]
    outputs: tuple[str, ...]
    held: int
    notes: tuple[str, ...]


@dataclass(slots=True)
class _Traffic:
    """Calls by steps of time, as far as their texts are kept. What was looked into is kept for further draws.

    A judgement that came later is a record of its own: it stands for the call that it judges, and is not shown itself.
    `ids`: of records; `calls`: those that they are about; `chosen`: the ids of those that were drawn.
    """

    room: Room
    slo: Slo
    indicator: LabelledShare
    since: int
    step: int
    bounds: tuple[NDArray[np.float64], NDArray[np.float64]]
    total: Tally
    known: frozenset[str]
    units: Units | None
    chosen: set[str] = field(default_factory=set)
    ids: dict[int, tuple[str, ...]] = field(default_factory=dict)
    calls: dict[str, Call | None] = field(default_factory=dict)
    places: dict[int, tuple[tuple[int, ...], tuple[int, ...]]] = field(default_factory=dict)

    def look(self, stratum: int, turn: int) -> tuple[int, ...]:
        """Which calls of a step are of the stratum, and were not drawn before."""
        if turn not in self.places:
            self.places[turn] = self._placed(turn)
        return self.places[turn][stratum]

    def call(self, turn: int, place: int) -> Call:
        """That call."""
        found = self.calls[judged_id(self.ids[turn][place])]
        if found is None:
            raise Misuse("a call that was drawn is not there any more", "Draw again.")
        return found

    def _placed(self, turn: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        begin, metric = self.since + turn * self.step, self.indicator.metric
        columns = self.room.calls.columns(self.slo.system, begin, begin + self.step, [metric])
        order = np.argsort(columns.id, kind="stable")  # whatever order the store has
        self.ids[turn] = tuple(str(columns.id[i]) for i in order)
        values = columns.metrics[metric][order]
        places: tuple[list[int], list[int]] = ([], [])
        for place in np.flatnonzero(~np.isnan(values)).tolist():
            id = self.ids[turn][place]
            if judged_id(id) not in self.known and (self.units is None or id in self.units.stands):
                places[0 if is_bad(self.indicator, float(values[place])) else 1].append(place)
        return tuple(places[0]), tuple(places[1])

    def fits(self, turn: int, place: int) -> bool:
        """Is there an answer that people can read, of a call of this time that was not drawn just now?"""
        id = judged_id(self.ids[turn][place])
        if id not in self.calls:
            self.calls[id] = self.room.calls.call(id)
        call = self.calls[id]
        if call is None or not call.output or call.at < self.since or id in self.chosen:
            return False
        self.chosen.add(id)
        return True


def sample(room: Room, name: str, count: int) -> Sampled:
    """Draw calls of an SLO that people judge, and put them into the review queue. Raises NotFound, Misuse, Conflict.

    Drawing again draws others: what was drawn before is left out.
    """
    slo = named(room, name)
    if not isinstance(slo.indicator, LabelledShare):
        raise Misuse(f"the SLO {name!r} needs no labels: it is counted", "labelled: true in its spec asks people.")
    if not 1 <= count <= MOST:
        raise Misuse(f"a sample has 1 to {MOST} calls", f"--n {min(max(count, 1), MOST)}")
    version = room.store.version(subject_of(name))
    until = micros(room.clock.now()) // MINUTE * MINUTE
    before = labels_of(room, slo)
    traffic = _traffic(room, slo, slo.indicator, until, frozenset(b.drawn.call for b in before))
    sizes = (round(traffic.total.bad), round(traffic.total.n - traffic.total.bad))
    open_ = (int(traffic.bounds[0].sum()), int(traffic.bounds[1].sum())) if traffic.units is None else sizes
    strata = strata_of(before, traffic.total, until - slo.window * 1_000_000, until + MINUTE)
    wanted = next_labels(strata, slo.budget, count, available=open_)
    chances = chances_of(wanted, open_)
    seed = int(digest(canonical([sampling_of(slo), name, version, until])).removeprefix("sha256:")[:16], 16)
    found = tuple(
        (_STRATA[stratum], traffic.call(turn, place))
        for stratum, turn, place in drawn(seed, count, chances, traffic.bounds, traffic.look, traffic.fits)
    )
    if not found:
        raise Misuse(
            f"no call of {slo.system!r} can be drawn: none with {slo.indicator.metric} has its text kept, or all were drawn",
            "keep_texts and retention of the register say how long texts are there.",
        )
    return _queued(room, slo, found, (sizes, open_), (chances[0], chances[1]), (traffic.since, until), version)


def _traffic(room: Room, slo: Slo, indicator: LabelledShare, until: int, known: frozenset[str]) -> _Traffic:
    """The calls of the window that may still have their texts: what people cannot read they cannot judge."""
    system = next((s for s in room.project.systems() if s.name == slo.system), None)
    days = system.retention.texts_days if system is not None else 3650
    since = max(until - slo.window * 1_000_000, until - days * DAY) // MINUTE * MINUTE
    records = called(room, slo, since, until)
    step = next((t for t in _STEPS if records.n * t <= _MANY * (until - since)), MINUTE)
    since -= (since - until) % step  # whole steps, of which the first may begin a little early
    size = (until - since) // step
    flagged, unflagged = np.zeros(size), np.zeros(size)
    for cell in room.calls.cells(slo.system, indicator.metric, since, until, step):
        place = (cell.start - since) // step
        tally = tally_of(cell.n, cell.bad, cell.histogram, indicator.limit)
        flagged[place] += tally.high
        unflagged[place] += tally.n - tally.low
    units = units_of(room, slo, indicator, since, until, records)
    total = records if units is None else units.tally
    return _Traffic(room, slo, indicator, since, step, (flagged, unflagged), total, known, units)


def _queued(
    room: Room,
    slo: Slo,
    found: tuple[tuple[str, Call], ...],
    counts: tuple[tuple[int, int], tuple[int, int]],
    chances: tuple[float, float],
    between: tuple[int, int],
    version: int,
) -> Sampled:
    """Into the queue first: a crash in between leaves outputs that the same draw finds again."""
    outputs = [_output(slo, call) for _, call in found]
    # Nobody chose these calls, so that whoever had them drawn may judge them.
    added = add(replace(room, operator=f"slo {slo.name}", proof="claimed"), outputs)
    at = room.clock.now()
    calls = tuple(
        DrawnCall(call.id, output.id, digest(content_of(output)), stratum, instant(call.at))  # type: ignore[arg-type]
        for (stratum, call), output in zip(found, outputs, strict=True)
    )
    fact = _fact(slo, calls, counts, chances, between, room.by, at)
    room.store.append([Write(subject_of(slo.name), version, fact)])
    held = added.count("held")
    notes = [*added.warnings] if held else []
    flagged = sum(s == "flagged" for s, _ in found)
    return Sampled(slo.name, flagged, len(found) - flagged, counts[0], tuple(o.id for o in outputs), held, tuple(notes))


def _fact(
    slo: Slo,
    calls: tuple[DrawnCall, ...],
    counts: tuple[tuple[int, int], tuple[int, int]],
    chances: tuple[float, float],
    between: tuple[int, int],
    by: By,
    at: Instant,
) -> LabelsSampled:
    return LabelsSampled(
        slo=slo.name,
        system=slo.system,
        definition=sampling_of(slo),
        metric=slo.indicator.metric if isinstance(slo.indicator, LabelledShare) else "",
        since=instant(between[0]),
        until=instant(between[1]),
        sizes=counts[0],
        open=counts[1],
        chances=chances,
        drawn=calls,
        by=by,
        at=at,
    )


def _output(slo: Slo, call: Call) -> Output:
    """The call as a reviewer sees it: without what the detector says, which would lead them."""
    name, _, version = call.prompt.partition("@")
    made = Output(
        system=call.system,
        input=call.input,
        output=call.output,
        id=_id(slo, call),
        model=call.model,
        prompt=name,
        prompt_version=version,
        guard=f"drawn for the SLO {slo.name}",
        sources=call.sources,
    )
    while made.sources and len(content_of(made)) > _ROOM:
        made = replace(made, sources=made.sources[:-1])
    return made


def _id(slo: Slo, call: Call) -> str:
    id = f"slo-{slo.name}-{call.id}"
    return id if ID.fullmatch(id) else f"slo-{_short(digest(id.encode()))}"


def _short(full: Digest) -> str:
    return full.removeprefix("sha256:")[:32]
