"""Does a sentence first say that it blames nobody, and then name somebody? `No offence to Ana, but she broke it`."""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.core.postmortem.blame.circumstances import Hit
from cleanroom.core.postmortem.blame.clauses import Clauses
from cleanroom.core.postmortem.blame.lexicon import phrases
from cleanroom.core.postmortem.blame.predicates import is_somebody

_SIGNS = phrases(
    """
    no offence | no offense | point fingers | point the finger | pointing fingers | name names | naming names | no
    names | with all due respect | with due respect | with respect | not personal | nothing personal | n't personal
    | we say blameless | blameless or not | supposed to be blameless | meant to be blameless | blameless and all |
    wish to assign blame | want to assign blame | wish to blame | want to blame | like to blame | hate to blame |
    not to blame anyone | not to blame anybody | not blaming | n't blaming | not here to blame | not assigning blame
    | not about blame | not about blaming | without assigning blame | without blaming | far be it | hate to say |
    not throwing | throw anyone under | throw anybody under | no disrespect | love the team | nothing against | not
    a witch hunt | no witch hunt | be honest | being honest | let 's face it | face it | honestly | to be blunt | to
    be frank | frankly | blame culture aside | blamelessness aside
    """
)
_TURNS = frozenset({"but", "yet", "however", "still", "though", "although", "nevertheless", "nonetheless", ":"})
_FAIR = frozenset(
    {
        "thank",
        "thanks",
        "grateful",
        "great",
        "well",
        "because",
        "tool",
        "system",
        "process",
        "console",
        "none",
        "nobody",
        "no-one",
    }
)


def prefaced(clauses: Clauses) -> Iterator[Hit]:
    """The blame after the preface; `No offence meant, but the console lies` names nobody."""
    sign = next((sign for sign in _SIGNS if sign in clauses.low), None)
    if sign is None:
        return
    lows = clauses.lows
    first = clauses.low[: clauses.low.index(sign)].count(" ") + sign.count(" ")
    marks = _TURNS | {","} if "respect" in sign or "offen" in sign else _TURNS
    turn = next((i for i in range(first, len(lows)) if lows[i] in marks), None)
    if turn is None or first > 12 or _FAIR & set(lows[turn:]):
        return
    for i in range(turn + 1, len(lows)):
        phrase = clauses.phrase_after(i)
        if is_somebody(phrase) and lows[phrase.head] not in {"i", "we", "you", "us", "me"}:
            yield i, len(lows), "cause"
            return
