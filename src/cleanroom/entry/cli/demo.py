"""`cleanroom demo`: the whole main job on a generated shop, with a real small model, told step by step."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from cleanroom.core.base import Instant, Misuse, after, instant, micros
from cleanroom.entry.cli.demo_incident import DAYS, incident
from cleanroom.entry.cli.demo_rollout import roll_out
from cleanroom.entry.cli.output import screen

if TYPE_CHECKING:
    from rich.console import Console

    from cleanroom.app.room import Room
    from cleanroom.app.validate import Checked
    from cleanroom.core.change import Mapping
    from cleanroom.ports.clock import Clock

STEPS = 12
MARK = ".generated-by-cleanroom-demo"
_AROUND = 6
"""Simulated days of the two rollouts and of the incident, at most; all of it ends about now."""
AUTHOR, REVIEWER = "ana@shop.example", "ben@shop.example"


def demo(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Where the shop is written; made anew each time.")
    ] = Path("cleanroom-demo"),
) -> None:
    """See in about a minute what an AI did wrong, why it was stopped, and what passed."""
    from cleanroom.sim.shop import write_project, write_shop
    from cleanroom.wiring import room

    console = screen()
    _fresh(out)
    story = Story(console)
    story.step(
        "A shop, generated",
        "Four months of events under names that grew over the years, and a plan with the names it wants.",
    )
    shop = write_shop(out)
    write_project(out)
    console.print(
        f"  {shop.legacy_rows:,} events in [bold]{out}[/], drawn by a program from a fixed seed: nobody shopped here. "
        f"The last four weeks\n  were tagged twice, old names and new: {shop.reference_rows:,} events to compare with."
    )
    work = room(out, AUTHOR)
    work = replace(work, clock=Earlier(work.clock, 24 * (DAYS + _AROUND)))
    _first_try(work, story)
    done = _second_try(work, story)
    _people(work, story)
    story.step(
        "It goes out, and comes back by itself",
        "Days are simulated, people are drawn; the decisions are those of production. An old app stumbles over a new name.",
    )
    back = roll_out(work, "second-try", console)
    incident(work, back, _sign, _checked, story.step, console)
    _ledger(work, story)
    _ending(out, done, console)


@dataclass(slots=True)
class Story:
    """Numbers the steps."""

    console: Console
    at: int = 0

    def step(self, title: str, why: str) -> None:
        """Say what happens now, and why."""
        from rich.rule import Rule

        self.at += 1
        self.console.print()
        self.console.print(Rule(Text(f"{self.at}/{STEPS}  {title}", "bold"), align="left", style="dim"))
        self.console.print(Text(f"  {why}", "dim"), soft_wrap=False)


@dataclass(frozen=True, slots=True)
class Earlier:
    """A clock that is so many hours late, so that the simulated days end about now."""

    clock: Clock
    hours: int

    def now(self) -> Instant:
        """The moment, that many hours ago."""
        return instant(micros(self.clock.now()) - self.hours * 3_600_000_000)


def _fresh(out: Path) -> None:
    """An empty folder; only one that a demo made is ever emptied."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        if not (out / MARK).is_file():
            raise Misuse(f"{out} holds something that no demo made", "Name another folder: cleanroom demo --out DIR")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).touch()


def _propose(work: Room, model: str, name: str, runs: int, story: Story) -> Mapping:
    from cleanroom.app.propose.mapping import mapping
    from cleanroom.app.propose.prompts import MAPPING, SMALL, mapping_prompt
    from cleanroom.entry.cli.propose import asking_progress, show_proposal
    from cleanroom.ports.engine import Table
    from cleanroom.sim.shop import LEGACY

    prompt = mapping_prompt(work.project, SMALL if model == "embedded" else MAPPING)
    source = Table(work.project.root / LEGACY)
    with asking_progress() as progress:
        made = mapping(work, source, work.model(model), prompt, name, runs=runs, progress=progress)
    show_proposal(made, story.console)
    return made.mapping


def _check(work: Room, name: str, story: Story) -> Checked:
    from cleanroom.app.validate import check
    from cleanroom.entry.cli.check import progress
    from cleanroom.entry.report.files import report_files
    from cleanroom.entry.report.terminal import show
    from cleanroom.ports.engine import Table
    from cleanroom.sim.shop import REFERENCE

    with progress() as step:
        done = check(work, name, Table(work.project.root / REFERENCE), report_files, step)
    show(done.report, story.console, done.folder, listed=6, explained=1)
    return done


def _checked(work: Room, name: str) -> Checked:
    """The battery without a word."""
    from cleanroom.app.validate import check
    from cleanroom.entry.report.files import report_files
    from cleanroom.ports.engine import Table
    from cleanroom.sim.shop import REFERENCE

    return check(work, name, Table(work.project.root / REFERENCE), report_files)


