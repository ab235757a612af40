"""Who visits the generated shop, what does it sell, and how busy is each day? Drawn once; every stream shares it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

FIRST_DAY = date(2026, 6, 7)
LAST_DAY = date(2026, 10, 4)
REFERENCE_FROM = date(2026, 9, 7)
"""The last four weeks, Monday to Sunday, are tagged twice."""

DAYS = (LAST_DAY - FIRST_DAY).days + 1

MARKETS = (
    # country, currency, units of it for one euro, share of users
    ("DE", "EUR", 1.0, 0.34),
    ("FR", "EUR", 1.0, 0.16),
    ("NL", "EUR", 1.0, 0.09),
    ("AT", "EUR", 1.0, 0.07),
    ("GB", "GBP", 0.86, 0.15),
    ("CH", "CHF", 0.94, 0.07),
    ("PL", "PLN", 4.3, 0.06),
    ("SE", "SEK", 11.2, 0.06),
)
DEVICES = ("mobile", "desktop", "tablet")
CATEGORIES = ("shoes", "shirts", "trousers", "bags", "hats", "watches", "audio", "toys", "books", "garden")
LIFECYCLES = ("new", "returning", "loyal")
ITEMS = 800

_SESSIONS_A_DAY = 380.0
_WEEKDAY = np.array([0.97, 0.93, 0.94, 0.98, 1.02, 1.06, 1.10])  # Monday to Sunday
_SALE = (date(2026, 8, 17), date(2026, 8, 23), 1.22)


@dataclass(frozen=True, slots=True)
class World:
    """What does not change between two draws.

    Arrays over users: `market` and `lifecycle` (indices), `device` (the usual one), `granted`, `activity` (shares of
    all sessions, summing to 1). Arrays over items: `price` in euros, `category`, `popularity` (sums to 1).
    `visits`: sessions of each day.
    """

    market: NDArray[np.int64]
    lifecycle: NDArray[np.int64]
    device: NDArray[np.int64]
    granted: NDArray[np.bool_]
    activity: NDArray[np.float64]
    price: NDArray[np.float64]
    category: NDArray[np.int64]
    popularity: NDArray[np.float64]
    visits: NDArray[np.int64]


def draw_world(seed: int, scale: float) -> World:
    """The world of `seed`. `scale` multiplies traffic and the number of users alike: people are as busy as before.

    Activity is gamma with shape 0.6, so that counts vary more than Poisson; item prices are log-normal.
    """
    rng = np.random.default_rng([seed, 0])
    users = max(50, round(5_000 * scale))
    activity = rng.gamma(0.6, size=users) + 0.02
    shares = np.array([share for *_, share in MARKETS])
    lifecycle = np.digitize(activity, np.quantile(activity, [0.55, 0.9]))
    popularity = 1.0 / (np.arange(ITEMS) + 25.0)
    return World(
        market=rng.choice(len(MARKETS), users, p=shares / shares.sum()),
        lifecycle=lifecycle.astype(np.int64),
        device=rng.choice(len(DEVICES), users, p=[0.58, 0.36, 0.06]),
        granted=rng.random(users) < 0.87,
        activity=activity / activity.sum(),
        price=np.clip(np.exp(rng.normal(np.log(32.0), 0.7, ITEMS)), 2.0, 900.0),
        category=rng.integers(0, len(CATEGORIES), ITEMS),
        popularity=popularity / popularity.sum(),
        visits=rng.poisson(_busy(rng, scale)),
    )


def _busy(rng: np.random.Generator, scale: float) -> NDArray[np.float64]:
    """Expected sessions a day: weekday, season, slow growth, a week of sale, days that are simply better or worse."""
    day = np.arange(DAYS)
    weekday = _WEEKDAY[(FIRST_DAY.weekday() + day) % 7]
    season = 1.0 + 0.10 * np.cos(2 * np.pi * (day - 150) / 365.0)
    growth = 1.0 + 0.0012 * (day - DAYS / 2)
    dates = [FIRST_DAY + timedelta(int(d)) for d in day]
    sale = np.array([_SALE[2] if _SALE[0] <= d <= _SALE[1] else 1.0 for d in dates])
    luck = np.exp(rng.normal(0.0, 0.03, DAYS))
    return np.asarray(_SESSIONS_A_DAY * scale * weekday * season * growth * sale * luck)
