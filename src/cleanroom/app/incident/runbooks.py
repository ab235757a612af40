"""What is to be done for an incident, and what of it is done? Runbooks that ship, and the project's own, which win.

A project's own is `runbooks/NAME.md`. Checking off a step writes down how it read then, so that an edit later changes no history.
"""

from __future__ import annotations

import codecs
import os
from dataclasses import dataclass

from cleanroom.app.incident import shipped
from cleanroom.app.incident.read import do, existing
from cleanroom.app.room import Room
from cleanroom.core.base import Misuse, NotFound, Outside, Refused
from cleanroom.core.contract import LintFinding
from cleanroom.core.facts.incidents import StepDone
from cleanroom.core.incident.categories import PATHS
from cleanroom.core.incident.decide import ongoing
from cleanroom.core.incident.runbook import MOST_BYTES, NAME, Runbook, Standing, parse, standing
from cleanroom.core.incident.state import Incident, base_of
from cleanroom.core.mistakes import did_you_mean

FOLDER = "runbooks"
_MOST_FILES = 200
_UTF8 = codecs.getincrementaldecoder("utf-8-sig")  # bears that the end of what is read cuts a character


@dataclass(frozen=True, slots=True)
class Found:
    """A runbook and what is wrong with it. `file`: where it lies in the project; '' for one that ships."""

    runbook: Runbook
    text: str
    file: str
    findings: tuple[LintFinding, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an incident is with its runbook. `left`: steps that were done, and are no longer in it."""

    runbook: Runbook
    steps: tuple[Standing, ...]
    left: tuple[StepDone, ...]

    @property
    def undone(self) -> int:
        """Steps that nobody has done."""
        return sum(s.done is None for s in self.steps)


def names(room: Room) -> tuple[str, ...]:
    """Those that ship, then the project's own."""
    folder = room.project.path(FOLDER)
    own = sorted(p.stem for p in folder.glob("*.md") if NAME.fullmatch(p.stem)) if folder.is_dir() else []
    return tuple(dict.fromkeys((*shipped.names(), *own[:_MOST_FILES])))


def read(room: Room, name: str) -> Found:
    """The runbook of that name, the project's own first. Raises NotFound, Misuse for a file that cannot be read."""
    if not NAME.fullmatch(name):
        raise NotFound(f"there is no runbook {name!r:.80}", _known(room, name))
    file = f"{FOLDER}/{name}.md"
    text = _own(room, file)
    if text is not None:
        runbook, findings = parse(text, name, file)
        return Found(runbook, text, file, findings)
    text = shipped.text_of(name)
    if text is None:
        raise NotFound(f"there is no runbook {name!r:.80}", _known(room, name))
    return Found(parse(text, name, f"{name}.md")[0], text, "", ())


def copy(room: Room, name: str) -> str:
    """Write the one that ships into the project, to be edited there; its path. Raises NotFound, Misuse where one is there."""
    text = shipped.text_of(name)
    if text is None:
        raise NotFound(f"no runbook {name!r:.80} ships", did_you_mean(name, shipped.names()))
    file = f"{FOLDER}/{name}.md"
    path = room.project.path(file)
    try:
        path.parent.mkdir(exist_ok=True)
        with path.open("x", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
    except FileExistsError as error:
        raise Misuse(f"{file} is there already", "Edit it, or remove it to have the one that ships.") from error
    except OSError as error:
        raise Outside(f"{file} cannot be written: {error.strerror}", "Check its permissions.") from error
    return file


def progress(room: Room, id: str) -> Progress:
    """The runbook of the incident's category, and which of its steps are done. Raises NotFound; Refused without a category."""
    return _progress(room, existing(room, id))


def check(room: Room, id: str, step: int) -> Progress:
    """Check off a step, once. Raises NotFound, Refused for an incident that is closed or has no category yet."""

    def deed(now: Incident) -> tuple[StepDone, ...]:
        known = ongoing(now)
        found = _progress(room, now)
        one = next((s for s in found.steps if s.step.number == step), None)
        if one is None:
            hint = f"cleanroom incident steps {id} shows them."
            raise NotFound(f"the runbook {found.runbook.name} has {len(found.steps)} steps, and no step {step}", hint)
        if one.done is not None:
            return ()
        return (StepDone(known.id, found.runbook.name, step, one.step.text, room.by, room.clock.now()),)

    return _progress(room, do(room, id, deed))


def _progress(room: Room, incident: Incident) -> Progress:
    known = base_of(incident)
    if known.category is None:
        choices = ", ".join(PATHS)
        raise Refused(
            f"incident {known.id} has no category yet, and so no runbook",
            f"cleanroom incident sort {known.id} CATEGORY: one of {choices}.",
        )
    found = read(room, PATHS[known.category].runbook)
    if not found.runbook.steps:
        raise Misuse(f"{found.file} has no steps", "cleanroom runbook show NAME says what is wrong with it.")
    return Progress(found.runbook, *standing(found.runbook, known.steps))


def _own(room: Room, file: str) -> str | None:
    path = room.project.path(file)  # where a link leads outside, that is refused here
    if not path.exists():
        return None
    if not path.is_file():
        raise Misuse(f"{file} is no file", "A runbook is a Markdown file.")
    try:
        with path.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
        return _UTF8().decode(content, final=len(content) <= MOST_BYTES)
    except UnicodeDecodeError as error:
        raise Misuse(f"{file} is not UTF-8 text", "Save it as UTF-8.") from error
    except OSError as error:
        raise Misuse(f"{file} cannot be read: {error.strerror}", "Check its permissions.") from error


def _known(room: Room, name: str) -> str:
    return did_you_mean(name, names(room))
