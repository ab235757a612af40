"""What does each measure mean? Its answer in plain Python, against which every engine is tested.

Rows are dicts of Python values. Text of a value: as it is; `true` and `false`; numbers as Python writes them; moments
as `2026-01-31 09:30:00`, in UTC, with a fraction only where there is one; None is null. Signatures are 64 bits of
BLAKE2b over the texts; other engines use other hashes, so that only what signatures are equal can be compared.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.measure import (
    Breaking,
    Columns,
    Conforms,
    Day,
    Key,
    Lookup,
    Measure,
    Orphans,
    Owners,
    Repeats,
    Rows,
    Seen,
    Side,
    Spread,
    Steps,
    Times,
    Unseen,
)
from cleanroom.core.rules import Castable, Filled, FullMatch, OneOf, Rule, Scope, TypeName, Within
from cleanroom.core.states import AnyState, Bag, Counts, Extent, Group, Histogram, Layout, Records, Spans, Trail, bin_of
from cleanroom.ports.validator import Validator

Row = Mapping[str, object]
Table = Sequence[Row]

_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?\s*", re.ASCII)
_INTEGER = re.compile(r"\s*[+-]?\d+\s*", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def measure(
    sides: Mapping[Side, Table],
    measures: Iterable[Measure],
    *,
    references: Mapping[str, Table] | None = None,
    validator: Validator | None = None,
) -> Seen[object]:
    """The state of every measure. `references` are the tables behind Orphans.to, by path.

    A side that was not given, a column that no row of a side has and a reference that is missing make Unseen.
    """
    out: dict[Measure, AnyState | Unseen] = {}
    for m in measures:
        try:
            if m.side not in sides:
                raise Unseen(f"there is no {m.side} data")
            out[m] = _one(sides[m.side], m, references or {}, validator)
        except Unseen as why:
            out[m] = why
    return Seen(out)


def _one(rows: Table, m: Measure, references: Mapping[str, Table], validator: Validator | None) -> AnyState:
    match m:
        case Rows(by=by):
            return _counts(rows, by)
        case Breaking(rule=rule, by=by, scope=scope):
            _column(rows, rule.column)
            return _counts([r for r in _scoped(rows, scope) if breaks(rule, r.get(rule.column))], by, rows)
        case Spread():
            return _spread(rows, m)
        case Repeats(columns=columns):
            texts = [
                tuple(text(v) for v in values) for values in zip(*(_column(rows, c) for c in columns), strict=True)
            ]
            return Bag(_signatures(t for t in texts if None not in t))
        case Orphans():
            return _orphans(rows, m, references)
        case Owners(column=column, owner=owner):
            pairs = [(text(k), text(o)) for k, o in zip(_column(rows, column), _column(rows, owner), strict=True)]
            whole = [(k, o) for k, o in pairs if k is not None and o is not None]
            owners = _signatures((o,) for _, o in whole)
            return Spans(_signatures((k,) for k, _ in whole), owners, owners)
        case Steps():
            return _trail(rows, m)
        case Conforms():
            return _conforms(rows, m, validator)
        case Times(column=column):
            times = [t for v in _column(rows, column) if (t := moment(v)) is not None]
            return Extent(min(times, default=None), max(times, default=None))
        case Columns():
            return _layout(rows)
        case Lookup():
            return _lookup(rows, m)


def _column(rows: Table, name: str) -> list[object]:
    """A column's values. Raises Unseen where there are rows but no such column."""
    if rows and not any(name in r for r in rows):
        raise Unseen(f"there is no column {name!r}")
    return [r.get(name) for r in rows]


