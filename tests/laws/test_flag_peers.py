"""The same keys get the same variants in flagd's own evaluator, in SQL, and in the function that a warehouse runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest
from openfeature.contrib.tools.flagd.core import FlagdCore
from openfeature.evaluation_context import EvaluationContext
from playwright._impl._driver import compute_driver_executable
from tests.flag_samples import CONTEXT, NEW_APP, REGION, flag, keys

from cleanroom.core.flags import HASH_VERSIONS, HashVersion, evaluate
from cleanroom.core.flags.bucketing import point
from cleanroom.formats.flag_js import body
from cleanroom.formats.flag_sql import assignment
from cleanroom.formats.flagd import export

MANY = 100_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 10_000
EDGES = [
    "",
    *("x" * n for n in (1, 2, 3, 4, 5, 16, 22, 23, 24, 246, 247, 248, 249, 5_000)),
    "😀",
    "a\u0301",
    "'\\--",
    " ",
]

Ask = Callable[[str, Sequence[str | None]], list[str]]


def test_flagds_own_evaluator_agrees_on_what_we_export() -> None:
    of = flag(33_333, holdout=7_777, hash="flagd-3", audience={"and": [REGION, NEW_APP]}, overrides={"user-5": "new"})
    core = FlagdCore()
    core.set_flags(export([of]))
    attributes = {k: v for k, v in CONTEXT.items() if k != "targetingKey"}
    seen = {"candidate": 0, "control": 0, "holdout": 0, "override": 0}
    for key in keys(MANY):
        ours = evaluate(of, {**attributes, "targetingKey": key})
        theirs = core.resolve_string_value("checkout", "code", EvaluationContext(key, attributes))
        assert (ours.variant, ours.value) == (theirs.variant, theirs.value), key
        seen[ours.arm] += 1
    assert 0.31 < seen["candidate"] / MANY < 0.36
    assert 0.06 < seen["holdout"] / MANY < 0.10
    for away in ({"region": "asia", "app": "2.4.1"}, {"region": "eu", "app": "2.0.9"}, {}):
        assert evaluate(of, {**away, "targetingKey": "user-9"}).arm == "outside"
        assert core.resolve_string_value("checkout", "code", EvaluationContext("user-9", away)).variant == "old"
    assert core.resolve_string_value("checkout", "code", EvaluationContext(None, attributes)).variant == "legacy"


def _duckdb(expression: str, column: Sequence[str | None]) -> list[str]:
    with duckdb.connect() as connection:
        connection.execute(
            'CREATE TABLE t AS SELECT unnest(?) AS i, unnest(?) AS "the ""key"',
            [list(range(len(column))), list(column)],
        )
        return [row[0] for row in connection.execute(f"SELECT {expression} FROM t ORDER BY i").fetchall()]


def _spark(expression: str, column: Sequence[str | None]) -> list[str]:
    from pyspark.sql import SparkSession

    settings = {"spark.ui.enabled": "false", "spark.sql.shuffle.partitions": "1", "spark.driver.host": "127.0.0.1"}
    builder = SparkSession.builder.master("local[1]")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    frame = session.createDataFrame(list(enumerate(column)), 'i int, `the "key` string')
    frame.createOrReplaceTempView("t")
    return [row[0] for row in session.sql(f"SELECT {expression} FROM t ORDER BY i").collect()]


# Spark takes pyspark (490 MiB) and Java; where they are not, these tests are not there, rather than skipped.
ENGINES: dict[str, Ask] = {"duckdb": _duckdb}
if find_spec("pyspark") and shutil.which("java"):
    ENGINES["spark"] = _spark


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("version", HASH_VERSIONS)
@pytest.mark.parametrize("engine", ENGINES)
def test_sql_puts_every_key_where_the_flag_does(engine: str, version: HashVersion) -> None:
    of = flag(33_333, hash=version, space='it\'s a \\ "space"', overrides={"user-5": "legacy", "'\\--": "new"})
    column: list[str | None] = [*EDGES, *keys(MANY)]
    expression = assignment(of, 'the "key', engine).expression
    got = ENGINES[engine](expression, [*column, None])
    assert got == [evaluate(of, {"targetingKey": key}).variant for key in [*column, None]]
    assert {"new", "old", "legacy"} == set(got)


@pytest.mark.parametrize("version", HASH_VERSIONS)
def test_the_function_of_a_warehouse_hashes_as_we_do(version: HashVersion, tmp_path: Path) -> None:
    node, _ = compute_driver_executable()
    column = [*EDGES, *keys(MANY)]
    script = tmp_path / "run.cjs"
    script.write_text(
        f"const point = function (key) {{\n{body(version)}}};\n"
        "const keys = JSON.parse(require('fs').readFileSync(0, 'utf8'));\n"
        "process.stdout.write(JSON.stringify(keys.map(point)));\n",
        encoding="utf-8",
    )
    done = subprocess.run([node, str(script)], input=json.dumps(column).encode(), capture_output=True, check=True)
    assert json.loads(done.stdout) == [point(version, key) for key in column]
