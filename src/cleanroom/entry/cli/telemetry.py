"""`cleanroom telemetry`: what came in from AI systems, its figures, and the calls behind them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanroom.core.base import Misuse, NotFound
from cleanroom.core.mistakes import did_you_mean
from cleanroom.entry.cli.output import As, AsJson, aside, print_json, printable, screen

if TYPE_CHECKING:
    from cleanroom.app.telemetry.events import Kept
    from cleanroom.ports.calls import Part

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path, typer.Option(help="The project's folder.")]
Hours = Annotated[float, typer.Option("--hours", min=0.02, max=24 * 366, help="How far back.")]
LONGEST_LIST = 1_000


@app.callback()
def _group() -> None:
    """Show what AI systems did in production, and take in what their users did then."""


@app.command("status")
def status(
    system: Annotated[str | None, typer.Option("--system", help="Its figures; without it, all systems.")] = None,
    hours: Hours = 24.0,
    by: Annotated[
        str, typer.Option("--by", metavar="PARTS", help="feature, variant, model, prompt; or several of them.")
    ] = "",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Show the systems that telemetry came from, or the figures of one: requests, errors, latency, tokens, cost, users."""
    from cleanroom.app.telemetry import panels
    from cleanroom.entry.cli.telemetry_shown import panel_grid, systems_grid
    from cleanroom.entry.telemetry import panel_shown, seen_shown
    from cleanroom.wiring import room

    work = room(project, who, "read")
    since, until = panels.window(work, hours)
    if system is None:
        if by:
            raise Misuse("--by goes with --system", "For example --system shop-chat --by model.")
        each = [(s, panels.panel(work, s.system, since, until, sessions=False)) for s in panels.seen(work)]
        if as_json:
            print_json([{**seen_shown(s), "last_hours": panel_shown(p)["total"]} for s, p in each])
        else:
            systems_grid(each, hours)
        return
    found = panels.panel(work, system, since, until, parts_of(by))
    if as_json:
        print_json(panel_shown(found))
    else:
        panel_grid(found, hours)


@app.command("over-time")
def over_time(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="The name of the system.")],
    metric: Annotated[
        str, typer.Argument(metavar="METRIC", help="error, latency_s, hallucination, event/ticket, sensor/NAME ...")
    ],
    hours: Hours = 24.0,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Show one metric step by step, of calls or as a sensor measured it, with the sensor's bound."""
    from cleanroom.app.systems import check_name
    from cleanroom.app.telemetry import panels, watched
    from cleanroom.app.telemetry.course import course
    from cleanroom.entry.cli.telemetry_shown import course_grid
    from cleanroom.entry.telemetry import course_shown
    from cleanroom.wiring import room

    work = room(project, who, "read")
    check_name(work, system)
    since, until = panels.window(work, hours)
    sensors = {w.metric: w for w in watched.watched(work, system, since, until)}
    names = (*work.calls.metrics(system, since, until), *sensors)
    if metric not in names:
        hint = did_you_mean(metric, names) or "Look further back: --hours."
        raise NotFound(f"{system!r:.100} has no metric {metric!r:.100} in that time", hint)
    sensor = sensors.get(metric)
    found = watched.drawn_of(sensor, since, until) if sensor else course(work, system, metric, since, until)
    bound = sensor.bound if sensor else None
    if as_json:
        print_json(course_shown(found, bound))
    else:
        course_grid(found, bound)


@app.command("calls")
def calls(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="The name of the system.")],
    bad: Annotated[
        str,
        typer.Option(
            "--bad", metavar="METRIC", help="Only those with this metric true, or not 0: error, hallucination, ..."
        ),
    ] = "",
    feature: Annotated[str, typer.Option(help="Only of this feature.")] = "",
    variant: Annotated[str, typer.Option(help="Only of this variant.")] = "",
    model: Annotated[str, typer.Option(help="Only of this model.")] = "",
    conversation: Annotated[str, typer.Option(help="Only of this conversation.")] = "",
    hours: Hours = 24.0,
    limit: Annotated[int, typer.Option(min=1, max=LONGEST_LIST, help="The newest so many.")] = 20,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """List the newest calls of a system: what is behind a figure."""
    from cleanroom.app.telemetry import panels
    from cleanroom.entry.cli.telemetry_shown import calls_lines
    from cleanroom.entry.telemetry import call_shown
    from cleanroom.wiring import room

    work = room(project, who, "read")
    panels.check_system(work, system)
    given = {"feature": feature, "variant": variant, "model": model, "conversation": conversation}
    where = {name: value for name, value in given.items() if value}
    since, until = panels.window(work, hours)
    found = work.calls.rows(system, since, until, where, bad, limit)
    if bad and not found:
        panels.check_metric(work, system, bad, since, until)
    if as_json:
        print_json([call_shown(c) for c in found])
    else:
        calls_lines(found)


