"""Does this document follow its JSON Schema?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from cleanroom.core.base import Misuse


class InvalidSchema(Misuse):
    """The schema breaks its draft's rules. `mistakes` pairs a JSON pointer into it with what is wrong there."""

    def __init__(self, message: str, mistakes: tuple[tuple[str, str], ...], hint: str = "") -> None:
        super().__init__(message, hint)
        self.mistakes = mistakes


class Validates(Protocol):
    """A compiled schema."""

    def finding(self, document: str) -> str | None:
        """None when the JSON text is valid, else 'malformed', 'empty' or '<keyword> at <pointer>' of the first violation."""
        ...


class Validator(Protocol):
    """Compiles JSON Schemas of drafts 7, 2019-09 and 2020-12, offline."""

    def compile(self, schema: str, resources: Mapping[str, str] | None = None) -> Validates:
        """Raises InvalidSchema when the schema is not valid.

        Misuse when it is not JSON, or refers to something that is not in `resources`.
        """
        ...
