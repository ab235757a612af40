"""Where in a text does the number stand by which a state knows a person?

Numbers with a form of their own are known by it and by their check digits (python-stdnum). Those that are digits and nothing
else are known by the word before them: any eleven digits may be a tax number by accident.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import import_module

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?<![\w.-]){form}(?![\w-])"), module)
    for form, module in (
        (r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}", ""),
        (r"9\d{2}-[5-9]\d-\d{4}", "us.itin"),
        (r"\d{3}[ -]\d{3}[ -]\d{4}", "gb.nhs"),
        (r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]", ""),
        (r"\d{8}-?[A-Z]", "es.dni"),
        (r"[XYZ]-?\d{7}-?[A-Z]", "es.nie"),
        (r"(?i:[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPR-T][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z])", "it.codicefiscale"),
        (r"[A-Z]{4}\d{6}[HM][A-Z]{5}[0-9A-Z]\d", "mx.curp"),
        (r"\d{6}[-+ABCDEFUVWXY]\d{3}[0-9A-Z]", "fi.hetu"),
        (r"\d{6}[-+]\d{4}", "se.personnummer"),
        (r"\d{6}-\d{4}", "dk.cpr"),
        (r"\d{6}-\d{7}", "kr.rrn"),
        (r"\d{6}/\d{3,4}", "cz.rc"),
        (r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", "be.nn"),
        (r"\d{3}\.\d{3}\.\d{3}-\d{2}", "br.cpf"),
        (r"756\.\d{4}\.\d{4}\.\d{2}", "ch.ssn"),
        (r"[12] ?\d{2} ?[0-9]{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}", "fr.nir"),
    )
)
"""The form, and the module of stdnum that knows its check digits ('': the form is enough)."""

_WORDS = (
    r"ssn|social security|sozialversicherung\w*|rentenversicherung\w*|tax(?:payer)? (?:id\w*|number|no)|tin|itin|tfn|nhs|nino|"
    r"national insurance|national (?:id\w*|number)|identity (?:card|number|no)|id card|personal (?:id\w*|number|code)|passport|"
    r"reisepass\w*|personalausweis\w*|ausweis\w*|steuer-?\s?(?:id\w*|nummer)|identifikationsnummer|pesel|pan|bsn|burgerservicenummer|"
    r"aadhaar|cpf|curp|dni|nie|nif|nir|codice fiscale|personnummer|fodselsnummer|henkilötunnus|cnp|egn|oib|amka|jmbg|"
    r"driver'?s? licen[cs]e|führerschein\w*|medicare|health (?:id|card|insurance)|versichertennummer|krankenversicherung\w*"
)
_STEMS = (
    "ssn", "social", "sozial", "renten", "tax", "tin", "tfn", "nhs", "nino", "national", "identi", "id card", "personal", "pass",
    "ausweis", "steuer", "pesel", "pan", "bsn", "burger", "aadhaar", "cpf", "curp", "dni", "nie", "nif", "nir", "codice",
    "personn", "nummer", "henkil", "cnp", "egn", "oib", "amka", "jmbg", "licen", "führer", "medicare", "health", "versich",
)  # fmt: skip
_NAMED = re.compile(
    rf"(?i)(?<!\w)(?:{_WORDS})(?!\w)[ \t]{{0,3}}(?:number|nummer|no\.?|nr\.?|id)?[ \t]{{0,3}}(?:is|ist|[:=#-])?[ \t]{{0,3}}"
    r"(?P<value>(?=[A-Z0-9 ./-]{0,24}\d{2})[A-Z]{0,3}\d(?:[ ./-]?[A-Z0-9]){5,18}(?!\w))"
)


def ids_in(text: str, around: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """From where to where, each. `around`: the pieces of the text in which six digits stand close together."""
    for start, end in around:
        for form, module in _FORMS:
            for found in form.finditer(text, start, end):
                if not module or _valid(module)(found[0]):
                    yield found.span()
    small = text.casefold()
    if any(stem in small for stem in _STEMS):
        for found in _NAMED.finditer(text):
            yield found.span("value")


@cache
def _valid(module: str) -> Callable[[str], bool]:
    check: Callable[[str], bool] = import_module(f"stdnum.{module}").is_valid
    return check
