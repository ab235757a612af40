"""When would this sensor have fired? Its own rule over recorded telemetry; and what may be claimed for the next incident.

Looks are those of production, `every` from one to the next, judged by the same function (core/stats/backtest.py, `said`). Rollups
keep calls at the time they were made, so that a judgement which came later stands where its call does: by how much the signals
of the incident were later than the sensor waits for is measured, and taken off the lead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cleanroom.app.room import Room
from cleanroom.app.sensors.rates import Steps, steps_of
from cleanroom.core.base import DAY, MINUTE, SECOND, Instant, Misuse, instant, micros
from cleanroom.core.call import EVENT
from cleanroom.core.sensors import Sensor
from cleanroom.core.sensors.rate import Rate, last_end, step_of
from cleanroom.core.sensors.replayed import ALLOWED, Backtest, Replayed, Seen, sentence
from cleanroom.core.stats import backtest
from cleanroom.core.stats.backtest import OVER, TOO_FEW, Chosen, Rule, Series
from cleanroom.core.telemetry.told import judged_id

LONGEST = 400 * DAY
"""How far back the history goes, at most."""

MOST_STEPS = 150_000
"""Steps that are read, at most: a sensor that looks each minute has a shorter history than one that looks each hour."""

WINDOWS = (15 * MINUTE, 60 * MINUTE, 240 * MINUTE, DAY)
"""Of the family of rules that the history chooses from, beside the sensor's own."""

_SIGNALS = 2000
_Window = tuple[Instant, Instant]


