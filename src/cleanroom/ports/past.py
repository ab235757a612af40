"""What did a sensor measure before? Pieces by name, so that a day is computed once and again only if its data changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Piece:
    """What was made of a file, a day, or of all so far. `stamp` changes with what it was made of."""

    stamp: str
    body: bytes


class Past(Protocol):
    """It decides nothing: what is lost is measured again, as far as the data is still there. Raises Outside where it fails."""

    def pieces(self, sensor: str) -> Mapping[str, Piece]:
        """All that is kept of a sensor, by name."""
        ...

    def piece(self, sensor: str, name: str) -> Piece | None:
        """One of them; None where there is none of that name."""
        ...

    def keep(self, sensor: str, pieces: Mapping[str, Piece | None]) -> None:
        """Put each in place of the one of its name before, None to drop it; all or none."""
        ...
