"""A person says yes, no, or go on all the same; the ledger keeps it with the policy it was given under."""

from __future__ import annotations

from collections.abc import Callable

from cleanroom.app.appending import append_after_last, retried
from cleanroom.app.review.standing import of_mapping, shown_run, standing, subject
from cleanroom.app.room import Room
from cleanroom.core import signing
from cleanroom.core.base import Digest, Misuse, Refused
from cleanroom.core.facts import Approved, Looked, PolicySet, Rejected, Waived
from cleanroom.core.ledger import LedgerEntry, Write
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.policy import Policy, same
from cleanroom.core.review import Review

POLICY = "policy"
"""The ledger's subject of the policy."""


Decision = Approved | Rejected | Waived | Looked


def approve(room: Room, name: str, role: str | None = None, comment: str = "", seen: str | None = None) -> LedgerEntry:
    """Approve the change as its last run showed it; `seen` is the run that the person looked at, where that is known.

    Raises Refused with what stands against it, or when `seen` is no longer the last; Misuse, Conflict.
    """

    def fact(review: Review, policy: Policy) -> Decision:
        return signing.approve(review, policy, room.by, role, comment, room.clock.now())

    return _decided(room, name, fact, _run, seen)


def reject(room: Room, name: str, reason: str, seen: str | None = None) -> LedgerEntry:
    """Reject this version of the change; `seen` is the version that the person looked at. Raises as `approve`."""

    def fact(review: Review, policy: Policy) -> Decision:
        return signing.reject(review, policy, room.by, reason, room.clock.now())

    return _decided(room, name, fact, lambda review: review.change, seen)


def waive(room: Room, name: str, reason: str, seen: str | None = None) -> LedgerEntry:
    """Let the last run pass although a required check could not tell; `seen` is that run. Raises as `approve`."""

    def fact(review: Review, policy: Policy) -> Decision:
        return signing.waive(review, policy, room.by, reason, room.clock.now())

    return _decided(room, name, fact, _run, seen)


def _run(review: Review) -> Digest | None:
    return review.checked.run if review.checked else None


def _decided(
    room: Room,
    name: str,
    fact: Callable[[Review, Policy], Decision],
    shown: Callable[[Review], Digest | None],
    seen: str | None,
) -> LedgerEntry:
    """Decide on what the person saw. What others wrote meanwhile is read and the decision made anew, as long as what
    is shown is the same; else nobody signs what they have not seen.
    """

    def once(seen: str | None) -> LedgerEntry:
        review, policy = standing(room, name).review, room.project.policy()
        if seen and seen != shown(review):
            what = f"{name} is no longer what you looked at: there is a newer run or version"
            raise Refused(what, "Look at it again, then decide.")
        return _write(room, review, policy, fact(review, policy))

    seen = seen or shown(standing(room, name).review)
    return retried(lambda: once(seen))


def look(room: Room, name: str, legacy: str) -> LedgerEntry:
    """Note that one mapped name was looked at and found right; once a person and run, and then it is that entry.

    Raises Misuse for a name that the mapping does not have, and Refused before there is a run that shows it as it is.
    """
    found = standing(room, name)
    mapping, checked = of_mapping(found), shown_run(found)
    if mapping.target(legacy) is None:
        raise Misuse(
            f"the mapping has no legacy name {legacy!r}", did_you_mean(legacy, [m.legacy for m in mapping.events])
        )
    if any(
        c.legacy == legacy and c.what == "corrected" and c.at > checked.at for c in found.change.provenance.corrections
    ):
        raise Refused(f"{legacy!r} was corrected since the last run", signing.what_next(found.review))
    noted = next((e for e in found.history if _same_look(e.fact, checked.run, legacy, room.operator)), None)
    if noted is not None:
        return noted
    fact = Looked(found.review.change, checked.run, legacy, room.by, room.clock.now())
    return append_after_last(room.store, subject(name), fact)[0]


def _same_look(fact: object, run: Digest, legacy: str, person: str) -> bool:
    return isinstance(fact, Looked) and (fact.run, fact.legacy) == (run, legacy) and same(fact.by.person, person)


def _write(room: Room, review: Review, policy: Policy, fact: Decision) -> LedgerEntry:
    """Append the decision, and the policy before it where the ledger does not have it yet: all or nothing.

    Raises Conflict when anything was written about the change since it was read.
    """
    writes = [Write(subject(review.name), review.version, fact)]
    known = room.store.history(POLICY)
    if not known or not isinstance(known[-1].fact, PolicySet) or known[-1].fact.policy != policy:
        writes.insert(0, Write(POLICY, len(known), PolicySet(policy, room.by, room.clock.now())))
    return room.store.append(writes)[-1]
