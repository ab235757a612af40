"""What sensors measured before, for as long as the process lives."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

from cleanroom.adapters.valid_text import check_text
from cleanroom.ports.past import Piece


class MemoryPast:
    """The Past port over a dictionary."""

    def __init__(self) -> None:
        self._pieces: dict[str, dict[str, Piece]] = {}
        self._lock = Lock()

    def pieces(self, sensor: str) -> Mapping[str, Piece]:
        """All that is kept of a sensor."""
        with self._lock:
            return dict(self._pieces.get(sensor, {}))

    def piece(self, sensor: str, name: str) -> Piece | None:
        """One piece of a sensor."""
        with self._lock:
            return self._pieces.get(sensor, {}).get(name)

    def keep(self, sensor: str, pieces: Mapping[str, Piece | None]) -> None:
        """Replace or drop."""
        check_text(sensor, *pieces)
        with self._lock:
            mine = self._pieces.setdefault(sensor, {})
            for name, piece in pieces.items():
                if piece is None:
                    mine.pop(name, None)
                else:
                    mine[name] = piece
