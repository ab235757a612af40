"""Which outputs must a person see, in which order, and what was promised of those that skip?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal

from cleanroom.core.base import SECOND, Instant, instant, micros, noun
from cleanroom.core.facts import CutoffSet, CutoffWithdrawn, Escalated, Received, Reviewed, ReviewForced
from cleanroom.core.facts.outputs import Risk, Route
from cleanroom.core.ledger import Conflict, LedgerEntry
from cleanroom.core.output import RISKS, Output
from cleanroom.core.policy import same
from cleanroom.core.queue_rules import QueueRules
from cleanroom.core.stats.cutoff import audit_alarms

Reason = Literal["wrong_fact", "wrong_label", "wrong_format", "unsafe", "off_topic", "outdated", "other"]
"""Why an output was wrong."""

REASONS: tuple[Reason, ...] = (
    "wrong_fact",
    "wrong_label",
    "wrong_format",
    "unsafe",
    "off_topic",
    "outdated",
    "other",
)

AUDIT_DELTA = 0.05
"""The audit's rate of false alarms, however often it is looked at."""

SETTLED = 9
"""The rank of what is done and has nothing left to export; corrections that have keep the rank of their risk."""

NO_CUTOFF = "no cut-off is in force"
"""The reason for review of an output that would otherwise be asked for its confidence."""


class Settled(Conflict):
    """It was done before, or is there with other content: nothing was written (exit 1)."""

    code = 1

    def __init__(self, message: str, hint: str) -> None:
        super(Conflict, self).__init__(message, hint)
        self.subject = ""
        self.first = None


# --- the promise ------------------------------------------------------------------------------------------


@noun
class Promise:
    """What is in force for a system, read off its ledger subject.

    `made`: the last calibration, None before the first. `withdrawn`: why its cut-off no longer counts. `audited`, `wrong`:
    the outputs that skipped under it and were looked at afterwards. `index`: of the last calibration or withdrawal in the
    ledger; `version`: of the subject.
    """

    made: CutoffSet | None = None
    withdrawn: CutoffWithdrawn | ReviewForced | None = None
    audited: int = 0
    wrong: int = 0
    index: int = -1
    version: int = 0

    @property
    def cutoff(self) -> float | None:
        """The confidence from which on outputs skip review; None: nothing skips."""
        return None if self.made is None or self.withdrawn is not None else self.made.cutoff

    @property
    def says(self) -> str:
        """The promise, or why there is none, as a sentence."""
        if self.made is None:
            return "nothing skips review: no cut-off was calibrated"
        if self.withdrawn is not None:
            return f"nothing skips review: {self.withdrawn.because}"
        return promised(self.made)


def subject_of_cutoff(system: str) -> str:
    """Where the calibrations of a system, what its audit found and their withdrawals lie in the ledger."""
    return f"cutoff/{system}"


def promise(history: Iterable[LedgerEntry], before: Promise | None = None) -> Promise:
    """What is in force after the entries of a system's `cutoff/<system>`: all of them, or those since `before`."""
    found = before or Promise()
    for entry in history:
        match entry.fact:
            case CutoffSet():
                found = Promise(made=entry.fact, index=entry.index)
            case CutoffWithdrawn() | ReviewForced():
                found = replace(found, withdrawn=entry.fact, index=entry.index)
            case Reviewed(verdict=verdict):
                found = replace(found, audited=found.audited + 1, wrong=found.wrong + (verdict != "right"))
            case _:
                pass
        found = replace(found, version=entry.version)
    return found


