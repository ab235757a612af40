"""How do checks speak? Numbers, names and lists in plain words, and the rule that turns bounds into an outcome."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence

from cleanroom.core.check import Check, CheckResult, Outcome, Witness

Figures = tuple[tuple[str, float], ...]

_LONGEST_NAME = 60
EDGE = "at the edge of what is allowed"


def count(n: float) -> str:
    """12,345."""
    return f"{n:,.0f}"


def rows(n: float, noun: str = "row") -> str:
    """1 row, 12,345 rows."""
    return f"{count(n)} {noun}{'' if round(n) == 1 else 's'}"


def percent(share: float) -> str:
    """A share as a percentage with two or three digits that tell; never rounded up to 100% or down to 0%."""
    p = 100 * share
    size = abs(p)
    if size == 0 or size >= 1000:
        return f"{p:,.0f}%"
    places = 1 if size >= 1 else min(8, 1 - math.floor(math.log10(size)))
    while 0 < 100 - size < 0.5 * 10**-places and places < 8:
        places += 1
    shown = f"{p:.{places}f}"
    exact = shown.rstrip("0").rstrip(".")
    return f"{exact if math.isclose(float(exact), p, rel_tol=1e-12) else shown}%"


def change(ratio: float) -> str:
    """A ratio as a change: 0.9 is -10.0%."""
    if not math.isfinite(ratio):
        return "without bound"
    return f"{ratio:,.1f}-fold" if ratio >= 10 else f"{100 * (ratio - 1):+.1f}%"


def number(x: float) -> str:
    """A number with four digits that tell."""
    return f"{x:,.0f}" if abs(x) >= 10_000 else f"{x:.4g}"


def named(value: str | None) -> str:
    """A value of the data as it may stand in a sentence: visible, on one line, not too long."""
    if value is None:
        return "(none)"
    short = value if len(value) <= _LONGEST_NAME else value[: _LONGEST_NAME - 1] + "…"
    plain = short.isprintable() and short == short.strip() and short
    return short if plain else json.dumps(short, ensure_ascii=not short.isprintable())


def listed(items: Sequence[str], limit: int = 3) -> str:
    """a, b and c; a, b, c and 4 more."""
    shown = list(items[:limit])
    if len(items) > limit:
        return f"{', '.join(shown)} and {len(items) - limit} more"
    return f"{', '.join(shown[:-1])} and {shown[-1]}" if len(shown) > 1 else "".join(shown)


def most(by: Iterable[tuple[str | None, int]]) -> list[tuple[str | None, int]]:
    """The values with their rows, most rows first."""
    return sorted(by, key=lambda pair: (-pair[1], pair[0] is None, pair[0] or ""))


def with_rows(pairs: Sequence[tuple[str | None, int]], limit: int = 3) -> str:
    """usd (1,204 rows), eur (3 rows) and 2 more."""
    return listed([f"{named(v)} ({rows(n)})" for v, n in pairs], limit)


def plot(labels: Iterable[str], before: Iterable[float], after: Iterable[float]) -> Figures:
    """Figures of two series over the same labels: `baseline/LABEL` and `candidate/LABEL`, in the order of the labels."""
    out: list[tuple[str, float]] = []
    for label, b, c in zip(labels, before, after, strict=True):
        out += [(f"baseline/{label}", float(b)), (f"candidate/{label}", float(c))]
    return tuple(out)


def result(
    check: Check,
    outcome: Outcome,
    *,
    seen: str,
    expected: str,
    because: str,
    missing: str = "",
    figures: Figures = (),
    witness: Witness | None = None,
    required: bool = True,
) -> CheckResult:
    """The check's result."""
    return CheckResult(check.name, check.family, outcome, seen, expected, because, missing, figures, witness, required)


def nothing_to_look_at(check: Check, what: str, expected: str, required: bool = False) -> CheckResult:
    """UNKNOWN; advisory where the promise speaks of some rows only: whether those should occur is for the counts to judge."""
    return result(
        check,
        Outcome.UNKNOWN,
        seen=f"no {what}",
        expected=expected,
        because=f"There is no {what} in the data, so nothing could be checked.",
        missing=f"at least one {what}",
        required=required,
    )


def weighed(lower: float, upper: float, limit: float) -> Outcome:
    """'The truth is at most `limit`', judged by bounds: FAIL above it, PASS below it, else UNKNOWN or WARN.

    Between the two, a band that is wider than the limit itself cannot tell (UNKNOWN); a narrower one lies at the edge (WARN).
    """
    if lower > limit:
        return Outcome.FAIL
    if upper <= limit:
        return Outcome.PASS
    return Outcome.UNKNOWN if upper - lower > limit else Outcome.WARN


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst of them; UNKNOWN when there are none."""
    return max(outcomes, key=lambda o: o.rank, default=Outcome.UNKNOWN)
