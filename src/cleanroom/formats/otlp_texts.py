"""What was asked and answered? The texts of a GenAI span, in the newest form of messages and in the older ones.

| form | where |
|---|---|
| parts | `gen_ai.input.messages`, `gen_ai.output.messages`: [{"role", "parts": [{"type", "content"}]}], also as JSON |
| events | `gen_ai.content.prompt`, `gen_ai.content.completion`, `gen_ai.user.message`, `gen_ai.choice` ... on the span |
| numbered | `gen_ai.prompt.0.content`, `gen_ai.completion.0.content` |
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from cleanroom.core.telemetry.told import LONGEST_TEXT, MOST_SOURCES
from cleanroom.formats.otlp_values import Values, structure

MARGIN = 400
"""Characters beyond LONGEST_TEXT that are kept until the text was redacted: nothing is cut through before that."""

_NUMBERED = re.compile(r"gen_ai\.(prompt|completion)\.(\d{1,4})\.(content|role)")
_DOCUMENT = ("content", "text", "page_content", "document", "document.content", "chunk")
_ASKED = ("gen_ai.system.message", "gen_ai.user.message", "gen_ai.assistant.message", "gen_ai.tool.message")


def texts_of(values: Values, events: Sequence[tuple[str, Values]]) -> tuple[str, str]:
    """What went in and what came out, each as one text; '' where it was not told."""
    asked = _messages(values.get("gen_ai.input.messages")) or _messages(values.get("gen_ai.prompt"))
    answered = _messages(values.get("gen_ai.output.messages")) or _messages(values.get("gen_ai.completion"))
    for name, said in events:
        if name == "gen_ai.content.prompt":
            asked = asked or _messages(said.get("gen_ai.prompt"))
        elif name == "gen_ai.content.completion":
            answered = answered or _messages(said.get("gen_ai.completion"))
        elif name == "gen_ai.client.inference.operation.details":
            asked = asked or _messages(said.get("gen_ai.input.messages"))
            answered = answered or _messages(said.get("gen_ai.output.messages"))
        elif name in _ASKED:
            asked += tuple(_said(said, name.split(".")[1]))
        elif name == "gen_ai.choice":
            answered += tuple(_said(said, "assistant"))
    if not asked and not answered:
        asked, answered = _numbered(values)
    asked = asked or _plain(values, "gen_ai.retrieval.query.text", "gen_ai.tool.call.arguments")
    answered = answered or _plain(values, "gen_ai.tool.call.result")
    return _joined(asked), _joined(answered)


def sources_of(values: Values) -> tuple[str, ...]:
    """The texts of what was retrieved."""
    found = structure(values.get("cleanroom.sources"))
    if found is None:
        found = structure(values.get("gen_ai.retrieval.documents"))
    listed = found if isinstance(found, list) else [found]
    said = (_document(one) for one in listed[:MOST_SOURCES])
    return tuple(cut(text) for text in said if text)


def cut(text: str) -> str:
    """As much of a text as may be kept, with what redaction may need beyond it. NUL goes into no database."""
    return text[: LONGEST_TEXT + MARGIN].replace("\x00", " ")


def _document(one: Any) -> str:
    if isinstance(one, str):
        return one
    if isinstance(one, dict):
        return next((one[key] for key in _DOCUMENT if isinstance(one.get(key), str)), "")
    return ""


def _messages(value: Any) -> tuple[tuple[str, str], ...]:
    """Messages as (role, text)."""
    found = structure(value)
    if isinstance(found, str):
        return (("user", found),) if found else ()
    if isinstance(found, dict):
        found = [found]
    if not isinstance(found, list):
        return ()
    return tuple(pair for one in found for pair in _said(one, "user"))


def _said(one: Any, role: str) -> Iterator[tuple[str, str]]:
    """What one message says: its parts, or its content."""
    if isinstance(one, str):
        yield role, one
    if not isinstance(one, dict):
        return
    inner = structure(one.get("message"))
    if isinstance(inner, dict):
        one = inner
    spoken = one.get("role")
    role = spoken if isinstance(spoken, str) and spoken else role
    parts = structure(one.get("parts", one.get("content")))
    for part in parts if isinstance(parts, list) else [parts]:
        text = _part(part)
        if text:
            yield role, text


def _part(part: Any) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    for key in ("content", "text", "response", "result", "arguments"):
        value = part.get(key)
        if isinstance(value, str):
            return value
        if value is not None and not isinstance(value, bytes):
            return _json(value)
    return ""


def _numbered(values: Values) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    found: dict[tuple[str, int], dict[str, str]] = {}
    for key, value in values.items():
        match = _NUMBERED.fullmatch(key)
        if match and isinstance(value, str):
            found.setdefault((match[1], int(match[2])), {})[match[3]] = value
    lists: dict[str, list[tuple[str, str]]] = {"prompt": [], "completion": []}
    for (which, _), said in sorted(found.items()):
        role = said.get("role", "user" if which == "prompt" else "assistant")
        if said.get("content"):
            lists[which] += [(role, text) for _, text in _messages(said["content"])]
    return tuple(lists["prompt"]), tuple(lists["completion"])


def _plain(values: Values, *keys: str) -> tuple[tuple[str, str], ...]:
    for key in keys:
        value = values.get(key)
        if value is not None and value != "":
            return (("", value if isinstance(value, str) else _json(value)),)
    return ()


def _joined(messages: Iterable[tuple[str, str]]) -> str:
    """One message alone is its text; of several each has its role before it."""
    listed = list(messages)
    if len(listed) == 1 or {role for role, _ in listed} <= {"assistant", ""}:
        return cut("\n".join(text for _, text in listed))
    return cut("\n".join(f"{role}: {text}" for role, text in listed))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