def promised(made: CutoffSet) -> str:
    """What a calibration promises, as a sentence."""
    if made.cutoff is None:
        return (
            f"nothing skips review: no cut-off can promise that at most {_percent(made.alpha)} of what skips is wrong, "
            f"with {_percent(1 - made.delta)} confidence, on {made.cases:,} labelled cases"
        )
    return (
        f"of the answers that skip review at most {_percent(made.alpha)} are wrong, "
        f"with {_percent(1 - made.delta)} confidence; {_percent(made.skip / made.cases)} skip"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"


def looked_at(before: Promise, system: str, wrong: bool, now: Instant) -> CutoffWithdrawn | None:
    """The withdrawal of the cut-off, where one more audited output speaks against its promise loudly enough."""
    made = before.made
    if made is None or before.cutoff is None:
        return None
    audited, bad = before.audited + 1, before.wrong + wrong
    if not audit_alarms(bad, audited, made.alpha, AUDIT_DELTA):
        return None
    because = (
        f"{bad} of {audited} audited answers that skipped review were wrong, which does not go with the promised "
        f"{_percent(made.alpha)}; nothing skips until a new calibration"
    )
    return CutoffWithdrawn(system, audited, bad, because, now)


# --- routing ----------------------------------------------------------------------------------------------


def reasons(output: Output, cutoff: float | None) -> tuple[str, ...]:
    """Why a person must see this output; empty when it may skip.

    These go into the ledger, which forgets nothing: what a guard says may quote the text, so it stays with the text.
    """
    found = []
    if output.guard.strip():
        found.append("a guard asks for a person")
    if not output.model.strip():
        found.append("it does not say which model made it")
    if not output.prompt_version.strip():
        found.append("it does not say by which version of a prompt it was made")
    if output.confidence is None:
        found.append("it has no confidence")
    if cutoff is None:
        found.append(NO_CUTOFF)
    elif output.confidence is not None and not output.confidence >= cutoff:
        found.append(f"its confidence {output.confidence:.4g} is under the cut-off {cutoff:.4g}")
    return tuple(found)


def route(output: Output, cutoff: float | None, free: int, audit_share: float, chance: float) -> tuple[Route, str]:
    """Where an output goes, and why. `free`: places in the queue. `chance`: a number in [0, 1) drawn for this output.

    What a person must see waits, or is held where the queue is full; nothing is accepted because there is no room.
    """
    why = reasons(output, cutoff)
    if why:
        return ("review" if free > 0 else "held"), "; ".join(why)
    said = f"its confidence {output.confidence:.4g} reaches the cut-off {cutoff:.4g}"
    return ("audited", f"{said}; drawn for the audit") if chance < audit_share else ("accepted", said)


# --- where an output stands -------------------------------------------------------------------------------


@noun
class Standing:
    """An output as its ledger subject tells it. `version` is that of the subject, `index` that of its first entry."""

    received: Received
    index: int
    version: int
    escalated: tuple[Escalated, ...] = ()
    reviewed: Reviewed | None = None

    @property
    def needs_person(self) -> bool:
        """Does somebody still have to look at it?"""
        return self.reviewed is None and (self.received.route != "accepted" or bool(self.escalated))

    @property
    def skipped(self) -> bool:
        """Did it skip review under a cut-off, looked at afterwards or not?"""
        return self.received.route in ("accepted", "audited")

    @property
    def corrected(self) -> bool:
        """Is there something to learn from it?"""
        return self.reviewed is not None and self.reviewed.verdict != "right"

    def escalated_by(self, person: str) -> bool:
        """Did this person pass it on?"""
        return any(e.by is not None and same(e.by.person, person) for e in self.escalated)


def subject_of_output(id: str) -> str:
    """Where an output's facts lie in the ledger."""
    return f"output/{id}"


def standing(history: Iterable[LedgerEntry]) -> Standing | None:
    """Where an output stands after the entries of its subject; None when it never came."""
    found: Standing | None = None
    for entry in history:
        match entry.fact:
            case Received():
                found = Standing(entry.fact, entry.index, entry.version)
            case Escalated() if found is not None:
                found = replace(found, version=entry.version, escalated=(*found.escalated, entry.fact))
            case Reviewed() if found is not None:
                found = replace(found, version=entry.version, reviewed=found.reviewed or entry.fact)
            case _:
                pass
    return found


def rank(received: Received) -> int:
    """Lower comes first: by risk; within a risk what waits for a decision before what is only audited."""
    return 2 * RISKS.index(received.risk) + (received.route == "audited")


def due(received: Received, rules: QueueRules) -> Instant:
    """When a person must have decided."""
    return later(received.at, rules.max_wait)


def feedback_due(risk: Risk, at: Instant, rules: QueueRules) -> Instant:
    """When a correction made at that moment must have been exported."""
    seconds = {"high": rules.feedback_high, "medium": rules.feedback_medium, "low": rules.feedback_low}
    return later(at, seconds[risk])


def later(at: Instant, seconds: int) -> Instant:
    """That many seconds after `at`."""
    return instant(micros(at) + seconds * SECOND)


def seconds_between(start: Instant, end: Instant) -> float:
    """From `start` to `end`."""
    return (micros(end) - micros(start)) / SECOND


# --- which reviewed outputs may calibrate -----------------------------------------------------------------


@noun
class Labelled:
    """Reviewed outputs that are an unbiased sample, and why others are not among them.

    `floor`: no cut-off below it can be learnt from them; None: any can. `left_out`: (why, how many).
    """

    confidence: tuple[float, ...]
    wrong: tuple[bool, ...]
    ids: tuple[str, ...]
    floor: float | None
    left_out: tuple[tuple[str, int], ...]


def labelled(outputs: Iterable[Standing], now_in_force: Promise) -> Labelled:
    """The reviewed outputs of a system that may be calibrated on, out of those that came since `now_in_force`.

    What people chose to look at is no random sample. So: where a cut-off is in force, only those that were drawn for the
    audit (a sample of what skips: nothing can be said below that cut-off); where none is, everything that came, as all of
    it is reviewed. Either way only such as could have skipped (no guard spoke, nothing is missing), only of the latest
    model and prompt version, and only up to the oldest one that is still undecided, since hard ones take longer.
    """
    cutoff = now_in_force.cutoff
    left_out: list[tuple[str, int]] = []

    def keep(which: list[Standing], why: str, good: Callable[[Standing], bool]) -> list[Standing]:
        kept = [s for s in which if good(s)]
        lost = sum(s.reviewed is not None for s in which) - sum(s.reviewed is not None for s in kept)
        if lost:
            left_out.append((why, lost))
        return kept

    pool = keep(list(outputs), "came before what is in force now", lambda s: s.index > now_in_force.index)
    if cutoff is None:
        pool = keep(pool, "a guard spoke, or confidence or provenance is missing", lambda s: _could_skip(s.received))
    else:
        pool = keep(pool, "not drawn for the audit", lambda s: s.received.route == "audited")
    if pool:
        made_by = _made_by(pool[-1])
        pool = keep(pool, "of another model or prompt version than the latest", lambda s: _made_by(s) == made_by)
    open_from = min((s.index for s in pool if s.reviewed is None), default=math.inf)
    pool = keep(pool, "came after one that is still undecided", lambda s: s.index < open_from)
    return Labelled(
        tuple(s.received.confidence or 0.0 for s in pool),
        tuple(s.corrected for s in pool),
        tuple(s.received.output for s in pool),
        cutoff,
        tuple(left_out),
    )


def _could_skip(received: Received) -> bool:
    return received.confidence is not None and received.because == NO_CUTOFF


def _made_by(one: Standing) -> tuple[str, str]:
    return one.received.model, one.received.prompt_version
