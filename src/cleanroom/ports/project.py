"""The user's files and git, as nouns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cleanroom.core.base import Digest
from cleanroom.core.change import Change, Mapping
from cleanroom.core.contract import Contract, LintFinding
from cleanroom.core.golden import GoldenCase
from cleanroom.core.prompt import Prompt


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """One `[models.NAME]` of cleanroom.toml. `api_key_env` names an environment variable; the key itself is never written."""

    name: str
    kind: str
    model: str = ""
    base_url: str = ""
    api_key_env: str = ""
    file: str = ""


class Project(Protocol):
    """A cleanroom project on disk. Every path it is given stays inside the project."""

    @property
    def root(self) -> Path:
        """The folder of cleanroom.toml."""
        ...

    def path(self, relative: str) -> Path:
        """A path inside the project. Raises Misuse when it leads outside."""
        ...

    def relative(self, path: Path) -> str:
        """The path below the root where it lies there, else the whole path."""
        ...

    def contract(self) -> Contract:
        """The plan and its schemas. Raises Misuse with the first mistakes when they do not lint."""
        ...

    def lint(self) -> tuple[LintFinding, ...]:
        """Every mistake in contracts/ and golden/, with file and line."""
        ...

    def golden(self) -> tuple[GoldenCase, ...]:
        """All cases of golden/*.jsonl."""
        ...

    def change(self, name: str) -> tuple[Change, Mapping | None]:
        """A change and, for a mapping, its artifact. Raises Misuse when missing or edited since it was written."""
        ...

    def edited_mapping(self, name: str) -> tuple[Change, Mapping]:
        """A change and the mapping file as it lies there now, edited by hand or not."""
        ...

    def write_change(self, change: Change, mapping: Mapping | None) -> Path:
        """Write changes/<name>/ whole or not at all; returns the folder."""
        ...

    def artifact_digest(self, mapping: Mapping) -> Digest:
        """The digest that mapping.json will have when it is written."""
        ...

    def changes(self) -> Sequence[str]:
        """The names of the changes."""
        ...

    def models(self) -> Sequence[ModelSettings]:
        """What cleanroom.toml says of models."""
        ...

    def prompt(self, name: str) -> Prompt | None:
        """The project's own prompts/<name>.yaml; None where it has none. Raises Misuse with its mistakes."""
        ...

    def commit(self) -> str:
        """The commit of the repository, with '+dirty' where files differ; '' outside git."""
        ...
