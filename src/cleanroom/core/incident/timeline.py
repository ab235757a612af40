"""What happened around an incident, moment by moment? Ordered by time; the ledger's order decides where clocks do not agree.

A clock that is wrong moves nothing silently: what carries an impossible time stands where the ledger has it, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Literal

from cleanroom.core.base import SECOND, Instant, instant, micros, noun

Step = Literal["", "began", "detected", "contained", "mitigated", "closed"]
"""Which of the steps of the recovery it is the first of; '' for none."""

MOST = 300
"""Moments of a timeline; where there are more, the least important are counted instead."""

RANK: Mapping[str, int] = {
    **dict.fromkeys(("began", "detected", "contained", "mitigated", "closed"), 0),
    **dict.fromkeys(("incident_opened", "incident_mitigated", "incident_reopened", "incident_contained"), 1),
    **dict.fromkeys(("flag_killed", "rollout_rolled_back", "incident_noted", "alert_opened", "sensor_tripped"), 2),
    **dict.fromkeys(("rollout_started", "rollout_promoted", "rollout_advanced", "flag_set", "policy_set"), 3),
    **dict.fromkeys(("prompt_came", "model_came"), 3),
    **dict.fromkeys(("flag_restored", "approved", "waived", "cutoff_set", "cutoff_withdrawn", "review_forced"), 3),
    **dict.fromkeys(("slo_judged", "sensor_failed", "source_aged", "incident_proven", "incident_told"), 4),
    **dict.fromkeys(("alert_acknowledged", "alert_acted", "alert_escalated", "incident_joined", "proposed"), 5),
    **dict.fromkeys(("alert_resolved", "diagnosis_answered", "rollout_held", "rollout_resumed"), 6),
}
"""By step, else by kind of fact: the lower, the sooner it is kept. What is not named comes last."""

LAST = 9

NOWHERE = -1
"""The index of what is in no entry of the ledger: telemetry says it."""


@noun
class Told:
    """What an entry says before it has its place. `clock`: the moment of writing; None where the entry tells of another one.

    `said`: when it happened, as the entry says; `index`: of the entry, the first of `count`, or NOWHERE; `subject`: of the
    ledger.
    """

    index: int
    subject: str
    kind: str
    clock: Instant | None
    said: Instant
    who: str
    what: str
    count: int = 1
    step: Step = ""


@noun
class Moment:
    """One line of the timeline: at `at` it stands, `clock` is what its entry says; they differ only where it is `skewed`.

    index   of the ledger's entry that says so, the first of `count`, or NOWHERE; `kind`: of its fact; `subject`: what it is of
    who     the person; '' where it happened by itself
    what    one short sentence
    skewed  why its place is not that of its time; '' where all is well
    """

    index: int
    at: Instant
    who: str
    what: str
    kind: str
    subject: str
    clock: Instant
    skewed: str = ""
    count: int = 1
    step: Step = ""

    @property
    def rank(self) -> int:
        """How important it is: 0 first."""
        return RANK.get(self.step or self.kind, LAST)


def assemble(told: Iterable[Told], now: Instant, most: int = MOST) -> tuple[Moment, ...]:
    """All in order, at most `most` and one that counts what is left out.

    Within a subject the ledger's order holds always. An entry that lies before an earlier one of its subject, or after `now`,
    stands where the ledger has it; by a second or more it is said (less is two writers at once).
    """
    placed = sorted(_placed(sorted(told, key=lambda t: t.index), micros(now)), key=lambda p: p[:3])
    return _bounded([moment for *_, moment in placed], most)


def most_important(moments: Sequence[Moment], most: int) -> tuple[Moment, ...]:
    """The most important ones, in their order; of equals the earlier."""
    kept = sorted(sorted(range(len(moments)), key=lambda i: (moments[i].rank, i))[:most])
    return tuple(moments[i] for i in kept)


def merged(told: Iterable[Told], kinds: Mapping[str, str]) -> tuple[Told, ...]:
    """Runs of one kind in one line: what came again and again is counted. `kinds`: what is counted, by kind of fact."""
    found: list[Told] = []
    for kind, run in groupby(told, key=lambda t: t.kind if t.kind in kinds and not t.step else f"{t.index} {t.step}"):
        members = list(run)
        first, count = members[0], sum(m.count for m in members)
        if len(members) == 1:
            found += members
            continue
        more = f"{first.what} (and {count - first.count:,} more {kinds[kind]} until {_short(members[-1].said)})"
        found.append(replace(first, what=more, count=count, who=first.who if _one(members) else ""))
    return tuple(found)


def _one(members: Sequence[Told]) -> bool:
    return len({m.who for m in members}) == 1


def _placed(told: Sequence[Told], now: int) -> Iterable[tuple[int, int, int, Moment]]:
    """(microseconds, index, place among those of one entry, moment): what the moments are ordered by."""
    of_subject: dict[str, tuple[int, int]] = {}
    last = None
    for place, one in enumerate(told):
        if one.clock is None:
            at, why = _dated(one, now)
        else:
            at, why = _clocked(one, of_subject.get(one.subject), last, now)
            of_subject[one.subject] = at, one.index
            last = at
            if one.said != one.clock:  # a note: its place is where the person says, which cannot be after they said it
                at, why = _noted(one, at, why)
        made = Moment(
            one.index, instant(at), one.who, one.what, one.kind, one.subject, one.said, why, one.count, one.step
        )
        yield at, one.index, place, made if why else replace(made, clock=made.at)


def _clocked(one: Told, before: tuple[int, int] | None, last: int | None, now: int) -> tuple[int, str]:
    at = _micros(one.clock or one.said)
    if at is None or at > now:
        known = [t for t in (before[0] if before else None, last) if t is not None]
        what = "cannot be read" if at is None else "has not come yet"
        why = f"its clock says {one.clock!s:.40}, which {what}: it stands where the ledger has it"
        return max(known, default=now), why
    if before is not None and at < before[0]:
        off = before[0] - at >= SECOND
        why = f"its clock says {_short(one.said)}, before entry {before[1]}, which was written earlier"
        return before[0], f"{why}: it stands where the ledger has it" if off else ""
    return at, ""


def _dated(one: Told, now: int) -> tuple[int, str]:
    """What an entry tells of another moment than its own."""
    at = _micros(one.said)
    if at is None or at > now:
        return now, f"{one.said!s:.40} has not come yet: a clock is wrong"
    return at, ""


def _noted(one: Told, written: int, why: str) -> tuple[int, str]:
    at = _micros(one.said)
    if at is None or at > written:
        return written, why or f"it tells of {one.said!s:.40}, which came after it was written: a clock is wrong"
    return at, why


def _bounded(moments: list[Moment], most: int) -> tuple[Moment, ...]:
    if len(moments) <= most:
        return tuple(moments)
    kept = most_important(moments, most)
    left = len(moments) - len(kept)
    last = kept[-1]
    more = replace(last, who="", what=f"and {left:,} further entries", kind="more", skewed="", count=left, step="")
    return (*kept, more)


def _micros(at: Instant) -> int | None:
    try:
        found = micros(at)
        return found if found >= 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def _short(at: Instant) -> str:
    return at[:19].replace("T", " ") + " UTC"
