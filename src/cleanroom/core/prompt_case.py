"""What must a prompt answer? A case: what goes in, whom to ask, and what must come out."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from cleanroom.core.base import noun
from cleanroom.core.checks.golden import as_text, same
from cleanroom.core.golden import Scalar
from cleanroom.core.lint_fields import repeated
from cleanroom.core.mistakes import Mistake, did_you_mean
from cleanroom.core.prompt import Prompt, slots_of

ANSWER = "answer"
"""The one field of a reply where a case says nothing of its shape."""


@noun
class PromptCase:
    """One asking of a prompt. `input`: its slots; `model`: whom to ask, as cleanroom.toml calls it.

    expect     fields of the reply (a JSON object) and what they must hold, compared as golden cases are
    contains   texts that the reply must have, in any case of letters; `lacks`: texts that it must not have
    """

    id: str
    prompt: str
    model: str
    input: tuple[tuple[str, str], ...] = ()
    expect: tuple[tuple[str, Scalar], ...] = ()
    contains: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    because: str = ""


def schema_of(case: PromptCase) -> dict[str, Any]:
    """The JSON Schema that a reply must follow: the fields that are expected, or one answer in words."""
    kinds = {str: "string", bool: "boolean", int: "number", float: "number", type(None): "null"}
    fields = {name: {"type": kinds[type(value)]} for name, value in case.expect} or {ANSWER: {"type": "string"}}
    return {
        "title": "a reply",
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def judge_reply(case: PromptCase, text: str) -> tuple[bool, str]:
    """Does the reply hold what it must, and a sentence that says why (not)? What is no JSON object fails."""
    try:
        reply = json.loads(text)
    except (ValueError, RecursionError):
        reply = None
    if not isinstance(reply, dict):
        return False, "the reply is no JSON object"
    wrong = [
        f"{name} is {_shown(reply.get(name))}, expected {_shown(value)}"
        for name, value in case.expect
        if name not in reply or not same(value, as_text(reply[name]) if _plain(reply[name]) else None)
    ]
    said = " ".join(str(v) for v in reply.values()).casefold()
    wrong += [f"it does not say {t!r:.80}" for t in case.contains if t.casefold() not in said]
    wrong += [f"it says {t!r:.80}" for t in case.lacks if t.casefold() in said]
    return not wrong, "; ".join(wrong[:3]) or "the reply is as it must be"


def faults(case: PromptCase) -> tuple[str, ...]:
    """What is wrong with a case of a prompt, in words."""
    found = []
    if not case.id.strip() or not case.prompt.strip() or not case.model.strip():
        found.append("a case of a prompt needs an id, a prompt and a model")
    if not (case.expect or case.contains or case.lacks):
        found.append("nothing says what must come out: give expect, contains or lacks")
    return tuple(found)


def misfits(
    cases: Sequence[PromptCase], prompts: Mapping[str, Prompt | None], models: Collection[str] | None
) -> Iterator[tuple[int, Mistake]]:
    """Every mistake against what the project has, with the index of its case. `prompts`: None for one with mistakes.

    A prompt or a model that is not there is a warning: it may have been taken out, and the other cases can still be asked.
    """
    for i in repeated([c.id for c in cases]):
        yield i, Mistake(("id",), f"case {cases[i].id!r} is there twice", "Give it another id.")
    for i, case in enumerate(cases):
        if models is not None and case.model not in models:
            hint = did_you_mean(case.model, models)
            what = f"case {case.id!r} asks a model {case.model!r:.80} that is not there"
            yield i, Mistake(("model",), what, hint, "warning")
        if case.prompt not in prompts:
            hint = did_you_mean(case.prompt, prompts) or f"prompts/{case.prompt}.yaml makes one."
            what = f"case {case.id!r} asks a prompt {case.prompt!r:.80} that is not there"
            yield i, Mistake(("prompt",), what, hint, "warning")
            continue
        prompt = prompts[case.prompt]
        wanted = {*slots_of(prompt.system), *slots_of(prompt.user)} if prompt is not None else set()
        lacking = sorted(wanted - dict(case.input).keys())
        if lacking:
            hint = f"The slots of the prompt are: {', '.join(sorted(wanted))}."
            yield i, Mistake(("input",), f"case {case.id!r} does not fill the slot {lacking[0]!r:.80}", hint)


def _plain(value: object) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:80]