def replay(room: Room, sensor: Sensor, since: Instant, until: Instant) -> Replayed:
    """Its looks with since < look <= until, as far as the past is complete. Raises Misuse for another kind, or no time."""
    watch = _watch(sensor)
    step = step_of(watch, sensor.every)
    first, last = _whole(sensor, micros(since)), min(micros(until), last_end(watch, micros(room.clock.now())))
    if not first < last:
        raise Misuse("that is no time that can be replayed", "From an earlier moment to a later one that has been.")
    if (last - first) // step > MOST_STEPS:
        raise Misuse("that is more than can be replayed at once", "Choose a shorter time, or a longer 'every'.")
    rule = watch.rule(sensor.every, step)
    warm = -(-rule.window // rule.every) * rule.every
    steps = steps_of(room, watch, first - warm * step, last, step)
    series = _series(steps, ())
    ends, states = backtest.looks(series, rule)
    ends, states = ends[ends >= warm], states[ends >= warm]
    known = states[states != TOO_FEW]
    moments = tuple(instant(_moment(steps, watch, int(e))) for e in ends[backtest.trips(states)])
    over = bool(known.size and known[-1] == OVER)
    free = backtest.claimed(series, rule)
    return Replayed(
        sensor.name, instant(first), instant(last), len(ends), int(known.size), moments, over, round(free.days, 3), free.alarms,
        _finite(free.upper),
    )  # fmt: skip


def would_have_fired(
    room: Room,
    sensor: Sensor,
    began: Instant,
    detected: Instant,
    *,
    ended: Instant | None = None,
    others: Sequence[_Window] = (),
    allowed: float = ALLOWED,
) -> Backtest:
    """The sensor against an incident that began and was found then. Raises Misuse.

    ended     when it was over: what came after it is history, too; without, all from `began` on is left out of that
    others    (began, ended) of other incidents, which are no history: their alarms are not false
    allowed   false alarms that are accepted in 30 days
    """
    watch = _watch(sensor)
    start, found, now = micros(began), micros(detected), micros(room.clock.now())
    if not start <= found <= (now if ended is None else micros(ended)) <= now or not allowed > 0:
        raise Misuse(
            "an incident begins, is found and ends, in that order, and in the past", "Say when each of it was."
        )
    steps = _recorded(room, sensor, start, found, ended)
    over = steps.end if ended is None else micros(ended)
    series = _series(steps, [(start, over), *((micros(a), micros(b)) for a, b in others)])
    own = watch.rule(sensor.every, steps.step)
    case = _Case(steps, series, watch, start, min(steps.end, max(found, over if ended else found + _margin(watch))))
    at = case.fired(own)
    late = _late(room, watch, start, found if at is None else min(at, found))
    chosen = _chosen(series, own, allowed, steps.step)
    seen = Seen(
        found,
        _plus(at, late),
        _lead(found, _plus(None if chosen is None else case.fired(chosen.rule), late)),
        case.already(own),
        backtest.claimed(series, own),
        allowed,
        watch.threshold,
        _lowest(series, own, allowed),
        late,
        chosen is not None,
    )
    return _told(sensor, began, detected, seen, chosen, steps.step)


@dataclass(frozen=True, slots=True)
class _Case:
    """An incident in recorded steps: `began` and `until`, to which one looks, in microseconds."""

    steps: Steps
    series: Series
    watch: Rate
    began: int
    until: int

    def fired(self, rule: Rule) -> int | None:
        """The moment at which the rule would have tripped."""
        first, last = ((at - self.steps.start) // self.steps.step for at in (self.began, self.until))
        at = backtest.fired(self.series, rule, first, last)
        return None if at is None else _moment(self.steps, self.watch, at)

    def already(self, rule: Rule) -> bool:
        """Was it over its bound at the last look before the incident that could tell?"""
        ends, states = backtest.looks(self.series, rule)
        before = states[(ends < (self.began - self.steps.start) // self.steps.step) & (states != TOO_FEW)]
        return bool(before.size and before[-1] == OVER)


def _watch(sensor: Sensor) -> Rate:
    if not isinstance(sensor.watch, Rate):
        hint = "Write a sensor of kind rate: docs/sensors.md says how."
        raise Misuse(f"{sensor.name} is of kind {sensor.watch.kind}: only sensors of kind rate can be replayed", hint)
    return sensor.watch


def _recorded(room: Room, sensor: Sensor, began: int, found: int, ended: Instant | None) -> Steps:
    """All that is known up to now, or to the incident where its end is not known."""
    watch = _watch(sensor)
    step = step_of(watch, sensor.every)
    until = last_end(watch, micros(room.clock.now()))
    if ended is None:
        until = min(until, found + _margin(watch))
    first = next((s.first for s in room.calls.seen() if s.system == watch.system), until - LONGEST)
    since = _whole(sensor, max(first, until - min(LONGEST, MOST_STEPS * step), 0))
    since = min(since, _whole(sensor, began - round(watch.window * SECOND) - DAY))
    return steps_of(room, watch, since, until, step)


def _margin(watch: Rate) -> int:
    """How long after an incident was found one still looks for the alarm, to say how late it would have been."""
    return max(DAY, round(watch.window * SECOND))


def _whole(sensor: Sensor, at: int) -> int:
    """The last moment up to `at` from which production's looks are whole cadences away."""
    width = max(MINUTE, round(sensor.every * SECOND) // MINUTE * MINUTE)
    return at // width * width


def _series(steps: Steps, left_out: Sequence[tuple[int, int]]) -> Series:
    begins = steps.start + np.arange(len(steps.n)) * steps.step
    out = np.zeros(len(steps.n), bool)
    for since, until in left_out:
        out |= (begins + steps.step > since) & (begins < max(until, since + 1))
    return Series(steps.amount, steps.n, out, max(1, DAY // steps.step), steps.share)


def _moment(steps: Steps, watch: Rate, at: int) -> int:
    """When production would have looked at the window that ends with that step."""
    return steps.start + (at + 1) * steps.step + round(watch.delay * SECOND)


def _chosen(series: Series, own: Rule, allowed: float, step: int) -> Chosen | None:
    """The rule that the history says: its window is one of the family's or the sensor's own."""
    windows = tuple(sorted({own.window, *(max(1, w // step) for w in WINDOWS)}))
    return backtest.chosen(series, windows, allowed, own.least, own.every)


def _lowest(series: Series, own: Rule, allowed: float) -> float | None:
    found = backtest.lowest(series, own, allowed)
    return None if found is None else found.rule.threshold


def _late(room: Room, watch: Rate, since: int, until: int) -> int | None:
    """By how much the signals of that time came later than the sensor waits, 9 of 10; None where they cannot be read any more."""
    lags = sorted(_lags(room, watch, since, until + 1))
    if not lags:
        return None
    return max(0, lags[min(len(lags) - 1, int(0.9 * len(lags)))] - round(watch.delay * SECOND))


def _lags(room: Room, watch: Rate, since: int, until: int) -> Iterator[int]:
    """How long after the call, which they count for, signals arrived."""
    if watch.flag:
        columns = room.telemetry.columns(watch.flag, since, until, (watch.metric,))
        rows = columns.metrics[watch.metric] > 0
        yield from (columns.arrived[rows] - columns.at[rows]).tolist()
        return
    if watch.metric.startswith(EVENT):
        events = [e for e in room.calls.events(watch.system, since, until) if EVENT + e.happened == watch.metric][
            -_SIGNALS:
        ]
        of = room.calls.calls_of({e.call for e in events if e.call})
        yield from (e.arrived - (of[e.call].at if e.call in of else e.at) for e in events)
        return
    rows_of = room.calls.rows(watch.system, since, until + DAY, watch.where, watch.metric, _SIGNALS)
    judged = room.calls.calls_of({judged_id(c.id) for c in rows_of})
    for call in rows_of:
        of_call = judged.get(judged_id(call.id), call)
        if since <= of_call.at < until:
            yield call.arrived - of_call.at - of_call.took


def _finite(upper: float) -> float | None:
    return upper if math.isfinite(upper) else None


def _plus(at: int | None, late: int | None) -> int | None:
    return None if at is None else at + (late or 0)


def _lead(found: int, at: int | None) -> int | None:
    return None if at is None else found - at


def _told(sensor: Sensor, began: Instant, detected: Instant, seen: Seen, chosen: Chosen | None, step: int) -> Backtest:
    return Backtest(
        sensor.name,
        began,
        detected,
        None if seen.fired is None else instant(seen.fired),
        seen.own,
        seen.lead,
        round(seen.claimed.days, 3),
        seen.claimed.alarms,
        _finite(seen.claimed.upper),
        seen.allowed,
        0.0 if chosen is None else chosen.rule.window * step / SECOND,
        0.0 if chosen is None else chosen.rule.threshold,
        seen.late,
        seen.earlier,
        sentence(seen),
    )
