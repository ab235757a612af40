"""What does the generated shop's project look like? Its files lie in files/ and are copied, and nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from cleanroom.core.base import Misuse, Outside

_IGNORED = "# Generated data and what runs leave behind\ndata/\n.cleanroom/\n"


def write_project(folder: Path) -> tuple[Path, ...]:
    """Write cleanroom.toml, contracts/, golden/, README.md and .gitignore under `folder`; the paths written.

    Raises Misuse where a file of that name holds something else, and then writes nothing; Outside when it cannot write.
    """
    texts = dict(project_files())
    for name, text in texts.items():
        there = folder / name
        if there.exists() and (not there.is_file() or there.read_bytes() != text.encode()):
            raise Misuse(f"{there} is there already and differs", "choose an empty folder")
    try:
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text.encode())
    except OSError as error:
        raise Outside(f"the project could not be written: {error}", "choose a folder that can be written to") from error
    return tuple(folder / name for name in texts)


def project_files() -> Iterator[tuple[str, str]]:
    """The project's files: path inside the project, text."""
    yield ".gitignore", _IGNORED
    yield from _texts(files("cleanroom.sim.shop").joinpath("files"), "")


def watch_files() -> dict[str, str]:
    """What watches the mapping in production: path inside the project, text."""
    return dict(_texts(files("cleanroom.sim.shop").joinpath("watch"), ""))


def _texts(folder: Traversable, prefix: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(folder.iterdir(), key=lambda e: e.name):
        if entry.is_dir():
            yield from _texts(entry, f"{prefix}{entry.name}/")
        else:
            yield f"{prefix}{entry.name}", entry.read_text(encoding="utf-8")
