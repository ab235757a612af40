"""How many conversations were there, and what did they take? Files bring sketches of theirs; what else there is, is read."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cleanroom.core.telemetry.distinct import Registers, many, nobody, registers_of
from cleanroom.core.telemetry.metrics import REQUESTS
from cleanroom.ports.calls import CallColumns, SessionsSeen

METRICS = (REQUESTS, "input_tokens", "output_tokens", "cost")
"""What has to be known of each call."""


class Conversations:
    """Conversations that are added up. `registers`: which they were; `asked`: their requests."""

    def __init__(self) -> None:
        self.registers: Registers = nobody()
        self.asked = 0
        self.tokens: float | None = None
        self.cost: float | None = None

    def add(self, conversation: Iterable[str], metrics: dict[str, NDArray[np.float64]]) -> None:
        """Add calls: the conversation of each, and METRICS of each, NaN where it has none."""
        names = np.array([*conversation], object)
        which = np.flatnonzero(~np.isnan(metrics[REQUESTS]) & (names != ""))
        made = [hashlib.blake2b(name.encode(), digest_size=8).digest() for name in dict.fromkeys(names[which].tolist())]
        np.maximum(self.registers, registers_of(np.frombuffer(b"".join(made), "<u8")), out=self.registers)
        self.asked += len(which)
        for name in METRICS[1:]:
            told = metrics[name][which]
            if not np.isnan(told).all():
                self._spend(**{"cost" if name == "cost" else "tokens": float(np.nansum(told))})

    def add_columns(self, columns: CallColumns) -> None:
        """Add calls as columns have them."""
        self.add(columns.conversation.tolist(), dict(columns.metrics))

    def add_file(self, row: Any) -> None:
        """Add what a row of call_files says."""
        np.maximum(self.registers, np.frombuffer(zlib.decompress(row.sessions), np.uint8), out=self.registers)
        self.asked += row.asked
        self._spend(row.tokens, row.cost)

    def of_file(self) -> dict[str, Any]:
        """As a row of call_files has them."""
        sketch = zlib.compress(self.registers.tobytes(), 1)
        return {"asked": self.asked, "tokens": self.tokens, "cost": self.cost, "sessions": sketch}

    def seen(self) -> SessionsSeen:
        """How many they are, about."""
        return SessionsSeen(round(many(self.registers)), self.asked, self.tokens, self.cost)

    def _spend(self, tokens: float | None = None, cost: float | None = None) -> None:
        if tokens is not None:
            self.tokens = (self.tokens or 0.0) + tokens
        if cost is not None:
            self.cost = (self.cost or 0.0) + cost