@app.command("show")
def show(
    call: Annotated[str, typer.Argument(metavar="ID", help="Trace id and span id in hex with - between them.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Show one call: what was asked and answered, its metrics, and what else was done in its trace."""
    from cleanroom.app.telemetry.panels import found_call
    from cleanroom.entry.cli.telemetry_shown import call_lines
    from cleanroom.entry.telemetry import call_shown
    from cleanroom.wiring import room

    found, beside = found_call(room(project, who, "read"), call)
    if as_json:
        print_json({**call_shown(found), "beside": [call_shown(c) for c in beside]})
    else:
        call_lines(found, beside)


@app.command("pull")
def pull(
    source: Annotated[
        str, typer.Argument(metavar="[NAME]", help="A [signals.NAME] of kind calls; without it, all.")
    ] = "",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Take in what is new in tables of calls now, as each step of the reconciler does by itself."""
    from cleanroom.app.signals import pull as pulled
    from cleanroom.core.base import plain
    from cleanroom.wiring import room

    found = pulled(room(project, who, "outcomes"), source)
    if as_json:
        print_json([plain(one) for one in found])
    for one in () if as_json else found:
        said = f"{one.new:,} new, {one.known:,} known, {one.refused:,} refused"
        screen().print(f"{one.source} ({printable(one.file)}): {said}", markup=False)
        if one.because:
            aside().print(printable(one.because), markup=False, soft_wrap=True)
    if not found and not as_json:
        screen().print("nothing is new")
    if any(one.because and not one.new + one.known for one in found):
        raise typer.Exit(1)


@app.command("send-event")
def send_event(
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="The name of the system.")],
    happened: Annotated[
        str, typer.Argument(metavar="HAPPENED", help="ticket, correction, conversion, complaint, escalation.")
    ],
    id: Annotated[str, typer.Option("--id", help="Unique to it: one that comes again changes nothing.")],
    call: Annotated[str, typer.Option("--call", metavar="ID", help="The call that it is about.")] = "",
    feature: Annotated[str, typer.Option(help="Where no call is named.")] = "",
    conversation: Annotated[str, typer.Option(help="Where no call is named.")] = "",
    key: Annotated[str, typer.Option(help="Who the user is; only a keyed hash of it is kept.")] = "",
    value: Annotated[float | None, typer.Option(help="Money of a conversion.")] = None,
    words: Annotated[str, typer.Option(help="What they wrote; redacted before it is kept.")] = "",
    label: Annotated[str, typer.Option(help="With a correction of a classifier: the right class.")] = "",
    at: Annotated[str, typer.Option("--at", metavar="TIME", help="When (RFC 3339); without it, now.")] = "",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Take in one thing that a user did, or that was done for them."""
    from cleanroom.app.telemetry.events import HAPPENED, Reported, report
    from cleanroom.core.base import Instant
    from cleanroom.wiring import room

    kind = next((h for h in HAPPENED if h == happened), None)
    if kind is None:
        raise Misuse(f"{happened!r:.60} is nothing that users do here", f"One of {', '.join(HAPPENED)}.")
    work = room(project, who, "outcomes")
    said = Reported(
        id,
        system,
        kind,
        Instant(at) if at else work.clock.now(),
        call=call,
        feature=feature,
        conversation=conversation,
        key=key,
        value=value,
        words=words,
        label=label,
    )
    done = report(work, [said])
    _show_kept(done, as_json)


def _show_kept(done: Kept, as_json: bool) -> None:
    if as_json:
        print_json({"new": done.new, "known": done.known, **({"warnings": done.warnings} if done.warnings else {})})
        return
    screen().print("kept" if done.new else "this id had come before: nothing was changed")
    for warning in done.warnings:
        aside().print(f"warning: {printable(warning)}", markup=False, soft_wrap=True)


def parts_of(by: str) -> tuple[Part, ...]:
    """The parts in `feature,model`. Raises Misuse for what is none of them."""
    from cleanroom.ports.calls import PARTS

    named = [part.strip() for part in by.split(",") if part.strip()]
    found = tuple(part for name in named for part in PARTS if part == name)
    if len(found) < len(named):
        raise Misuse(f"--by names {by!r:.100}", f"One or several of {', '.join(PARTS)}, with commas between them.")
    return found
