"""Does this plain data have the shape of a noun? Every complaint in a person's words, and the noun as far as it goes."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import types
from collections.abc import Hashable, Iterable, Iterator
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError

from cleanroom.core.mistakes import Mistake, Path, closest, did_you_mean

T = TypeVar("T")

_ROUNDS = 5
"""Repairs until a noun can be made: each round uncovers at most one deeper level."""

_MEANT = {
    "float": "number", "double": "number", "decimal": "number", "numeric": "number", "int": "integer",
    "bigint": "integer", "long": "integer", "str": "string", "text": "string", "varchar": "string",
    "bool": "boolean", "datetime": "timestamp", "time": "timestamp",
}  # fmt: skip

_EXAMPLES = {
    "owner": "Who answers for it? owner: team@example.org",
    "description": "Say in one sentence when it is recorded.",
    "roles": "Say which columns play which part: roles: {event: ..., time: ...}",
    "events": "Add events: with an owner and a description each.",
}

_WANTED = {
    "string_type": ("text", "Put it in quotes."),
    "float_type": ("a number", ""),
    "int_type": ("a whole number", ""),
    "int_from_float": ("a whole number", ""),
    "int_parsing_size": ("a smaller number", ""),
    "bool_type": ("true or false", ""),
    "tuple_type": ("a list", "Write [a, b], or one '- a' a line."),
    "dataclass_type": ("a mapping of keys to values", ""),
}


@cache
def adapter(kind: Any) -> TypeAdapter[Any]:
    """pydantic's reader of a noun; made once, because making it is slow."""
    return TypeAdapter(kind)


def build(kind: type[T], data: Any) -> tuple[T | None, tuple[Mistake, ...]]:
    """The noun in `data`, and every mistake. With mistakes, the noun is repaired, fit for further lint only.

    None when nothing could be made of it. Types are strict: "5" is no number, 5 is no text.
    """
    mistakes = list(_numbers(data, ()))
    for _ in range(_ROUNDS):
        try:
            value: T = adapter(cast(Hashable, kind)).validate_json(json.dumps(data), strict=True)
            return value, tuple(mistakes)
        except ValidationError as error:
            found = [_Complaint.of(kind, e) for e in _one_branch(error.errors(include_url=False))]
            mistakes += without_followers((c.mistake() for c in found), mistakes)
            data = json.loads(json.dumps(data))
            for complaint in reversed(found):
                data = complaint.repaired(data)
    return None, tuple(mistakes)


def without_followers(mistakes: Iterable[Mistake], known: Iterable[Mistake]) -> list[Mistake]:
    """Those that do not merely follow from a known one, because they speak of what it broke (and was repaired)."""
    broken = {m.path for m in known if m.path and m.severity == "error"}
    return [m for m in mistakes if not any(m.path[:end] in broken for end in range(1, len(m.path) + 1))]


def _numbers(data: Any, path: Path) -> Iterator[Mistake]:
    """Numbers that JSON cannot write; they are set to 0 in place."""
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(data, dict):
        items = data.items()
    elif isinstance(data, list):
        items = enumerate(data)
    for key, value in list(items):
        if isinstance(value, float) and not math.isfinite(value):
            yield Mistake((*path, key), "must be a finite number")
            data[key] = 0
        elif isinstance(value, int) and abs(value) >= 10**300:
            yield Mistake((*path, key), "the number is too large")
            data[key] = 0
        else:
            yield from _numbers(value, (*path, key))


def _one_branch(errors: list[Any]) -> list[Any]:
    """Of a union that is told by its `kind`, the complaints of the branch that was meant (or the first, if none was)."""
    branches: dict[tuple[Any, ...], set[str]] = {}
    for error in errors:
        for i, part in enumerate(error["loc"]):
            if _is_branch(part):
                branches.setdefault(error["loc"][:i], set()).add(part)
    for prefix, names in branches.items():
        at = len(prefix)
        kinds = [e for e in errors if e["loc"][:at] == prefix and e["loc"][at + 1 :] == ("kind",)]
        meant = names - {e["loc"][at] for e in kinds}
        expected = " ".join(e.get("ctx", {}).get("expected", "") for e in kinds)
        for error in kinds:
            error["ctx"] = {"expected": expected}
        keep = min(meant or names)
        errors = [e for e in errors if e["loc"][:at] != prefix or e["loc"][at] == keep]
    return errors


def _is_branch(part: object) -> bool:
    return isinstance(part, str) and part[:1].isupper() and part.isalpha()


