"""Which version of a change or a prompt is meant, and what exactly was it? Found by its digest, as it was kept."""

from __future__ import annotations

import re
from pathlib import Path

from cleanroom.app.propose.record import version_of
from cleanroom.app.review.standing import subject as change_subject
from cleanroom.app.rollout.read import rollout_in
from cleanroom.app.room import Room
from cleanroom.codec.prompt import read_prompt
from cleanroom.core.base import Digest, Misuse, NotFound, digest, noun
from cleanroom.core.change import Change, Mapping
from cleanroom.core.facts import Checked, Proposed
from cleanroom.core.progress.state import start_of
from cleanroom.core.prompt import Prompt

PROMPTS = ".cleanroom/prompts"
_VERSION = re.compile(r"(change|prompt)/[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_EXACT = re.compile(r"sha256:[0-9a-f]{64}")


@noun
class Version:
    """`name`: change/NAME or prompt/NAME; `digest`: exactly which."""

    name: str
    digest: Digest

    @property
    def kind(self) -> str:
        """change or prompt."""
        return self.name.partition("/")[0]


def current(room: Room, name: str) -> Version:
    """The version of change/NAME or prompt/NAME that lies in the project now; a prompt is kept by its digest from now on.

    Raises Misuse for anything else, and for files with mistakes.
    """
    kind, _, of = name.partition("/")
    _check(name)
    if kind == "change" and of:
        return Version(name, room.project.change(of)[0].digest)
    if kind == "prompt" and of:
        prompt = room.project.prompt(of)
        if prompt is None:
            raise NotFound(f"there is no prompts/{of}.yaml")
        return keep_prompt(room, name, (room.project.root / "prompts" / f"{of}.yaml").read_bytes())
    raise Misuse(f"{name!r:.100} is nothing that can be tried", "Name change/NAME or prompt/NAME.")


def served(room: Room, change: str) -> Version:
    """The version of a change that its rollout served. Raises NotFound where it has none."""
    rollout = rollout_in(room.store, change)
    if rollout is None:
        raise NotFound(
            f"nothing was rolled out of the change {change!r:.80}", f"Name the version: change/{change}@sha256:..."
        )
    return Version(f"change/{change}", start_of(rollout).change)


def named(room: Room, text: str) -> Version:
    """`change/NAME@DIGEST`, or `change/NAME` as it was rolled out, else as it lies there; `prompt/NAME`, or `@DIGEST`.

    Raises Misuse, NotFound.
    """
    name, at, exact = text.partition("@")
    kind, _, of = name.partition("/")
    _check(name)
    if at:
        if not _EXACT.fullmatch(exact):
            raise Misuse(f"{exact!r:.80} is no digest", "sha256: and 64 hex digits, as the ledger has it.")
        return Version(name, Digest(exact))
    if kind == "change" and rollout_in(room.store, of) is not None:
        return served(room, of)
    return current(room, name)


def _check(name: str) -> None:
    """Raises Misuse for what cannot be the name of a version: it becomes a path, and a subject of the ledger."""
    if not _VERSION.fullmatch(name):
        raise Misuse(f"{name!r:.100} is nothing that can be tried", "Name change/NAME or prompt/NAME.")


def keep_prompt(room: Room, name: str, content: bytes) -> Version:
    """Keep a prompt's file by the digest of what it says. Raises Misuse with its first mistake."""
    found = read_prompt(content, name)
    if found.value is None:
        first = found.findings[0]
        raise Misuse(f"{name}:{first.line}: {first.message}", first.hint)
    kept = room.project.root / PROMPTS
    room.artifacts.write(kept, _file(found.value.digest).name, content)
    return Version(name, found.value.digest)


def change_at(room: Room, version: Version) -> tuple[Change, Mapping | None]:
    """That version of a change. Raises NotFound where it was never proposed here, or no copy of it is left."""
    name = version.name.partition("/")[2]
    facts = [e.fact for e in room.store.history(change_subject(name))]
    made = next((f for f in facts if isinstance(f, Proposed) and f.change == version.digest), None)
    found = version_of(room, made) if made is not None else None
    if found is None:
        change, mapping = room.project.change(name)
        if change.digest != version.digest:
            raise NotFound(
                f"no copy of {version.name} at {version.digest} is on this machine", "Try where it was proposed."
            )
        found = change, mapping
    return found


def prompt_at(room: Room, version: Version) -> Prompt:
    """That version of a prompt. Raises NotFound where it was not kept."""
    path = room.project.root / PROMPTS / _file(version.digest).name
    try:
        content = path.read_bytes()
    except OSError as error:
        hint = "Name its file when you name the case: --bad-file FILE."
        raise NotFound(f"{version.name} at {version.digest} was not kept here", hint) from error
    found = read_prompt(content, path.name).value
    if found is None or found.digest != version.digest:
        raise NotFound(
            f"the copy of {version.name} is not what it was: {digest(content)}", "Name its file again: --bad-file FILE."
        )
    return found


def checked(room: Room, version: Version) -> Checked | None:
    """The last run of the battery on that version of a change; None where it never ran."""
    name = version.name.partition("/")[2]
    runs = (e.fact for e in reversed(room.store.history(change_subject(name))) if isinstance(e.fact, Checked))
    return next((r for r in runs if r.change == version.digest), None)


def _file(name: Digest) -> Path:
    return Path(f"{name.removeprefix('sha256:')}.yaml")
