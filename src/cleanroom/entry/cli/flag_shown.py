"""How are flags shown on a terminal, and as JSON?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from cleanroom.app.flags import Shown
from cleanroom.core.base import plain
from cleanroom.core.flags import STEPS, Evaluation, Flag
from cleanroom.core.progress.state import Baking, Held, Promoted, RolledBack, Rollout, start_of


def data_of(shown: Shown) -> dict[str, Any]:
    """A flag as JSON: as it is served, and how it came to that."""
    killed = shown.standing.killed
    return {
        "key": shown.flag.key,
        "flag": plain(shown.flag),
        "killed": None if killed is None else plain(killed),
        "rollout": None
        if shown.rollout is None
        else {"change": start_of(shown.rollout).name, "state": _state(shown.rollout)},
        "version": shown.standing.version,
        "at": shown.standing.at,
    }


def show_all(found: Sequence[Shown], console: Console) -> None:
    """A line a flag."""
    if not found:
        console.print("there are no flags: `cleanroom flag set FILE` or `cleanroom rollout start` makes one")
        return
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for column in ("flag", "candidate", "share", "safe", "rollout", ""):
        grid.add_column(column, overflow="fold")
    for shown in found:
        flag, split = shown.flag, shown.flag.split
        off = Text(f"killed: {shown.standing.killed.because}", "red") if shown.standing.killed else Text("")
        rollout = "" if shown.rollout is None else f"{start_of(shown.rollout).name} ({_state(shown.rollout)})"
        cells = (flag.key, split.candidate if split else "", _share(flag), flag.safe, rollout)
        grid.add_row(*map(Text, cells), off)
    console.print(grid)


def show_one(shown: Shown, console: Console) -> None:
    """What is not in the flag itself."""
    if shown.standing.killed is not None:
        killed = shown.standing.killed
        console.print(f"killed by {killed.by.person} at {killed.at}: {killed.because}", markup=False, soft_wrap=True)
    if shown.rollout is not None:
        about = f"serves the rollout of {start_of(shown.rollout).name}: {_state(shown.rollout)}"
        console.print(about, markup=False, soft_wrap=True)


def show_evaluation(found: Evaluation, console: Console) -> None:
    """What the flag said."""
    console.print(f"{found.key}: {found.variant!r} ({found.reason}, {found.arm})", markup=False, soft_wrap=True)
    if found.error is not None:
        console.print(f"{found.error}: {found.details}", markup=False, soft_wrap=True)


def _share(flag: Flag) -> str:
    return "" if flag.split is None else f"{flag.split.share * 100 / STEPS:g}%"


def _state(rollout: Rollout) -> str:
    match rollout:
        case Baking():
            return "baking"
        case Held():
            return "held"
        case Promoted():
            return "promoted"
        case RolledBack():
            return "rolled back"
