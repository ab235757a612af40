"""`cleanroom schedule`: what runs by the clock, when it runs next, and what came of the last time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from cleanroom.core.alerts.words import short
from cleanroom.core.base import Instant
from cleanroom.entry.cli.output import As, AsJson, print_json, screen

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path, typer.Option(help="The project's folder.")]


@app.callback()
def _group() -> None:
    """What runs by the clock: [schedules] of cleanroom.toml."""


@app.command("list")
def list_(who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """The schedules: when each runs next, whether it runs now, and what came of the last time."""
    from rich.table import Table as Grid
    from rich.text import Text

    from cleanroom.app.schedule import every
    from cleanroom.core.base import plain
    from cleanroom.wiring import room

    found = every(room(project, who, "read"))
    if as_json:
        print_json([plain(p) for p in found])
        return
    if not found:
        screen().print("nothing runs by the clock: add [schedules.NAME] to cleanroom.toml", markup=False)
        return
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for column in ("schedule", "runs", "when", "next", "last"):
        grid.add_column(column, overflow="fold")
    for p in found:
        only = f" ({', '.join(p.schedule.only)})" if p.schedule.only else ""
        coming = "now" if p.runs else _short(p.next)
        last = (
            f"{_short(p.last.ended)}: {'' if p.last.good else 'failed: '}{p.last.said}"
            if p.last is not None
            else "never"
        )
        when = f"{p.schedule.cron} {p.schedule.zone}"
        grid.add_row(*map(Text, (p.schedule.name, p.schedule.run + only, when, coming, last)))
    screen().print(grid)


@app.command("run")
def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of a schedule.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Run a schedule's job now, whatever its time; refused while it runs (exit 1 where the job fails)."""
    from cleanroom.app.schedule import run as run_now
    from cleanroom.core.base import plain
    from cleanroom.wiring import room

    done = run_now(room(project, who, "oncall"), name)
    if as_json:
        data: dict[str, Any] = plain(done)
        print_json(data)
    else:
        screen().print(f"{name}: {'' if done.good else 'failed: '}{done.said}", markup=False)
    if not done.good:
        raise typer.Exit(1)


def _short(at: Instant | None) -> str:
    return short(at) if at else "never"
