"""What waits in the queue, what is whose, what was promised, and do the people keep up?"""

from __future__ import annotations

from cleanroom.app.queue.desk import catch_up, promise_of, standing_of
from cleanroom.app.room import Room
from cleanroom.codec.ledger import decode
from cleanroom.codec.outputs import kept_output, kept_value
from cleanroom.core.base import Instant, NotFound, instant, micros, noun
from cleanroom.core.facts import Received, Reviewed
from cleanroom.core.facts.outputs import Risk
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.output import RISKS, Output
from cleanroom.core.policy import Policy, plain
from cleanroom.core.queue import SETTLED, Promise, Standing, feedback_due, seconds_between, standing, subject_of_output
from cleanroom.core.queue_load import Load, Turn, load
from cleanroom.core.queue_rules import QueueRules
from cleanroom.ports.desk import Item, Where

_SHOWN = 100
_DAY = 24 * 3600
_TAIL = 20_000
"""Ledger entries, the last ones, that `load_of` looks at: a status page must not read a whole ledger."""


@noun
class Line:
    """One output in a list. `person`: who has it until `until`. `overdue`: it waits longer than was promised."""

    id: str
    system: str
    risk: Risk
    because: str
    confidence: float | None
    came: Instant
    due: Instant
    overdue: bool
    escalated: bool
    audit: bool
    where: Where
    person: str | None
    until: Instant | None


@noun
class Detail:
    """Everything about one output. `text`: as it arrived, None where it was erased. `corrected`: what it should have been.

    `entries`: its facts in the ledger, oldest first.
    """

    line: Line
    standing: Standing
    text: Output | None
    corrected: object
    entries: tuple[LedgerEntry, ...]


@noun
class SystemLine:
    """An AI system: how many of its outputs lie where, and what is promised of those that skip review."""

    system: str
    waiting: int
    held: int
    accepted: int
    done: int
    promise: Promise

    @property
    def says(self) -> str:
        """The promise as a sentence."""
        return self.promise.says


@noun
class Feedback:
    """Corrections of one risk that were not exported yet. `oldest`, `due` and `age` (seconds) are those of the oldest."""

    risk: Risk
    promised: int
    waiting: int
    oldest: Instant | None
    due: Instant | None
    age: float
    late: bool


