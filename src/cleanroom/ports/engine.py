"""What is in the data? The engine computes measures over files, applies changes beside them, and shows rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cleanroom.core import change
from cleanroom.core.check import Witness
from cleanroom.core.contract import Roles
from cleanroom.core.golden import GoldenCase
from cleanroom.core.measure import Measure, Seen
from cleanroom.core.run import Diff

if TYPE_CHECKING:  # most commands ask no sensor, and a kill should not wait for what they need
    import numpy as np
    from numpy.typing import NDArray

    from cleanroom.core.sensors.daily import Asked, Tally

Shown = tuple[tuple[tuple[str, str | None], ...], ...]
"""Rows as text: ((column, value), ...) each."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file of rows: Parquet, CSV (optionally .gz), JSONL, or `file.duckdb::table`."""

    path: Path
    table: str | None = None

    @classmethod
    def named(cls, text: str, folder: Path = Path()) -> Table:
        """`FILE` or `FILE.duckdb::TABLE`, relative to `folder` unless absolute."""
        path, mark, table = text.partition("::")
        return cls(folder / path, table if mark else None)


@dataclass(frozen=True, slots=True)
class Profile:
    """What one column looks like, for drafting a plan and for prompts."""

    name: str
    type: str
    rows: int
    nulls: int
    distinct: int
    low: str | None
    high: str | None
    top: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A row with a moment. `at`: microseconds since 1970 UTC; `texts`: of the columns that were asked for as text;
    `values`: of the columns of truth values and numbers, as they are, without those that are empty.
    """

    at: int
    texts: tuple[str | None, ...]
    values: Mapping[str, bool | float]


@dataclass(frozen=True, slots=True)
class Span:
    """Rows of a span of time, in its order. `more`: the span holds later ones; `timeless`: rows of the file without a moment.

    `left_out`: columns that hold neither text that was asked for nor truth values nor numbers.
    """

    rows: tuple[Row, ...]
    more: bool
    timeless: int
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Newest:
    """`moment`: microseconds since 1970 UTC, None where there is none; `later`: rows that claim to be of a later time."""

    moment: int | None
    later: int


class Workspace(Protocol):
    """An open, locked-down engine on one run's files. Nothing outside `folder` can be written."""

    def apply(self, mapping: change.Mapping, metadata: dict[str, str]) -> Path:
        """Write the source under the mapping to `folder`/output.parquet; the path of what was written.

        The output has the columns of the source, the event column renamed to its target, and `legacy_event`.
        Rows whose name is mapped to none, or is not mapped at all, are left out. Same input, same bytes.
        """
        ...

    def copy(self, metadata: dict[str, str]) -> Path:
        """Write the candidate dataset as it is to `folder`/output.parquet."""
        ...

    def replay(self, cases: Sequence[GoldenCase], mapping: change.Mapping) -> None:
        """Make side 'golden' out of the cases' inputs under the mapping, keyed by column `_case`."""
        ...

    def measure(self, measures: Sequence[Measure]) -> Seen[object]:
        """All of them, in the fewest passes. What cannot be computed is Unseen with the reason."""
        ...

    def diff(self, mapping: change.Mapping | None, sample: int = 20) -> Diff:
        """Source (or baseline) against the output."""
        ...

    def witness(self, witnesses: Sequence[Witness], limit: int = 10) -> tuple[Shown, ...]:
        """Up to `limit` rows for each, in the order of the file. Call it after `measure`."""
        ...

    def query(self, witness: Witness, names: dict[str, str]) -> str:
        """The SQL that finds those rows again, for a person in the DuckDB shell; `names` calls the sides' files."""
        ...


class Engine(Protocol):
    """Opens workspaces and looks at files."""

    @property
    def name(self) -> str:
        """Name and version, for provenance."""
        ...

    def open(
        self,
        folder: Path,
        roles: Roles,
        *,
        source: Table | None = None,
        candidate: Table | None = None,
        baseline: Table | None = None,
        references: Sequence[tuple[str, Path]] = (),
    ) -> AbstractContextManager[Workspace]:
        """A workspace. `source` is what a mapping is applied to; `candidate` a dataset to be judged as it is;
        `references` are files by the name that the plan gives them.

        Raises Misuse, with one line, for a file that is missing, empty, a directory, corrupt or not UTF-8.
        """
        ...

    def profile(self, table: Table, top: int = 50) -> tuple[Profile, ...]:
        """Every column of the file, with its most frequent values."""
        ...

    def samples(
        self, table: Table, column: str, values: Sequence[str], limit: int
    ) -> tuple[tuple[dict[str, str | None], ...], ...]:
        """For each value, the first `limit` rows in which `column` has it, in the order of the file."""
        ...

    def span(self, table: Table, texts: Sequence[str], by: str, after: int, until: int, limit: int) -> Span:
        """Rows whose moment `by` lies in after < moment <= until (microseconds since 1970 UTC), the earliest `limit`
        of them and all that share the moment of the last.

        A time without a zone is of UTC. Raises Misuse where a column is missing, `by` holds no times, or one moment has
        more than 200,000 rows.
        """
        ...

    def layout(self, table: Table) -> tuple[tuple[str, str], ...]:
        """The columns and their types, in the order of the file."""
        ...

    def newest(self, table: Table, by: str, until: int) -> Newest:
        """The last moment in column `by` that is not later than `until`, and how many are. Raises Misuse."""
        ...

    def days(self, table: Table, asked: Asked) -> Mapping[str, Tally]:
        """What each UTC day (YYYY-MM-DD) holds, in few passes over the file; rows without a moment of the years 1 to 9999
        are under ''.

        Columns that are not there are left out. Raises Misuse where that of time is missing or holds no times.
        """
        ...

    def quantiles(self, table: Table, columns: Sequence[str], time: str, until: str) -> Mapping[str, Sequence[float]]:
        """The 1/64 .. 63/64 quantiles of numeric columns over the days before `until`, on about 200,000 rows of the file.

        () where a column has no values there.
        """
        ...

    def vectors(
        self, table: Table, column: str, time: str, days: Sequence[str], most: int
    ) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Up to `most` arrays of numbers of each day, spread over its rows, shape (n, size), one day at a time.

        Raises Misuse where the column holds no arrays, or arrays of several sizes.
        """
        ...

    def embedded(
        self, table: Table, id: str, column: str, batch: int
    ) -> Iterator[tuple[tuple[str, ...], NDArray[np.float32]]]:
        """All rows as (names, arrays of shape (n, size)), `batch` at a time. Raises Misuse as `vectors`."""
        ...

    def pairs(self, table: Table, key: str, value: str) -> Mapping[str, str]:
        """Two columns as text, rows without either left out; of one key the last row counts."""
        ...
