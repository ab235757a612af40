"""What does a person hear when production is not as promised? A Signal of a sensor, an SLO or another tool becomes an Alert."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from cleanroom.core.base import Instant, digest_of, instant, micros, noun

Level = Literal["warning", "critical", "business"]
"""Investigate; roll back or switch to the safe fallback; stakeholders should know."""

LONGEST_NAME, LONGEST_TEXT, MOST_EVIDENCE = 200, 500, 20
"""Characters of a name and of a sentence, and lines of evidence, of which a signal keeps at most so many."""


@noun
class Signal:
    """Something is wrong now, as somebody who watches says it. Saying it again while it lasts is the same as once.

    name       of what watches: `slo/NAME`, `sensor/NAME`, `rollout/NAME`, `prometheus/NAME`; with `system` and `about` it
               is what tells one alert from another
    about      which part: a metric, a column, a feature, a model; '' for all
    what       one sentence that says what happened, with its figures
    since      when it began, as far as that is known; `seen`: when it was found
    evidence   lines of name and value that a person can check
    runbook    a category of runbook, '' where none is known
    over       true: it has ended, and nothing else in it matters but what tells it from others
    """

    name: str
    system: str
    level: Level
    about: str
    what: str
    since: Instant
    seen: Instant
    evidence: tuple[str, ...] = ()
    runbook: str = ""
    over: bool = False


def identity(name: str, system: str, about: str) -> str:
    """What tells one tidy signal from another, 32 hex digits. Two of one identity are the same thing said twice."""
    return hashlib.sha256("\x00".join((name, system, about)).encode()).hexdigest()[:32]


def tidy(signal: Signal, now: Instant) -> Signal:
    """The signal as it can be kept, whoever sent it: said badly is better than not said.

    Signs that cannot be printed become spaces. What is cut off a name still counts: the cut name ends in a hash of the whole
    one. A beginning that lies in the future, or is no moment, is `seen`; and that is `now` where it is none. A moment
    before 1970, such as the year 1 of programs that know none, is none.
    """
    seen = min(_moment(signal.seen, now), now)
    return replace(
        signal,
        name=_name(signal.name),
        system=_name(signal.system),
        about=_name(signal.about),
        what=printable(signal.what)[:LONGEST_TEXT] or "(nothing was said)",
        since=min(_moment(signal.since, seen), seen),
        seen=seen,
        evidence=_lines(signal.evidence),
        runbook=printable(signal.runbook)[:LONGEST_NAME],
    )


def printable(text: str) -> str:
    """On one line, without signs that no terminal, page or database should be given."""
    return (text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)).strip()


def _name(text: str) -> str:
    clean = printable(text)
    if clean == text.strip() and len(clean) <= LONGEST_NAME:
        return clean
    mark = digest_of([text.encode("utf-8", "surrogatepass").hex()]).removeprefix("sha256:")[:12]
    return f"{clean[: LONGEST_NAME - 13]}~{mark}"


def _lines(lines: Sequence[str]) -> tuple[str, ...]:
    kept = tuple(printable(line)[:LONGEST_TEXT] for line in lines[:MOST_EVIDENCE])
    more = len(lines) - MOST_EVIDENCE
    return (*kept, f"and {more:,} more lines") if more > 0 else kept


def _moment(text: Instant, otherwise: Instant) -> Instant:
    try:
        at = micros(text)
        return instant(at) if at >= 0 else otherwise
    except (ValueError, OverflowError, OSError):
        return otherwise
