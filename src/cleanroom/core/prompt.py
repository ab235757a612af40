"""What is a model told? A prompt with named slots, and how untrusted text is put into one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from cleanroom.core.base import Digest, Misuse, digest_of, noun

_SLOT = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)

TARGET_PATTERN = "^[a-z][a-z0-9_]{1,39}$"
"""The shape of a target in a reply. The shape only: whether the plan has such an event is for the guards to say."""


_BOUNDS = {
    "temperature": (0, 2),
    "again_temperature": (0, 2),
    "batch": (1, 100),
    "samples": (0, 20),
    "columns": (1, 100),
    "reply_tokens": (20, 4000),
    "reason_chars": (20, 1000),
    "text_chars": (40, 4000),
}


@noun
class PromptSettings:
    """How replies are drawn and how much of the data a prompt shows.

    `temperature` of the first asking and `again_temperature` after a refusal; `batch`: names asked in one call;
    `samples`: rows shown of each, with at most `columns` columns; `reply_tokens` of each, at most; `reason_chars`:
    longest reason; `text_chars`: where any text of the data is cut.
    """

    temperature: float = 0.3
    again_temperature: float = 0.8
    batch: int = 20
    samples: int = 2
    columns: int = 12
    reply_tokens: int = 100
    reason_chars: int = 120
    text_chars: int = 160


@noun
class Prompt:
    """A prompt with its version. `{{slot}}` is filled; `again` is added to `user` when a reply was refused."""

    name: str
    version: str
    system: str
    user: str
    again: str = ""
    settings: PromptSettings = PromptSettings()

    @property
    def digest(self) -> Digest:
        """Same text and settings, same digest."""
        return digest_of(self)

    def sound(self, needed: Sequence[Sequence[str]], known: Sequence[str]) -> Prompt:
        """This prompt, when it names only `known` slots, one of each of `needed`, and its settings make sense.

        Else Misuse, which says what to write instead.
        """
        for name, (low, high) in _BOUNDS.items():
            if not low <= getattr(self.settings, name) <= high:
                raise Misuse(
                    f"prompt {self.name!r}: settings.{name} is {getattr(self.settings, name)}",
                    f"Between {low} and {high}.",
                )
        used = {s for text in (self.system, self.user, self.again) for s in slots_of(text)}
        for slot in sorted(used - set(known)):
            raise Misuse(
                f"prompt {self.name!r} has a slot {{{{{slot[:60]}}}}} that nothing fills",
                f"The slots are: {', '.join(sorted(known))}.",
            )
        always = {*slots_of(self.system), *slots_of(self.user)}
        for slots in needed:
            if always.isdisjoint(slots):
                raise Misuse(
                    f"prompt {self.name!r} never shows the model its {slots[0]}",
                    f"Write {' or '.join(f'{{{{{s}}}}}' for s in slots)} into its system or user text.",
                )
        return self


def slots_of(template: str) -> tuple[str, ...]:
    """The slots that a template names, in order."""
    return tuple(_SLOT.findall(template))


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its slots filled, in one pass: braces inside a value stay what they are.

    Raises Misuse for a slot that `values` does not have.
    """

    def value(match: re.Match[str]) -> str:
        slot = match.group(1)
        if slot not in values:
            raise Misuse(f"slot {{{{{slot[:60]}}}}} has no value", f"The slots are: {', '.join(sorted(values))}.")
        return values[slot]

    return _SLOT.sub(value, template)


def quoted(text: str, limit: int) -> str:
    """Untrusted text as one JSON string of at most `limit` characters of it.

    It cannot end its line, close a mark like `</data>`, or hide: whatever is not printable, and every angle
    bracket, is written as an escape.
    """
    cut = text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"
    return "".join(_safe(c) for c in json.dumps(cut, ensure_ascii=False))


def _safe(character: str) -> str:
    if character in "<>" or not character.isprintable():
        units = character.encode("utf-16-be", "surrogatepass")
        return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
    return character


def labels(names: Sequence[str], limit: int) -> tuple[str, ...]:
    """A label a name, each different: the name itself, or cut to `limit` characters and numbered.

    The model answers about labels, so that a name of a megabyte, or two that begin alike, still come back.
    """
    taken = {n for n in names if len(n) <= limit}
    out = []
    for number, name in enumerate(names, 1):
        label = name
        if len(name) > limit:
            label = name[: limit - 12] + f"…#{number}"
            while label in taken:
                label += "'"
            taken.add(label)
        out.append(label)
    return tuple(out)


def reply_schema(asked: Sequence[str], reason_chars: int) -> dict[str, Any]:
    """The JSON Schema of a reply about `asked`: one answer for one name, else a list of them.

    The target is free but for its shape, so that a model that invents a name is seen doing so.
    """
    answer: dict[str, Any] = {
        "target": {"type": "string", "pattern": TARGET_PATTERN},
        "reason": {"type": "string", "pattern": rf'^[^"\\\x00-\x1f]{{0,{reason_chars}}}$'},
    }
    if len(asked) == 1:
        return _object(answer, "one mapped name")
    items = _object({"legacy": {"type": "string"}, **answer}, "one mapped name")
    many = {"events": {"type": "array", "items": items, "minItems": len(asked), "maxItems": len(asked)}}
    return _object(many, f"{len(asked)} mapped names")


def reply_shape(asked: Sequence[str]) -> str:
    """The same in words, for the prompt."""
    answer = '"target": EVENT, "reason": WHY'
    return f"{{{answer}}}" if len(asked) == 1 else f'{{"events": [{{"legacy": NAME, {answer}}}, ...]}}'


def _object(properties: dict[str, Any], title: str) -> dict[str, Any]:
    return {
        "title": title,
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
