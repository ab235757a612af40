"""What does a JSON Schema of systems/*.yaml say? Generated from the nouns, for editors and other tools.

The published file is schemas/system.schema.json; `python -m cleanroom.codec.system_schema` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cleanroom.codec.plan_schema import bare
from cleanroom.codec.shape import adapter
from cleanroom.core.register import NAME, System

FILE = Path(__file__).parent / "schemas" / "system.schema.json"


def system_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of an entry of the register, as plain data."""
    noun = bare(adapter(System).json_schema())
    definitions: dict[str, Any] = noun.pop("$defs")
    noun["properties"]["name"] = {"type": "string", "pattern": f"^{NAME.pattern}$"}
    noun["properties"]["owners"]["minItems"] = 1
    for owner, key in (("Oncall", "days"), ("Oncall", "escalate"), ("Retention", "calls_days")):
        definitions[owner]["properties"][key]["minimum"] = 1
    definitions["Detector"]["properties"]["threshold"] |= {"exclusiveMinimum": 0, "maximum": 100}
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://ai-cleanroom.example/schemas/system.schema.json",
        "title": "An AI system in the register of AI Cleanroom (systems/*.yaml)",
    }
    return {**head, **noun, "$defs": dict(sorted(definitions.items()))}


def system_schema_text() -> str:
    """The text of the published file."""
    return json.dumps(system_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(system_schema_text(), encoding="utf-8")
