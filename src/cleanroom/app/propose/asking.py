"""Asks a model about legacy names until every guard is satisfied, or until it has been refused often enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from cleanroom.app.propose.legacy import LegacyName
from cleanroom.app.propose.wording import asked, shared_slots
from cleanroom.core.base import Outside, digest_of
from cleanroom.core.contract import Plan
from cleanroom.core.guards import Guarded, enough, guard
from cleanroom.core.guards.verdict import shown
from cleanroom.core.prompt import Prompt, labels, reply_schema
from cleanroom.ports.model import Ask, Model, Reply

ATTEMPTS = 3
"""How often a name may be refused, over all runs, before it is given up."""

GIVEN_UP = 9
"""Calls without one usable reply before the model is."""

Progress = Callable[[int, int, str], None]
"""Told how many names are settled, of how many, and which one is being asked."""


@dataclass(slots=True)
class Asked:
    """What became of one legacy name: an answer (target, reason) of each run that gave one, and its refusals."""

    label: str
    legacy: LegacyName
    answers: list[tuple[str, str]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def given_up(self) -> bool:
        """Refused too often."""
        return len(self.refused) >= ATTEMPTS

    def open(self, runs: int) -> bool:
        """Is another run needed?"""
        return not self.given_up and not enough([target for target, _ in self.answers], runs)


@dataclass(slots=True)
class Asking:
    """The questions to one model. `refusals` counts (guard, name, because); `last` is the newest reply."""

    model: Model
    plan: Plan
    prompt: Prompt
    runs: int
    seed: int
    calls: int = 0
    usable: int = 0
    refusals: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    last: Reply | None = None
    shared: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.shared = shared_slots(self.plan, self.prompt.settings)

    def all(self, names: Sequence[LegacyName], progress: Progress) -> tuple[Asked, ...]:
        """Ask about every name. Raises Outside when the model gives nothing usable, and what the model raises."""
        marked = labels([n.name for n in names], self.prompt.settings.text_chars)
        state = [Asked(label, name) for label, name in zip(marked, names, strict=True)]
        size = self.prompt.settings.batch
        for at in range(0, len(state), size):
            chunk = state[at : at + size]
            progress(at, len(state), chunk[0].legacy.name)
            for run in range(self.runs):
                self._run([a for a in chunk if a.open(self.runs)], run)
        if state and not self.usable:
            raise self._useless()
        progress(len(state), len(state), "")
        return tuple(state)

    def _run(self, pending: list[Asked], run: int) -> None:
        """One run over a chunk: asked again, with what was wrong, about the names that were refused."""
        attempt = 0
        while pending:
            found = self._ask(pending, run, attempt)
            answers = {a.legacy: (a.target, a.reason) for a in found.answers}
            for name in pending:
                if name.label in answers:
                    name.answers.append(answers[name.label])
                else:
                    name.refused.append(_why(found, name.label))
            pending = [n for n in pending if n.label not in answers and not n.given_up]
            attempt += 1
            if not self.usable and self.calls >= GIVEN_UP:
                raise self._useless()

    def _ask(self, pending: Sequence[Asked], run: int, attempt: int) -> Guarded:
        settings = self.prompt.settings
        names = {a.label: a.legacy for a in pending}
        before = [(a.label, a.refused[-1]) for a in pending if a.refused]
        system, user = asked(self.prompt, self.shared, names, before)
        reply = self.model.ask(
            Ask(
                system,
                user,
                reply_schema(tuple(names), settings.reason_chars),
                temperature=settings.again_temperature if before else settings.temperature,
                seed=seed_of((self.seed, run, attempt)),
                max_tokens=settings.reply_tokens * len(names),
            )
        )
        found = guard(reply.text, tuple(names), frozenset(self.plan.event_names), settings.reason_chars)
        self.calls += 1
        self.last = reply
        self.usable += any(r.guard != "schema" for r in found.refusals) or bool(found.answers)
        self.refusals.update((r.guard, "" if r.legacy is None else r.legacy, r.because) for r in found.refusals)
        return found

    def _useless(self) -> Outside:
        why = next(reversed(self.refusals), ("", "", ""))[2]
        return Outside(
            f"model {self.model.name!r} gave no usable reply in {self.calls} calls: {why}",
            "Nothing was written. Try another model, or a prompt of your own in prompts/.",
        )


def seed_of(parts: object) -> int:
    """A seed from what it is to depend on, from 0 to 2**31 - 1."""
    return int(digest_of(parts)[-8:], 16) & 0x7FFFFFFF


def told(refusals: Iterable[tuple[tuple[str, str, str], int]], limit: int = 200) -> tuple[str, ...]:
    """Refusals as lines for the provenance, with their counts; at most `limit` of them."""
    lines = [
        f"{guard}: {f'{shown(name)} ' if name else ''}{because}{f' ({count}x)' if count > 1 else ''}"
        for (guard, name, because), count in refusals
    ]
    return (*lines[:limit], f"and {len(lines) - limit} more") if len(lines) > limit else tuple(lines)


def _why(found: Guarded, label: str) -> str:
    mine = [r.because for r in found.refusals if r.legacy == label]
    whole = [r.because for r in found.refusals if r.legacy is None]
    return next(iter((*mine, *whole)), "not answered")
