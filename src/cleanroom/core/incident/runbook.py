"""What is to be done, step by step? A runbook is Markdown: a title, a few words, numbered steps that may carry commands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from cleanroom.core.alert import printable
from cleanroom.core.base import noun
from cleanroom.core.contract import LintFinding
from cleanroom.core.facts.incidents import StepDone

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
"""What a runbook may be called: it is the name of a file."""

MOST_BYTES, MOST_STEPS, LONGEST = 65_536, 100, 500
"""Bytes of a file, steps, and characters of a step, at most."""

_STEP = re.compile(r" {0,2}(?:\d{1,9}[.)]|[-*+] \[[ xX]\]) +(\S.*)")
_TITLE = re.compile(r" {0,3}#{1,6} +(\S.*)")
_CODE = re.compile(r"`([^`]+)`")
_FENCE = re.compile(r" {0,3}(```|~~~)")
_COMMAND = "cleanroom "


@noun
class Step:
    """`number` counts from 1, whatever the file says; `commands`: those of ours that stand in its text, in backticks."""

    number: int
    text: str
    commands: tuple[str, ...] = ()


@noun
class Runbook:
    """`intro`: what stands before the first step, on one line."""

    name: str
    title: str
    intro: str
    steps: tuple[Step, ...]


@noun
class Standing:
    """A step as it reads now. `done`: who did it, None while nobody has.

    `before`: somebody did a step of that number which read otherwise then; it counts for what it was, not for this one.
    """

    step: Step
    done: StepDone | None
    before: StepDone | None = None


def parse(text: str, name: str, file: str) -> tuple[Runbook, tuple[LintFinding, ...]]:
    """The runbook and what is wrong with it. Never raises: what cannot be read as a step is a word in between.

    A step is an item of a numbered list, or of a list with boxes; lines that are indented go on with it. Code blocks hold none.
    """
    title, intro = "", list[str]()
    steps: list[tuple[int, str]] = []
    fenced = False
    for number, line in enumerate(text[:MOST_BYTES].split("\n"), start=1):
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced:
            continue
        elif found := _STEP.fullmatch(line.rstrip()):
            steps.append((number, found[1]))
        elif not title and (head := _TITLE.fullmatch(line.rstrip())):
            title = head[1].strip(" #")
        elif steps and line.startswith((" ", "\t")) and line.strip():
            steps[-1] = steps[-1][0], f"{steps[-1][1]} {line.strip()}"
        elif not steps and line.strip() and not line.startswith("#"):
            intro.append(line.strip())
    made = tuple(_step(place, said) for place, (_, said) in enumerate(steps[:MOST_STEPS], start=1))
    findings = tuple(_findings(text, file, title, steps, fenced=fenced))
    return Runbook(name, printable(title) or name, printable(" ".join(intro))[: 4 * LONGEST], made), findings


def _step(number: int, said: str) -> Step:
    text = printable(said)[:LONGEST]
    return Step(number, text, tuple(c.strip() for c in _CODE.findall(text) if c.startswith(_COMMAND)))


def _findings(
    text: str, file: str, title: str, steps: Sequence[tuple[int, str]], *, fenced: bool
) -> Iterable[LintFinding]:
    lines = text.count("\n") + 1
    if len(text) > MOST_BYTES:
        yield LintFinding(file, lines, 1, f"the file is longer than {MOST_BYTES:,} characters: the rest is not read")
    if not steps:
        hint = "Number them: '1. Switch to the safe fallback: `cleanroom flag kill FLAG`'"
        why = "a code block is never closed, and hides the rest" if fenced else "the runbook has no steps"
        yield LintFinding(file, 1, 1, why, hint)
    if not title:
        yield LintFinding(file, 1, 1, "the runbook has no title", "Begin with '# Title'.", "warning")
    if len(steps) > MOST_STEPS:
        what = f"{len(steps):,} steps: only the first {MOST_STEPS} count"
        yield LintFinding(file, steps[MOST_STEPS][0], 1, what, "Nobody follows so many under pressure.")
    for line, said in steps[:MOST_STEPS]:
        if len(said) > LONGEST:
            yield LintFinding(file, line, 1, f"a step of {len(said):,} characters: {LONGEST} are kept", "", "warning")


def standing(runbook: Runbook, done: Iterable[StepDone]) -> tuple[tuple[Standing, ...], tuple[StepDone, ...]]:
    """How far one is with it: each step as it reads now; and what was done of steps that are no longer there.

    A step counts as done where somebody did one that read the same, also under another number.
    """
    mine = [d for d in done if d.runbook == runbook.name]
    by_text = {d.text: d for d in reversed(mine)}  # the first who did it
    texts = {s.text for s in runbook.steps}
    stale = {d.step: d for d in mine if d.text not in texts}
    shown = tuple(
        Standing(s, by_text.get(s.text), None if s.text in by_text else stale.get(s.number)) for s in runbook.steps
    )
    used = {id(s.before) for s in shown if s.before is not None}
    return shown, tuple(d for d in stale.values() if id(d) not in used)
