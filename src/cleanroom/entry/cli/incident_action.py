"""`cleanroom incident action`: what is to be done so that it does not come back, tracked until there is evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanroom.core.base import Instant
from cleanroom.entry.cli.output import As, AsJson, print_json, screen

if TYPE_CHECKING:
    from cleanroom.app.room import Room

app = typer.Typer(no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="INCIDENT", help="The number of an incident.")]
Action = Annotated[str, typer.Argument(metavar="ACTION", help="The id of an action, such as a1.")]
Folder = Annotated[Path, typer.Option(help="The project's folder.")]
Due = Annotated[
    str,
    typer.Option(
        metavar="DAY", help="Until when: 2026-12-01, tomorrow, 3d, friday (the end of that day, UTC), or a moment."
    ),
]


@app.command("add")
def add(
    id: Id,
    what: Annotated[str, typer.Argument(metavar="TEXT", help="What is to be done.")],
    work: Annotated[str, typer.Option(help="case, fix, monitor, docs or other.")],
    owner: Annotated[str, typer.Option(metavar="PERSON", help="Who does it.")],
    due: Due,
    optional: Annotated[bool, typer.Option("--optional", help="The proof does not wait for it.")] = False,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Add an action with an owner and a day."""
    from cleanroom.app.incident.actions import add as run
    from cleanroom.app.incident.postmortem import is_known
    from cleanroom.core.incident.state import base_of
    from cleanroom.core.postmortem.page import work_of
    from cleanroom.entry.incidents import action_data, stranger
    from cleanroom.wiring import room

    kind = work_of(work)
    work_room = room(project, who, "oncall")
    found, named = run(work_room, id, what, kind, owner, _day(work_room, due), required=not optional)
    action = base_of(found).action(named)
    there = is_known(work_room, owner)
    if as_json and action is not None:
        print_json(action_data(action) | {"owner_known": there})
        return
    screen().print(f"{named}: {what} - {owner}", markup=False, soft_wrap=True)
    if not there:
        screen().print(f"  {stranger(owner)}", markup=False, soft_wrap=True)


@app.command("list")
def list_(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """The actions of an incident."""
    from cleanroom.app.incident.read import existing
    from cleanroom.core.incident.state import base_of
    from cleanroom.entry.cli.incident_shown import show_actions
    from cleanroom.entry.incidents import action_data
    from cleanroom.wiring import room

    work = room(project, who, "read")
    found = base_of(existing(work, id)).actions
    print_json([action_data(a) for a in found]) if as_json else show_actions(found, work.clock.now(), screen())


@app.command("move")
def move(
    id: Id,
    action: Action,
    because: Annotated[str, typer.Option(metavar="TEXT", help="Why; it goes into the ledger.")],
    owner: Annotated[str, typer.Option(metavar="PERSON", help="Who does it instead.")] = "",
    due: Due = "",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Give it another owner, such as when somebody left, or another day."""
    from cleanroom.app.incident.actions import move as run
    from cleanroom.app.incident.postmortem import is_known
    from cleanroom.entry.incidents import stranger
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    _, behind = run(work, id, action, owner, _day(work, due) if due else None, because)
    there = not owner or is_known(work, owner)
    if as_json:
        known = {"owner_known": there} if owner else {}
        print_json({"action": action, "owner": owner, "due": due, "behind": list(behind), **known})
        return
    said = () if there else (stranger(owner),)
    for line in (f"{action}: moved", *(f"  {b}" for b in (*said, *behind))):
        screen().print(line, markup=False, soft_wrap=True)


@app.command("done")
def done(
    id: Id,
    action: Action,
    evidence: Annotated[
        str, typer.Option(metavar="TEXT", help="What shows it: a change, a file, a digest, an address.")
    ],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Close it, with evidence."""
    from cleanroom.app.incident.actions import finish
    from cleanroom.wiring import room

    _, behind = finish(room(project, who, "oncall"), id, action, evidence)
    if as_json:
        print_json({"action": action, "evidence": evidence, "behind": list(behind)})
        return
    for line in (f"{action}: done", *(f"  {b}" for b in behind)):
        screen().print(line, markup=False, soft_wrap=True)


@app.command("file")
def file(
    id: Id,
    action: Action,
    tracker: Annotated[str, typer.Option(metavar="NAME", help="A tracker of cleanroom.toml; else the first.")] = "",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Make an issue of it in GitHub, GitLab or Jira; twice is the same as once."""
    from cleanroom.app.incident.issues import file as run
    from cleanroom.wiring import room

    made = run(room(project, who, "oncall"), id, action, tracker)
    left = f" (the tracker left out: {', '.join(made.left_out)})" if made.left_out else ""
    if as_json:
        print_json({"action": action, "ref": made.ref, "url": made.url, "left_out": list(made.left_out)})
    else:
        screen().print(f"{action}: {made.url}{left}", markup=False, soft_wrap=True)


@app.command("sync")
def sync(who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Close what a tracker says is closed."""
    from cleanroom.app.incident.issues import sync as run
    from cleanroom.wiring import room

    found = run(room(project, who, "oncall"))
    if as_json:
        print_json([{"incident": i, "action": a, "said": said} for i, a, said in found])
        return
    for incident, action, said in found:
        screen().print(f"incident {incident} {action}: {said}", markup=False, soft_wrap=True)
    if not found:
        screen().print("nothing was closed elsewhere")


def _day(work: Room, text: str) -> Instant:
    """The end of a day, or a moment."""
    from cleanroom.entry.moments import day

    return day(text, work.clock.now(), "--due ")
