"""Where in a text does personal data stand, or a secret?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from cleanroom.core.telemetry.redaction import Found


class Redactor(Protocol):
    """Looks only at the text itself: no network, no model. The same text gives the same answer."""

    def find(self, text: str, kinds: Sequence[str]) -> tuple[Found, ...]:
        """What of those kinds (core/telemetry/redaction.py) stands in the text, by its place. Time grows with its length only."""
        ...
