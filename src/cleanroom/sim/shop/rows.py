"""What does one stream of the generated shop record? Walks become rows: ids, times, people, prices, JSON payloads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.change import NONE
from cleanroom.sim.shop.taxonomy import CONSENT_NEEDED, LEGACY_NAMES, TRUTH
from cleanroom.sim.shop.walk import STATES, Walk, walk
from cleanroom.sim.shop.world import CATEGORIES, DAYS, DEVICES, FIRST_DAY, ITEMS, MARKETS, World

Texts = NDArray[np.object_]
Columns = dict[str, NDArray[np.generic]]

_PRICED = ("prod_view", "wish_add", "basket_add", "basket_rm")
_WORTH = ("basket", "chk_start", "chk_pay", "order_ok")
_HOURS = np.array([3, 2, 1, 1, 1, 2, 4, 7, 9, 10, 11, 12, 13, 12, 11, 11, 12, 14, 17, 20, 22, 20, 13, 7], float)
_DAY_SECONDS = 86_400
_WORDS = ("red", "blue", "cheap", "leather", "small", "summer", "gift", "vintage")
_REFERRERS = ("google", "direct", "newsletter", "instagram")


def stream(world: World, rng: np.random.Generator, prefix: str, since: date = FIRST_DAY) -> Columns:
    """All rows from `since` to the last day under the legacy taxonomy, ordered in time.

    `prefix` begins every event and session id, so that no two streams share one.
    """
    first = (since - FIRST_DAY).days
    days = np.repeat(np.arange(first, DAYS), world.visits[first:])
    users = np.searchsorted(np.cumsum(world.activity), rng.random(len(days)), side="right")
    users = np.minimum(users, len(world.activity) - 1)
    other = rng.integers(0, len(DEVICES), len(days))
    device = np.where(rng.random(len(days)) < 0.88, world.device[users], other)
    steps = walk(rng, world, device)
    at = _times(rng, days, steps.session)
    names = np.array([*LEGACY_NAMES, "signin"], object)[steps.state]
    recorded = world.granted[users[steps.session]] | ~np.isin(steps.state, [STATES.index(n) for n in CONSENT_NEEDED])
    order = np.flatnonzero(recorded)
    order = order[np.argsort(at[order], kind="stable")]
    who, session = users[steps.session], steps.session
    columns: Columns = {
        "ts": (np.datetime64(FIRST_DAY, "us") + at)[order],
        "event": names[order],
        "user_id": user_ids(len(world.market))[who[order]],
        "session_id": _ids(f"{prefix}s", len(days))[session[order]],
        "device": np.array(DEVICES, object)[device[session[order]]],
        **_people(world, who[order]),
        **_prices(world, steps, who, order),
        "payload": _payloads(rng, world, steps)[order],
    }
    return {"event_id": _ids(f"{prefix}e", len(order)), **columns}


def retagged(columns: Columns) -> Columns:
    """The same rows as a correct tagging under the new taxonomy records them."""
    target = {m.legacy: m.target for m in TRUTH.events}
    names = np.array([target[str(name)] for name in columns["event"]], object)
    kept = names != NONE
    return {name: (names if name == "event" else column)[kept] for name, column in columns.items()}


def user_ids(count: int) -> Texts:
    """u000000, u000001, ...: the first digit stays 0."""
    return _ids("u", count, 6)


def _ids(prefix: str, count: int, width: int = 8) -> Texts:
    return np.array([f"{prefix}{i:0{width}d}" for i in range(count)], object)


def _times(rng: np.random.Generator, days: NDArray[np.int64], session: NDArray[np.int64]) -> NDArray[np.timedelta64]:
    """Microseconds since the first day. At least a second apart within a session, which ends on the day it began."""
    gap = np.maximum(1.0, np.exp(rng.normal(np.log(22.0), 0.9, len(session))))
    first = np.flatnonzero(np.diff(session, prepend=-1))
    run = np.cumsum(gap)
    since = run - np.repeat(run[first], np.diff(first, append=len(session)))
    last = since[np.append(first[1:], len(session)) - 1]
    hour = np.searchsorted(np.cumsum(_HOURS / _HOURS.sum()), rng.random(len(days)), side="right")
    start = np.minimum(np.minimum(hour, 23) * 3600 + rng.random(len(days)) * 3600, _DAY_SECONDS - 2 - last)
    seconds = (days * _DAY_SECONDS + start)[session] + since
    return np.asarray((np.round(seconds * 1000) * 1000).astype("timedelta64[us]"))


def _people(world: World, who: NDArray[np.int64]) -> Columns:
    market = world.market[who]
    return {
        "country": np.array([m[0] for m in MARKETS], object)[market],
        "currency": np.array([m[1] for m in MARKETS], object)[market],
        "consent": np.where(world.granted[who], np.array("granted", object), np.array("denied", object)),
    }


def _prices(world: World, steps: Walk, who: NDArray[np.int64], order: NDArray[np.int64]) -> Columns:
    """`price` of the item and `value` of the basket, in the visitor's currency; NaN (null) where there is none."""
    rate = np.array([m[2] for m in MARKETS])[world.market[who]]
    priced = np.isin(steps.state, [STATES.index(n) for n in _PRICED])
    worth = np.isin(steps.state, [STATES.index(n) for n in _WORTH])
    price = np.where(priced, np.round(world.price[steps.item] * rate, 2), np.nan)
    value = np.where(worth, np.round(steps.value * rate, 2), np.nan)
    return {"price": price[order], "value": value[order]}


