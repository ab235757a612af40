"""Where are the user's files, and how are they written whole? Paths that stay inside; folders that appear at once."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from cleanroom.adapters.artifacts import told
from cleanroom.codec.positions import MAX_BYTES
from cleanroom.core.base import Misuse
from cleanroom.core.contract import LintFinding

_NEW = ".new-"
_OLD = ".old-"
_STALE_SECONDS = 24 * 3600
_SUFFIXES = (".yaml", ".yml")
MOST_FILES = 1000
"""Files of a folder, at most."""

MOST_GOLDEN = 20_000
"""Files of golden cases, at most: each incident leaves one."""


def inside(root: Path, relative: str) -> Path:
    """`relative` as a path below `root`, symbolic links followed. Raises Misuse when it leads outside."""
    try:
        path = (root / relative).resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a link that turns in circles, a zero byte
        raise Misuse(f"{relative[:200]!r} is not a path", "Name a file of the project.") from error
    if path != root and root not in path.parents:
        raise Misuse(f"{relative[:200]!r} leads outside the project {root}", "Name a file inside the project.")
    return path


def read(path: Path, limit: int) -> bytes | None:
    """The bytes of a file, at most one more than `limit`; None when there is none. Raises Misuse for anything else."""
    if not path.exists():
        return None
    if not path.is_file():
        raise Misuse(f"{path} is a {'directory' if path.is_dir() else 'device'}, not a file", "Name a file.")
    try:
        with path.open("rb") as file:
            return file.read(limit + 1)
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}", "Check its permissions.") from error


def yaml_files(root: Path, folder: str) -> tuple[tuple[tuple[bytes, str], ...], tuple[LintFinding, ...]]:
    """The YAML files of a folder of the project, in the order of their names, and those that cannot be read."""
    return files_of(root, folder, _SUFFIXES, MAX_BYTES)


def files_of(
    root: Path, folder: str, suffixes: Collection[str], limit: int, most: int = MOST_FILES
) -> tuple[tuple[tuple[bytes, str], ...], tuple[LintFinding, ...]]:
    """As `yaml_files`: at most so many files that end in one of `suffixes`, of up to `limit` bytes."""
    there = root / folder
    names = sorted(p.name for p in there.iterdir() if p.suffix in suffixes) if there.is_dir() else []
    good: list[tuple[bytes, str]] = []
    findings: list[LintFinding] = []
    if len(names) > most:
        findings.append(LintFinding(folder, 1, 1, f"{folder}/ holds {len(names):,} files: {most:,} are read"))
    for name in names[:most]:
        file = f"{folder}/{name}"
        try:
            content = read(inside(root, file), limit)
        except Misuse as error:
            findings.append(LintFinding(file, 1, 1, error.message, error.hint))
            continue
        if content is not None:
            good.append((content, file))
    return tuple(good), tuple(findings)


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put `files` into `folder`, all or none of them; what else lies there stays. Raises Outside when it fails.

    A copy is made beside it, flushed to the disk and renamed. Killed between the two renames that replace a folder,
    the next call of `settle` puts the old one back.
    """
    new = None
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        settle(folder)
        new = Path(tempfile.mkdtemp(prefix=f"{_NEW}{folder.name}-", dir=folder.parent))
        _sweep(new)
        if folder.exists():
            shutil.copytree(folder, new, symlinks=True, copy_function=_link, dirs_exist_ok=True)
        new.chmod(0o755)
        for name, content in files.items():
            (new / name).unlink(missing_ok=True)  # it may be a hard link to the old file
            _write(new / name, content)
        _flush(new)
        _swap(new, folder)
    except OSError as error:
        raise told(error, folder) from error
    finally:
        if new is not None:
            shutil.rmtree(new, ignore_errors=True)


def settle(folder: Path) -> None:
    """Put back what an interrupted write moved away, and remove what it replaced."""
    old = folder.parent / f"{_OLD}{folder.name}"
    with suppress(OSError):
        if old.exists() and not folder.exists():
            old.rename(folder)
        elif old.exists():
            shutil.rmtree(old)


def _sweep(new: Path) -> None:
    """Remove copies beside `new` that killed programs left behind a day ago or earlier."""
    for stale in new.parent.glob(f"{_NEW}*"):
        with suppress(OSError):
            if new.stat().st_mtime - stale.stat().st_mtime > _STALE_SECONDS:
                shutil.rmtree(stale, ignore_errors=True)


def _swap(new: Path, folder: Path) -> None:
    old = folder.parent / f"{_OLD}{folder.name}"
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    _flush(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _link(source: str, target: str) -> str:
    """A second name for the same bytes, which costs nothing; a copy where the disk cannot do that."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copy2(source, target, follow_symlinks=False)
    return target


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
