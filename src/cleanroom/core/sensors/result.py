"""What does a look of a sensor say? Quiet, too few to tell, over its bound, or failed: four states that are never confused."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Instant, noun


@noun
class Quiet:
    """Within its bound. `covers`: what of it could be judged at all; `seen`: the figure nearest to the bound."""

    covers: str
    seen: str = ""
    bound: str = ""
    evidence: tuple[str, ...] = ()
    kind: Literal["quiet"] = "quiet"


@noun
class TooFew:
    """Nothing could be judged: no alarm, and no all-clear either. `covers`: what it would cover; `missing`: what it lacks."""

    covers: str
    missing: str
    evidence: tuple[str, ...] = ()
    kind: Literal["too_few"] = "too_few"


@noun
class Over:
    """Over its bound. `what`: one sentence with figures; `since`: when it began, as far as known; `evidence`: lines to check.

    `about`: the parts that are over: a part that joins them later is news.
    """

    what: str
    bound: str
    seen: str
    since: Instant
    covers: str
    evidence: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    kind: Literal["over"] = "over"


@noun
class Failed:
    """It could not look at all, which is no quiet: `why` says what happened and what to do."""

    why: str
    kind: Literal["failed"] = "failed"


Result = Quiet | TooFew | Over | Failed

MOST = 12
"""Lines of evidence, at most."""


def covered(judged: int, of: int, what: str, why: str = "") -> str:
    """'7 of 9 columns judged; not judged: ...'."""
    if judged == of:
        return f"all {of} {what} judged" if of != 1 else f"the one {what.removesuffix('s')} judged"
    return f"{judged} of {of} {what} judged" + (f"; not judged: {why}" if why else "")


def few(names: list[str], most: int = 4) -> str:
    """Some names for a person: the first ones, and how many more."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
