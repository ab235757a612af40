"""`cleanroom sensor`: what watches production, where it stands, and decisions about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from cleanroom.entry.cli.output import As, AsJson, print_json, printable, screen

if TYPE_CHECKING:
    from cleanroom.app.room import Room
    from cleanroom.app.sensors.run import Ran
    from cleanroom.core.sensors.replayed import Replayed
    from cleanroom.core.sensors.standing import Standing

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path, typer.Option(help="The project's folder.")]
Name = Annotated[str, typer.Argument(metavar="SENSOR", help="The name of a file in sensors/.")]
Because = Annotated[str, typer.Option(help="Why; it goes into the ledger.")]

_MOMENTS = 20
_STYLES = {"new": "dim", "quiet": "green", "too_few": "cyan", "over": "bold red", "failed": "bold yellow"}
_NONE = "no sensors yet. docs/sensors.md says how to write sensors/NAME.yaml."


@app.callback()
def _group() -> None:
    """Watch columns, counts, costs, freshness and more; a sensor over its bound holds up what depends on it."""


@app.command("list")
def list_(who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Every sensor: its state, what it covers, and what it holds up."""
    from cleanroom.app.sensors.read import every
    from cleanroom.entry.sensors import WORDS, as_data
    from cleanroom.wiring import room

    work = room(project, who, "read")
    found, now = every(work), work.clock.now()
    if as_json:
        print_json([as_data(f, now) for f in found])
        return
    if not found:
        screen().print(_NONE)
        return
    for one in found:
        state, late = one.standing, ", overdue" if one.overdue(now) else ""
        parts = (
            f"{state.day}: {state.seen}" if state.seen else state.day,
            f"covers {state.covers}" if state.covers else "",
            f"holds up {', '.join(one.sensor.blocks)}" if state.blocks and one.sensor.blocks else "",
        )
        head = Text.assemble((WORDS[state.state] + late, _STYLES[state.state]), "  ", (one.sensor.name, "bold"))
        head.append(f"  {one.sensor.watch.kind}  {printable('; '.join(p for p in parts if p))}".rstrip())
        screen().print(head, soft_wrap=True)


@app.command("lint")
def lint(project: Folder = Path(), as_json: AsJson = False) -> None:
    """Find every mistake in sensors/, and what these and [schedules] name that is not there. Exits with 1 on an error."""
    from cleanroom.entry.cli.findings import ended
    from cleanroom.wiring import project as opened

    ended(opened(project).lint_sensors(), as_json=as_json)


