"""What a check says: Outcome, CheckResult with its evidence, and the Verdict that the worst of them makes."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Literal, Protocol

from cleanroom.core.base import noun
from cleanroom.core.measure import Measure, Seen, Unseen
from cleanroom.core.rules import Rule, Scope

Family = Literal["schema", "fields", "counts", "drift", "references", "funnels", "duplicates", "golden", "mapping"]
FAMILIES: tuple[Family, ...] = (
    "mapping",
    "schema",
    "fields",
    "counts",
    "drift",
    "references",
    "funnels",
    "duplicates",
    "golden",
)


class Outcome(StrEnum):
    """PASS < WARN < UNKNOWN < FAIL: the worst wins, and no evidence is UNKNOWN."""

    PASS = "PASS"  # noqa: S105 - an outcome, not a password
    WARN = "WARN"
    UNKNOWN = "UNKNOWN"
    FAIL = "FAIL"

    @property
    def rank(self) -> int:
        """0 for PASS to 3 for FAIL."""
        return list(Outcome).index(self)


# --- witnesses: which rows show it -------------------------------------------------------------------------


@noun
class BreakingRows:
    """Rows that break a rule."""

    rule: Rule
    scope: Scope | None = None
    kind: Literal["breaking_rows"] = "breaking_rows"


@noun
class ValueRows:
    """Rows whose `column` is one of `values` (None stands for null)."""

    column: str
    values: tuple[str | None, ...]
    kind: Literal["value_rows"] = "value_rows"


@noun
class RepeatedRows:
    """Rows that share the values of `columns` with another row."""

    columns: tuple[str, ...]
    kind: Literal["repeated_rows"] = "repeated_rows"


@noun
class OrphanRows:
    """Rows whose `column` has no partner in `key` of the file `to`."""

    column: str
    to: str
    key: str
    kind: Literal["orphan_rows"] = "orphan_rows"


@noun
class TornRows:
    """Rows of a `column` value that occurs with several values of `owner`."""

    column: str
    owner: str
    kind: Literal["torn_rows"] = "torn_rows"


@noun
class SkippedRows:
    """Rows of event `step` by somebody (`who`) without event `before` earlier."""

    who: str
    event: str
    time: str
    before: str
    step: str
    kind: Literal["skipped_rows"] = "skipped_rows"


@noun
class PayloadRows:
    """Rows of `event` whose payload has the finding `finding` against the schema (as JSON text)."""

    payload: str
    event_column: str
    event: str
    schema: str
    finding: str
    kind: Literal["payload_rows"] = "payload_rows"


@noun
class CellRows:
    """Rows of one event on one UTC day; None stands for every day."""

    event_column: str
    event: str
    time: str
    day: str | None
    kind: Literal["cell_rows"] = "cell_rows"


@noun
class SourceRows:
    """Rows of the source, before the change, whose event has one of these legacy names."""

    names: tuple[str, ...]
    kind: Literal["source_rows"] = "source_rows"


Witness = (
    BreakingRows | ValueRows | RepeatedRows | OrphanRows | TornRows | SkippedRows | PayloadRows | CellRows | SourceRows
)


@noun
class CheckResult:
    """What one check found.

    `seen`, `expected` and `because` are for a person: what was seen, what was promised, and why in one sentence.
    `missing` says how much evidence an UNKNOWN lacks. `figures` are the numbers behind it, for plots and later
    readers. `witness` tells the engine which rows show it.
    """

    check: str
    family: Family
    outcome: Outcome
    seen: str
    expected: str
    because: str
    missing: str = ""
    figures: tuple[tuple[str, float], ...] = ()
    witness: Witness | None = None
    required: bool = True

    @property
    def counts_as(self) -> Outcome:
        """What it adds to the verdict: an advisory UNKNOWN or FAIL counts as WARN."""
        if not self.required and self.outcome.rank > Outcome.WARN.rank:
            return Outcome.WARN
        return self.outcome


class Check(Protocol):
    """A check is a value: it says what it needs, and judges what was seen. It never reads data itself."""

    @property
    def name(self) -> str:
        """Unique within a battery, for example `fields.values(currency)`."""
        ...

    @property
    def family(self) -> Family:
        """The family of the battery it belongs to."""
        ...

    def needs(self) -> tuple[Measure, ...]:
        """The measures it wants computed."""
        ...

    def judge(self, seen: Seen[object]) -> CheckResult:
        """The result. May raise Unseen, which becomes UNKNOWN with the reason."""
        ...


@noun
class Verdict:
    """The worst of the results, and all of them, worst first."""

    outcome: Outcome
    results: tuple[CheckResult, ...]


def judged(check: Check, seen: Seen[object]) -> CheckResult:
    """The check's result; one that could not run is UNKNOWN and says why."""
    try:
        return check.judge(seen)
    except Unseen as why:
        return CheckResult(
            check.name,
            check.family,
            Outcome.UNKNOWN,
            seen="nothing",
            expected="a measurement",
            because=f"The check could not run: {why}",
            missing=str(why),
        )


def verdict(results: Iterable[CheckResult]) -> Verdict:
    """The worst wins. No result at all is UNKNOWN, never PASS."""
    ordered = sorted(results, key=lambda r: (-r.counts_as.rank, -r.outcome.rank, FAMILIES.index(r.family), r.check))
    outcome = ordered[0].counts_as if ordered else Outcome.UNKNOWN
    return Verdict(outcome, tuple(ordered))
