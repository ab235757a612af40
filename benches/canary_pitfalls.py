"""The ways in which a canary's counts mislead, each simulated: how often the naive way is wrong, and how often ours is.

A function a pitfall, `(runs, seed) -> Pair`: the share of healthy rollouts that are rolled back (or of harmful ones that
are missed, where it says so) when counted naively, and when counted by cleanroom.core.stats.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from benches.canary_worlds import (
    BAKE,
    FLAT,
    LIMIT,
    RULES,
    SHARES,
    Step,
    World,
    counts,
    judged,
    no_data_is_success,
    rollouts,
    steady,
)
from numpy.typing import NDArray
from scipy import special

from cleanroom.core.stats.canary import Block, decision, grown, nothing, walked
from cleanroom.core.stats.mismatch import log_mismatch
from cleanroom.core.stats.outcomes import first_bad, in_time, watermark

HOUR = 3_600_000_000


class Pair(NamedTuple):
    """How often the naive way is wrong, and ours."""

    naive: float
    ours: float


def share_off_plan(runs: int, seed: int) -> Pair:
    """1.1 times the planned share arrives, and the planned share is used."""
    found = []
    for planned in (True, False):
        steps = rollouts(FLAT, 0.005, 5000, 1.0, runs, np.random.default_rng(seed), minutes=15, realised=1.1)
        found.append(float(judged((_as_planned(s) if planned else s for s in steps), runs).rolled_back.mean()))
    return Pair(*found)


def _as_planned(step: Step) -> Step:
    b = step.block
    n = b.canary_n + b.control_n
    canary = np.maximum(n * step.share, b.canary_bad)
    made = counts(step.ended, canary, b.canary_bad, np.maximum(n - canary, b.control_bad), b.control_bad)
    return step._replace(block=made)


def blocks_too_short(runs: int, seed: int) -> Pair:
    """Five times the bad rate at 50 requests an hour, in blocks of one minute: how often it is *missed*."""
    missed = []
    for minutes in (1, None):
        steps = rollouts(FLAT, 0.005, 50, 5.0, runs, np.random.default_rng(seed), minutes=minutes)
        missed.append(1 - float(judged(steps, runs).rolled_back.mean()))
    return Pair(*missed)


def history_as_control(runs: int, seed: int) -> Pair:
    """Compared with last week's rate, while this week is 1.5 times as bad for all."""
    back = []
    for old in (True, False):
        rng = np.random.default_rng(seed)
        steps = rollouts(FLAT, 0.0075, 5000, 1.0, runs, rng, minutes=15)
        back.append(float(judged((_beside_history(s, rng) if old else s for s in steps), runs).rolled_back.mean()))
    return Pair(*back)


def _beside_history(step: Step, rng: np.random.Generator) -> Step:
    b = step.block
    then = counts(step.ended, b.canary_n, b.canary_bad, b.control_n, rng.binomial(b.control_n, 0.005))
    return step._replace(block=then)


def counts_added_over_steps(runs: int, seed: int) -> Pair:
    """Bad rates rise sixfold during the ramp, and the counts of all phases are added up first (Simpson's paradox)."""
    rising = World("rising", steady, lambda h: 1 + 5 * h / LIMIT)
    total, back = np.zeros((4, runs)), np.zeros(runs, bool)
    for step in rollouts(rising, 0.005, 5000, 1.0, runs, np.random.default_rng(seed), minutes=60):
        b = step.block
        total += np.asarray([b.canary_n, b.canary_bad, b.control_n, b.control_bad])
        whole = grown(nothing(RULES), counts(0, *total), RULES)
        back |= np.asarray(decision(whole, RULES).harmful)
    steps = rollouts(rising, 0.005, 5000, 1.0, runs, np.random.default_rng(seed), minutes=60)
    return Pair(float(back.mean()), float(judged(steps, runs).rolled_back.mean()))


def silence_as_success(runs: int, seed: int) -> Pair:
    """The canary fails ten times as often, but its signals get lost: how often it is *promoted*."""
    steps = [
        Step(
            h,
            s.share,
            s.opens,
            counts(h, 0 * s.block.canary_n, 0 * s.block.canary_n, s.block.control_n, s.block.control_bad),
        )
        for h, s in enumerate(rollouts(FLAT, 0.005, 5000, 10.0, runs, np.random.default_rng(seed), minutes=60), start=1)
    ]
    return Pair(float(no_data_is_success(iter(steps), runs).mean()), float(judged(iter(steps), runs).promoted.mean()))


class Log(NamedTuple):
    """Outcomes of one rollout, in any order."""

    user: NDArray[np.int64]
    at: NDArray[np.int64]
    bad: NDArray[np.bool_]
    canary: NDArray[np.bool_]


