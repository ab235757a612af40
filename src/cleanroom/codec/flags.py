"""A flag as JSON: what a person writes, and what the server tells the SDK; both ways."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from cleanroom.codec.json_text import read_json
from cleanroom.codec.shape import build
from cleanroom.core.base import Digest, Misuse, noun, plain
from cleanroom.core.flags import Flag, exact, has_floats

FORMAT = 1
"""The version of what the server tells. Who does not know it goes on with what they have."""


@noun
class Serves:
    """The rollout of a flag. `candidate`: the variant that serves `artifact`, which `run` was approved with."""

    change: str
    run: Digest
    artifact: Digest
    candidate: str


@noun
class Told:
    """A flag as it is evaluated, and the last rollout behind it."""

    flag: Flag
    rollout: Serves | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What the server told; `unread`: keys of flags that this release cannot read, with why."""

    flags: dict[str, Told]
    unread: dict[str, str]


def told_json(flags: Iterable[Told]) -> bytes:
    """What the server tells of its flags, the same bytes for the same flags."""
    body = {"version": FORMAT, "flags": [plain(told) for told in sorted(flags, key=lambda t: t.flag.key)]}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def read_told(body: bytes) -> Heard:
    """What `told_json` wrote. Raises ValueError for what is nothing like it, or of another version."""
    data = json.loads(body)
    if not isinstance(data, dict) or data.get("version") != FORMAT or not isinstance(data.get("flags"), list):
        raise ValueError("these are no flags, or of another release")
    heard = Heard({}, {})
    for each in data["flags"]:
        try:
            told = _TOLD.validate_python(each, strict=False)
            heard.flags[told.flag.key] = told
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            heard.unread[_key(each)] = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"[:200]
    return heard


def is_definitions(data: Any) -> bool:
    """Is that a flagd definition file, and no flag of ours?"""
    return isinstance(data, dict) and "flags" in data and "key" not in data


def read_flag(content: bytes, file: str) -> Flag:
    """The flag in a JSON file. Raises Misuse for the first mistake, with its line."""
    document = read_json(content, file)
    flag, wrong = (None, ()) if document.broken else build(Flag, document.data)
    findings = [*document.findings, *(document.locate(m) for m in wrong)]
    for found in findings:
        if found.severity == "error":
            raise Misuse(
                f"{found.file}:{found.line}: {found.message}", found.hint or "docs/flags.md says what a flag is."
            )
    if flag is None:
        raise Misuse(f"{file} holds no flag", "docs/flags.md says what a flag is.")
    return exact(replace(flag, floats=has_floats(flag)))


def flag_json(flag: Flag) -> str:
    """The text of a flag, as `read_flag` takes it."""
    return json.dumps(dict(_filled(plain(flag))), indent=2, ensure_ascii=False) + "\n"


def _filled(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Without what is as it is where nothing is said."""
    for name, value in data.items():
        rule = name in ("targeting", "audience")  # false is a rule as well
        if value is not None and (rule or name in ("key", "variants", "safe") or value not in ("", False, {})):
            yield name, value


def _key(each: Any) -> str:
    flag = each.get("flag") if isinstance(each, dict) else None
    return str(flag.get("key", ""))[:200] if isinstance(flag, dict) else ""


_TOLD = TypeAdapter(Told)
