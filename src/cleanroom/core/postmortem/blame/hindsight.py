"""Does the sentence say what somebody should have done, what would have been had they, or what they knew?"""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.core.postmortem.blame import verbs, words
from cleanroom.core.postmortem.blame.circumstances import Hit, span
from cleanroom.core.postmortem.blame.clauses import Clauses
from cleanroom.core.postmortem.blame.lexicon import phrases, word_set
from cleanroom.core.postmortem.blame.predicates import Phrase, Predicate, Who, is_person, is_somebody
from cleanroom.core.postmortem.blame.tokens import Tag

_SHOULD = frozenset({"should", "ought", "must"})
_COULD = frozenset({"could", "might"})
_LOOKED_AT = word_set(
    """
    check test review read verify notice spot double-check doublecheck escalate ask know inspect question catch heed
    see
    """
)
_OWED = word_set(
    """
    tell page show give warn inform notify alert train support brief ask equip allow involve consult grant
    """
)
_LACKED = frozenset(["know", "have", "see", "get", "receive", "be", "hear", "lack"])
_INERT = phrases(
    """
    did nothing | do nothing | done nothing | went ahead | proceeded | anyway | regardless | still shipped | chose |
    carried on | looked away | left it | kept quiet | said nothing | without acting | kept silent | nonetheless |
    pressed on | still deployed | still released | went on | sat on | shipped it | pushed on | took no action |
    did n't act | did not act | never acted | did not tell | did not fix | did n't fix | told no-one | told nobody |
    did n't say | did not say | did not report | did n't report | never told | never said | kept it to | nevertheless
    | did n't tell | did not mention | never mentioned | did not raise | never raised | walked away | went to lunch
    """
)


def hindsight(clauses: Clauses) -> Iterator[Hit]:
    """Obligations in the past, counterfactuals and what somebody knew."""
    for p in clauses.predicates:
        if p.modal and p.perfect and _obliged(clauses, p):
            yield *span(p), "hindsight"
    yield from _duties(clauses)
    yield from _avoidable(clauses)
    yield from _had_they(clauses)
    yield from _knew(clauses)


def _obliged(clauses: Clauses, p: Predicate) -> bool:
    tail = clauses.words(p.at + 1, p.end)
    denied = p.denied
    if p.passive:
        return p.modal in _SHOULD and _passive_duty(clauses, p)
    if p.lemma == "be" and p.modal in _SHOULD:
        good = bool(words.GOOD_TRAITS | {"obvious", "clear", "plain", "evident", "aware", "more"} & set(tail[:4]))
        if {"obvious", "evident"} & set(tail[:3]):
            return True
        if {"clear", "plain"} & set(tail[:3]):
            return (
                any(is_person(clauses.phrase_after(i)) for i in range(p.at + 1, min(p.end, p.at + 8)))
                or "anyone" in tail
            )
        return (
            is_person(p.subject) and good and "able" not in tail[:2] and not {"given", "told", "paged"} & set(tail[:2])
        )
    if _more_care(clauses, p):
        return True
    if not is_person(p.subject) or (p.subject.nobody and not denied):
        return False
    if p.modal in _SHOULD:
        return p.lemma not in {"have", "receive", "get"} or (
            p.form == "past" and p.lemma == "have" and not {"access"} & set(tail)
        )
    easily = "easily" in p.adverbs and p.modal in _COULD
    if denied or not (p.lemma in verbs.CATCH or easily):
        return False
    if p.modal in _COULD:
        return not _by_system(clauses)
    subject = set(clauses.words(max(0, p.start - 5), p.start))
    return bool(subject & _BETTER) and not _by_system(clauses)


_BETTER = word_set(
    """
    competent careful any more good better decent diligent attentive reasonable experienced sane normal anyone
    """
)


_GLANCES = word_set(
    """
    look glance thought attention care diligence moment reading minute minutes eyes caution vigilance
    """
)


def _more_care(clauses: Clauses, p: Predicate) -> bool:
    """`more diligence would have prevented it`, `a look would have shown it`, `it would have taken Tom a minute`"""
    if p.modal not in {"would", "could", "might"} or p.denied or p.passive:
        return False
    before = clauses.words(max(0, p.start - 14), p.start)
    taken = p.lemma == "take" and bool(_GLANCES | {"second", "seconds"} & set(clauses.words(p.at + 1, p.at + 7)))
    if taken and any(is_person(clauses.phrase_after(i)) for i in range(p.at + 1, p.at + 3)):
        return True
    asked = {"more", "better", "a", "closer", "greater", "simple", "quick", "second", "little", "bit"} & set(before)
    return bool(asked and _GLANCES & set(before)) and p.lemma in verbs.CATCH | {
        "show",
        "save",
        "spare",
        "reveal",
        "suffice",
    }


