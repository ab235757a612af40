"""What the battery costs beside a bare scan and its peers: `python benches/battery.py [--quick] [--peers] [--json FILE]`.

Every contestant is a process of its own on the same generated workload (benches/workload.py), and its cost is that
of the whole process: CPU seconds, wall seconds, peak memory. `found` counts the findings that a contestant reports
at all, `exact` those with the true count. The figures of the JSON, lower is better:
    ratio_to_scan           CPU seconds of ours / CPU seconds of decoding every column once
    ratio_to_fastest_peer   CPU seconds of ours / CPU seconds of the fastest peer (with --peers)
    peak_mib                peak memory of ours
each of the largest ROWS; the same with _ROWS appended for every size, and NAME_cpu_s_ROWS of each contestant.

This file keeps to the standard library, because a child starts with the peak memory of the process that made it.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import environments, expected, frame, measure

ROOT = environments.ROOT
QUICK_ROWS = 200_000
FULL_ROWS = [1_000_000, 10_000_000]
OURS = "ours"
SCAN = "scan"
NOT_BUILT = "ours: not built yet (benches/ours.py is absent)"


@dataclass(frozen=True)
class Contestant:
    """A command that does the work on a directory; `accept` are its good exit codes, `most` its largest workload."""

    name: str
    command: Callable[[Path], list[str]]
    accept: tuple[int, ...] = (0,)
    runs: int = 100
    most: int | None = None


@dataclass(frozen=True)
class Entry:
    """One line of the table: a contestant's cost on a workload, and what its JSON line said."""

    rows: int
    name: str
    cost: measure.Cost
    said: dict[str, Any]


def contestants(peers: bool) -> tuple[list[Contestant], list[str]]:
    """Who takes part, the scan first; and a line for each who cannot."""
    here = sys.executable
    scan = Contestant(SCAN, lambda directory: [here, "-m", "benches.scan", str(directory)])
    taking_part, absent = [scan], []
    if importlib.util.find_spec("benches.ours") is None:
        absent.append(NOT_BUILT)
    else:
        command: Callable[[str], list[str]] = importlib.import_module("benches.ours").ours
        # The workload has defects, so that a verdict of FAIL (1) is the right end of a run.
        taking_part.append(Contestant(OURS, lambda directory: command(str(directory)), accept=(0, 1)))
    for peer in environments.PEERS if peers else ():
        try:
            if not environments.ready(peer):
                print(f"making the environment of {peer} ...", file=sys.stderr)
                environments.make(peer)
        except environments.Unmade as error:
            absent.append(f"{peer}: {error}")
            continue
        taking_part.append(_peer(peer))
    return taking_part, absent


def _peer(peer: str) -> Contestant:
    module, python = f"benches.peers.{peer}", str(environments.interpreter(peer))
    pandas = peer == "great_expectations_pandas"  # slow, and it holds all rows as Python objects: once is enough
    return Contestant(
        peer,
        lambda directory: [python, "-m", module, str(directory)],
        runs=1 if pandas else 100,
        most=1_000_000 if pandas else None,
    )


def race(rows: int, data: Path, entrants: list[Contestant], runs: int) -> tuple[list[Entry], list[str]]:
    """Make the workload and run everyone on it in turns, so that a busy moment of the machine hits all alike.

    Returns the lines of the table, and a line for each who failed. Raises measure.Failed when there is no workload.
    """
    directory = data / str(rows)
    print(f"{rows:,} rows: writing the workload ...", file=sys.stderr)
    measure.once([sys.executable, "-m", "benches.workload", str(rows), str(directory)], cwd=ROOT)
    able = [entrant for entrant in entrants if entrant.most is None or rows <= entrant.most]
    measure.once(able[0].command(directory), cwd=ROOT)  # warms the page cache, not counted
    costs: dict[str, list[measure.Cost]] = {entrant.name: [] for entrant in able}
    failed: dict[str, str] = {}
    for turn in range(runs):
        for entrant in able:
            if turn >= entrant.runs or entrant.name in failed:
                continue
            print(f"{rows:,} rows: {entrant.name}, run {turn + 1} ...", file=sys.stderr)
            try:
                cost = measure.once(entrant.command(directory), cwd=ROOT, accept=entrant.accept)
                costs[entrant.name].append(cost)
            except measure.Failed as error:
                failed[entrant.name] = f"{entrant.name} at {rows:,} rows: {error}"
    entries = [
        Entry(rows, name, middle := measure.middle(seen), _last_line(middle.output))
        for name, seen in costs.items()
        if seen and name not in failed
    ]
    return entries, list(failed.values())


