"""`cleanroom alert`: what goes wrong, who is on it, and what nobody wants to hear for a while."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanroom.core.alerts.words import short
from cleanroom.entry.cli.output import As, AsJson, print_json, screen

app = typer.Typer(no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="ALERT", help="The id of an alert.")]
Folder = Annotated[Path, typer.Option(help="The project's folder.")]
Because = Annotated[str, typer.Option(help="Why; it goes into the ledger.")]


@app.callback()
def _group() -> None:
    """Alerts: see them, say that you are on it, ask for silence, send again what did not arrive."""


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    system: Annotated[str | None, typer.Option(help="Of one system only.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Alerts that nobody answered first, then those that somebody is on; and the silences that hold."""
    from cleanroom.app import alerts
    from cleanroom.app.alerts.read import EVERY, UNANSWERED
    from cleanroom.entry.alerts import as_data, silence_data
    from cleanroom.entry.cli.alert_shown import show_all
    from cleanroom.wiring import room

    work = room(project, who, "read")
    found, quiet, now = (
        alerts.every(work, EVERY if every else UNANSWERED, system, limit),
        alerts.holding(work),
        work.clock.now(),
    )
    if as_json:
        print_json({"alerts": [as_data(s) for s in found], "silences": [silence_data(s, now) for s in quiet]})
    else:
        show_all(found, quiet, screen())


@app.command("show")
def show(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """One alert: its signals with their evidence, what changed just before, what was done, who was told."""
    from cleanroom.app import alerts
    from cleanroom.entry.alerts import as_data
    from cleanroom.entry.cli.alert_shown import show_one
    from cleanroom.wiring import room

    work = room(project, who, "read")
    found = alerts.one(work, id)
    if as_json:
        print_json(as_data(found))
    else:
        show_one(found, work.clock.now(), screen())


@app.command("ack")
def ack(id: Id, because: Because = "", who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Say that you are on it: it is not escalated any more. What is new after that is another alert."""
    from cleanroom.app import alerts
    from cleanroom.entry.alerts import answered
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    found = alerts.acknowledge(work, id, because)
    if as_json:
        print_json(answered(found))
    else:
        screen().print(f"{work.operator} is on {id}", markup=False)


@app.command("resolve")
def resolve(id: Id, because: Because = "", who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Say that it is over, and why. What still goes on opens a new alert when it is said again."""
    from cleanroom.app import alerts
    from cleanroom.entry.alerts import answered
    from cleanroom.wiring import room

    found = alerts.resolve(room(project, who, "oncall"), id, because)
    if as_json:
        print_json(answered(found))
    else:
        screen().print(f"{id} is over", markup=False)


@app.command("silence")
def silence(
    lasts: Annotated[str, typer.Option("--for", metavar="TIME", help="How long: 30m, 12h, 2d.")],
    because: Because = "",
    system: Annotated[str, typer.Option(help="The system; * stands for anything.")] = "*",
    name: Annotated[str, typer.Option(help="What watches, such as slo/NAME or prometheus/*.")] = "*",
    about: Annotated[str, typer.Option(help="The part that it is about.")] = "*",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Have nobody told of signals that match, for a while. They are counted, and what the policy says is done all the same."""
    from cleanroom.app import alerts
    from cleanroom.core.facts.alerts import Matching
    from cleanroom.entry.alerts import silence_data
    from cleanroom.entry.rollout_plan import seconds_of
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    made = alerts.silence(work, Matching(name, system, about), seconds_of(lasts), because)
    if as_json:
        print_json(silence_data(made, work.clock.now()))
    else:
        screen().print(f"silence {made.id} until {short(made.until)}", markup=False)


@app.command("unsilence")
def unsilence(
    id: Annotated[str, typer.Argument(metavar="SILENCE", help="The id of a silence.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """End a silence before its time: what still goes on is told."""
    from cleanroom.app import alerts
    from cleanroom.entry.alerts import silence_data
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    lifted = alerts.lift(work, id)
    if as_json:
        print_json(silence_data(lifted, work.clock.now()))
    else:
        screen().print(f"the silence {id} is over", markup=False)


@app.command("undelivered")
def undelivered(
    retry: Annotated[str | None, typer.Option(metavar="KEY", help="Send this one again.")] = None,
    retry_all: Annotated[bool, typer.Option("--retry-all", help="Send all again that were given up on.")] = False,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Messages to channels that did not arrive: those that are tried again, and those that were given up on."""
    from cleanroom.app import alerts
    from cleanroom.core.base import plain
    from cleanroom.entry.cli.alert_shown import show_undelivered
    from cleanroom.wiring import room

    wanted = retry is not None or retry_all
    work = room(project, who, "oncall" if wanted else "read")
    if wanted:
        keys = alerts.again(work, retry)
        if as_json:
            print_json({"again": list(keys)})
        else:
            screen().print(f"{len(keys):,} messages are sent again with the next step of the reconciler")
        return
    found = alerts.undelivered(work)
    if as_json:
        print_json([{k: v for k, v in plain(m).items() if k != "body"} for m in found])
    else:
        show_undelivered(found, screen())


@app.command("send-test")
def send_test(
    channel: Annotated[str | None, typer.Argument(metavar="[CHANNEL]", help="One channel; all without it.")] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Send a test message through the channels of cleanroom.toml now, and say what came of it (exit 4 where one fails)."""
    from cleanroom.app import alerts
    from cleanroom.wiring import room

    tried = alerts.send_test(room(project, who, "oncall"), channel)
    if as_json:
        print_json(list(tried))
    else:
        for one in tried:
            screen().print(f"{one.channel}: {one.because or 'it arrived'}", markup=False)
    if any(one.because for one in tried):
        raise typer.Exit(4)
