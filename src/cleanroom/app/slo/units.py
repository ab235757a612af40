"""Which calls were judged, each once? Judgements whose call has not come are records of their own, each of which counts."""

from __future__ import annotations

import math
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from cleanroom.app.room import Room
from cleanroom.app.slo.counts import called
from cleanroom.app.slo.read import sampling_of
from cleanroom.core.base import HOUR, MINUTE
from cleanroom.core.slo import LabelledShare, Slo
from cleanroom.core.slo_status import Tally
from cleanroom.core.telemetry.told import judged_id
from cleanroom.ports.store import Store

MOST = 100_000
"""Records up to which those of one call are put together; of more, each counts by itself."""

_KNOWN: WeakKeyDictionary[Store, dict[str, tuple[object, Tally]]] = WeakKeyDictionary()
"""By SLO: of which records, and how many calls they are."""


@dataclass(frozen=True, slots=True)
class Units:
    """`tally`: calls that were judged, bad where any judgement says so. `stands`: one record of each, a bad one if any."""

    tally: Tally
    stands: frozenset[str]


def units_of(room: Room, slo: Slo, indicator: LabelledShare, since: int, until: int, total: Tally) -> Units | None:
    """Calls of since <= at < until by what was said of each; None where every record counts by itself.

    That is so where nothing was judged later, and beyond MOST records (`total`: what rollups count).
    """
    if total.n > MOST:
        return None
    columns = room.calls.columns(slo.system, since, until, [indicator.metric])
    best: dict[str, tuple[bool, str]] = {}
    late = False
    for id, value in zip(columns.id.tolist(), columns.metrics[indicator.metric].tolist(), strict=True):
        if math.isnan(value):
            continue
        about = judged_id(id)
        late = late or about != id
        this = (not is_bad(indicator, value), id)
        best[about] = min(best.get(about, this), this)
    if not late:
        return None
    bad = sum(not good for good, _ in best.values())
    return Units(Tally(len(best), bad, bad, bad), frozenset(id for _, id in best.values()))


def judged(room: Room, slo: Slo, since: int, until: int) -> Tally:
    """As counts.called, but of a labelled SLO each call once, as far as that can be told: what strata are weighed by."""
    total = called(room, slo, since, until)
    if not isinstance(slo.indicator, LabelledShare):
        return total
    key = (sampling_of(slo), since // HOUR, until // HOUR, total)
    known = _KNOWN.setdefault(room.store, {})
    if known.get(slo.name, (None, total))[0] != key:
        begin, end = (moment // MINUTE * MINUTE for moment in (since, until))
        units = units_of(room, slo, slo.indicator, begin, end, total)
        known[slo.name] = key, total if units is None else units.tally
    return known[slo.name][1]


def is_bad(indicator: LabelledShare, value: float) -> bool:
    """Does the detector flag it?"""
    return value != 0 if indicator.limit is None else not indicator.limit.good(value)
