"""Does the sentence mock somebody, or ask that a person be corrected, punished or more careful?"""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.core.postmortem.blame import verbs, words
from cleanroom.core.postmortem.blame.circumstances import Hit, span
from cleanroom.core.postmortem.blame.clauses import Clauses
from cleanroom.core.postmortem.blame.deeds import deeds
from cleanroom.core.postmortem.blame.lexicon import phrases, word_set
from cleanroom.core.postmortem.blame.predicates import is_person, is_somebody
from cleanroom.core.postmortem.blame.tokens import Tag, is_owner

_PRAISE = phrases(
    """
    great job | nice work | nice job | nice one | nicely done | good going | smooth | amazing work | great work |
    good job | brilliant | kudos | congrats | congratulations | well done | bravo | thanks to | slow clap | hats off |
    big thanks | props to | good work | shout-out | shoutout | thank you | thanks | lovely work | genius move |
    stellar work | smooth move | way to go | round of applause | you can thank | we can thank | three cheers
    | applause | top marks | medal
    """
)
_PRAISED = tuple(f" {sign}" for sign in _PRAISE)
_SIGHS = frozenset({"lol", "wow", "ugh", "smh"})
_MORE = word_set(
    """
    care attention diligence discipline     careful attentive diligent disciplined vigilant thorough responsible
    mindful cautious conscientious serious alert
    rigorous professional competent focused proactive considerate thoughtful
    """
)
_GLIB = phrases(
    """
    too much to ask | a good idea | tests are optional | is optional | are optional | was above | too hard for |
    had better things | could not be bothered | could n't be bothered | more important things |
    above reading | what could possibly go wrong | rules do not apply | know how to read
    """
)


def tone(clauses: Clauses) -> Iterator[Hit]:
    """Sarcasm, and demands on people."""
    yield from _sarcasm(clauses)
    yield from _demands(clauses)
    yield from _punished(clauses)


def _sarcasm(clauses: Clauses) -> Iterator[Hit]:
    low, tokens = clauses.low, clauses.tokens
    whole = (0, len(tokens), "sarcasm")
    head = " " + low[:40]
    praised = any(sign in head for sign in _PRAISED)
    glib = any(sign in low for sign in _GLIB)
    sighs = bool(tokens) and tokens[0].low in _SIGHS
    if not praised and not glib and not sighs:
        return
    who = any(t.low in {"whoever", "somebody", "someone", "genius", "geniuses"} for t in tokens)
    if praised and ((who and _bad_outcome(clauses)) or "genius" in low.split()):
        yield whole
    elif praised and "thanks" in low and not _thanks_a_person(clauses):
        return
    elif praised and (_bad_outcome(clauses) or low.startswith(("you can thank", "we can thank"))):
        yield whole
    elif glib and (
        who or "apparently" in low or "clearly" in low or any(t.tag in {Tag.NAME, Tag.PERSON} for t in tokens)
    ):
        if not any(p.lemma == "be" and p.denied for p in clauses.predicates):
            yield whole
    elif sighs and "who" in low.split() and _bad_outcome(clauses):
        yield whole


def _thanks_a_person(clauses: Clauses) -> bool:
    """`thanks to Igor`, `thanks Pete`; not `thanks to the canary`, and not `thanks to Ana's note`."""
    lows = clauses.lows
    at = lows.index("thanks") + 1 if "thanks" in lows else len(lows)
    phrase = clauses.phrase_after(at + 1 if lows[at : at + 1] == ["to"] else at)
    return is_person(phrase) and not is_owner(clauses.tokens, phrase.end - 1)


def _bad_outcome(clauses: Clauses) -> bool:
    """Is something lost, broken or switched off in it?"""
    lows = set(clauses.lows)
    if any(True for _ in deeds(clauses)):
        return True
    if {"gone", "dead", "down"} & lows:
        return True
    gerunds = {t.lemma for t in clauses.tokens if t.form == "ing"}
    if gerunds & (verbs.HARM | verbs.DESTROY | verbs.OMIT) and lows & (
        words.HOT | words.GUARDS | {"build", "checkout", "again"}
    ):
        return True
    losses = words.GUARDS & lows and any(
        p.lemma in verbs.DESTROY | {"turn", "switch", "skip"} for p in clauses.predicates
    )
    idea = {"idea", "wrong"} & lows or ({"no", "lost"} & lows and {"backups", "backup", "data", "logs"} & lows)
    drops = any(
        t.low in {"drop", "kill", "break", "delete", "wipe", "skip", "ignore", "disable"} for t in clauses.tokens
    )
    outage = {"outage", "mess", "downtime", "disaster"} & lows and not {
        "quick",
        "fast",
        "rollback",
        "ended",
        "short",
    } & lows
    return bool(losses or idea or drops or outage)


