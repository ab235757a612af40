"""Exactly that version, as it was: changes, prompts and models are kept by their digest, and found by it again.

A prompt is kept as its file. A model is kept as its settings (never its key) with what says which it is: the digest of its
weights or of its recording, which is kept too, else its name and address.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from cleanroom.app.propose.record import version_of
from cleanroom.app.review.standing import subject as change_subject
from cleanroom.app.room import Room
from cleanroom.codec.prompt import read_prompt
from cleanroom.core.base import Digest, Misuse, NotFound, digest, digest_of, noun
from cleanroom.core.change import Change, Mapping
from cleanroom.core.facts import Checked, Proposed
from cleanroom.core.prompt import Prompt
from cleanroom.ports.model import Model
from cleanroom.ports.project import ModelSettings

PROMPTS = ".cleanroom/prompts"
MODELS = ".cleanroom/models"
MOST_RECORDED = 64 << 20
"""Bytes of a recording that is kept."""


@noun
class Version:
    """`name`: change/NAME, prompt/NAME or model/NAME; `digest`: exactly which."""

    name: str
    digest: Digest

    @property
    def kind(self) -> str:
        """change, prompt or model."""
        return self.name.partition("/")[0]

    @property
    def of(self) -> str:
        """Its name without the kind."""
        return self.name.partition("/")[2]


def change_at(room: Room, version: Version) -> tuple[Change, Mapping | None]:
    """That version of a change. Raises NotFound where it was never proposed here, or no copy of it is left."""
    facts = [e.fact for e in room.store.history(change_subject(version.of))]
    made = next((f for f in facts if isinstance(f, Proposed) and f.change == version.digest), None)
    found = version_of(room, made) if made is not None else None
    if found is None:
        change, mapping = room.project.change(version.of)
        if change.digest != version.digest:
            raise NotFound(
                f"no copy of {version.name} at {version.digest} is on this machine", "Try where it was proposed."
            )
        found = change, mapping
    return found


def checked(room: Room, version: Version) -> Checked | None:
    """The last run of the battery on that version of a change; None where it never ran."""
    runs = (e.fact for e in reversed(room.store.history(change_subject(version.of))) if isinstance(e.fact, Checked))
    return next((r for r in runs if r.change == version.digest), None)


def keep_prompt(room: Room, name: str, content: bytes) -> Version:
    """Keep a prompt's file by the digest of what it says. Raises Misuse with its first mistake."""
    found = read_prompt(content, name)
    if found.value is None:
        first = found.findings[0]
        raise Misuse(f"{name}:{first.line}: {first.message}", first.hint)
    room.artifacts.write(room.project.root / PROMPTS, _file(found.value.digest, "yaml"), content)
    return Version(name, found.value.digest)


def prompt_at(room: Room, version: Version) -> Prompt:
    """That version of a prompt. Raises NotFound where it was not kept."""
    content = _content(room, PROMPTS, version, "Name its file when you name the case: --bad-file FILE.")
    found = read_prompt(content, version.name).value
    if found is None or found.digest != version.digest:
        raise NotFound(
            f"the copy of {version.name} is not what it was: {digest(content)}", "Name its file again: --bad-file FILE."
        )
    return found


def keep_model(room: Room, name: str, settings: ModelSettings) -> Version:
    """Keep which model that is, with its recording where it is one. Raises Misuse where its file is missing."""
    if settings.kind == "replay":
        settings = _recorded(room, settings.name, _bytes(room, settings))
    return _kept(room, name, settings)


def keep_recording(room: Room, name: str, content: bytes) -> Version:
    """Keep a model that can no longer be asked as what it said. Raises Misuse for what is no recording."""
    return _kept(room, name, _recorded(room, name.partition("/")[2], content))


def model_at(room: Room, version: Version) -> Model:
    """That model, to be asked again. Raises NotFound where it was not kept, or its file differs; Misuse without its key."""
    content = _content(
        room, MODELS, version, "Name it, or a recording of what it said: --bad model/NAME --bad-file FILE."
    )
    try:
        kept: dict[str, Any] = json.loads(content)
        exact = kept.pop("exact")
        settings = ModelSettings(**kept)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise NotFound(f"what was kept of {version.name} cannot be read", "Name the version again.") from error
    if _digest(settings, exact) != version.digest or room.models.exact(settings) != exact:
        hint = f"Put back {settings.file}." if settings.file else "Name the version again."
        raise NotFound(f"{version.name} is not what it was: {exact}", hint)
    # Which variable holds the key is for cleanroom.toml to say, as long as it has the model.
    now = (m for m in room.models.known() if replace(m, api_key_env=settings.api_key_env) == settings)
    return room.models.open(next(now, settings))


def _kept(room: Room, name: str, settings: ModelSettings) -> Version:
    exact = room.models.exact(settings)
    version = Version(name, _digest(settings, exact))
    kept = json.dumps(asdict(settings) | {"exact": exact}, indent=1)
    room.artifacts.write(room.project.root / MODELS, _file(version.digest, "json"), kept.encode())
    return version


def _recorded(room: Room, name: str, content: bytes) -> ModelSettings:
    """A recording, copied: the file that it came from may grow. Raises Misuse for what is no recording."""
    room.models.check_recording(content)
    file = _file(digest(content), "jsonl")
    room.artifacts.write(room.project.root / MODELS, file, content)
    return ModelSettings(name, "replay", file=f"{MODELS}/{file}")


def _bytes(room: Room, settings: ModelSettings) -> bytes:
    try:
        with (room.project.root / settings.file).open("rb") as file:
            content = file.read(MOST_RECORDED + 1)
    except OSError as error:
        raise Misuse(f"the recording {settings.file} cannot be read", "Check `file` in cleanroom.toml.") from error
    if len(content) > MOST_RECORDED:
        raise Misuse(f"the recording {settings.file} has more than {MOST_RECORDED >> 20} MiB", "Record the case alone.")
    return content


def _digest(settings: ModelSettings, exact: str) -> Digest:
    """Same model, same digest, whatever it is called."""
    return digest_of([settings.kind, exact])


def _content(room: Room, folder: str, version: Version, hint: str) -> bytes:
    end = "yaml" if folder == PROMPTS else "json"
    try:
        return (room.project.root / folder / _file(version.digest, end)).read_bytes()
    except OSError as error:
        raise NotFound(f"{version.name} at {version.digest} was not kept here", hint) from error


def _file(name: Digest, end: str) -> str:
    return f"{name.removeprefix('sha256:')}.{end}"
