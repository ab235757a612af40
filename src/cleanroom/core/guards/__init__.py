"""May a model's reply go on? One guard a file, all of them pure: text and what was asked in, a verdict out.

`guard` is all that look at one reply, in order; `decide` looks at several runs, `objection` at no reply at all.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from cleanroom.core.guards.majority import Decided, Split, decide, enough, mapped, votes
from cleanroom.core.guards.names import named
from cleanroom.core.guards.reason import reasoned
from cleanroom.core.guards.schema import parse
from cleanroom.core.guards.similarity import Known, Likeness, best, objection
from cleanroom.core.guards.verdict import Answer, Guarded, GuardName, Refusal

__all__ = [
    "Answer",
    "Decided",
    "GuardName",
    "Guarded",
    "Known",
    "Likeness",
    "Refusal",
    "Split",
    "best",
    "decide",
    "enough",
    "guard",
    "mapped",
    "objection",
    "votes",
]


def guard(text: str, asked: Sequence[str], events: Collection[str], reason_chars: int) -> Guarded:
    """The answers of a reply about `asked` that every guard lets pass, and all that was refused on the way."""
    read = parse(text, asked, reason_chars)
    if read.refusals:
        return read
    known = named(read.answers, asked, events)
    said = reasoned(known.answers)
    return Guarded(said.answers, (*known.refusals, *said.refusals))
