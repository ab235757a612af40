"""Does every `none` say why? A name without a counterpart needs a reason; a row is never dropped in silence."""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.core.change import NONE
from cleanroom.core.guards.verdict import Answer, Guarded, Refusal


def reasoned(answers: Sequence[Answer]) -> Guarded:
    """Keep the answers that name an event, and those that say `none` with a reason of at least one word."""
    silent = tuple(a for a in answers if a.target == NONE and not any(c.isalnum() for c in a.reason))
    refusals = tuple(Refusal("reason", "mapped to none without a reason", a.legacy) for a in silent)
    return Guarded(tuple(a for a in answers if a not in silent), refusals)