def _last_line(output: str) -> dict[str, Any]:
    """The JSON object on the last line of an output, or {}."""
    lines = output.strip().splitlines()
    try:
        said = json.loads(lines[-1]) if lines else {}
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def table(entries: list[Entry], findings: dict[str, Any]) -> list[str]:
    """The lines of the table of one workload."""
    cpu = {entry.name: entry.cost.cpu_s for entry in entries}
    head = ("", "CPU s", "x scan", "x ours", "wall s", "peak MiB", "found", "exact")
    lines: list[tuple[str, ...]] = [head]
    for entry in entries:
        cost, found = entry.cost, entry.said.get("found")
        ratios = [f"{cost.cpu_s / cpu[other]:.2f}" if other in cpu else "-" for other in (SCAN, OURS)]
        marks = ["-", "-"]
        if isinstance(found, dict):
            there = [name for name, finding in findings.items() if finding["count"]]
            seen = sum(bool(found.get(name)) for name in there)
            exact = sum(found.get(name) == finding["count"] for name, finding in findings.items())
            marks = [f"{seen}/{len(there)}", f"{exact}/{len(findings)}"]
        name = f"{entry.name} {entry.said.get('version', '')}".strip()
        numbers = [f"{cost.cpu_s:.2f}", *ratios, f"{cost.wall_s:.2f}", f"{cost.peak_mib:.0f}"]
        lines.append((name, *numbers, *marks))
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return [
        "  ".join(c.ljust(w) if n == 0 else c.rjust(w) for n, (c, w) in enumerate(zip(line, widths, strict=True)))
        for line in lines
    ]


def differences(entries: list[Entry], findings: dict[str, Any]) -> list[str]:
    """What each contestant did not count right, raised without cause, or timed apart."""
    lines = []
    for entry in entries:
        found = entry.said.get("found")
        if isinstance(found, dict):
            wrong = [
                f"{name} {found.get(name)} for {finding['count']}"
                for name, finding in findings.items()
                if found.get(name) != finding["count"]
            ]
            others = [f"{name} {count}" for name, count in entry.said.get("others", {}).items()]
            parts = [f"{name} {seconds:.2f} s" for name, seconds in entry.said.get("apart", {}).items()]
            for label, what in (("counts", wrong), ("also raises", others), ("timed apart", parts)):
                if what:
                    lines.append(f"{entry.name} {label}: {', '.join(what)}")
    return lines


def figures(entries: list[Entry]) -> dict[str, float]:
    """The figures by name: those of every size, and those of the largest size under their plain names."""
    made: dict[str, float] = {}
    for rows in sorted({entry.rows for entry in entries}):
        costs = {entry.name: entry.cost for entry in entries if entry.rows == rows}
        made |= {f"{name}_cpu_s_{rows}": cost.cpu_s for name, cost in costs.items()}
        made |= {f"{name}_peak_mib_{rows}": cost.peak_mib for name, cost in costs.items()}
        if OURS not in costs or SCAN not in costs:
            continue
        ours = costs[OURS]
        headline = {"ratio_to_scan": ours.cpu_s / costs[SCAN].cpu_s, "peak_mib": ours.peak_mib}
        peers = [cost.cpu_s for name, cost in costs.items() if name not in (OURS, SCAN)]
        if peers:
            headline["ratio_to_fastest_peer"] = ours.cpu_s / min(peers)
        made |= headline | {f"{name}_{rows}": value for name, value in headline.items()}
    return {name: round(value, 4) for name, value in made.items()}


def _arguments() -> argparse.Namespace:
    parser = frame.options("The battery's cost beside a bare scan and its peers.", f"{QUICK_ROWS:,} rows only")
    parser.add_argument("--rows", type=int, nargs="+", metavar="N", help="sizes of the workload (1000000 10000000)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each contestant; the median counts (3)")
    parser.add_argument("--peers", action="store_true", help="Soda, Pandera and Great Expectations too")
    parser.add_argument("--data", type=Path, metavar="DIR", help="keep the workloads in DIR and use them again")
    given = frame.given(parser)
    if given.quick and given.rows:
        parser.error("--quick has its own number of rows; give --quick or --rows")
    given.rows = sorted(set(given.rows or ([QUICK_ROWS] if given.quick else FULL_ROWS)))
    if given.rows[0] < expected.SMALLEST:
        parser.error(f"--rows {given.rows[0]}: give at least {expected.SMALLEST}")
    if given.runs < 1:
        parser.error("--runs must be at least 1")
    return given


def main() -> int:
    """Run the race, print its table, write its figures. Exits 4 when a contestant could not run."""
    given = _arguments()
    entrants, absent = contestants(given.peers)
    entries: list[Entry] = []
    with ExitStack() as stack:
        data = given.data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cleanroom-bench-")))
        for rows in given.rows:
            try:
                seen, failed = race(rows, data.resolve(), entrants, given.runs)
            except measure.Failed as error:
                print(error, file=sys.stderr)
                return 4
            manifest = json.loads((data / str(rows) / "manifest.json").read_text(encoding="utf-8"))
            print(f"\n{rows:,} rows of baseline and of candidate, medians of {given.runs}")
            print("\n".join(table(seen, manifest["findings"]) + differences(seen, manifest["findings"])))
            entries += seen
            absent += failed
    for line in absent:
        print(line, file=sys.stderr)
    code = frame.written(given.json, "battery", figures(entries))
    return code or (4 if any(line != NOT_BUILT for line in absent) else 0)


if __name__ == "__main__":
    frame.run(main)
