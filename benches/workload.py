"""Writes the benchmark's workload: `python benches/workload.py ROWS DIR [--seed N]`.

baseline.parquet, candidate.parquet   ROWS events of an online shop each (generated); the candidate carries every defect
profiles.parquet                      the users that exist
golden.jsonl                          1,000 rows of the candidate as they were before the damage, by event_id
manifest.json                         what was injected, and the exact count of every finding
The same ROWS and seed give the same rows on every machine with the same numpy.
"""

from __future__ import annotations

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import expected, stream, truth

FORMAT = 1
"""Part of the manifest; raise it when the rows of the same seed change, so that kept data is made anew."""
GOLDEN_CASES = 1000
ROW_GROUP = 122_880
MEMORY = "3GB"
"""DuckDB's limit; the whole process peaks at about 1 GiB at 10,000,000 rows."""

_WORDS = {
    "events": [*expected.EVENTS, "add_to_basket"],
    "countries": expected.COUNTRIES,
    "currencies": [expected.CURRENCY_OF[country] for country in expected.COUNTRIES],
    "devices": expected.DEVICES,
    "referrers": expected.REFERRERS,
    "categories": expected.CATEGORIES,
    "commerce": expected.COMMERCE_EVENTS,
    "orders": expected.ORDER_EVENTS,
}

_EVENTS_SQL = """
WITH named AS (
    SELECT *,
        getvariable('words').events[event + 1] AS kind,
        getvariable('words').categories[category + 1] AS category_name,
        getvariable('words').referrers[referrer + 1] AS referrer_name,
        coalesce(isnan(price), true) AS free,  -- DuckDB may read the NaN of an array as NULL
        round(price * quantity, 2) AS amount
    FROM codes
), written AS (
    SELECT *,
        CASE
            WHEN list_contains(getvariable('words').orders, kind) THEN concat(
                '"transaction_id":"T', source, '","item_id":"SKU-', item, '","category":"', category_name,
                '","value":', amount, ',"tax":', round(amount * 0.2, 2),
                ',"coupon":', if(coupon, '"SAVE10"', 'null'), ',')
            WHEN list_contains(getvariable('words').commerce, kind) THEN concat(
                '"item_id":"SKU-', item, '","category":"', category_name, '","brand":"b', item % 97,
                '","discount":', (scroll % 30) / 100, ',"coupon":', if(coupon, '"SAVE10"', 'null'), ',')
            WHEN kind = 'page_view' THEN concat(
                '"title":"Page ', page, '","load_ms":', (scroll::INTEGER + 1) * 17, ',')
            WHEN kind = 'search' THEN concat(
                '"query":"', category_name, ' ', page, '","results":', page % 120, ',')
            ELSE ''
        END AS own
    FROM named
)
SELECT
    'e' || lpad(row::VARCHAR, 12, '0') AS event_id,
    make_timestamp(ts) AS ts,
    if(broken_user, 'x' || lpad(source::VARCHAR, 7, '0'), 'u' || lpad("user"::VARCHAR, 7, '0')) AS user_id,
    'es' || lpad(session::VARCHAR, 9, '0') AS session_id,
    getvariable('words').events[shown + 1] AS event_name,
    getvariable('words').countries[country + 1] AS country,
    if(bad_currency, 'ZZZ', getvariable('words').currencies[country + 1]) AS currency,
    if(free, NULL, price) AS price,
    quantity,
    getvariable('words').devices[device + 1] AS device,
    CASE
        WHEN bad_url THEN 'shop.example.com/broken'
        WHEN free THEN concat(
            'https://shop.example.com/c/', category_name, '?page=', page, '&ref=', referrer_name)
        ELSE concat('https://shop.example.com/p/', category_name, '/', item)
    END AS page_url,
    left(concat(
        '{', if(missing_required_key, '', '"schema_version":2,'), own,
        '"ctx":{"referrer":"', referrer_name,
        '","scroll":', if(wrong_type, '"' || scroll || '"', scroll::VARCHAR),
        ',"ab":"v', variant, '"}}'
    ), if(malformed_json, 20, 1000)) AS properties
FROM written
"""
_PROFILES_SQL = """
SELECT 'u' || lpad("user"::VARCHAR, 7, '0') AS user_id, getvariable('words').countries[country + 1] AS country, age
FROM codes
"""