def _demands(clauses: Clauses) -> Iterator[Hit]:
    lows, text = clauses.lows, clauses.low
    for i in range(len(lows)):
        length = _demanded(clauses, lows, i) if lows[i] in _DEMANDING else 0
        if length:
            yield max(0, i - 1), min(len(lows), i + length), "demand"
    for sign in ("talk to", "have a word with", "speak to", "tell", "remind", "revoke", "make sure", "ensure", "let"):
        at = text.find(sign)
        whole = at >= 0 and (at == 0 or text[at - 1] == " ") and text[at + len(sign) : at + len(sign) + 1] in {"", " "}
        if whole and _on_person(clauses, text[:at].count(" "), sign):
            yield text[:at].count(" "), len(lows), "demand"


_DEMANDING = word_set(
    """
    more extra greater increased utmost better closer due heightened needs need must should ashamed embarrassed fired sacked
    taken removed kept pulled banned barred trusted teach stop access rights permissions privileges pay try work take
    double-check doublecheck without disciplinary reprimand wrist warning accountable responsible
    """
)
"""The words that `_demanded` looks at."""


def _demanded(clauses: Clauses, lows: list[str], i: int) -> int:  # noqa: PLR0912
    """How many words from word i on ask something of a person; 0 where none do."""
    before, following, later = lows[max(0, i - 4) : i], lows[i + 1 : i + 2], set(lows[i + 1 : i + 7])
    near = set(lows[i + 1 : i + 4])
    match lows[i]:
        case "more" | "extra" | "greater" | "increased" | "utmost" | "better" | "closer" | "due" | "heightened":
            return 2 if near & _MORE & set(following) and _asked(clauses, i) else 0
        case "needs" | "need" | "must" | "should":
            return 4 if near & {"actually", "finally", "learn", "remember"} and _asked(clauses, i + 3) else 0
        case "ashamed" | "embarrassed" | "fired" | "sacked" if {"should", "be"} <= set(before):
            return 1
        case "taken" | "removed" | "kept" | "pulled" | "banned" | "barred" if {"should", "be"} <= set(before):
            return 1 if _of_person(clauses, i) and later & {"off", "from", "away"} else 0
        case "trusted" if set(before) & {"not", "n't", "cannot", "never"} and "be" in before:
            return int(_of_person(clauses, i))
        case "teach":
            return 3 if is_person(clauses.phrase_after(i + 1)) and clauses.tokens[i].form == "base" else 0
        case "stop":
            return 2 if _stop_it(clauses, lows, i) else 0
        case "access" | "rights" | "permissions" | "privileges":
            return 1 if _taken_away(clauses, i) else 0
        case "pay":
            return 4 if "attention" in near and clauses.tokens[i].form == "base" else 0
        case "try" | "work":
            return 2 if following == ["harder"] else 0
        case "take":
            return 7 if "seriously" in later and _asked(clauses, i) else 0
        case "double-check" | "doublecheck" if {"their", "your", "please"} & set(lows):
            return 4
        case "without" if set(following) & {"supervision", "permission"} and {"not", "n't", "never"} & set(lows):
            return 2
        case "disciplinary" | "reprimand" | "wrist":
            return 1
        case "warning" if set(before[-1:]) & {"formal", "written", "final"}:
            return 1
        case "accountable" | "responsible":
            return 1 if any(p.lemma == "hold" and not p.denied for p in clauses.predicates) else 0
    return 0


def _of_person(clauses: Clauses, at: int) -> bool:
    """Is the verb at token `at` said of a person?"""
    return any(is_person(p.subject) for p in clauses.predicates if p.at == at)


def _stop_it(clauses: Clauses, lows: list[str], i: int) -> bool:
    """`please stop merging`, `he has to stop guessing`"""
    opens = i > 0 and lows[i - 1] in {"please", "to", "must"}
    if not opens or clauses.tokens[i].form != "base" or not any(w.endswith("ing") for w in lows[i + 1 : i + 2]):
        return False
    return lows[i - 1] != "to" or _asked(clauses, i)


