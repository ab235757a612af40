"""`cleanroom check` and `cleanroom diff`: what would a change do, and may it go on?"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from cleanroom.core.check import Outcome
from cleanroom.entry.cli.output import As, AsJson, aside, print_json, screen

CODES = {Outcome.PASS: 0, Outcome.WARN: 0, Outcome.FAIL: 1, Outcome.UNKNOWN: 3}

Change = Annotated[str, typer.Argument(metavar="CHANGE", help="The name of a change: a folder below changes/.")]
Baseline = Annotated[
    str | None, typer.Option(metavar="DATA", help="What to compare with: Parquet, CSV, JSONL or FILE.duckdb::TABLE.")
]
Folder = Annotated[Path, typer.Option(help="The project's folder.")]


def check(
    change: Change,
    baseline: Baseline = None,
    report: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also copy report.html, report.json and junit.xml here.")
    ] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Run a change beside production, judge it with the battery, and say PASS, WARN, UNKNOWN or FAIL."""
    from cleanroom.app.validate import check as run_check
    from cleanroom.entry.cli.standing import show_after
    from cleanroom.entry.report.files import NAMES, report_files
    from cleanroom.entry.report.terminal import show
    from cleanroom.wiring import room, table

    with progress() as step:
        done = run_check(room(project, who), change, table(baseline), report_files, step)
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        for name in NAMES:
            shutil.copyfile(done.folder / name, report / name)
    if as_json:
        print_json(done.report)
    else:
        show(done.report, screen(), report or done.folder)
        show_after(done, screen())
    raise typer.Exit(CODES[done.report.outcome])


def diff(
    change: Change,
    baseline: Baseline = None,
    sample: Annotated[int, typer.Option(min=0, max=1000, help="Rows to sample.")] = 10,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Count and sample what a change would do to the data, by event, day and segment. Nothing is kept."""
    from cleanroom.app.shadow import preview
    from cleanroom.entry.report.terminal import show_diff
    from cleanroom.wiring import room, table

    with progress() as step:
        step("running the change beside production")
        found, difference = preview(room(project, who), change, table(baseline), sample)
    if as_json:
        print_json(difference)
    else:
        show_diff(difference, found.artifact.kind, screen())


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A spinner with the step's name, on a terminal; silence elsewhere."""
    console = aside()
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status("starting") as status:
        yield status.update
