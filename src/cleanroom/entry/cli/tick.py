"""`cleanroom tick`: one step of the reconciler, for cron where no server runs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanroom.entry.cli.moments import Stopped, moment
from cleanroom.entry.cli.output import AsJson, aside, print_json, screen

if TYPE_CHECKING:
    from cleanroom.app.tick import Ticked


_DID = {
    "Wait": "waits",
    "Advance": "goes on",
    "Promote": "promoted",
    "Hold": "held",
    "RollBack": "rolled back",
}


def tick(
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="As if it were that moment, such as 2026-11-22T09:00:00Z."),
    ] = None,
    project: Annotated[Path, typer.Option(help="The project's folder.")] = Path(),
    as_json: AsJson = False,
) -> None:
    """Do once what the server does all the time: judge rollouts, deliver messages, escalate what waits, forget what expired."""
    from cleanroom.app.tick import tick as step
    from cleanroom.wiring import room

    work = room(project, scope="read")
    from cleanroom.entry.report.files import report_files

    done = step(work if at is None else replace(work, clock=Stopped(moment(at))), report_files)
    if as_json:
        print_json(done)
        return
    _show(done)


def _show(done: Ticked) -> None:
    sent, queue = done.delivered, done.queue
    counts = (
        ("SLOs looked at", len(done.slos)),
        ("alerts opened", len(done.alerts.opened)),
        ("alerts told", len(done.alerts.told)),
        ("alerts over", len(done.alerts.resolved)),
        ("messages delivered", len(sent.arrived)),
        ("outputs escalated", len(queue.escalated)),
        ("held outputs let in", len(queue.let_in)),
        ("outcomes from files", sum(d.new for d in done.drawn if d.kind == "sql")),
        ("calls from files", sum(d.new for d in done.drawn if d.kind == "calls")),
        ("outcomes filed", done.filed),
        ("expired sessions and links forgotten", done.forgotten),
    )
    said = ", ".join(f"{what}: {count}" for what, count in counts if count) or "nothing was due"
    screen().print(f"{done.at[:19].replace('T', ' ')} UTC: {said}", soft_wrap=True)
    for watched in done.rollouts:
        did = _DID[type(watched.did).__name__]
        screen().print(f"{watched.name}: {did}: {watched.did.because}", markup=False, soft_wrap=True)
    for slo in (w for w in done.slos if w.changed or w.firing or w.because or w.turned):
        fires = f", fires: {', '.join(slo.firing)}" if slo.firing else ""
        turned = f"; {slo.turned}" if slo.turned else ""
        screen().print(f"{slo.name}: {slo.because or slo.says}{fires}{turned}", markup=False, soft_wrap=True)
    for failed in done.unobserved:
        aside().print(f"{failed.name}: the battery could not run: {failed.because}", markup=False, soft_wrap=True)
    for drawn in (d for d in done.drawn if d.because):
        rows = f"{drawn.refused:,} rows refused: " if drawn.refused else ""
        aside().print(f"{drawn.source} ({drawn.file}): {rows}{drawn.because}", markup=False, soft_wrap=True)
    for id in done.alerts.failed:
        aside().print(f"alert {id}: could not be looked at; again in a minute", markup=False, soft_wrap=True)
    for run in done.ran:
        screen().print(f"{run.name}: {'' if run.good else 'failed: '}{run.said}", markup=False, soft_wrap=True)
    for late in sent.put_off:
        again = (late.again or "")[:19].replace("T", " ")
        said = f"not delivered: {late.key}: {late.because}; try {late.tries}, again at {again} UTC"
        aside().print(said, markup=False, soft_wrap=True)
    for lost in sent.gave_up:
        aside().print(f"given up after {lost.tries} tries: {lost.key}: {lost.because}", markup=False, soft_wrap=True)
