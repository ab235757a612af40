"""What correct looks like: the measurement plan of a project, as a value."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import noun
from cleanroom.core.rules import TypeName

Area = Literal["billing", "legal", "identity"]


@noun
class Roles:
    """Which column of the data plays which part. `event` and `time` are always needed; the rest makes more checks possible."""

    event: str
    time: str
    user: str | None = None
    session: str | None = None
    id: str | None = None
    payload: str | None = None
    segment: str | None = None


@noun
class Field:
    """A column, or a parameter of an event: what its values may be.

    `vocabulary` names a built-in one (iso-3166-1-alpha-2, iso-4217) or one of the plan's own; `pattern` must match
    the whole text. `drift` says whether its distribution is compared with the baseline: by default numbers and
    columns with a vocabulary are.
    """

    name: str
    type: TypeName = "string"
    description: str = ""
    required: bool = False
    min: float | None = None
    max: float | None = None
    pattern: str | None = None
    vocabulary: str | None = None
    values: tuple[str, ...] = ()
    drift: bool | None = None
    touches: tuple[Area, ...] = ()


@noun
class Event:
    """One event of the taxonomy. `sampling` is the share of occurrences that are recorded (1 = all)."""

    name: str
    owner: str
    description: str
    parameters: tuple[Field, ...] = ()
    schema: str | None = None
    sampling: float = 1.0
    consent: bool = False
    touches: tuple[Area, ...] = ()


@noun
class Vocabulary:
    """A closed list of values."""

    name: str
    values: tuple[str, ...]


@noun
class Consent:
    """Events marked `consent: true` may be recorded only where `column` holds one of `granted`."""

    column: str
    granted: tuple[str, ...]


@noun
class Ratio:
    """Occurrences of event `of` for each occurrence of event `to`; bounds and tolerance against the baseline."""

    name: str
    of: str
    to: str
    min: float | None = None
    max: float | None = None
    tolerance: float | None = None


@noun
class Funnel:
    """Steps that follow one another in time for the same `by` (a role: session or user).

    `max_skips`: the largest share of people at a step who may lack the step before.
    """

    name: str
    steps: tuple[str, ...]
    by: Literal["session", "user"] = "session"
    max_skips: float = 0.05


@noun
class Unique:
    """No two rows share the values of `columns`, but for a share of `max_share` of the rows."""

    columns: tuple[str, ...]
    max_share: float = 0.0


@noun
class Reference:
    """Each value of `column` exists in column `key` of the file `to` (relative to the project)."""

    column: str
    to: str
    key: str
    max_share: float = 0.0


@noun
class Stitch:
    """Deterministic stitching: each value of `column` belongs to one value of `owner`."""

    column: str
    owner: str
    max_share: float = 0.0


@noun
class Freshness:
    """The newest row is at most `max_age` seconds old when the check runs."""

    max_age: float


@noun
class Cardinality:
    """`column` has at least `min` and at most `max` different values."""

    column: str
    max: int
    min: int = 1


@noun
class Tolerances:
    """How far a candidate may be from its baseline before it matters.

    counts, ratios: relative; psi, ks, js: distances of distributions (js is the Jensen-Shannon distance, base 2);
    min_count: occurrences below which a cell of event and day is too thin to tell; coverage: the share of rows
    whose legacy name a mapping must speak of; alpha: the error rate of a whole family of comparisons.
    """

    counts: float = 0.25
    ratios: float = 0.15
    psi: float = 0.1
    ks: float = 0.05
    js: float = 0.1
    min_count: int = 200
    coverage: float = 0.995
    collapse: int = 4
    alpha: float = 0.01


@noun
class Plan:
    """The measurement plan. `advisory` holds family names or check names that may not stop a change by themselves."""

    name: str
    roles: Roles
    events: tuple[Event, ...]
    columns: tuple[Field, ...] = ()
    vocabularies: tuple[Vocabulary, ...] = ()
    consent: Consent | None = None
    ratios: tuple[Ratio, ...] = ()
    funnels: tuple[Funnel, ...] = ()
    keys: tuple[Unique, ...] = ()
    references: tuple[Reference, ...] = ()
    stitching: tuple[Stitch, ...] = ()
    freshness: Freshness | None = None
    cardinality: tuple[Cardinality, ...] = ()
    tolerances: Tolerances = Tolerances()
    advisory: tuple[str, ...] = ()
    version: Literal[1] = 1

    def event(self, name: str) -> Event | None:
        """The event of that name."""
        return next((e for e in self.events if e.name == name), None)

    @property
    def event_names(self) -> tuple[str, ...]:
        """All event names, in the plan's order."""
        return tuple(e.name for e in self.events)


@noun
class Contract:
    """A plan with the JSON Schemas that it names, each resolved into one self-contained document (as JSON text).

    `schemas` pairs an event's name with its schema.
    """

    plan: Plan
    schemas: tuple[tuple[str, str], ...] = ()


@noun
class LintFinding:
    """A mistake in a file of the user's, with its place. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"


@noun
class PlanDifference:
    """One difference between two plans: what it does to those who rely on the old one, and why."""

    where: str
    verdict: Literal["breaking", "compatible"]
    because: str
