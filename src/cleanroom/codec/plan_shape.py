"""How does a plan lie in its file? In plan.yaml names are keys (`purchase: {...}`); in the noun they are fields."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from cleanroom.core.base import plain
from cleanroom.core.contract import Cardinality, Event, Field, Freshness, Funnel, Plan, Ratio, Tolerances, Vocabulary
from cleanroom.core.mistakes import Mistake, Path

KEYED: dict[tuple[type, str], tuple[type, str]] = {
    (Plan, "columns"): (Field, "name"),
    (Plan, "events"): (Event, "name"),
    (Plan, "ratios"): (Ratio, "name"),
    (Plan, "funnels"): (Funnel, "name"),
    (Plan, "cardinality"): (Cardinality, "column"),
    (Event, "parameters"): (Field, "name"),
}
"""Which field of a noun is a mapping in the file, of what, and which of its fields is the key. Vocabularies are
mappings too, straight to their values."""

SECTIONS = (
    "version", "name", "roles", "columns", "events", "vocabularies", "consent", "ratios", "funnels", "keys",
    "references", "stitching", "freshness", "cardinality", "tolerances", "advisory",
)  # fmt: skip
"""The order of plan.yaml."""

UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}

_AGE = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*([smhd])")


def unkeyed(data: Any) -> tuple[Any, list[Mistake]]:
    """File-shaped data as noun-shaped data, and what could not be turned. An empty section is as good as none."""
    mistakes: list[Mistake] = []
    if not isinstance(data, dict):
        what = "the file is empty" if data is None else "the file is not a mapping of keys to values"
        return {}, [Mistake((), what, "A plan begins with version: 1, name: ..., roles: ... and events: ...")]
    out = {k: v for k, v in data.items() if v is not None}
    for (owner, section), (kind, key) in KEYED.items():
        if owner is Plan and section in out:
            out[section] = _rows(out[section], kind, key, (section,), mistakes)
    if "vocabularies" in out:
        out["vocabularies"] = _vocabularies(out["vocabularies"], mistakes)
    if isinstance(out.get("freshness"), dict) and "max_age" in out["freshness"]:
        age = _seconds(out["freshness"]["max_age"], mistakes)
        out["freshness"] = {**out["freshness"], "max_age": age}
    return out, mistakes


def _rows(value: Any, kind: type, key: str, path: Path, mistakes: list[Mistake]) -> list[dict[str, Any]]:
    if not isinstance(value, dict):
        hint = "Write 'name: {...}' for each, without '- '." if isinstance(value, list) else ""
        mistakes.append(Mistake(path, f"{str(path[-1])!r} must be a mapping of names", hint))
        return []
    rows = []
    for name, given in value.items():
        here = (*path, name)
        if not isinstance(given, dict | None):
            mistakes.append(Mistake(here, f"{name!r} must be a mapping of keys to values", f"Write {name}: {{...}}."))
        entry = dict(given) if isinstance(given, dict) else {}
        if key in entry:
            mistakes.append(Mistake((*here, key), f"unknown key {key!r}: it stands before the colon", at="key"))
            del entry[key]
        for (owner, inner), (inner_kind, inner_key) in KEYED.items():
            if owner is kind and entry.get(inner, ...) is None:
                del entry[inner]
            elif owner is kind and inner in entry:
                entry[inner] = _rows(entry[inner], inner_kind, inner_key, (*here, inner), mistakes)
        rows.append({key: name, **entry})
    return rows


def _vocabularies(value: Any, mistakes: list[Mistake]) -> list[dict[str, Any]]:
    if not isinstance(value, dict):
        mistakes.append(Mistake(("vocabularies",), "'vocabularies' must be a mapping of names to lists of values"))
        return []
    return [{"name": name, "values": [] if values is None else values} for name, values in value.items()]


def _seconds(age: Any, mistakes: list[Mistake]) -> Any:
    if not isinstance(age, str):
        return age
    match = _AGE.fullmatch(age.strip())
    if match is None:
        hint = "Write a number and s, m, h or d: 6h."
        mistakes.append(Mistake(("freshness", "max_age"), f"{age[:40]!r} is not a length of time", hint))
        return 1.0
    return float(match.group(1)) * UNITS[match.group(2)]


def file_path(data: Any, path: Path) -> Path:
    """The path in the file of what lies at `path` in noun-shaped `data`."""
    out: list[str | int] = []
    kind: type | None = Plan
    i = 0
    while i < len(path):
        section = path[i]
        out.append(section)
        here = KEYED.get((kind, str(section))) if kind else None
        if section == "vocabularies" and kind is Plan:
            here = (Vocabulary, "name")
        kind = None
        if here and i + 1 < len(path):
            kind, key = here
            row = data[section][path[i + 1]]
            out.append(str(row[key]))
            data = row
            i += 1
            if kind is Vocabulary:  # its values stand right behind its name
                out += [p for p in path[i + 1 :] if p != "values"]
                break
        i += 1
    return tuple(out)


def keyed(plan: Plan) -> dict[str, Any]:
    """File-shaped data of a plan, in the file's order, without what has its default value."""
    data = {"version": plan.version, **_slim(Plan, plain(plan))}
    if plan.freshness is not None:
        data["freshness"] = {"max_age": age_text(plan.freshness)}
    data["vocabularies"] = {v.name: list(v.values) for v in plan.vocabularies}
    data["events"] = data.get("events", {})
    return {s: data[s] for s in SECTIONS if (s in data and data[s] not in ({}, [])) or s in ("events", "roles")}


def _slim(kind: Any, data: dict[str, Any]) -> dict[str, Any]:
    """The fields of a noun's data that differ from their defaults, keyed ones as mappings."""
    out: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        value = data[field.name]
        if field.default is not dataclasses.MISSING and value == plain(field.default):
            continue
        inner = KEYED.get((kind, field.name))
        if inner:
            row_kind, key = inner
            rows = [_slim(row_kind, row) for row in value]
            value = {row.pop(key): row for row in rows}
        elif field.name == "tolerances":
            value = _slim(Tolerances, value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            value = [{k: v for k, v in row.items() if not (k == "max_share" and v == 0)} for row in value]
        elif isinstance(value, dict):
            value = {k: v for k, v in value.items() if v is not None}
        out[field.name] = value
    return out


def age_text(freshness: Freshness) -> str | float:
    """The age in its largest whole unit (21600 is 6h); plain seconds when it has none."""
    for letter, seconds in UNITS.items():
        count = freshness.max_age / seconds
        if count >= 1 and count == int(count) and count * seconds == freshness.max_age and count < 10**9:
            return f"{int(count)}{letter}"
    return freshness.max_age