def _taken_away(clauses: Clauses, at: int) -> bool:
    """`Tom's access should be removed`"""
    lows, start = clauses.lows, clauses.chunk(at)
    owner = any(lows[i] == "'s" and clauses.tokens[i - 1].tag in {Tag.NAME, Tag.MAYBE} for i in range(start + 1, at))
    taken = {"revoked", "removed", "withdrawn", "taken", "stripped", "limited", "revoke", "remove", "limit"} & set(lows)
    return owner and bool(taken) and bool({"should", "must", "needs", "again"} & set(lows))


def _asked(clauses: Clauses, at: int) -> bool:
    """Is it asked for, and of people? `Reviewers must take more care`, `please be more careful`"""
    before = set(clauses.words(0, at))
    wanted = {
        "must",
        "should",
        "need",
        "needs",
        "please",
        "to",
        "be",
        "let",
        "have",
        "has",
        "will",
        "shall",
        "take",
        "ought",
    }
    opens = not before or bool(wanted & before)
    return opens and not _about_system(clauses, at)


def _about_system(clauses: Clauses, at: int) -> bool:
    """`make the parser more rigorous` asks nothing of a person."""
    before = clauses.tokens[max(0, at - 8) : at]
    people = any(t.tag in {Tag.NAME, Tag.MAYBE, Tag.PERSON} for t in before)
    subject = next((p.subject for p in reversed(clauses.predicates) if p.start < at and p.subject), None)
    if subject is not None:
        return not is_person(subject)
    return (
        not people
        and any(t.tag is Tag.NOUN for t in before)
        and not {"please", "be", "everyone", "all"} & {t.low for t in before}
    )


def _on_person(clauses: Clauses, at: int, sign: str) -> bool:
    """Is it a person who is talked to, reminded, or kept from it?"""
    lows = clauses.lows
    phrase = clauses.phrase_after(at + len(sign.split()))
    rest = set(lows[at:])
    if sign in {"talk to", "speak to", "have a word with"}:
        shame = words.STRONG_NOUNS | words.WEAK_NOUNS | {"behaviour", "behavior", "attitude", "performance", "conduct"}
        return is_person(phrase) and (bool(rest & shame) or sign == "have a word with")
    if sign == "let":
        kept = at > 0 and lows[at - 1] in {"n't", "not", "never"} and (at < 2 or lows[at - 2] == "do")
        return kept and at <= 3 and is_person(phrase)
    if sign == "tell":
        return is_person(phrase) and "to" in lows[phrase.end : phrase.end + 2] and "stop" in rest
    if sign == "remind":
        return is_person(phrase)
    if sign == "revoke":
        owner = bool(rest & {"'s", "his", "her", "their"})
        return owner and bool(rest & {"again", "cannot", "can", "punishment", "consequence"}) and "access" in rest
    return bool({"not", "n't", "never"} & rest) and is_person(phrase) and bool({"again", "anymore"} & rest)


def _punished(clauses: Clauses) -> Iterator[Hit]:
    """`the operator will be retrained`, `reprimand Tom`; a model that is retrained is none."""
    for p in clauses.predicates:
        person = is_somebody(p.subject)
        if person and p.denied and p.form == "ing" and p.modal in {"should", "must"}:
            yield *span(p), "demand"  # `should not be writing queries`
        if p.lemma not in verbs.PUNISH or p.denied:
            continue
        if p.passive:
            if person and (p.lemma not in {"replace", "warn", "dismiss"} or p.modal == "should"):
                yield *span(p), "demand"
        elif p.form == "base" and p.lemma not in {"warn", "replace", "caution", "dismiss", "suspend"}:
            phrase = clauses.phrase_after(p.at + 1)
            if is_person(phrase) and not is_owner(clauses.tokens, phrase.end - 1):
                yield p.start, phrase.end, "demand"
    for i, token in enumerate(clauses.tokens):
        if token.low in {"retraining", "re-training", "refresher"} and i + 1 < len(clauses.tokens):
            phrase = clauses.phrase_after(i + 2)
            if is_person(phrase):
                yield i, phrase.end, "demand"
