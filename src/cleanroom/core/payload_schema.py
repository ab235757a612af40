"""Which JSON Schema must an event's payload follow: its own one, and what the plan says of its parameters?"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from cleanroom.core.contract import Field

DRAFT = "https://json-schema.org/draft/2020-12/schema"

Values = Callable[[Field], tuple[str, ...]]
"""The values that a field may take: of its vocabulary, or its own; empty when any will do."""


def payload_schema(parameters: Sequence[Field], own: str | None, values: Values) -> str | None:
    """One schema as JSON text: `own` with every parameter that it does not imply already; None when nothing is asked.

    Parameters are added to `own`'s properties, or where that would mean something else to its allOf, so that its
    references stay where they are.
    """
    if own is None:
        return _text({"$schema": DRAFT, **_derived(parameters, values)}) if parameters else None
    schema = json.loads(own)
    if not isinstance(schema, dict):
        return own if schema is False or not parameters else payload_schema(parameters, None, values)
    lacking = [p for p in parameters if not _implied(schema, p, values)]
    if not lacking:
        return own
    if _open(schema, lacking):
        asked = _derived(lacking, values)
        required = sorted({*schema.get("required", []), *asked.get("required", [])})
        properties = {**schema.get("properties", {}), **asked["properties"]}
        return _text({**schema, "properties": properties, **({"required": required} if required else {})})
    whole = dict(schema)
    both = [*whole.pop("allOf", []), _derived(lacking, values)]
    if "$ref" in whole:  # in draft 7 a $ref hides everything beside it
        both.insert(0, {"$ref": whole.pop("$ref")})
    return _text({**whole, "allOf": both})


def _open(schema: dict[str, Any], parameters: Sequence[Field]) -> bool:
    """Can they simply be added to its properties? Where it says nothing of them, neither by name nor by pattern."""
    closing = ("additionalProperties", "patternProperties", "unevaluatedProperties", "$ref", "$dynamicRef")
    properties = schema.get("properties", {})
    silent = isinstance(properties, dict) and not any(p.name in properties for p in parameters)
    return schema.get("type") == "object" and silent and not any(k in schema for k in closing)


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, sort_keys=True)


def _derived(parameters: Sequence[Field], values: Values) -> dict[str, Any]:
    required = sorted(p.name for p in parameters if p.required)
    out: dict[str, Any] = {"type": "object", "properties": {p.name: _property(p, values) for p in parameters}}
    return out | ({"required": required} if required else {})


def _property(parameter: Field, values: Values) -> dict[str, Any]:
    """An optional parameter may be null as well as absent."""
    kind = {"timestamp": "string", "date": "string"}.get(parameter.type, parameter.type)
    allowed = values(parameter)
    out: dict[str, Any] = {"type": kind if parameter.required else [kind, "null"]}
    if allowed:
        typed = [_typed(v, kind) for v in allowed]
        return {"enum": typed if parameter.required else [*typed, None]}
    if kind != parameter.type:
        out["format"] = "date-time" if parameter.type == "timestamp" else "date"
    if parameter.min is not None:
        out["minimum"] = _whole(parameter.min)
    if parameter.max is not None:
        out["maximum"] = _whole(parameter.max)
    if parameter.pattern is not None:
        out["pattern"] = f"^(?:{parameter.pattern})$"
    return out


def _typed(value: str, kind: str) -> Any:
    """Values are written as text in the plan; the payload holds them in their type."""
    if kind == "string":
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _whole(x: float) -> float:
    return int(x) if float(x).is_integer() else x


def _implied(schema: dict[str, Any], parameter: Field, values: Values) -> bool:
    """Does the schema demand all of it anyway? Only what is plain at its root counts; the rest is demanded again."""
    properties = schema.get("properties")
    mine = properties.get(parameter.name) if isinstance(properties, dict) else None
    if schema.get("type") != "object" or "$ref" in schema or not isinstance(mine, dict):
        return False
    if parameter.required and parameter.name not in schema.get("required", []):
        return False
    return all(_at_least(mine, key, asked) for key, asked in _property(parameter, values).items())


def _at_least(mine: dict[str, Any], key: str, asked: Any) -> bool:
    """Is the schema's own keyword as strict as what is asked?"""
    have = mine.get(key)
    if key == "type":
        wanted, kinds = ({v} if isinstance(v, str) else set(v or ()) for v in (asked, have))
        return bool(kinds) and all(k in wanted or (k == "integer" and "number" in wanted) for k in kinds)
    if key == "enum":
        allowed = have if isinstance(have, list) else [mine["const"]] if "const" in mine else None
        return allowed is not None and all(v in asked for v in allowed)
    if key in ("minimum", "maximum"):
        limits = [v for v in (have, mine.get(f"exclusive{key.title()}")) if isinstance(v, int | float)]
        return any(v >= asked for v in limits) if key == "minimum" else any(v <= asked for v in limits)
    return bool(have == asked)
