"""The benchmark's workload as a contract of ours, and a verdict as the harness's findings."""

from __future__ import annotations

import json
from pathlib import Path

from benches import expected as e

from cleanroom.core.check import Verdict
from cleanroom.core.contract import (
    Contract,
    Event,
    Field,
    Funnel,
    Plan,
    Reference,
    Roles,
    Tolerances,
    Unique,
    Vocabulary,
)
from cleanroom.core.golden import GoldenCase

_CHECK = {
    "event_unknown": ("fields.values(event_name)", "broken"),
    "currency_unknown": ("fields.values(currency)", "broken"),
    "price_out_of_range": ("fields.range(price)", "broken"),
    "user_malformed": ("fields.pattern(user_id)", "broken"),
    "url_malformed": ("fields.pattern(page_url)", "broken"),
    "user_missing": ("references.exists(user_id,profiles.parquet)", "orphans"),
    "funnel_grows": ("funnels.shape(buying)", "growing_days"),
    "funnel_disordered": ("funnels.order(buying)", "skipped/add_to_cart"),
    "duplicates": ("duplicates.signature", "repeated"),
    "golden_differs": ("golden.rows(event_id)", "wrong"),
}
"""Which figure of which check counts a finding."""


def contract() -> Contract:
    """What is right in the workload."""
    plan = Plan(
        name="benchmark",
        roles=Roles("event_name", "ts", "user_id", "session_id", "event_id", "properties", "device"),
        events=tuple(Event(name, "bench", name) for name in e.EVENTS),
        columns=_columns(),
        vocabularies=(
            Vocabulary("countries", tuple(e.COUNTRIES)),
            Vocabulary("currencies", tuple(e.CURRENCIES)),
            Vocabulary("devices", tuple(e.DEVICES)),
        ),
        funnels=(Funnel("buying", tuple(e.FUNNEL), "session", max_skips=0.0005),),
        keys=(Unique(("event_id",)),),
        references=(Reference("user_id", "profiles.parquet", "user_id"),),
        tolerances=Tolerances(
            counts=e.COUNT_TOLERANCE, psi=e.PSI_TOLERANCE, ks=e.KS_TOLERANCE, min_count=e.COUNT_FLOOR
        ),
    )
    return Contract(plan, tuple((name, json.dumps(schema)) for name, schema in e.SCHEMAS.items()))


def _columns() -> tuple[Field, ...]:
    return (
        Field("event_id", required=True, pattern=e.EVENT_ID_PATTERN.strip("^$")),
        Field("user_id", required=True, pattern=e.USER_ID_PATTERN.strip("^$")),
        Field("session_id", required=True),
        Field("country", vocabulary="countries"),
        Field("currency", vocabulary="currencies"),
        Field("device", vocabulary="devices"),
        Field("price", "number", min=0, max=e.PRICE_MAX),
        Field("quantity", "integer", min=0, max=e.QUANTITY_MAX, drift=False),
        Field("page_url", pattern=e.PAGE_URL_PATTERN.lstrip("^") + ".*"),
    )


def golden(file: Path) -> tuple[GoldenCase, ...]:
    """The cases of the workload."""
    cases = []
    for line in file.read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        cases.append(GoldenCase(case["id"], expect=tuple(case["expect"].items()), key=tuple(case["key"].items())))
    return tuple(cases)


def found(verdict: Verdict) -> dict[str, int]:
    """The harness's findings, counted as our results count them."""
    figures = {r.check: dict(r.figures) for r in verdict.results}
    out = {name: int(figures[check].get(figure, 0)) for name, (check, figure) in _CHECK.items() if check in figures}
    failing = [r for r in verdict.results if r.outcome.value == "FAIL"]
    payloads = (dict(r.figures).get("broken", 0) for r in failing if r.check.startswith("schema.payload"))
    out["payload_invalid"] = int(sum(payloads))
    out["counts_off"] = sum(r.check.startswith("counts.event") for r in failing)
    out["price_drift"] = sum(r.check == "drift.numbers(price)" for r in failing)
    return out
