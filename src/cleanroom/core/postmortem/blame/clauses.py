"""Who does what in a sentence? Its predicates, each with its subject, its object, its denial and its agent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from cleanroom.core.postmortem.blame import words
from cleanroom.core.postmortem.blame.lexicon import word_set
from cleanroom.core.postmortem.blame.persons import on_the_part, stands_for
from cleanroom.core.postmortem.blame.predicates import Phrase, Predicate, Who, groups, is_somebody
from cleanroom.core.postmortem.blame.tokens import NOMINAL, Tag, Token, is_owner, is_role, read
from cleanroom.core.postmortem.blame.verbs import CHOOSING, DUTY, HUMAN_OMIT, INTRODUCE

_ATTACHING = word_set(
    """
    of on in at from for with behind within among
    """
)

_AFTER_PERSONS = frozenset({"responsible", "concerned", "involved", "present", "alone", "assigned", "available"})
"""What may stand behind the one it is said of: `the person responsible`."""

_REACH = 24
"""Tokens that are looked at on either side of a verb: bounds the work on hostile text."""


@dataclass(slots=True)
class Clauses:
    """A sentence that has been read: its tokens and its predicates, in order; its words in lower case, and these as one text."""

    tokens: list[Token]
    lows: list[str]
    low: str
    predicates: list[Predicate] = field(default_factory=list)

    def words(self, start: int, end: int) -> list[str]:
        """The words from token `start` to token `end`, in lower case."""
        return self.lows[start:end]

    def phrase_after(self, at: int) -> Phrase | None:
        """The noun phrase that starts at token `at`."""
        tokens, end = self.tokens, at
        if at < len(tokens) and tokens[at].tag is Tag.PERSON and not _owned(tokens, at):
            return self._of(at, at + 1, at, at + 1)
        while end < len(tokens) and end < at + 12 and (tokens[end].tag in NOMINAL or _owned(tokens, end)):
            if end > at and tokens[end].tag is Tag.DET and tokens[end - 1].tag is not Tag.DET:
                break
            end += 1
        if end == at:
            return None
        return self._of(at, end, _head(tokens, at, end), end)

    def phrase_before(self, last: int) -> Phrase | None:
        """The noun phrase whose last token is `last`, with what hangs on it (`the engineer on the team`)."""
        tokens, end = self.tokens, last + 1
        for _ in range(5):
            start = self.chunk(last)
            j = start - 1
            if j >= 1 and tokens[j].tag is Tag.PREP and (tokens[j].low in _ATTACHING) and _nominal(tokens[j - 1]):
                last = j - 1
                continue
            closed = self._before_relative(start)
            if closed is not None:
                last = closed
                continue
            return self._of(start, end, _head(tokens, start, last + 1), last + 1)
        return None

    def plain(self, last: int) -> Phrase:
        """The noun phrase that ends at token `last`, and nothing that it hangs on."""
        start = self.chunk(last)
        return self._of(start, last + 1, _head(self.tokens, start, last + 1), last + 1)

    def chunk(self, last: int) -> int:
        """The first token of the plain noun phrase that ends at token `last`, without what it hangs on."""
        tokens, start = self.tokens, last
        while start > 0 and last - start < 12 and tokens[start].tag is not Tag.PERSON:
            before = tokens[start - 1]
            if tokens[start].tag in {Tag.DET, Tag.OWN} and tokens[start].low != "'s" and before.tag is not Tag.DET:
                break
            if before.tag not in NOMINAL and not _owned(tokens, start - 1):
                break
            start -= 1
        return start

    def _before_relative(self, start: int) -> int | None:
        """`the engineer who merged the change` before `broke`: the last token before `who`, where there is one."""
        tokens, verb = self.tokens, start - 1
        if verb >= 1 and tokens[verb].low in {"by", "that"}:
            verb -= 1
        if verb < 1 or tokens[verb].tag is not Tag.VERB:
            return None
        if (
            tokens[verb - 1].tag is Tag.TO
            and verb > 1
            and tokens[verb - 2].low in words.MIND | words.WEAK_NOUNS | {"failure"}
        ):
            return verb - 2
        if tokens[verb].form == "ing" and _nominal(tokens[verb - 1]):
            return verb - 1
        if tokens[start - 1].low == "by" and _nominal(tokens[verb - 1]):
            return verb - 1
        j = verb - 1
        while j > 0 and tokens[j].tag in {Tag.AUX, Tag.ADVERB, Tag.NOT}:
            j -= 1
        if tokens[j].low == "whoever":
            return j
        if tokens[j].low in {"who", "that", "which"} and j > 0 and _nominal(tokens[j - 1]):
            return j - 1
        return None

    def _of(self, start: int, end: int, head: int, chunk_end: int) -> Phrase:
        tokens = self.tokens
        nobody = any(t.low in words.NOBODY for t in tokens[start:end]) or tokens[start].low == "no"
        nobody = nobody or (self.words(start - 1, start) == ["not"] and tokens[start].low in {"one", "a", "single"})
        who = self._who(start, head, chunk_end)
        return Phrase(start, end, head, who, nobody)

    def _who(self, start: int, head: int, end: int) -> Who:
        low, after = self.tokens[head].low, self.words(end, end + 1)
        if low in words.QUANTITIES and after == ["of"] and end - start <= 3 and not on_the_part(self.tokens, head):
            inner = self.phrase_after(end + 1)
            return inner.who if inner else Who.OTHER
        return stands_for(self.tokens, start, head)

    def agent_after(self, at: int) -> bool:
        """`of the reviewer`, `by Tom`, `from the on-call`, `on the part of the lead`, `made by Tom` at token `at`?"""
        rest = self.words(at, at + 5)
        if rest[:1] in (["made"], ["committed"]):
            return self.agent_after(at + 1)
        if rest[:4] == ["on", "the", "part", "of"]:
            at += 3
        elif not rest or rest[0] not in {"of", "by", "from", "in", "within", "among", "amongst", "across"}:
            return False
        return is_somebody(self.phrase_after(at + 1))


def parse(sentence: str, people: Collection[str] = ()) -> Clauses:
    """Read one masked sentence."""
    tokens = read(sentence, people)
    lows = [token.low for token in tokens]
    found = Clauses(tokens, lows, " ".join(lows))
    for predicate in groups(tokens):
        predicate.subject = _subject(found, predicate)
        _questioned(found, predicate)
        _joined(found, predicate)
        _bounds(found, predicate)
        predicate.opener = _opener(tokens, predicate)
        found.predicates.append(predicate)
    return found


def _nominal(token: Token) -> bool:
    return token.tag in NOMINAL or token.tag is Tag.PERSON


def _owned(tokens: list[Token], at: int) -> bool:
    """A pronoun with a possessive: whoever's, nobody's."""
    return tokens[at].tag is Tag.PERSON and is_owner(tokens, at)


def _head(tokens: list[Token], start: int, end: int) -> int:
    """The last word that is no number and no mask."""
    for i in range(end - 1, start - 1, -1):
        after = tokens[i].low in _AFTER_PERSONS and i > start and is_role(tokens[i - 1].low)
        if tokens[i].tag is not Tag.NUMBER and tokens[i].low != "'s" and not after:
            return i
    return end - 1


def _subject(found: Clauses, predicate: Predicate) -> Phrase | None:
    tokens, k = found.tokens, predicate.start - 1
    if k < 0:
        return _inverted(found, predicate)
    before = tokens[k]
    previous = found.predicates[-1] if found.predicates else None
    if before.tag is Tag.TO:
        predicate.governor = _governor(found, previous, k)
        predicate.denied = predicate.denied or (bool(predicate.governor) and tokens[k - 1].tag is Tag.NOT)
        if previous is not None and previous.modal == "ought":
            predicate.modal = "ought"
        return previous.subject if previous else None
    if before.tag in {Tag.AND, Tag.PUNCT} and before.low not in {"(", ":"}:
        return _after_mark(found, predicate, k)
    if before.tag is Tag.PERSON:
        if k >= 2 and tokens[k - 1].low in _ATTACHING and _nominal(tokens[k - 2]):
            return found.phrase_before(k - 2)
        return found.phrase_after(k)
    if before.tag is Tag.THAT:
        j = k - 1
        while j > 0 and tokens[j].tag is Tag.PUNCT:
            j -= 1
        return found.phrase_before(j) if j >= 0 and _nominal(tokens[j]) else None
    if before.tag in {Tag.PREP, Tag.SUB, Tag.VERB}:
        return previous.subject if previous and predicate.form == "ing" else None
    return found.phrase_before(k)


def _after_mark(found: Clauses, predicate: Predicate, mark: int) -> Phrase | None:
    """After a comma or `and`: `had he tested`, the person around a parenthesis, or the subject of the verb before."""
    tokens = found.tokens
    if tokens[predicate.start].low in {"had", "did"} and tokens[predicate.at].tag is Tag.AUX:
        inverted = _inverted(found, predicate)
        if inverted is not None and inverted.who is not Who.OTHER:
            return inverted
    inner = _around(found, mark) if tokens[mark].low == "," else None
    return inner or _shared(found, predicate)


def _around(found: Clauses, comma: int) -> Phrase | None:
    """`Tom, distracted by a call, released it`: the person before what stands between two commas."""
    tokens = found.tokens
    first = next((j for j in range(comma - 1, max(0, comma - 16), -1) if tokens[j].low == ","), None)
    if first is None or not _nominal(tokens[first - 1]) or tokens[first + 1].tag is Tag.AND:
        return None
    opens = found.phrase_before(first - 1)
    if not is_somebody(opens):
        return None
    free = opens.start == 0 or tokens[opens.start - 1].tag in {Tag.SUB, Tag.PUNCT, Tag.AND, Tag.THAT}
    return opens if free else None


def _shared(found: Clauses, predicate: Predicate) -> Phrase | None:
    """`The consultant assumed that the data was clean and did not check`: a person's verb looks for the person."""
    previous = found.predicates[-1].subject if found.predicates else None
    personal = (
        predicate.lemma in HUMAN_OMIT or (predicate.denied and predicate.lemma in DUTY) or predicate.lemma in INTRODUCE
    )
    if previous is None or previous.who is not Who.OTHER or not personal:
        return previous
    for earlier in reversed(found.predicates):
        if earlier.subject is not None and earlier.subject.who is Who.PERSON and not earlier.passive:
            return earlier.subject
    return previous


