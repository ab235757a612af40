"""Which alarms of an SLO fire now, since when, on what evidence? Burn rates, the detector, a doubling, silence."""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

import numpy as np

from cleanroom.app.room import Room
from cleanroom.app.slo.labels import labels_of, strata_of
from cleanroom.app.slo.minutes import Minutes, alarms_of, minutes_of, usual_of
from cleanroom.app.slo.read import sampling_of
from cleanroom.app.slo.status import burns_at
from cleanroom.app.slo.units import judged
from cleanroom.core.alert import Level
from cleanroom.core.alerts.words import short
from cleanroom.core.base import DAY, HOUR, MINUTE, instant, noun
from cleanroom.core.incident.categories import of_metric
from cleanroom.core.slo import LabelledShare, Slo, metric_of, span_text
from cleanroom.core.slo_status import onset, percent, rule_name, watched_rate
from cleanroom.core.stats import burn
from cleanroom.core.stats.burn import Burning, trailing
from cleanroom.core.stats.rate_watch import Watch, above_for
from cleanroom.ports.calls import ALL
from cleanroom.ports.store import Store

DETECTOR, DOUBLED, SILENT, STOPPED = "detector", "doubled", "silent", "stopped"

_HOUR = 60
_DAY = 24 * 60
_LEAST_SILENT = 50
_LOOKED_AT = 200
_USUAL_HOURS, _LEAST_AN_HOUR = 8 * 24, 10

_RATES: WeakKeyDictionary[Store, dict[str, tuple[object, float | None]]] = WeakKeyDictionary()
"""Of each labelled SLO: the rate that its detector looks at, and what it was made of."""


@noun
class Fire:
    """Something fires. `name`: which alarm; `about`: what tells its signal from others; `since`: microseconds since 1970 UTC."""

    name: str
    level: Level
    about: str
    what: str
    since: int
    evidence: tuple[str, ...]
    runbook: str


def fires_of_calls(room: Room, slo: Slo, now: int, kept: tuple[str, ...]) -> Iterator[Fire]:
    """Of an SLO that looks at calls. `kept`: what fired before: some of it ends later than it would begin."""
    known = minutes_of(room, slo, now)
    if not isinstance(slo.indicator, LabelledShare):
        burns = burn.now(known.n - known.bad, known.bad, slo.budget, slo.burn_rules)
        for burning in burns:
            if burning.fires:
                since = _since(known, slo.budget, burning.rule.long)
                yield _burn(slo, burning, since, _counts(known, burning.rule.long))
    yield from _detector(room, slo, known, now)
    if isinstance(slo.indicator, LabelledShare) or metric_of(slo).startswith("hallucination"):
        yield from _doubled(room, slo, known, now, DOUBLED in kept)
    yield from _silent(room, slo, known)
    yield from _stopped(room, slo, known, STOPPED in kept)


def fires_of_prometheus(room: Room, slo: Slo, now: int) -> Iterator[Fire]:
    """Of an SLO that Prometheus counts: its burn rates. Raises Outside, Misuse."""
    for burning in burns_at(room, slo, now):
        if burning.fires:
            yield _burn(slo, burning, now - burning.rule.short * MINUTE, ())


def _burn(slo: Slo, found: Burning, since: int, evidence: tuple[str, ...]) -> Fire:
    rule = found.rule
    span = span_text(rule.long * 60)
    rate = found.long_rate or 0.0
    what = (
        f"{slo.name} burns its budget {rate:.3g} times as fast as it may over {span} "
        f"({percent(min(1.0, rate * slo.budget))} bad, {percent(slo.budget)} may be)"
    )
    lines = (
        f"burn rate over {span}: {rate:.3g}, over {span_text(rule.short * 60)}: {found.short_rate or 0.0:.3g}",
        f"rule: above {rule.factor:g} over both",
        *evidence,
    )
    name = rule_name(rule)
    return Fire(name, "critical" if rule.pages else "warning", name, what, since, lines, _runbook(slo))


