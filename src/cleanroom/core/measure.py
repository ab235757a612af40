"""The measures algebra: what can be asked of data.

A measure is a value that says what to compute; a state (core/states.py) is what was computed. Engines compute
states, as many measures in one pass as they can; only core reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Generic, Literal, Protocol, TypeVar, cast

from cleanroom.core.base import noun
from cleanroom.core.rules import Rule, Scope
from cleanroom.core.states import AnyState, Bag, Counts, Extent, Histogram, Layout, Records, Spans, Trail

Side = Literal["source", "candidate", "baseline", "golden"]


S_co = TypeVar("S_co", covariant=True)


class Asks(Protocol[S_co]):
    """A measure whose answer is a state of type S."""

    def zero(self) -> S_co:
        """The state of no rows."""
        ...


@noun
class Column:
    """Group by the column's value as text."""

    name: str
    kind: Literal["column"] = "column"


@noun
class Day:
    """Group by the UTC day of a timestamp column, written YYYY-MM-DD."""

    name: str
    kind: Literal["day"] = "day"


Key = Column | Day


@noun
class Rows:
    """How many rows, by group."""

    by: tuple[Key, ...] = ()
    side: Side = "candidate"
    kind: Literal["rows"] = "rows"

    def zero(self) -> Counts:
        """No rows."""
        return Counts()


@noun
class Breaking:
    """How many rows break `rule`, by group; only rows in `scope` count."""

    rule: Rule
    by: tuple[Key, ...] = ()
    scope: Scope | None = None
    side: Side = "candidate"
    kind: Literal["breaking"] = "breaking"

    def zero(self) -> Counts:
        """No rows."""
        return Counts()


@noun
class Spread:
    """The distribution of a number, in bins of one part in 1,024, by group. Nulls and NaN are left out."""

    column: str
    by: tuple[Key, ...] = ()
    scope: Scope | None = None
    side: Side = "candidate"
    kind: Literal["spread"] = "spread"

    def zero(self) -> Histogram:
        """No rows."""
        return Histogram()


@noun
class Repeats:
    """The signatures of some columns of each row; repeated ones are duplicates."""

    columns: tuple[str, ...]
    side: Side = "candidate"
    kind: Literal["repeats"] = "repeats"

    def zero(self) -> Bag:
        """No rows."""
        return Bag()


@noun
class Orphans:
    """Rows whose non-null `column` is not in column `key` of the file `to`: counts by the missing value."""

    column: str
    to: str
    key: str
    side: Side = "candidate"
    kind: Literal["orphans"] = "orphans"

    def zero(self) -> Counts:
        """No rows."""
        return Counts()


@noun
class Owners:
    """For each value of `column`, the owners it was seen with in `owner`."""

    column: str
    owner: str
    side: Side = "candidate"
    kind: Literal["owners"] = "owners"

    def zero(self) -> Spans:
        """No rows."""
        return Spans.zero()


@noun
class Steps:
    """Who did which step of a funnel when. `steps` are values of `event`; at most 250 of them."""

    who: str
    event: str
    time: str
    steps: tuple[str, ...]
    side: Side = "candidate"
    kind: Literal["steps"] = "steps"

    def zero(self) -> Trail:
        """No rows."""
        return Trail.zero()


@noun
class Conforms:
    """Payloads against the JSON Schemas of their events: counts by (event, finding).

    `schemas` pairs an event with its schema as JSON text. A finding is 'ok', 'empty' (null or blank), 'malformed'
    (not JSON) or '<keyword> at <pointer>' for the first violation.
    """

    payload: str
    event: str
    schemas: tuple[tuple[str, str], ...]
    side: Side = "candidate"
    kind: Literal["conforms"] = "conforms"

    def zero(self) -> Counts:
        """No rows."""
        return Counts()


@noun
class Times:
    """The first and last moment of a timestamp column."""

    column: str
    side: Side = "candidate"
    kind: Literal["times"] = "times"

    def zero(self) -> Extent:
        """No rows."""
        return Extent()


@noun
class Columns:
    """Which columns there are, and of which type."""

    side: Side = "candidate"
    kind: Literal["columns"] = "columns"

    def zero(self) -> Layout:
        """No columns."""
        return Layout()


@noun
class Lookup:
    """The rows whose `key` column (as text) is one of `keys`, with `columns` as text."""

    key: str
    keys: tuple[str, ...]
    columns: tuple[str, ...]
    side: Side = "candidate"
    kind: Literal["lookup"] = "lookup"

    def zero(self) -> Records:
        """No rows."""
        return Records()


Measure = Rows | Breaking | Spread | Repeats | Orphans | Owners | Steps | Conforms | Times | Columns | Lookup


class Unseen(Exception):
    """A measure could not be computed; says why in one sentence. The check that needed it is UNKNOWN."""


S = TypeVar("S")


class Seen(Generic[S_co]):
    """What was measured: `seen[measure]` is its state, typed by the measure. Raises Unseen where it is missing."""

    __slots__ = ("_states",)

    def __init__(self, states: Mapping[Measure, AnyState | Unseen]) -> None:
        self._states = dict(states)

    def __getitem__(self, measure: Asks[S]) -> S:
        state = self._states.get(cast("Measure", measure))
        if state is None:
            raise Unseen("the engine did not compute it")
        if isinstance(state, Unseen):
            raise state
        return cast("S", state)

    def measures(self) -> tuple[Measure, ...]:
        """What was asked for."""
        return tuple(self._states)

    def has(self, measure: Measure) -> bool:
        """Was it computed?"""
        return isinstance(self._states.get(measure), AnyState)

    def merge(self, other: Seen[Any]) -> Seen[Any]:
        """Both parts together; a measure that one part could not compute stays unseen."""
        merged: dict[Measure, AnyState | Unseen] = {m: s for m, s in other._states.items() if m not in self._states}
        for measure, mine in self._states.items():
            theirs = other._states.get(measure)
            if isinstance(mine, Unseen) or theirs is None:
                merged[measure] = mine
            elif isinstance(theirs, Unseen):
                merged[measure] = theirs
            else:
                merged[measure] = cast("Any", mine).merge(theirs)
        return Seen(merged)


def needed(wanting: Iterable[Iterable[Measure]]) -> tuple[Measure, ...]:
    """All the measures that some checks need, each once, in order of first mention."""
    return tuple(dict.fromkeys(m for needs in wanting for m in needs))
