"""Outcomes that left the log: Parquet files by flag and hour; files.py says how they come to the disk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb
import numpy as np
from duckdb import ColumnExpression, ConstantExpression
from numpy.typing import NDArray

from cleanroom.adapters.sqlstore.files import Files, floats, metric_of, micros_of, within
from cleanroom.adapters.sqlstore.packed import ARMS, Unpacked
from cleanroom.core.outcome import Columns

_FILE = """
SELECT
    h.id, $flag AS flag, h.variant, h.arm, h.agrees, h.who,
    make_timestamptz(h.at) AS happened, make_timestamptz(h.arrived) AS arrived,
    coalesce(m.metrics, map(CAST([] AS VARCHAR[]), CAST([] AS DOUBLE[]))) AS metrics, h.source
FROM heads AS h
LEFT JOIN (
    SELECT place, map(list(text ORDER BY code), list(value ORDER BY code)) AS metrics
    FROM marks JOIN names USING (code) GROUP BY place
) AS m USING (place)
ORDER BY h.at, h.place
"""
"""What a row of a file says. `happened` and `arrived` are moments in UTC."""


def write(files: Files, flag: str, hour: int, found: Unpacked, texts: Sequence[tuple[str, str, str]]) -> str:
    """Write outcomes of one flag and hour to a file; its name."""

    def draw(db: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
        for name, table in _tables(found, texts).items():
            db.register(name, table)
        return db.sql(_FILE, params={"flag": flag})

    return files.write(flag, hour, draw)


def columns(files: Files, names: Sequence[str], since: int, until: int, metrics: Sequence[str]) -> Columns:
    """Outcomes of these files with since <= at < until, in the order of the files. Raises Outside for a missing one."""
    wanted = {
        "at": micros_of("happened"),
        "arrived": micros_of("arrived"),
        "canary": ColumnExpression("arm") == ConstantExpression(ARMS[0]),
        "who": ColumnExpression("who"),
    }
    wanted |= {f"m{place}": metric_of(name) for place, name in enumerate(metrics)}
    compared = ColumnExpression("agrees") & ColumnExpression("arm").isin(*map(ConstantExpression, ARMS[:2]))
    found = files.read(names, within(since, until) & compared, wanted)
    return Columns(
        found["who"].astype(np.str_),
        found["at"],
        found["arrived"],
        found["canary"],
        {name: floats(found[f"m{place}"]) for place, name in enumerate(metrics)},
    )


def apart(files: Files, names: Sequence[str], since: int, until: int) -> int:
    """How many outcomes of these files with since <= at < until do not agree with the flag."""
    which = within(since, until) & ~ColumnExpression("agrees")
    return len(files.read(names, which, {"at": micros_of("happened")})["at"])


def _tables(found: Unpacked, texts: Sequence[tuple[str, str, str]]) -> dict[str, dict[str, NDArray[Any]]]:
    """The outcomes as DuckDB takes them in."""
    heads = found.heads
    ids, variants, sources = (np.array(column, object) for column in zip(*texts, strict=True))
    return {
        "heads": {
            "place": np.arange(len(heads)),
            "id": ids,
            "variant": variants,
            "source": sources,
            "arm": np.array(ARMS, object)[heads["arm"]],
            "agrees": heads["agrees"] == 1,
            "who": heads["who"].astype(np.str_).astype(object),
            "at": heads["at"].astype(np.int64),
            "arrived": heads["arrived"].astype(np.int64),
        },
        **marks_of(found),
    }


def marks_of(found: Any) -> dict[str, dict[str, NDArray[Any]]]:
    """The tables `marks` and `names` of what has them."""
    return {
        "marks": {"place": found.of, "code": found.code, "value": found.value},
        "names": {"code": np.arange(len(found.names)), "text": np.array(found.names, object)},
    }