def _passive_duty(clauses: Clauses, p: Predicate) -> bool:
    if p.agent is not None:
        return is_person(p.agent)
    if is_person(p.subject) or p.denied:
        trusted = p.lemma in {"give", "allow", "trust", "hire", "promote", "let", "grant", "assign"}
        return is_person(p.subject) and p.denied and trusted
    tail = set(clauses.words(p.at + 1, p.end))
    systems = {"automatically", "ci", "automation", "tests", "staging", "canary", "in", "by", "pipeline", "gate"}
    return p.lemma in _LOOKED_AT and not tail & systems


def _by_system(clauses: Clauses) -> bool:
    """Is what was missing a thing? `if the alert had fired`, `with a second dashboard`"""
    tokens = clauses.tokens
    for i, token in enumerate(tokens):
        if token.low in {"if", "with", "had", "given", "unless"} and token.tag in {Tag.SUB, Tag.PREP, Tag.AUX}:
            opens = token.low != "had" or i == 0 or tokens[i - 1].tag is Tag.PUNCT or tokens[i - 1].tag is Tag.VERB
            phrase = clauses.phrase_after(i + 1) if opens else None
            if phrase is None or {"simple", "quick", "single", "little", "bit", "moment"} & set(
                clauses.words(phrase.start, phrase.end)
            ):
                continue
            after = next((q for q in clauses.predicates if q.at >= phrase.end), None)
            if not is_person(phrase) and not words.LACKS & set(clauses.words(phrase.start, phrase.end)):
                return True
            if after is not None and (_lacked(after) or (token.low == "had" and after.lemma in _LACKED)):
                return True
    return False


def _lacked(p: Predicate) -> bool:
    """What the person did not have, or was not told: the system's gap."""
    return (p.lemma in _LACKED and p.lemma != "be") or (p.passive and p.lemma in _OWED)


def _duties(clauses: Clauses) -> Iterator[Hit]:
    """`was supposed to run`, `had a duty to`, `should know better`, `needed to look more closely`"""
    for p in clauses.predicates:
        if not is_somebody(p.subject):
            continue
        tail = clauses.words(p.at + 1, min(len(clauses.tokens), p.at + 9))
        text = " ".join(tail)
        past = clauses.tokens[p.at].low in {"was", "were", "had", "needed"} or p.form == "past"
        supposed = clauses.tokens[p.at].low in {"supposed", "meant"} and past and not p.modal and "to" in tail[:2]
        duty = "to" in tail and any(w in tail[:3] for w in ("duty", "obligation", "responsibility"))
        owed = p.lemma == "have" and past and duty
        better = p.lemma == "know" and (p.modal in _SHOULD or p.denied) and tail[:1] == ["better"]
        closer = p.lemma == "need" and past and any(w in text for w in ("more", "closer", "better", "harder"))
        if supposed or owed or better or closer:
            yield *span(p), "hindsight"


def _avoidable(clauses: Clauses) -> Iterator[Hit]:
    """`could have been avoided`, and no system named that would have"""
    for p in clauses.predicates:
        if (
            not (p.passive and p.perfect and p.modal in _COULD | {"would"} and p.lemma in {"avoid", "prevent"})
            or p.denied
        ):
            continue
        tail = clauses.words(p.at + 1, len(clauses.tokens))
        gerund = tail[:1] == ["by"] and len(tail) > 1 and tail[1].endswith("ing") and tail[1] in _HUMAN_GERUNDS
        bare = (
            not {"if", "by", "with", "had", "when"} & set(tail)
            and p.modal != "would"
            and "if" not in clauses.low.split()
        )
        careful = {"care", "attention", "diligence", "vigilance", "discipline", "competence"} & set(tail)
        if gerund or careful or (bare and not _by_system(clauses)):
            yield *span(p), "hindsight"


_HUMAN_GERUNDS = frozenset(
    f
    for lemma in ("read", "check", "look", "ask", "listen", "think", "follow", "pay", "double-check")
    for f in verbs.forms(lemma)
)


