"""Which part does a column play, and what may stand in it? Guesses from names, types and frequent values."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cleanroom.core.base import Misuse
from cleanroom.core.contract import Field, Roles
from cleanroom.core.rules import TypeName
from cleanroom.core.vocabularies import COUNTRIES, CURRENCIES
from cleanroom.ports.engine import Profile

_NAMES: dict[str, tuple[str, ...]] = {
    "event": ("event", "event_name", "event_type", "eventname", "event_action", "action", "activity"),
    "time": (
        "ts",
        "timestamp",
        "event_time",
        "event_timestamp",
        "time",
        "occurred_at",
        "created_at",
        "datetime",
        "date",
    ),
    "user": (
        "user_id",
        "userid",
        "user",
        "uid",
        "user_pseudo_id",
        "visitor_id",
        "customer_id",
        "client_id",
        "anonymous_id",
    ),
    "session": ("session_id", "sessionid", "session", "ga_session_id", "visit_id", "sid"),
    "id": ("event_id", "eventid", "message_id", "insert_id", "uuid", "id"),
    "payload": ("payload", "properties", "event_params", "params", "parameters", "attributes", "body", "data"),
    "segment": ("segment", "device", "platform", "device_category", "user_lifecycle", "channel", "country", "region"),
}

_FEW = 30
"""Different values that a person can still read through."""

_TYPICAL = 20
"""Rows for each different value, at least, in a column that holds a closed list."""

_SEGMENTS = 20


@dataclass(frozen=True, slots=True)
class Guess:
    """A column's field, the values of its own vocabulary where it has one, and what to check."""

    field: Field
    values: tuple[str, ...] = ()
    note: str = ""


def roles_of(profiles: Sequence[Profile], file: str, *, event: str | None, time: str | None) -> Roles:
    """The part each column plays. Raises Misuse when no column could hold event names, or their time."""
    free = list(profiles)
    names = ", ".join(repr(p.name) for p in profiles[:12])

    def take(role: str, given: str | None, fits: Callable[[Profile], bool]) -> str | None:
        chosen = _given(free, given, role, file) if given else _best(free, role, fits)
        if chosen is not None:
            free.remove(chosen)
        return chosen.name if chosen else None

    named = take("event", event, lambda p: is_text(p.type) and p.distinct > 0)
    if named is None:
        hint = "Name it: --event COLUMN."
        raise Misuse(f"no column of {file} looks like the names of events: {names}", hint)
    when = take("time", time, lambda p: type_of(p.type) == "timestamp") or take("time", None, lambda p: is_text(p.type))
    if when is None:
        hint = "Name it: --time COLUMN. A plan needs the moment of each event."
        raise Misuse(f"no column of {file} looks like the time of events: {names}", hint)
    return Roles(
        event=named,
        time=when,
        user=take("user", None, _is_id),
        session=take("session", None, _is_id),
        id=take("id", None, lambda p: _is_id(p) and p.nulls == 0 and p.distinct >= 0.9 * p.rows),
        payload=take("payload", None, _is_payload),
        segment=take("segment", None, lambda p: is_text(p.type) and 1 < p.distinct <= _SEGMENTS),
    )


def _given(free: Sequence[Profile], name: str, role: str, file: str) -> Profile:
    found = next((p for p in free if p.name == name), None)
    if found is None:
        known = ", ".join(repr(p.name) for p in free[:12])
        raise Misuse(f"{file} has no column {name!r} for the role {role}", f"Its columns: {known}.")
    return found


def _best(free: Sequence[Profile], role: str, fits: Callable[[Profile], bool]) -> Profile | None:
    """The fitting column with the most telling name; for the time, else the only one of its type."""
    known = _NAMES[role]
    named = [p for p in free if _plain(p.name) in known and fits(p)]
    if named:
        return min(named, key=lambda p: known.index(_plain(p.name)))
    typed = [p for p in free if type_of(p.type) == "timestamp"] if role == "time" else []
    return typed[0] if len(typed) == 1 else None


