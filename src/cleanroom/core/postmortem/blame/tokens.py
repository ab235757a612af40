"""What is each word of a sentence: a person, a pronoun, a verb, a little word? By lists, by shape and by its neighbours."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import IntEnum, auto

from cleanroom.core.postmortem.blame import words
from cleanroom.core.postmortem.blame.lexicon import word_list, word_set
from cleanroom.core.postmortem.blame.names import GIVEN, PRODUCT_ENDS, PRODUCTS, WORDS_TOO
from cleanroom.core.postmortem.blame.plain import PLAIN
from cleanroom.core.postmortem.blame.verbs import FORMS, PUNISH, SAME_PAST

MASK = "¤"
"""Stands for every character of what is not to be read: code, addresses, quoted words."""


class Tag(IntEnum):
    """What a token is in its sentence."""

    NOUN = auto()  # noun
    NAME = auto()  # name
    MAYBE = auto()  # maybe a name
    PERSON = auto()  # pronoun of a person
    THAT = auto()  # which, that
    AUX = auto()  # auxiliary
    NOT = auto()  # negation
    VERB = auto()  # verb
    PREP = auto()  # preposition
    TO = auto()  # to
    AND = auto()  # conjunction
    SUB = auto()  # subordinator
    ADVERB = auto()  # adverb
    DET = auto()  # determiner
    OWN = auto()  # possessive
    NUMBER = auto()  # number
    PUNCT = auto()  # punctuation


NOMINAL = frozenset({Tag.NOUN, Tag.NAME, Tag.MAYBE, Tag.NUMBER, Tag.DET, Tag.OWN})
"""What a noun phrase is made of."""


@dataclass(slots=True)
class Token:
    """A word: its text in lower case, where it stands, its tag, and for a verb its lemma and form."""

    text: str
    low: str
    start: int
    end: int
    tag: Tag = Tag.NOUN
    lemma: str = ""
    form: str = ""


_LETTER = r"[\w\u0300-\u036f\u0900-\u0dff¤]"
_TOKEN = re.compile(
    r"(?P<pair>(?:no one|on call|third party)(?!\w))"
    rf"|(?P<word>{_LETTER}+(?:[-.:/@&+]{_LETTER}+|['’](?!s\b|t\b|re\b|ve\b|ll\b|d\b|m\b){_LETTER}+)*)"
    r"|(?P<short>['’](?:s|t|re|ve|ll|d|m)\b)"
    r"|(?P<own>(?<=s)['’](?=\s))"
    r"|(?P<punct>[^\s\w])",
    re.IGNORECASE,
)
_JOINED = {"no one": "no-one", "on call": "on-call"}
_AUXILIARY = words.BE | words.HAVE | words.DO | words.MODALS
_STEMS = {"don": "do", "can": "can", "won": "will", "isn": "is", "ain": "is"}
_WRITTEN_AS_ONE = frozenset({"cannot", "didnt", "wasnt", "shouldnt", "doesnt", "hadnt", "dont"})
_SUBJECT_OF_S = word_set(
    """
    this that it what who one there here he she where everything somebody whoever how
    """
)
_NOT_PAST = word_set(
    """
    need speed feed seed embed red bed hundred indeed shed breed weed exceed proceed succeed based
    """
)
_COMMON_ENDS = word_list(
    """
    tion ment ness ity ing ance ence ism ics ency ancy ware ship age ure ed ly able ible ful ous ive ss
    """
)
_CAP_PREFIX = re.compile(r"(?:Mc|Mac|De|Di|La|Le|Van|Fitz|Du|Da|Al|El|O)[A-Z]")
_SKIPPED = frozenset({Tag.ADVERB, Tag.NOT})
_ATTRIBUTIVE = frozenset({Tag.DET, Tag.OWN, Tag.NUMBER, Tag.PREP})


def read(sentence: str, people: Collection[str] = ()) -> list[Token]:
    """The tokens of one sentence (masked, see text.py), each with its tag."""
    tokens = _halves([_token(found) for found in _TOKEN.finditer(sentence)])
    for i, token in enumerate(tokens):
        _tag(tokens, i, token, people)
    return tokens


def _token(found: re.Match[str]) -> Token:
    text = found.group().replace("’", "'")
    low = text.lower()
    if found.lastgroup == "own":
        return Token("'s", "'s", found.start(), found.end())
    if found.lastgroup == "punct":
        return Token(text, low, found.start(), found.end(), Tag.PUNCT)
    return Token(text, _JOINED.get(low, low), found.start(), found.end())


def _halves(tokens: list[Token]) -> list[Token]:
    """`didn` and `'t` are read as `did` and `n't`; `cannot` and `didnt` as two words."""
    found: list[Token] = []
    for token in tokens:
        if token.low == "'t" and found:
            stem = found[-1].low
            found[-1].low = _STEMS.get(stem, stem.removesuffix("n") if len(stem) > 3 else stem)
            token.low = "n't"
        elif token.low in _WRITTEN_AS_ONE:
            half = token.low.removesuffix("not").removesuffix("nt")
            at = token.start + len(half)
            found.append(Token(half, half, token.start, at))
            found.append(Token("not", "not", at, token.end))
            continue
        elif token.low == "." and found and found[-1].low in {"mr", "mrs", "ms", "dr", "prof"}:
            continue
        found.append(token)
    return found


def _tag(tokens: list[Token], i: int, token: Token, people: Collection[str]) -> None:
    low, before = token.low, tokens[i - 1] if i else None
    if token.tag is Tag.PUNCT:
        return
    if MASK in low:
        token.tag = Tag.NOUN
    elif low[0].isdigit():
        token.tag = Tag.NUMBER
    elif low == "'s":
        token.tag = Tag.AUX if before and before.low in _SUBJECT_OF_S else Tag.OWN
    elif (name := _name(tokens, i, people)) is not None:
        token.tag = name
    elif low in words.NEGATIONS:
        token.tag = Tag.NOT
    elif low in _AUXILIARY:
        token.tag = Tag.AUX
    elif low in words.PRONOUNS or low in words.NOBODY:
        token.tag = Tag.PERSON
    elif low in {"which", "that"}:
        token.tag = _that(low, before)
    elif low == "to":
        token.tag = Tag.TO
    else:
        _tag_rest(tokens, i, token)


def _that(low: str, before: Token | None) -> Tag:
    """`that change` or `the job that failed`?"""
    starts = before is None or before.tag in {Tag.PUNCT, Tag.PREP, Tag.AND}
    return Tag.DET if starts and low == "that" else Tag.THAT


_CLOSED = {
    word: tag
    for tag, known in (
        (Tag.OWN, words.POSSESSIVES),
        (Tag.DET, words.DETERMINERS),
        (Tag.AND, words.CONJUNCTIONS),
        (Tag.PREP, words.PREPOSITIONS),
        (Tag.SUB, words.SUBORDINATORS),
    )
    for word in known
}
"""Little words; where one is in two classes, the later class counts."""


def _tag_rest(tokens: list[Token], i: int, token: Token) -> None:
    low = token.low
    if low in _CLOSED:
        token.tag = _CLOSED[low]
    elif low in words.ADVERBS or (low.endswith("ly") and len(low) > 4 and low not in words.NOT_ADVERBS):
        token.tag = Tag.ADVERB
    else:
        lemma, form = FORMS.get(low, ("", ""))
        if not lemma and len(low) > 4 and low.endswith("ed") and low not in _NOT_PAST:
            lemma, form = low.removesuffix("ed").removesuffix("i") + ("y" if low.endswith("ied") else ""), "past"
        if not lemma and low.endswith("ing") and len(low) > 5 and i and tokens[i - 1].low in words.BE - {"'s"}:
            lemma, form = low.removesuffix("ing"), "ing"
        if (not lemma and _after_do(tokens, i)) or (not lemma and _after_us(tokens, i)):
            lemma, form = low, "base"
        if lemma and _is_verb(tokens, i, lemma, form):
            token.tag, token.lemma, token.form = Tag.VERB, lemma, form


def _after_us(tokens: list[Token], i: int) -> bool:
    """`we expect`: an unknown word right after these is a verb."""
    known = (
        i > 0
        and tokens[i - 1].low in {"i", "we", "they"}
        and (i < 2 or tokens[i - 2].tag in {Tag.PUNCT, Tag.AND, Tag.SUB, Tag.THAT})
    )
    low = tokens[i].low
    return known and low.isalpha() and low not in words.QUANTITIES and low not in words.GROUPS and not is_role(low)


def _after_do(tokens: list[Token], i: int) -> bool:
    """After `did not`, `would`, `can` an unknown word is a verb."""
    j = i - 1
    while j >= 0 and tokens[j].tag in _SKIPPED:
        j -= 1
    word = tokens[i].low not in {"it", "nothing", "something", "anything", "everything", "harm", "damage"}
    return word and j >= 0 and tokens[j].tag is Tag.AUX and tokens[j].low in words.MODALS | {"do", "does", "did"}


def _is_verb(tokens: list[Token], i: int, lemma: str, form: str) -> bool:
    """A verb here, or the noun or adjective that looks like it? `the failed job`, `a check`, `Tom checks`."""
    j = i - 1
    while j >= 0 and tokens[j].tag in _SKIPPED:
        j -= 1
    before = tokens[j] if j >= 0 else None
    if form == "ing":
        object_next = i + 1 < len(tokens) and tokens[i + 1].low in words.DETERMINERS | words.POSSESSIVES
        if before is not None and before.tag is Tag.NAME:
            return i + 1 < len(tokens) and tokens[i + 1].tag is not Tag.PUNCT
        if (
            before is not None
            and is_role(before.low)
            and i + 1 < len(tokens)
            and tokens[i + 1].low in {"it", "this", "them"}
        ):
            return True
        return before is None or before.tag not in NOMINAL or (object_next and before.tag is Tag.NOUN)
    if form == "past":
        if before is None:
            return False
        if before.low in {"more", "less", "most", "least", "very", "too"}:  # `a more experienced engineer`
            return False
        # `the failed job` is no predicate; `this broke it` is one.
        if before.low in {"this", "that", "which", "one", "all"} or ":" in before.low:
            return True
        return before.tag not in _ATTRIBUTIVE
    if before is not None and before.low == ":" and lemma in PUNISH and form == "base" and i + 1 < len(tokens):
        return tokens[i + 1].text[0].isupper() or tokens[i + 1].low in words.DETERMINERS
    if before is None:
        orders = i + 1 < len(tokens) and tokens[i + 1].low not in _AUXILIARY
        return form == "base" and orders
    if before.tag in {Tag.PERSON, Tag.AUX, Tag.NOT, Tag.TO, Tag.NAME, Tag.MAYBE}:
        return before.low not in {"one", "us", "him", "them", "me"} or lemma in SAME_PAST
    if before.tag is Tag.NOUN and is_role(before.low):
        plural = before.low.endswith("s") or before.low == "people"
        return lemma in SAME_PAST or (plural if form == "base" else not plural and form == "s")
    return before.tag is Tag.NOUN and lemma in SAME_PAST and before.low in words.DEPARTMENTS


def is_role(low: str) -> bool:
    """Is it a noun of a person or of a group of people? Plurals, and `data-engineer`, too."""
    for word in (low, low.removesuffix("s"), low.rpartition("-")[2], low.rpartition("-")[2].removesuffix("s")):
        if word in words.ROLES or word in words.GROUPS:
            return True
    return low in {"women", "men"}


def _opens(tokens: list[Token], i: int) -> bool:
    """Does a capital mean nothing here: at the start, after a colon, a bracket, a time?"""
    j = i - 1
    while j >= 0 and (tokens[j].low[0].isdigit() or tokens[j].text in "–—-*[(\"'“"):
        j -= 1
    return j < 0 or tokens[j].text in ":.!?(|;"


def _name(tokens: list[Token], i: int, people: Collection[str]) -> Tag | None:
    """NAME for a name that is known, MAYBE for one by its shape, None for another word."""
    token = tokens[i]
    text, low = token.text, token.low
    if low in people:
        return Tag.NAME
    if not text[0].isalpha():
        return None
    if text[0].islower():
        chat = len(low) > 2 and low in GIVEN and low not in WORDS_TOO and low not in PRODUCTS
        return Tag.NAME if chat and _verb_follows(tokens, i) else None
    verb_next = _verb_follows(tokens, i)
    if not text[0].isupper():  # a script without capitals
        return Tag.NAME if not text.isascii() and (verb_next or is_owner(tokens, i)) else None
    if not _shaped(text, low):
        return None
    opens = _opens(tokens, i)
    first_part = low.partition("-")[0]
    if low in words.MONTHS and not (opens and low in GIVEN and verb_next):
        return None
    if low in GIVEN or (first_part in GIVEN and first_part not in WORDS_TOO and "-" in low):
        return Tag.NAME if not (opens and low in WORDS_TOO) or verb_next else None
    if is_word(low):
        return None
    before = tokens[i - 1] if i else None
    if before is not None and before.tag in {Tag.NAME, Tag.MAYBE}:
        return before.tag
    if not text.isascii():
        return Tag.NAME
    if opens:
        common = low.endswith(_COMMON_ENDS) or (low.endswith("s") and not low.endswith(("is", "us", "as", "os")))
        return Tag.MAYBE if not common and (verb_next or is_owner(tokens, i) or i == len(tokens) - 1) else None
    capital = before is not None and before.text[0].isupper() and not (_opens(tokens, i - 1) and is_word(before.low))
    product = before is not None and (before.tag is Tag.DET or before.low in PRODUCTS or capital)
    return Tag.MAYBE if not product or (before is not None and before.low in {"i", "mr", "ms", "mrs", "dr"}) else None


def is_owner(tokens: list[Token], i: int) -> bool:
    """Does a possessive come right after it: `Tom's`?"""
    return i + 1 < len(tokens) and tokens[i + 1].low == "'s"


def _shaped(text: str, low: str) -> bool:
    """May a capitalised word be a name, by its letters?"""
    if low in PRODUCTS or any(c.isdigit() or c in "_./:@&+" for c in text):
        return False
    if text.isupper() and len(text) > 1:
        return low in GIVEN and low not in WORDS_TOO and len(text) > 2
    if len(text) == 1:  # X stands for somebody
        return text not in "AI"
    if low.endswith(PRODUCT_ENDS):
        return low in GIVEN
    inner = any(c.isupper() and text[k] not in "-'" for k, c in enumerate(text[1:]))
    return not inner or _CAP_PREFIX.match(text) is not None


def is_word(low: str) -> bool:
    """Is it an ordinary word, so that its capital means no name?"""
    return low in _ORDINARY or low.removesuffix("s") in PLAIN or is_role(low)


_ORDINARY = frozenset().union(
    *(PLAIN, FORMS, _AUXILIARY, words.PRONOUNS, words.NOBODY, words.DEPARTMENTS, words.ORGANISATIONS),
    *(words.ADVERSARIES, words.NOT_PEOPLE, words.ADVERBS, words.QUANTITIES, words.DETERMINERS, words.POSSESSIVES),
    *(words.NEGATIONS, words.PREPOSITIONS, words.SUBORDINATORS, words.RELATIVES, words.CONJUNCTIONS),
    *(words.BAD, words.BAD_NOUNS, words.STRONG_NOUNS, words.WEAK_NOUNS, words.DEEDS, words.LACKS, words.TRAITS),
    *(words.GOOD_TRAITS, words.WORK, words.ATTENTION, words.CARE, words.GUARDS, words.HOT, words.REMEDIED),
    *(words.CONTAINED, words.TALK, words.MEASURES),
)


def _object(tokens: list[Token], at: int) -> bool:
    """Does an object begin at token `at`?"""
    return any(t.low in words.DETERMINERS | words.POSSESSIVES for t in tokens[at : at + 1])


def _verb_follows(tokens: list[Token], i: int) -> bool:
    """Does a verb in the past, an auxiliary or a present form come next (adverbs between)?"""
    for token in tokens[i + 1 : i + 4]:
        low = token.low
        if low in words.ADVERBS or low in words.NEGATIONS or (low.endswith("ly") and low not in words.NOT_ADVERBS):
            continue
        if low in _AUXILIARY and low != "'s":
            return True
        lemma, form = FORMS.get(low, ("", ""))
        return (
            form in {"past", "s"}
            or (lemma in SAME_PAST and _object(tokens, i + 2))
            or (len(low) > 4 and low.endswith("ed") and low not in _NOT_PAST)
        )
    return False
