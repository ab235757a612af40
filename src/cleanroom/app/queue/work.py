"""A person takes an output, decides on it, or leaves it to somebody else."""

from __future__ import annotations

from typing import Any

from cleanroom.app.notify import tell
from cleanroom.app.queue.desk import catch_up, promise_of, settle, standing_of
from cleanroom.app.queue.view import Detail, detail, detail_of, spelled
from cleanroom.app.room import Room
from cleanroom.core.base import Digest, Misuse, Refused, canonical, noun
from cleanroom.core.facts import CutoffWithdrawn, Escalated, Reviewed
from cleanroom.core.ledger import Conflict, Write
from cleanroom.core.output import MAX_CONTENT, too_deep
from cleanroom.core.policy import plain, same
from cleanroom.core.queue import (
    REASONS,
    Settled,
    Standing,
    later,
    looked_at,
    subject_of_cutoff,
    subject_of_output,
)
from cleanroom.core.reason import reason

REVIEWER = "reviewer"
"""The role of those who look at outputs; where nobody has it, everybody with a role does."""

_TRIES = 20
_NEXT = "`cleanroom queue next` gives you another one."


@noun
class Decided:
    """A decision that stands in the ledger. `withdrawn`: it was the one that ended the promise of a cut-off."""

    id: str
    fact: Reviewed
    withdrawn: CutoffWithdrawn | None


def claim(room: Room, system: str | None = None) -> Detail | None:
    """The next output for whoever is at work, theirs until the lease ends; None when nothing waits for them.

    Of several people at once no two get the same one. Whoever has one gets that again. What somebody sent is not for
    them. Raises Refused for whoever is not among those who look at outputs.
    """
    _one_of_them(room)
    catch_up(room)
    rules, me = room.project.queue_rules(), plain(room.operator)
    for _ in range(rules.capacity + _TRIES):
        now = room.clock.now()
        item = room.desk.claim(me, now, later(now, rules.lease), system)
        if item is None:
            return None
        found = standing_of(room, item.id)
        if not found.needs_person:  # another process decided, and the desk had not heard of it
            settle(room, found)
            room.desk.release(item.id, me, skip=False)
        elif found.escalated_by(me) or _sent(room, found):  # a desk made anew has forgotten who passed it on
            room.desk.release(item.id, me, skip=True)
        else:
            return detail_of(room, found, item)
    return None


def approve(room: Room, id: str) -> Decided:
    """The output is right. Raises NotFound, Settled when it was decided before.

    Raises Refused when somebody else has it, and for whoever sent it or is not among those who look at outputs.
    """
    return _decide(room, id, "right", None, "")


def correct(room: Room, id: str, value: Any, reason: str) -> Decided:
    """The output should have been `value` (plain JSON). Raises as approve; Misuse where nothing is corrected."""
    _reason(reason)
    body = _body(value)
    found = detail(room, id)
    if found.text is not None and canonical(found.text.output) == body:
        raise Misuse(f"output {id!r} says that already", f"Approve it: cleanroom queue approve {id}")
    return _decide(room, id, "corrected", body, reason)


def reject(room: Room, id: str, reason: str) -> Decided:
    """The output is wrong, and there is no better one to give. Raises as approve."""
    _reason(reason)
    return _decide(room, id, "rejected", None, reason)


def skip(room: Room, id: str) -> bool:
    """Leave it to somebody else without saying anything about it; True when it was escalated, as everybody has.

    Raises Misuse when whoever is at work does not have it, Refused as claim.
    """
    team = _one_of_them(room)
    catch_up(room)
    _held(room, id, room.desk.release(id, plain(room.operator), skip=True))
    skipped = room.desk.skipped(id)
    if not team or not all(any(same(p, s) for s in skipped) for p in team):
        return False
    _escalated(room, id, "everybody who could look at it skipped it", alone=True)
    tell(room, f"queue-skipped/{id}", None, f"Everybody skipped output {id}", "Somebody has to decide on it by its id.")
    return True


def escalate(room: Room, id: str, because: str) -> None:
    """Pass it on to somebody else, who gets it before all others. Raises NotFound, Settled, Refused, Misuse."""
    why = reason(because, "an escalation needs a reason: what should the next one know?")
    _one_of_them(room)
    _escalated(room, id, why, alone=False)


def release(room: Room, id: str) -> None:
    """Give it back. Raises Misuse when whoever is at work does not have it."""
    catch_up(room)
    _held(room, id, room.desk.release(id, plain(room.operator), skip=False))


