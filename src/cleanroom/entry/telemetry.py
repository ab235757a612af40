"""Figures and calls of a system as plain data: what the command line prints as JSON and the API answers."""

from __future__ import annotations

from typing import Any

from cleanroom.app.telemetry.course import Course
from cleanroom.app.telemetry.panels import Line, Panel, Sessions
from cleanroom.core.base import instant, plain
from cleanroom.core.call import Call
from cleanroom.core.telemetry.metrics import PREDICTED, REQUESTS
from cleanroom.ports.calls import SystemSeen


def seen_shown(one: SystemSeen) -> dict[str, Any]:
    """A system that anything came from."""
    return {"system": one.system, "calls": one.n, "first": instant(one.first), "last": instant(one.last)}


def panel_shown(found: Panel) -> dict[str, Any]:
    """A system's figures, all and by parts; null is what cannot be said."""
    return {
        "system": found.system,
        "since": instant(found.since),
        "until": instant(found.until),
        "by": list(found.by),
        "total": _line(found.total, found.by),
        "lines": [_line(line, found.by) for line in found.lines],
        "sessions": None if found.sessions is None else _sessions(found.sessions, found.total),
    }


def course_shown(found: Course, bound: float | None) -> dict[str, Any]:
    """A metric over time; `bound`: of the sensor that measured it."""
    return {
        "metric": found.metric,
        "since": instant(found.since),
        "until": instant(found.until),
        "step_s": found.step / 1e6,
        "bound": bound,
        "points": [{"at": instant(p.start), "n": p.n, "bad": p.bad, "value": p.value} for p in found.points if p.n],
    }


def call_shown(call: Call) -> dict[str, Any]:
    """A call, its moments in words and its lengths in seconds."""
    made: dict[str, Any] = plain(call)
    made |= {"at": instant(call.at), "arrived": instant(call.arrived), "took": call.took / 1e6}
    return made


def _line(line: Line, by: tuple[str, ...]) -> dict[str, Any]:
    quantiles = line.latency or (None, None, None)
    return {
        "parts": dict(zip(by, line.parts, strict=False)),
        "requests": line.requests,
        "errors": line.rates[REQUESTS].bad if REQUESTS in line.rates else 0,
        "latency_s": dict(zip(("p50", "p90", "p99"), quantiles, strict=True)),
        "tokens": line.tokens,
        "cost": line.money,
        "cost_per_request": line.cost_per_request,
        "cost_per_conversion": line.cost_per_conversion,
        "unpriced": line.unpriced,
        "escalated": line.escalated,
        "users": dict(line.users),
        "earned": line.earned,
        "rates": {
            name: {"n": rate.n, "bad": rate.bad, "share": rate.share}
            for name, rate in sorted(line.rates.items())
            if not name.startswith(PREDICTED)
        },
        "means": {name: {"n": n, "mean": mean} for name, (mean, n) in sorted(line.means.items())},
        "classes": {c: {"precision": line.precision(c), "recall": line.recall(c)} for c in line.classes},
    }


def _sessions(found: Sessions, total: Line) -> dict[str, Any]:
    return {
        "conversations": found.conversations,
        "estimated": found.estimated,
        "requests_each": found.requests,
        "tokens_each": found.tokens,
        "cost_each": found.cost,
        "conversions_each": total.users.get("conversion", 0) / found.conversations if found.conversations else None,
    }
