"""Is there a server of this project on this machine that kills a flag at once? Loads next to nothing."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

from cleanroom.core.base import CleanroomError, Misuse, Outside, Refused
from cleanroom.entry.near import DOOR, LONGEST, SOCKET
from cleanroom.wiring import TOKEN, find_root, who

_PATIENCE = 1.0
"""Seconds that a server gets: one that hangs must not keep a kill from being written."""

_KINDS: dict[int, type[CleanroomError]] = {kind.code: kind for kind in (Refused, Misuse, Outside)}


def kill(folder: Path, flag: str, because: str, operator: str | None) -> dict[str, Any] | None:
    """The flag as the server shows it once it is killed; None where no server answers.

    Raises what the server raised, as Refused, Misuse or Outside.
    """
    root = find_root(folder)
    if root is None or not (root / DOOR / SOCKET).exists():
        return None
    words = {"flag": flag, "because": because, "as": operator, "claimed": operator or who(root)}
    answer = _asked(root, json.dumps({**words, "token": os.environ.get(TOKEN, "").strip()}).encode() + b"\n")
    if answer is None:
        return None
    if "error" in answer:
        raise _KINDS.get(answer["error"], Outside)(answer["message"], answer["hint"])
    done: dict[str, Any] = answer["done"]
    return done


def _asked(root: Path, question: bytes) -> Any:
    """The answer; None where nobody gives one in time."""
    if len(question) > LONGEST:
        return None
    here = os.open(root / DOOR, os.O_RDONLY)
    try:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(_PATIENCE)
            line.connect(address(root / DOOR, here))
            line.sendall(question)
            with line.makefile("rb") as said:
                text = said.readline(LONGEST)
        return json.loads(text) if text.endswith(b"\n") else None
    except (OSError, ValueError):  # nobody there, no right to ask, too slow
        return None
    finally:
        os.close(here)


def address(folder: Path, opened: int) -> str:
    """The socket's, through the open folder where the system can: an address has about 100 bytes, and a path may have more."""
    through = Path(f"/proc/self/fd/{opened}")
    return str((through if through.exists() else folder) / SOCKET)