def write(rows: int, directory: Path, seed: int) -> dict[str, Any]:
    """Write the workload into `directory` and return its manifest. The manifest is written last."""
    directory.mkdir(parents=True, exist_ok=True)
    manifest_file = directory / "manifest.json"
    manifest_file.unlink(missing_ok=True)
    people, first, second, harm, cases = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(5))

    users = stream.profiles(people)
    _parquet(users, _PROFILES_SQL, directory / "profiles.parquet")
    codes = stream.clean(rows, first, users["country"])
    before = truth.baseline(codes)
    _parquet(codes, _EVENTS_SQL, directory / "baseline.parquet")
    del codes

    codes = stream.clean(rows, second, users["country"])
    golden = np.sort(cases.choice(rows, GOLDEN_CASES, replace=False))
    _golden({name: column[golden] for name, column in codes.items()}, directory / "golden.jsonl")
    stream.damage(codes, harm)
    manifest = {
        "format": FORMAT,
        "rows": rows,
        "seed": seed,
        "injected": truth.injected(codes),
        "findings": truth.findings(codes, before, golden),
    }
    _parquet(codes, _EVENTS_SQL, directory / "candidate.parquet")
    names = ("baseline.parquet", "candidate.parquet", "profiles.parquet", "golden.jsonl")
    manifest["bytes"] = {name: (directory / name).stat().st_size for name in names}
    manifest_file.write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")
    return manifest


def kept(rows: int, directory: Path, seed: int) -> dict[str, Any] | None:
    """The manifest of a workload that `directory` already has whole, or None."""
    try:
        manifest: dict[str, Any] = json.loads((directory / "manifest.json").read_text(encoding="utf-8"))
        sizes = {name: (directory / name).stat().st_size for name in manifest["bytes"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    wanted = {"format": FORMAT, "rows": rows, "seed": seed, "bytes": sizes}
    return manifest if all(manifest.get(name) == value for name, value in wanted.items()) else None


def _query(codes: stream.Codes, sql: str, spill: Path) -> duckdb.DuckDBPyRelation:
    connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": str(spill / "spill.tmp")})
    connection.execute("SET VARIABLE words = $words", {"words": _WORDS})
    connection.register("codes", codes)
    return connection.sql(sql)


def _parquet(codes: stream.Codes, sql: str, file: Path) -> None:
    _query(codes, sql, file.parent).write_parquet(str(file), compression="zstd", row_group_size=ROW_GROUP)


def _golden(codes: stream.Codes, file: Path) -> None:
    rows = _query(codes, _EVENTS_SQL, file.parent).fetchall()
    with file.open("w", encoding="utf-8") as lines:
        for number, row in enumerate(rows, 1):
            expect = dict(zip(expected.COLUMNS, row, strict=True))
            case = {"id": f"golden-{number:04d}", "key": {"event_id": expect.pop("event_id")}, "expect": expect}
            print(json.dumps(case, default=datetime.isoformat), file=lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Write the benchmark's workload.")
    parser.add_argument("rows", type=int, metavar="ROWS", help=f"events a side, at least {expected.SMALLEST}")
    parser.add_argument("directory", type=Path, metavar="DIR", help="where to write; made when absent")
    parser.add_argument("--seed", type=int, default=1, help="other rows for another seed (default 1)")
    given = parser.parse_args()
    if given.rows < expected.SMALLEST:
        parser.error(f"ROWS is {given.rows}; give at least {expected.SMALLEST}")
    if given.directory.exists() and not given.directory.is_dir():
        parser.error(f"{given.directory} is not a directory")
    if given.seed < 0:
        parser.error("--seed must not be negative")
    return given


def main() -> int:
    """Write the workload unless it is there already; print the manifest's counts."""
    given = _arguments()
    try:
        manifest = kept(given.rows, given.directory, given.seed) or write(given.rows, given.directory, given.seed)
    except (OSError, duckdb.Error) as error:
        print(f"cannot write the workload to {given.directory}: {error}", file=sys.stderr)
        return 4
    print(json.dumps({name: finding["count"] for name, finding in manifest["findings"].items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
