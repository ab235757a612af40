"""`cleanroom review` and `cleanroom status`: what waits for whom, and a person's yes, no or go on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanroom.core.ledger import LedgerEntry
from cleanroom.entry.cli.output import As, AsJson, print_json, screen

app = typer.Typer(no_args_is_help=True)
Change = Annotated[str, typer.Argument(metavar="CHANGE", help="The name of a change: a folder below changes/.")]
Folder = Annotated[Path, typer.Option(help="The project's folder.")]
Why = Annotated[str, typer.Option(help="Why; it goes into the ledger.")]


@app.callback()
def _group() -> None:
    """Decide on changes: approve, reject, waive."""


@app.command("list")
def list_(who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Every change with where it stands, and the roles that it still needs."""
    from cleanroom.app.review.standing import waiting
    from cleanroom.entry.cli.standing import show_all
    from cleanroom.entry.standing import as_data
    from cleanroom.wiring import room

    found = waiting(room(project, who, "read"))
    if as_json:
        print_json([as_data(s) for s in found])
    else:
        show_all(found, screen())


@app.command("show")
def show(change: Change, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """What a change touches, who must approve, which approvals count and why others are void."""
    from cleanroom.app.review.standing import standing
    from cleanroom.entry.cli.standing import show_one
    from cleanroom.entry.standing import as_data
    from cleanroom.wiring import room

    found = standing(room(project, who, "read"), change)
    if as_json:
        print_json(as_data(found))
    else:
        show_one(found, screen())


@app.command("top")
def top(
    change: Change,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Entries to show.")] = 10,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """List the mapped names that matter most: by rows, by the model's disagreement, by what counts on them."""
    from cleanroom.app.review.top import top as most_important
    from cleanroom.entry.cli.standing import show_top
    from cleanroom.wiring import room

    found = most_important(room(project, who, "read"), change, limit)
    if as_json:
        print_json({"change": change, "all": found.all, "items": found.items})
    else:
        show_top(found, screen())


@app.command("approve")
def approve(
    change: Change,
    role: Annotated[str | None, typer.Option(help="The role you sign as, where you could sign as several.")] = None,
    comment: Annotated[str, typer.Option(help="Goes into the ledger.")] = "",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Approve the change exactly as its last run showed it; any edit and any new run voids this."""
    from cleanroom.app.review.decide import approve as run
    from cleanroom.wiring import room

    work = room(project, who, "review")
    _told(run(work, change, role, comment), as_json)
    if not as_json:
        from cleanroom.app.review.standing import standing
        from cleanroom.entry.cli.standing import show_state

        show_state(standing(work, change).review, screen())


@app.command("reject")
def reject(change: Change, reason: Why = "", who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Reject this version of the change; it stays blocked until there is a new one."""
    from cleanroom.app.review.decide import reject as run
    from cleanroom.wiring import room

    _told(run(room(project, who, "review"), change, reason), as_json)


@app.command("waive")
def waive(change: Change, reason: Why = "", who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Let the last run go on to approval although a required check could not tell (UNKNOWN). Needs a sign-off."""
    from cleanroom.app.review.decide import waive as run
    from cleanroom.wiring import room

    _told(run(room(project, who, "review"), change, reason), as_json)


def status(who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Show where the project stands: its changes, who must act next, and the smallest team that the policy needs."""
    from cleanroom.app.review.standing import waiting
    from cleanroom.core.policy import smallest_team
    from cleanroom.entry.cli.standing import show_status
    from cleanroom.entry.standing import as_data
    from cleanroom.wiring import room

    work = room(project, who, "review")
    found, policy = waiting(work), work.project.policy()
    if as_json:
        team = {"smallest_team": smallest_team(policy), "people": len(policy.everybody())}
        print_json(
            {"changes": [as_data(s) for s in found], "policy": policy, "team": team, "entries": work.store.size()}
        )
    else:
        show_status(found, policy, work.store.size(), screen())


def _told(entry: LedgerEntry, as_json: bool) -> None:
    if as_json:
        print_json(entry)
        return
    from cleanroom.entry.cli.standing import written

    screen().print(written(entry))
