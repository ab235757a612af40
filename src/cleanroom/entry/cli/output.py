"""How do commands speak? Results on standard output (text or --json), everything else on standard error."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanroom.core.base import CleanroomError, plain

if TYPE_CHECKING:  # a kill that a server writes is over before anything is shown
    from rich.console import Console

AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
As = Annotated[
    str | None,
    typer.Option("--as", metavar="WHO", help="Who is at work (default: CLEANROOM_OPERATOR, else git's user.email)."),
]


def screen() -> Console:
    """The console for results."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=not sys.stdout.isatty())


def aside() -> Console:
    """The console for progress and errors."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def print_json(value: object) -> None:
    """A noun or plain data as indented JSON."""
    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n")


def told(error: CleanroomError) -> None:
    """One line that says what happened, one that says what to do next."""
    console = aside()
    console.print(_line("error: ", "bold red", error.message), soft_wrap=True)
    if error.hint:
        console.print(_line("  next: ", "bold", error.hint), soft_wrap=True)


def _line(label: str, style: str, message: str) -> Any:
    from rich.text import Text

    return Text.assemble((label, style), printable(message))


def printable(text: str) -> str:
    """What came from elsewhere, without characters that a terminal would act on."""
    return "".join(c if c.isprintable() else " " for c in text)
