"""`cleanroom ledger`: is the log as it was written?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanroom.core.base import Digest, Misuse, Refused
from cleanroom.core.ledger import Checkpoint, Tampered
from cleanroom.entry.cli.output import AsJson, print_json, screen

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Look into the tamper-evident log."""


@app.command("verify")
def verify(
    expect: Annotated[
        str | None,
        typer.Option(metavar="SIZE:ROOT", help="A size and root noted earlier: also finds a truncated tail."),
    ] = None,
    project: Annotated[Path, typer.Option(help="The project's folder.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Recompute every hash from the stored bytes and name the first entry that was touched."""
    from cleanroom.app import audit
    from cleanroom.wiring import room

    found = audit.verify(room(project).store, _expected(expect))
    if as_json:
        print_json(found)
    if isinstance(found, Tampered):
        raise Refused(
            f"the ledger was changed at entry {found.index} ({found.subject}): {found.because}",
            "Keep this file as evidence and restore the ledger from a backup.",
        )
    if not as_json:
        screen().print(f"[green]verified[/] {found.size} entries, root [bold]{found.root}[/]")


def _expected(text: str | None) -> Checkpoint | None:
    if text is None:
        return None
    size, mark, root = text.partition(":")
    if not mark or not size.isdecimal() or not root.startswith("sha256:"):
        raise Misuse(f"{text!r} is not SIZE:ROOT", "For example --expect 12:sha256:9f86d0...")
    return Checkpoint(int(size), Digest(root))
