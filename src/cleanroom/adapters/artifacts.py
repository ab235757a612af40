"""Runs on disk: `.cleanroom/runs/<digest>/`, written in a draft folder and renamed when whole."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from cleanroom.core.base import CleanroomError, Digest, Misuse, Outside

_DRAFT = ".draft-"
_STALE_SECONDS = 24 * 3600


def told(error: OSError, path: Path) -> CleanroomError:
    """An operating-system error in one line."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return Outside(
            f"{path} could not be written: the disk is full",
            "Free some space, then run the command again; nothing was left half-written.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Outside(f"{path} may not be written: {error.strerror}", "Check the permissions of the project's folder.")
    return Outside(f"{path}: {error.strerror or error}")


@dataclass(slots=True)
class FileDraft:
    """See ports/artifacts.py."""

    folder: Path
    root: Path
    kept: Path | None = None

    def keep(self, run: Digest) -> Path:
        """See ports/artifacts.py."""
        shutil.rmtree(self.folder / ".scratch", ignore_errors=True)
        target = self.root / run.removeprefix("sha256:")
        try:
            self.folder.rename(target)
        except OSError as error:
            raise told(error, target) from error
        self.kept = target
        return target


class FileArtifacts:
    """See ports/artifacts.py."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._seen: dict[Path, tuple[tuple[int, ...], Digest]] = {}

    @contextmanager
    def draft(self) -> Iterator[FileDraft]:
        """See ports/artifacts.py."""
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            self._sweep()
            folder = Path(tempfile.mkdtemp(prefix=_DRAFT, dir=self._root))
        except OSError as error:
            raise told(error, self._root) from error
        draft = FileDraft(folder, self._root)
        try:
            yield draft
        finally:
            if draft.kept is None:
                shutil.rmtree(folder, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove drafts that a killed program left behind a day ago or earlier."""
        newest = max((f.stat().st_mtime for f in self._root.iterdir()), default=0.0)
        for folder in self._root.glob(_DRAFT + "*"):
            with suppress(OSError):
                if newest - folder.stat().st_mtime > _STALE_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)

    def write(self, folder: Path, name: str, content: bytes) -> Path:
        """See ports/artifacts.py."""
        with self.stream(folder, name) as write:
            write(content)
        return folder / name

    @contextmanager
    def stream(self, folder: Path, name: str) -> Iterator[Callable[[bytes], object]]:
        """See ports/artifacts.py."""
        target = folder / name
        partial = folder / f".{uuid4().hex}.partial"  # one for each writer: another one may write the same file
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with partial.open("xb") as file:
                yield file.write
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        except OSError as error:
            raise told(error, target) from error
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)

    def runs(self) -> Sequence[Path]:
        """See ports/artifacts.py."""
        if not self._root.is_dir():
            return ()
        kept = [f for f in self._root.iterdir() if f.is_dir() and not f.name.startswith(".")]
        return tuple(sorted(kept, key=lambda f: f.stat().st_mtime_ns))

    def folder(self, run: Digest) -> Path | None:
        """See ports/artifacts.py."""
        name = run.removeprefix("sha256:")
        place = self._root / name
        return place if name.isalnum() and place.is_dir() else None

    def digest_unless_touched(self, file: Path) -> Digest:
        """See ports/artifacts.py."""
        try:
            found = file.stat()
        except OSError:
            return self.digest(file)  # which says what is wrong
        state = found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
        known = self._seen.get(file)
        if known is None or known[0] != state:
            known = self._seen[file] = (state, self.digest(file))
        return known[1]

    def digest(self, file: Path) -> Digest:
        """See ports/artifacts.py."""
        return digest_of_file(file)


def digest_of_file(file: Path) -> Digest:
    """The digest of a file's bytes. Raises Misuse when it is missing or a directory."""
    try:
        with file.open("rb") as content:
            return Digest("sha256:" + hashlib.file_digest(content, "sha256").hexdigest())
    except FileNotFoundError as error:
        raise Misuse(f"{file} does not exist", "Check the path; it is taken from the folder you are in.") from error
    except IsADirectoryError as error:
        raise Misuse(f"{file} is a directory, not a file of rows", "Name one file.") from error
    except OSError as error:
        raise told(error, file) from error
