"""Did rows come twice, and does running the change twice give the same?"""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Digest, noun
from cleanroom.core.check import CheckResult, Family, Outcome, RepeatedRows
from cleanroom.core.checks.words import count, listed, named, percent, result, rows
from cleanroom.core.measure import Measure, Repeats, Seen
from cleanroom.core.stats.intervals import share_lower, share_upper

WITHOUT_BASELINE = 0.001
LEAST = 0.0001


@noun
class UniqueKey:
    """No two rows share the values of `columns`, but for a share `max_share` of the rows."""

    columns: tuple[str, ...]
    max_share: float = 0.0
    kind: Literal["unique_key"] = "unique_key"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"duplicates.key({','.join(self.columns)})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "duplicates"

    def needs(self) -> tuple[Measure, ...]:
        """Signatures of the key."""
        return (Repeats(self.columns),)

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL above the share: the plan's promise about these rows, not an estimate."""
        bag = seen[Repeats(self.columns)]
        n, twice = len(bag.items), bag.repeated
        key = listed([named(c) for c in self.columns])
        expected = f"{key} is unique" + (f", but for {percent(self.max_share)} of the rows" if self.max_share else "")
        if n == 0:
            because, missing = f"No row has {key}.", f"rows with {key}"
            return result(self, Outcome.UNKNOWN, seen="nothing", expected=expected, because=because, missing=missing)
        return result(
            self,
            Outcome.FAIL if twice / n > self.max_share else Outcome.PASS,
            seen=f"{count(twice)} of {rows(n)} ({percent(twice / n)}) repeat it",
            expected=expected,
            because=f"{count(twice)} of {rows(n)} repeat the {key} of another row.",
            figures=(("rows", float(n)), ("repeated", float(twice))),
            witness=RepeatedRows(self.columns) if twice else None,
        )


@noun
class Signature:
    """Rows do not repeat the `columns` (who, when, which event) of another row more often than in the baseline.

    Allowed is the upper bound of the baseline's share and `tolerance` more, at least 1 row in 10,000; without a
    baseline 1 in 1,000. Coarse clocks and double clicks make some repetitions true.
    """

    columns: tuple[str, ...]
    has_baseline: bool
    tolerance: float
    alpha: float
    kind: Literal["signature"] = "signature"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return "duplicates.signature"

    @property
    def family(self) -> Family:
        """Its family."""
        return "duplicates"

    def needs(self) -> tuple[Measure, ...]:
        """Signatures of the rows, on both sides where there is a baseline."""
        baseline = (Repeats(self.columns, "baseline"),) if self.has_baseline else ()
        return Repeats(self.columns), *baseline

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL when the share is credibly above what is allowed (Clopper-Pearson, alpha/2 on each side), WARN when it
        is above it but so few rows may be chance. Repeated rows are counted, not estimated: few rows can PASS."""
        bag = seen[Repeats(self.columns)]
        n, twice = len(bag.items), bag.repeated
        limit, against = WITHOUT_BASELINE, "no baseline was given"
        if self.has_baseline:
            other = seen[Repeats(self.columns, "baseline")]
            upper = float(share_upper(other.repeated, len(other.items), self.alpha / 2))
            limit = max(LEAST, upper * (1 + self.tolerance))
            against = f"the baseline has {percent(other.repeated / max(1, len(other.items)))}"
        what = listed([named(c) for c in self.columns])
        expected = f"at most {percent(limit)} of the rows repeat {what}"
        if n == 0:
            because, lack = f"No row has {what}.", f"rows with {what}"
            return result(self, Outcome.UNKNOWN, seen="nothing", expected=expected, because=because, missing=lack)
        share, low = twice / n, float(share_lower(twice, n, self.alpha / 2))
        outcome = Outcome.FAIL if low > limit else Outcome.WARN if share > limit else Outcome.PASS
        told = f", but that few may be chance ({percent(limit)} is allowed)" if outcome is Outcome.WARN else ""
        return result(
            self,
            outcome,
            seen=f"{count(twice)} of {rows(n)} ({percent(share)})",
            expected=expected,
            because=f"{count(twice)} of {rows(n)} repeat the {what} of another row; {against}{told}.",
            figures=(("rows", float(n)), ("repeated", float(twice)), ("limit", limit)),
            witness=None if outcome is Outcome.PASS else RepeatedRows(self.columns),
        )


@noun
class Idempotent:
    """Running the change twice gave the same bytes: `first` and `second` are the digests of the outputs."""

    first: Digest
    second: Digest
    kind: Literal["idempotent"] = "idempotent"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return "duplicates.idempotent"

    @property
    def family(self) -> Family:
        """Its family."""
        return "duplicates"

    def needs(self) -> tuple[Measure, ...]:
        """Nothing: the digests say it all."""
        return ()

    def judge(self, seen: Seen[object]) -> CheckResult:  # noqa: ARG002 - nothing is measured
        """FAIL when they differ."""
        same = self.first == self.second
        short = [d.removeprefix("sha256:")[:12] for d in (self.first, self.second)]
        told = f"gave the same bytes ({short[0]})" if same else f"gave different bytes ({short[0]} and {short[1]})"
        return result(
            self,
            Outcome.PASS if same else Outcome.FAIL,
            seen="the same bytes twice" if same else "different bytes",
            expected="the same bytes when the change runs twice",
            because=f"Running the change twice {told}.",
        )
