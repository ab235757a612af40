"""What of a text, a name or a conversation's id that a sender gave may be kept?"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cleanroom.app.room import Room
from cleanroom.core.telemetry.redaction import redacted
from cleanroom.core.telemetry.told import LONGEST_NAME, LONGEST_TEXT

_PLAIN = re.compile(r"[a-z_./-]*(?:[0-9][a-z_./-]*){0,3}")  # four digits may be an address of a machine
_PLAIN_WITHIN = 40
_UNIQUE = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}")  # a UUID, or our keyed hash
_VERSION = re.compile(r"v\d[\w.-]*|\d+\.\d[\w.-]*")


def cleaned(room: Room, text: str, kinds: Sequence[str]) -> str:
    """The text as it may be kept."""
    found = room.redactor.find(text, kinds) if text and kinds else ()
    return redacted(text, found)[:LONGEST_TEXT]


def name_kept(room: Room, name: str, kinds: Sequence[str]) -> str:
    """A name, redacted like a text. Plain short words and UUIDs hold nothing of the kind, and are not searched: it is slow."""
    if len(name) <= _PLAIN_WITHIN and (_PLAIN.fullmatch(name) or _UNIQUE.fullmatch(name)):
        return name
    return cleaned(room, name, kinds)[:LONGEST_NAME]


def prompt_kept(room: Room, prompt: str, kinds: Sequence[str]) -> str:
    """The same of name@version, which is no e-mail address although `reply@v2.beta` looks like one."""
    name, at, version = prompt.rpartition("@")
    if at and _VERSION.fullmatch(version):
        return f"{name_kept(room, name, kinds)}@{name_kept(room, version, kinds)}"[:LONGEST_NAME]
    return name_kept(room, prompt, kinds)


def conversation_kept(room: Room, conversation: str, kinds: Sequence[str]) -> str:
    """A conversation's id; its keyed hash where it says who somebody is, so that what belongs together stays together."""
    return conversation if name_kept(room, conversation, kinds) == conversation else room.telemetry.hashed(conversation)
