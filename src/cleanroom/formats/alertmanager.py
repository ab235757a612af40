"""What does Prometheus Alertmanager's webhook say? Its payload of version 4 as Signals, one an alert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cleanroom.core.alert import Level, Signal, printable
from cleanroom.core.base import Instant, Misuse

MOST = 20_000
"""Alerts of one request."""

_SYSTEM = ("system", "service_name", "service", "app", "job")
"""The first of these labels that is there names the system."""

_CRITICAL = ("critical", "page", "error", "emergency", "fatal", "disaster", "high")
_BUSINESS = ("business", "stakeholder", "stakeholders")
_APART = ("alertname", "severity", *_SYSTEM)


def signals_of(payload: object, now: Instant) -> tuple[Signal, ...]:
    """The signals of a webhook's JSON. Raises Misuse for what is no payload of version 4; an alert that is odd is still one.

    A moment that is none stays as it was sent: core.alert.tidy sees to it, as with every signal.
    `name` is `prometheus/<alertname>`, `system` the first of the labels system, service_name, service, app, job; `about` are the
    other labels but the severity. https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
    """
    if not isinstance(payload, dict) or payload.get("version") != "4" or not isinstance(payload.get("alerts"), list):
        hint = "Have a webhook_config of Alertmanager send here, or write what it writes."
        raise Misuse('this is no payload of Alertmanager: it has "version": "4" and a list of "alerts"', hint)
    alerts = payload["alerts"]
    if len(alerts) > MOST:
        raise Misuse(f"{len(alerts):,} alerts are too many for one request", f"Send up to {MOST:,}: max_alerts.")
    return (*(_signal(a, now) for a in alerts), *_truncated(payload, now))


def _signal(alert: object, now: Instant) -> Signal:
    said: Mapping[str, Any] = alert if isinstance(alert, dict) else {}
    labels, notes = _texts(said.get("labels")), _texts(said.get("annotations"))
    name = labels.get("alertname", "") or "unnamed"
    what = notes.get("summary") or notes.get("description") or notes.get("message") or f"{name} fires"
    rest = ", ".join(f"{k}={v}" for k, v in sorted(labels.items()) if k not in _APART)
    return Signal(
        name=f"prometheus/{name}",
        system=next((labels[k] for k in _SYSTEM if labels.get(k)), ""),
        level=_level(labels.get("severity", "")),
        about=rest,
        what=what,
        since=Instant(began) if isinstance(began := said.get("startsAt"), str) else now,
        seen=now,
        evidence=tuple(_evidence(said, labels, notes, what)),
        runbook=notes.get("runbook") or labels.get("runbook") or "prometheus",
        over=said.get("status") == "resolved",
    )


def _evidence(said: Mapping[str, Any], labels: Mapping[str, str], notes: Mapping[str, str], what: str) -> Iterator[str]:
    for name, value in notes.items():
        if value != what:
            yield f"{name}: {value}"
    link = said.get("generatorURL")
    if isinstance(link, str) and link:
        yield f"rule: {link}"
    for name, value in sorted(labels.items()):
        yield f"{name}: {value}"


def _truncated(payload: Mapping[str, Any], now: Instant) -> Iterator[Signal]:
    """Alertmanager left some out: that must not go unnoticed either."""
    count = payload.get("truncatedAlerts")
    if isinstance(count, int) and count > 0:
        receiver = printable(str(payload.get("receiver", "")))
        what = f"Alertmanager left {count:,} alerts out of a message: raise max_alerts of the receiver {receiver}"
        yield Signal("prometheus/truncated", "", "warning", receiver, what, now, now, (), "prometheus")


def _level(severity: str) -> Level:
    word = severity.lower()
    return "critical" if word in _CRITICAL else "business" if word in _BUSINESS else "warning"


def _texts(found: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}
