"""Does the reply speak of the names that were asked, once each, and only of events that the plan has?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from cleanroom.core.change import NONE
from cleanroom.core.guards.verdict import Answer, Guarded, Refusal, shown


def named(answers: Sequence[Answer], asked: Sequence[str], events: Collection[str]) -> Guarded:
    """Keep the answers about `asked` whose target is one of `events` or `none`.

    Refused: a legacy name that was not asked, one that was left out, one with two answers, and an invented target.
    """
    counts = Counter(a.legacy for a in answers)
    kept, refusals = [], []
    for answer in answers:
        if answer.legacy not in asked:
            refusals.append(_refuse("speaks of a name that was not asked", answer.legacy, asked=False))
        elif counts[answer.legacy] > 1:
            continue
        elif answer.target != NONE and answer.target not in events:
            refusals.append(_refuse(f"invented target {shown(answer.target)}", answer.legacy))
        else:
            kept.append(answer)
    for legacy in asked:
        if counts[legacy] == 0:
            refusals.append(_refuse("left out", legacy))
        elif counts[legacy] > 1:
            refusals.append(_refuse("answered twice", legacy))
    return Guarded(tuple(kept), tuple(refusals))


def _refuse(because: str, legacy: str, *, asked: bool = True) -> Refusal:
    return Refusal("names", because, legacy) if asked else Refusal("names", f"{because}: {shown(legacy)}")
