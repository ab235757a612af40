"""Which signals are the same thing said again, and which alert does a new one belong to? Pure: what is kept in, changes out.

One identity (name, system, about) has at most one living member at a time for the team and one for business, however often it is
said; it lives until its alert is resolved, so that what comes and goes is told once. A new one joins the open alert of its
system and level, or opens one. What an alert of warnings says more gravely (critical) is new: it goes to the critical one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal

from cleanroom.core.alert import Level, Signal, identity
from cleanroom.core.base import Instant, after, digest_of, noun

HOLD = 300
"""Seconds after the last signal of an alert ended until it is resolved: what comes back meanwhile was not over."""

LOOK = 5
"""Seconds between two looks at an alert that is kept quiet, while more and more joins it."""

_PACE: dict[Level, tuple[int, int]] = {"critical": (60, 900), "warning": (300, 3600), "business": (300, 3600)}
"""Seconds until it is told how an alert grew: at first, and at most; they double in between."""

State = Literal["open", "acknowledged", "resolved"]


@noun
class Member:
    """A signal of an alert, as it was said last: `n` times from `first` to `last`. `ended`: when it was over, until it returns.

    `heard`: the ledger has it, by name or in a count. `live`: said again, it is this one.
    """

    seq: int
    key: str
    signal: Signal
    first: Instant
    last: Instant
    n: int
    alert: str
    ended: Instant | None = None
    heard: bool = False
    live: bool = True


@noun
class Row:
    """An alert on the list of work: the ledger says where it stands. `due`: when it has to be looked at; None: not by itself.

    `told`: when it was last told, or written down where a silence keeps it; `tells`: how often it was told. `stamp` grows with
    whatever has it looked at.
    """

    id: str
    system: str
    level: Level
    state: State
    opened: Instant
    due: Instant | None
    told: Instant | None = None
    tells: int = 0
    stamp: int = 0


@noun
class Look:
    """What a look at `row` found: its state, when it is due again, when and how often it was told; members up to the number
    `heard` are known to the ledger.
    """

    row: Row
    state: State
    due: Instant | None
    told: Instant | None
    tells: int
    heard: int = -1


@noun
class Taken:
    """What became of signals: `new` ones, `repeated` ones, those that `ended`, and ends of what was not there."""

    new: int = 0
    repeated: int = 0
    ended: int = 0
    unknown: int = 0


@noun
class Grouped:
    """Members and rows as they are to be kept, new ones among them."""

    members: tuple[Member, ...]
    rows: tuple[Row, ...]
    taken: Taken


def keys_of(signals: Iterable[Signal]) -> tuple[str, ...]:
    """The identities, each once."""
    return tuple(dict.fromkeys(identity(s.name, s.system, s.about) for s in signals))


def grouped(
    signals: Sequence[Signal], members: Iterable[Member], rows: Iterable[Row], next_seq: int, now: Instant
) -> Grouped:
    """Take in `signals` in their order. `members`: the living ones of their identities; `rows`: the open alerts of their
    systems, and those of the members.
    """
    work = _Work({}, {}, next_seq)
    living: dict[tuple[str, bool], Member] = {(m.key, m.signal.level == "business"): m for m in members}
    known = {row.id: row for row in rows}
    opened = {(row.system, row.level): row.id for row in known.values() if row.state == "open"}
    tally = {"new": 0, "repeated": 0, "ended": 0, "unknown": 0}
    for signal in signals:
        key = identity(signal.name, signal.system, signal.about)
        if signal.over:
            over = [m for b in (False, True) if (m := living.get((key, b))) is not None and m.ended is None]
            for member in over:
                living[member.key, member.signal.level == "business"] = work.keep(replace(member, ended=now))
                _wake(work, known, member.alert, after(now, HOLD))
            tally["ended" if over else "unknown"] += len(over) or 1
            continue
        audience = signal.level == "business"
        found = living.get((key, audience))
        if found is not None and not (found.signal.level == "warning" and signal.level == "critical"):
            living[key, audience] = work.keep(_again(found, signal, now))
            tally["repeated"] += 1
            continue
        if found is not None:
            work.keep(replace(found, ended=now, live=False))
            _wake(work, known, found.alert, after(now, HOLD))
        home = _home(work, known, opened, signal, key, now)
        living[key, audience] = work.keep(Member(work.take(), key, signal, now, now, 1, home))
        tally["new"] += 1
    return Grouped(tuple(work.members.values()), tuple(work.rows.values()), Taken(**tally))


def regrouped(members: Sequence[Member], rows: Iterable[Row], now: Instant) -> Grouped:
    """Move members that came too late for their alert, since somebody had answered it, to the open one of their system."""
    work = _Work({}, {}, 0)
    known = {row.id: row for row in rows}
    opened = {(row.system, row.level): row.id for row in known.values() if row.state == "open"}
    for member in members:
        work.keep(replace(member, alert=_home(work, known, opened, member.signal, member.key, now), live=True))
    return Grouped(tuple(work.members.values()), tuple(work.rows.values()), Taken(new=len(members)))


def pace(level: Level, tells: int) -> int:
    """Seconds after the last telling until how an alert grew is told, `tells` counting that one."""
    first, most = _PACE[level]
    return int(min(first * 2 ** min(max(tells - 1, 0), 20), most))


class _Work:
    """What has changed so far, by key; of each the last."""

    def __init__(self, members: dict[int, Member], rows: dict[str, Row], seq: int) -> None:
        self.members, self.rows, self.seq = members, rows, seq

    def keep(self, member: Member) -> Member:
        self.members[member.seq] = member
        return member

    def take(self) -> int:
        self.seq += 1
        return self.seq - 1


def _again(member: Member, signal: Signal, now: Instant) -> Member:
    """Said again. An alert of critical ones stays critical until it is over; its beginning stays the first one."""
    said = replace(signal, level=member.signal.level, since=min(member.signal.since, signal.since))
    return replace(member, signal=said, last=now, n=member.n + 1, ended=None)


def _home(
    work: _Work, known: dict[str, Row], opened: dict[tuple[str, Level], str], signal: Signal, key: str, now: Instant
) -> str:
    """The id of the alert that a new signal belongs to."""
    group = (signal.system, signal.level)
    id = opened.get(group)
    if id is not None:
        row = known[id]
        wait = pace(row.level, row.tells) if row.tells else LOOK
        _wake(work, known, id, now if row.told is None else after(row.told, wait))
        return id
    id = digest_of([*group, key, now, work.seq]).removeprefix("sha256:")[:12]
    opened[group] = id
    known[id] = work.rows[id] = Row(id, signal.system, signal.level, "open", now, due=now)
    return id


def _wake(work: _Work, known: dict[str, Row], id: str, due: Instant) -> None:
    """Have an alert looked at no later than then."""
    row = known.get(id)
    if row is not None:
        sooner = due if row.due is None else min(row.due, due)
        known[id] = work.rows[id] = replace(row, due=sooner, stamp=row.stamp + 1)
