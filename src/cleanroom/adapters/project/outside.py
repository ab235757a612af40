"""What does a lint ask of the rest of the program? Light, since every command opens a project and few lint one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outside:
    """What a lint asks of the rest of the program. `columns`: the names in a table, as the engine reads it (path, table or
    None); `runbooks`: the categories there are.
    """

    columns: Callable[[Path, str | None], Sequence[str]]
    runbooks: Callable[[], Sequence[str]]
