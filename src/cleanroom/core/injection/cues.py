"""What in a sentence points to an attack? Ideas that stand close together, and marks of forged or hidden text, with reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from cleanroom.core.base import noun
from cleanroom.core.injection.lexicon import IDEAS, INSIDE, LONGEST, LONGEST_STEM, SHORTEST_STEM, STEMS, WHOLE, WORD
from cleanroom.core.injection.marks import MARKS, SAYS, marks_in

SHOUTED, HIDDEN, DISGUISED = "shouted", "hidden in a code", "in disguise"
FIRST = "first "
"""Begins the name of an idea that a sentence opens with: what is a command in most languages."""


@noun
class Cue:
    """Ideas within `within` words of each other, and what that says. `alone`: enough by itself, without the classifier."""

    ideas: tuple[str, str]
    within: int
    says: str
    alone: bool = False

    @property
    def name(self) -> str:
        """As evidence and weights name it."""
        return "+".join(self.ideas)


CUES = (
    Cue(("override", "orders"), 7, "asks to set instructions aside"),
    Cue(("override", "prior"), 5, "asks to set aside what came before"),
    Cue(("override", "limits"), 7, "asks to set limits aside"),
    Cue(("override", "sysprompt"), 7, "asks to set the system prompt aside", alone=True),
    Cue(("prior", "orders"), 4, "speaks of earlier instructions"),
    Cue(("reveal", "sysprompt"), 8, "asks for the system prompt", alone=True),
    Cue(("reveal", "orders"), 6, "asks for instructions"),
    Cue(("reveal", "secret"), 8, "asks for secrets"),
    Cue(("reveal", "prior"), 7, "asks for what came before"),
    Cue(("verbatim", "sysprompt"), 14, "asks for the system prompt word for word", alone=True),
    Cue(("verbatim", "orders"), 12, "asks for instructions word for word"),
    Cue(("verbatim", "prior"), 10, "asks for what came before word for word"),
    Cue(("you", "sysprompt"), 8, "speaks of your system prompt"),
    Cue(("you", "orders"), 4, "speaks of your instructions"),
    Cue(("you", "limits"), 8, "speaks of your limits"),
    Cue(("you", "free"), 10, "says that you have no limits"),
    Cue(("ai", "free"), 10, "speaks of an AI without limits", alone=True),
    Cue(("ai", "limits"), 10, "speaks of limits of an AI"),
    Cue(("persona", "free"), 20, "gives a role without limits", alone=True),
    Cue(("persona", "limits"), 20, "gives a role and speaks of limits"),
    Cue(("persona", "ai"), 12, "gives an AI a role"),
    Cue(("persona", "mode"), 16, "gives a role and a special mode", alone=True),
    Cue(("persona", "harm"), 24, "gives a role for something harmful"),
    Cue(("persona", "instead"), 8, "gives a new role from now on"),
    Cue(("mode", "you"), 8, "puts you into a special mode"),
    Cue(("mode", "free"), 20, "a special mode without limits", alone=True),
    Cue(("ai", "reading"), 10, "speaks to an AI that reads this", alone=True),
    Cue(("ai", "must"), 6, "gives an AI orders"),
    Cue(("ai", "instead"), 12, "gives an AI another task"),
    Cue(("ai", "orders"), 8, "speaks of an AI's instructions"),
    Cue(("ai", "send"), 10, "has an AI send something"),
    Cue(("ai", "favour"), 14, "has an AI judge in somebody's favour"),
    Cue(("ai", "reveal"), 10, "has an AI show something"),
    Cue(("reading", "must"), 12, "gives orders to whoever reads this"),
    Cue(("reading", "only"), 14, "tells whoever reads this what to answer"),
    Cue(("conceal", "user"), 6, "wants something kept from the user", alone=True),
    Cue(("conceal", "send"), 16, "wants something sent and nothing said"),
    Cue(("conceal", "orders"), 10, "wants instructions kept secret"),
    Cue(("send", "secret"), 10, "has secrets sent"),
    Cue(("send", "sink"), 8, "has something sent to a place outside"),
    Cue(("sink", "secret"), 10, "secrets and a place outside"),
    Cue(("user", "secret"), 6, "speaks of a user's secrets"),
    Cue(("tool", "must"), 8, "orders the use of a tool"),
    Cue(("tool", "instead"), 12, "another task, with a tool"),
    Cue(("harmact", "instead"), 14, "another task that does harm"),
    Cue(("harmact", "conceal"), 16, "does something and says nothing", alone=True),
    Cue(("instead", "only"), 12, "tells what to answer instead"),
    Cue(("instead", "orders"), 6, "gives new instructions"),
    Cue(("instead", "you"), 8, "tells you what to do instead"),
    Cue(("must", "refuse"), 8, "forbids a refusal"),
    Cue(("prefix", "refuse"), 20, "sets the beginning of the answer and forbids a refusal"),
    Cue(("prefix", "you"), 8, "sets the beginning of your answer"),
    Cue(("you", "refuse"), 6, "speaks of your refusal"),
    Cue(("fiction", "harm"), 24, "wraps something harmful into a story"),
    Cue(("fiction", "ai"), 16, "a story of an AI"),
    Cue(("fiction", "free"), 20, "a story without limits", alone=True),
    Cue(("excuse", "harm"), 20, "an excuse for something harmful"),
    Cue(("excuse", "limits"), 16, "an excuse for setting limits aside"),
    Cue(("decode", "orders"), 10, "instructions in a code"),
    Cue(("decode", "tool"), 10, "decode, then carry out"),
    Cue(("decode", "must"), 10, "orders to decode"),
    Cue(("join", "tool"), 14, "put together, then carry out"),
    Cue(("join", "orders"), 10, "instructions in pieces"),
    Cue(("authority", "you"), 10, "claims authority over you"),
    Cue(("authority", "limits"), 16, "claims authority over limits"),
    Cue(("authority", "override"), 16, "claims authority to set something aside"),
    Cue(("authority", "mode"), 16, "claims authority for a special mode", alone=True),
    Cue(("authority", "sysprompt"), 16, "claims authority to see the system prompt", alone=True),
    Cue(("end", "orders"), 8, "forges the end of instructions"),
    Cue(("end", "instead"), 10, "forges an end and gives another task"),
    Cue(("end", "override"), 10, "forges an end and sets something aside"),
    Cue(("only", "override"), 14, "sets something aside and tells what to answer"),
    Cue(("favour", "must"), 8, "orders a judgement in somebody's favour"),
    Cue(("favour", "only"), 12, "tells a judgement in somebody's favour"),
    Cue(("harmact", "tool"), 10, "has a tool do harm"),
    Cue(("harmact", "secret"), 12, "changes secrets or accounts"),
    Cue(("harmact", "must"), 8, "orders something that does harm"),
    Cue(("tool", "secret"), 10, "has a tool read secrets"),
    Cue(("tool", "sink"), 10, "has a tool reach a place outside"),
    Cue(("persona", "secret"), 16, "gives a role that tells secrets"),
    Cue(("refuse", "harm"), 20, "forbids a refusal of something harmful"),
    Cue(("prefix", "harm"), 24, "sets the beginning of a harmful answer"),
    Cue(("command", "harm"), 10, "asks for something harmful"),
    Cue(("authority", "secret"), 14, "claims authority to see secrets"),
    Cue(("authority", "command"), 14, "claims authority and gives an order"),
    Cue(("free", "command"), 10, "orders something without limits"),
    Cue(("mode", "limits"), 14, "a special mode and limits"),
    Cue(("mode", "override"), 12, "a special mode that sets something aside"),
)

CROSS = tuple(
    (one, other)
    for one, others in (
        ("override", "instead reveal only persona command"),
        ("orders", "instead"),
        ("persona", "refuse free harm limits secret"),
        ("ai", "must conceal send favour command instead"),
        ("conceal", "send tool harmact command"),
        ("send", "secret mailbox sink"),
        ("fiction", "harm free limits secret"),
        ("prefix", "refuse harm"),
        ("decode", "tool orders command"),
        ("join", "orders tool command"),
        ("authority", "override reveal mode secret command limits"),
        ("end", "instead command role"),
        ("instead", "secret reveal harmact"),
        ("sysprompt", "verbatim command"),
        ("refuse", "harm must prefix command"),
        ("excuse", "harm command"),
        ("only", "harm command"),
        ("about", "override reveal ai persona"),
        ("narrative", "override ai harm"),
        ("question", "harm override reveal"),
        ("call", "harmact mailbox conceal must secret"),
        ("shell", "address instead conceal must"),
        ("mailbox", "secret ai conceal instead"),
        ("address with data", "send secret you command"),
        ("image with data", "you secret command"),
        ("comment", "ai must you command"),
        ("hidden style", "ai you must command"),
        ("role tag", "orders you free must command"),
        ("chat token", "you free command"),
        ("role", "limits override free you harm"),
        ("turn", "harm secret limits refuse"),
        ("assigned", "join command"),
        ("added", "join command"),
        ("fence", "you orders free command"),
        ("shouted", "override ai orders"),
        (HIDDEN, "override orders reveal you harm"),
        (DISGUISED, "override orders reveal you harm"),
        ("json role", "override limits free"),
        ("command", "harm secret reading"),
    )
    for other in others.split()
)
"""Ideas that count together wherever in a window they stand."""

_SHOUT = re.compile(
    r"(?:\b[A-Z]{4,}\b[^a-z]{0,8}){2,}|\b(?:IMPORTANT|URGENT|ATTENTION|WARNING|IGNORE|MUST|NOT|NEVER|ALWAYS|NOW|STOP)\b"
)

_OPEN = (
    "override reveal send persona tool harmact instead must ai reading only decode conceal prefix authority fiction "
    "command request"
)
_OPENING = tuple(_OPEN.split())

NAMES = (*IDEAS, *(c.name for c in CUES), *(FIRST + i for i in _OPENING), *MARKS, SHOUTED, HIDDEN, DISGUISED)
"""What a sentence can show, in the order of the weights; a window of sentences shows these and CROSS."""

PLACE = {name: i for i, name in enumerate(NAMES)}
MANY_IDEAS, MANY_CUES = (3, 4, 5, 6, 8), (1, 2, 3, 5, 8)
"""How many different ideas, and how many cues, are counted as a sign of their own."""

_COMMONPLACE = frozenset(
    ("you", "about", "user", "narrative", "request", "command", "prior", "must", "send", "tool", "ai", "reveal", "only")
)
SUSPECT = tuple(PLACE[i] for i in IDEAS if i not in _COMMONPLACE)
CLOSE = tuple(PLACE[c.name] for c in CUES)

ALL_NAMES = (
    *NAMES,
    *("&".join(pair) for pair in CROSS),
    *(f"{n} ideas or more" for n in MANY_IDEAS),
    *(f"{n} cues or more" for n in MANY_CUES),
)
"""What a window can show, in the order of the weights."""

REASONS: Mapping[str, str] = {
    **{c.name: c.says for c in CUES},
    **SAYS,
    SHOUTED: "shouts",
    HIDDEN: "stands in a code that was decoded",
    DISGUISED: "stands in letters that were disguised",
}
"""Why a name is evidence, in words."""

ALONE = frozenset(c.name for c in CUES if c.alone)


def shown(raw: str, text: str, how: str, *, hidden: bool) -> frozenset[int]:
    """The places in NAMES of all that a sentence shows. `raw`: as it stands; `text`: folded; `how`: what was taken off it."""
    found: set[int] = set()
    where = placed(text)
    for idea, at in where.items():
        found.add(PLACE[idea])
        if at[0] <= 1 and FIRST + idea in PLACE:
            found.add(PLACE[FIRST + idea])
    for cue in CUES:
        one, other = where.get(cue.ideas[0]), where.get(cue.ideas[1])
        if one and other and _near(one, other, cue.within):
            found.add(PLACE[cue.name])
    small = raw.casefold() if not how else text
    found.update(PLACE[name] for name in marks_in(small))
    if not how and _SHOUT.search(raw):
        found.add(PLACE[SHOUTED])
    if hidden:
        found.add(PLACE[HIDDEN])
    if how:
        found.add(PLACE[DISGUISED])
    return frozenset(found)


def placed(text: str) -> dict[str, list[int]]:
    """The ideas of a folded sentence, and the words where they stand, in order."""
    words = [m[0] for m in WORD.finditer(text)]
    found: dict[str, list[int]] = {}
    for i, word in enumerate(words):
        for ideas in _ideas_at(words, i, word):
            for idea in ideas:
                at = found.setdefault(idea, [])
                if not at or at[-1] != i:
                    at.append(i)
    if not text.isascii() and _ASIAN.search(text):
        for match in _ASIAN.finditer(text):
            for idea in INSIDE[match[0]]:
                found.setdefault(idea, []).append(match.start() // 2)
    return {idea: sorted(at) for idea, at in found.items()}


_ASIAN = re.compile("|".join(re.escape(t) for t in sorted(INSIDE, key=len, reverse=True)))


def _ideas_at(words: Sequence[str], i: int, word: str) -> list[tuple[str, ...]]:
    out = []
    joined = word
    for length in range(1, LONGEST + 1):
        if length > 1:
            if i + length > len(words):
                break
            joined = f"{joined} {words[i + length - 1]}"
        if joined in WHOLE:
            out.append(WHOLE[joined])
    for length in range(SHORTEST_STEM, min(len(word), LONGEST_STEM) + 1):
        if word[:length] in STEMS:
            out.append(STEMS[word[:length]])
    return out


def _near(one: Sequence[int], other: Sequence[int], within: int) -> bool:
    """Do two sorted places lie within so many words? The same word does not count as two."""
    i = j = 0
    while i < len(one) and j < len(other):
        apart = one[i] - other[j]
        if apart and abs(apart) <= within:
            return True
        if apart < 0:
            i += 1
        else:
            j += 1
    return False
