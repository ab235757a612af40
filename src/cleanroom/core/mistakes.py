"""What is wrong in a file of the user's, before its line is known: a path into the file and one clear sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Literal, TypeVar

from cleanroom.core.base import Misuse, noun

Word = TypeVar("Word", bound=str)

Path = tuple[str | int, ...]
"""The way from the root of a file to a value: keys of mappings and indexes of lists."""


@noun
class Mistake:
    """Something wrong at `path`: its key, or its value. codec adds the line."""

    path: Path
    message: str
    hint: str = ""
    severity: Literal["error", "warning"] = "error"
    at: Literal["key", "value"] = "value"

    def under(self, path: Path) -> Mistake:
        """The same mistake in a file where all this lies at `path`."""
        return Mistake((*path, *self.path), self.message, self.hint, self.severity, self.at)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known name that `word` was probably meant to be."""
    names = tuple(known)
    if len(word) > 100:
        return None
    longer = [n for n in names if len(word) > 2 and n.startswith(word)]
    return next(iter(longer or difflib.get_close_matches(word, names, n=1, cutoff=0.6)), None)


def one_of(word: str, there: Sequence[Word], what: str) -> Word:
    """The one of these words. Raises Misuse that names all of them: `'sev4' is no severity`."""
    found = next((w for w in there if w == word), None)
    if found is None:
        raise Misuse(f"{word!r:.40} is no {what}", f"There are: {', '.join(there)}.")
    return found


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint: the nearest known name, else (a few of) the names there are."""
    names = tuple(known)
    near = closest(word, names)
    if near is not None:
        return f"Did you mean {near!r}?"
    if not names:
        return ""
    return "Known: " + ", ".join(names[:12]) + (", ..." if len(names) > 12 else "") + "."
