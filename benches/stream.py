"""A deterministic shop's clickstream as arrays of small codes, and the damage that makes its candidate.

The codes become text in workload.py. Keeping them as numbers here makes ten million rows fit in memory, and lets
truth.py count every defect exactly without reading a file.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from benches.expected import CATEGORIES, COUNTRIES, DEVICES, EVENTS, FUNNEL, REFERRERS

Array = npt.NDArray[Any]
Codes = dict[str, Array]
"""One array a column, all of the same length; names of columns as read by workload.py."""

PROFILES = 500_000
DAYS = 14
UNKNOWN_EVENT = len(EVENTS)
"""The code of an event that is in no vocabulary."""
DEFECTS = [
    "bad_currency",
    "unknown_event",
    "broken_user",
    "missing_required_key",
    "wrong_type",
    "malformed_json",
    "negative_price",
    "bad_url",
    "price_drift",
    "funnel_renamed",
    "duplicated_row",
]
"""Columns of `Codes` that say which rows carry which defect."""

DAY_MICROS = 86_400_000_000
EPOCH = int(np.datetime64("2025-01-01", "us").astype(np.int64))
"""Microseconds since 1970 at the first row's midnight."""
_DRIFT_FROM = EPOCH + 10 * DAY_MICROS
_RENAMED_FROM = EPOCH + 12 * DAY_MICROS

_COUNTRY_WEIGHTS = np.array([30, 10, 9, 8, 5, 5, 3, 2, 3, 6, 4, 5, 3, 4, 3], float)
_WEEK = np.array([1, 1.02, 1.0, 1.05, 1.15, 1.3, 1.25] * 2)
_CODE = {event: code for code, event in enumerate(EVENTS)}
_STEPS = [_CODE[step] for step in FUNNEL]
_PRICED = [*_STEPS, _CODE["add_payment_info"], _CODE["remove_from_cart"], _CODE["refund"]]
_WITH_QUANTITY = [_CODE[e] for e in ("add_to_cart", "begin_checkout", "purchase", "remove_from_cart")]


def profiles(rng: np.random.Generator) -> Codes:
    """The users: their number, country and age."""
    weights = _COUNTRY_WEIGHTS / _COUNTRY_WEIGHTS.sum()
    return {
        "user": np.arange(PROFILES, dtype=np.int32),
        "country": rng.choice(len(COUNTRIES), PROFILES, p=weights).astype(np.uint8),
        "age": rng.integers(18, 90, PROFILES, dtype=np.int32),
    }


def clean(rows: int, rng: np.random.Generator, country_of: Array) -> Codes:
    """`rows` events without a defect, in order of time; `country_of` is the profiles' countries."""
    lengths = _session_lengths(rows, rng)
    sessions = len(lengths)
    first = np.cumsum(lengths) - lengths
    session = np.repeat(np.arange(sessions, dtype=np.int32), lengths)
    position = (np.arange(rows) - np.repeat(first, lengths)).astype(np.int16)
    user = (PROFILES * rng.random(sessions) ** 1.7).astype(np.int32)[session]
    codes: Codes = {
        "ts": _times(position, lengths, first, rng),
        "user": user,
        "session": session,
        "country": country_of[user],
        "device": rng.choice(len(DEVICES), sessions, p=[0.62, 0.33, 0.05]).astype(np.uint8)[session],
        "event": _events(position, lengths, session, rng),
    }
    order = np.argsort(codes["ts"], kind="stable")
    codes = {name: column[order] for name, column in codes.items()}
    codes |= _details(codes["event"], rng)
    codes["row"] = np.arange(rows, dtype=np.int64)
    codes["source"] = codes["row"].copy()
    codes["shown"] = codes["event"].copy()
    codes |= {defect: np.zeros(rows, bool) for defect in DEFECTS}
    return codes


def _session_lengths(rows: int, rng: np.random.Generator) -> Array:
    """Lengths of sessions, geometric with mean 8 and at most 60, that add up to `rows`."""
    lengths = np.clip(rng.geometric(1 / 8, int(rows / 8 * 1.15) + 1000), 1, 60)
    ends = np.cumsum(lengths)
    last = int(np.searchsorted(ends, rows))
    lengths = lengths[: last + 1].copy()
    lengths[-1] -= int(ends[last]) - rows
    return lengths


def _times(position: Array, lengths: Array, first: Array, rng: np.random.Generator) -> Array:
    """Microseconds since 1970: busier weekends and evenings, 25 s between events of a session on average."""
    sessions, rows = len(lengths), len(position)
    day = rng.choice(DAYS, sessions, p=_WEEK / _WEEK.sum())
    second = (86_400 * np.clip(rng.beta(2.6, 2.0, sessions), 0, 0.9999)).astype(np.int64)
    start = EPOCH + (day * 86_400 + second) * 1_000_000
    gap = rng.exponential(25.0, rows) * 1e6
    gap[position == 0] = 0
    elapsed = np.cumsum(gap, out=gap)
    elapsed -= np.repeat(elapsed[first], lengths)
    # The jitter below a millisecond keeps two events of a session from sharing a time by rounding.
    return np.repeat(start, lengths) + elapsed.astype(np.int64) + rng.integers(0, 1000, rows)


