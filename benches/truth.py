"""What a complete check must find in the candidate: every finding's exact count, worked out from the codes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from benches.expected import COUNT_FLOOR, COUNT_TOLERANCE, EVENTS, FINDINGS, FUNNEL, KS_TOLERANCE
from benches.stream import DAY_MICROS, DEFECTS, EPOCH, PROFILES, UNKNOWN_EVENT, Array, Codes

_STEPS = [EVENTS.index(step) for step in FUNNEL]
_PAYLOAD_DEFECTS = ["missing_required_key", "wrong_type", "malformed_json", "funnel_renamed"]
_FINDING_OF = {
    "bad_currency": ["currency_unknown"],
    "unknown_event": ["event_unknown"],
    "broken_user": ["user_malformed", "user_missing"],
    "missing_required_key": ["payload_invalid"],
    "wrong_type": ["payload_invalid"],
    "malformed_json": ["payload_invalid"],
    "negative_price": ["price_out_of_range"],
    "bad_url": ["url_malformed"],
    "price_drift": ["price_drift"],
    "funnel_renamed": ["funnel_grows", "counts_off", "payload_invalid"],
    "duplicated_row": ["duplicates"],
}


class Baseline(NamedTuple):
    """What the comparison with the baseline needs: rows by event and day, and its prices in order."""

    counts: Array
    prices: Array


def baseline(codes: Codes) -> Baseline:
    """What to keep of the baseline once its codes are gone."""
    return Baseline(_counts(codes), _prices(codes))


def injected(codes: Codes) -> dict[str, dict[str, object]]:
    """By defect: the rows of the candidate that carry it, and the findings that show it."""
    return {name: {"rows": int(codes[name].sum()), "findings": _FINDING_OF[name]} for name in DEFECTS}


def findings(codes: Codes, before: Baseline, golden: Array) -> dict[str, dict[str, object]]:
    """By finding: family, unit and the exact count in the candidate. `golden`: the rows of the golden cases."""
    payload = np.logical_or.reduce([codes[defect] for defect in _PAYLOAD_DEFECTS])
    broken_users = int(codes["broken_user"].sum())
    counts = {
        # An event outside the vocabulary has no schema to be held against.
        "payload_invalid": int((payload & ~codes["unknown_event"]).sum()),
        "event_unknown": int(codes["unknown_event"].sum()),
        "currency_unknown": int(codes["bad_currency"].sum()),
        "price_out_of_range": int((codes["price"] < 0).sum()),
        "user_malformed": broken_users,
        "url_malformed": int(codes["bad_url"].sum()),
        "counts_off": _counts_off(before.counts, _counts(codes)),
        "price_drift": int(ks(before.prices, _prices(codes)) > KS_TOLERANCE),
        "user_missing": broken_users,
        "funnel_grows": _days_where_funnel_grows(codes),
        "funnel_disordered": _sessions_out_of_order(codes),
        "duplicates": _repeats(codes),
        "golden_differs": int(np.logical_or.reduce([codes[defect][golden] for defect in DEFECTS]).sum()),
    }
    return {
        name: {"family": finding.family, "unit": finding.unit, "count": counts[name]}
        for name, finding in FINDINGS.items()
    }


def ks(a: Array, b: Array) -> float:
    """The Kolmogorov-Smirnov distance of two sorted samples."""
    grid = np.concatenate([a, b])
    below = [np.searchsorted(sample, grid, side="right") / len(sample) for sample in (a, b)]
    return float(np.abs(below[0] - below[1]).max())


def _prices(codes: Codes) -> Array:
    return np.sort(codes["price"][~np.isnan(codes["price"])])


def _day(codes: Codes) -> Array:
    return (codes["ts"] - EPOCH) // DAY_MICROS


def _counts(codes: Codes) -> Array:
    """Rows by event (with the unknown one) and day: an array of two dimensions. Sessions may end on day 15."""
    cell = _day(codes) * (UNKNOWN_EVENT + 1) + codes["shown"]
    return np.bincount(cell, minlength=16 * (UNKNOWN_EVENT + 1)).reshape(16, -1)


def _counts_off(before: Array, after: Array) -> int:
    enough = np.maximum(before, after) >= COUNT_FLOOR
    return int((enough & (np.abs(after / np.maximum(before, 1) - 1) > COUNT_TOLERANCE)).sum())


def _days_where_funnel_grows(codes: Codes) -> int:
    """Days on which some step of the funnel has more users than the step before it."""
    # A broken user id is made from the row that it was first written on, so each is a user of its own.
    user = np.where(codes["broken_user"], PROFILES + codes["source"], codes["user"])
    most = PROFILES + len(user)
    user_day = _day(codes) * most + user
    users = np.zeros((16, len(_STEPS)), np.int64)
    for column, step in enumerate(_STEPS):
        users[:, column] = np.bincount(np.unique(user_day[codes["shown"] == step]) // most, minlength=16)
    return int((np.diff(users, axis=1) > 0).any(axis=1).sum())


def _sessions_out_of_order(codes: Codes) -> int:
    """Sessions with an add_to_cart and no view_item at the same time or before. Rows are in order of time."""
    firsts = []
    for step in _STEPS[:2]:
        rows = np.flatnonzero(codes["shown"] == step)
        sessions, first = np.unique(codes["session"][rows], return_index=True)
        firsts.append(dict(zip(sessions.tolist(), codes["ts"][rows[first]].tolist(), strict=True)))
    viewed, carted = firsts
    return sum(viewed.get(session, time + 1) > time for session, time in carted.items())


def _repeats(codes: Codes) -> int:
    """Rows whose session, time and event an earlier row has. Such rows share a time, so few need a closer look."""
    ts = codes["ts"]
    same = np.flatnonzero(ts[1:] == ts[:-1])
    rows = np.union1d(same, same + 1)
    signatures = np.stack([codes[name][rows] for name in ("session", "ts", "shown")])
    return len(rows) - int(np.unique(signatures, axis=1).shape[1])
