"""Who asked not to be told of what, and until when? Folded from what the ledger has under `silences`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from cleanroom.core.alert import Signal
from cleanroom.core.base import Instant, noun
from cleanroom.core.facts import By, Silenced, SilenceLifted
from cleanroom.core.facts.alerts import Matching
from cleanroom.core.ledger import LedgerEntry

SUBJECT = "silences"

LONGEST = 90 * 86_400
"""Seconds that a silence may last: what should be quiet for good is no alert, and its source is to be changed."""


@noun
class Silence:
    """Nobody is told of what matches. `lifted`: by whom and when it ended before `until`; None where it did not."""

    id: str
    matching: Matching
    until: Instant
    because: str
    by: By
    at: Instant
    lifted: SilenceLifted | None = None


def silences_of(entries: Iterable[LedgerEntry]) -> tuple[Silence, ...]:
    """All silences, oldest first."""
    found: dict[str, Silence] = {}
    for entry in entries:
        match entry.fact:
            case Silenced() as made if made.silence not in found:
                found[made.silence] = Silence(made.silence, made.matching, made.until, made.because, made.by, made.at)
            case SilenceLifted(silence=id) as lifted if id in found and found[id].lifted is None:
                silence = found[id]
                found[id] = Silence(
                    id, silence.matching, silence.until, silence.because, silence.by, silence.at, lifted
                )
            case _:
                continue
    return tuple(found.values())


def lasts(silence: Silence, now: Instant) -> bool:
    """Does it still hold?"""
    return silence.lifted is None and silence.at <= now < silence.until


def matches(matching: Matching, signal: Signal) -> bool:
    """Is the signal one of those? Case counts; `*`, `?` and `[...]` are as in a shell."""
    pairs = ((signal.name, matching.name), (signal.system, matching.system), (signal.about, matching.about))
    return all(pattern == "*" or fnmatchcase(text, pattern) for text, pattern in pairs)


def silenced(signals: Sequence[Signal], silences: Sequence[Silence], now: Instant) -> Silence | None:
    """The silence that ends last of those that keep all of the signals quiet; None where one of them is to be heard."""
    holding = [s for s in silences if lasts(s, now)]
    last: Silence | None = None
    for signal in signals:
        over_it = [s for s in holding if matches(s.matching, signal)]
        if not over_it:
            return None
        longest = max(over_it, key=lambda s: s.until)
        last = longest if last is None or longest.until < last.until else last
    return last
