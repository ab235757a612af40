"""What does the model answer?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from cleanroom.ports.project import ModelSettings


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


class Models(Protocol):
    """The models that a project may ask."""

    def known(self) -> tuple[ModelSettings, ...]:
        """The embedded one, `local`, and those of cleanroom.toml."""
        ...

    def named(self, name: str) -> ModelSettings:
        """The one of that name. Raises Misuse where there is none."""
        ...

    def unready(self, settings: ModelSettings) -> str:
        """Why it cannot be asked just now, as far as can be seen without asking it; '' when nothing is missing."""
        ...

    def exact(self, settings: ModelSettings) -> str:
        """Which model that is, as exactly as can be said without asking it: the digest of its file, else its name and address.

        Raises Misuse where its file is missing.
        """
        ...

    def check_recording(self, content: bytes) -> None:
        """Raises Misuse for what is no recording, with the line."""
        ...

    def open(self, settings: ModelSettings, record: Path | None = None) -> Model:
        """The model, recording into `record` where that is given.

        Raises Misuse for settings that lack something, a missing key, or a missing recording.
        """
        ...