def _joined(found: Clauses, predicate: Predicate) -> None:
    """`was acknowledged and then ignored`: the auxiliary stands for both."""
    previous = found.predicates[-1] if found.predicates else None
    if previous is None or not previous.passive or predicate.auxiliaries or predicate.form != "past":
        return
    between = found.tokens[previous.at + 1 : predicate.start]
    joined = any(t.tag is Tag.AND for t in between) and not any(
        t.tag in {Tag.PERSON, Tag.NAME, Tag.SUB, Tag.THAT} for t in between
    )
    predicate.passive = joined and predicate.subject is previous.subject
    if predicate.passive:
        predicate.auxiliaries = previous.auxiliaries


def _questioned(found: Clauses, predicate: Predicate) -> None:
    """`Why didn't Tom test`: what stands before the subject belongs to the verb after it."""
    previous, subject = (found.predicates[-1] if found.predicates else None), predicate.subject
    if previous is None or subject is None or predicate.form not in {"base", "past"} or subject.start > predicate.start:
        return
    auxiliary = found.tokens[previous.at]
    if auxiliary.tag is Tag.AUX and previous.at < subject.start <= previous.at + 2:
        predicate.denied = predicate.denied or previous.denied
        predicate.modal = predicate.modal or previous.modal
        predicate.auxiliaries |= previous.auxiliaries | {auxiliary.low}


