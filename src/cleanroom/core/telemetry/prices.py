"""What did a call cost? A table of prices by model and day; a model that is not in it has no cost, and that is counted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from cleanroom.core.base import noun
from cleanroom.core.mistakes import Mistake
from cleanroom.core.telemetry.told import Usage

_MILLION = 1_000_000
_DATED = re.compile(r"-(?:20\d{2}-\d{2}-\d{2}|20\d{6}|\d{4})$")


@noun
class Price:
    """Money for a million tokens, from the day `since` on (2026-01-31), until a later one of the same model.

    `model`: as telemetry names it; with `*` at its end, all that begin so. `provider`: only of that one.
    `cached`: of tokens read from a cache; without it they cost as all others do.
    """

    model: str
    since: str
    input: float
    output: float = 0.0
    cached: float | None = None
    provider: str = ""


@noun
class Prices:
    """prices.yaml. `currency` is written beside every cost; nothing is converted."""

    prices: tuple[Price, ...]
    currency: str = "USD"


SHIPPED = Prices(
    (
        Price("gpt-4o", "2024-10-01", 2.50, 10.00, 1.25),
        Price("gpt-4o-mini", "2024-07-18", 0.15, 0.60, 0.075),
        Price("gpt-4.1", "2025-04-14", 2.00, 8.00, 0.50),
        Price("gpt-4.1-mini", "2025-04-14", 0.40, 1.60, 0.10),
        Price("gpt-4.1-nano", "2025-04-14", 0.10, 0.40, 0.025),
        Price("gpt-5", "2025-08-07", 1.25, 10.00, 0.125),
        Price("gpt-5-mini", "2025-08-07", 0.25, 2.00, 0.025),
        Price("gpt-5-nano", "2025-08-07", 0.05, 0.40, 0.005),
        Price("o3", "2025-06-10", 2.00, 8.00, 0.50),
        Price("o4-mini", "2025-04-16", 1.10, 4.40, 0.275),
        Price("text-embedding-3-small", "2024-01-25", 0.02),
        Price("text-embedding-3-large", "2024-01-25", 0.13),
        Price("claude-sonnet-4*", "2025-05-22", 3.00, 15.00, 0.30),
        Price("claude-opus-4", "2025-05-22", 15.00, 75.00, 1.50),
        Price("claude-3-5-haiku*", "2024-11-04", 0.80, 4.00, 0.08),
        Price("gemini-2.5-pro", "2025-06-17", 1.25, 10.00, 0.31),
        Price("gemini-2.5-flash", "2025-06-17", 0.30, 2.50, 0.075),
        Price("mistral-large*", "2024-11-18", 2.00, 6.00),
        Price("SmolLM2*", "2024-11-01", 0.0, 0.0),
    )
)
"""List prices as their makers published them, for a first look: write your own into prices.yaml."""


def cost(prices: Prices, provider: str, model: str, day: str, usage: Usage) -> float | None:
    """What these tokens cost on that day (2026-01-31); None where there is no price for the model, or nothing was counted."""
    if usage.input is None and usage.output is None:
        return None
    price = price_of(prices, provider, model, day)
    if price is None:
        return None
    all_in, out = usage.input or 0, usage.output or 0
    cached = min(usage.cached or 0, all_in)
    for_cached = price.input if price.cached is None else price.cached
    return ((all_in - cached) * price.input + cached * for_cached + out * price.output) / _MILLION


def price_of(prices: Prices, provider: str, model: str, day: str) -> Price | None:
    """The price in force: of the most exact name, and of that the latest that had begun.

    A model that is named with the day of its version (gpt-4o-2024-08-06) has the price of its name without it, unless it
    has one of its own. Before the first price of a model that first one counts: a table rarely knows the past.
    """
    for name in dict.fromkeys((model, _DATED.sub("", model))):
        fit = [p for p in prices.prices if _fits(p, name) and p.provider in ("", provider)]
        if fit:
            best = max((not p.model.endswith("*"), len(p.model), p.provider != "") for p in fit)
            named = [p for p in fit if (not p.model.endswith("*"), len(p.model), p.provider != "") == best]
            begun = [p for p in named if p.since <= day]
            return max(begun, key=lambda p: p.since) if begun else min(named, key=lambda p: p.since)
    return None


def over(own: Prices | None) -> Prices:
    """The project's own table before the shipped one, which serves for models that the own one does not name.

    Where the own one counts in another currency, the shipped one is left out.
    """
    if own is None:
        return SHIPPED
    if own.currency != SHIPPED.currency:
        return own
    rest = (p for p in SHIPPED.prices if price_of(own, p.provider, p.model.removesuffix("*"), p.since) is None)
    return Prices((*own.prices, *rest), own.currency)


def faults(prices: Prices) -> Iterator[Mistake]:
    """What is wrong with a table whose shape is right."""
    if not re.fullmatch(r"[A-Z]{3}", prices.currency):
        yield Mistake(("currency",), f"{prices.currency!r:.40} is no currency", "Three letters, such as EUR.")
    for i, price in enumerate(prices.prices):
        if not price.model.strip("*") or "*" in price.model[:-1]:
            hint = "A whole name, or its beginning and * at the end."
            yield Mistake(("prices", i, "model"), f"{price.model!r:.100} names no model", hint)
        if not _is_day(price.since):
            yield Mistake(("prices", i, "since"), f"{price.since!r:.40} is no day", "For example 2026-01-31.")
        for name in ("input", "output", "cached"):
            value = getattr(price, name)
            if value is not None and not 0 <= value <= 1e6:
                hint = "Money for a million tokens."
                yield Mistake(("prices", i, name), f"{name!r} must lie between 0 and 1,000,000", hint)
    yield from _twice(prices.prices)


def _twice(prices: Sequence[Price]) -> Iterator[Mistake]:
    seen: set[tuple[str, str, str]] = set()
    for i, price in enumerate(prices):
        key = (price.provider, price.model, price.since)
        if key in seen:
            yield Mistake(("prices", i), f"the price of {price.model!r:.100} since {price.since} is there twice")
        seen.add(key)


def _fits(price: Price, model: str) -> bool:
    return model.startswith(price.model[:-1]) if price.model.endswith("*") else model == price.model


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
