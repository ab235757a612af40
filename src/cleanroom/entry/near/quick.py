"""`cleanroom flag kill` as it is mostly typed, before a library for command lines is loaded: nobody waits for that in a fire.

Whatever else stands on the line, and whatever no server answers, goes the usual way.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

_VALUES = {"--because": "because", "--as": "operator", "--project": "folder"}


def killed(words: Sequence[str]) -> bool:
    """Was the flag killed by a server of this machine, and that said? False: the usual way is to be gone."""
    found = _read(words)
    if found is None:
        return False
    from cleanroom.core.base import CleanroomError
    from cleanroom.entry.near.ask import kill

    try:
        done = kill(Path(found["folder"]), found["flag"], found["because"], found.get("operator"))
    except CleanroomError:
        return False  # the usual way finds the same, and says it as everything is said
    if done is None:
        return False
    sys.stdout.write(f"{found['flag']}: killed; everybody is served {done['flag']['safe']!r}\n")
    return True


def _read(words: Sequence[str]) -> dict[str, str] | None:
    """`flag kill FLAG --because TEXT [--as WHO] [--project FOLDER]`, in any order; None for anything else."""
    if list(words[:2]) != ["flag", "kill"]:
        return None
    found, rest = {"folder": ""}, list(words[2:])
    while rest:
        word = rest.pop(0)
        if word in _VALUES and rest:
            found[_VALUES[word]] = rest.pop(0)
        elif not word.startswith("-") and "flag" not in found:
            found["flag"] = word
        else:
            return None
    return found if "flag" in found and found.get("because", "").strip() else None
