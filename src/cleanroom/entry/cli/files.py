"""What does a file hold that somebody names on the command line?"""

from __future__ import annotations

import sys
from pathlib import Path

from cleanroom.core.base import Misuse


def content_of(file: Path, hint: str, most: int | None = None) -> bytes:
    """The bytes of a file, at most one more than `most`. Raises Misuse, with that hint, where it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(-1 if most is None else most + 1)
    except OSError as error:
        raise Misuse(f"{file} cannot be read: {error.strerror}", hint) from error


def content_or_input(file: str, hint: str, most: int) -> bytes:
    """As `content_of`; what is written to standard input for '-'."""
    if file != "-":
        return content_of(Path(file), hint, most)
    try:
        return sys.stdin.buffer.read(most + 1)
    except OSError as error:
        raise Misuse(f"{file} cannot be read: {error.strerror}", hint) from error
