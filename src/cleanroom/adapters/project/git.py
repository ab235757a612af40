"""Which commit is this, and who is at work? Asks git, briefly, and takes no answer for an answer; and leaves a note there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from cleanroom.core.base import Misuse, Outside

NOTES = "refs/notes/cleanroom"
"""Where notes lie; `git push origin refs/notes/cleanroom` publishes them."""

_SECONDS = 5
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false")
"""A repository's own settings may name programs; none of them is run."""


def commit(root: Path) -> str:
    """The commit of the repository that `root` lies in, '+dirty' behind it where files differ; '' when git cannot say."""
    head = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if not head:
        return ""
    changed = _git(root, "status", "--porcelain", "--", ".", ":(exclude).cleanroom")
    return head if changed == "" else f"{head}+dirty"


def add_note(root: Path, text: str) -> str:
    """Leave `text` at HEAD as a git note (NOTES), in place of an earlier one; the commit that has it.

    Earlier notes stay in the history of the notes. Raises Misuse where there is no commit, Outside when git fails.
    """
    head = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if not head:
        raise Misuse(f"{root} is in no git repository with a commit", "Commit the project first, or publish elsewhere.")
    done = _run(root, "notes", f"--ref={NOTES}", "add", "--force", "--file=-", head, given=text.encode())
    if done is None or done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines() if done else ["it did not answer"]
        hint = "git needs a name and an address to write: git config user.email YOU@EXAMPLE; git config user.name YOU"
        raise Outside(f"git could not add the note: {said[-1] if said else 'it said nothing'}", hint)
    return head


def _git(root: Path, *arguments: str) -> str | None:
    """What git prints, without its last line break; None when it fails or takes too long."""
    done = _run(root, *arguments)
    return done.stdout.decode("utf-8", "replace").strip() if done is not None and done.returncode == 0 else None


def _run(root: Path, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes] | None:
    """git at `root`, which reads `given`; None when there is no git or it takes too long."""
    program = shutil.which("git")
    if program is None:
        return None
    quiet = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(  # noqa: S603 - a fixed program with fixed arguments
            [program, "-C", str(root), *_SAFE, *arguments],
            capture_output=True, timeout=_SECONDS, check=False, env=quiet, input=given,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None


def user_email(root: Path) -> str:
    """git's user.email for `root`; '' when git cannot say."""
    return _git(root, "config", "user.email") or ""