def text(value: object) -> str | None:
    """A value as text; see the module."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        plain = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return plain.isoformat(" ").rstrip("0") if plain.microsecond else plain.isoformat(" ")
    return str(value)


def number(value: object) -> float | None:
    """A finite number, also from text that reads as one; None for anything else."""
    x = _real(value)
    return x if x is not None and math.isfinite(x) else None


def _real(value: object) -> float | None:
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value) else None
    return float(value) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else None


def moment(value: object) -> int | None:
    """Microseconds since 1970 in UTC; a date is its midnight, None is None. Raises Unseen for text and numbers."""
    if value is None:
        return None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    if not isinstance(value, datetime):
        raise Unseen(f"{text(value)!r} is not a point in time")
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def breaks(rule: Rule, value: object) -> bool:
    """Does the value break the rule? Null breaks only Filled; NaN is within nothing."""
    if isinstance(rule, Filled):
        return value is None or (isinstance(value, str) and not value.strip(" "))
    if value is None:
        return False
    match rule:
        case Within(low=low, high=high):
            x = _real(value)
            if x is None:
                return not isinstance(value, str)  # text that is no number is Castable's concern
            return not ((low is None or x >= low) and (high is None or x <= high))  # so that NaN is outside
        case OneOf(values=values):
            return text(value) not in values
        case FullMatch(pattern=pattern):
            return re.fullmatch(pattern, text(value) or "", re.DOTALL | re.ASCII) is None
        case Castable(type=wanted):
            return not _castable(value, wanted)


def _castable(value: object, wanted: TypeName) -> bool:
    if wanted == "string":
        return True
    if isinstance(value, str):
        return _reads_as(value, wanted)
    match wanted:
        case "integer":
            x = number(value)
            return x is not None and x == math.floor(x)
        case "number":
            return isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        case "boolean":
            return isinstance(value, bool)
        case "timestamp":
            return isinstance(value, date)
    midnight = isinstance(value, datetime) and value.time() == datetime.min.time()
    return midnight or (isinstance(value, date) and not isinstance(value, datetime))


def _reads_as(value: str, wanted: TypeName) -> bool:
    tests: dict[str, Callable[[str], object]] = {
        "integer": _INTEGER.fullmatch,
        "number": _NUMBER.fullmatch,
        "boolean": lambda v: v.strip().lower() in ("true", "false"),
    }
    if wanted in tests:
        return bool(tests[wanted](value))
    try:
        read = datetime.fromisoformat(value.strip())
    except ValueError:
        return False
    return wanted == "timestamp" or read.time() == datetime.min.time()


def _scoped(rows: Table, scope: Scope | None) -> list[Row]:
    if scope is None:
        return list(rows)
    _column(rows, scope.column)
    return [r for r in rows if text(r.get(scope.column)) in scope.values]


def _group(row: Row, by: Sequence[Key]) -> Group:
    return tuple(_day(row.get(k.name)) if isinstance(k, Day) else text(row.get(k.name)) for k in by)


def _day(value: object) -> str | None:
    at = moment(value)
    return None if at is None else (_EPOCH + timedelta(microseconds=at)).date().isoformat()


def _counts(rows: Table, by: Sequence[Key], whole: Table | None = None) -> Counts:
    """Counts of `rows` by group; the columns are looked for in `whole`."""
    for key in by:
        _column(rows if whole is None else whole, key.name)
    return Counts(Counter(_group(r, by) for r in rows))


def _spread(rows: Table, m: Spread) -> Histogram:
    for name in (m.column, *(k.name for k in m.by)):
        _column(rows, name)
    by: dict[Group, list[float]] = {}
    for row in _scoped(rows, m.scope):
        x = number(row.get(m.column))
        if x is not None:
            by.setdefault(_group(row, m.by), []).append(x)
    return Histogram({k: _binned(v) for k, v in by.items()})


def _binned(values: list[float]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    bins, n = np.unique(bin_of(np.array(values)), return_counts=True)
    return bins, n.astype(np.int64)


def _signatures(texts: Iterable[tuple[str | None, ...]]) -> NDArray[np.uint64]:
    """64 bits of each tuple of texts, unambiguous by their lengths."""
    out = []
    for parts in texts:
        whole = hashlib.blake2b(digest_size=8)
        for part in parts:
            data = (part or "").encode("utf-8", "surrogatepass")
            whole.update(len(data).to_bytes(8, "big") + data)
        out.append(int.from_bytes(whole.digest(), "big"))
    return np.array(out, np.uint64)


def _orphans(rows: Table, m: Orphans, references: Mapping[str, Table]) -> Counts:
    if m.to not in references:
        raise Unseen(f"the reference file {m.to} could not be opened")
    known = {text(v) for v in _column(references[m.to], m.key)}
    values = [text(v) for v in _column(rows, m.column)]
    return Counts(Counter((v,) for v in values if v is not None and v not in known))


def _trail(rows: Table, m: Steps) -> Trail:
    for name in (m.who, m.event, m.time):
        _column(rows, name)
    place = {step: i for i, step in enumerate(m.steps)}
    found = [(text(r.get(m.who)), place.get(text(r.get(m.event)) or ""), moment(r.get(m.time))) for r in rows]
    whole = [(w, s, t) for w, s, t in found if w is not None and s is not None and t is not None]
    return Trail(
        _signatures((w,) for w, _, _ in whole),
        np.array([s for _, s, _ in whole], np.uint8),
        np.array([t for _, _, t in whole], np.int64),
    )


def _conforms(rows: Table, m: Conforms, validator: Validator | None) -> Counts:
    """Rows of events without a schema are not counted."""
    if validator is None:
        raise Unseen("no validator was given")
    compiled = {event: validator.compile(schema) for event, schema in m.schemas}
    found: Counter[Group] = Counter()
    for event, payload in zip(_column(rows, m.event), _column(rows, m.payload), strict=True):
        name, document = text(event), text(payload)
        if name in compiled:
            found[name, ("empty" if document is None else compiled[name].finding(document)) or "ok"] += 1
    return Counts(found)


def _layout(rows: Table) -> Layout:
    """Types in the words of the plan; 'null' beside them where a row has none, as a file's part without values would."""
    return Layout(frozenset((name, _type(value)) for row in rows for name, value in row.items()))


def _type(value: object) -> str:
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "boolean"),
        (int, "integer"),
        ((float, Decimal), "number"),
        (datetime, "timestamp"),
        (date, "date"),
        (str, "string"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "null" if value is None else "other")


def _lookup(rows: Table, m: Lookup) -> Records:
    for name in (m.key, *m.columns):
        _column(rows, name)
    found = [(text(r.get(m.key)), tuple((c, text(r.get(c))) for c in m.columns)) for r in rows]
    return Records(tuple(sorted(((k, values) for k, values in found if k is not None and k in m.keys), key=repr)))
