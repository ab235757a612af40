"""`cleanroom queue`: what waits for a person, a person's decision on it, and what may skip the person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanroom.core.base import Misuse, digest
from cleanroom.entry.cli.files import content_or_input
from cleanroom.entry.cli.output import As, AsJson, print_json, screen

app = typer.Typer(no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="ID", help="The id of an output.")]
Folder = Annotated[Path, typer.Option(help="The project's folder.")]
Reason = Annotated[
    str,
    typer.Option(help="wrong_fact, wrong_label, wrong_format, unsafe, off_topic, outdated or other."),
]
System = Annotated[str | None, typer.Option(metavar="S", help="Of this AI system only.")]


@app.callback()
def _group() -> None:
    """Review single outputs of an AI, and say from which confidence on they may skip that."""


@app.command("add")
def add(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSONL, one output a line; - reads standard input.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Take in outputs: each is accepted, or waits for a person, or is held while the queue is full."""
    from cleanroom.app.queue.add import add as run
    from cleanroom.codec.outputs import read_outputs
    from cleanroom.entry.cli.queue_shown import show_added
    from cleanroom.wiring import room

    outputs = read_outputs(_read(file), "standard input" if file == "-" else file)
    added = run(room(project, who, "outputs"), outputs)
    if as_json:
        print_json(added)
    else:
        show_added(added, screen())