def _had_they(clauses: Clauses) -> Iterator[Hit]:
    """`Had the developer tested`, `if Ana had read`, `if only someone had looked`"""
    for p in clauses.predicates:
        if not is_person(p.subject) or p.modal or (p.subject.who is Who.MAYBE and p.lemma == "fail"):
            continue
        start = p.subject.start
        rules = (
            p.opener == "if"
            and p.lemma in {"follow", "read", "test", "check", "listen", "do"}
            and p.form == "past"
            and not p.denied
        )
        inverted = p.start >= 1 and _had_before(clauses, p.subject)
        conditional = p.opener in {"if", "unless"} and (p.perfect or "only" in clauses.words(max(0, start - 2), start))
        if not (inverted or conditional or rules):
            continue
        if _lacked(p) or (p.lemma == "have" and not inverted) or (p.lemma == "be" and _able(clauses, p)):
            continue
        consequence = any(q.modal in {"would", "could", "might", "'d"} and q is not p for q in clauses.predicates)
        words_here = set(clauses.low.split())
        if consequence or words_here & {"only", "preventable", "avoidable"}:
            yield max(0, start - 1), max(p.end, p.at + 1), "hindsight"


def _able(clauses: Clauses, p: Predicate) -> bool:
    return bool(
        {"able", "told", "paged", "given", "shown", "aware", "informed"} & set(clauses.words(p.at + 1, p.at + 3))
    )


def _had_before(clauses: Clauses, subject: Phrase) -> bool:
    if subject.start < 1 or clauses.tokens[subject.start - 1].low != "had":
        return False
    return subject.start < 2 or clauses.tokens[subject.start - 2].tag in {
        Tag.PUNCT,
        Tag.VERB,
        Tag.ADVERB,
        Tag.NOUN,
        Tag.AND,
    }


_TOLD = frozenset({"warn", "tell", "remind", "advise", "ask", "instruct", "order"})


def _chose_not_to(p: Predicate, tail: list[str]) -> bool:
    """`had the time and chose not to`, with nothing after it"""
    return p.lemma in verbs.DECIDING and tail[:2] == ["not", "to"] and (len(tail) < 3 or tail[2] in {".", ",", ";"})


def _disobeyed(tail: list[str]) -> bool:
    """`was told not to deploy`, `was asked to check, but did not`"""
    if tail[:2] == ["not", "to"]:
        return True
    return "to" in tail[:2] and "but" in tail and bool({"not", "n't", "never"} & set(tail[tail.index("but") :]))


_REPEATED = word_set(
    """
    twice repeatedly times before already often explicitly clearly beforehand previously
    """
)


def _knew(clauses: Clauses) -> Iterator[Hit]:
    """`knew the index was stale and did nothing`, `despite two warnings`"""
    for p in clauses.predicates:
        if p.subject is None or p.subject.who is Who.OTHER or p.subject.nobody or p.denied or p.modal:
            continue
        tail = clauses.words(p.at + 1, len(clauses.tokens))
        text = " ".join(tail)
        knows = p.lemma in verbs.KNOWING or (p.lemma == "be" and ("aware" in tail[:3] or "warned" in tail[:3]))
        inert = any(sign in text for sign in _INERT) or ("but" in tail and {"left", "ignored", "kept"} & set(tail))
        if knows and inert and "nothing wrong" not in text:
            yield p.subject.start, len(clauses.tokens), "knew"
        elif (
            _chose_not_to(p, tail)
            or (p.passive and p.lemma in _TOLD and (_REPEATED & set(tail) or _disobeyed(tail)))
            or (p.lemma == "do" and tail[:1] == ["nothing"] and tail[1:2] != ["wrong"] and p.form == "past")
        ):
            yield *span(p), "knew"
    lows = clauses.lows
    acted = any(
        is_person(p.subject) and not p.denied and p.lemma not in _LACKED and p.form == "past"
        for p in clauses.predicates
    )
    for i, low in enumerate(lows):
        if acted and low in {"despite", "although", "though", "notwithstanding"} and _WARNED & set(lows[i + 1 : i + 6]):
            yield i, len(lows), "knew"


_WARNED = frozenset({"warned", "warnings", "told", "knowing", "advised", "alerted", "reminders", "warning"})
