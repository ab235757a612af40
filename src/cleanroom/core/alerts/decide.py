"""What is to be done with an alert now? Decided from where it stands, what its signals do, and the hour."""

from __future__ import annotations

from cleanroom.core.alerts.grouping import HOLD, Row, pace
from cleanroom.core.alerts.state import UNTOLD, Acknowledged, Alert, Open, Resolved
from cleanroom.core.base import Instant, after, noun


@noun
class Tally:
    """The members of an alert: how many, how many have not ended, how many the ledger has not heard of, and the last end."""

    count: int
    going_on: int
    unheard: int
    last_end: Instant | None = None


@noun
class Begin:
    """Write down that it is there."""


@noun
class Grow:
    """Write down what has joined it; tell it, where it was told at all and is to be heard."""

    tell: bool


@noun
class Tell:
    """Tell it to the people of that step."""

    step: int


@noun
class Resolve:
    """It is over by itself."""


@noun
class Move:
    """Somebody has answered it: what came later belongs to another alert."""


Step = Begin | Grow | Tell | Resolve | Move


@noun
class Decision:
    """What to do, in this order, and when to look again; None: when a signal says something."""

    steps: tuple[Step, ...]
    due: Instant | None


def decide(
    alert: Alert | None, row: Row, tally: Tally, quiet_until: Instant | None, rungs: int, minutes: int, now: Instant
) -> Decision:
    """`quiet_until`: when the silence over all its signals ends, None where there is none. `rungs`, `minutes`: of its ladder."""
    match alert:
        case None:
            first: tuple[Step, ...] = (Begin(),) if quiet_until else (Begin(), Tell(0))
            return Decision(first, quiet_until or _soonest(_escalates(0, rungs, minutes, now), _over(tally)))
        case Open():
            return _open(alert, row, tally, quiet_until, rungs, minutes, now)
        case Acknowledged():
            steps: tuple[Step, ...] = (Move(),) if tally.unheard else ()
            over = _over(tally) if not tally.unheard else None
            return Decision((*steps, Resolve()), None) if over is not None and over <= now else Decision(steps, over)
        case Resolved():
            return Decision((Move(),) if tally.unheard else (), None)


def _open(
    alert: Open, row: Row, tally: Tally, quiet_until: Instant | None, rungs: int, minutes: int, now: Instant
) -> Decision:
    steps: list[Step] = []
    over, step = _over(tally), alert.step
    grows = _grows(alert, row, tally)
    ends = over is not None and over <= now
    first = step == UNTOLD and quiet_until is None
    if grows is not None and (grows <= now or ends or first):
        steps.append(Grow(tell=step > UNTOLD and quiet_until is None))
        grows = None
    if ends:
        return Decision((*steps, Resolve()), None)
    told = alert.told or now
    late = step > UNTOLD and over is None and _escalates(step, rungs, minutes, told)
    if first or (quiet_until is None and late and late <= now):
        step, told = step + 1, now
        steps.append(Tell(step))
    escalates = _escalates(step, rungs, minutes, told) if step > UNTOLD and over is None else None
    return Decision(tuple(steps), _soonest(quiet_until or escalates, grows, over))


def _grows(alert: Open, row: Row, tally: Tally) -> Instant | None:
    """When what has joined is written down: at once while nobody was told, then at the pace of its level."""
    if not tally.unheard:
        return None
    return after(row.told, pace(row.level, row.tells)) if row.told is not None else alert.opened


def _escalates(step: int, rungs: int, minutes: int, told: Instant) -> Instant | None:
    """When the next in line hears of it; None after the last."""
    return after(told, minutes * 60) if step + 1 < rungs else None


def _over(tally: Tally) -> Instant | None:
    """When it is over, if nothing comes back; None while something goes on."""
    return after(tally.last_end, HOLD) if not tally.going_on and tally.last_end is not None else None


def _soonest(*moments: Instant | None) -> Instant | None:
    return min((m for m in moments if m is not None), default=None)
