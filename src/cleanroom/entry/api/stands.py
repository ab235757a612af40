"""How do alerts, promises and sensors stand, for Prometheus? Read from the ledger at each scrape."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import get_args

from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cleanroom.app.alerts.read import UNANSWERED
from cleanroom.app.room import Room
from cleanroom.app.sensors.read import every as every_sensor
from cleanroom.app.slo.read import last_judged
from cleanroom.core.base import CleanroomError
from cleanroom.core.facts.slo import SloSays
from cleanroom.core.sensors.standing import State


class Stands(Collector):
    """Gauges of one project. A part that cannot be read is left out, and `cleanroom_unreadable` says that it was."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def collect(self) -> Iterable[Metric]:
        """All of them."""
        unreadable = GaugeMetricFamily("cleanroom_unreadable", "Parts that could not be read.", labels=("part",))
        for part, read in (("alerts", self._alerts), ("slos", self._promises), ("sensors", self._sensors)):
            try:
                found = tuple(read())
            except CleanroomError:
                found = ()
                unreadable.add_metric((part,), 1)
            else:
                unreadable.add_metric((part,), 0)
            yield from found
        yield unreadable

    def _alerts(self) -> Iterable[Metric]:
        family = GaugeMetricFamily("cleanroom_alerts", "Alerts that are not over.", labels=("system", "level", "state"))
        counts = Counter((row.system, row.level, row.state) for row in self._room.alarms.rows(UNANSWERED))
        for labels, count in sorted(counts.items()):
            family.add_metric(labels, count)
        yield family

    def _promises(self) -> Iterable[Metric]:
        says = GaugeMetricFamily("cleanroom_slo", "1 for what is said of the SLO.", labels=("slo", "system", "says"))
        left = GaugeMetricFamily(
            "cleanroom_slo_budget_left",
            "Share of the budget that was left when last written.",
            labels=("slo", "system"),
        )
        firing = GaugeMetricFamily("cleanroom_slo_firing", "1 for a rule that fires.", labels=("slo", "system", "rule"))
        for slo in self._room.project.slos():
            judged = last_judged(self._room, slo.name)
            if judged is None:
                continue
            for each in get_args(SloSays):
                says.add_metric((slo.name, slo.system, each), float(each == judged.says))
            if judged.budget_left is not None:
                left.add_metric((slo.name, slo.system), judged.budget_left)
            for rule in judged.firing:
                firing.add_metric((slo.name, slo.system, rule), 1)
        yield from (says, left, firing)

    def _sensors(self) -> Iterable[Metric]:
        family = GaugeMetricFamily("cleanroom_sensor", "1 for the state of the sensor.", labels=("sensor", "state"))
        for found in every_sensor(self._room):
            for state in get_args(State):
                family.add_metric((found.sensor.name, state), float(found.standing.state == state))
        yield family
