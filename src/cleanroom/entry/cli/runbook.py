"""`cleanroom runbook`: what is to be done when something goes wrong, step by step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cleanroom.core.contract import LintFinding
from cleanroom.entry.cli.output import As, AsJson, print_json, screen

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path, typer.Option(help="The project's folder.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of a runbook: a category, or a file of runbooks/.")]


@app.callback()
def _group() -> None:
    """Runbooks: those that ship, one for each category of incident, and the project's own."""


@app.command("list")
def list_(who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Every runbook, whose it is, and how many steps it has. Exit code 1 where one of the project's own has mistakes."""
    from cleanroom.app.incident import runbooks
    from cleanroom.entry.cli.findings import show as show_findings
    from cleanroom.wiring import room

    work = room(project, who, "read")
    found = [runbooks.read(work, name) for name in runbooks.names(work)]
    findings = [f for one in found for f in one.findings]
    if as_json:
        rows = [
            {"name": f.runbook.name, "title": f.runbook.title, "steps": len(f.runbook.steps), "file": f.file}
            for f in found
        ]
        print_json({"runbooks": rows, "findings": findings})
    else:
        console = screen()
        for one in found:
            whose = one.file or "ships"
            steps = len(one.runbook.steps)
            console.print(f"{one.runbook.name:<14} {one.runbook.title} ({steps} steps, {whose})", markup=False)
        show_findings(findings, console)
    _end(findings)


@app.command("show")
def show(name: Name, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """One runbook with its numbered steps; the project's own goes before the one that ships."""
    from cleanroom.app.incident import runbooks
    from cleanroom.entry.cli.findings import show as show_findings
    from cleanroom.entry.cli.output import printable
    from cleanroom.wiring import room

    found = runbooks.read(room(project, who, "read"), name)
    if as_json:
        print_json({"runbook": found.runbook, "file": found.file, "findings": found.findings})
    else:
        console = screen()
        console.print(f"{found.runbook.title} ({found.file or 'ships'})", style="bold", markup=False)
        if found.runbook.intro:
            console.print(printable(found.runbook.intro), markup=False)
        for step in found.runbook.steps:
            console.print(f"{step.number:>3}. {printable(step.text)}", markup=False, soft_wrap=True)
        show_findings(found.findings, console)
    _end(found.findings)


@app.command("copy")
def copy(name: Name, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Write the one that ships into runbooks/NAME.md of the project, to be edited there: it wins from then on."""
    from cleanroom.app.incident import runbooks
    from cleanroom.wiring import room

    file = runbooks.copy(room(project, who), name)
    if as_json:
        print_json({"file": file})
    else:
        screen().print(f"{file} is yours to edit, and wins from now on", markup=False)


def _end(findings: Sequence[LintFinding]) -> None:
    if any(f.severity == "error" for f in findings):
        raise typer.Exit(1)
