"""What an evaluation of a flag costs in the process and over HTTP, and how long a kill takes to reach everybody.

    python benches/flags.py [--quick] [--json FILE]

Over HTTP and for the kill see flag_doors.py. In the process: three flags, each asked with keys that were not asked before, so
that nothing is remembered: a split alone, the same behind an audience of two conditions, and one that is killed. Beside them
flagd's own evaluator for Python on the same flags, exported, where it is installed (`openfeature-flagd-core`, in the extra
`dev`). Every call is timed by itself; the medians and the 99th percentiles are of wall time, the means of CPU time. The figures
of the JSON, lower is better:
    eval_us                  median of one evaluation behind an audience, in microseconds
    eval_p99_us, eval_cpu_us its 99th percentile, and its mean in CPU time
    eval_split_us            median of a split alone
    eval_killed_us           median of a killed flag
    flagd_core_us            median of flagd's evaluator behind the audience; flagd_core_split_us of the split alone
    sql_us_per_key           CPU microseconds a key in DuckDB's SQL
    http_p99_ms, http_p99_ratio_to_echo     an evaluation over HTTP at 500 requests a second, beside a FastAPI echo
    kill_p99_s               from the entry that `cleanroom flag kill` wrote to a client's first safe answer, the 99th percentile:
                             the larger one of streaming clients and of polling ones, from which the poll of 1 s is taken off
    kill_stream_last_s, kill_poll_last_s    the slowest client of all rounds, its poll included
    kill_stream_begun_p99_s, kill_poll_begun_p99_s   the same from the start of the command's process
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame
from benches.flag_doors import RATE, killing, rated

from cleanroom.core.flags import Flag, Split, evaluate, killed
from cleanroom.formats.flag_sql import assignment
from cleanroom.formats.flagd import export

FULL, QUICK = 200_000, 20_000
AUDIENCE = {"and": [{"in": [{"var": "region"}, ["eu", "us"]]}, {"sem_ver": [{"var": "app"}, ">=", "2.1.0"]}]}
BEHIND = Flag(
    "checkout-mapping",
    {"old": "mapping-1", "new": "mapping-2", "legacy": "mapping-0"},
    safe="legacy",
    control="old",
    split=Split("new", 5_000, 5_000),
    audience=AUDIENCE,
    hash="flagd-3",
)
ALONE = replace(BEHIND, key="split", audience=None)
OFF = killed(replace(BEHIND, key="off"))

Ask = Callable[[str], object]


def contexts(many: int) -> list[dict[str, str]]:
    """Contexts of as many users, each once, with keys as long as a UUID."""
    drawn = np.random.default_rng(20261122).bytes(16 * many).hex()
    keys = (drawn[i : i + 32] for i in range(0, 32 * many, 32))
    return [
        {"targetingKey": f"{k[:8]}-{k[8:12]}-{k[12:16]}-{k[16:20]}-{k[20:]}", "region": "eu", "app": "2.4.1"}
        for k in keys
    ]


def timed(ask: Callable[[Any], object], asked: Sequence[Any]) -> tuple[float, float, float]:
    """Median and 99th percentile of the wall time, mean of the CPU time of one call, in microseconds."""
    seen = []
    for one in asked[: len(asked) // 10]:
        ask(one)
    cpu = time.process_time()
    for one in asked:
        begin = time.perf_counter_ns()
        ask(one)
        seen.append(time.perf_counter_ns() - begin)
    cpu = time.process_time() - cpu
    p50, p99 = np.percentile(seen, [50, 99])
    return float(p50) / 1000, float(p99) / 1000, cpu / len(asked) * 1e6


def peer(flags: Sequence[Flag]) -> Callable[[str], Callable[[Any], object]] | None:
    """flagd's evaluator with the same flags; None where it is not installed."""
    try:
        from openfeature.contrib.tools.flagd.core import FlagdCore
    except ImportError:
        return None
    core = FlagdCore()
    core.set_flags(export(flags))
    return lambda key: lambda context: core.resolve_string_value(key, "code", context)


def _peer_contexts(asked: Sequence[Mapping[str, str]]) -> list[Any]:
    from openfeature.evaluation_context import EvaluationContext

    return [EvaluationContext(c["targetingKey"], {"region": c["region"], "app": c["app"]}) for c in asked]


def in_sql(asked: Sequence[Mapping[str, str]]) -> float:
    """CPU microseconds a key of the split alone, in DuckDB on one thread."""
    expression = assignment(ALONE, "key", "duckdb").expression
    with duckdb.connect(config={"threads": "1"}) as connection:
        connection.execute("CREATE TABLE keys AS SELECT unnest(?) AS key", [[c["targetingKey"] for c in asked]])
        statement = " ".join(("SELECT count(*) FROM keys WHERE", expression, "= 'new'"))
        cpu = time.process_time()
        connection.execute(statement).fetchall()
        return (time.process_time() - cpu) / len(asked) * 1e6


