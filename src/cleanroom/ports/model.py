"""What does the model answer?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: a system and a user text, a JSON Schema that the reply must follow, and how to draw it."""

    system: str
    user: str
    schema: Mapping[str, Any]
    temperature: float = 0.0
    seed: int = 0
    max_tokens: int = 512


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: raw text (untrusted), and who says so."""

    text: str
    model: str
    version: str
    tokens_in: int = 0
    tokens_out: int = 0


class Model(Protocol):
    """A language model behind one door."""

    @property
    def name(self) -> str:
        """As the project calls it."""
        ...

    @property
    def endpoint(self) -> str:
        """Where it runs, without credentials; 'embedded' or 'replay' where nothing is called."""
        ...

    def ask(self, ask: Ask) -> Reply:
        """Raises Outside when the model cannot be reached or answers nothing, Misuse when it is not set up."""
        ...
