"""Does a prompt answer its cases as it must? Each case is put to the model that it names, or to another one, and judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from cleanroom.app.room import Room
from cleanroom.core.base import CleanroomError, NotFound, noun
from cleanroom.core.check import Outcome
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.prompt import Prompt, fill
from cleanroom.core.prompt_case import PromptCase, judge_reply, schema_of
from cleanroom.ports.model import Ask, Model, Reply

_REPLY = 800  # tokens


@noun
class Answered:
    """What came of one case. `outcome`: PASS, FAIL, or UNKNOWN where it could not be asked; `version`: of the prompt."""

    case: str
    prompt: str
    version: str
    model: str
    outcome: Outcome
    because: str


def put(prompt: Prompt, case: PromptCase, model: Model) -> tuple[bool, str, Reply]:
    """Ask, and judge the reply: is it as it must be, and why (not)? Raises what the model raises."""
    slots = dict(case.input)
    ask = Ask(fill(prompt.system, slots), fill(prompt.user, slots), schema_of(case), 0.0, 0, _REPLY)
    reply = model.ask(ask)
    passed, because = judge_reply(case, reply.text)
    if not passed and reply.tokens_out >= _REPLY:
        because = f"{because}; it breaks off after {_REPLY} tokens"
    return passed, because, reply


def prompt_now(room: Room, name: str) -> Prompt:
    """The prompt as it lies in the project. Raises NotFound, Misuse with its mistakes."""
    found = room.project.prompt(name)
    if found is None:
        raise NotFound(f"there is no prompts/{name}.yaml", f"Write it, or name another prompt than {name!r:.80}.")
    return found


def chosen(cases: Sequence[PromptCase], prompts: Sequence[str]) -> tuple[PromptCase, ...]:
    """The cases of those prompts; of all, where none is named. Raises NotFound for a prompt without any."""
    known = {c.prompt for c in cases}
    for name in prompts:
        if name not in known:
            hint = did_you_mean(name, known) or "Cases are lines of golden/prompts/*.jsonl."
            raise NotFound(f"there is no case of a prompt {name!r:.80}", hint)
    return tuple(c for c in cases if not prompts or c.prompt in prompts)


def answer(
    room: Room,
    cases: Sequence[PromptCase],
    model: str = "",
    record: Path | None = None,
    progress: Callable[[str], object] = lambda _: None,
) -> tuple[Answered, ...]:
    """Each case with the prompt as it lies there, put to its model, or to `model`; `record`: a file to record replies to.

    What cannot be asked is UNKNOWN, with why; the others go on. Raises Misuse for a model that is not there.
    """
    if model:
        room.models.named(model)
    opened: dict[str, Model] = {}
    found = []
    for case in cases:
        progress(f"asking {case.id}")
        found.append(_answered(room, case, model or case.model, opened, record))
    return tuple(found)


def worst(found: Sequence[Answered]) -> Outcome:
    """The worst wins; nothing at all is UNKNOWN, never PASS."""
    return max((a.outcome for a in found), key=lambda o: o.rank, default=Outcome.UNKNOWN)


def _answered(room: Room, case: PromptCase, name: str, opened: dict[str, Model], record: Path | None) -> Answered:
    version = ""
    try:
        prompt = prompt_now(room, case.prompt)
        version = prompt.version
        model = opened[name] = opened.get(name) or room.model(name, record)
        passed, because, _ = put(prompt, case, model)
    except CleanroomError as error:
        return Answered(case.id, case.prompt, version, name, Outcome.UNKNOWN, error.message)
    return Answered(case.id, case.prompt, version, name, Outcome.PASS if passed else Outcome.FAIL, because)
