"""`cleanroom postmortem`: one page that says what enabled an incident, and who has read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanroom.entry.cli.output import As, AsJson, print_json, screen

if TYPE_CHECKING:
    from cleanroom.app.incident.postmortem import Standing

app = typer.Typer(no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="INCIDENT", help="The number of an incident.")]
Folder = Annotated[Path, typer.Option(help="The project's folder.")]


@app.callback()
def _group() -> None:
    """Write an incident up on one page: from the facts, without blame, and read by those who can learn from it."""


@app.command("draft")
def draft(
    id: Id,
    replace: Annotated[bool, typer.Option("--replace", help="Throw away what somebody has written there.")] = False,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Write postmortems/incident-ID.md from the facts; what only people know is left open in it, and lint says where."""
    from cleanroom.app.incident import postmortem
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    file = work.project.relative(postmortem.draft(work, id, replace=replace))
    if as_json:
        print_json({"incident": id, "file": file})
    else:
        screen().print(f"{file} is drafted; complete it, then: cleanroom postmortem lint {id}", markup=False)


@app.command("lint")
def lint(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """What the page lacks, line by line: sections, times, owners, dates, blame. Exit code 1 where there is anything."""
    from cleanroom.app.incident import postmortem
    from cleanroom.entry.cli.findings import ended
    from cleanroom.wiring import room

    ended(postmortem.check(room(project, who, "read"), id), as_json=as_json)


@app.command("publish")
def publish(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Put the page out: the ledger keeps its digest. Exit code 1, with what it lacks, where it does not lint."""
    from cleanroom.app.incident import postmortem
    from cleanroom.entry.cli.findings import ended
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    findings = postmortem.check(work, id)
    if findings:
        ended(findings, as_json=as_json)
    found = postmortem.publish(work, id)
    if as_json:
        print_json(found)
    else:
        screen().print(f"the postmortem of incident {id} is published: {found.file}", markup=False)


@app.command("read")
def read(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Show the page as it was published; the ledger notes that you have read it."""
    from cleanroom.app.incident import postmortem
    from cleanroom.wiring import room

    text, found = postmortem.read(room(project, who, "oncall"), id)
    if as_json:
        print_json({"text": text, "standing": found})
        return
    for line in text.splitlines():
        screen().print("".join(c for c in line if c.isprintable()), markup=False, soft_wrap=True)
    if found.edited:
        screen().print("\nThe page in the project was edited since: this is the published one.", style="yellow")


@app.command("review")
def review(
    id: Id,
    on: Annotated[str, typer.Option("--on", metavar="DAY", help="When it is looked at again: 2026-12-01, 2w.")],
    readers: Annotated[
        list[str], typer.Option("--reader", metavar="WHO", help="Who is to read it by then; repeat it.")
    ],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Set the next review, and who is to read the page by then."""
    from cleanroom.app.incident import postmortem
    from cleanroom.entry.moments import day
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    on_day = day(on, work.clock.now(), "--on ")
    found = postmortem.review(work, id, on_day, tuple(readers))
    if as_json:
        print_json(found)
    else:
        screen().print(f"review on {on_day[:10]}; to be read by {', '.join(found.readers)}", markup=False)


@app.command("list")
def list_(
    mine: Annotated[bool, typer.Option("--mine", help="Only what waits for you.")] = False,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """What you have not read yet and reviews that are due; then where the write-up of every incident stands."""
    from cleanroom.app.incident import postmortem
    from cleanroom.wiring import room

    work = room(project, who, "read")
    waits = postmortem.reading_list(work)
    found = () if mine else postmortem.standings(work)
    if as_json:
        print_json({"waits": list(waits), "postmortems": list(found)})
        return
    console = screen()
    for one in waits:
        what = "not read yet" if one.what == "read" else "its review is due"
        console.print(f"{one.id}: {what} since {one.since[:10]}: {one.title}", markup=False, style="bold")
    for each in found:
        console.print(f"{each.id}: {_says(each)}: {each.title}", markup=False)
    if not waits and not found:
        console.print("nothing waits for you" if mine else "there is no incident yet", markup=False)


def _says(one: Standing) -> str:
    if one.published is None:
        return f"{'OVERDUE, was' if one.overdue else 'not published, is'} due on {one.due[:10]}"
    unread = f", not by {', '.join(one.unread)}" if one.unread else ""
    edited = ", edited since" if one.edited else ""
    review = f", review on {one.review[:10]}" if one.review is not None else ""
    return f"published on {one.published[:10]}{edited}, read by {', '.join(one.read)}{unread}{review}"
