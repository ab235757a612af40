"""A small made-up shop in plain rows, its plan, and the battery run over it by the reference engine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import numpy as np

from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs
from cleanroom.adapters.memory.measures import measure
from cleanroom.core.base import Digest, Instant
from cleanroom.core.battery import battery, decide
from cleanroom.core.change import Mapping as EventMapping
from cleanroom.core.check import CheckResult, Outcome, Verdict
from cleanroom.core.contract import (
    Cardinality,
    Consent,
    Contract,
    Event,
    Field,
    Freshness,
    Funnel,
    Plan,
    Ratio,
    Reference,
    Roles,
    Stitch,
    Tolerances,
    Unique,
    Vocabulary,
)
from cleanroom.core.golden import GoldenCase
from cleanroom.core.measure import Measure, Seen, Side, Unseen, needed
from cleanroom.core.states import AnyState

Row = dict[str, Any]

START = datetime(2026, 1, 5)  # noqa: DTZ001 - a column without a time zone
NOW = Instant("2026-01-19T02:00:00.000000Z")
DAYS = 14
STEPS = ("view_item", "add_to_cart", "purchase")

PLAN = Plan(
    name="sample",
    roles=Roles("event", "ts", user="user", session="session", id="id", payload="payload", segment="device"),
    columns=(
        Field("device", required=True, vocabulary="devices"),
        Field("country", required=True, vocabulary="iso-3166-1-alpha-2"),
        Field("user", required=True, pattern="u[0-9]+"),
        Field("price", type="number", min=0, max=10_000),
        Field("consent", values=("granted", "denied")),
    ),
    events=(
        Event("view_item", "web@shop", "Seen.", (Field("price", type="number", required=True),)),
        Event("add_to_cart", "web@shop", "Put into the cart."),
        Event(
            "purchase",
            "pay@shop",
            "Paid.",
            (Field("value", type="number", min=0, required=True), Field("coupon")),
            consent=True,
        ),
    ),
    vocabularies=(Vocabulary("devices", ("mobile", "desktop")),),
    consent=Consent("consent", ("granted",)),
    ratios=(Ratio("conversion", "purchase", "view_item", 0.05, 0.6),),
    funnels=(Funnel("buying", STEPS),),
    keys=(Unique(("id",)),),
    references=(Reference("user", "profiles", "user"),),
    stitching=(Stitch("session", "user"),),
    freshness=Freshness(6 * 3600),
    cardinality=(Cardinality("device", 2),),
    tolerances=Tolerances(counts=0.4, ratios=0.5, ks=0.2, psi=0.25, js=0.2, min_count=50),
)
CONTRACT = Contract(PLAN)


def clicks(seed: int, sessions: int = 900) -> list[Row]:
    """Sessions spread over the days, with a weekday effect; each views, some put into the cart, some of those pay."""
    chance = np.random.default_rng(seed)
    weights = np.array([1.0, 1.0, 1.0, 1.1, 1.2, 1.5, 1.4] * 2)[:DAYS]
    out: list[Row] = []
    for s in range(sessions):
        day = int(chance.choice(DAYS, p=weights / weights.sum()))
        at = START + timedelta(days=day, seconds=int(chance.integers(0, 80_000)))
        depth = int(chance.choice(3, p=[0.4, 0.3, 0.3]))
        user = int(chance.integers(0, 300))
        common = {
            "user": f"u{user}",
            "session": f"s{seed}-{s}",
            "device": "mobile" if chance.random() < 0.6 else "desktop",
            "country": ("DE", "FR", "US")[int(chance.choice(3, p=[0.5, 0.3, 0.2]))],
        }
        for i in range(depth + 1):
            price = round(float(chance.lognormal(3.0, 0.7)), 2)
            out.append(
                {
                    "id": f"{seed}-{s}-{i}",
                    "event": STEPS[i],
                    "ts": at + timedelta(seconds=30 * i),
                    **common,
                    "price": price,
                    "consent": "granted" if i == 2 or s % 3 else "denied",
                    "payload": json.dumps({"value": price, "coupon": None}) if i == 2 else None,
                }
            )
    last = START + timedelta(days=DAYS, hours=-1)
    out.append({**out[0], "id": f"{seed}-last", "session": f"s{seed}-last", "event": "view_item", "ts": last})
    return out


PROFILES = [{"user": f"u{i}"} for i in range(300)]
BASELINE = clicks(1)
CLEAN = clicks(2)


def run(
    rows: Sequence[Row],
    *,
    contract: Contract = CONTRACT,
    baseline: Sequence[Row] | None = BASELINE,
    mapping: EventMapping | None = None,
    golden: Sequence[GoldenCase] = (),
    sides: Mapping[Side, Sequence[Row]] | None = None,
    now: Instant | None = NOW,
    twice: tuple[Digest, Digest] | None = None,
    columns: frozenset[str] | None = None,
    only: tuple[str, ...] = (),
) -> Verdict:
    """The battery's verdict on `rows`, as the reference engine measures them; `only` keeps some families."""
    columns = frozenset(name for row in rows for name in row) if columns is None else columns
    checks = battery(
        contract,
        columns,
        mapping=mapping,
        golden=golden,
        has_baseline=baseline is not None,
        now=now,
        twice=twice,
    )
    assert len({c.name for c in checks}) == len(checks), "names are unique"
    checks = tuple(c for c in checks if not only or c.family in only)
    every: dict[Side, Sequence[Row]] = {"candidate": rows, **(sides or {})}
    if baseline is not None:
        every["baseline"] = baseline
    states = {m: _state(m, every.get(m.side)) for m in needed(c.needs() for c in checks)}
    return decide(checks, Seen(states), contract.plan)


_SAME = {id(BASELINE): "baseline", id(CLEAN): "clean"}
_MEASURED: dict[tuple[str, Measure], AnyState | Unseen] = {}


def _state(m: Measure, rows: Sequence[Row] | None) -> AnyState | Unseen:
    """One measure's answer; those of the samples that never change are kept."""
    at = (_SAME.get(id(rows), ""), m)
    if at not in _MEASURED or not at[0]:
        sides: dict[Side, Sequence[Row]] = {} if rows is None else {m.side: rows}
        seen: Seen[Any] = measure(sides, [m], references={"profiles": PROFILES}, validator=JsonSchemaRs())
        try:
            _MEASURED[at] = cast("AnyState", seen[m])
        except Unseen as why:
            _MEASURED[at] = why
    return _MEASURED[at]


def named(verdict: Verdict, check: str) -> CheckResult:
    """The result of one check."""
    return next(r for r in verdict.results if r.check == check)


def failing(verdict: Verdict) -> set[str]:
    """The names of the checks that FAIL."""
    return {r.check for r in verdict.results if r.outcome is Outcome.FAIL}


def changed(rows: Sequence[Row], change: Callable[[Row], Mapping[str, Any]], where: Callable[[Row], bool]) -> list[Row]:
    """The rows with some of them changed."""
    return [{**r, **change(r)} if where(r) else r for r in rows]


def every(n: int) -> Callable[[Row], bool]:
    """True for each n-th row it is asked about."""
    asked = 0

    def ask(_: Row) -> bool:
        nonlocal asked
        asked += 1
        return asked % n == 0

    return ask


def planned(**changes: Any) -> Contract:
    """The sample's contract with some of the plan's fields changed."""
    return Contract(replace(PLAN, **changes))
