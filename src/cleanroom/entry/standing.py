"""A change's standing as plain data, the same for `--json` and for the API."""

from __future__ import annotations

from typing import Any

from cleanroom.app.review.standing import Standing, Unreadable
from cleanroom.core.base import plain
from cleanroom.core.review import Blocked, Cleared, State, TurnedDown, Unchecked, Waiting
from cleanroom.core.signing import stands_against, what_next

WORDS: tuple[tuple[type[State], str], ...] = (
    (Cleared, "approved"),
    (Waiting, "waiting"),
    (Blocked, "blocked"),
    (TurnedDown, "rejected"),
    (Unchecked, "unchecked"),
)


def word(state: State) -> str:
    """A state in one word."""
    return next(name for kind, name in WORDS if isinstance(state, kind))


def as_data(found: Standing | Unreadable) -> dict[str, Any]:
    """Name, state, why, what next; and for a readable change everything that decided it."""
    if isinstance(found, Unreadable):
        return {"name": found.name, "state": "unreadable", "because": found.because, "next": found.hint}
    review = found.review
    state = review.state
    return {
        "name": review.name,
        "state": word(state),
        "because": stands_against(review),
        "next": what_next(review),
        "change": review.change,
        "run": review.checked.run if review.checked else None,
        "outcome": review.checked.outcome if review.checked else None,
        "checked_at": review.checked.at if review.checked else None,
        "authors": list(review.authors),
        "touches": plain(review.touches),
        "needs": plain(review.needs),
        "missing": plain(state.missing) if isinstance(state, Waiting) else [],
        "approvals": [{**plain(v.approval), "index": v.index, "void": v.void} for v in review.votes],
        "waiver": plain(review.waiver),
        "team": review.team,
        "until": state.until if isinstance(state, Cleared) else None,
        "version": review.version,
    }