def _events(position: Array, lengths: Array, session: Array, rng: np.random.Generator) -> Array:
    """Event codes: browsing at random, and the steps of the funnel at a session's end, as deep as it goes."""
    length = lengths.astype(np.int16)[session]
    depth = rng.choice(5, len(lengths), p=[0.28, 0.40, 0.16, 0.08, 0.08]).astype(np.int16)[session]
    depth = np.minimum(depth, np.maximum(length - 2, 0))
    draw = rng.random(len(position))
    event = np.full(len(position), _CODE["page_view"], np.uint8)
    event[draw < 0.10] = _CODE["search"]
    event[(draw >= 0.10) & (draw < 0.30) & (depth >= 1)] = _CODE["view_item"]
    event[(draw >= 0.95) & (draw < 0.965) & (depth >= 2)] = _CODE["remove_from_cart"]
    event[(draw >= 0.975) & (draw < 0.985)] = _CODE["login"]
    event[(draw >= 0.985) & (draw < 0.99)] = _CODE["sign_up"]
    event[draw >= 0.999] = _CODE["refund"]
    event[position == 0] = _CODE["session_start"]
    event[position == 1] = _CODE["page_view"]
    step = depth - (length - position)  # 0 at the funnel's first step of this session
    placed = (step >= 0) & (position >= 2)
    event[placed] = np.array(_STEPS, np.uint8)[step[placed]]
    return event


def _details(event: Array, rng: np.random.Generator) -> Codes:
    """What goes into price, quantity, page_url and properties. A price that an event does not have is NaN."""
    rows = len(event)
    price = np.clip(np.round(np.exp(rng.normal(3.4, 0.75, rows)), 2), 0.5, 5000)
    price[~np.isin(event, _PRICED)] = np.nan
    quantity = rng.geometric(0.7, rows).astype(np.int32)
    quantity[~np.isin(event, _WITH_QUANTITY)] = 0
    return {
        "price": price,
        "quantity": quantity,
        "item": rng.integers(0, 20_000, rows, dtype=np.int16),
        "category": rng.integers(0, len(CATEGORIES), rows, dtype=np.uint8),
        "page": rng.integers(0, 5000, rows, dtype=np.int16),
        "referrer": rng.integers(0, len(REFERRERS), rows, dtype=np.uint8),
        "scroll": rng.integers(0, 101, rows, dtype=np.uint8),
        "coupon": rng.random(rows) < 0.12,
        "variant": rng.integers(0, 4, rows, dtype=np.uint8),
    }


def damage(codes: Codes, rng: np.random.Generator) -> None:
    """Inject every defect into `codes`, in place. Afterwards the columns of DEFECTS say what each row carries."""
    rows = len(codes["row"])

    def some(share: float) -> Array:
        chosen = np.zeros(rows, bool)
        chosen[rng.choice(rows, max(1, int(rows * share)), replace=False)] = True
        return chosen

    codes["bad_currency"] = some(0.0005)
    codes["unknown_event"] = some(0.0003)
    codes["broken_user"] = some(0.0004)
    codes["missing_required_key"] = some(0.0006)
    codes["wrong_type"] = some(0.0002)
    codes["malformed_json"] = some(0.00005)
    # A payload that is cut short no longer shows its other defects.
    codes["missing_required_key"] &= ~codes["malformed_json"]
    codes["wrong_type"] &= ~codes["malformed_json"]
    priced = ~np.isnan(codes["price"])
    codes["negative_price"] = some(0.0001) & priced
    codes["bad_url"] = some(0.0001)
    codes["price_drift"] = priced & (codes["ts"] >= _DRIFT_FROM)
    checkout = (codes["event"] == _CODE["begin_checkout"]) & ~codes["unknown_event"]
    codes["funnel_renamed"] = checkout & (codes["ts"] >= _RENAMED_FROM) & (rng.random(rows) < 0.6)

    codes["price"][codes["negative_price"]] *= -1
    drifted = codes["price_drift"]
    codes["price"][drifted] = np.round(codes["price"][drifted] * 1.08, 2)
    codes["shown"][codes["unknown_event"]] = UNKNOWN_EVENT
    codes["shown"][codes["funnel_renamed"]] = _CODE["purchase"]
    _duplicate(codes, np.flatnonzero(some(0.001)))


def _duplicate(codes: Codes, at: Array) -> None:
    """Overwrite the rows `at` by copies of the rows before them, under their own event ids."""
    at = at[at > 0]
    for name, column in codes.items():
        if name != "row":
            column[at] = column[at - 1]
    codes["duplicated_row"][at] = True