def _detector(room: Room, slo: Slo, known: Minutes, now: int) -> Iterator[Fire]:
    """The per-request detector: it had an alarm, and no calm hour since."""
    rate = _watched(room, slo, now)
    if slo.detector == "off" or rate is None:
        return
    alarms, _ = alarms_of(known, Watch(rate))
    recent = [a for a in alarms if a > known.end - DAY]
    if not recent or _calm_since(known, recent[-1], rate):
        return
    since = _since(known, rate, _DAY, until=recent[0])
    size = max(1, (known.end - since) // MINUTE)
    n, bad = float(known.n[-size:].sum()), float(known.bad[-size:].sum())
    word = "flagged" if isinstance(slo.indicator, LabelledShare) else "bad"
    what = (
        f"{slo.name}, {percent(bad / n if n else 0.0)} of calls are {word} since it rose; up to "
        f"{percent(rate)} would do"
    )
    evidence = (f"{bad:,.0f} of {n:,.0f} calls {word}", "one false alarm a year: core/stats/rate_watch.py")
    level: Level = "critical" if slo.detector == "critical" else "warning"
    yield Fire(DETECTOR, level, DETECTOR, what, since, evidence, _runbook(slo))


def _watched(room: Room, slo: Slo, now: int) -> float | None:
    """The rate above which the detector looks for a rise: of a labelled SLO what people's labels make of it.

    It is taken anew with each label, and with the traffic once an hour.
    """
    if not isinstance(slo.indicator, LabelledShare):
        return slo.budget
    found = labels_of(room, slo)
    given = sum(f.bad is not None for f in found)
    if not given:
        return None
    known = _RATES.setdefault(room.store, {})
    key = (sampling_of(slo), slo.target, given, now // HOUR)
    if known.get(slo.name, (None, None))[0] != key:
        since = now - slo.window * 1_000_000
        traffic = judged(room, slo, since, now + MINUTE)
        known[slo.name] = key, watched_rate(slo, strata_of(found, traffic, since, now + 1)) if traffic.n else None
    return known[slo.name][1]


def _calm_since(known: Minutes, alarm: int, rate: float) -> bool:
    """Was there an hour with calls, wholly after the alarm, in which no more were bad than may be?"""
    first = (alarm - known.start) // MINUTE
    n, bad = known.n[first:], known.bad[first:]
    if len(n) < _HOUR:
        return False
    sizes, wrong = trailing(n, _HOUR)[_HOUR - 1 :], trailing(bad, _HOUR)[_HOUR - 1 :]
    return bool(np.any((sizes > 0) & (wrong <= rate * sizes)))


def _doubled(room: Room, slo: Slo, known: Minutes, now: int, fired: bool) -> Iterator[Fire]:
    """More than twice as many as usual within the hour, beyond luck; it ends when the hour is as usual again."""
    usual = usual_of(room, slo, known, now)
    if usual is None or not usual.rate > 0:
        return
    n, bad = known.n[-_HOUR:], known.bad[-_HOUR:]
    total, wrong = float(n.sum()), float(bad.sum())
    goes_on = fired and total > 0 and wrong > usual.upper * total
    if not goes_on and not above_for(2.0, usual, n, bad):
        return
    what = (
        f"{metric_of(slo)} at {percent(wrong / total)} of calls in the last hour, more than twice the usual "
        f"{percent(usual.rate)}"
    )
    evidence = (f"{wrong:,.0f} of {total:,.0f} calls in the last hour", f"usual: at most {percent(usual.upper)}")
    since = _since(known, usual.upper, _DAY if fired else 2 * _HOUR)
    yield Fire(DOUBLED, "critical", DOUBLED, what, since, evidence, "hallucination")


def _silent(room: Room, slo: Slo, known: Minutes) -> Iterator[Fire]:
    """Calls come in, but none has the metric that had it the day before: what is not reported looks fine for ever."""
    if known.n[-_HOUR:].sum() > 0 or known.n[-_DAY:].sum() < _LEAST_SILENT:
        return
    begin = known.end - HOUR
    cells = room.calls.cells(slo.system, ALL, begin, known.end, HOUR)
    calls = sum(c.n for c in cells)
    if calls < _LEAST_SILENT:
        return
    last = int(np.flatnonzero(known.n)[-1])
    metric = metric_of(slo)
    later = room.calls.rows(slo.system, begin, known.end, {"operation": "evaluation"}, limit=_LOOKED_AT)
    if any(metric in record.metrics for record in later):
        return  # it is said, of calls before this hour: they are judged later
    what = f"{calls:,} calls in the last hour, and none says {metric}; {slo.name} cannot be watched"
    yield Fire(SILENT, "warning", SILENT, what, known.start + (last + 1) * MINUTE, (f"calls: {calls:,}",), "missing")


def _stopped(room: Room, slo: Slo, known: Minutes, fired: bool) -> Iterator[Fire]:
    """No calls at all for an hour, after eight days (each hour of a week was seen) none of whose hours had fewer than ten.

    Of a system that has quiet hours, or is new, an hour without calls says nothing, and nothing is said.
    """
    if known.n[-_HOUR:].sum() > 0 or not known.n.any():
        return
    last = int(np.flatnonzero(known.n)[-1]) + 1
    if not fired and not np.all(known.n[last % _HOUR : last].reshape(-1, _HOUR).sum(axis=1)):
        return
    since = known.start + last * MINUTE
    begin, size = since - _USUAL_HOURS * HOUR, _USUAL_HOURS - (since - known.end) // HOUR
    calls = np.zeros(size)
    for cell in room.calls.cells(slo.system, ALL, begin, begin + size * HOUR, HOUR):
        calls[(cell.start - begin) // HOUR] += cell.n
    least = int(calls[:_USUAL_HOURS].min())
    if calls[_USUAL_HOURS:].sum() > 0 or (not fired and least < _LEAST_AN_HOUR):
        return
    what = f"no calls at all since {short(instant(since))}; {slo.name} cannot be watched"
    yield Fire(
        STOPPED,
        "warning",
        STOPPED,
        what,
        since,
        (f"fewest calls in an hour of eight days before: {least:,}",),
        "missing",
    )


def _since(known: Minutes, rate: float, minutes: int, until: int | None = None) -> int:
    """When the rise above that rate began, looking back so many minutes from `until` (the end, where it is None)."""
    end = len(known.n) if until is None else (until - known.start) // MINUTE
    first = max(0, end - minutes)
    return known.start + (first + onset(known.n[first:end], known.bad[first:end], rate)) * MINUTE


def _counts(known: Minutes, minutes: int) -> tuple[str, ...]:
    n, bad = float(known.n[-minutes:].sum()), float(known.bad[-minutes:].sum())
    return (f"{bad:,.0f} of {n:,.0f} calls bad in the last {span_text(minutes * 60)}",)


def _runbook(slo: Slo) -> str:
    return of_metric(metric_of(slo)) or "slo"
