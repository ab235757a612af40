"""Do several runs of the model agree? Only what most of them say goes on.

Runs of one model are correlated, so that more of them help less than Condorcet's theorem promises; asking stops
when the first two agree.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cleanroom.core.base import noun
from cleanroom.core.change import NONE


@noun
class Decided:
    """A strict majority of the runs that answered gave `target`."""

    target: str
    reason: str
    votes: tuple[tuple[str, int], ...]


@noun
class Split:
    """No majority; `because` says who said what. The name goes to `none`."""

    because: str
    votes: tuple[tuple[str, int], ...]


def votes(targets: Sequence[str]) -> tuple[tuple[str, int], ...]:
    """How often each target was answered, the most frequent first, ties by name."""
    return tuple(sorted(Counter(targets).items(), key=lambda v: (-v[1], v[0])))


def enough(targets: Sequence[str], runs: int) -> bool:
    """May asking stop? After `runs` answers, when the first two agree, or when one target has a majority of `runs`."""
    if len(targets) >= runs or (len(targets) >= 2 and targets[0] == targets[1]):
        return True
    return any(2 * count > runs for _, count in votes(targets))


def decide(answers: Sequence[tuple[str, str]], runs: int) -> Decided | Split:
    """Decide over (target, reason) of the runs that answered, in their order; `runs`: how many were to be asked.

    Where more than one run was to be asked, a single answer is no majority: at least two must agree.
    """
    counted = votes([target for target, _ in answers])
    if counted and 2 * counted[0][1] > len(answers) and counted[0][1] >= min(runs, 2):
        target = counted[0][0]
        return Decided(target, next(why for t, why in answers if t == target), counted)
    if len(answers) <= 1:
        return Split(f"only {len(answers)} of {runs} runs answered", counted)
    said = ", ".join(f"{target} {count}x" if count > 1 else target for target, count in counted)
    return Split(f"the runs disagreed: {said}", counted)


def mapped(outcome: Decided | Split) -> tuple[str, str]:
    """The target and the reason that the mapping gets."""
    match outcome:
        case Decided(target, why, _):
            return target, why
        case Split(because, _):
            return NONE, because
