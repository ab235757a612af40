"""Where does a project begin?"""

from __future__ import annotations

from pathlib import Path

SETTINGS = "cleanroom.toml"


def find_root(start: Path) -> Path | None:
    """The nearest folder, from `start` upwards, that holds cleanroom.toml."""
    here = start.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / SETTINGS).is_file()), None)
