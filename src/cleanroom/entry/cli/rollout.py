"""`cleanroom rollout`: begin, see, hold, go on, abort; and what to expect before anything begins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanroom.entry.cli.output import As, AsJson, print_json, screen
from cleanroom.entry.rollout_plan import metrics_of, rule_of, seconds_of, shares_of, steps_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cleanroom.app.room import Room
    from cleanroom.core.progress.state import Rollout

app = typer.Typer(no_args_is_help=True)
Change = Annotated[str, typer.Argument(metavar="CHANGE", help="The name of an approved change.")]
Folder = Annotated[Path, typer.Option(help="The project's folder.")]
Because = Annotated[str, typer.Option(help="Why; it goes into the ledger.")]
Phases = Annotated[str, typer.Option(help="The candidate's shares of traffic, in percent.")]
Bake = Annotated[str, typer.Option(help="How long a phase lasts at least: 30m, 12h, 2d.")]
Limit = Annotated[str, typer.Option(help="How long all of it may take; what is undecided by then is held.")]
Metrics = Annotated[
    list[str] | None,
    typer.Option(
        "--metric", help="What both arms are compared by: error, latency_ms:above, error<=0.5%, error@prom. Repeat it."
    ),
]
Margin = Annotated[float, typer.Option(help="How many times worse than the control is not accepted.")]
Alpha = Annotated[float, typer.Option(help="The chance of a false rollback, and of a wrong promotion.")]


@app.callback()
def _group() -> None:
    """Let an approved change reach people bit by bit, judged by what happens to them."""


@app.command("start")
def start(
    change: Change,
    phases: Phases = "2,5,10,25,50,100",
    bake: Bake = "12h",
    limit: Limit = "72h",
    metric: Metrics = None,
    margin: Margin = 2.0,
    alpha: Alpha = 0.05,
    least: Annotated[int, typer.Option(help="Users of either arm that a phase needs, counted once a block.")] = 100,
    holdout: Annotated[float, typer.Option(help="Percent of traffic that keeps the control also afterwards.")] = 2.0,
    patience: Annotated[str, typer.Option(help="How long after an outcome its label is waited for.")] = "5m",
    flag: Annotated[str, typer.Option(help="The flag (default: the change's name).")] = "",
    audience: Annotated[str, typer.Option(help="Who takes part: a targeting rule as JSON.")] = "",
    output: Annotated[str, typer.Option(help="What the candidate makes: the battery runs on it in every phase.")] = "",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Begin the rollout of an approved change; refused otherwise, with what is missing."""
    from cleanroom.app.rollout.start import start as begin
    from cleanroom.core.rollout.plan import Plan
    from cleanroom.wiring import room

    plan = Plan(
        phases=shares_of(phases),
        metrics=metrics_of(metric),
        bake=seconds_of(bake),
        limit=seconds_of(limit),
        least=least,
        holdout=steps_of(holdout),
        patience=seconds_of(patience),
        alpha=alpha,
        margin=margin,
        output=output,
    )
    work = room(project, who, "review")
    _told(begin(work, change, plan, flag=flag, audience=rule_of(audience)), work, as_json)


@app.command("status")
def status(
    change: Annotated[str | None, typer.Argument(metavar="CHANGE", help="One change; all without it.")] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Where rollouts stand: phase, counts, evidence, and what happens next."""
    from cleanroom.app.rollout.read import every, existing
    from cleanroom.app.sensors.read import holds_up
    from cleanroom.entry.cli.rollout_shown import show_all
    from cleanroom.entry.rollouts import as_data, told
    from cleanroom.wiring import room

    work = room(project, who, "read")
    now = work.clock.now()
    if change is not None:
        _told(existing(work, change), work, as_json)
        return
    rollouts = every(work)
    if as_json:
        print_json([as_data(r, now, holds_up(work, r)) for r in rollouts])
    else:
        show_all([told(r, now, holds_up(work, r)) for r in rollouts], screen())


@app.command("hold")
def hold(
    change: Change, because: Because = "", who: As = None, project: Folder = Path(), as_json: AsJson = False
) -> None:
    """Keep a rollout at its share; harm is still acted upon."""
    from cleanroom.app.rollout.steer import hold as run

    _steered(lambda work: run(work, change, because), who, project, as_json)


@app.command("resume")
def resume(change: Change, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Let a held rollout go on, with its whole limit once more."""
    from cleanroom.app.rollout.steer import resume as run

    _steered(lambda work: run(work, change), who, project, as_json)


@app.command("abort")
def abort(
    change: Change, because: Because = "", who: As = None, project: Folder = Path(), as_json: AsJson = False
) -> None:
    """Roll it back: from now on everybody gets the control."""
    from cleanroom.app.rollout.steer import abort as run

    _steered(lambda work: run(work, change, because), who, project, as_json)


@app.command("observe")
def observe(
    change: Change,
    output: Annotated[str, typer.Argument(metavar="DATA", help="What the candidate made while it baked.")],
    baseline: Annotated[str | None, typer.Option(help="What the control made meanwhile.")] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Run the battery on what the candidate itself made; it counts in the rollout and voids no approval."""
    from cleanroom.app.rollout.observe import observe as run
    from cleanroom.entry.report.files import report_files
    from cleanroom.ports.engine import Table
    from cleanroom.wiring import room

    other = Table.named(baseline, Path()) if baseline else None
    found = run(room(project, who, "review"), change, Table.named(output, Path()), other, report_files)
    outcome = found.report.outcome
    if as_json:
        print_json({"change": change, "outcome": outcome.value, "run": found.run.digest, "folder": str(found.folder)})
    else:
        screen().print(f"{outcome.value}  what the candidate of {change} made; report: {found.folder}/report.html")
    raise typer.Exit({"FAIL": 1, "UNKNOWN": 3}.get(outcome.value, 0))


@app.command("simulate")
def simulate(
    traffic: Annotated[float, typer.Option(help="Users an hour behind the flag, both arms together.")],
    bad: Annotated[float, typer.Option(help="Percent of them that are bad today.")],
    phases: Phases = "2,5,10,25,50,100",
    bake: Bake = "12h",
    limit: Limit = "72h",
    margin: Margin = 2.0,
    alpha: Alpha = 0.05,
    runs: Annotated[int, typer.Option(min=10, max=2000, help="Simulated rollouts of each kind.")] = 100,
    as_json: AsJson = False,
) -> None:
    """What a rollout at this traffic can find, what it cannot, and how long it takes; nothing begins."""
    from cleanroom.core.rollout.plan import Metric, Plan
    from cleanroom.entry.cli.rollout_shown import show_forecast
    from cleanroom.sim.forecast import forecast

    plan = Plan(
        phases=shares_of(phases),
        metrics=(Metric("error"),),
        bake=seconds_of(bake),
        limit=seconds_of(limit),
        alpha=alpha,
        margin=margin,
    )
    found = forecast(plan, traffic, bad / 100, runs)
    if as_json:
        print_json(found)
    else:
        show_forecast(found, screen())


def _steered(deed: Callable[[Room], Rollout], who: str | None, project: Path, as_json: bool) -> None:
    from cleanroom.wiring import room

    work = room(project, who, "review")
    _told(deed(work), work, as_json)


def _told(found: Rollout, work: Room, as_json: bool) -> None:
    from cleanroom.app.sensors.read import holds_up
    from cleanroom.entry.cli.rollout_shown import show_one
    from cleanroom.entry.rollouts import as_data

    now, blocked = work.clock.now(), holds_up(work, found)
    if as_json:
        print_json(as_data(found, now, blocked))
    else:
        show_one(found, now, screen(), blocked)
