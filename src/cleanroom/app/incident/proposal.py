"""Which category do all the signals speak for that an incident has by now? Those of its alerts, and what changed before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from cleanroom.app.room import Room
from cleanroom.core.alert import Signal
from cleanroom.core.alerts.state import subject_of
from cleanroom.core.base import CleanroomError
from cleanroom.core.facts import AlertGrew, AlertOpened
from cleanroom.core.facts.alerts import Cause
from cleanroom.core.incident.categories import runbook_for
from cleanroom.core.incident.propose import Proposal, propose
from cleanroom.core.incident.state import Detected
from cleanroom.core.slo import metric_of


def proposed(room: Room, known: Detected) -> Proposal | None:
    """What its signals speak for, as the alerts have them in the ledger; None where they speak for nothing."""
    causes: list[Cause] = []
    signals: list[Signal] = []
    for id in known.alerts:
        for entry in room.store.history(subject_of(id)):
            match entry.fact:
                case AlertOpened(signals=first, causes=before):
                    signals += first
                    causes += before
                case AlertGrew(signals=more):
                    signals += more
                case _:
                    pass
    return propose(signals, causes, kinds(room))


def kinds(room: Room) -> Mapping[str, str]:
    """Of `sensor/NAME` its kind, or its metric, of `slo/NAME` its metric; nothing where files cannot be read."""
    return dict((*_sensors(room), *_slos(room)))


def _sensors(room: Room) -> Iterator[tuple[str, str]]:
    try:
        sensors = room.project.sensors()
    except CleanroomError:
        return
    for sensor in sensors:
        metric = getattr(sensor.watch, "metric", "")
        yield f"sensor/{sensor.name}", runbook_for(sensor.watch.kind, metric) or metric


def _slos(room: Room) -> Iterator[tuple[str, str]]:
    try:
        slos = room.project.slos()
    except CleanroomError:
        return
    for slo in slos:
        yield f"slo/{slo.name}", metric_of(slo)