def _one_of_them(room: Room) -> tuple[str, ...]:
    """Those who look at outputs; nobody where the project names nobody. Raises Refused for whoever is not among them."""
    policy = room.project.policy()
    team = policy.people(REVIEWER) or policy.everybody()
    if team and not any(same(room.operator, p) for p in team):
        role = f"the role {REVIEWER}" if policy.people(REVIEWER) else "a role"
        raise Refused(
            f"{room.operator} does not have {role} here, and so does not decide on outputs",
            f"Somebody names them under [roles] {REVIEWER} in cleanroom.toml, or one of those decides who are named.",
        )
    return team


def _sent(room: Room, found: Standing) -> bool:
    """Did whoever is at work send it? Where the project names nobody there is nobody else to ask, and it does not count."""
    return bool(room.project.policy().everybody()) and same(found.received.by.person, room.operator)


def _body(value: Any) -> bytes:
    if value is None or too_deep(value):
        raise Misuse("the corrected value is missing, or nests too deep", "Reject the output where there is none.")
    try:
        body = canonical(value)
    except ValueError as error:
        raise Misuse(f"the corrected value cannot be kept: {error}", "Write valid text and plain numbers.") from error
    if len(body) > MAX_CONTENT:
        raise Misuse(f"the corrected value has {len(body):,} bytes; {MAX_CONTENT:,} are kept")
    return body


def _held(room: Room, id: str, held: bool) -> None:
    if not held:
        standing_of(room, id)
        raise Misuse(f"you do not have output {id!r}", _NEXT)


def _reason(reason: str) -> None:
    if reason not in REASONS:
        raise Misuse(f"{reason[:80]!r} is no reason for an output to be wrong", f"One of: {', '.join(REASONS)}.")


def _decide(room: Room, id: str, verdict: Any, body: bytes | None, reason: str) -> Decided:
    """Write the decision where nobody decided before; an audited one is counted for or against the promise with it."""
    correction: Digest | None = None
    _one_of_them(room)
    for _ in range(_TRIES):
        found = _open(room, id)
        if _sent(room, found):
            raise Refused(f"you sent output {id!r} yourself: somebody else decides on it", _NEXT)
        if verdict != "rejected" and room.desk.text(found.received.content) is None:
            raise Refused(f"the text of output {id!r} was erased: nobody can say that it is right", "Reject it.")
        if body is not None and correction is None:
            correction = room.desk.keep([body])[0]
        fact = Reviewed(id, found.received.content, verdict, correction, reason, room.by, room.clock.now())
        audit = _audited(room, found, fact)
        try:
            room.store.append([Write(subject_of_output(id), found.version, fact), *audit])
        except Conflict:
            continue  # somebody decided or escalated, or another audited one was counted: look again
        catch_up(room)
        withdrawn = next((w.fact for w in audit if isinstance(w.fact, CutoffWithdrawn)), None)
        if withdrawn is not None:
            _alarm(room, withdrawn, audit[0].after_version)
        return Decided(id, fact, withdrawn)
    raise Conflict(Write(subject_of_output(id), found.version, fact), found.version, None)


def _audited(room: Room, found: Standing, fact: Reviewed) -> list[Write]:
    """What an audited output says about the cut-off it skipped under, where that one is still in force."""
    system = found.received.system
    if found.received.route != "audited":
        return []
    before = promise_of(room, system)
    if before.cutoff is None or before.index > found.index:
        return []
    subject = subject_of_cutoff(system)
    withdrawn = looked_at(before, system, fact.verdict != "right", fact.at)
    writes = [Write(subject, before.version, fact)]
    return writes if withdrawn is None else [*writes, Write(subject, before.version + 1, withdrawn)]


def _alarm(room: Room, withdrawn: CutoffWithdrawn, version: int) -> None:
    title = f"{withdrawn.system}: nothing skips review any more"
    tell(room, f"cutoff-withdrawn/{withdrawn.system}/{version}", None, title, withdrawn.because)


def _open(room: Room, id: str) -> Standing:
    """An output that can be decided on. Raises NotFound, Settled, and Refused when somebody else has it."""
    found = standing_of(room, id)
    done = found.reviewed
    if done is not None:
        said = f"output {id!r} was decided by {done.by.person} at {done.at} ({done.verdict}): nothing was changed"
        raise Settled(said, _NEXT)
    item, now = room.desk.item(id), room.clock.now()
    if item is not None and item.person != plain(room.operator) and item.until is not None and item.until > now:
        raise Refused(f"{spelled(room.project.policy(), item.person)} has output {id!r} until {item.until}", _NEXT)
    return found


def _escalated(room: Room, id: str, because: str, *, alone: bool) -> None:
    for _ in range(_TRIES):
        found = _open(room, id)
        fact = Escalated(id, because, None if alone else room.by, room.clock.now())
        try:
            room.store.append([Write(subject_of_output(id), found.version, fact)])
        except Conflict:
            continue
        return catch_up(room)
    raise Conflict(Write(subject_of_output(id), found.version, fact), found.version, None)
