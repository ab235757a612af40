"""Our battery on the benchmark's workload: `python -m benches.ours DIR`. Prints what it found as one JSON line.

The candidate is judged where it lies. What `check` does besides, digests of the inputs before and after and the shadow copy,
is measured by `python -m benches.ours DIR apart`, in a process of its own.
"""

from __future__ import annotations

import sys


def ours(directory: str) -> list[str]:
    """The command that judges the workload in `directory`."""
    return [sys.executable, "-m", "benches.ours", directory]


def main() -> int:
    """Judge, print, and exit like `cleanroom check`."""
    import json
    import tempfile
    from pathlib import Path

    from benches import project

    from cleanroom import __version__
    from cleanroom.adapters.duckdb.engine import DuckDBEngine, DuckDBWorkspace
    from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs
    from cleanroom.core.battery import battery, decide
    from cleanroom.core.check import Outcome
    from cleanroom.core.measure import Columns, needed
    from cleanroom.ports.engine import Table

    directory = Path(sys.argv[1]).resolve()
    contract = project.contract()
    golden = project.golden(directory / "golden.jsonl")
    engine = DuckDBEngine(JsonSchemaRs())
    candidate = Table(directory / "candidate.parquet")
    with (
        tempfile.TemporaryDirectory(prefix="cleanroom-bench-") as folder,
        engine.open(
            Path(folder),
            contract.plan.roles,
            source=candidate,
            baseline=Table(directory / "baseline.parquet"),
            references=[("profiles.parquet", directory / "profiles.parquet")],
        ) as workspace,
    ):
        if not isinstance(workspace, DuckDBWorkspace):
            raise TypeError("the benchmark judges files in place, which only this engine's workspace does")
        workspace.add("candidate", candidate)
        columns = frozenset(name for name, _ in workspace.measure([Columns()])[Columns()].columns)
        checks = battery(contract, columns, golden=golden, has_baseline=True)
        seen = workspace.measure(needed(c.needs() for c in checks))
        verdict = decide(checks, seen, contract.plan)
        shown = workspace.witness([r.witness for r in verdict.results if r.witness and r.outcome is Outcome.FAIL])
        found = project.found(verdict)
    others = {r.check: r.outcome.value for r in verdict.results if r.outcome is Outcome.FAIL}
    said = {"version": __version__, "found": found, "examples": sum(len(rows) for rows in shown), "failed": others}
    sys.stdout.write(json.dumps(said) + "\n")
    return 1 if verdict.outcome is Outcome.FAIL else 0


def apart() -> int:
    """CPU seconds of what `check` does besides the battery: digests before and after, and the shadow copy."""
    import json
    import tempfile
    import time
    from pathlib import Path

    from benches import project

    from cleanroom.adapters.artifacts import FileArtifacts
    from cleanroom.adapters.duckdb.engine import DuckDBEngine
    from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs
    from cleanroom.ports.engine import Table

    directory = Path(sys.argv[1]).resolve()
    files = [directory / f"{name}.parquet" for name in ("baseline", "candidate", "profiles")]
    started = time.process_time()
    for file in files * 2:
        FileArtifacts(directory).digest(file)
    digests = time.process_time() - started
    with tempfile.TemporaryDirectory(prefix="cleanroom-bench-") as folder:
        engine, roles = DuckDBEngine(JsonSchemaRs()), project.contract().plan.roles
        with engine.open(Path(folder), roles, candidate=Table(files[1])) as workspace:
            started = time.process_time()
            workspace.copy({})
            copied = time.process_time() - started
    sys.stdout.write(json.dumps({"digests_cpu_s": round(digests, 2), "shadow_copy_cpu_s": round(copied, 2)}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(apart() if sys.argv[2:] == ["apart"] else main())
