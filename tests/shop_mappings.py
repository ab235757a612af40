"""Which mapping of the thin real shop is right, and what do three worse ones look like?"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from cleanroom.core.change import MappedName, Mapping

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "examples" / "ga4-thin"
EVENTS = ROOT.parent / "shared" / "data" / "shop" / "events_2024-01_02.csv.gz"
"""2,711 real events; not part of the project."""

ABSENT = f"the real data is not here: {EVENTS}"


def by_hand() -> Mapping:
    """The right one, as a person made it."""
    document = json.loads((PROJECT / "mapping-by-hand.json").read_text(encoding="utf-8"))
    return Mapping(tuple(MappedName(m["legacy"], m["target"], m["reason"]) for m in document["events"]))


def invented_target() -> Mapping:
    """promo_page goes to an event that the plan does not have: family `mapping` fails."""
    return _with({"promo_page": "promotion_page_view"})


def swapped() -> Mapping:
    """The cart page is counted as a purchase and the other way round: family `funnels` fails (and `golden`)."""
    return _with({"purchase": "view_cart", "cart": "purchase"})


def left_out() -> Mapping:
    """Says nothing of search and filter_results, 21% of the rows: family `mapping` fails (its coverage)."""
    return Mapping(tuple(m for m in by_hand().events if m.legacy not in ("search", "filter_results")))


WORSE = {
    "invented_target": (invented_target, "mapping"),
    "swapped": (swapped, "funnels"),
    "left_out": (left_out, "mapping"),
}
"""Each worse mapping with the family that must fail."""


def _with(targets: dict[str, str]) -> Mapping:
    return Mapping(tuple(replace(m, target=targets.get(m.legacy, m.target)) for m in by_hand().events))
