"""What did people say of the calls that were drawn? Labels off the ledger, each bound to a call and to what was seen of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from weakref import WeakKeyDictionary

from cleanroom.app.room import Room
from cleanroom.app.slo.read import facts_of, sampling_of
from cleanroom.core.base import micros
from cleanroom.core.facts import DrawnCall, LabelsSampled, Reviewed
from cleanroom.core.facts.slo import SloSays
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.queue import standing, subject_of_output
from cleanroom.core.slo import LabelledShare, Slo
from cleanroom.core.slo_status import Labels, Tally, lacking
from cleanroom.core.stats.betting import Draw, Stakes, log_met, log_violated, walked
from cleanroom.core.stats.strata import Stratum
from cleanroom.ports.store import Store

_MOST_E = 700.0
_OUTPUT = subject_of_output("")
_MOST_NEWS = 5_000
"""Entries after which it is cheaper to read anew what was undecided than all of them."""


@dataclass(slots=True)
class _Read:
    """What this process has read up to the ledger's entry `last`: decisions, which never change, and None for undecided."""

    last: LedgerEntry
    said: dict[str, Reviewed | None]


_READ: WeakKeyDictionary[Store, _Read] = WeakKeyDictionary()
_READING = Lock()


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
    drawn = [(call, sample) for sample in samples_of(room, slo) for call in sample.drawn]
    said = _decisions(room.store, (call for call, _ in drawn))
    return tuple(Labelled(*pair, _is_bad(one, reasons)) for pair, one in zip(drawn, said, strict=True))


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


def _decisions(store: Store, drawn: Iterable[DrawnCall]) -> list[Reviewed | None]:
    """The decision on exactly what was drawn, for each. Only what has news in the ledger since the last look is read again."""
    out: list[Reviewed | None] = []
    with _READING:  # another thread could find news of an output that this one is about to call undecided
        known: dict[str, Reviewed | None] | None = None
        for call in drawn:
            known = _up_to_date(store) if known is None else known
            if call.output not in known:
                found = standing(store.history(subject_of_output(call.output)))
                known[call.output] = None if found is None else found.reviewed
            said = known[call.output]
            out.append(said if said is not None and said.content == call.content else None)
    return out


def _up_to_date(store: Store) -> dict[str, Reviewed | None]:
    """What was read before, without what has news since; nothing where another ledger was put in its place."""
    read, kept = _READ.get(store), dict[str, Reviewed | None]()
    news = tuple(store.entries(read.last.index - 1, _MOST_NEWS)) if read is not None else ()
    if read is not None and news and news[0] == read.last:
        if len(news) < _MOST_NEWS:
            for entry in news[1:]:
                output = entry.subject.removeprefix(_OUTPUT)
                if output != entry.subject and read.said.get(output) is None:
                    read.said.pop(output, None)
            read.last = news[-1]
            return read.said
        kept = {output: said for output, said in read.said.items() if said is not None}
    fresh = _READ[store] = _Read(_last(store), kept)
    return fresh.said


def _last(store: Store) -> LedgerEntry:
    return next(iter(store.entries(store.size() - 2, 1)))


def _is_bad(said: Reviewed | None, reasons: tuple[str, ...]) -> bool | None:
    if said is None:
        return None
    return said.verdict != "right" and (not reasons or said.reason in reasons)
