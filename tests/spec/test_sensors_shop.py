"""The real, thin shop: five weeks to learn from, three weeks scored day by day, through file, engine and sensor."""

from __future__ import annotations

import csv
import gzip
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.sensor_samples import at, project
from tests.shop_mappings import ABSENT, EVENTS

from cleanroom.app.sensors.run import Ran, run
from cleanroom.core.sensors.daily import named, number
from cleanroom.core.sensors.result import Over, Quiet, Result

pytestmark = pytest.mark.skipif(not EVENTS.exists(), reason=ABSENT)

DATA = "data: data/events.csv.gz\ntime: timestamp\n"
SENSORS = {
    "events": f"kind: counts\n{DATA}event: event\n",
    "users": f"kind: cardinality\n{DATA}columns: [user_id, session_id]\n",
    "columns": f"kind: columns\n{DATA}",
    "schema": "kind: schema\ndata: data/events.csv.gz\n",
}
FIRST, LAST = number("2024-02-08"), number("2024-02-28")
"""The days that are scored."""

Row = list[str]


def rows() -> list[Row]:
    with gzip.open(EVENTS, "rt", newline="") as file:
        return list(csv.reader(file))


def scored(folder: Path, keep: Callable[[Row], bool], until: int, names: tuple[str, ...]) -> dict[str, Ran]:
    """Look after five weeks, then once more after the day `until`, which scores every day in between."""
    work, clock = project(folder, {n: SENSORS[n] for n in names})
    head, *body = rows()
    with gzip.open(folder / "data/events.csv.gz", "wt", newline="") as file:
        csv.writer(file).writerows([head, *(r for r in body if keep(r))])
    clock.at = at(FIRST)
    run(work)
    clock.at = at(until + 1)
    return {r.sensor: r for r in run(work)}


def over(results: tuple[Result, ...]) -> list[Over]:
    return [r for r in results if isinstance(r, Over)]


def test_the_last_three_weeks_raise_no_alarm_and_say_what_they_cover(tmp_path: Path) -> None:
    found = scored(tmp_path, lambda _: True, LAST, tuple(SENSORS))
    assert len(found["events"].results) == LAST - FIRST + 2, "each day, and the one before them once more"
    for name, ran in found.items():
        assert not over(ran.results), name
    last = found["events"].result
    assert isinstance(last, Quiet)
    found_covers = re.match(r"Of 17 series 0 by day, (\d+) by week, .* and (\d+)% of the events", last.covers)
    assert found_covers is not None, last.covers
    assert int(found_covers[1]) >= 5
    assert int(found_covers[2]) >= 90
    assert "by week, for days are thin" in f"{found['columns'].result}"


@pytest.mark.parametrize("week", [0, 1, 2])
@pytest.mark.parametrize("share", [0.6, 1.0])
def test_a_week_that_loses_60_percent_is_found_within_it(tmp_path: Path, week: int, share: float) -> None:
    begin = FIRST + 7 * week
    days = {named(d) for d in range(begin, begin + 7)}
    chance = random.Random(f"{week} {share}")  # noqa: S311 - which rows are lost
    found = scored(tmp_path, lambda r: r[3][:10] not in days or chance.random() >= share, begin + 6, ("events",))
    assert over(found["events"].results), "a loss is found on one of its days"
    assert found["events"].standing.blocks
