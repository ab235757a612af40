"""What is right in the benchmark's clickstream: vocabularies, payload schemas, patterns, tolerances, findings.

Standard library only, because every peer reads it from an environment of its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

COUNTRIES = ["US", "GB", "DE", "FR", "ES", "IT", "NL", "SE", "PL", "BR", "MX", "CA", "AU", "JP", "IN"]
CURRENCY_OF = {
    **dict.fromkeys(["DE", "FR", "ES", "IT", "NL"], "EUR"),
    **{"US": "USD", "GB": "GBP", "SE": "SEK", "PL": "PLN", "BR": "BRL", "MX": "MXN"},
    **{"CA": "CAD", "AU": "AUD", "JP": "JPY", "IN": "INR"},
}
CURRENCIES = sorted(set(CURRENCY_OF.values()))
DEVICES = ["mobile", "desktop", "tablet"]
REFERRERS = ["google", "direct", "facebook", "email", "tiktok", "affiliate"]
CATEGORIES = ["shoes", "shirts", "pants", "bags", "hats", "watches", "audio", "phones", "toys", "books"]
EVENTS = [
    "session_start",
    "page_view",
    "search",
    "view_item",
    "add_to_cart",
    "begin_checkout",
    "add_payment_info",
    "purchase",
    "remove_from_cart",
    "sign_up",
    "login",
    "refund",
]
FUNNEL = ["view_item", "add_to_cart", "begin_checkout", "purchase"]
COLUMNS = [
    "event_id",
    "ts",
    "user_id",
    "session_id",
    "event_name",
    "country",
    "currency",
    "price",
    "quantity",
    "device",
    "page_url",
    "properties",
]
SIGNATURE = ["session_id", "ts", "event_name"]
"""Two rows that agree on these are one event that was sent twice."""

SMALLEST = 10_000
"""Rows of the smallest workload; with fewer, the rarer defects are not there."""
EVENT_ID_PATTERN = r"^e[0-9]{12}$"
USER_ID_PATTERN = r"^u[0-9]{7}$"
PAGE_URL_PATTERN = r"^https://shop\.example\.com/"
PRICE_MAX = 10_000
QUANTITY_MAX = 100

COUNT_TOLERANCE = 0.25
"""How far an event's count of a day may be from the baseline's, as a share of the baseline's."""
COUNT_FLOOR = 200
"""Event-days with fewer rows than this on both sides are not compared."""
KS_TOLERANCE = 0.01
"""Largest Kolmogorov-Smirnov distance of the prices (the injected drift measures 0.012)."""
PSI_TOLERANCE = 0.1
"""Largest population stability index of a column of categories."""
CATEGORICAL = ["event_name", "country", "currency", "device"]


def _payload(required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema (draft 7) of one kind of payload: what all payloads have, and these properties."""
    context = {
        "type": "object",
        "required": ["referrer", "scroll", "ab"],
        "additionalProperties": False,
        "properties": {
            "referrer": {"enum": REFERRERS},
            "scroll": {"type": "integer", "minimum": 0, "maximum": 100},
            "ab": {"type": "string", "pattern": "^v[0-9]$"},
        },
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "required": ["schema_version", "ctx", *required],
        "additionalProperties": False,
        "properties": {"schema_version": {"const": 2}, "ctx": context, **properties},
    }


_TEXT = {"type": "string"}
_ITEM = {"item_id": {"type": "string", "pattern": "^SKU-[0-9]+$"}, "category": _TEXT}
_COUPON = {"coupon": {"type": ["string", "null"]}}
_COUNT = {"type": "integer", "minimum": 0}
_COMMERCE = _payload(
    ["item_id", "category", "brand", "discount", "coupon"],
    {**_ITEM, **_COUPON, "brand": _TEXT, "discount": {"type": "number", "minimum": 0, "maximum": 1}},
)
_ORDER = _payload(
    ["transaction_id", "item_id", "category", "value", "tax"],
    {
        **_ITEM,
        **_COUPON,
        "transaction_id": {"type": "string", "pattern": "^T[0-9]+$"},
        "value": {"type": "number"},
        "tax": {"type": "number"},
    },
)
_PAGE = _payload(["title", "load_ms"], {"title": _TEXT, "load_ms": _COUNT})
_SEARCH = _payload(["query", "results"], {"query": _TEXT, "results": _COUNT})
_BARE = _payload([], {})

COMMERCE_EVENTS = ["view_item", "add_to_cart", "begin_checkout", "add_payment_info", "remove_from_cart"]
ORDER_EVENTS = ["purchase", "refund"]
SCHEMAS: dict[str, dict[str, Any]] = {
    **dict.fromkeys(COMMERCE_EVENTS, _COMMERCE),
    **dict.fromkeys(ORDER_EVENTS, _ORDER),
    "page_view": _PAGE,
    "search": _SEARCH,
    **dict.fromkeys(["session_start", "sign_up", "login"], _BARE),
}
"""The payload schema of each event."""


class Finding(NamedTuple):
    """Something a complete check must find in the candidate: its family, what is counted, and what it says."""

    family: str
    unit: str
    meaning: str


FINDINGS = {
    "payload_invalid": Finding("schema", "rows", "the payload does not fit the schema of its event"),
    "event_unknown": Finding("fields", "rows", "the event is not in the vocabulary"),
    "currency_unknown": Finding("fields", "rows", "the currency is not in the vocabulary"),
    "price_out_of_range": Finding("fields", "rows", "the price is below 0"),
    "user_malformed": Finding("fields", "rows", "the user id does not match its pattern"),
    "url_malformed": Finding("fields", "rows", "the page URL does not match its pattern"),
    "counts_off": Finding("counts", "event-days", "the count is not within 25% of the baseline's"),
    "price_drift": Finding("drift", "columns", "the prices moved: KS distance above 0.01"),
    "user_missing": Finding("integrity", "rows", "the user is not among the profiles"),
    "funnel_grows": Finding("funnel", "days", "more users at a later step than at the one before"),
    "funnel_disordered": Finding("funnel", "sessions", "an item went into the cart before any was viewed"),
    "duplicates": Finding("duplicates", "rows", "session, time and event repeat an earlier row"),
    "golden_differs": Finding("golden", "cases", "the row is not the golden case"),
}
