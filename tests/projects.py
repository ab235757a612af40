"""Projects on disk for tests, in a room with a clock that the test sets."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

from tests.shop_mappings import EVENTS, PROJECT

from cleanroom.app.propose.by_hand import propose_by_hand
from cleanroom.app.room import Room
from cleanroom.app.validate import Checked, check
from cleanroom.core.base import Instant
from cleanroom.core.change import Mapping
from cleanroom.entry.report.files import report_files
from cleanroom.wiring import room, table

START = Instant("2026-11-22T09:00:00.000000Z")


class FixedClock:
    """Always the same moment, unless a test moves it."""

    def __init__(self, at: Instant = START) -> None:
        self.at = at

    def now(self) -> Instant:
        """The moment."""
        return self.at


def fixed(folder: Path, operator: str = "ana@shop.example") -> Room:
    """The room of a project, at a fixed time."""
    return replace(room(folder, operator), clock=FixedClock())


def thin_project(folder: Path) -> Room:
    """The thin real shop's project."""
    shutil.copytree(PROJECT, folder)
    return fixed(folder)


def thin_source(work: Room) -> str:
    """The real data, as its mapping names it."""
    return os.path.relpath(EVENTS, work.project.root)


def checked(
    work: Room, name: str, mapping: Mapping | None = None, source: str = "", baseline: str | None = None
) -> Checked:
    """Propose a mapping by hand, where one is given, and check the change."""
    if mapping is not None:
        propose_by_hand(work, mapping, source, name)
    return check(work, name, table(baseline), report_files)


def failed(done: Checked) -> dict[str, str]:
    """Failing required checks: {name: family}."""
    found = (e.result for e in done.report.evidence)
    return {r.check: r.family for r in found if r.counts_as.value == "FAIL"}