def _inverted(found: Clauses, predicate: Predicate) -> Phrase | None:
    """`Had the developer tested`, `Did Tom check`: the subject stands after the auxiliary."""
    if found.tokens[predicate.at].tag is Tag.AUX and predicate.lemma != "be":
        return found.phrase_after(predicate.at + 1)
    return None


def _governor(found: Clauses, previous: Predicate | None, to: int) -> str:
    """The verb that `to` hangs on, where it stands right before: `chose to`, `decided not to`."""
    if previous is None:
        return ""
    between = found.tokens[previous.at + 1 : to]
    plain = all(token.tag in {Tag.NOT, Tag.ADVERB} for token in between)
    return previous.lemma if plain and (previous.lemma in CHOOSING or previous.lemma in {"fail", "forget"}) else ""


def _bounds(found: Clauses, predicate: Predicate) -> None:
    """Where the object ends (at a preposition) and where the clause ends, and who did it, where it says by whom."""
    tokens, i = found.tokens, predicate.at + 1
    limit = min(len(tokens), i + _REACH)
    stops = {Tag.SUB, Tag.THAT}
    predicate.object_end = 0
    while (
        i < limit and tokens[i].tag not in stops and not (tokens[i].tag is Tag.PUNCT and tokens[i].low not in "()'\"%/")
    ):
        token = tokens[i]
        if token.tag in {Tag.PREP, Tag.TO} and not predicate.object_end:
            predicate.object_end = i
        if (
            token.tag is Tag.AND
            and i + 1 < limit
            and tokens[i + 1].tag in {Tag.VERB, Tag.AUX, Tag.ADVERB, Tag.PERSON, Tag.NOT}
        ):
            break
        if token.low == "by" and predicate.agent is None and (predicate.passive or tokens[predicate.at].form == "past"):
            predicate.agent = found.phrase_after(i + 1)
        i += 1
    predicate.end = i
    predicate.object_end = predicate.object_end or i


def _opener(tokens: list[Token], predicate: Predicate) -> str:
    """The subordinator that opens the clause: if, because, when."""
    start = (
        predicate.subject.start if predicate.subject and predicate.subject.start < predicate.start else predicate.start
    )
    for i in range(start - 1, max(-1, start - 6), -1):
        if tokens[i].tag is Tag.SUB or tokens[i].low in {"despite"}:
            return tokens[i].low
        if tokens[i].tag in {Tag.VERB, Tag.AUX} or tokens[i].low in {";", ":", "."}:
            return ""
    return ""
