"""A run: one execution of a change beside production, and what came of it."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Digest, Instant, digest_of, noun
from cleanroom.core.check import CheckResult, Outcome


@noun
class Input:
    """A file that the run read: its part in the run, its path and its content's digest."""

    role: str
    path: str
    digest: Digest


@noun
class Run:
    """What was run: the digest covers all of it, so another look at the same change is another run."""

    change: Digest
    plan: Digest
    inputs: tuple[Input, ...]
    operator: str
    at: Instant
    engine: str

    @property
    def digest(self) -> Digest:
        """Names the folder of the run."""
        return digest_of(self)


@noun
class EventFlow:
    """What happens to one legacy name: rows, where they go, and how many people are touched.

    `target` is `none` where the rows are left out on purpose, and None where the change does not speak of the name.
    `legacy` is None for rows without an event name, or for an event that only a candidate dataset has.
    """

    legacy: str | None
    target: str | None
    rows: int
    users: int | None = None


@noun
class DiffCell:
    """Rows before and after, for one event on one day or in one segment."""

    event: str
    where: str
    before: int
    after: int


@noun
class Diff:
    """What a change would do to the data: counted by event, day and user segment, and sampled."""

    rows_before: int
    rows_after: int
    flows: tuple[EventFlow, ...]
    by_day: tuple[DiffCell, ...]
    by_segment: tuple[DiffCell, ...]
    sample: tuple[tuple[tuple[str, str | None], ...], ...]


@noun
class Evidence:
    """A result with the rows that show it (text by column) and the query that finds them again."""

    result: CheckResult
    examples: tuple[tuple[tuple[str, str | None], ...], ...] = ()
    query: str = ""


@noun
class Series:
    """Numbers for a plot: one line or bar group of the report. `before` and `after` are as long as `labels`.

    The unit `share` is written in percent; any other names what is counted (rows, people).
    """

    kind: Literal["counts", "drift", "funnel"]
    title: str
    unit: str
    labels: tuple[str, ...]
    before: tuple[float | None, ...]
    after: tuple[float | None, ...]


@noun
class Report:
    """All that `report.json` holds. `what` is `mapping` or `dataset`; `seconds` is the whole run's wall time."""

    name: str
    outcome: Outcome
    change: Digest
    run: Run
    what: str
    provenance: tuple[tuple[str, str], ...]
    authors: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    diff: Diff
    series: tuple[Series, ...]
    untouched: bool
    seconds: float
    tool: str
    version: Literal[1] = 1