@app.command("run")
def run(
    sensor: Annotated[list[str] | None, typer.Argument(metavar="[SENSOR]...", help="Those named; all without.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="As if it were then, such as 2026-11-22T09:00:00Z.")
    ] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Have sensors look now. Exit code 1: one is over its bound; else 3: one could not look, or none can tell; else 0."""
    from cleanroom.app.sensors.run import run as look
    from cleanroom.entry.cli.moments import Stopped, moment
    from cleanroom.entry.sensors import ran_data
    from cleanroom.wiring import room

    work = room(project, who, "review")
    done = look(work if at is None else replace(work, clock=Stopped(moment(at))), sensor or ())
    if as_json:
        print_json([ran_data(r) for r in done])
    else:
        for one in done:
            _show_ran(one)
        if not done:
            screen().print(_NONE)
    kinds = {r.result.kind for r in done}
    raise typer.Exit(1 if "over" in kinds else 3 if "failed" in kinds or kinds == {"too_few"} else 0)


@app.command("show")
def show(sensor: Name, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """One sensor: what it watches, its last finding with the evidence, and what it holds up."""
    from cleanroom.app.sensors.read import one
    from cleanroom.entry.sensors import WORDS, as_data
    from cleanroom.wiring import room

    work = room(project, who, "read")
    found, now = one(work, sensor), work.clock.now()
    if as_json:
        print_json(as_data(found, now))
        return
    at, console = found.standing, screen()
    head = Text.assemble((WORDS[at.state], _STYLES[at.state]), "  ", (sensor, "bold"), f"  {found.sensor.watch.kind}")
    console.print(head)
    if found.overdue(now):
        console.print(f"it has not looked since {found.ran}", style="bold yellow", markup=False)
    lines = (
        ("what", at.what),
        ("since", at.since or ""),
        ("day judged", at.day),
        ("seen", at.seen),
        ("bound", at.bound),
        ("covers", at.covers),
        ("baseline from", at.baseline or ""),
        ("last look", found.ran or ""),
        ("holds up", ", ".join(found.sensor.blocks) if at.blocks else ""),
        ("because", at.blocks),
    )
    for label, text in lines:
        if text:
            console.print(Text.assemble((f"{label}: ", "bold"), printable(text)), soft_wrap=True)
    for line in at.evidence:
        console.print(Text(f"  {printable(line)}"), soft_wrap=True)


@app.command("backtest")
def backtest(
    sensor: Name,
    since: Annotated[str, typer.Option(metavar="TIME", help="From when on, such as 2026-11-01T00:00:00Z.")],
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Until when (default: now).")] = None,
    began: Annotated[str | None, typer.Option(metavar="TIME", help="When an incident began.")] = None,
    detected: Annotated[str | None, typer.Option(metavar="TIME", help="When that incident was found.")] = None,
    ended: Annotated[str | None, typer.Option(metavar="TIME", help="When it was over (default: not yet).")] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """When a sensor of kind rate would have fired on what was recorded. Exit code 3 when it could judge nothing.

    With --began and --detected, too: how much earlier it would have been, and what may be claimed for the next incident.
    """
    from cleanroom.app.sensors.read import sensor_of
    from cleanroom.app.sensors.replay import replay, would_have_fired
    from cleanroom.core.base import Misuse, plain
    from cleanroom.entry.cli.moments import moment
    from cleanroom.wiring import room

    if (began is None) != (detected is None) or (ended and not began):
        raise Misuse(
            "an incident has a begin and a moment at which it was found", "Give both: --began TIME --detected TIME"
        )
    work = room(project, who, "read")
    watch = sensor_of(work, sensor)
    found = replay(work, watch, moment(since), moment(until) if until else work.clock.now())
    incident = None
    if began and detected:
        end = moment(ended) if ended else None
        incident = would_have_fired(work, watch, moment(began), moment(detected), ended=end)
    if as_json:
        print_json({"replayed": plain(found), "incident": plain(incident)})
    else:
        _show_replayed(found)
        if incident is not None:
            screen().print(Text(printable(incident.because)), soft_wrap=True)
    raise typer.Exit(0 if found.judged else 3)


@app.command("canary")
def canary(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for, such as support-prompt.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """The secret mark of that name, to be put into a prompt: a sensor of kind injection tells when it comes out."""
    from cleanroom.app.injection.canaries import mark
    from cleanroom.wiring import room

    found = mark(room(project, who, "review"), name)
    if as_json:
        print_json({"name": name, "mark": found})
    else:
        screen().print(found, soft_wrap=True, markup=False, highlight=False)


@app.command("unblock")
def unblock(
    sensor: Name, because: Because = "", who: As = None, project: Folder = Path(), as_json: AsJson = False
) -> None:
    """Let what a sensor holds up go on; it is held up again when the sensor goes over its bound anew."""
    from cleanroom.app.sensors.decide import unblock as decide

    _decided(lambda work: decide(work, sensor, because), who, project, as_json)


@app.command("rebase")
def rebase(
    sensor: Name,
    because: Because = "",
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="From when on things are right (default: now).")
    ] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Say that things are right as they are now: what came before is compared with no more."""
    from cleanroom.app.sensors.decide import rebase as decide
    from cleanroom.entry.cli.moments import moment

    begin = None if since is None else moment(since)
    _decided(lambda work: decide(work, sensor, because, begin), who, project, as_json)


def _decided(deed: Callable[[Room], Standing], who: str | None, project: Path, as_json: bool) -> None:
    from cleanroom.entry.sensors import WORDS, standing_data
    from cleanroom.wiring import room

    now = deed(room(project, who, "review"))
    if as_json:
        print_json({"name": now.sensor, **standing_data(now)})
    else:
        screen().print(f"{now.sensor}: {WORDS[now.state]}; it holds up {'nothing' if not now.blocks else now.blocks}")


def _show_replayed(found: Replayed) -> None:
    times = "once" if len(found.fired) == 1 else f"{len(found.fired)} times"
    fired = f"it would have fired {times}" if found.judged else "it could not have judged anything"
    head = Text.assemble((found.sensor, "bold"), f"  {found.since[:16]}Z to {found.until[:16]}Z: {fired}")
    screen().print(head, soft_wrap=True)
    for at in found.fired[:_MOMENTS]:
        screen().print(Text(f"  {at[:16]}Z"))
    if len(found.fired) > _MOMENTS:
        screen().print(Text(f"  and {len(found.fired) - _MOMENTS} more: --json has them all"))
    looks = f"{found.judged:,} of {found.looks:,} looks had enough to tell"
    if found.upper is None:
        screen().print(Text(looks))
        return
    alarms = f"if none of it was an incident, that is at most {found.upper:.2g} false alarms in 30 days (95%)"
    screen().print(Text(f"{looks}; {found.alarms} alarms in {found.days:.1f} days, {alarms}"), soft_wrap=True)


def _show_ran(ran: Ran) -> None:
    from cleanroom.core.sensors.result import Failed, Over, TooFew
    from cleanroom.entry.sensors import WORDS

    result = ran.result
    match result:
        case Over():
            said = f"{result.what}; since {result.since[:10]}; covers {result.covers}"
        case Failed():
            said = result.why
        case TooFew():
            said = f"{result.missing}; it would cover: {result.covers}"
        case _:
            said = "; ".join(x for x in (result.seen, f"covers {result.covers}") if x)
    word = WORDS[result.kind]
    head = Text.assemble((f"{word}  ", _STYLES[result.kind]), (ran.sensor, "bold"), f"  {ran.day}: {printable(said)}")
    screen().print(head, soft_wrap=True)
    for line in () if isinstance(result, Failed) else result.evidence:
        screen().print(Text(f"  {printable(line)}"), soft_wrap=True)
