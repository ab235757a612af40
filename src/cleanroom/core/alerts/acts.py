"""What may be done by itself when an alert is critical, and to what?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, get_args

from cleanroom.core.base import noun

Act = Literal["kill-flag", "abort-rollout", "open-incident"]
"""Kill the flag of the system's safe fallback; roll back the rollouts of the system; open an incident, with what was done."""

ACTS: tuple[Act, ...] = get_args(Act)


@noun
class Acts:
    """What [policy] act_on_critical says for a system; `system` '' stands for every one that has no word of its own."""

    system: str
    acts: tuple[Act, ...]


def acts_for(said: Iterable[Acts], system: str) -> Sequence[Act]:
    """What is to be done for a critical alert of that system; nothing, unless the policy says so."""
    by_name = {s.system: s.acts for s in said}
    return by_name.get(system, by_name.get("", ()))
