"""Is the reply exactly the JSON that was asked for? Nothing is repaired: what does not fit is refused as a whole."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cleanroom.core.guards.verdict import Answer, Guarded, Refusal, shown

MAX_CHARS = 1_000_000
"""A longer reply is refused unread."""


class _Unfit(Exception):
    """The reply has another shape; the text says how."""


def parse(text: str, asked: Sequence[str], reason_chars: int) -> Guarded:
    """Read a reply about the labels `asked` (see core.prompt.reply_schema for its shape).

    Refused: text that is not JSON, text after it, a key that is missing, unknown or given twice, values that are
    not text, a reason that is too long.
    """
    try:
        return Guarded(_read(text, asked, reason_chars))
    except _Unfit as unfit:
        return Guarded((), (Refusal("schema", str(unfit)),))


def _read(text: str, asked: Sequence[str], reason_chars: int) -> tuple[Answer, ...]:
    if len(text) > MAX_CHARS:
        raise _Unfit(f"the reply has {len(text):,} characters")
    try:
        reply = json.loads(text, object_pairs_hook=_once)
    except RecursionError as error:
        raise _Unfit("the reply nests too deep") from error
    except ValueError as error:
        message = f"text after the JSON: {_after(text)}" if "Extra data" in str(error) else "the reply is not JSON"
        raise _Unfit(message) from error
    if len(asked) == 1:
        fields = _fields(reply, ("target", "reason"), reason_chars)
        return (Answer(asked[0], fields["target"], fields["reason"]),)
    if not isinstance(reply, dict):
        raise _Unfit("the reply is not an object")
    _keys(reply, ("events",))
    if not isinstance(reply["events"], list):
        raise _Unfit("'events' is not a list")
    if not reply["events"]:
        raise _Unfit("'events' is empty: nothing was answered")
    each = (_fields(item, ("legacy", "target", "reason"), reason_chars) for item in reply["events"])
    return tuple(Answer(**fields) for fields in each)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Unfit("a key is given twice")
    return made


def _fields(value: object, names: tuple[str, ...], reason_chars: int) -> dict[str, str]:
    if not isinstance(value, dict):
        raise _Unfit(f"an answer is not an object: {shown(json.dumps(value))}")
    _keys(value, names)
    for name in names:
        if not isinstance(value[name], str):
            raise _Unfit(f"{name!r} is not text")
    if len(value["reason"]) > reason_chars:
        raise _Unfit(f"a reason has {len(value['reason']):,} characters; {reason_chars} were allowed")
    return {name: value[name].strip() if name == "reason" else value[name] for name in names}


def _keys(value: dict[str, object], names: tuple[str, ...]) -> None:
    for name in names:
        if name not in value:
            raise _Unfit(f"key {name!r} is missing")
    for name in value:
        if name not in names:
            raise _Unfit(f"unknown key {shown(name)}")


def _after(text: str) -> str:
    _, end = json.JSONDecoder().raw_decode(text.lstrip())
    return shown(text.lstrip()[end:].strip())
