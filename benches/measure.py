"""What a command costs as a whole process: `python benches/measure.py [--runs N] -- COMMAND ...`.

CPU seconds are user and system time of the child and of all children that it waited for; the peak is the largest
resident set of any one of them. Standard library only: a child starts with the peak of the process that made it,
so the parent has to be small.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

_MAXRSS_PER_MIB = 1024**2 if sys.platform == "darwin" else 1024


class Failed(Exception):
    """A measured command could not be started, or ended with a code that it should not."""


@dataclass(frozen=True)
class Cost:
    """CPU and wall seconds, peak resident memory in MiB, and what the command printed."""

    cpu_s: float
    wall_s: float
    peak_mib: float
    output: str = ""


def once(command: Sequence[str], cwd: Path | None = None, accept: Collection[int] = (0,)) -> Cost:
    """Run `command` to its end and return its cost.

    Raises Failed when it cannot be started or ends with an exit code outside `accept`; the message has the last
    line that it wrote to its standard error.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        begin = time.perf_counter()
        try:
            child = subprocess.Popen(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        except OSError as error:
            raise Failed(f"{command[0]}: {error.strerror}") from error
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            child.wait()
            raise
        wall = time.perf_counter() - begin
        child.returncode = os.waitstatus_to_exitcode(status)  # wait4 took it; Popen need not look for it
        out.seek(0)
        err.seek(0)
        if child.returncode not in accept:
            said = [line for line in err.read().splitlines() if line.strip()] or ["it said nothing"]
            raise Failed(f"{' '.join(command)} ended with {child.returncode}: {said[-1].strip()}")
        return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / _MAXRSS_PER_MIB, out.read())


def middle(costs: Sequence[Cost]) -> Cost:
    """The medians of the seconds, the highest of the peaks, and the last output. Needs at least one cost."""
    return Cost(
        median(cost.cpu_s for cost in costs),
        median(cost.wall_s for cost in costs),
        max(cost.peak_mib for cost in costs),
        costs[-1].output,
    )


def main() -> int:
    """Measure the command of the command line and print its cost as one JSON line."""
    parser = argparse.ArgumentParser(description="Measure a command as a whole process.")
    parser.add_argument("--runs", type=int, default=3, help="how often to run it (default 3)")
    parser.add_argument("command", nargs="+", metavar="COMMAND")
    given = parser.parse_args()
    if given.runs < 1:
        parser.error("--runs must be at least 1")
    try:
        cost = middle([once(given.command) for _ in range(given.runs)])
    except Failed as error:
        print(error, file=sys.stderr)
        return 4
    print(json.dumps(asdict(cost)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
