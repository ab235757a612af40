"""Which commit is this, and who is at work? Asks git, briefly, and takes no answer for an answer."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

_SECONDS = 5
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null")
"""A repository's own settings may name programs; none of them is run."""


def commit(root: Path) -> str:
    """The commit of the repository that `root` lies in, '+dirty' behind it where files differ; '' when git cannot say."""
    head = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if not head:
        return ""
    changed = _git(root, "status", "--porcelain", "--", ".", ":(exclude).cleanroom")
    return head if changed == "" else f"{head}+dirty"


def _git(root: Path, *arguments: str) -> str | None:
    """What git prints, without its last line break; None when it fails or takes too long."""
    program = shutil.which("git")
    if program is None:
        return None
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(  # noqa: S603 - a fixed program with fixed arguments
            [program, "-C", str(root), *_SAFE, *arguments],
            capture_output=True, timeout=_SECONDS, check=False, env=quiet, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace").strip() if done.returncode == 0 else None


def user_email(root: Path) -> str:
    """git's user.email for `root`; '' when git cannot say."""
    return _git(root, "config", "user.email") or ""