@app.command("list")
def list_(
    system: System = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Outputs to show.")] = 50,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Outputs that wait for a person, in the order in which they are handed out, and those that are held."""
    from cleanroom.app.queue.view import board
    from cleanroom.entry.cli.queue_shown import show_lines
    from cleanroom.wiring import room

    found = board(room(project, who, "read"), system, limit)
    if as_json:
        print_json({"waiting": found.waiting, "held": found.held, "lines": (*found.lines, *found.held_lines)})
    else:
        show_lines(found, screen())


@app.command("next")
def next_(system: System = None, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Take the next output and show it: it is yours until the lease ends."""
    from cleanroom.app.queue.work import claim
    from cleanroom.entry.cli.queue_shown import detail_data, show_detail
    from cleanroom.wiring import room

    found = claim(room(project, who, "queue"), system)
    if as_json:
        print_json({"output": None if found is None else detail_data(found)})
    elif found is None:
        screen().print("nothing waits for you")
    else:
        show_detail(found, screen())


@app.command("show")
def show(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Show one output, with what was decided on it."""
    from cleanroom.app.queue.view import detail
    from cleanroom.entry.cli.queue_shown import detail_data, show_detail
    from cleanroom.wiring import room

    found = detail(room(project, who, "read"), id)
    if as_json:
        print_json(detail_data(found))
    else:
        show_detail(found, screen())


@app.command("approve")
def approve(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Say that an output is right."""
    from cleanroom.app.queue.work import approve as run
    from cleanroom.entry.cli.queue_shown import show_decided
    from cleanroom.wiring import room

    show_decided(run(room(project, who, "queue"), id), as_json)


@app.command("correct")
def correct(
    id: Id,
    value: Annotated[str, typer.Option(metavar="VALUE", help="What it should have been: text, or JSON for an object.")],
    reason: Reason,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Say what an output should have been."""
    from cleanroom.app.queue.view import detail
    from cleanroom.app.queue.work import correct as run
    from cleanroom.codec.outputs import value_of
    from cleanroom.entry.cli.queue_shown import show_decided
    from cleanroom.wiring import room

    work = room(project, who, "queue")
    text = detail(work, id).text
    show_decided(run(work, id, value_of(value, text.output if text else ""), reason), as_json)


@app.command("reject")
def reject(id: Id, reason: Reason, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Say that an output is wrong, where there is no better one to give."""
    from cleanroom.app.queue.work import reject as run
    from cleanroom.entry.cli.queue_shown import show_decided
    from cleanroom.wiring import room

    show_decided(run(room(project, who, "queue"), id, reason), as_json)


@app.command("skip")
def skip(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Leave an output to somebody else: it is not offered to you again."""
    from cleanroom.app.queue.work import skip as run
    from cleanroom.wiring import room

    alone = run(room(project, who, "queue"), id)
    _done(id, "skipped by everybody, so it was escalated" if alone else "left to somebody else", as_json, alone)


@app.command("escalate")
def escalate(
    id: Id,
    reason: Annotated[str, typer.Option(help="What the next one should know.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Pass an output on to somebody else, who gets it before all others."""
    from cleanroom.app.queue.work import escalate as run
    from cleanroom.wiring import room

    run(room(project, who, "queue"), id, reason)
    _done(id, "escalated: somebody else gets it first", as_json, True)


@app.command("release")
def release(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Give back an output that you took."""
    from cleanroom.app.queue.work import release as run
    from cleanroom.wiring import room

    run(room(project, who, "queue"), id)
    _done(id, "given back", as_json, False)


@app.command("erase")
def erase(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Forget the text of an output and of its correction for good; the ledger keeps that it came."""
    from cleanroom.app.queue.erase import erase as run
    from cleanroom.wiring import room

    gone = run(room(project, who, "queue"), id)
    if as_json:
        print_json({"id": id, "erased": gone})
    else:
        screen().print(f"{id}: its text was {'erased' if gone else 'erased before'}", markup=False)


@app.command("calibrate")
def calibrate(
    system: Annotated[str, typer.Option(metavar="S", help="The AI system whose cut-off it is.")],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help='JSONL: {"confidence": 0.97, "correct": true} a line.')
    ] = None,
    alpha: Annotated[float, typer.Option(help="The share of what skips that may be wrong.")] = 0.02,
    delta: Annotated[float, typer.Option(help="How likely the promise may fail.")] = 0.05,
    from_reviews: Annotated[
        bool, typer.Option("--from-reviews", help="On the unbiased part of the reviewed outputs, instead of a file.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would promise, and leave all as it is.")
    ] = False,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Compute the confidence from which on outputs may skip review, and put it in force with what it promises."""
    from cleanroom.app.queue import calibrate as calibration
    from cleanroom.codec.outputs import read_cases
    from cleanroom.entry.cli.queue_shown import show_calibrated
    from cleanroom.wiring import room

    if (file is None) != from_reviews:
        raise Misuse("no labelled cases were named, or two ways at once", "Name a FILE, or give --from-reviews.")
    work = room(project, who, "queue")
    if file is None:
        found = calibration.calibrate_from_reviews(work, system, alpha, delta, keep=not dry_run)
    else:
        content = _read(str(file))
        cases = read_cases(content, str(file))
        found = calibration.calibrate(work, system, cases, digest(content), alpha, delta, keep=not dry_run)
    if as_json:
        print_json(found)
    else:
        show_calibrated(found, from_reviews, screen())
    if found.fact.cutoff is None:
        raise typer.Exit(3)


@app.command("export")
def export(
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the corrections, one a line.")],
    golden: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write them as golden cases as well.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that were exported before too.")] = False,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Write corrections for retraining and as golden cases; each goes out once."""
    from cleanroom.app.queue.export import export as run
    from cleanroom.entry.cli.queue_shown import show_exported
    from cleanroom.wiring import room

    done = run(room(project, who, "queue"), out, golden, everything=everything)
    if as_json:
        print_json(done)
    else:
        show_exported(done, screen())


@app.command("status")
def status(
    system: System = None,
    hours: Annotated[float, typer.Option(min=0.1, max=24 * 31, help="How far back the load is looked at.")] = 24.0,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Show how the queue stands: what waits, what is promised of what skips, whether the people keep up, what to export."""
    from cleanroom.app.queue.view import board, load_of
    from cleanroom.entry.cli.queue_shown import show_board, status_data
    from cleanroom.wiring import room

    work = room(project, who, "queue")
    found, load = board(work, system), load_of(work, hours)
    if as_json:
        print_json(status_data(found, load))
    else:
        show_board(found, load, screen())


def _read(file: str) -> bytes:
    from cleanroom.codec.outputs import MAX_FILE

    return content_or_input(file, "Name a JSONL file, or - for standard input.", MAX_FILE)


def _done(id: str, what: str, as_json: bool, escalated: bool) -> None:
    if as_json:
        print_json({"id": id, "escalated": escalated})
    else:
        screen().print(f"{id}: {what}", markup=False)
