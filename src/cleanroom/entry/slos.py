"""How is an SLO told: the same figures for the command line, the API and the pages."""

from __future__ import annotations

from typing import Any

from cleanroom.app.register import Entry
from cleanroom.core.base import plain
from cleanroom.core.slo_status import Expected, Status, rule_name
from cleanroom.core.stats.burn import Burning


def as_data(status: Status) -> dict[str, Any]:
    """As JSON. Shares are 0 to 1, windows are seconds, delays are hours."""
    told: dict[str, Any] = plain(status)
    return {
        **told,
        "burning": [_burning(b) for b in status.burning],
        "expected": [_expected(e) for e in status.expected],
    }


def system_data(found: Entry) -> dict[str, Any]:
    """A system of the register as JSON."""
    data: dict[str, Any] = plain(found.system)
    return {**data, "on_call": list(found.in_line), "calls": found.calls, "last": found.last}


def _burning(found: Burning) -> dict[str, Any]:
    return {
        "name": rule_name(found.rule),
        "factor": found.rule.factor,
        "long": found.rule.long * 60,
        "short": found.rule.short * 60,
        "pages": found.rule.pages,
        "long_rate": found.long_rate,
        "short_rate": found.short_rate,
        "fires": found.fires,
    }


def _expected(found: Expected) -> dict[str, Any]:
    return {"rate": found.rate, **plain(found.mttd), "soonest": found.mttd.soonest}
