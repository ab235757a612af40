"""Why did a person do it? The one rule for reasons: as they go into the ledger, and onto terminals and pages."""

from __future__ import annotations

from cleanroom.core.alert import printable
from cleanroom.core.base import Misuse

LONGEST_REASON = 500


def reason(because: str, needed: str = "") -> str:
    """On one line; '' where there is none. `needed`: what is said where there has to be one.

    Raises Misuse for too many words, and for none where there has to be one.
    """
    text = printable(because)
    if len(text) > LONGEST_REASON:
        raise Misuse(
            f"a reason has up to {LONGEST_REASON} characters, and this has {len(text):,}", "Say it in fewer words."
        )
    if needed and not text:
        raise Misuse(needed, "Say why: --because TEXT")
    return text
