"""`cleanroom outcome`: what production says of a use of a flag comes in, and what has come in so far."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as Grid
from rich.text import Text

from cleanroom.entry.cli.files import content_or_input
from cleanroom.entry.cli.output import As, AsJson, print_json, printable, screen

if TYPE_CHECKING:
    from cleanroom.app.signals import Accepted, Shown

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path, typer.Option(help="The project's folder.")]


@app.callback()
def _group() -> None:
    """Take in what production says of uses of flags, and show it by arm."""


@app.command("add")
def add(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSONL, one outcome a line; - reads standard input.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Take in outcomes. An id that came before changes nothing: in doubt, add the file again."""
    from cleanroom.app.signals import record
    from cleanroom.codec.outcomes import read_outcomes
    from cleanroom.wiring import room

    content = _read(file)
    work = room(project, who, "outcomes")
    done = record(work, read_outcomes(content, "standard input" if file == "-" else file, work.clock.now()))
    if as_json:
        print_json(done)
    else:
        _show_accepted(done)


@app.command("show")
def show(
    flag: Annotated[str, typer.Argument(metavar="FLAG", help="The key of a flag.")],
    hours: Annotated[float, typer.Option(min=0.1, max=24 * 31, help="How far back.")] = 24.0,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Show what came in for a flag in the last hours, by arm and metric, and how much of it disagrees with the flag."""
    from cleanroom.app.signals import shown
    from cleanroom.wiring import room

    found = shown(room(project, who, "read"), flag, hours)
    if as_json:
        print_json(found)
    else:
        _show(found, hours)


def _show_accepted(done: Accepted) -> None:
    screen().print(f"{done.new:,} new outcomes, {done.known:,} that had come before")
    if done.apart:
        screen().print(
            f"[yellow]{done.apart:,} disagree with what their flag served then[/]: they are kept, and compared with nothing"
        )


def _show(found: Shown, hours: float) -> None:
    console = screen()
    every = ", ".join(f"{n:,} {arm}" for arm, n in found.outcomes.items()) or "none"
    console.print(f"outcomes of {found.flag} in the last {hours:g} hours: {every}", markup=False)
    if found.apart:
        console.print(f"{found.apart:,} of the others disagree with what the flag served: they count for neither arm")
    if not found.lines:
        return
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for column in ("metric", "arm"):
        grid.add_column(column, overflow="fold")
    for column in ("outcomes", "bad", "mean"):
        grid.add_column(column, justify="right")
    for line in found.lines:
        mean = "" if line.mean is None else f"{line.mean:.4g}"
        grid.add_row(*map(Text, (printable(line.metric), line.arm, f"{line.n:,}", f"{line.bad:,}", mean)))
    console.print(grid)


def _read(file: str) -> bytes:
    from cleanroom.codec.outcomes import MAX_FILE

    return content_or_input(file, "Name a JSONL file, or - for standard input.", MAX_FILE)
