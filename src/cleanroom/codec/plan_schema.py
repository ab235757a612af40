"""What does a JSON Schema of plan.yaml say? Generated from the nouns, for editors and other tools.

The published file is schemas/plan.schema.json; `python -m cleanroom.codec.plan_schema` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cleanroom.codec.plan_shape import KEYED
from cleanroom.codec.shape import adapter
from cleanroom.core.contract import Plan

FILE = Path(__file__).parent / "schemas" / "plan.schema.json"


def plan_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of plan.yaml, as plain data."""
    noun = bare(adapter(Plan).json_schema())
    definitions: dict[str, Any] = noun.pop("$defs")
    holders = {**definitions, "Plan": noun}
    for (owner, section), (kind, _) in KEYED.items():
        given = holders[owner.__name__]["properties"][section]
        holders[owner.__name__]["properties"][section] = _mapping(given, {"$ref": f"#/$defs/{kind.__name__}"})
    for kind, key in set(KEYED.values()):
        definitions[kind.__name__] = _without(definitions[kind.__name__], key)
    values = definitions.pop("Vocabulary")["properties"]["values"]
    noun["properties"]["vocabularies"] = _mapping({}, {**values, "minItems": 1})
    age = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?\s*[smhd]$"}
    definitions["Freshness"]["properties"]["max_age"] = {"anyOf": [{"type": "number", "exclusiveMinimum": 0}, age]}
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://ai-cleanroom.example/schemas/plan.schema.json",
        "title": "The measurement plan of AI Cleanroom (contracts/plan.yaml)",
    }
    return {**head, **noun, "$defs": dict(sorted(definitions.items()))}


def plan_schema_text() -> str:
    """The text of the published file."""
    return json.dumps(plan_schema(), indent=2, ensure_ascii=False) + "\n"


def bare(value: Any) -> Any:
    """A schema without the titles that only repeat the names of fields."""
    if isinstance(value, dict):
        return {k: bare(v) for k, v in value.items() if not (k == "title" and isinstance(v, str))}
    return [bare(v) for v in value] if isinstance(value, list) else value


def _mapping(given: dict[str, Any], entry: dict[str, Any]) -> dict[str, Any]:
    out = {"type": "object", "additionalProperties": entry}
    return {**out, "default": {}} if "default" in given else out


def _without(schema: dict[str, Any], key: str) -> dict[str, Any]:
    """The schema of a noun whose `key` field stands before the colon."""
    left = {k: v for k, v in schema["properties"].items() if k != key}
    out = {**schema, "properties": left}
    required = [r for r in schema.get("required", ()) if r != key]
    if required:
        return {**out, "required": required}
    out.pop("required", None)
    return out


if __name__ == "__main__":
    FILE.write_text(plan_schema_text(), encoding="utf-8")
