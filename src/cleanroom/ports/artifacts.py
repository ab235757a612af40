"""What runs leave behind: folders by digest, written whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from cleanroom.core.base import Digest


class Draft(Protocol):
    """A run's folder while it is being written."""

    @property
    def folder(self) -> Path:
        """Where to write."""
        ...

    def keep(self, run: Digest) -> Path:
        """Give the folder its name; from now on it stays. Returns its path."""
        ...


class Artifacts(Protocol):
    """The runs of a project."""

    def draft(self) -> AbstractContextManager[Draft]:
        """A new folder that vanishes unless it is kept, also when the program is interrupted."""
        ...

    def write(self, folder: Path, name: str, content: bytes) -> Path:
        """Write one file whole or not at all. Raises Outside when the disk is full."""
        ...

    def stream(self, folder: Path, name: str) -> AbstractContextManager[Callable[[bytes], object]]:
        """What writes one file piece by piece, whole or not at all. Raises Outside when the disk is full."""
        ...

    def runs(self) -> Sequence[Path]:
        """The kept folders, oldest first."""
        ...

    def folder(self, run: Digest) -> Path | None:
        """Where a run was kept; None where it is not on this machine."""
        ...

    def digest(self, file: Path) -> Digest:
        """The digest of a file's bytes. Raises Misuse when it is missing or a directory."""
        ...

    def digest_unless_touched(self, file: Path) -> Digest:
        """As `digest`, but a file whose size, times and inode are those of the last look is not read again.

        For showing where things stand; whatever proves something calls `digest`.
        """
        ...
