"""`cleanroom token`: machine and personal tokens."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table as Grid
from rich.text import Text

from cleanroom.core.base import Instant, Misuse, after
from cleanroom.entry.cli.output import As, AsJson, aside, print_json, screen
from cleanroom.ports.accounts import Token

app = typer.Typer(no_args_is_help=True)

Folder = Annotated[Path, typer.Option(help="The project's folder.")]
_LENGTH = re.compile(r"([0-9]{1,4})([dh])")


@app.callback()
def _group() -> None:
    """Tokens for the API and the command line: scoped, expiring, revocable; each is shown once."""


@app.command("create")
def create(
    person: Annotated[str, typer.Argument(metavar="PERSON", help="Whose token it is.")],
    name: Annotated[str, typer.Option(help="What it is for.")] = "command line",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SCOPE",
            help="read (as without it), review, queue, outputs, outcomes, flags, alerts, oncall, admin, sign-in; repeatable.",
        ),
    ] = None,
    expires: Annotated[str, typer.Option(metavar="LENGTH", help="How long it works, such as 90d or 12h.")] = "90d",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Make a token and print it; nobody can print it again."""
    from cleanroom.app.access import make_token
    from cleanroom.wiring import room

    work = room(project, who, "admin")
    token, text = make_token(work, person, name, scope or ["read"], _moment(after(work.clock.now(), 0), expires))
    if as_json:
        print_json({"token": text, **_plain(token)})
        return
    screen().print(text, markup=False, soft_wrap=True)
    aside().print(
        f"token {token.id} of {token.person}: {', '.join(token.scopes)}; until {token.expires[:10]}. It is not shown again.",
        markup=False,
        soft_wrap=True,
    )


def _moment(now: Instant, length: str) -> Instant:

    fit = _LENGTH.fullmatch(length.strip())
    if fit is None:
        raise Misuse(f"{length!r:.40} is no length of time", "For example --expires 90d or 12h.")
    return after(now, int(fit[1]) * (86_400 if fit[2] == "d" else 3600))


@app.command("list")
def list_tokens(
    person: Annotated[str | None, typer.Option(metavar="PERSON", help="Only theirs.")] = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """All tokens, without their secrets."""
    from cleanroom.core.policy import same
    from cleanroom.wiring import room

    work = room(project, None, "read")
    found = [t for t in work.accounts.tokens() if person is None or same(t.person, person)]
    if as_json:
        print_json([_plain(t) for t in found])
        return
    grid, now = Grid(box=None, pad_edge=False, header_style="bold"), work.clock.now()
    for column in ("id", "person", "name", "scopes", "until", ""):
        grid.add_column(column, overflow="fold")
    for token in found:
        state = "revoked" if token.revoked else "expired" if token.expires <= now else ""
        cells = (token.id, token.person, token.name, ", ".join(token.scopes), token.expires[:10])
        grid.add_row(*map(Text, cells), Text(state, "red"))
    screen().print(grid)


@app.command("revoke")
def revoke(
    id: Annotated[str, typer.Argument(metavar="ID", help="As `cleanroom token list` shows it.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Have a token stop working at once."""
    from cleanroom.app.access import revoke_token
    from cleanroom.wiring import room

    token = revoke_token(room(project, who, "admin"), id)
    if as_json:
        print_json(_plain(token))
    else:
        screen().print(f"token {token.id} of {token.person} no longer works", markup=False)


def _plain(token: Token) -> dict[str, object]:
    """All but the hash of the secret."""
    return {
        "id": token.id,
        "person": token.person,
        "name": token.name,
        "scopes": list(token.scopes),
        "made": token.made,
        "expires": token.expires,
        "revoked": token.revoked,
    }
