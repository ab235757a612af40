"""What can a rollout at this traffic find, what can it not, and how long will it take? Production's own decisions, simulated."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from statistics import median

import numpy as np

from cleanroom.core.base import MINUTE, Instant, Misuse, after, digest, instant, micros, noun
from cleanroom.core.facts import By, RolloutStarted
from cleanroom.core.flags import STEPS
from cleanroom.core.progress.decide import Advance, Hold, Promote, RollBack, decide
from cleanroom.core.progress.state import Baking
from cleanroom.core.rollout.plan import Plan, faults
from cleanroom.core.rollout.weigh import begun, grown_series, stepped
from cleanroom.core.rollout.weighed import Series, Weighed
from cleanroom.core.stats.canary import Block, block_minutes

TIMES = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""How many times as bad as the control the simulated candidates are."""

SHORTEST = 15
"""Minutes of a simulated block, at least: production looks more often, and finds the same a little earlier."""

MOST_TRAFFIC = 10**9
"""Users an hour."""

_BEGIN = Instant("2026-01-05T00:00:00.000000Z")


@noun
class Row:
    """What became of the simulated candidates that are `times` as bad as the control.

    hours, users: medians until it was rolled back or promoted, and how many users had the candidate by then; None where
    most were never decided.
    """

    times: float
    rolled_back: float
    promoted: float
    held: float
    hours: float | None
    users: float | None


@noun
class Forecast:
    """What to expect. `traffic`: users an hour of both arms; `bad`: the share of them that is bad today (0 to 1)."""

    traffic: float
    bad: float
    phases: tuple[float, ...]
    runs: int
    rows: tuple[Row, ...]
    says: str


def forecast(plan: Plan, traffic: float, bad: float, runs: int, times: tuple[float, ...] = TIMES) -> Forecast:
    """Simulate `runs` rollouts of every kind of candidate. Raises Misuse where the plan, the traffic or the rate cannot be."""
    if wrong := tuple(faults(plan)):
        raise Misuse(f"this cannot be a plan: {wrong[0]}", "See `cleanroom rollout simulate --help`.")
    if not 0 < traffic <= MOST_TRAFFIC or not 0 < bad < 1:
        hint = "For example --traffic 500 --bad 1"
        raise Misuse(f"traffic is 1 to {MOST_TRAFFIC:,} users an hour, and a rate lies between 0 and 100%", hint)
    rows = tuple(_row(plan, traffic, bad, runs, each) for each in times if each * bad < 1)
    phases = tuple(p / STEPS for p in plan.phases)
    return Forecast(traffic, bad, phases, runs, rows, _says(rows, plan))


def _row(plan: Plan, traffic: float, bad: float, runs: int, times: float) -> Row:
    ends = [_end(plan, traffic, bad, times, seed) for seed in range(runs)]
    decided = [e for e in ends if e[0] in ("back", "promoted")]
    often = len(decided) * 2 > runs
    return Row(
        times,
        sum(e[0] == "back" for e in ends) / runs,
        sum(e[0] == "promoted" for e in ends) / runs,
        sum(e[0] == "held" for e in ends) / runs,
        median(e[1] for e in decided) if often else None,
        median(e[2] for e in decided) if often else None,
    )


def _says(rows: tuple[Row, ...], plan: Plan) -> str:
    """The sentence below the table."""
    equal = next((r for r in rows if r.times == 1), None)
    found = [r.times for r in rows if r.times > 1 and r.rolled_back >= 0.8]
    parts = []
    if found:
        parts.append(f"A candidate {min(found):g} times as bad is found in at least 8 of 10 rollouts.")
    else:
        parts.append(
            "Not even the worst of these candidates is found in 8 of 10 rollouts: there is too little traffic."
        )
    if equal is not None and equal.promoted >= 0.8:
        parts.append("One that is as good as the control is promoted.")
    elif equal is not None:
        parts.append(
            f"One that is as good as the control is held in {equal.held:.0%}: in {plan.limit / 3600:g} hours it cannot be "
            f"shown to be less than {plan.margin:g} times as bad. Take more time, a larger margin, or more traffic."
        )
    return " ".join(parts)


def _end(plan: Plan, traffic: float, bad: float, times: float, seed: int) -> tuple[str, float, float]:
    """How one rollout ends: (back, promoted or held; after how many hours; users who had the candidate)."""
    chance = np.random.default_rng([seed, zlib.crc32(repr((traffic, bad, times, plan.phases)).encode())])
    nobody = digest(b"")
    start = RolloutStarted("simulated", nobody, nobody, nobody, "simulated", plan, By("nobody", "claimed"), _BEGIN)
    state = Baking(start, 0, _BEGIN, after(_BEGIN, plan.limit), Weighed(_BEGIN), (), 1)
    minutes = max(plan.block or block_minutes(traffic), SHORTEST)
    for block, now in _blocks(plan, minutes):
        weighed = _weighed(state, block, now, traffic * minutes / 60, bad, times, chance)
        match decide(state, weighed, now):
            case RollBack():
                return "back", _hours(now), _users(weighed)
            case Promote():
                return "promoted", _hours(now), _users(weighed)
            case Hold():
                return "held", _hours(now), _users(weighed)
            case Advance():
                state = replace(state, step=state.step + 1, since=now, weighed=stepped(weighed, state.share))
            case _:
                state = replace(state, weighed=weighed)
    return "held", plan.limit / 3600, _users(state.weighed)


def _blocks(plan: Plan, minutes: int) -> Iterator[tuple[int, Instant]]:
    """Begin and end of each block until the limit is over."""
    begin = micros(_BEGIN)
    last = begin + plan.limit * 1_000_000 + minutes * MINUTE
    while begin < last:
        yield begin, instant(begin + minutes * MINUTE)
        begin += minutes * MINUTE


def _weighed(
    state: Baking, block: int, end: Instant, users: float, bad: float, times: float, chance: np.random.Generator
) -> Weighed:
    """The evidence with one more block of chance; `users`: to be expected in it."""
    plan, share = state.start.plan, state.share / STEPS
    canary, control = int(chance.poisson(users * share)), int(chance.poisson(users * (1 - share)))
    series = {(s.metric, s.level): s for s in state.weighed.series} or begun(plan)
    made: list[Series] = []
    for key in series:
        hit = Block(
            block,
            canary,
            int(chance.binomial(canary, min(1.0, bad * times))),
            control,
            int(chance.binomial(control, bad)),
        )
        made.append(grown_series(series[key], hit, plan.rules, micros(state.since)))
    return replace(
        state.weighed,
        until=end,
        series=tuple(made),
        new_canary=state.weighed.new_canary + canary,
        new_control=state.weighed.new_control + control,
    )


def _hours(now: Instant) -> float:
    return (micros(now) - micros(_BEGIN)) / 3.6e9


def _users(weighed: Weighed) -> float:
    return float(sum(s.canary_n for s in weighed.series) / max(len(weighed.series), 1))