def measure(many: int) -> dict[str, float]:
    """All figures by name."""
    asked = contexts(many)
    made: dict[str, float] = {"evaluations": many}
    made["eval_us"], made["eval_p99_us"], made["eval_cpu_us"] = timed(lambda c: evaluate(BEHIND, c), asked)
    made["eval_split_us"], made["eval_split_p99_us"], _ = timed(lambda c: evaluate(ALONE, c), asked)
    made["eval_killed_us"], _, _ = timed(lambda c: evaluate(OFF, c), asked)
    flagd = peer([BEHIND, ALONE])
    if flagd is not None:
        theirs = _peer_contexts(asked)
        made["flagd_core_us"], made["flagd_core_p99_us"], made["flagd_core_cpu_us"] = timed(flagd(BEHIND.key), theirs)
        made["flagd_core_split_us"], made["flagd_core_split_p99_us"], _ = timed(flagd(ALONE.key), theirs)
    made["sql_us_per_key"] = in_sql(asked)
    return {name: round(value, 3) for name, value in made.items()}


def doors(quick: bool) -> dict[str, float]:
    """The figures over HTTP: with 1,000 clients a kill and 10 kills, or a few of them. Nothing else should run meanwhile."""
    seconds, clients, rounds = (4.0, 100, 1) if quick else (60.0, 1_000, 10)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = rated(folder / "rated", seconds)
        streaming = killing(folder / "stream", clients, rounds, stream=True)
        polling = killing(folder / "poll", clients, rounds, stream=False)
    made["kill_clients"], made["kill_rounds"] = clients, rounds
    made["kill_p99_s"] = max(streaming["p99_s"], polling["p99_s"] - 1.0)
    for name, found in (("stream", streaming), ("poll", polling)):
        made |= {f"kill_{name}_{figure}": found[figure] for figure in ("p50_s", "p99_s", "last_s", "begun_p99_s")}
    return {name: round(value, 3) for name, value in made.items()}


def doors_table(made: Mapping[str, float]) -> str:
    """The figures over HTTP as a person reads them."""
    kill = (
        f"{made[f'kill_{how}_p99_s']:.2f} s (from the command's start {made[f'kill_{how}_begun_p99_s']:.2f} s)"
        for how in ("stream", "poll")
    )
    return "\n".join(
        (
            f"over HTTP, {RATE} a second              {made['http_p50_ms']:>7.2f} ms  p99 {made['http_p99_ms']:>8.2f} ms",
            f"  a FastAPI echo                     {made['echo_p50_ms']:>7.2f} ms  p99 {made['echo_p99_ms']:>8.2f} ms",
            f"  ratio of the 99th percentiles      {made['http_p99_ratio_to_echo']:>7.2f}",
            f"a kill, {int(made['kill_clients']):,} clients, {int(made['kill_rounds'])} times",
            f"  streaming                          p99 {next(kill)}",
            f"  polling once a second              p99 {next(kill)}",
        )
    )


def table(made: Mapping[str, float]) -> str:
    """The figures as a person reads them."""
    lines = [f"{int(made['evaluations']):,} evaluations, in microseconds"]
    for what, median, tail in (
        ("a split behind two conditions", "eval_us", "eval_p99_us"),
        ("  flagd-core for Python", "flagd_core_us", "flagd_core_p99_us"),
        ("a split alone", "eval_split_us", "eval_split_p99_us"),
        ("  flagd-core for Python", "flagd_core_split_us", "flagd_core_split_p99_us"),
        ("a killed flag", "eval_killed_us", ""),
        ("a key in DuckDB's SQL, CPU", "sql_us_per_key", ""),
    ):
        if median in made:
            lines.append(f"{what:<36}{made[median]:>9.2f}" + (f"  p99 {made[tail]:>8.2f}" if tail else ""))
        else:
            lines.append(f"{what:<36}  not installed")
    return "\n".join(lines)


def main() -> int:
    """Measure, print the table, write the figures."""
    parser = frame.options("What an evaluation of a flag costs.", f"{QUICK:,} evaluations only")
    given = frame.given(parser)
    made = measure(QUICK if given.quick else FULL)
    print(table(made))
    over_http = doors(given.quick)
    print(doors_table(over_http))
    made |= over_http
    return frame.written(given.json, "flags", made)


if __name__ == "__main__":
    frame.run(main)
