"""Which outcomes may be counted, and as what? From single outcomes to blocks: a common watermark, one bad outcome a user.

Two ways in which counts of requests mislead. Labels of one arm come in faster, so that its bad outcomes are seen sooner:
both arms are cut at one watermark. And one unlucky user has fifty bad requests: only a user's first bad outcome counts,
after which the user is no longer at risk. What remains is the risk set of the logrank test, and its e-process is the safe
logrank test (ter Schure, Pérez-Ortiz, Ly & Grünwald 2021, arXiv 2011.06931).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cleanroom.core.base import noun
from cleanroom.core.stats.canary import Block

Flags = NDArray[np.bool_]


@noun
class Counted:
    """Blocks of users at risk. `gone`: users who have had their bad outcome, not at risk any more; feed it to the next call.

    `mixed`: users left out of a block because they were seen in both arms within it; many of them mean that the
    assignment is broken.
    """

    blocks: tuple[Block, ...]
    gone: frozenset[str]
    mixed: int


def first_bad(
    user: Sequence[str],
    at: ArrayLike,
    bad: ArrayLike,
    canary: ArrayLike,
    edges: Sequence[int],
    gone: frozenset[str] = frozenset(),
) -> Counted:
    """Count users, not requests: one block an interval of `edges`, with users at risk and those of them who turned bad.

    user, at, bad, canary: one an outcome: targeting key (or its hash), microseconds since 1970 UTC, and two truth values.
    edges: ascending starts of the blocks, and the end of the last one; it must not lie behind the watermark. Outcomes
    outside of them are not counted. A user is at risk in a block when active in it and not bad before it, in *either*
    arm: a user who moved into the canary with a step of the ramp does not start afresh, or those who always fail would
    fail a second time in the canary only.

    The result does not depend on the order of the outcomes, and an outcome that is delivered twice counts once.
    """
    bounds = np.asarray(edges, np.int64)
    if len(bounds) < 2 or np.any(np.diff(bounds) <= 0):
        raise ValueError("edges must ascend: the start of each block, and the end of the last")
    index = {name: i for i, name in enumerate(dict.fromkeys(user))}
    who = np.fromiter((index[name] for name in user), np.intp, len(user))
    times = np.asarray(at, np.int64)
    block = np.searchsorted(bounds, times, side="right") - 1
    inside = (block >= 0) & (block < len(bounds) - 1)
    who, times, block = who[inside], times[inside], block[inside]
    is_bad, in_canary = np.asarray(bad, bool)[inside], np.asarray(canary, bool)[inside]
    turned = np.full(len(index), np.iinfo(np.int64).max)
    np.minimum.at(turned, who[is_bad], times[is_bad])
    before = np.fromiter((name in gone for name in index), bool, len(index))
    at_risk = ~before[who] & (turned[who] >= bounds[block])
    blocks, mixed = _tally(who[at_risk], block[at_risk], in_canary[at_risk], turned, bounds)
    names, now_bad = list(index), np.unique(who[is_bad]).tolist()
    return Counted(blocks, gone | {names[i] for i in now_bad}, mixed)


def _tally(
    who: NDArray[np.intp],
    block: NDArray[np.intp],
    canary: Flags,
    turned: NDArray[np.int64],
    bounds: NDArray[np.int64],
) -> tuple[tuple[Block, ...], int]:
    """Blocks from the outcomes of users at risk, and how many users were in both arms of one."""
    size = len(bounds) - 1
    pairs, place = np.unique(block * max(len(turned), 1) + who, return_inverse=True)
    outcomes = np.bincount(place, minlength=len(pairs))
    in_canary = np.bincount(place, canary, minlength=len(pairs))
    clear = (in_canary == 0) | (in_canary == outcomes)
    which, person = np.divmod(pairs[clear], max(len(turned), 1))
    arm, is_bad = in_canary[clear] > 0, turned[person] < bounds[which + 1]
    counts = [np.bincount(which[mask], minlength=size).tolist() for mask in (arm, arm & is_bad, ~arm, ~arm & is_bad)]
    made = zip(bounds[:-1].tolist(), *counts, strict=True)
    return tuple(Block(*one) for one in made), int((~clear).sum())


def watermark(arms: Sequence[tuple[ArrayLike, ArrayLike]], now: float, patience: float) -> float:
    """Up to which time the labels of *all* arms are in: only blocks that end there or before may be counted.

    arms: for each, when outcomes happened and when their labels arrived (inf or nan: not yet), in one unit with `now` and
    `patience`. An outcome is waited for until its label is there or `patience` has passed; the watermark is the earliest
    one that is still waited for, over all arms, or `now`. It never falls as time goes on, unless an outcome is reported
    later than others that happened after it; such late ones are not counted.
    """
    cut = now
    for at, arrived in arms:
        happened, seen = np.asarray(at, float), np.asarray(arrived, float)
        waiting = ~(seen <= now) & (happened + patience > now)
        cut = min(cut, float(happened[waiting].min(initial=math.inf)))
    return cut


def in_time(at: ArrayLike, arrived: ArrayLike, patience: float) -> Flags:
    """Which labels came within `patience`: those that came later are left out in both arms, whenever one looks.

    Where labels are complaints, an outcome without one in time is a good one. Where good outcomes are labelled too, an
    outcome without a label is no outcome; count it as a bad one of a metric of its own ('not labelled'), so that a canary
    that loses its labels is found by the same e-process.
    """
    return np.asarray(np.asarray(arrived, float) <= np.asarray(at, float) + patience)