def a_few_who_always_fail(
    rng: np.random.Generator, steps: tuple[float, ...], hours: int, users: int = 2000, busy: float = 0.3
) -> Log:
    """A log of people who come with many requests each; a few have a broken device, whatever the variant.

    busy: requests of a user an hour, on average; the canary's share is steps[i] for `hours` hours each. A user's bucket is
    drawn once, so nobody who is in leaves.
    """
    bucket, is_broken = rng.random(users), rng.random(users) < 0.02
    span = hours * len(steps)
    requests = rng.poisson(busy * span * rng.gamma(0.5, 2.0, users))
    user = np.repeat(np.arange(users), requests)
    at = rng.integers(0, span * HOUR, len(user))
    bad = rng.random(len(user)) < np.where(is_broken[user], 0.7, 0.002)
    canary = bucket[user] < np.asarray(steps)[at // (hours * HOUR)]
    return Log(user, at, bad, canary)


def users_in_bunches(runs: int, seed: int) -> Pair:
    """One user's fifty bad requests are counted as fifty."""
    rng, naive, ours = np.random.default_rng(seed), 0, 0
    edges = [h * HOUR for h in range(0, 25, 2)]
    for _ in range(runs):
        log = a_few_who_always_fail(rng, (0.2,), 24)
        naive += walked(nothing(RULES), _by_request(log, edges), RULES)[1].harmful
        made = first_bad(log.user.astype(str).tolist(), log.at, log.bad, log.canary, edges)
        ours += walked(nothing(RULES), made.blocks, RULES)[1].harmful
    return Pair(naive / runs, ours / runs)


def _by_request(log: Log, edges: list[int]) -> list[Block]:
    place = np.searchsorted(edges, log.at, side="right") - 1
    columns = [
        np.bincount(place[mask], minlength=len(edges) - 1).tolist()
        for mask in (log.canary, log.canary & log.bad, ~log.canary, ~log.canary & log.bad)
    ]
    return [Block(*one) for one in zip(edges[:-1], *columns, strict=True)]


def users_start_afresh(runs: int, seed: int) -> Pair:
    """A user counts once in each *arm*: those who always fail do so once more when a step of the ramp takes them in."""
    rng, naive, ours = np.random.default_rng(seed), 0, 0
    edges = [h * HOUR for h in range(0, 73, 2)]
    for _ in range(runs):
        log = a_few_who_always_fail(rng, (0.05, 0.25, 0.5), 24, users=4000, busy=0.08)
        arms = [
            first_bad(log.user[m].astype(str).tolist(), log.at[m], log.bad[m], log.canary[m], edges).blocks
            for m in (log.canary, ~log.canary)
        ]
        apart = [
            Block(a.start, a.canary_n, a.canary_bad, b.control_n, b.control_bad) for a, b in zip(*arms, strict=True)
        ]
        naive += walked(nothing(RULES), apart, RULES)[1].harmful
        made = first_bad(log.user.astype(str).tolist(), log.at, log.bad, log.canary, edges)
        ours += walked(nothing(RULES), made.blocks, RULES)[1].harmful
    return Pair(naive / runs, ours / runs)


def labels_of_one_arm_faster(runs: int, seed: int) -> Pair:
    """Bad outcomes of the canary are labelled after half an hour, the control's after four, and all are counted on arrival."""
    rng, naive, ours = np.random.default_rng(seed), 0, 0
    rate, base, hours, share, patience = 2000, 0.01, 48, 0.2, 24.0
    for _ in range(runs):
        n = [rng.poisson(rate * s, hours) for s in (share, 1 - share)]
        at = [rng.uniform(0, hours, rng.poisson(rate * s * base * hours)) for s in (share, 1 - share)]
        arrived = [t + rng.exponential(delay, len(t)) for t, delay in zip(at, (0.5, 4.0), strict=True)]
        edges = np.arange(hours + 1)
        early = [np.minimum(np.histogram(t, edges)[0], m) for t, m in zip(arrived, n, strict=True)]
        naive += _found(n, early, hours)
        cut = int(watermark(list(zip(at, arrived, strict=True)), float(hours), patience))
        known = [t[in_time(t, seen, patience)] for t, seen in zip(at, arrived, strict=True)]
        ours += _found(n, [np.histogram(t, edges)[0] for t in known], cut)
    return Pair(naive / runs, ours / runs)


def _found(n: list[NDArray[np.int64]], bad: list[NDArray[np.int64]], hours: int) -> bool:
    blocks = [Block(h, int(n[0][h]), int(bad[0][h]), int(n[1][h]), int(bad[1][h])) for h in range(hours)]
    return walked(nothing(RULES), blocks, RULES)[1].harmful


def shares_tested_each_hour(runs: int, seed: int) -> Pair:
    """Users are assigned just as planned, and a chi-square test (p < 0.05) asks every hour."""
    naive, ours = _mismatch(runs, seed, realised=1.0)
    return Pair(float(naive.mean()), float(ours.mean()))


def share_off_unnoticed(runs: int, seed: int) -> float:
    """1.1 times the planned share of users arrives: how often the alert *misses* it within 60 hours."""
    return 1 - float(_mismatch(runs, seed, realised=1.1)[1].mean())


def _mismatch(runs: int, seed: int, realised: float) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    rng, alarms = np.random.default_rng(seed), np.zeros((2, runs), bool)
    past = np.zeros(runs)
    for share in SHARES:
        users = np.zeros((runs, 2))
        for _ in range(int(BAKE)):
            users[:, 0] += rng.poisson(1000 * share * realised, runs)
            users[:, 1] += rng.poisson(1000 * (1 - share * realised), runs)
            expected = users.sum(1, keepdims=True) * np.asarray([share, 1 - share])
            alarms[0] |= special.chdtrc(1, ((users - expected) ** 2 / expected).sum(1)) < 0.05
            evidence = past + log_mismatch(users, (share, 1 - share))
            alarms[1] |= evidence >= RULES.bar
        past = past + log_mismatch(users, (share, 1 - share))
    return alarms[0], alarms[1]


PITFALLS = (
    share_off_plan,
    blocks_too_short,
    history_as_control,
    counts_added_over_steps,
    silence_as_success,
    users_in_bunches,
    users_start_afresh,
    labels_of_one_arm_faster,
    shares_tested_each_hour,
)
