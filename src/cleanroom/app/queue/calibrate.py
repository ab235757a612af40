"""From which confidence on may the outputs of a system skip review? Set from labelled cases, with what it promises."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cleanroom.app.appending import append_after_last
from cleanroom.app.queue.desk import promise_of
from cleanroom.app.room import Room
from cleanroom.codec.ledger import decode
from cleanroom.core.base import Digest, Misuse, digest_of, noun
from cleanroom.core.facts import CutoffSet, ReviewForced
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.output import SYSTEM
from cleanroom.core.queue import Labelled, labelled, promised, standing, subject_of_cutoff
from cleanroom.core.stats.cutoff import calibrate as computed
from cleanroom.core.stats.cutoff import more_needed

MOST_ALPHA = 0.5
"""Half of what skips being wrong is no promise."""

_KINDS = ("received", "reviewed", "escalated")


@noun
class Calibrated:
    """A calibration. `entry`: its line in the ledger, None where it was only tried.

    `says`: the promise, or that there is none. `more`: then, at least about how many more cases it takes; None where more
    of the kind would not help. `floor`: no lower cut-off could be learnt from these cases; None: any could. `left_out`:
    reviewed outputs that could not be used, as (why, how many).
    """

    fact: CutoffSet
    entry: LedgerEntry | None
    says: str
    more: int | None
    floor: float | None
    left_out: tuple[tuple[str, int], ...]


def calibrate(
    room: Room,
    system: str,
    cases: Sequence[tuple[float, bool]],
    labels: Digest,
    alpha: float,
    delta: float,
    *,
    keep: bool = True,
) -> Calibrated:
    """Compute the cut-off of `system` from (confidence, wrong) of labelled cases, and put it in force where `keep`.

    `labels` is the digest of where the cases came from. Where no cut-off can promise it, everything goes to a person from
    now on. The cases must be a random sample of what the system answers. Raises Misuse for shares that are none.
    """
    return _calibrated(room, system, cases, labels, (alpha, delta), None, (), keep)


def calibrate_from_reviews(room: Room, system: str, alpha: float, delta: float, *, keep: bool = True) -> Calibrated:
    """As `calibrate`, on the reviewed outputs in the ledger, as far as these are an unbiased sample.

    Raises Misuse where there is none.
    """
    found = reviewed_sample(room, system)
    if not found.ids:
        lost = "; ".join(f"{n} {why}" for why, n in found.left_out) or "nothing of it was reviewed"
        hint = "Calibrate on a file of labelled cases that were drawn at random."
        raise Misuse(f"no reviewed output of {system!r} is part of an unbiased sample: {lost}", hint)
    cases = tuple(zip(found.confidence, found.wrong, strict=True))
    labels = digest_of([[id, *case] for id, case in zip(found.ids, cases, strict=True)])
    return _calibrated(room, system, cases, labels, (alpha, delta), found.floor, found.left_out, keep)


def withdraw(room: Room, system: str, because: str) -> LedgerEntry:
    """Have everything of a system go to a person until it is calibrated anew."""
    fact = ReviewForced(system, because, room.by, room.clock.now())
    return append_after_last(room.store, subject_of_cutoff(system), fact)[-1]


def reviewed_sample(room: Room, system: str) -> Labelled:
    """The reviewed outputs of a system that may be calibrated on. Reads the ledger from the last calibration on."""
    in_force = promise_of(room, system)
    by_subject: dict[str, list[LedgerEntry]] = {}
    for line in room.store.stored(in_force.index):
        if line.kind in _KINDS and line.subject.startswith("output/"):
            by_subject.setdefault(line.subject, []).append(decode(line.body, line.index))
    outputs = [found for entries in by_subject.values() if (found := standing(entries)) is not None]
    return labelled([s for s in outputs if s.received.system == system], in_force)


def _calibrated(
    room: Room,
    system: str,
    cases: Sequence[tuple[float, bool]],
    labels: Digest,
    level: tuple[float, float],
    floor: float | None,
    left_out: tuple[tuple[str, int], ...],
    keep: bool,
) -> Calibrated:
    alpha, delta = level
    if not SYSTEM.fullmatch(system):
        raise Misuse(f"{system[:80]!r} is no name of a system", f"It fits {SYSTEM.pattern}")
    if not 0 < alpha <= MOST_ALPHA or not 0 < delta <= MOST_ALPHA:
        raise Misuse(f"alpha and delta must lie between 0 and {MOST_ALPHA}", "For example --alpha 0.02 --delta 0.05.")
    if not cases:
        raise Misuse("there are no labelled cases", '{"confidence": 0.97, "correct": true}, one a line.')
    confidence = np.array([c for c, _ in cases])
    wrong = np.array([w for _, w in cases])
    found = computed(confidence, wrong, alpha, delta, -np.inf if floor is None else floor)
    fact = CutoffSet(
        system=system,
        cutoff=found.cutoff,
        alpha=alpha,
        delta=delta,
        cases=found.cases,
        skip=found.skip,
        wrong=found.wrong,
        labels=labels,
        by=room.by,
        at=room.clock.now(),
    )
    more = more_needed(confidence, wrong, alpha, delta) if found.cutoff is None else 0
    entry = append_after_last(room.store, subject_of_cutoff(system), fact)[-1] if keep else None
    return Calibrated(fact, entry, promised(fact), more, floor, left_out)
