"""Outputs come in: each is accepted, drawn for the audit, sent to a person or held, and the ledger says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cleanroom.app.queue.desk import catch_up, promise_of, standing_of
from cleanroom.app.queue.reconcile import let_in
from cleanroom.app.room import Room
from cleanroom.core.base import Digest, NotFound, digest, noun
from cleanroom.core.facts import Escalated, Received
from cleanroom.core.facts.outputs import Route
from cleanroom.core.ledger import Conflict, LedgerEntry, Write
from cleanroom.core.output import RISKS, Output, chance_of, content_of, id_of
from cleanroom.core.queue import Promise, Settled, route, subject_of_output

_TRIES = 5


@noun
class Taken:
    """Where one output went, and why. `known`: it had come before, and nothing was written."""

    id: str
    route: Route
    because: str
    known: bool


@noun
class Added:
    """What came in, in its order; `warnings`: what whoever sends them should know."""

    outputs: tuple[Taken, ...]
    warnings: tuple[str, ...]

    def count(self, route: Route) -> int:
        """How many went there just now."""
        return sum(t.route == route and not t.known for t in self.outputs)


@dataclass(frozen=True, slots=True)
class _Arrival:
    id: str
    output: Output
    body: bytes
    content: Digest


def add(room: Room, outputs: Sequence[Output]) -> Added:
    """Take in outputs, all or none. The same output again is the same as once.

    Raises Settled where an id is there with other content. When this returns, what was decided survives a crash.
    """
    arrivals = _arrivals(outputs)
    catch_up(room)
    let_in(room)
    room.desk.keep([a.body for a in arrivals])
    known: dict[str, Received] = {}
    for turn in range(_TRIES):
        new = [a for a in arrivals if a.id not in known]
        promises = {system: promise_of(room, system) for system in {a.output.system for a in new}}
        facts = _routed(room, new, promises)
        try:
            entries = room.store.append([Write(subject_of_output(f.output), 0, f) for f in facts])
            break
        except Conflict:
            known = _known(room, arrivals)
            if turn == _TRIES - 1:
                raise
    withdrawn = _recheck(room, entries, promises)
    catch_up(room)
    taken = {f.output: Taken(f.output, f.route, f.because, False) for f in facts}
    taken |= {id: Taken(id, "review", because, False) for id, because in withdrawn.items()}
    taken |= {id: Taken(id, f.route, f.because, True) for id, f in known.items()}
    return Added(tuple(taken[a.id] for a in arrivals), _warnings(room, promises, tuple(taken.values())))


def _arrivals(outputs: Sequence[Output]) -> tuple[_Arrival, ...]:
    found: dict[str, _Arrival] = {}
    for output in outputs:
        body = content_of(output)
        content = digest(body)
        arrival = _Arrival(id_of(output, content), output, body, content)
        first = found.setdefault(arrival.id, arrival)
        if first.content != content:
            raise Settled(
                f"output {arrival.id!r} is there twice with different content: nothing was added",
                "Give each output an id of its own, or none.",
            )
    return tuple(found.values())


def _routed(room: Room, arrivals: Sequence[_Arrival], promises: dict[str, Promise]) -> list[Received]:
    """The facts of what came. Places go to the highest risk first; the facts stand in that order in the ledger."""
    rules, now, by = room.project.queue_rules(), room.clock.now(), room.by
    free = rules.capacity - room.desk.count("waiting")
    facts = []
    for a in sorted(arrivals, key=lambda a: RISKS.index(a.output.risk)):
        out, cutoff = a.output, promises[a.output.system].cutoff
        where, because = route(out, cutoff, free, rules.audit_share, chance_of(a.id, a.content))
        free -= where in ("review", "audited")
        facts.append(
            Received(
                output=a.id,
                content=a.content,
                system=out.system,
                model=out.model,
                prompt_version=out.prompt_version,
                risk=out.risk,
                confidence=out.confidence,
                cutoff=cutoff,
                route=where,
                because=because,
                by=by,
                at=now,
            )
        )
    return facts


def _known(room: Room, arrivals: Sequence[_Arrival]) -> dict[str, Received]:
    """Those that came before. Raises Settled where one came with other content."""
    found = {}
    for a in arrivals:
        try:
            before = standing_of(room, a.id).received
        except NotFound:
            continue
        if before.content != a.content:
            raise Settled(
                f"output {a.id!r} came before with other content ({before.at}, from {before.by.person}): nothing was added",
                "Send it under another id; the same content again would be no harm.",
            )
        found[a.id] = before
    return found


def _recheck(room: Room, entries: Sequence[LedgerEntry], promises: dict[str, Promise]) -> dict[str, str]:
    """Send to a person what was accepted by a cut-off that stopped counting before it was in the ledger."""
    late: dict[str, str] = {}
    accepted = [(e.index, e.fact) for e in entries if isinstance(e.fact, Received) and e.fact.route == "accepted"]
    for system in {fact.system for _, fact in accepted}:
        now = promise_of(room, system)
        if now.index == promises[system].index:
            continue
        because = "the cut-off changed while it came in"
        late |= {f.output: because for index, f in accepted if f.system == system and index > now.index}
    at = room.clock.now()
    room.store.append([Write(subject_of_output(id), 1, Escalated(id, why, None, at)) for id, why in late.items()])
    return late


def _warnings(room: Room, promises: dict[str, Promise], taken: Sequence[Taken]) -> tuple[str, ...]:
    found = [f"{system}: {p.says}" for system, p in sorted(promises.items()) if p.withdrawn is not None]
    held = sum(t.route == "held" and not t.known for t in taken)
    if held:
        capacity = room.project.queue_rules().capacity
        found.append(f"{held} are held: {capacity} wait already, which is what [queue] capacity allows")
    return tuple(found)
