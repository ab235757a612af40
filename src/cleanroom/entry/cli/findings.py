"""Mistakes in files, with their places: how every command that lints shows them, and ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import typer
from rich.console import Console
from rich.text import Text

from cleanroom.core.contract import LintFinding
from cleanroom.entry.cli.output import print_json, printable, screen
from cleanroom.entry.report.view import several


def show(findings: Sequence[LintFinding], console: Console) -> None:
    """Each in a line, with what to do about it."""
    for f in findings:
        style = "red" if f.severity == "error" else "yellow"
        place = f"{f.file}:{f.line}:{f.column}: "
        line = Text.assemble((printable(place), "bold"), (f"{f.severity}: ", style), printable(f.message))
        console.print(line, soft_wrap=True)
        if f.hint:
            console.print(Text(f"    {printable(f.hint)}", "dim"), soft_wrap=True)


def ended(findings: Sequence[LintFinding], *, as_json: bool) -> NoReturn:
    """Show what a lint found, and exit: with 1 where there is an error."""
    errors = sum(f.severity == "error" for f in findings)
    warnings = len(findings) - errors
    if as_json:
        print_json({"errors": errors, "warnings": warnings, "findings": findings})
    else:
        console = screen()
        show(findings, console)
        counts = Text(f"{several(errors, 'error')}, {several(warnings, 'warning')}")
        console.print(counts if findings else Text("no mistakes found", "green"))
    raise typer.Exit(1 if errors else 0)
