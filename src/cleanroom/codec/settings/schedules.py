"""What is wrong with a [schedules.NAME] of cleanroom.toml?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cleanroom.codec.cron import EXAMPLE, cron_fault, zone_fault
from cleanroom.codec.settings.keys import texts
from cleanroom.core.mistakes import Mistake, did_you_mean
from cleanroom.core.schedule import JOBS, Schedule

_KEYS = ("cron", "run", "zone", "only")
_NAMED = ("sensors", "golden")
"""Jobs of which some parts can be named."""


def mistakes(keys: dict[str, Any]) -> Iterator[Mistake]:
    """What is wrong with one [schedules.NAME]."""
    yield from texts({k: v for k, v in keys.items() if k != "only"}, _KEYS)
    yield from _missing(keys)
    cron, zone, run = keys.get("cron"), keys.get("zone", "UTC"), keys.get("run")
    if isinstance(cron, str) and (fault := cron_fault(cron)):
        yield Mistake(("cron",), f"{cron[:100]!r} is no cron expression: {fault}", EXAMPLE)
    if isinstance(zone, str) and (fault := zone_fault(zone)):
        yield Mistake(("zone",), f"{zone[:100]!r}: {fault}", 'For example "Europe/Berlin"; without a word it is UTC.')
    if isinstance(run, str) and run not in JOBS:
        yield Mistake(("run",), f"there is no job {run[:100]!r}", did_you_mean(run, JOBS))
    only = keys.get("only", [])
    if not isinstance(only, list) or not all(isinstance(o, str) and o for o in only):
        yield Mistake(("only",), "'only' must be a list of names", 'For example only = ["freshness"].')
    elif only and run in JOBS and run not in _NAMED:
        yield Mistake(("only",), f"the job {run} has no parts to choose from", f"Only {' and '.join(_NAMED)} have.")


def _missing(keys: dict[str, Any]) -> Iterator[Mistake]:
    for key in ("cron", "run"):
        if not keys.get(key):
            hint = EXAMPLE if key == "cron" else f"One of {', '.join(JOBS)}."
            yield Mistake((key,), f"{key!r} is missing: a schedule needs it", hint)


def schedule(name: str, keys: dict[str, Any]) -> Schedule:
    """The schedule of a table without mistakes."""
    return Schedule(name, keys["cron"], keys["run"], keys.get("zone", "UTC"), tuple(keys.get("only", ())))
