"""Where in a text does a secret stand? By the formats in which their issuers make them, and by the words before them."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BARE = r"(?<![A-Za-z0-9_-])"  # a run of such characters is looked at once, from its beginning

_FORMATS: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (marks, re.compile(pattern))
    for marks, pattern in (
        (
            ("PRIVATE KEY",),
            r"(?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----.*?(?:-----END [A-Z0-9 ]{1,60}-----|\Z)",
        ),
        (("eyJ",), _BARE + r"eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{0,2000}"),
        (("AKIA", "ASIA", "ABIA", "ACCA"), _BARE + r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
        (("gh",), _BARE + r"(?:gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255})"),
        (("gl",), _BARE + r"gl(?:pat|oas|dt|rt|cbt|ptt|ft|soat|agent)-[A-Za-z0-9_.-]{20,300}"),
        (("xox", "xapp-"), _BARE + r"(?:xox[abeoprs](?:\.xox[bp])?|xapp)-[A-Za-z0-9-]{10,250}"),
        (("hooks.slack.com",), r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9+/]{40,100}"),
        (("sk-",), _BARE + r"sk-(?:[A-Za-z0-9]{1,20}-){0,3}[A-Za-z0-9_-]{20,250}"),
        (
            ("_live_", "_test_", "whsec_"),
            _BARE + r"(?:(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/=]{24,100})",
        ),
        (("AIza",), _BARE + r"AIza[A-Za-z0-9_-]{35}"),
        (("ya29.",), _BARE + r"ya29\.[A-Za-z0-9_-]{20,500}"),
        (("hf_",), _BARE + r"hf_[A-Za-z0-9]{30,60}"),
        (("npm_",), _BARE + r"npm_[A-Za-z0-9]{36}"),
        (("pypi-",), _BARE + r"pypi-[A-Za-z0-9_-]{50,500}"),
        (("SG.",), _BARE + r"SG\.[A-Za-z0-9_-]{16,40}\.[A-Za-z0-9_-]{32,80}"),
        (("dop_v1_", "doo_v1_"), _BARE + r"do[op]_v1_[a-f0-9]{64}"),
        (("hvs.", "hvb."), _BARE + r"hv[sb]\.[A-Za-z0-9_-]{24,300}"),
        (("clr_",), _BARE + r"clr_[A-Za-z0-9]{4,32}_[A-Za-z0-9_-]{16,100}"),
        (("Key=",), r"(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,100}={0,2}"),
    )
)
"""What a text must hold for the pattern to be looked for at all (which is fast), and the pattern."""

_USER = re.compile(r"(?i)(?<=://)[^\s/:@]{1,100}:[^\s/@]{3,200}(?=@)")
_HEADER = re.compile(
    r"(?i)\b(?:bearer|basic)[ \t]{1,4}(?P<value>(?=[A-Za-z0-9+/=_.~-]{0,200}[0-9=])[A-Za-z0-9+/=_.~-]{16,2000})"
)
_NAMED = re.compile(
    r"(?i)(?<![A-Za-z])(?:password|passwort|passwd|passphrase|pwd|secret|token|api[ _-]?key|access[ _-]?key|private[ _-]?key)"
    r"[\"']?[ \t]{0,4}[:=][ \t]{0,4}(?P<quote>[\"']?)(?P<value>(?=[^\s\"']{0,100}\d)[^\s\"',;]{6,300})"
)
_PIN = re.compile(
    r"(?i)\b(?:pin|cvc|cvv|tan|otp|one[ -]time code)\b[ \t]{0,4}(?:code|is|:|=|no\.?)[ \t]{0,4}(?P<value>\d{3,8})\b"
)


def secrets_in(text: str) -> Iterator[tuple[int, int]]:
    """From where to where, each."""
    for marks, pattern in _FORMATS:
        if any(mark in text for mark in marks):
            for found in pattern.finditer(text):
                yield found.span()
    small = text.casefold()
    if "://" in text:
        for found in _USER.finditer(text):
            yield found.span()
    if "bearer" in small or "basic" in small:
        for found in _HEADER.finditer(text):
            yield found.span("value")
    if any(word in small for word in ("pass", "pwd", "secret", "token", "key")) and (":" in text or "=" in text):
        for found in _NAMED.finditer(text):
            yield found.span("value")
    if any(word in small for word in ("pin", "cvc", "cvv", "tan", "otp", "time code", "time-code")):
        for found in _PIN.finditer(text):
            yield found.span("value")
