"""What did people say of the calls that were drawn? Labels off the ledger, each bound to a call and to what was seen of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from cleanroom.app.room import Room
from cleanroom.app.slo.read import facts_of, sampling_of
from cleanroom.core.base import micros
from cleanroom.core.facts import DrawnCall, LabelsSampled, Reviewed
from cleanroom.core.facts.slo import SloSays
from cleanroom.core.queue import standing, subject_of_output
from cleanroom.core.slo import LabelledShare, Slo
from cleanroom.core.slo_status import Labels, Tally, lacking
from cleanroom.core.stats.betting import Draw, Stakes, log_met, log_violated, walked
from cleanroom.core.stats.strata import Stratum
from cleanroom.ports.store import Store

_MOST_E = 700.0
_DECIDED: WeakKeyDictionary[Store, dict[str, Reviewed]] = WeakKeyDictionary()
"""Decisions that this process has read: they never change."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A call that was drawn, by which sample, and whether it is bad; None while nobody has decided."""

    drawn: DrawnCall
    sample: LabelsSampled
    bad: bool | None


def labels_of(room: Room, slo: Slo) -> tuple[Labelled, ...]:
    """Every call that was drawn for it, in the order of the draws, apart from samples of another metric or limit."""
    if not isinstance(slo.indicator, LabelledShare):
        return ()
    reasons = slo.indicator.reasons
    return tuple(
        Labelled(drawn, sample, _is_bad(_decision(room.store, drawn), reasons))
        for sample in samples_of(room, slo)
        for drawn in sample.drawn
    )


def samples_of(room: Room, slo: Slo) -> tuple[LabelsSampled, ...]:
    """The samples that were drawn for it as it is defined now."""
    same = sampling_of(slo)
    return tuple(f for f in facts_of(room, slo.name) if isinstance(f, LabelsSampled) and f.definition == same)


def strata_of(found: Iterable[Labelled], traffic: Tally, since: int, until: int) -> tuple[Stratum, Stratum]:
    """(flagged, unflagged) with the labels of calls of since <= at < until, weighed by all of the traffic in that time."""
    inside = [f for f in found if since <= micros(f.drawn.at) < until]
    share = traffic.bad / traffic.n if traffic.n else 0.0
    flagged = _stratum(share, (f for f in inside if f.drawn.stratum == "flagged"))
    return flagged, _stratum(1 - share, (f for f in inside if f.drawn.stratum == "unflagged"))


def judged_by_people(slo: Slo, found: Sequence[Labelled], traffic: Tally, since: int, until: int) -> Labels:
    """The same with all that follows from it."""
    inside = [f for f in found if since <= micros(f.drawn.at) < until]
    flagged, unflagged = strata_of(inside, traffic, since, until)
    answer, met, violated = _any_time(slo, inside, flagged.weight)
    return Labels(
        flagged=flagged,
        unflagged=unflagged,
        flagged_rate=flagged.weight,
        waiting=sum(f.bad is None for f in inside),
        missing=lacking(slo, flagged, unflagged),
        met_e=met,
        violated_e=violated,
        anytime=answer,
    )


def _stratum(weight: float, found: Iterable[Labelled]) -> Stratum:
    said = [f.bad for f in found if f.bad is not None]
    return Stratum(weight, len(said), sum(said))


def _any_time(slo: Slo, inside: Sequence[Labelled], share: float) -> tuple[SloSays, float, float]:
    """By bets on each label in the order of the draws, until the first that is undecided: hard ones must not be left out."""
    stakes = Stakes(slo.budget)
    steps = list(_steps(inside, share))
    answer, _, evidence = walked(steps, stakes)
    e_values = [math.exp(min(log(evidence), _MOST_E)) for log in (log_met, log_violated)]
    return answer, e_values[0], e_values[1]  # type: ignore[return-value]


def _steps(inside: Sequence[Labelled], share: float) -> Iterator[tuple[Draw, int, bool]]:
    weights = (share, 1 - share)
    for found in inside:
        if found.bad is None:
            return
        chances = found.sample.chances
        if any(w > 0 and q == 0 for w, q in zip(weights, chances, strict=True)):
            continue
        yield Draw(weights, chances), 0 if found.drawn.stratum == "flagged" else 1, found.bad


def _decision(store: Store, drawn: DrawnCall) -> Reviewed | None:
    """The decision on exactly what was drawn."""
    known = _DECIDED.setdefault(store, {})
    if drawn.output not in known:
        found = standing(store.history(subject_of_output(drawn.output)))
        if found is None or found.reviewed is None:
            return None
        known[drawn.output] = found.reviewed
    said = known[drawn.output]
    return said if said.content == drawn.content else None


def _is_bad(said: Reviewed | None, reasons: tuple[str, ...]) -> bool | None:
    if said is None:
        return None
    return said.verdict != "right" and (not reasons or said.reason in reasons)
