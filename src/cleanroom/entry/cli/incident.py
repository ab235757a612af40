"""`cleanroom incident`: from the first sign to the proof that it cannot come back silently."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cleanroom.entry.cli import incident_action, incident_path, incident_told
from cleanroom.entry.cli.files import content_of
from cleanroom.entry.cli.output import As, AsJson, print_json, screen

if TYPE_CHECKING:
    from cleanroom.app.room import Room
    from cleanroom.core.incident.state import Incident

app = typer.Typer(no_args_is_help=True)
Id = Annotated[str, typer.Argument(metavar="INCIDENT", help="The number of an incident.")]
Folder = Annotated[Path, typer.Option(help="The project's folder.")]
Because = Annotated[str, typer.Option(metavar="TEXT", help="Why; it goes into the ledger.")]

incident_path.register(app)
incident_told.register(app)
app.add_typer(incident_action.app, name="action", help="What is to be done so that it does not come back.")


@app.callback()
def _group() -> None:
    """Incidents: contain first, learn once, and prove that it cannot come back silently."""


@app.command("open")
def open_(
    title: Annotated[str, typer.Argument(metavar="[TITLE]", help="What goes wrong, in a sentence.")] = "",
    alert: Annotated[str, typer.Option(metavar="ALERT", help="For this alert.")] = "",
    system: Annotated[str, typer.Option(help="The system that it is about.")] = "",
    severity: Annotated[str, typer.Option(help="sev1, sev2 or sev3.")] = "sev2",
    change: Annotated[str, typer.Option(help="The change that is thought to do it.")] = "",
    flag: Annotated[str, typer.Option(help="The flag behind which it is.")] = "",
    because: Because = "",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Open an incident: for an alert, or for what a user reported or somebody saw. What it is linked to is found."""
    from cleanroom.app.incident.open import Report, open_by_hand, open_for_alert
    from cleanroom.core.incident.state import severity_of
    from cleanroom.wiring import room

    grade = severity_of(severity)
    work = room(project, who, "oncall")
    made = (
        open_for_alert(work, alert)
        if alert
        else open_by_hand(work, Report(title, system, grade, because, change, flag))
    )
    _shown(work, made, as_json)


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Also those that are closed.")] = False,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Incidents that are not closed, the newest first."""
    from cleanroom.app.incident import read
    from cleanroom.entry.cli.incident_shown import show_all
    from cleanroom.entry.incidents import as_data
    from cleanroom.wiring import room

    work = room(project, who, "read")
    found = read.every(work) if every else read.going_on(work)
    if as_json:
        print_json([as_data(i) for i in found])
    else:
        show_all(found, screen())


