"""The battery's work in Soda Core on DuckDB: `python -m benches.peers.soda DIR`, in its own environment.

Prints one JSON line: the versions, what was found (by finding) and what else failed, with counts.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ["SODA_CORE_TELEMETRY_ENABLED"] = "false"

import duckdb
from benches import expected
from benches.peers.queries import QUERIES, views
from soda_core.contracts import verify_contract_locally


def column(name: str, kind: str, *checks: dict[str, Any], filled: bool = True) -> dict[str, Any]:
    """A column of the contract: its type and checks, and no missing values when `filled`."""
    missing = [{"missing": {"name": f"{name}_missing"}}] if filled else []
    return {"name": name, "data_type": kind, "checks": [*missing, *checks]}


def invalid(name: str, **valid: Any) -> dict[str, Any]:
    """A check that no value is invalid."""
    return {"invalid": {"name": name, "qualifier": name, **valid}}


def shape(name: str, regex: str) -> dict[str, Any]:
    """A check that every value matches a pattern."""
    return invalid(name, valid_format={"name": name, "regex": regex})


def columns() -> list[dict[str, Any]]:
    """The candidate's columns and their checks."""
    profiles = {"dataset": "bench/main/profiles", "column": "user_id"}
    price = invalid("price_out_of_range", valid_min=0, valid_max=expected.PRICE_MAX)
    quantity = invalid("quantity_out_of_range", valid_min=0, valid_max=expected.QUANTITY_MAX)
    event_id = shape("event_id_malformed", expected.EVENT_ID_PATTERN)
    user_id = shape("user_malformed", expected.USER_ID_PATTERN)
    return [
        column("event_id", "varchar", event_id, {"duplicate": {"name": "event_id_repeated"}}),
        column("ts", "timestamp"),
        column("user_id", "varchar", user_id, invalid("user_missing", valid_reference_data=profiles)),
        column("session_id", "varchar"),
        column("event_name", "varchar", invalid("event_unknown", valid_values=expected.EVENTS)),
        column("country", "varchar", invalid("country_unknown", valid_values=expected.COUNTRIES)),
        column("currency", "varchar", invalid("currency_unknown", valid_values=expected.CURRENCIES)),
        column("price", "double", price, filled=False),
        column("quantity", "integer", quantity),
        column("device", "varchar", invalid("device_unknown", valid_values=expected.DEVICES)),
        column("page_url", "varchar", shape("url_malformed", expected.PAGE_URL_PATTERN)),
        column("properties", "varchar"),
    ]


def contract() -> dict[str, Any]:
    """Soda's contract for the candidate; a check's name is the finding that it shows."""
    duplicates = {"duplicate": {"name": "duplicates", "columns": expected.SIGNATURE}}
    told = [{"failed_rows": {"name": n, "qualifier": n, "query": query}} for n, query in QUERIES.items()]
    return {
        "dataset": "bench/main/candidate",
        "columns": columns(),
        "checks": [{"schema": {"name": "schema"}}, duplicates, *told],
    }


def verify(directory: Path) -> dict[str, float | None]:
    """By name of a check: the count that Soda holds against its threshold; None where it could not evaluate."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder, "bench.duckdb")
        with duckdb.connect(str(database)) as connection:
            for statement in views(directory):
                connection.execute(statement)
        source = {"type": "duckdb", "name": "bench", "connection": {"database": str(database)}}
        files = {"source.yml": source, "contract.yml": contract()}
        for name, content in files.items():
            Path(folder, name).write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
        session = verify_contract_locally(
            data_source_file_path=str(Path(folder, "source.yml")),
            contract_file_path=str(Path(folder, "contract.yml")),
        )
    results = session.contract_verification_results[0].check_results
    if session.has_errors or not results:
        raise SystemExit(session.get_errors_str())
    return {
        result.check.name: (
            float(result.outcome.name != "PASSED") if result.threshold_value is None else result.threshold_value
        )
        for result in results
    }


def main() -> None:
    """Verify the workload in DIR and print what Soda found."""
    counts = verify(Path(sys.argv[1]).resolve())
    found = {name: counts.pop(name, None) for name in expected.FINDINGS}
    others = {name: count for name, count in counts.items() if count}
    print(json.dumps({"version": version("soda-core"), "found": found, "others": others}))


if __name__ == "__main__":
    main()
