"""Did the doer of an active verb do damage, let it through, or act without care?"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from cleanroom.core.postmortem.blame import verbs, words
from cleanroom.core.postmortem.blame.circumstances import is_we, object_words, planned, tail_words
from cleanroom.core.postmortem.blame.clauses import Clauses
from cleanroom.core.postmortem.blame.lexicon import phrases, word_set
from cleanroom.core.postmortem.blame.outcomes import outcome
from cleanroom.core.postmortem.blame.predicates import Predicate, Who
from cleanroom.core.postmortem.blame.verbs_of_fault import UNWISE

DOWN = frozenset(["take", "bring", "knock", "blow", "tear", "shut"])

_UP = word_set(
    """
    mix blow screw mess fuck foul trip muck slip goof cock stuff
    """
)

_LEFT = word_set(
    """
    on open enabled disabled exposed running unattended unlocked unprotected behind unpatched hanging broken public
    untested unmonitored unencrypted live production logged unsecured stale unfinished half-finished place unguarded
    plain plaintext
    """
)

_SLIPS = word_set(
    """
    through slip lapse expire happen go pass in slide rot die run escape
    """
)

LATE = phrases(
    """
    too late | too slowly | too long | too early | too soon | too quickly | too hastily | too little | too lightly |
    against the advice | against advice | against all | against the warning | against policy | against the policy |
    against protocol | against procedure | against the rules | against instructions | against orders | against our
    """
)

ACCIDENTS = (
    *phrases(
        """
        by mistake | by accident | in error | without thinking | in a hurry | in haste | out of habit | half asleep |
        in a rush | without a second | without looking | out of carelessness | out of laziness | out of convenience |
        out of ignorance | out of sheer | behind everyone | on his own authority | on her own authority | to save time |
        on their own authority | with no regard | in disregard
        """
    ),
    *LATE,
)

STRAIGHT = phrases(
    """
    straight to prod | directly to prod | straight into prod | directly in prod | directly on prod | on a friday |
    straight to main | too early | too soon | prematurely | directly into prod | past the review | into a public |
    to a public | in a public | on friday afternoon | without telling | against the advice | against advice
    """
)

_RISKS = frozenset(
    {"poor", "risky", "questionable", "debug", "dangerous", "unsafe", "unverified", "false", "unapproved", "junk"}
)
_IN_THE_OPEN = word_set("public notebook channel chat repo repository wiki gist issue slack forum pastebin thread open")
_LOSABLE = word_set(
    """
    track focus key keys laptop patience interest sight temper count credentials token backup backups
    """
)

_OFFLINE = word_set(
    """
    prod production site everything search checkout payments website api platform app
    """
)


def _harms(clauses: Clauses, p: Predicate) -> bool:
    tail = tail_words(clauses, p)
    if p.lemma == "lie" and p.form != "past":
        return False
    if p.lemma in UNWISE:
        return p.subject is not None and p.subject.who is Who.PERSON and (p.lemma != "jump" or "conclusions" in tail)
    if p.lemma in verbs.HARM:
        if p.lemma in {"screw", "mess"}:
            return bool({"up", "over", "with"} & set(tail))
        if p.lemma == "break":
            return not {"down", "into", "even", "glass", "silence"} & set(tail[:3])
        return p.lemma != "lose" or bool(_LOSABLE & set(tail[:5]))
    rest = set(tail[:7])
    if p.lemma in DOWN and "down" in rest | {""}:
        return not (planned(clauses) or words.CONTAINED & set(tail) - {"requests"})
    if p.lemma in DOWN and {"offline", "out"} & rest:
        return bool(_OFFLINE & rest) and not planned(clauses)
    if p.lemma in _UP and {"up"} & set(tail[:4]):
        return True
    if (
        p.lemma in {"assume", "presume"}
        and p.form == "past"
        and p.subject is not None
        and not is_we(clauses, p.subject)
    ):
        return True
    left = _leaves(p.lemma, tail) and not planned(clauses)
    return left or _idiom(p.lemma, tail) or _does_it(p, tail)


def _idiom(lemma: str, tail: list[str]) -> bool:
    rest, text = set(tail[:8]), " ".join(tail)
    return (
        (lemma == "let" and bool(_SLIPS & rest or words.BAD & rest))
        or (lemma == "sleep" and "through" in rest)
        or (lemma == "cut" and "corners" in rest)
        or (lemma in {"drop", "fumble"} and "ball" in rest)
        or (lemma == "turn" and "blind" in rest)
        or (
            lemma in {"brush", "shrug", "wave", "sweep", "laugh", "nod", "push"}
            and bool({"aside", "off", "through"} & rest)
        )
        or (lemma == "look" and {"away", "other"} & rest != set())
        or (lemma in {"take", "wait", "need", "spend"} and "too long" in text)
        or (lemma in {"jump"} and "gun" in rest)
        or (lemma in {"make", "do"} and bool({"worse", "mess"} & rest or {"bad", "poor", "wrong"} & rest))
        or (
            lemma in {"get", "have"}
            and bool({"wrong", "backwards", "confused", "careless", "sloppy", "lazy"} & set(tail[:3]))
        )
        or (lemma == "cry" and "wolf" in rest)
        or (lemma == "go" and ("rogue" in rest or "behind" in rest))
    )


def _leaves(lemma: str, tail: list[str]) -> bool:
    into = {"debug", "debugging", "placeholder", "hardcoded", "hard-coded", "default", "test"} & set(tail)
    return lemma == "leave" and bool(
        (into and "in" in tail) or _LEFT & set(tail[1:9]) or ("off" in tail and words.GUARDS & set(tail))
    )


def _does_it(p: Predicate, tail: list[str]) -> bool:
    """`the intern did it`"""
    return p.lemma == "do" and tail[:1] in (["it"], ["this"]) and len(tail) <= 2


def _causes(clauses: Clauses, p: Predicate) -> bool:
    found = object_words(clauses, p)
    if p.lemma in {"cause", "cost"}:
        return True
    if p.lemma not in verbs.WANT_OBJECT or not found:
        return False
    neutral = (
        {"incident", "issue", "issues"} if p.lemma in {"create", "make", "add", "write", "commit", "push"} else set()
    )
    return found[-1] in words.BAD_NOUNS - neutral and found[-1] not in {"this", "problem"} | neutral


def _destroys(clauses: Clauses, p: Predicate) -> bool:
    off = p.lemma in {"turn", "switch"} and "off" in tail_words(clauses, p)[:5]
    if (p.lemma not in verbs.DESTROY and not off) or planned(clauses):
        return False
    found = set(object_words(clauses, p)) | set(tail_words(clauses, p)[:6])
    if words.REMEDIED & found or words.CONTAINED & found:
        return False
    if p.lemma in {"disable", "deactivate", "remove", "unplug", "override"} or off:
        return bool(words.GUARDS & found)
    return bool((words.HOT | words.GUARDS) & found) or p.lemma == "kill"


def _introduces(clauses: Clauses, p: Predicate) -> bool:
    found, tail = object_words(clauses, p), tail_words(clauses, p)
    text = " ".join(tail)
    wrong = "wrong" in found or "wrong" in tail[:10]
    if p.lemma not in verbs.PERCEIVE and p.lemma not in {"be", "have", "page", "turn"} and wrong:
        return True
    handled = p.lemma in verbs.TALKED | verbs.PERCEIVE or p.lemma in {
        "be",
        "have",
        "turn",
        "drop",
        "kill",
        "wipe",
        "get",
    }
    if not handled and (words.BAD - _RISKS) & set(found):
        return True
    if p.lemma not in verbs.INTRODUCE | {"test", "let", "produce", "hand", "deliver", "leave", "build", "create"}:
        return False
    if (
        p.lemma in {"drop", "remove", "disable", "kill", "wipe", "delete", "turn", "revert", "patch"}
        or "back" in tail[:1]
    ):
        return False
    if words.BAD & set(found) or (found and found[-1] in {"garbage", "crap", "junk", "nonsense", "bug", "bugs"}):
        return True
    if p.lemma == "test" and text.startswith("in prod"):
        return True
    secret = {"key", "secret", "credentials", "token", "password", "passwords", "keys"} & set(found)
    return any(sign in text for sign in STRAIGHT) or bool(secret and _IN_THE_OPEN & set(tail))


def without_care(clauses: Clauses, p: Predicate) -> bool:
    """`without reading it`, `without a review`"""
    tail = clauses.words(p.at + 1, p.at + 18)
    tail = tail[: next((i for i, word in enumerate(tail) if word in {",", ";", "because", "since"}), len(tail))]
    if "without" not in tail or p.form == "ing":
        return False
    at = p.at + 1 + tail.index("without") + 1
    rest = clauses.words(at, at + 4)
    return bool(words.CARE & set(rest))


_LEADS = frozenset(["cause", "lead", "result", "trigger", "create", "produce", "bring"])


def _harm_follows(clauses: Clauses, p: Predicate) -> bool:
    """`Tom merged the change, which broke the checkout`, `changed the default, causing a loop`"""
    if p.lemma not in verbs.INTRODUCE | verbs.DESTROY or "back" in tail_words(clauses, p)[:1] or planned(clauses):
        return False
    after = next((q for q in clauses.predicates if q.start >= p.end), None)
    if after is None or after.start > p.end + 3 or after.denied or after.modal:
        return False
    tokens = clauses.tokens
    joined = {token.low for token in tokens[p.end : after.start]}
    follows = bool({"which", "that", ","} & joined) and not {"who", "whose"} & joined
    follows = follows and (after.form == "ing" or bool({"which", "that"} & joined))
    tail = set(clauses.words(after.at + 1, after.end))
    bad = after.lemma in verbs.HARM or (after.lemma in _LEADS and bool((words.FAULTS | words.BAD_NOUNS) & tail))
    return follows and (bad or (after.lemma in DOWN and bool({"down", "offline"} & tail)))


def by_accident(clauses: Clauses, p: Predicate) -> bool:
    """`mistakenly`, `in a hurry`, `too late`: how the person did it."""
    tail = tail_words(clauses, p)
    text = " ".join(tail)
    adverbs = p.adverbs | set(tail)
    if adverbs & (words.STRONG_ADVERBS | words.ACCIDENT_ADVERBS):
        return True
    if p.adverbs & {"clearly", "obviously", "evidently", "apparently"} and clauses.words(p.start - 1, p.start) != []:
        return bool({"someone", "somebody", "whoever"} & set(clauses.words(0, p.start)))
    if p.adverbs & {"just", "simply", "merely", "happily"} and p.lemma in verbs.INTRODUCE and not p.perfect:
        return not is_we(clauses, p.subject)
    late = p.lemma in verbs.NOTICE | {"answer", "look", "reply", "check", "wake"} and "finally" in p.adverbs
    return late or any(sign in text for sign in ACCIDENTS)


def _instead(clauses: Clauses, p: Predicate) -> bool:
    """`argued instead of rolling back`, `went by feeling rather than checking`"""
    if p.lemma in {"roll", "restore", "revert", "fix", "restart", "fail", "switch", "be", "pause"}:
        return False
    tail = clauses.words(p.at + 1, p.at + 16)
    for i, word in enumerate(tail[:-1]):
        gerund = tail[i + 1] if (word, tail[i - 1]) in {("of", "instead"), ("than", "rather")} and i else ""
        if verbs.FORMS.get(gerund, ("", ""))[0] in verbs.DUTY - {"wait", "fix", "add", "write", "include"}:
            return gerund.endswith("ing")
    return False


def _singled_out(clauses: Clauses, p: Predicate) -> bool:
    """`it was Tom who deployed it`, `Nadia is the one who disabled the guard`"""
    before = clauses.words(max(0, p.start - 6), p.start)
    pairs = set(pairwise(before))
    if not before or before[-1] not in {"who", "that"} or p.form != "past" or p.lemma in verbs.PERCEIVE:
        return False
    cleft = bool(pairs & {("it", "was"), ("it", "is"), ("it", "'s")}) and "," not in before
    return (cleft or before[-3:-1] == ["the", "one"]) and p.lemma in verbs.INTRODUCE | verbs.DESTROY


def _omits(clauses: Clauses, p: Predicate) -> bool:
    if p.lemma not in verbs.OMIT or planned(clauses):
        return False
    tail = tail_words(clauses, p)
    if p.lemma == "fail":
        over = tail[:1] in (["over"], ["back"])
        return not over and (p.subject is None or p.subject.who is Who.PERSON or _is_duty(clauses, p))
    if p.lemma == "miss" and p.form == "ing" and (p.subject is None or p.subject.end != p.start):
        return False  # `about missing labels`
    if p.lemma == "miss":
        return not {"slo", "target", "deadline", "goal", "objective", "sla", "meeting", "promise"} & set(tail)
    return not (p.lemma in {"hide", "abandon", "evade"} and {"behind", "rollout", "approach", "attempt"} & set(tail))


def _is_duty(clauses: Clauses, p: Predicate) -> bool:
    """A name that may be a product's `failed to notify`, as people do, or `failed to load`."""
    later = next((q for q in clauses.predicates if q.start > p.at), None)
    return later is not None and later.lemma in verbs.DUTY - {
        "read",
        "write",
        "open",
        "start",
        "run",
        "update",
        "report",
        "set",
    }


TESTS: tuple[tuple[str, Callable[[Clauses, Predicate], bool]], ...] = (
    ("omission", _omits),
    ("harm", _harms),
    ("harm", _causes),
    ("harm", _destroys),
    ("harm", _introduces),
    ("omission", without_care),
    ("shortcoming", by_accident),
    ("harm", _harm_follows),
    ("omission", _instead),
    ("cause", _singled_out),
    ("harm", outcome),
)