def _plain(name: str) -> str:
    """`eventName`, `Event Name` and `event-name` are event_name."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name).lower()).strip("_")


def _is_id(profile: Profile) -> bool:
    return profile.distinct > 1 and type_of(profile.type) in ("string", "integer")


def _is_payload(profile: Profile) -> bool:
    if profile.type.upper() == "JSON":
        return True
    return is_text(profile.type) and bool(profile.top) and all(v.lstrip().startswith("{") for v, _ in profile.top[:5])


def is_text(kind: str) -> bool:
    """Whether an engine's type is text."""
    return kind.upper().startswith(("VARCHAR", "ENUM", "TEXT", "CHAR", "UUID"))


def type_of(kind: str) -> TypeName:
    """The plan's type for an engine's; what has none is text."""
    upper = kind.upper()
    if upper.endswith("]") or upper.startswith(("STRUCT", "MAP", "UNION", "LIST")):
        return "string"
    if upper.startswith(("TIMESTAMP", "DATETIME")):
        return "timestamp"
    if upper == "DATE":
        return "date"
    if upper == "BOOLEAN":
        return "boolean"
    if upper.startswith(("DECIMAL", "NUMERIC", "DOUBLE", "FLOAT", "REAL")):
        return "number"
    return "integer" if re.fullmatch(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?(\d+)?", upper) else "string"


def field_of(profile: Profile, roles: Roles) -> Guess:
    """What may stand in a column, judged by what does."""
    kind = type_of(profile.type)
    if profile.name == roles.time:
        kind = "timestamp"
    required = profile.nulls == 0
    if kind == "string" and is_text(profile.type) and profile.name not in (roles.user, roles.session, roles.id):
        return _text(profile, required)
    if kind in ("number", "integer") and profile.name not in (roles.user, roles.session, roles.id):
        low, high = _wider(profile.low, profile.high)
        return Guess(Field(profile.name, kind, required=required, min=low, max=high))
    return Guess(Field(profile.name, kind, required=required))


def _text(profile: Profile, required: bool) -> Guess:
    """Codes are recognised; few values that recur become a vocabulary."""
    values = tuple(sorted(v for v, _ in profile.top))
    plain = Field(profile.name, required=required)
    if not values or len(values) < profile.distinct or len(values) > len(COUNTRIES):
        return Guess(plain)
    for name, codes, word in (("iso-3166-1-alpha-2", COUNTRIES, "country"), ("iso-4217", CURRENCIES, "currency")):
        said = word in _plain(profile.name)
        if {v.upper() for v in values} <= set(codes) and (said or (len(values) >= 3 and values[0].isupper())):
            field = Field(profile.name, required=required, vocabulary=name)
            odd = [v for v in values if v not in codes]
            return Guess(field, note=f"Not written as {name} writes it: {', '.join(odd[:5])}" if odd else "")
    blank = any(not v.strip() or not v.isprintable() for v in values)
    if len(values) > _FEW or blank or profile.rows - profile.nulls < _TYPICAL * len(values):
        return Guess(plain)
    return Guess(Field(profile.name, required=required, vocabulary=profile.name), values)


def _wider(low: str | None, high: str | None) -> tuple[float | None, float | None]:
    """A range around what was seen: up to the next 1, 2 or 5 times a power of ten beyond twice the extreme.

    What was never negative stays so.
    """
    try:
        least, most = float(low or "nan"), float(high or "nan")
    except ValueError:
        return None, None
    if not (math.isfinite(least) and math.isfinite(most)):
        return None, None
    bottom = 0.0 if least >= 0 else -_round_up(-2 * least)
    return bottom, (_round_up(2 * most) if most > 0 else 0.0)


def _round_up(value: float) -> float:
    """The next 1, 2 or 5 times a power of ten."""
    exponent = math.floor(math.log10(value)) if 0 < value < 1e300 else 0
    power = 10.0**exponent
    return next((step * power for step in (1, 2, 5) if value <= step * power * (1 + 1e-12)), 10 * power)