@noun
class Board:
    """How the queue stands. `lines`: the first that wait, in their order; `mine`: what whoever looks has at hand."""

    at: Instant
    capacity: int
    waiting: int
    held: int
    overdue: int
    escalated: int
    lines: tuple[Line, ...]
    held_lines: tuple[Line, ...]
    mine: Line | None
    systems: tuple[SystemLine, ...]
    feedback: tuple[Feedback, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody should do something about."""
        found = [f"{s.system}: {s.says}" for s in self.systems if s.promise.withdrawn is not None]
        if self.held:
            found.append(f"{self.held} outputs are held: the queue is full ({self.waiting} of {self.capacity})")
        if self.overdue:
            found.append(f"{self.overdue} outputs wait longer than was promised")
        for f in self.feedback:
            if f.late:
                found.append(
                    f"{f.waiting} corrections of {f.risk} risk are not exported; the oldest was due at {f.due}: "
                    "cleanroom queue export"
                )
        return tuple(found)


def board(room: Room, system: str | None = None, limit: int = _SHOWN) -> Board:
    """How the queue stands, of all systems or of one."""
    catch_up(room)
    now, rules = room.clock.now(), room.project.queue_rules()
    waiting, held = room.desk.items("waiting", system=system), room.desk.items("held", system=system, limit=limit)
    late = [i for i in waiting if i.due < now]
    mine = next((i for i in waiting if i.person == plain(room.operator) and _held(i, now)), None)
    return Board(
        at=now,
        capacity=rules.capacity,
        waiting=len(waiting),
        held=room.desk.count("held", system),
        overdue=len(late),
        escalated=sum(i.escalated for i in waiting),
        lines=tuple(_line(room, i, now) for i in waiting[:limit]),
        held_lines=tuple(_line(room, i, now) for i in held),
        mine=None if mine is None else _line(room, mine, now),
        systems=tuple(s for s in _systems(room) if system in (None, s.system)),
        feedback=_feedback(room, rules, now),
    )


def detail(room: Room, id: str) -> Detail:
    """Everything about one output. Raises NotFound when it never came."""
    catch_up(room)
    return detail_of(room, standing_of(room, id))


def detail_of(room: Room, found: Standing, item: Item | None = None) -> Detail:
    """Everything about an output whose standing is known. Raises Outside for a kept text that cannot be read."""
    came = found.received
    item = item or room.desk.item(came.output)
    if item is None:
        raise NotFound(f"output {came.output!r} is not on the desk", "Try again.")
    body = room.desk.text(came.content)
    done = found.reviewed
    after = room.desk.text(done.correction) if done is not None and done.correction is not None else None
    return Detail(
        line=_line_of(room.project.policy(), found, item, room.clock.now()),
        standing=found,
        text=None if body is None else kept_output(body, came.output),
        corrected=None if after is None else kept_value(after),
        entries=room.store.history(subject_of_output(came.output)),
    )


def unexported(room: Room) -> tuple[Item, ...]:
    """The corrections that nobody exported, the highest risk first, then the oldest; `due` is the promised moment."""
    return room.desk.items("done", below=SETTLED)


def load_of(room: Room, hours: float = 24.0) -> Load:
    """Do the reviewers keep up? Over the last `hours`, as far as the ledger's last 20,000 entries reach back."""
    now = room.clock.now()
    since = instant(micros(now) - int(hours * 3_600_000_000))
    came: dict[str, Instant] = {}
    turns: list[Turn] = []
    needed = 0
    first: Instant | None = None
    start = max(-1, room.store.size() - _TAIL - 1)
    for line in room.store.stored(start):
        if not line.subject.startswith("output/") or line.kind not in ("received", "reviewed"):
            continue
        fact = decode(line.body, line.index).fact
        first = first or getattr(fact, "at", None)
        match fact:
            case Received(route=route, output=id, at=at):
                came[id] = at
                needed += route != "accepted" and at >= since
            case Reviewed(output=id, at=at, by=by) if at >= since:
                turns.append(Turn(came.get(id) or _came(room, id, at), at, by.person))
            case _:
                pass
    reach = hours if start < 0 or first is None else min(hours, seconds_between(first, now) / 3600)
    return load(needed, turns, reach, room.project.queue_rules().lease)


def _came(room: Room, id: str, otherwise: Instant) -> Instant:
    found = standing(room.store.history(subject_of_output(id)))
    return otherwise if found is None else found.received.at


def _line(room: Room, item: Item, now: Instant) -> Line:
    return _line_of(room.project.policy(), standing_of(room, item.id), item, now)


def _line_of(policy: Policy, found: Standing, item: Item, now: Instant) -> Line:
    came = found.received
    held = _held(item, now)
    return Line(
        id=came.output,
        system=came.system,
        risk=came.risk,
        because="; ".join(e.because for e in found.escalated[-1:]) or came.because,
        confidence=came.confidence,
        came=came.at,
        due=item.due,
        overdue=item.where in ("waiting", "held") and item.due < now,
        escalated=bool(found.escalated),
        audit=came.route == "audited",
        where=item.where,
        person=spelled(policy, item.person) if held else None,
        until=item.until if held else None,
    )


def spelled(policy: Policy, key: str | None) -> str | None:
    """The name behind the key of a lease, as the policy spells it."""
    return next((p for p in policy.everybody() if plain(p) == key), key)


def _held(item: Item, now: Instant) -> bool:
    return item.person is not None and item.until is not None and item.until > now and item.where == "waiting"


def _systems(room: Room) -> tuple[SystemLine, ...]:
    counts: dict[str, dict[str, int]] = {}
    for system, where, count in room.desk.tally():
        counts.setdefault(system, {})[where] = count
    return tuple(
        SystemLine(
            system=name,
            waiting=n.get("waiting", 0),
            held=n.get("held", 0),
            accepted=n.get("accepted", 0),
            done=n.get("done", 0),
            promise=promise_of(room, name),
        )
        for name, n in sorted(counts.items())
    )


def _feedback(room: Room, rules: QueueRules, now: Instant) -> tuple[Feedback, ...]:
    open_ = {place: (count, oldest) for place, count, oldest in room.desk.below("done", SETTLED)}
    found = []
    for place, risk in enumerate(RISKS):
        count, oldest = open_.get(place, (0, None))
        due = None if oldest is None else feedback_due(risk, oldest, rules)
        found.append(
            Feedback(
                risk=risk,
                promised={"high": rules.feedback_high, "medium": rules.feedback_medium, "low": rules.feedback_low}[
                    risk
                ],
                waiting=count,
                oldest=oldest,
                due=due,
                age=0.0 if oldest is None else seconds_between(oldest, now),
                late=due is not None and due < now,
            )
        )
    return tuple(found)
