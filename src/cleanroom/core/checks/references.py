"""Do the values that point elsewhere have something to point at, and does each key belong to one owner?"""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import noun
from cleanroom.core.check import CheckResult, Family, OrphanRows, Outcome, TornRows
from cleanroom.core.checks.counts import by_day
from cleanroom.core.checks.words import count, most, named, percent, result, rows, with_rows
from cleanroom.core.measure import Measure, Orphans, Owners, Seen


@noun
class Referred:
    """Values of `column` exist in `key` of the file `to`, but for a share `max_share` of the rows. Nulls point nowhere."""

    column: str
    to: str
    key: str
    max_share: float
    event: str
    time: str
    kind: Literal["referred"] = "referred"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"references.exists({self.column},{self.to})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "references"

    def needs(self) -> tuple[Measure, ...]:
        """Rows without a partner, and all rows."""
        return Orphans(self.column, self.to, self.key), by_day(self.event, self.time, "candidate")

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL above the share, with the most frequent missing values."""
        orphans = seen[Orphans(self.column, self.to, self.key)]
        total = seen[by_day(self.event, self.time, "candidate")].total
        expected = f"every {named(self.column)} exists in {named(self.key)} of {named(self.to)}"
        expected += f", but for {percent(self.max_share)} of the rows" if self.max_share else ""
        if total == 0:
            because = "There are no rows to look at."
            return result(self, Outcome.UNKNOWN, seen="nothing", expected=expected, because=because, missing="rows")
        bad, missing = orphans.total, most(orphans.along(0).items()) if orphans.by else []
        if not bad:
            because = f"Every {named(self.column)} of {rows(total)} exists in {named(self.to)}."
        else:
            values = f"{rows(len(missing), 'value')} of {named(self.column)}"
            because = (
                f"{rows(bad)} of {count(total)} carry {values} not found in {named(self.to)}: {with_rows(missing)}."
            )
        return result(
            self,
            Outcome.FAIL if bad / total > self.max_share else Outcome.PASS,
            seen=f"{count(bad)} of {rows(total)} ({percent(bad / total)}) without a partner",
            expected=expected,
            because=because,
            figures=(("rows", float(total)), ("orphans", float(bad)), ("values", float(len(missing)))),
            witness=OrphanRows(self.column, self.to, self.key) if bad else None,
        )


@noun
class OneOwner:
    """Each value of `column` belongs to one value of `owner`, but for a share `max_share` of the values."""

    column: str
    owner: str
    max_share: float
    kind: Literal["one_owner"] = "one_owner"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"references.stitching({self.column},{self.owner})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "references"

    def needs(self) -> tuple[Measure, ...]:
        """The owners by value."""
        return (Owners(self.column, self.owner),)

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL above the share."""
        spans = seen[Owners(self.column, self.owner)]
        keys, torn = len(spans.key), spans.torn
        expected = f"each {named(self.column)} has one {named(self.owner)}"
        expected += f", but for {percent(self.max_share)}" if self.max_share else ""
        if keys == 0:
            because = f"No row has both {named(self.column)} and {named(self.owner)}."
            missing = f"rows with {named(self.column)} and {named(self.owner)}"
            return result(self, Outcome.UNKNOWN, seen="nothing", expected=expected, because=because, missing=missing)
        because = f"{count(torn)} of {count(keys)} values of {named(self.column)} belong to more than one {named(self.owner)}."
        return result(
            self,
            Outcome.FAIL if torn / keys > self.max_share else Outcome.PASS,
            seen=f"{count(torn)} of {count(keys)} ({percent(torn / keys)}) torn",
            expected=expected,
            because=because,
            figures=(("keys", float(keys)), ("torn", float(torn))),
            witness=TornRows(self.column, self.owner) if torn else None,
        )