@dataclasses.dataclass(frozen=True, slots=True)
class _Complaint:
    """One of pydantic's errors: where (in the data), what was expected there, what was found."""

    kind: str
    path: Path
    wanted: Any
    fields: tuple[str, ...]
    found: Any
    options: tuple[str, ...]

    @classmethod
    def of(cls, root: Any, error: Any) -> _Complaint:
        path: list[str | int] = []
        fields: tuple[str, ...] = ()
        wanted = root
        for part in error["loc"]:
            members = _members(wanted)
            if len(members) > 1 and _is_branch(part):
                wanted = next((m for m in members if m.__name__ == part), wanted)
                continue
            wanted = members[0] if members else wanted
            fields = tuple(f.name for f in dataclasses.fields(wanted)) if dataclasses.is_dataclass(wanted) else ()
            wanted = _inner(wanted, part)
            path.append(part)
        options = tuple(re.findall(r"'([^']*)'|\b(\d+)\b", error.get("ctx", {}).get("expected", "")))
        flat = tuple(a or b for a, b in options)
        return cls(error["type"], tuple(path), wanted, fields, error["input"], flat)

    def mistake(self) -> Mistake:
        key = str(self.path[-1]) if self.path else "the file"
        match self.kind:
            case "missing" if isinstance(self.path[-1], int):
                return Mistake(self.path, f"the list is too short: it has no entry {self.path[-1] + 1}")
            case "missing":
                where = f" in {self.path[-2]!r}" if len(self.path) > 1 and isinstance(self.path[-2], str) else ""
                return Mistake(self.path, f"{key!r} is missing{where}", _EXAMPLES.get(key, ""), at="key")
            case "unexpected_keyword_argument":
                return Mistake(self.path, f"unknown key {key!r}", did_you_mean(key, self.fields), at="key")
            case "literal_error":
                text = str(self.found)
                meant = _MEANT.get(text.lower())
                hint = f"Did you mean {meant!r}?" if meant in self.options else did_you_mean(text, self.options)
                return Mistake(self.path, f"{_shown(self.found)} is not one of: {', '.join(self.options)}", hint)
        wanted, hint = _WANTED.get(self.kind, ("something else", ""))
        if self.kind == "string_type" and not isinstance(self.found, str | int | float | bool):
            hint = ""
        name = f"{key!r}" if isinstance(self.path[-1:][0] if self.path else "", str) else "the entry"
        return Mistake(self.path, f"{name} must be {wanted}, not {_shown(self.found)}", hint)

    def repaired(self, data: Any) -> Any:
        """The data, with something in this place that has the right type."""
        if not self.path:
            return {}
        parent = data
        for part in self.path[:-1]:
            try:
                parent = parent[part]
            except (KeyError, IndexError, TypeError):
                return data
        last = self.path[-1]
        if self.kind == "unexpected_keyword_argument" and isinstance(parent, dict):
            parent.pop(last, None)
        elif isinstance(parent, dict):
            parent[last] = self._hole()
        elif isinstance(parent, list) and isinstance(last, int):
            parent[last:] = [self._hole(), *parent[last + 1 :]]
        return data

    def _hole(self) -> Any:
        if self.kind == "literal_error" and self.options:
            text = str(self.found)
            best = _MEANT.get(text.lower()) or closest(text, self.options) or self.options[0]
            return int(best) if best.isdigit() else best
        if self.kind == "string_type" and isinstance(self.found, str | int | float | bool):
            return str(self.found)
        members = _members(self.wanted)
        return _empty(members[0] if members else self.wanted)


def _members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, None left out; for anything else the annotation itself."""
    if get_origin(annotation) in (Union, types.UnionType):
        return tuple(a for a in get_args(annotation) if a is not type(None))
    return (annotation,)


def _inner(annotation: Any, part: str | int) -> Any:
    """The annotation of what lies at `part` of a value of this annotation."""
    if dataclasses.is_dataclass(annotation) and isinstance(annotation, type):
        return _hints(annotation).get(str(part), Any)
    arguments = get_args(annotation)
    if get_origin(annotation) is tuple and isinstance(part, int):
        if len(arguments) == 2 and arguments[1] is Ellipsis:
            return arguments[0]
        return arguments[part] if part < len(arguments) else Any
    return Any


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _empty(annotation: Any) -> Any:
    """A value of the right type that says nothing."""
    if dataclasses.is_dataclass(annotation):
        return {}
    if get_origin(annotation) is tuple:
        return []
    return {float: 1.0, int: 1, bool: False}.get(annotation, "")


def _shown(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return str(value).lower()
        case int() | float():
            return f"the number {value}"[:60]
        case str():
            return repr(value if len(value) <= 60 else value[:60] + "...")
        case list() | tuple():
            return "a list"
    return "a mapping"
