"""`cleanroom propose` and `cleanroom correct`: a model, a person or a tool proposes a change, a person corrects it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from cleanroom.core.base import Misuse
from cleanroom.core.change import NONE, MappedName, Mapping
from cleanroom.entry.cli.output import As, AsJson, aside, print_json, screen
from cleanroom.ports.engine import Table as Data

if TYPE_CHECKING:
    from cleanroom.app.propose.correct import Corrected
    from cleanroom.app.propose.mapping import Proposal

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path, typer.Option(help="The project's folder.")]
Name = Annotated[
    str, typer.Option("--name", metavar="CHANGE", help="What to call the change: a folder below changes/.")
]


@app.callback()
def _group() -> None:
    """Ask a model for a change, or take in what a person or a tool made."""


@app.command("mapping")
def mapping(
    source: Annotated[str, typer.Option(metavar="DATA", help="The data whose event names are to be mapped.")],
    model: Annotated[str, typer.Option(metavar="MODEL", help="A model of cleanroom.toml, or `local`.")],
    name: Name = "mapping",
    runs: Annotated[int, typer.Option(min=1, max=9, help="How often each name is asked; a majority decides.")] = 3,
    prompt: Annotated[
        str | None, typer.Option(metavar="NAME", help="A prompt of prompts/ (default: the one for the kind of model).")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Record the replies here, to be replayed later.")
    ] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Ask a model to map legacy event names to the plan's events, under guards; writes changes/CHANGE/."""
    from cleanroom.app.propose.mapping import mapping as propose
    from cleanroom.app.propose.prompts import MAPPING, SMALL, mapping_prompt
    from cleanroom.wiring import room

    data = _data(source, "--source DATA")
    work = room(project, who)
    asked = work.model(model, record)
    chosen = mapping_prompt(work.project, prompt or (SMALL if asked.endpoint == "embedded" else MAPPING))
    with asking_progress() as progress:
        made = propose(work, data, asked, chosen, name, runs=runs, progress=progress)
    if as_json:
        print_json({"digest": made.change.digest, "change": made.change, "mapping": made.mapping})
        return
    show_proposal(made, screen())
    screen().print(f"\nNext:\n  cleanroom check {name}", soft_wrap=True)


