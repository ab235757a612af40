"""How does a visitor move through the shop? A walk over pages, one step after the other, until they leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cleanroom.sim.shop.taxonomy import LEGACY_NAMES
from cleanroom.sim.shop.world import DEVICES, World

STATES = (*LEGACY_NAMES, "signin_at_checkout")
"""Where a visitor can be; the last one is recorded as `signin` as well."""

_START = {"home": 0.40, "cat_list": 0.22, "prod_view": 0.21, "srch": 0.147, "signin": 0.02, "basket": 0.003}
# A start at the basket is one kept from an earlier visit: the few checkouts without a basket_add before.

_NEXT: dict[str, dict[str, float]] = {
    # what is missing to 1 is the share that leaves
    "home": {"cat_list": 0.34, "srch": 0.22, "promo_hit": 0.20, "signin": 0.07, "prod_view": 0.06},
    "promo_hit": {"cat_list": 0.48, "prod_view": 0.27, "home": 0.10},
    "cat_list": {"prod_view": 0.53, "cat_list": 0.21, "srch": 0.07, "dbg_ping": 0.02},
    "srch": {"prod_view": 0.55, "srch": 0.16, "cat_list": 0.13},
    "prod_view": {"prod_view": 0.24, "cat_list": 0.22, "srch": 0.09, "wish_add": 0.05, "basket_add": 0.20},
    "wish_add": {"prod_view": 0.50, "cat_list": 0.20},
    "basket_add": {"basket": 0.56, "prod_view": 0.20, "cat_list": 0.10},
    "basket": {"chk_start": 0.56, "basket_rm": 0.12, "cat_list": 0.13},
    "basket_rm": {"cat_list": 0.60},
    "chk_start": {"chk_pay": 0.68, "signin_at_checkout": 0.16},
    "signin_at_checkout": {"chk_pay": 0.80},
    "chk_pay": {"order_ok": 0.82},
    "order_ok": {"home": 0.12},
    "signin": {"home": 0.40, "cat_list": 0.40},
    "dbg_ping": {"cat_list": 1.0},
}
_PATIENCE = {"mobile": 0.985, "desktop": 1.025, "tablet": 1.0}
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Walk:
    """Steps of all sessions, ordered by session and then in time; all arrays have one entry a step.

    `session` counts from 0, `state` indexes STATES, `item` is the product last looked at (-1: none yet), `basket` the
    number of items in the basket after the step, `value` their worth in euros (at an order: the order's).
    """

    session: NDArray[np.int64]
    state: NDArray[np.int64]
    item: NDArray[np.int64]
    basket: NDArray[np.int64]
    value: NDArray[np.float64]


def walk(rng: np.random.Generator, world: World, device: NDArray[np.int64]) -> Walk:
    """One walk for each entry of `device` (indices into DEVICES), all of them a step at a time."""
    onward = np.stack([_transitions(_PATIENCE[name]) for name in DEVICES])
    popular = np.cumsum(world.popularity)
    start = np.cumsum([_START.get(name, 0.0) for name in STATES])
    alive = np.arange(len(device))
    state = np.searchsorted(start / start[-1], rng.random(len(device)), side="right")
    item = np.full(len(device), -1)
    basket = np.zeros(len(device), np.int64)
    value = np.zeros(len(device))
    steps: list[tuple[NDArray[np.generic], ...]] = []
    for _ in range(_LONGEST):
        here, looked = state[alive], np.searchsorted(popular, rng.random(len(alive)), side="right")
        kept = (here == STATES.index("basket")) & (basket[alive] == 0)
        seen = (here == STATES.index("prod_view")) | kept
        item[alive] = np.where(seen, np.minimum(looked, len(popular) - 1), item[alive])
        put = ((here == STATES.index("basket_add")) | kept).astype(np.int64) - (here == STATES.index("basket_rm"))
        basket[alive] += put
        value[alive] += put * world.price[item[alive]]
        steps.append((alive, here, item[alive], basket[alive], value[alive]))
        paid = alive[here == STATES.index("order_ok")]
        basket[paid], value[paid] = 0, 0.0
        state[alive] = (onward[device[alive], here] <= rng.random(len(alive))[:, None]).sum(axis=1)
        alive = alive[state[alive] < len(STATES)]
        if not len(alive):
            break
    session, *rest = (np.concatenate(column) for column in zip(*steps, strict=True))
    order = np.argsort(session, kind="stable")
    return Walk(session[order], *(column[order] for column in rest))


def _transitions(patience: float) -> NDArray[np.float64]:
    """Cumulated chances of the next state (columns) from each state (rows); past the last column: they leave."""
    table = np.array([[_NEXT[here].get(there, 0.0) for there in STATES] for here in STATES])
    return np.asarray(np.cumsum(np.minimum(table * patience, table / table.sum(axis=1, keepdims=True)), axis=1))
