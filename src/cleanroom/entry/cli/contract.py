"""`cleanroom contract`: what does correct look like? Drafts a plan from data, finds its mistakes, compares two."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from cleanroom.core.base import Misuse
from cleanroom.core.contract import PlanDifference
from cleanroom.entry.cli import findings
from cleanroom.entry.cli.output import AsJson, aside, print_json, printable, screen
from cleanroom.entry.report.view import several

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Say what correct looks like."""


@app.command("infer")
def infer(
    data: Annotated[str, typer.Argument(metavar="DATA", help="Parquet, CSV, JSONL or FILE.duckdb::TABLE.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the draft here; without it, print it.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="The name of the plan (default: that of the file).")] = None,
    event: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column of event names.")] = None,
    time: Annotated[str | None, typer.Option(metavar="COLUMN", help="The column of event times.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draft a plan from data. Its comments say what to check; nothing that exists is overwritten."""
    from cleanroom.app.contract import infer as run_infer
    from cleanroom.codec.plan import plan_yaml
    from cleanroom.codec.plan_shape import keyed
    from cleanroom.wiring import engine, table

    if out is not None and (out.exists() or out.is_symlink()):
        raise Misuse(f"{out} is there already", "Name another file with --out, or remove it first.")
    source = table(data)
    if source is None or not str(source.path):
        raise Misuse("no data was named", "Name a file: cleanroom contract infer DATA")
    draft = run_infer(engine(), source, name or _stem(source.path), event=event, time=time)
    text = plan_yaml(draft.plan, draft.notes)
    if out is not None:
        _write(out, text)
    if as_json:
        print_json(keyed(draft.plan))
    elif out is None:
        typer.echo(text, nl=False)
    if out is not None:
        count = len(draft.plan.events)
        next_step = f"Read its comments, then: cleanroom contract lint {out}"
        aside().print(Text(printable(f"wrote {out}: {several(count, 'event')}. {next_step}")), soft_wrap=True)


@app.command("lint")
def lint(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A project's folder, or a plan file.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Find every mistake in a project's files: plan, schemas, golden cases, systems, SLOs, settings. Exits with 1 on an error."""
    from cleanroom.app.contract import lint as run_lint
    from cleanroom.wiring import project

    findings.ended(run_lint(project(path)), as_json=as_json)


@app.command("diff")
def diff(
    old: Annotated[Path, typer.Argument(metavar="A", help="The old project or plan file.")],
    new: Annotated[Path, typer.Argument(metavar="B", help="The new project or plan file.")],
    as_json: AsJson = False,
) -> None:
    """Say what a new version of a plan breaks, and why. Exits with 1 if anything is breaking."""
    from cleanroom.app.contract import diff as run_diff
    from cleanroom.wiring import project

    differences = run_diff(project(old), project(new))
    breaking = sum(d.verdict == "breaking" for d in differences)
    if as_json:
        compatible = len(differences) - breaking
        print_json({"breaking": breaking, "compatible": compatible, "differences": differences})
    else:
        _print_differences(differences, breaking)
    raise typer.Exit(1 if breaking else 0)


def _stem(path: Path) -> str:
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in path.name.split(".")[0])
    return name.strip("-") or "draft"


def _write(out: Path, text: str) -> None:
    from cleanroom.wiring import artifacts

    artifacts(out.parent).write(out.parent, out.name, text.encode())


def _print_differences(differences: Sequence[PlanDifference], breaking: int) -> None:
    console = screen()
    for d in differences:
        style = "bold red" if d.verdict == "breaking" else "green"
        line = Text.assemble((f"{d.verdict:<10}  ", style), (printable(d.where), "bold"), f": {printable(d.because)}")
        console.print(line, soft_wrap=True)
    if not differences:
        console.print(Text("the contracts mean the same", "green"))
    else:
        console.print(Text(f"{breaking} breaking, {len(differences) - breaking} compatible"))