def _first_try(work: Room, story: Story) -> None:
    story.step(
        "A small model proposes a mapping, live",
        "It runs inside this process. Guards refuse names that do not exist; a wrong name that does exist passes them.",
    )
    _propose(work, "embedded", "first-try", 1, story)
    story.step(
        "The cleanroom checks it",
        "It runs beside production, read-only, and is judged by what comes out, not by how sure the model was.",
    )
    _check(work, "first-try", story)


def _second_try(work: Room, story: Story) -> Checked:
    from cleanroom.app.propose.correct import correct
    from cleanroom.entry.cli.propose import show_corrected
    from cleanroom.sim.shop import TRUTH

    story.step(
        "A better candidate, from recorded replies",
        "Written in the manner of a larger model, since none runs here. Plausible, and still not right in three names.",
    )
    made = _propose(work, "recorded", "second-try", 1, story)
    _check(work, "second-try", story)
    wrong = [(m.legacy, TRUTH.target(m.legacy)) for m in made.events if m.target != TRUTH.target(m.legacy)]
    pairs = [(legacy, str(target)) for legacy, target in wrong]
    story.step(
        "A person corrects what the evidence shows",
        "The correction is a new version of the change, with the person in its provenance.",
    )
    arguments = " ".join(f"{legacy}={target}" for legacy, target in pairs)
    story.console.print(
        f"  $ cleanroom correct second-try {arguments} --reason 'seen in the battery' --as {REVIEWER}", soft_wrap=True
    )
    show_corrected(correct(_as(work, REVIEWER), "second-try", dict(pairs), "seen in the battery"), story.console)
    story.step("The corrected mapping is checked again", "Same plan, same data, same battery.")
    return _check(work, "second-try", story)


def _as(work: Room, who: str) -> Room:
    return replace(work, operator=who)


def _people(work: Room, story: Story) -> None:
    from cleanroom.app.review.decide import approve
    from cleanroom.app.review.standing import standing
    from cleanroom.core.base import Refused
    from cleanroom.entry.cli.standing import show_one, show_state

    story.step(
        "People have the last word",
        "Who must sign follows from what the change touches, not from what its author says.",
    )
    show_one(standing(work, "second-try"), story.console)
    for who in (REVIEWER, "cy@shop.example"):
        story.console.print(f"\n  $ cleanroom review approve second-try --as {who}", soft_wrap=True)
        try:
            approve(_as(work, who), "second-try")
        except Refused as refused:
            story.console.print(f"  [red]refused[/]  {refused.message}", soft_wrap=True)
    story.console.print("\n  With a personal token each (cleanroom token create), or signed in at cleanroom serve:")
    _sign(work, "second-try", story.console)
    show_state(standing(work, "second-try").review, story.console)


def _sign(work: Room, name: str, console: Console | None = None) -> None:
    """Each role that is asked for signs, every person with a token of their own; without `console`, without a word."""
    from cleanroom.app import access
    from cleanroom.app.review.decide import approve
    from cleanroom.app.review.standing import standing
    from cleanroom.core.review import Waiting
    from cleanroom.entry.cli.standing import written

    found = standing(work, name).review.state
    for missing in found.missing if isinstance(found, Waiting) else ():
        until = after(work.clock.now(), 3600)
        secret = access.make_token(work, missing.who[0], "demo", ["review"], until)[1]
        person = access.check_token(work, secret, "review", access.Knock("bearer", "this machine")).person
        entry = approve(replace(work, operator=person, proof="token"), name, missing.need.role)
        if console is not None:
            console.print(Text("  ").append_text(written(entry)))


def _ledger(work: Room, story: Story) -> None:
    from cleanroom.app.audit import verify
    from cleanroom.core.ledger import Verified

    story.step(
        "What happened is in the ledger", "Every proposal, run, verdict and decision; nobody can edit one unnoticed."
    )
    found = verify(work.store)
    if isinstance(found, Verified):
        story.console.print(f"  verified {found.size} entries, root {found.root[:26]}…")


def _ending(out: Path, done: Checked, console: Console) -> None:
    from cleanroom.sim.shop import REFERENCE

    report = done.folder / "report.html"
    console.print(
        f"\n[bold]The report a reviewer reads:[/] {report}\n\n[bold]Four commands to try next[/] (in {out})\n"
        f"  cleanroom diff second-try\n"
        f"  cleanroom check first-try --baseline {REFERENCE} --json\n"
        f"  cleanroom incident show 1\n"
        f"  cleanroom serve",
        soft_wrap=True,
    )
