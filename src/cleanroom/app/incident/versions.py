"""Which version of a change, a prompt or a model is meant? What was rolled out, what lies in the project now, or a digest."""

from __future__ import annotations

import re

from cleanroom.app.incident.kept import Version, keep_model, keep_prompt
from cleanroom.app.rollout.read import rollout_in
from cleanroom.app.room import Room
from cleanroom.core.base import Digest, Misuse, NotFound
from cleanroom.core.progress.state import start_of

_VERSION = re.compile(r"(change|prompt)/[A-Za-z0-9][A-Za-z0-9._-]{0,199}|model/[^\s\x00-\x1f\x7f]{1,200}")
_EXACT = re.compile(r"sha256:[0-9a-f]{64}")


def current(room: Room, name: str) -> Version:
    """The version that lies in the project now; a prompt and a model are kept by their digest from now on.

    Raises Misuse for what is no change/NAME, prompt/NAME or model/NAME, and for files with mistakes; NotFound.
    """
    _check(name)
    kind, _, of = name.partition("/")
    if kind == "change":
        return Version(name, room.project.change(of)[0].digest)
    if kind == "model":
        return keep_model(room, name, room.models.named(of))
    if room.project.prompt(of) is None:
        raise NotFound(f"there is no prompts/{of}.yaml")
    return keep_prompt(room, name, (room.project.root / "prompts" / f"{of}.yaml").read_bytes())


def served(room: Room, change: str) -> Version:
    """The version of a change that its rollout served. Raises NotFound where it has none."""
    rollout = rollout_in(room.store, change)
    if rollout is None:
        raise NotFound(
            f"nothing was rolled out of the change {change!r:.80}", f"Name the version: change/{change}@sha256:..."
        )
    return Version(f"change/{change}", start_of(rollout).change)


def named(room: Room, text: str) -> Version:
    """`NAME@DIGEST`; else a change as it was rolled out, and anything that was not as it lies there. Raises Misuse, NotFound."""
    name, exact = parted(text)
    if exact:
        return Version(name, exact)
    kind, _, of = name.partition("/")
    if kind == "change" and rollout_in(room.store, of) is not None:
        return served(room, of)
    return current(room, name)


def parted(text: str) -> tuple[str, Digest | None]:
    """The name and the digest of `NAME@DIGEST`; None for a name alone. Raises Misuse for what is no version."""
    name, at, exact = text.rpartition("@")
    if not at or not (
        exact.startswith("sha256") or text.startswith(("change/", "prompt/"))
    ):  # a model's name may have an @
        name, exact = text, ""
    _check(name)
    if exact and not _EXACT.fullmatch(exact):
        raise Misuse(f"{exact!r:.80} is no digest", "sha256: and 64 hex digits, as the ledger has it.")
    return name, Digest(exact) if exact else None


def _check(name: str) -> None:
    """Raises Misuse for what cannot be the name of a version: it becomes a path, and a subject of the ledger."""
    if not _VERSION.fullmatch(name):
        raise Misuse(f"{name!r:.100} is nothing that can be tried", "Name change/NAME, prompt/NAME or model/NAME.")
