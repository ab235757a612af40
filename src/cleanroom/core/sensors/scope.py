"""Does a system do what it was never declared to do? Tools called and kinds of output seen, against its capabilities."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Literal

from cleanroom.core.base import Instant, noun
from cleanroom.core.sensors.result import MOST, Over, Quiet, Result, TooFew, few

OUTPUTS = ("text", "json", "table", "code", "sql", "html", "link")
"""Kinds of output that are told apart, by their names among capabilities. Without one of them there, only tools are judged."""

_LOOKED_AT = 20_000
_JSON = re.compile(r"\s*(?:```json\b|[{\[]\s*(?:[\"{\[\]}]|-?\d|true|false|null))")
_SQL = re.compile(
    r"\b(?:SELECT\s[^;]{1,400}?\sFROM\s|INSERT\s+INTO\s|DELETE\s+FROM\s|UPDATE\s+\S{1,100}\s+SET\s|DROP\s+TABLE\s"
    r"|select\s[^;]{1,400}?\sfrom\s+\S{1,100}(?:\s*;|\s+(?:where|join|limit|order by|group by)\b))"
)
_HTML = re.compile(r"<(?:html|body|div|script|table|iframe|img|a|form)\b[^<>]{0,400}>", re.IGNORECASE)
_CODE = re.compile(
    r"```|^\s{0,8}(?:(?:async )?def \w{1,80}\(|class \w{1,80}[:({]|function \w{0,80}\("
    r"|from [\w.]{1,80} import \w|import [\w.]{1,80};?$"
    r"|(?:const|let|var) \w{1,80} ?=|public (?:static|class|void)\b|#include [<\"])",
    re.MULTILINE,
)
_TABLE = re.compile(r"^\s{0,3}\|.{0,400}\|\s{0,3}\n\s{0,3}\|[ :|-]{3,400}\|", re.MULTILINE)
_LINK = re.compile(r"https?://\S", re.IGNORECASE)


@noun
class Use:
    """Something that was done: how often, since when, and one call that did it."""

    n: int
    since: Instant
    call: str


@noun
class Used:
    """What was seen: tools by name, kinds of output by name; of `calls` calls of tools and `outputs` outputs that were read.

    `unread`: further ones that were not looked at, or whose text is not kept.
    """

    tools: Mapping[str, Use]
    kinds: Mapping[str, Use]
    calls: int = 0
    outputs: int = 0
    unread: int = 0


@noun
class Scope:
    """What `system` did in the last `window` seconds. `least`: calls, or outputs, from which on it is no slip."""

    system: str
    least: int = 1
    window: float = 86_400.0
    kind: Literal["scope"] = "scope"

    def judge(self, used: Used, declared: Collection[str]) -> Result:
        """Over where something is not declared. Nothing declared at all is no judgement."""
        covers = f"{used.calls:,} calls of tools, {used.outputs:,} outputs"
        covers += f"; {used.unread:,} more were not read" if used.unread else ""
        if not declared:
            return TooFew(covers, f"capabilities in the register: systems/{self.system}.yaml")
        kinds_declared = any(name in OUTPUTS for name in declared)
        if not kinds_declared:
            covers += "; kinds of output are not declared, and not judged"
        if not used.calls and not (used.outputs and kinds_declared):
            return TooFew(covers, "calls of tools, or outputs whose text is kept")
        beyond = undeclared(used, declared, self.least)
        bound = f"{len(declared)} declared capabilities"
        seen = f"{len(used.tools) + (len(used.kinds) if kinds_declared else 0)} seen"
        if not beyond:
            return Quiet(covers, seen, bound)
        names = [f"{name} ({use.n:,} times)" for name, use in beyond.items()]
        lines = tuple(f"{name}: {u.n:,} times since {u.since[:19]}Z, call {u.call}" for name, u in beyond.items())
        what = f"{self.system} did what it was never declared to do: {few(names)}"
        return Over(what, bound, f"{len(beyond)} beyond it", min(u.since for u in beyond.values()), covers,
                    lines[:MOST], tuple(beyond))  # fmt: skip


def undeclared(used: Used, declared: Collection[str], least: int = 1) -> dict[str, Use]:
    """What was seen and not declared, the most frequent first: `tool NAME`, `output KIND`."""
    known = {name.casefold() for name in declared}
    found = {f"tool {name}": use for name, use in used.tools.items() if name.casefold() not in known}
    if known & set(OUTPUTS):
        found |= {f"output {name}": use for name, use in used.kinds.items() if name not in known}
    there = ((name, use) for name, use in found.items() if use.n >= least)
    return dict(sorted(there, key=lambda pair: (-pair[1].n, pair[0])))


def kind_of(text: str) -> str:
    """Which kind of output a text is: the first that fits, from what a program would run to plain words."""
    text = text[:_LOOKED_AT]
    if _JSON.match(text):
        return "json"
    for kind, pattern in (("html", _HTML), ("sql", _SQL), ("table", _TABLE), ("code", _CODE), ("link", _LINK)):
        if pattern.search(text):
            return kind
    return "text"
