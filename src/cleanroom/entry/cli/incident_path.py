"""`cleanroom incident sort`, `diagnose`, `answer`, `steps` and `check`: the path of a category, question by question."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanroom.core.base import plain
from cleanroom.entry.cli.output import As, AsJson, print_json, printable, screen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cleanroom.app.incident.runbooks import Progress
    from cleanroom.app.room import Room
    from cleanroom.core.facts.incidents import IncidentSorted
    from cleanroom.core.incident.categories import Path as Way
    from cleanroom.core.incident.questions import Answered
    from cleanroom.core.incident.state import Detected

Id = Annotated[str, typer.Argument(metavar="INCIDENT", help="The number of an incident.")]
Folder = Annotated[Path, typer.Option(help="The project's folder.")]


def register(app: typer.Typer) -> None:
    """Make them commands of the group `incident`."""
    app.command("sort")(sort)
    app.command("diagnose")(diagnose)
    app.command("answer")(answer)
    app.command("steps")(steps)
    app.command("check")(check)


def sort(
    id: Id,
    category: Annotated[
        str | None,
        typer.Argument(metavar="[CATEGORY]", help="hallucination, injection, drift, cost, overload, scope or privacy."),
    ] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Say which path an incident takes; without a CATEGORY, show which one the signals speak for, and why."""
    from cleanroom.app.incident import diagnose as path
    from cleanroom.app.incident.read import existing
    from cleanroom.core.incident.categories import PATHS, category_of, due
    from cleanroom.core.incident.state import base_of
    from cleanroom.wiring import room

    work = room(project, who, "read" if category is None else "oncall")
    known = base_of(existing(work, id) if category is None else path.sort(work, id, category))
    said = known.sorted
    if said is None or said.by is None:
        said = _now(work, known)
    of = PATHS[said.category] if said is not None and category_of(said.category) else None
    if as_json:
        print_json(
            {
                "incident": id,
                "sorted": said,
                "path": of,
                "postmortem_due": due(said.category if said else None, known.opened.detected),
            }
        )
        return
    _show_sorted(known, said, of)


def diagnose(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Ask the questions of the incident's path, answer those that a query can, and show what is left for people."""
    from cleanroom.app.incident import diagnose as path
    from cleanroom.wiring import room

    found = path.diagnose(room(project, who, "oncall"), id)
    if as_json:
        print_json([answer_data(a) for a in found])
    else:
        _show_answers(found, id)


def answer(
    id: Id,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="Its id, as diagnose shows it.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What you found.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Answer a question that no query can, or better than it did; it goes into the ledger with your name."""
    from cleanroom.app.incident import diagnose as path
    from cleanroom.wiring import room

    found = path.answer(room(project, who, "oncall"), id, question, text)
    if as_json:
        print_json(answer_data(found))
    else:
        _show_answers((found,), id)


def steps(id: Id, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Show the steps of the incident's runbook: what is done, by whom, and what is left."""
    from cleanroom.app.incident import runbooks
    from cleanroom.wiring import room

    _show_steps(runbooks.progress(room(project, who, "read"), id), id, as_json=as_json)


def check(
    id: Id,
    step: Annotated[int, typer.Argument(metavar="STEP", help="The number of the step.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Check off a step of the incident's runbook. The ledger keeps how it read then."""
    from cleanroom.app.incident import runbooks
    from cleanroom.wiring import room

    _show_steps(runbooks.check(room(project, who, "oncall"), id, step), id, as_json=as_json)


def _now(work: Room, known: Detected) -> IncidentSorted | None:
    """What all its signals speak for by now, in place of what the first ones did; nothing is written."""
    from cleanroom.app.incident.proposal import proposed
    from cleanroom.core.facts.incidents import IncidentSorted

    found = proposed(work, known)
    if found is None:
        return known.sorted
    return IncidentSorted(known.id, found.category, found.evidence, None, work.clock.now())


def answer_data(found: Answered) -> dict[str, Any]:
    """A question and its answer as plain data."""
    made = {k: v for k, v in plain(found).items() if k != "question"}
    return {"question": found.question.id, "text": found.question.text, **made}


def steps_data(found: Progress) -> dict[str, Any]:
    """How far an incident is with its runbook, as plain data."""
    return {
        "runbook": found.runbook.name,
        "title": found.runbook.title,
        "undone": found.undone,
        "steps": [
            {
                **plain(s.step),
                "done": None if s.done is None else {"by": s.done.by.person, "at": s.done.at},
                "before": None
                if s.before is None
                else {"text": s.before.text, "by": s.before.by.person, "at": s.before.at},
            }
            for s in found.steps
        ],
        "left": [{"text": d.text, "by": d.by.person, "at": d.at} for d in found.left],
    }


def _show_sorted(known: Detected, said: IncidentSorted | None, of: Way | None) -> None:
    from cleanroom.core.incident.categories import PATHS, due

    console = screen()
    if said is None or of is None:
        console.print("no signal speaks for a category: a person has to say", markup=False)
        console.print(f"  {', '.join(PATHS)}", markup=False)
        return
    whose = f"{said.by.person} says so" if said.by else "proposed by the signals; a person is still to say"
    console.print(f"{of.title}: {of.means} ({whose})", markup=False)
    for line in said.evidence if said.by is None else ():
        console.print(f"  {printable(line)}", markup=False)
    for line in of.names:
        console.print(f"  {line}", markup=False)
    if of.gap:
        console.print(f"  {of.gap}", markup=False)
    late = due(of.category, known.opened.detected)[:16].replace("T", " ")
    console.print(f"postmortem due {late} UTC; cleanroom incident steps {known.id}", markup=False)


def _show_answers(found: Sequence[Answered], id: str) -> None:
    console = screen()
    for one in found:
        console.print(f"{one.question.text} [{one.question.id}]", style="bold", markup=False)
        if one.by:
            console.print(f"  {one.by}: {printable(one.answer)}", markup=False)
            if one.before:
                console.print(f"  a query says: {printable(one.before)}", markup=False)
        elif one.says == "cannot tell" or not one.answer:
            why = f"cannot tell: {printable(one.answer)}" if one.answer else "not answered yet"
            console.print(f"  {why}", style="yellow", markup=False)
            console.print(f'  answer it: cleanroom incident answer {id} {one.question.id} "TEXT"', markup=False)
        else:
            console.print(f"  {one.says}: {printable(one.answer)}", markup=False)
        for line in one.evidence:
            console.print(f"    {printable(line)}", markup=False, style="dim")
        if one.means:
            console.print(f"  -> {one.means}", markup=False)


def _show_steps(found: Progress, id: str, *, as_json: bool) -> None:
    if as_json:
        print_json(steps_data(found))
        return
    console = screen()
    console.print(f"{found.runbook.title}: {found.undone} of {len(found.steps)} steps left", style="bold", markup=False)
    for one in found.steps:
        box = "x" if one.done else " "
        by = f" ({one.done.by.person}, {one.done.at[:16].replace('T', ' ')} UTC)" if one.done else ""
        text = one.step.text.replace("INCIDENT", id)
        console.print(f"[{box}] {one.step.number:>2}. {printable(text)}{by}", markup=False, soft_wrap=True)
        if one.before is not None:
            was = f"read otherwise when {one.before.by.person} did it: {printable(one.before.text)}"
            console.print(f"        {was}", style="yellow", markup=False, soft_wrap=True)
    for done in found.left:
        console.print(f"    no longer in it, done by {done.by.person}: {printable(done.text)}", markup=False)
