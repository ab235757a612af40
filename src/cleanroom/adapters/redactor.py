"""The Redactor port by patterns and check digits: Google's phone numbers (phonenumbers), python-stdnum, and formats of secrets.

Each pattern is looked for only where a text holds what it cannot be without (an @, digits close together), and each is bounded,
so that no text takes longer than its length. What was tried beside it, docs/telemetry.md says.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence

from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import iban, luhn

from cleanroom.adapters.national_ids import ids_in
from cleanroom.adapters.secrets import secrets_in
from cleanroom.core.telemetry.redaction import REGION, Found

Windows = Sequence[tuple[int, int]]
"""Pieces of a text, by where they begin and end."""

MOST_NUMBERS = 200
"""Candidates for a telephone number in one text that are looked at closely; the others are taken for one."""

_LOCAL = re.compile(r"[\w!#$%&'*+/=?^`{|}~-][\w.!#$%&'*+/=?^`{|}~-]{0,62}\Z|[\w!#$%&*+/=?^`{|}~-]\Z")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-])")
_CARD = re.compile(r"(?<![\w.-])(?:\d[ -]?){12,18}\d(?![\w-])")
_IBAN = re.compile(r"(?i)(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,34}")
_IP4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)")
_IP6 = re.compile(r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![\w:-])")
_PHONE = re.compile(r"(?<![\w.,/+-])(?:\+|\((?=\d{1,5}\)))?\d(?:[ ()./-]{0,3}\d){6,16}(?![\w]|[.,/-]\d)")
_DATE = re.compile(r"(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])")
_DIGITS = re.compile(r"\D")
_CLOSE = re.compile(r"\d(?:[^\d\n]?\d){5,}")
_AROUND = 40  # characters beside digits that may belong to what they are part of


class PatternRedactor:
    """Stateless; may be used from several threads."""

    def find(self, text: str, kinds: Sequence[str]) -> tuple[Found, ...]:
        """See ports/redactor.py."""
        found: list[Found] = []
        around = tuple(_windows(text))
        for kind, look in _LOOKS.items():
            if kind in kinds:
                found += (Found(start, end, kind) for start, end in look(text, around))
        regions = [k.removeprefix(REGION) for k in kinds if k.startswith(REGION)]
        if "phone" in kinds or regions:
            taken = [(f.start, f.end) for f in found]
            found += (Found(start, end, "phone") for start, end in _phones(text, around, regions, taken))
        return tuple(sorted(found, key=lambda f: (f.start, f.end)))


def _windows(text: str) -> Iterator[tuple[int, int]]:
    """Where digits stand close together, with what is around them; apart from one another."""
    start = end = -1
    for found in _CLOSE.finditer(text):
        if found.start() - _AROUND > end:
            if end >= 0:
                yield start, end
            start = max(0, found.start() - _AROUND)
        end = found.end() + _AROUND
        while end < len(text) and text[end].isalnum() and end < found.end() + 2 * _AROUND:
            end += 1  # no word is cut: what follows it says whether it is what it seems
    if end >= 0:
        yield start, end


def _near(pattern: re.Pattern[str], text: str, around: Windows) -> Iterator[re.Match[str]]:
    for start, end in around:
        yield from pattern.finditer(text, start, end)


def _emails(text: str, _: Windows) -> Iterator[tuple[int, int]]:
    """Around each @, a bounded piece to the left and to the right."""
    at = text.find("@")
    while at >= 0:
        domain = _DOMAIN.match(text, at + 1)
        local = _LOCAL.search(text[max(0, at - 64) : at]) if domain else None
        if domain and local:
            yield at - (min(at, 64) - local.start()), domain.end()
        at = text.find("@", at + 1)


def _cards(text: str, around: Windows) -> Iterator[tuple[int, int]]:
    for found in _near(_CARD, text, around):
        digits = _DIGITS.sub("", found[0])
        if _is_card(digits) and luhn.is_valid(digits):
            yield found.span()


def _is_card(digits: str) -> bool:
    """The beginnings and lengths that issuers use (ISO/IEC 7812)."""
    match digits[0], len(digits):
        case "4", 16 | 19:
            return True
        case "5", 16:
            return digits[1] in "12345678"
        case "2", 16:
            return "2221" <= digits[:4] <= "2720"
        case "3", 15:
            return digits[1] in "47"
        case "3", 14 | 16:
            return digits[1] in "05689"
        case "6", 16 | 17 | 18 | 19:
            return True
        case _:
            return False


def _ibans(text: str, around: Windows) -> Iterator[tuple[int, int]]:
    """The longest beginning that is one: words that follow look like more of it."""
    for found in _near(_IBAN, text, around):
        parts = found[0].split(" ")
        for count in range(len(parts), 0, -1):
            piece = " ".join(parts[:count])
            if len(piece) < 15:
                break
            if iban.is_valid(piece):
                yield found.start(), found.start() + len(piece)
                break


def _machines(text: str, _: Windows) -> Iterator[tuple[int, int]]:
    for found in _IP4.finditer(text) if text.count(".") >= 3 else ():
        if all(int(part) < 256 for part in found[0].split(".")):
            yield found.span()
    if text.count(":") >= 2:
        for found in _IP6.finditer(text):
            if _is_ip6(found[0]):
                yield found.span()
    if text.count(":") >= 5 or text.count("-") >= 5:
        for found in _MAC.finditer(text):
            yield found.span()


def _is_ip6(text: str) -> bool:
    """`::` and `a::b` are read as addresses by every parser, and meant as none."""
    if sum(bool(part) for part in text.split(":")) < 3:
        return False
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _phones(text: str, around: Windows, regions: Sequence[str], taken: Windows) -> Iterator[tuple[int, int]]:
    """A number with its country, or as it is written in America or in one of `regions`."""
    looked = 0
    for found in _near(_PHONE, text, around):
        start, end = found.span()
        digits = len(_DIGITS.sub("", found[0]))
        if not 7 <= digits <= 15 or _DATE.match(found[0]) or any(a < end and start < b for a, b in taken):
            continue
        looked += 1
        if looked > MOST_NUMBERS or _is_phone(found[0], regions):
            yield start, end


def _is_phone(text: str, regions: Sequence[str]) -> bool:
    if text.startswith("00"):
        text = "+" + text[2:]
    return any(_matches(text, region) for region in dict.fromkeys(("US", *regions)))


def _matches(text: str, region: str) -> bool:
    return any(True for _ in PhoneNumberMatcher(text, region, Leniency.VALID, 3))


_LOOKS: dict[str, Callable[[str, Windows], Iterator[tuple[int, int]]]] = {
    "secret": lambda text, _: secrets_in(text),
    "email": _emails,
    "iban": _ibans,
    "card": _cards,
    "ip": _machines,
    "id": ids_in,
}