@app.command("by-hand")
def by_hand(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A mapping.json that a person wrote.")],
    source: Annotated[str, typer.Option(metavar="DATA", help="The data that it is to be applied to.")],
    name: Name = "by-hand",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Take in a mapping that a person wrote, to be judged like any other; writes changes/CHANGE/."""
    from cleanroom.app.propose.by_hand import propose_by_hand
    from cleanroom.wiring import room

    data = _data(source, "--source DATA")
    made = _read_mapping(file)
    work = room(project, who)
    work.engine.profile(data, top=1)
    place = work.project.relative(data.path) + (f"::{data.table}" if data.table else "")
    change = propose_by_hand(work, made, place, name)
    if as_json:
        print_json({"digest": change.digest, "change": change, "mapping": made})
        return
    screen().print(f"[bold]{name}[/] {change.digest}\n\nNext:\n  cleanroom check {name}", soft_wrap=True)


@app.command("dataset")
def dataset(
    data: Annotated[str, typer.Argument(metavar="DATA", help="What the tool produced.")],
    tool: Annotated[str, typer.Option(help="Which tool produced it.")],
    name: Name = "dataset",
    model: Annotated[str, typer.Option(help="The model behind the tool, if any.")] = "",
    model_version: Annotated[str, typer.Option(help="Its version.")] = "",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Take in a dataset that another tool produced, to be judged against a baseline."""
    from cleanroom.app.propose.dataset import propose_dataset
    from cleanroom.wiring import room

    given = _data(data, "cleanroom propose dataset DATA --tool TOOL")
    change = propose_dataset(room(project, who), given, name, tool, model, model_version)
    if as_json:
        print_json({"digest": change.digest, "change": change})
        return
    screen().print(
        f"[bold]{name}[/] {change.digest}\n\nNext:\n  cleanroom check {name} --baseline DATA", soft_wrap=True
    )


def _data(text: str, usage: str) -> Data:
    """The table that was named. Raises Misuse for an empty name."""
    if not text:
        raise Misuse("no data was named", f"Name a file: {usage}")
    return Data.named(text)


def correct(
    change: Annotated[str, typer.Argument(metavar="CHANGE", help="The name of a mapping change.")],
    pairs: Annotated[
        list[str] | None, typer.Argument(metavar="LEGACY=TARGET...", help="Names and their events.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why; part of the provenance.")] = "",
    edited: Annotated[bool, typer.Option("--edited", help="Record what was edited in mapping.json by hand.")] = False,
    flag: Annotated[
        str | None, typer.Option(metavar="LEGACY", help="Doubt a name: nobody can approve before that is answered.")
    ] = None,
    clear: Annotated[
        str | None, typer.Option(metavar="LEGACY", help="Answer a doubt: the name is right as it is.")
    ] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Correct a proposed mapping: a new version of the change, with the person and the reason in its provenance."""
    from cleanroom.app.propose import correct as corrections
    from cleanroom.wiring import room

    if sum((bool(pairs), edited, flag is not None, clear is not None)) != 1:
        hint = "LEGACY=TARGET ..., or one of --edited, --flag LEGACY and --clear LEGACY."
        raise Misuse("nothing to correct was named, or two ways at once", hint)
    if not reason.strip():
        raise Misuse("a correction needs a reason", "Add --reason TEXT; it becomes part of the provenance.")
    given = list(_pairs(pairs or []))
    targets = dict(given)
    if len(targets) < len(given):
        raise Misuse("a legacy name is given twice", "Give each name once.")
    work = room(project, who)
    if edited:
        done = corrections.record_edits(work, change, reason)
    elif flag is not None:
        done = corrections.flag(work, change, flag, reason)
    elif clear is not None:
        done = corrections.clear(work, change, clear, reason)
    else:
        done = corrections.correct(work, change, targets, reason)
    if as_json:
        print_json({"digest": done.change.digest, "corrects": done.before, "corrections": done.corrections})
    else:
        show_corrected(done, screen())


def _pairs(texts: list[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        legacy, mark, target = text.rpartition("=")
        if not mark or not legacy or not target:
            raise Misuse(f"{text!r} is not LEGACY=TARGET", "For example: cleanroom correct first-try basket=view_cart")
        yield legacy, target


def _read_mapping(file: Path) -> Mapping:
    from cleanroom.codec.change import read_mapping

    try:
        reading = read_mapping(file.read_bytes(), str(file))
    except OSError as error:
        hint = 'It holds {"version": 1, "events": [{"legacy": ..., "target": ..., "reason": ...}, ...]}'
        raise Misuse(f"{file} cannot be read: {error.strerror}", hint) from error
    if reading.value is None:
        first = reading.findings[0]
        raise Misuse(f"{first.file}:{first.line}:{first.column} {first.message}", first.hint)
    return reading.value


def show_corrected(done: Corrected, console: Console) -> None:
    """One line a correction, and the new digest."""
    from cleanroom.entry.report.view import shown

    for c in done.corrections:
        before, after = (shown(target, 80) or "(left out)" for target in (c.before, c.after))
        if c.what != "corrected":
            line = Text.assemble("  ", shown(c.legacy, 60), ": ", (c.what, "yellow"), f" as {after}")
            console.print(line.append(f"  by {shown(c.by, 60)}: {shown(c.reason, 120)}"))
            continue
        line = Text.assemble("  ", shown(c.legacy, 60), ": ", (before, "red"), " -> ", (after, "green"))
        console.print(line.append(f"  by {shown(c.by, 60)}"))
    console.print(Text(f"  new version {done.change.digest[:26]}… corrects {done.before[:26]}…", "dim"))


def show_proposal(made: Proposal, console: Console) -> None:
    """What the model answered for each name, and everything that disagreed."""
    from cleanroom.entry.report.view import shown

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for title in ("Legacy name", "Rows", "Becomes", "Votes", "Objections"):
        table.add_column(title, justify="right" if title == "Rows" else "left", overflow="fold")
    for entry, rows in zip(made.mapping.events, made.rows, strict=True):
        votes = ", ".join(f"{target} x{n}" for target, n in entry.votes)
        style = "dim" if entry.target == NONE else ""
        legacy, objections = Text(shown(entry.legacy, 60)), Text(shown(_objections(entry), 160), "yellow")
        table.add_row(legacy, f"{rows:,}", Text(entry.target, style), Text(votes, "dim"), objections)
    console.print(table)
    provenance = made.change.provenance
    console.print(Text(f"  {provenance.model} {provenance.model_version}, {provenance.calls} calls", "dim"))
    for refusal in provenance.refusals[:6]:
        console.print(Text.assemble(("  refused  ", "red"), shown(refusal, 160)))
    if len(provenance.refusals) > 6:
        console.print(Text(f"  and {len(provenance.refusals) - 6} more refusals, all in the provenance", "dim"))


def _objections(entry: MappedName) -> str:
    """What speaks against the target: why there is none, and what the cross-check would rather have."""
    words = [entry.reason] if entry.target == NONE and entry.reason else []
    return "; ".join([*words, *([f"looks like {entry.similar}"] if entry.similar else [])])


@contextmanager
def asking_progress() -> Iterator[Callable[[int, int, str], None]]:
    """A bar over the names, on a terminal; silence elsewhere."""
    console = aside()
    if not console.is_terminal:
        yield lambda _done, _all, _name: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("  asking"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("")
        yield lambda done, everything, name: bar.update(
            task, completed=done, total=everything, description=escape(name)
        )
