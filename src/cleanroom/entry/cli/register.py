"""`cleanroom register`: which AI systems there are, who answers for them, and who is called now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from cleanroom.entry.cli.findings import ended
from cleanroom.entry.cli.output import As, AsJson, print_json, screen
from cleanroom.entry.cli.rows import Row, show_rows
from cleanroom.entry.report.view import shown

if TYPE_CHECKING:
    from cleanroom.app.register import Entry, Register

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path, typer.Option(help="The project's folder.")]

_TIERS = {"minimal": "dim", "limited": "yellow", "high": "bold red"}


@app.callback()
def _group() -> None:
    """The AI decision register: systems/*.yaml."""


@app.command("list")
def list_(who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Every AI system: its tier, its owners, who is on call, and what calls come in without being entered."""
    from cleanroom.app.register import register
    from cleanroom.entry.slos import system_data
    from cleanroom.wiring import room

    found = register(room(project, who, "read"))
    if as_json:
        print_json({"systems": [system_data(e) for e in found.entries], "missing": found.missing})
    else:
        _list(found, screen())


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="SYSTEM", help="The name of a system in systems/.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """One system: what it may do, who answers, who is on call, its safe fallback, its sources and SLOs."""
    from cleanroom.app.register import entry
    from cleanroom.entry.slos import system_data
    from cleanroom.wiring import room

    found = entry(room(project, who, "read"), name)
    if as_json:
        print_json(system_data(found))
    else:
        _show(found, screen())


@app.command("lint")
def lint(project: Folder = Path(), as_json: AsJson = False) -> None:
    """Find every mistake in systems/ and slos/. Exits with 1 if there is an error."""
    from cleanroom.app.register import lint as run
    from cleanroom.wiring import project as opened
    from cleanroom.wiring import store_of

    found = opened(project)
    ended(run(found, lambda: store_of(found, create=False)), as_json=as_json)


def _list(found: Register, console: Console) -> None:
    if not found.entries:
        console.print("no systems yet. docs/register.md says how to write systems/NAME.yaml.")
    else:
        show_rows(("system", "tier", "calls", "on call now"), [_row(each) for each in found.entries], console)
    for name in found.missing:
        console.print(Text(f"calls come from {shown(name, 100)}, which is not in the register", "yellow"))


def _row(found: Entry) -> Row:
    system = found.system
    cells = (system.name, system.tier, f"{found.calls:,}", shown(found.in_line[0], 100))
    owners = f"; owners: {shown(', '.join(system.owners), 200)}"
    said = shown(system.does, 200).rstrip(".") + owners
    return [Text(c, _TIERS[system.tier] if c == system.tier else "") for c in cells], Text(said)


def _show(found: Entry, console: Console) -> None:
    system = found.system
    console.print(Text.assemble((system.name, "bold"), "  ", (f"tier {system.tier}", _TIERS[system.tier])))
    fallback = system.fallback
    kept = f"calls {system.retention.calls_days} d, texts {system.retention.texts_days if system.keep_texts else 0} d"
    rows = (
        ("does", system.does),
        ("owners", ", ".join(system.owners)),
        ("on call", f"{', then '.join(found.in_line)} (each after {system.oncall.escalate} min)"),
        ("may", ", ".join(system.capabilities)),
        ("fallback", "" if fallback is None else f"kill flag {fallback.flag}: {fallback.means}".rstrip(": ")),
        ("sources", ", ".join(s.name for s in system.sources)),
        ("SLOs", ", ".join(system.slos)),
        ("features", ", ".join(system.features)),
        ("stakeholders", ", ".join(system.stakeholders)),
        ("detector", f"says hallucination from {system.detector.threshold:g} on"),
        ("kept", kept),
        ("taken out", ", ".join(system.redact) or "all kinds of personal data"),
        (
            "calls",
            f"{found.calls:,}" + (f", the last at {found.last[:16].replace('T', ' ')} UTC" if found.last else ""),
        ),
    )
    for label, text in rows:
        if text:
            console.print(Text.assemble((f"  {label:<13}", "dim"), shown(text, 500)), soft_wrap=True)
