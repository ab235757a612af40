"""`cleanroom slo`: what was promised of AI systems, whether it is kept, and which labels are missing to tell."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanroom.entry.cli.files import content_of
from cleanroom.entry.cli.findings import ended
from cleanroom.entry.cli.output import As, AsJson, aside, print_json, screen

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path, typer.Option(help="The project's folder.")]
Name = Annotated[str, typer.Argument(metavar="SLO", help="The name of an SLO in slos/.")]
Names = Annotated[list[str] | None, typer.Argument(metavar="[SLO]...", help="Those named; all without.")]

_CODES = {"met": 0, "violated": 1, "cannot tell": 3}
_MOST_BYTES = 2 * 1024 * 1024


@app.callback()
def _group() -> None:
    """Say what was promised, and what can honestly be said of it."""


@app.command("list")
def list_(who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Every SLO of slos/ and what it promises."""
    from cleanroom.entry.cli.slo_shown import show_slos
    from cleanroom.wiring import room

    found = tuple(room(project, who, "read").project.slos())
    if as_json:
        print_json(found)
    else:
        show_slos(found, screen())


@app.command("show")
def show(name: Name, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Everything that can be said of one SLO. Exit code 1 where it is violated, 3 where nobody can tell."""
    from cleanroom.app.slo.status import status as one
    from cleanroom.entry.cli.slo_shown import show_one
    from cleanroom.entry.slos import as_data
    from cleanroom.wiring import room

    found = one(room(project, who, "read"), name)
    if as_json:
        print_json(as_data(found))
    else:
        show_one(found, screen())
    raise typer.Exit(_CODES[found.says])


@app.command("status")
def status(who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Where every SLO stands. Exit code 1 where one is violated, else 3 where nobody can tell of one, else 0."""
    from cleanroom.app.slo.status import every
    from cleanroom.entry.cli.slo_shown import show_all
    from cleanroom.entry.slos import as_data
    from cleanroom.wiring import room

    found = every(room(project, who, "read"))
    if as_json:
        print_json([as_data(s) for s in found])
    else:
        show_all(found, screen())
    says = {s.says for s in found}
    raise typer.Exit(1 if "violated" in says else 3 if "cannot tell" in says else 0)


@app.command("sample")
def sample(
    name: Name,
    n: Annotated[int, typer.Option("--n", help="How many calls to draw.")] = 50,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Draw the calls whose labels narrow the interval most, and put them into the review queue."""
    from cleanroom.app.slo.sample import sample as draw
    from cleanroom.entry.cli.slo_shown import show_sampled
    from cleanroom.wiring import room

    done = draw(room(project, who, "queue"), name, n)
    if as_json:
        print_json(done)
    else:
        show_sampled(done, screen())


@app.command("rules")
def rules(
    names: Names = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write them here; without it, print them.")] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Recording and alerting rules for Prometheus, for the SLOs that it can see."""
    from cleanroom.app.slo.files import prometheus_rules
    from cleanroom.wiring import artifacts, room

    text, left = prometheus_rules(room(project, who, "read"), names or ())
    if out is not None:
        artifacts(out.parent).write(out.parent, out.name, text.encode())
    if as_json:
        print_json({"rules": text, "left_out": left})
    elif out is None:
        typer.echo(text, nl=False)
    for one in () if as_json else left:
        aside().print(f"{one.slo}: no rules: {one.because}", markup=False, soft_wrap=True)


@app.command("import")
def import_(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", help="OpenSLO v1 YAML; objects may refer across files.")
    ],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace slos/NAME.yaml where another one is there.")
    ] = False,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Bring OpenSLO v1 files in. What is not supported is said with file and line; then the exit code is 1."""
    from cleanroom.app.slo.files import import_openslo
    from cleanroom.entry.cli.slo_shown import show_imported
    from cleanroom.wiring import room

    contents = [(_read(file), str(file)) for file in files]
    done = import_openslo(room(project, who, "review"), contents, replace=replace)
    if as_json:
        print_json({"errors": done.errors, "names": done.names, "files": done.files, "findings": done.findings})
    else:
        show_imported(done, screen())
    raise typer.Exit(1 if done.errors else 0)


@app.command("export")
def export(names: Names = None, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Print SLOs as OpenSLO v1, with everything that they refer to."""
    from cleanroom.app.slo.files import export_openslo
    from cleanroom.wiring import room

    text = export_openslo(room(project, who, "read"), names or ())
    if as_json:
        print_json({"openslo": text})
    else:
        typer.echo(text, nl=False)


@app.command("lint")
def lint(project: Folder = Path(), as_json: AsJson = False) -> None:
    """Find every mistake in slos/, and what does not fit the register. Exits with 1 if there is an error."""
    from cleanroom.wiring import project as opened

    ended(tuple(f for f in opened(project).lint_register() if f.file.startswith("slos")), as_json=as_json)


def _read(file: Path) -> bytes:
    return content_of(file, "Name an OpenSLO YAML file.", _MOST_BYTES)
