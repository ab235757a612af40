"""Processes that are killed at any moment: one that starts them quickly, and what writers acknowledged before they died.

The program of a nursery reads a line for each writer that is wanted, forks it, prints its process id, and `dead` on a line of
its own once it has ended. A writer prints a number and `kept` for what it acknowledges.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def started(program: str) -> Iterator[subprocess.Popen[str]]:
    """A nursery, which imports everything once."""
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def acknowledged(nursery: subprocess.Popen[str], wanted: object, count: int, pause: float) -> list[int]:
    """Let a writer acknowledge `count` times, give it `pause` seconds more, kill it; the numbers that it acknowledged."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write(f"{wanted}\n")
    nursery.stdin.flush()
    writer = int(nursery.stdout.readline())
    lines: list[str] = []
    while len(lines) < count:
        lines.append(nursery.stdout.readline())
        assert lines[-1] not in ("", "dead\n"), "the writer ended by itself"
    select.select([], [], [], pause)
    os.kill(writer, signal.SIGKILL)
    while (line := nursery.stdout.readline()) != "dead\n":
        lines.append(line)
    # A line that death cut short acknowledged nothing.
    found = [int(line.split()[0]) for line in lines if line.endswith(" kept\n")]
    assert len(found) >= count
    return found