def _payloads(rng: np.random.Generator, world: World, steps: Walk) -> Texts:
    """A JSON object a step: what the page knew."""
    count = len(steps.state)
    payload = np.full(count, "{}", object)
    dice = rng.permutation(count)  # no number twice: orders take theirs from it
    category = [CATEGORIES[c] for c in world.category]
    items = [f'"item_id":"P-{i:04d}","category":"{category[i]}"' for i in range(ITEMS)]
    methods = ("card", "paypal", "invoice")

    def coupon(die: int) -> str:
        return '"WELCOME10"' if die % 9 == 0 else "null"

    writers: dict[str, Callable[[int, int, int], str]] = {
        "home": lambda _, __, die: f'{{"page":"/","referrer":"{_REFERRERS[die % 4]}"}}',
        "cat_list": lambda _, __, die: f'{{"list":"{CATEGORIES[die % 10]}","page":{1 + die % 7 // 4},"shown":24}}',
        "srch": lambda _, __, die: (
            f'{{"search_term":"{_WORDS[die % 8]} {CATEGORIES[die // 8 % 10]}","results":{die % 60}}}'
        ),
        "promo_hit": lambda _, __, die: f'{{"promotion_id":"SEASON-{die % 6}","slot":"top_{die % 3}"}}',
        "prod_view": lambda item, _, __: f"{{{items[item]}}}",
        "wish_add": lambda item, _, __: f"{{{items[item]}}}",
        "basket_add": lambda item, _, __: f'{{{items[item]},"quantity":1}}',
        "basket_rm": lambda item, _, __: f'{{{items[item]},"quantity":1}}',
        "basket": lambda _, n, __: f'{{"items":{n}}}',
        "chk_start": lambda _, n, die: f'{{"items":{n},"coupon":{coupon(die)}}}',
        "chk_pay": lambda _, n, die: f'{{"items":{n},"method":"{methods[die % 3]}"}}',
        "order_ok": lambda _, n, die: f'{{"transaction_id":"T-{die:07d}","items":{n},"coupon":{coupon(die)}}}',
        "signin": lambda _, __, die: f'{{"method":"{("email", "google")[die % 2]}"}}',
        "signin_at_checkout": lambda _, __, die: f'{{"method":"{("email", "google")[die % 2]}"}}',
        "dbg_ping": lambda _, __, die: f'{{"build":"4.{die % 30}","ok":true}}',
    }
    for index, name in enumerate(STATES):
        where = np.flatnonzero(steps.state == index)
        facts = zip(steps.item[where].tolist(), steps.basket[where].tolist(), dice[where].tolist(), strict=True)
        payload[where] = [writers[name](item, n, die) for item, n, die in facts]
    return payload
