"""What is said of checks that could not even be asked, such as comparisons without a baseline."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import noun
from cleanroom.core.check import CheckResult, Family, Outcome
from cleanroom.core.checks.words import listed, result, rows
from cleanroom.core.measure import Measure, Seen


@noun
class Unasked:
    """Stands for `checks` of one family that all lack the same thing: `because` says what, `missing` how to give it."""

    of: Family
    what: str
    checks: tuple[str, ...]
    because: str
    missing: str
    kind: Literal["unasked"] = "unasked"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"{self.of}.{self.what}"

    @property
    def family(self) -> Family:
        """The family it stands for."""
        return self.of

    def needs(self) -> tuple[Measure, ...]:
        """Nothing."""
        return ()

    def judge(self, seen: Seen[object]) -> CheckResult:  # noqa: ARG002 - nothing is measured
        """UNKNOWN, always."""
        return result(
            self,
            Outcome.UNKNOWN,
            seen="nothing",
            expected=f"{rows(len(self.checks), 'check')} of {self.of}",
            because=f"{self.because}, so {rows(len(self.checks), 'check')} could not run: {listed(self.checks)}.",
            missing=self.missing,
        )
