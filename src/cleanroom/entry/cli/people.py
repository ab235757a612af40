"""`cleanroom people`: who holds which role, are they enough, and how does somebody get in?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid
from rich.text import Text

from cleanroom.entry.cli.output import As, AsJson, aside, print_json, screen

app = typer.Typer(no_args_is_help=True)

Folder = Annotated[Path, typer.Option(help="The project's folder.")]


@app.callback()
def _group() -> None:
    """The people of [roles] in cleanroom.toml, and their way in."""


@app.command("list")
def list_people(project: Folder = Path(), as_json: AsJson = False) -> None:
    """Who holds which role, which touched areas ask for it, and whether the policy can be staffed."""
    from cleanroom.app.people import staff
    from cleanroom.wiring import room

    found = staff(room(project, None, "read"))
    if as_json:
        print_json(found)
        return
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for column in ("role", "people", "asked by"):
        grid.add_column(column, overflow="fold")
    for held in found.roles:
        areas = ", ".join(held.areas) + (" (sign-off)" if held.signed else "")
        people = Text(", ".join(held.people)) if held.people else Text("nobody", "red" if held.areas else "dim")
        grid.add_row(held.role, people, areas)
    out = screen()
    out.print(grid)
    if found.first_admin:
        out.print(f"{found.first_admin} acts as admin until the policy names one", markup=False)
    out.print(f"smallest team for any change: {found.team} (one author, and one person a role)")
    if found.lacking:
        out.print(Text(f"cannot be staffed: {found.lacking}", "yellow"))


@app.command("link")
def link(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Somebody with a role.")],
    url: Annotated[str, typer.Option(metavar="URL", help="Where the server is.")] = "http://127.0.0.1:8420",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Print a link that signs somebody in once, within a day."""
    from cleanroom.app.access import link_path, make_link
    from cleanroom.wiring import room

    address = url.rstrip("/") + link_path(make_link(room(project, who, "admin"), person))
    if as_json:
        print_json({"person": person, "link": address})
        return
    screen().print(address, markup=False, soft_wrap=True)
    aside().print("It works once, within a day; hand it to nobody else.")


@app.command("revoke")
def revoke(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Whose way in is closed.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """End all of somebody's sessions and tokens. Their roles stand in cleanroom.toml: take them out there."""
    from cleanroom.app.access import revoke_person
    from cleanroom.wiring import room

    tokens, sessions = revoke_person(room(project, who, "admin"), person)
    if as_json:
        print_json({"person": person, "tokens": tokens, "sessions": sessions})
    else:
        screen().print(f"{person}: tokens revoked: {tokens}, sessions ended: {sessions}", markup=False)
