"""What one row must satisfy: a small, closed language of rules, so that every engine can run them and none runs text."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import noun

TypeName = Literal["string", "integer", "number", "boolean", "timestamp", "date"]


@noun
class Filled:
    """The column is not null; text is not blank either."""

    column: str
    kind: Literal["filled"] = "filled"


@noun
class Within:
    """low <= column <= high; None leaves that side open. Nulls satisfy it."""

    column: str
    low: float | None
    high: float | None
    kind: Literal["within"] = "within"


@noun
class OneOf:
    """The column, as text, is one of `values`. Nulls satisfy it."""

    column: str
    values: tuple[str, ...]
    kind: Literal["one_of"] = "one_of"


@noun
class FullMatch:
    """The whole text matches `pattern` (RE2 syntax, `.` matches newlines too). Nulls satisfy it."""

    column: str
    pattern: str
    kind: Literal["full_match"] = "full_match"


@noun
class Castable:
    """The text can be read as `type` without loss. Nulls satisfy it."""

    column: str
    type: TypeName
    kind: Literal["castable"] = "castable"


Rule = Filled | Within | OneOf | FullMatch | Castable


@noun
class Scope:
    """The rows a rule speaks of: those whose `column` is one of `values`."""

    column: str
    values: tuple[str, ...]
