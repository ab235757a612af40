"""Is the published JSON Schema of plan.yaml the one that the nouns give, and does it accept and refuse what it should?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from cleanroom.codec.plan_schema import FILE, plan_schema_text

ROOT = Path(__file__).resolve().parents[2]
VALIDATOR = jsonschema_rs.validator_for(json.loads(FILE.read_text(encoding="utf-8")))
SMALL: dict[str, Any] = {
    "name": "shop",
    "roles": {"event": "event", "time": "ts"},
    "events": {"buy": {"owner": "a@b.example", "description": "Paid.", "parameters": {"value": {"type": "number"}}}},
    "vocabularies": {"devices": ["mobile"]},
    "freshness": {"max_age": "6h"},
    "cardinality": {"device": {"max": 5}},
}


def test_the_published_schema_is_the_one_that_the_nouns_give() -> None:
    assert FILE.read_text(encoding="utf-8") == plan_schema_text(), (
        "write it anew: python -m cleanroom.codec.plan_schema"
    )


@pytest.mark.parametrize("plan", sorted(ROOT.glob("examples/*/contracts/plan.yaml")), ids=lambda p: p.parts[-3])
def test_the_plans_of_the_examples_follow_it(plan: Path) -> None:
    VALIDATOR.validate(yaml.safe_load(plan.read_text(encoding="utf-8")))


def test_it_tells_right_from_wrong() -> None:
    assert VALIDATOR.is_valid(SMALL)
    mistakes: tuple[dict[str, Any], ...] = (
        {"name": 5},
        {"foo": 1},
        {"roles": {"event": "event"}},
        {"events": {"buy": {"owner": "a"}}},
        {"events": {"buy": {"owner": "a", "description": "b", "name": "buy"}}},
        {"events": [{"name": "buy", "owner": "a", "description": "b"}]},
        {"columns": {"c": {"type": "float"}}},
        {"vocabularies": {"devices": []}},
        {"freshness": {"max_age": "6 weeks"}},
        {"cardinality": {"device": {"max": 4.5}}},
        {"version": 2},
    )
    for wrong in mistakes:
        assert not VALIDATOR.is_valid({**SMALL, **wrong}), wrong
    assert not VALIDATOR.is_valid({k: v for k, v in SMALL.items() if k != "events"})