@app.command("show")
def show(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """One incident: its seven steps and clocks, what was done, and what is missing before it is proven."""
    from cleanroom.app.incident.read import existing
    from cleanroom.wiring import room

    work = room(project, who, "read")
    _shown(work, existing(work, id), as_json)


@app.command("contain")
def contain(
    id: Id,
    act: Annotated[
        str,
        typer.Option(help="kill-flag, safe-fallback, roll-back, disable-source, review-all; none: it ended by itself."),
    ] = "",
    target: Annotated[str, typer.Option(help="To what, where there are several.")] = "",
    because: Because = "",
    list_only: Annotated[bool, typer.Option("--list", help="Only say what can be done.")] = False,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Stop the harm now, by the best means that there is. It needs no diagnosis, and can be undone."""
    from cleanroom.app.incident import contain as verb
    from cleanroom.core.base import plain
    from cleanroom.core.incident.state import base_of
    from cleanroom.entry.cli.incident_shown import clock_line, show_options
    from cleanroom.entry.incidents import undo
    from cleanroom.wiring import room

    work = room(project, who, "read" if list_only else "oncall")
    if list_only:
        found = verb.options(work, id)
        print_json(plain(found)) if as_json else show_options(found, screen())
        return
    done = verb.contain(work, id, verb.act_of(act) if act else None, target, because)
    last = base_of(done).contained[-1]
    if as_json:
        _shown(work, done, as_json)
    else:
        word = "contained" if last.did else "NOT contained"
        screen().print(
            f"{word}: {last.act} {last.target}: {last.because}".replace(" :", ":"), markup=False, soft_wrap=True
        )
        screen().print(clock_line(done), markup=False, soft_wrap=True)
        if back := undo(last):
            screen().print(f"to undo it: {back}", markup=False, soft_wrap=True)
    if not last.did:
        raise typer.Exit(1)


@app.command("lead")
def lead(
    id: Id,
    person: Annotated[str, typer.Argument(metavar="[PERSON]", help="Who leads; without, whoever is proposed.")] = "",
    because: Because = "",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Confirm who leads the write-up, or name somebody else."""
    from cleanroom.app.incident.people import lead as run
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    _shown(work, run(work, id, person, because), as_json)


@app.command("grade")
def grade(
    id: Id,
    severity: Annotated[str, typer.Argument(metavar="SEVERITY", help="sev1, sev2 or sev3.")],
    because: Because,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """See its severity otherwise."""
    from cleanroom.app.incident.people import grade as run
    from cleanroom.core.incident.state import severity_of
    from cleanroom.wiring import room

    wanted = severity_of(severity)
    work = room(project, who, "oncall")
    _shown(work, run(work, id, wanted, because), as_json)


@app.command("note")
def note(
    id: Id,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What happened.")],
    at: Annotated[str, typer.Option(metavar="TIME", help="When; now, where that is not said.")] = "",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Put what you saw or did into the timeline."""
    from cleanroom.app.incident.people import note as run
    from cleanroom.entry.cli.moments import moment
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    found = run(work, id, text, moment(at) if at else None)
    if as_json:
        _shown(work, found, as_json)
    else:
        screen().print(f"noted on incident {id}", markup=False)


@app.command("mitigate")
def mitigate(
    id: Id,
    fix: Annotated[
        str,
        typer.Option(
            metavar="WHAT", help="change/NAME (checked), prompt/NAME, model/NAME, or other/WORDS that nothing can run."
        ),
    ],
    because: Because,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Say that a fix is in place, and exactly which."""
    from cleanroom.app.incident.proof import mitigate as run
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    _shown(work, run(work, id, fix, because), as_json)


@app.command("case")
def case(
    id: Id,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="One case in a line of JSON: of golden/, or of a prompt.")
    ],
    bad: Annotated[
        str,
        typer.Option(
            metavar="VERSION",
            help="change/NAME, prompt/NAME or model/NAME, with @DIGEST; else the linked change as served.",
        ),
    ] = "",
    bad_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The prompt as it was then, or replies of the model, recorded.")
    ] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Name the regression case: what would have stopped it. `prove` runs it on the bad version and on the fix."""
    from cleanroom.app.incident.case import name_case, read_case
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    named = read_case(content_of(file, "Name a file with one case."), str(file))
    then = content_of(bad_file, "Name the prompt as it was, or a recording.") if bad_file else None
    _shown(work, name_case(work, id, named, bad, then), as_json)


@app.command("monitor")
def monitor(
    id: Id,
    sensor: Annotated[str, typer.Argument(metavar="SENSOR", help="A sensor of kind rate.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Name the new monitor: what is to see it earlier the next time."""
    from cleanroom.app.incident.proof import monitor as run
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    _shown(work, run(work, id, sensor), as_json)


@app.command("close")
def close(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Close it: refused unless it is proven as it stands, or two people waived the proof."""
    from cleanroom.app.incident.proof import close as run
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    _shown(work, run(work, id), as_json)


@app.command("waive")
def waive(id: Id, because: Because, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """The lead asks to close it without proof. It stays visible."""
    from cleanroom.app.incident.proof import ask_waiver
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    _shown(work, ask_waiver(work, id, because), as_json)


@app.command("agree")
def agree(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """A second person agrees to the waiver."""
    from cleanroom.app.incident.proof import agree as run
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    _shown(work, run(work, id), as_json)


@app.command("reopen")
def reopen(id: Id, because: Because, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """It was not over: what it was proven by no longer counts."""
    from cleanroom.app.incident.proof import reopen as run
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    _shown(work, run(work, id, because), as_json)


@app.command("loop")
def loop(
    every: Annotated[bool, typer.Option("--all", help="Also what is older than the last 50.")] = False,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """What incidents left behind: cases, monitors, docs and lead; and which of them came again."""
    from cleanroom.app.incident.loop import loop as run
    from cleanroom.entry.cli.incident_shown import show_loop
    from cleanroom.entry.incidents import loop_data, turns_of
    from cleanroom.wiring import room

    found = run(room(project, who, "read"))
    turns = found.turns if every else turns_of(found, None, 50)
    print_json(loop_data(found, turns)) if as_json else show_loop(found, turns, screen())


def prove(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Try it: the case is red on the bad version and green on the fix, and the new monitor would have fired earlier."""
    from cleanroom.app.incident.case import case_of, golden_file
    from cleanroom.app.incident.proof import prove as run
    from cleanroom.core.incident.state import base_of
    from cleanroom.entry.cli.check import progress
    from cleanroom.entry.cli.incident_shown import show_proof
    from cleanroom.wiring import room

    work = room(project, who, "oncall")
    with progress() as step:
        found = run(work, id, step)
    if as_json:
        _shown(work, found, as_json)
        return
    show_proof(found, screen())
    file = golden_file(id, case_of(work, base_of(found)))
    where = file if work.project.path(file).is_file() else "golden/ already"
    screen().print(f"proven; the case is in {where}. next: cleanroom incident close {id}", markup=False, soft_wrap=True)


def _shown(work: Room, incident: Incident, as_json: bool) -> None:
    from cleanroom.app.incident.loop import repeats_of, times
    from cleanroom.core.incident.state import base_of
    from cleanroom.entry.cli.incident_shown import show_one
    from cleanroom.entry.incidents import as_data

    found = repeats_of(work, base_of(incident).id)
    if as_json:
        print_json(as_data(incident, found))
    else:
        show_one(incident, found, times(found), work.clock.now(), screen())
