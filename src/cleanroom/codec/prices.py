"""prices.yaml as a table of prices, with every mistake at its line."""

from __future__ import annotations

from typing import Any

from cleanroom.codec.plan import Reading
from cleanroom.codec.positions import ordered
from cleanroom.codec.shape import build, without_followers
from cleanroom.codec.yaml_text import read_yaml
from cleanroom.core.mistakes import Mistake
from cleanroom.core.telemetry.prices import Prices, faults


def read_prices(content: bytes, file: str) -> Reading[Prices]:
    """Read the table. Never raises: mistakes are findings."""
    document = read_yaml(content, file)
    if document.broken:
        return Reading(None, ordered(document.findings), document)
    prices: Prices | None = None
    if isinstance(document.data, dict):
        prices, mistakes = build(Prices, _in_shape(document.data))
    else:
        hint = "It begins with prices:, a list of model, since, input and output."
        mistakes = (Mistake((), "the file is not a mapping of keys to values", hint),)
    if prices is not None:
        mistakes = (*mistakes, *without_followers(faults(prices), mistakes))
    findings = ordered((*document.findings, *(document.locate(m) for m in mistakes)))
    return Reading(None if findings else prices, findings, document)


def _in_shape(data: dict[str, Any]) -> dict[str, Any]:
    return {"prices": [], **{k: v for k, v in data.items() if v is not None}}
