"""What is wrong with a postmortem, where, and what to do about it? Held against what the ledger knows of the incident."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from cleanroom.core.base import MINUTE, Instant, micros, noun
from cleanroom.core.contract import LintFinding
from cleanroom.core.incident.state import Action, Detected
from cleanroom.core.incident.telling import cut
from cleanroom.core.incident.timeline import Moment, Step
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.policy import same
from cleanroom.core.postmortem import blame
from cleanroom.core.postmortem.blame.text import sentences
from cleanroom.core.postmortem.draft import line_of
from cleanroom.core.postmortem.gaps import GAP, STANDINS
from cleanroom.core.postmortem.page import (
    KINDS,
    MOST_CHARACTERS,
    NAMES,
    Name,
    Page,
    Row,
    Section,
    Task,
    parse,
    rows,
    tasks,
)

MOST_WORDS = 800
"""Words of the whole page: what people read to its end."""

LEAST_WORDS = 5
"""Words of a section that says something."""

MOST_FINDINGS = 200
"""Mistakes that are said one by one."""

_OPEN = re.compile(
    rf"\b(?:{'|'.join(STANDINS)})\b|\b(?i:{GAP}[:(]|tbd|tba|to be (?:determined|written|filled in)|"
    rf"lorem ipsum|fill (?:this )?in|coming soon)\b|\?\?\?|(?i:<(?:insert|your|name|fill)[^<>\n]{{0,80}}>)"
)
_NOTHING = re.compile(
    r"(?:n\W{0,3}a|none|nothing|unknown|not applicable|see above|same as above|same|pending|later|\W*)"
)
_GAP = re.compile(
    r"\b(?:no|not|nothing|never|nobody|none|neither|nor|without|cannot|lack\w*|missing|misses|missed|absent|absence|gaps?|"
    r"allow\w*|let|lets|enabl\w*|permit\w*|unable|only|bypass\w*|skip\w*|un(?:checked|guarded|tested|monitored|limited|bounded)|"
    r"too (?:few|late|wide|loose|high|low|long|short|broad|old|coarse))\b|n['’]t\b",
    re.IGNORECASE,
)
_SAID: dict[Step, re.Pattern[str]] = {
    "detected": re.compile(r"\bdetect", re.IGNORECASE),
    "contained": re.compile(r"\bcontain", re.IGNORECASE),
    "mitigated": re.compile(r"\bmitigat|\bfix", re.IGNORECASE),
}


@noun
class Known:
    """What the ledger and the register know. `people`: everybody and every role that there is; empty: nobody can tell.
    `things`: names of systems and flags, which are nobody, whatever they are called."""

    incident: Detected
    moments: tuple[Moment, ...]
    people: tuple[str, ...]
    now: Instant
    things: tuple[str, ...] = ()


def lint(text: str, file: str, known: Known) -> tuple[LintFinding, ...]:
    """Every mistake, by line. Never raises, whatever the text."""
    page = parse(text)
    found = [
        *_shape(page, text),
        *_open_ends(text),
        *_specific(page),
        *_summary(page),
        *_timeline(page, known),
        *_root_cause(page, known),
        *_actions(page, known),
        *_blame(text, known),
    ]
    ordered = sorted(dict.fromkeys(found), key=lambda f: (f[0], f[1]))
    more = len(ordered) - MOST_FINDINGS
    rest = [(page.lines, 1, f"and {more:,} further mistakes", "Mend these first.")] if more > 0 else []
    return tuple(
        LintFinding(file, min(line, page.lines), column, what, hint)
        for line, column, what, hint in [*ordered[:MOST_FINDINGS], *rest]
    )


_Found = tuple[int, int, str, str]
"""Line, column, message, hint."""


def _shape(page: Page, text: str) -> Iterator[_Found]:
    if len(text) > MOST_CHARACTERS:
        yield (
            page.lines,
            1,
            f"the page is longer than {MOST_CHARACTERS:,} characters: the rest was not read",
            "Shorten it.",
        )
    if page.open_fence is not None:
        yield (
            page.open_fence,
            1,
            "a code block begins here and never ends: what follows is hidden",
            "Close it with ```.",
        )
    seen: list[Name] = []
    for section in page.sections:
        name = section.name
        if not name:
            near = did_you_mean(section.title[:80], NAMES)
            hint = f"{near} A page has seven sections: {', '.join(NAMES)}; use '###' below them."
            yield section.line, 1, f"there is no section {section.title[:60]!r}", hint
        elif name in seen:
            yield section.line, 1, f"the section {name!r} stands here again", "Put both into one."
        else:
            after = next((s for s in seen if NAMES.index(s) > NAMES.index(name)), None)
            if after is not None:
                hint = f"The order is: {', '.join(NAMES)}."
                yield section.line, 1, f"{name!r} comes after {after!r}", hint
            seen.append(name)
    for name in NAMES:
        if name not in seen:
            place = next(
                (s.line for s in page.sections if s.name and NAMES.index(s.name) > NAMES.index(name)), page.lines
            )
            yield place, 1, f"the section {name!r} is missing", f"Add '## {name}'."
    words = sum(any(c.isalnum() for c in word) for word in text[:MOST_CHARACTERS].split())
    if words > MOST_WORDS:
        hint = "Keep what somebody else can learn from; the whole timeline is in the ledger."
        yield page.lines, 1, f"the page has {words:,} words, and a page is at most {MOST_WORDS}", hint


def _open_ends(text: str) -> Iterator[_Found]:
    """What somebody meant to write later."""
    for number, line in enumerate(text[:MOST_CHARACTERS].split("\n"), start=1):
        found = _OPEN.search(line)
        if found is not None:
            yield (
                number,
                found.start() + 1,
                f"{found.group()[:40]!r} stands for something that is not written yet",
                "Write it.",
            )


def _specific(page: Page) -> Iterator[_Found]:
    for section in _seven(page):
        items = [line.strip(" \t-*+•|.:;_`").casefold() for _, line in section.lines if line.strip()]
        if not any(items):
            yield section.line, 1, f"the section {section.name!r} is empty", "Say what holds for this incident."
        elif all(_NOTHING.fullmatch(item) for item in items):
            yield section.line, 1, f"the section {section.name!r} says nothing", "Say what holds for this incident."
        elif len(section.text.split()) < LEAST_WORDS and section.name not in ("Timeline", "Actions"):
            what = f"the section {section.name!r} is too short to be specific"
            yield section.line, 1, what, "Say it so that somebody who was not there can act on it."


def _seven(page: Page) -> Iterator[Section]:
    return (s for name in NAMES if (s := page.section(name)) is not None)


def _summary(page: Page) -> Iterator[_Found]:
    section = page.section("Summary")
    count = sum(1 for _ in sentences(section.text)) if section is not None else 2
    if section is not None and count and not 2 <= count <= 3:
        what = f"the summary has {count} sentence{'s' if count > 1 else ''}"
        yield section.line, 1, what, "Two or three: what happened to whom, how it ended, and why it could."


def _timeline(page: Page, known: Known) -> Iterator[_Found]:
    section = page.section("Timeline")
    if section is None:
        return
    found = rows(section)
    before: Row | None = None
    for row in found:
        if row.at is None:
            example = "- 2026-11-22 09:20 UTC: detected by the alert"
            yield (
                row.line,
                1,
                f"no moment can be read in '{row.said or cut(row.text, 40)}'",
                f"Begin with it: '{example}'.",
            )
        elif row.at > micros(known.now) + MINUTE:
            yield row.line, 1, f"{row.said} has not come yet", "A clock or a time zone is wrong."
        elif before is not None and before.at is not None and row.at < before.at:
            yield (
                row.line,
                1,
                f"{row.said} stands after {before.said} (line {before.line})",
                "Put the earlier one first.",
            )
        before = row if row.at is not None else before
    for step, pattern in _SAID.items():
        moment = next((m for m in known.moments if m.step == step), None)
        if moment is not None:
            yield from _told(section, found, moment, step, pattern)


def _told(
    section: Section, found: Sequence[Row], moment: Moment, step: str, pattern: re.Pattern[str]
) -> Iterator[_Found]:
    """Is that moment of the ledger on the page, at its time?"""
    said = [r for r in found if r.at is not None and pattern.search(r.text)]
    times = (micros(moment.at) // MINUTE, micros(moment.clock) // MINUTE)
    if any(r.at is not None and r.at // MINUTE in times for r in said):
        return
    line = line_of(moment)
    if len(said) == 1:
        yield said[0].line, 1, f"it was {step} at {moment.at[:19]}Z, as the ledger has it", f"Write '{line}'."
    else:
        yield section.line, 1, f"the timeline does not say when it was {step}", f"Add '{line}'."


def _root_cause(page: Page, known: Known) -> Iterator[_Found]:
    section = page.section("Root cause")
    if section is None or len(section.text.split()) < LEAST_WORDS:
        return
    low = section.text.casefold()
    for person in known.people:
        at = low.find(person.casefold()) if "@" in person else -1
        if at >= 0:
            line = section.line + 1 + low.count("\n", 0, at)
            yield (
                line,
                1,
                "the root cause names a person",
                "Say which gap in the system let it happen, whoever was there.",
            )
            break
    if not _GAP.search(section.text):
        hint = (
            "For example: 'the deploy did not require an eval pass'; 'no alert watched the share of refused answers'."
        )
        yield section.line, 1, "the root cause does not say what allowed it", hint


def _actions(page: Page, known: Known) -> Iterator[_Found]:
    section = page.section("Actions")
    if section is None:
        return
    found = tasks(section)
    id, seen = known.incident.id, set[str]()
    for task in found:
        if task.id and task.id in seen:
            yield task.line, 1, f"action {task.id} stands here again", "Each has a line of its own."
        seen.add(task.id)
        yield from _complete(task, known, id)
        held = known.incident.action(task.id)
        if held is not None:
            yield from _differs(task, held, known, id)
    for work, kind in KINDS.items():
        if work != "other" and all(t.work != work for t in found):
            hint = (
                f'cleanroom incident action add {id} "..." --work {work} --owner PERSON --due DAY; then name it here.'
            )
            yield section.line, 1, f"no action is of the kind '{kind}'", hint
    for action in known.incident.actions:
        if action.id not in seen:
            row = f"| {action.id} | {action.added.what[:60]} | {KINDS[action.added.work]} | {action.owner} | {action.due[:10]} |"
            yield section.line, 1, f"action {action.id} of the ledger is not on the page", f"Add '{row}'."


def _complete(task: Task, known: Known, id: str) -> Iterator[_Found]:
    """Does it say who, until when, and what it adds; and does the ledger know it?"""
    name = f"action {task.id}" if task.id else "this action"
    if known.incident.action(task.id) is None:
        what = f"{name} is not in the ledger" if task.id else "this action has no id: nobody follows it up"
        yield task.line, 1, what[:120], f"cleanroom incident action add {id} ... gives it one; write that here."
    if _NOTHING.fullmatch(task.owner.casefold()) or _OPEN.search(task.owner):
        yield task.line, 1, f"{name[:60]} has no owner", "Name one person who sees to it."
    try:
        micros(Instant(f"{task.due}T00:00:00Z"))
    except (ValueError, OverflowError, OSError):
        yield task.line, 1, f"{name[:60]} has no date", "By when: 2026-12-01."
    if task.work is None:
        yield task.line, 1, f"{name[:60]} has no kind", f"One of: {', '.join(KINDS.values())}."


def _differs(task: Task, held: Action, known: Known, id: str) -> Iterator[_Found]:
    """Does the page say of it what the ledger says, and is its owner still there?"""
    move = f"Correct the page; or cleanroom incident action move {id} {held.id} --because TEXT"
    if task.owner and not same(task.owner, held.owner):
        yield (
            task.line,
            1,
            f"the owner of {held.id} is {held.owner[:80]}, as the ledger has it",
            f"{move} --owner PERSON.",
        )
    if task.due and task.due != held.due[:10]:
        yield task.line, 1, f"{held.id} is due on {held.due[:10]}, as the ledger has it", f"{move} --due DAY."
    if task.work is not None and task.work != held.added.work:
        yield (
            task.line,
            1,
            f"{held.id} is of the kind '{KINDS[held.added.work]}', as the ledger has it",
            "Correct the page.",
        )
    if known.people and held.done is None and not any(same(held.owner, p) for p in known.people):
        hint = f"cleanroom incident action move {id} {held.id} --owner PERSON --because 'the owner left'; or add them."
        what = (
            f"{held.owner[:80]}, who owns {held.id}, is in no role of cleanroom.toml and in no system of the register"
        )
        yield task.line, 1, what, hint


def _without(text: str, things: Sequence[str]) -> str:
    """The text with other words, as long, for names of things: a flag called help-desk is no desk."""
    names = sorted((re.escape(t) for t in things if t and "@" not in t), key=len, reverse=True)
    if not names:
        return text
    named = re.compile(rf"(?<![\w-])(?:{'|'.join(names)})(?![\w-])", re.IGNORECASE)
    return named.sub(lambda m: "xy" * (len(m[0]) // 2) + "z" * (len(m[0]) % 2), text)


def _blame(text: str, known: Known) -> Iterator[_Found]:
    people = [p for p in known.people if "@" in p]
    for found in blame.lint(_without(text[:MOST_CHARACTERS], known.things), people):
        start = text.rfind("\n", 0, found.start) + 1
        shown = " ".join(text[found.start : found.start + len(found.sentence)].split())
        what = f"this makes a person the cause: '{shown if len(shown) <= 120 else shown[:117] + '...'}'"
        yield found.line, found.start - start + 1, what, found.blame.reword
