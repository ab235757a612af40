"""How is a sensor told: the same for the command line, the API and the pages."""

from __future__ import annotations

from typing import Any

from cleanroom.app.sensors.read import Found
from cleanroom.app.sensors.run import Ran
from cleanroom.core.base import Instant, plain
from cleanroom.core.sensors.standing import Standing

WORDS = {
    "new": "has not looked yet",
    "quiet": "quiet",
    "too_few": "too few to tell",
    "over": "over its bound",
    "failed": "failed",
}
"""The states in words."""


def as_data(found: Found, now: Instant) -> dict[str, Any]:
    """As JSON: what it watches, where it stands, what it holds up and why."""
    sensor = found.sensor
    return {
        "name": sensor.name,
        "kind": sensor.watch.kind,
        **standing_data(found.standing),
        "ran": found.ran,
        "overdue": found.overdue(now),
        "every": sensor.every,
        "level": sensor.level,
        "system": sensor.system,
        "blocks": list(sensor.blocks),
        "watch": plain(sensor.watch),
    }


def standing_data(now: Standing) -> dict[str, Any]:
    """Where it stands. `blocked`: why what depends on it waits, '' when it need not."""
    return {
        "state": now.state,
        "since": now.since,
        "day": now.day,
        "covers": now.covers,
        "seen": now.seen,
        "bound": now.bound,
        "what": now.what,
        "about": list(now.about),
        "evidence": list(now.evidence),
        "blocked": now.blocks,
        "baseline": now.baseline,
    }


def ran_data(ran: Ran) -> dict[str, Any]:
    """A look as JSON."""
    return {
        "name": ran.sensor,
        "day": ran.day,
        "result": plain(ran.result),
        "days": len(ran.results),
        **standing_data(ran.standing),
    }
