"""The benchmark tells the truth: its workload has exactly the defects that its manifest counts, and it measures children."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from benches import expected, measure
from benches.battery import Entry, figures
from benches.measure import Cost
from benches.peers.queries import QUERIES, listed, views
from benches.workload import kept

ROOT = Path(__file__).resolve().parents[2]
ROWS = 50_000
FILES = ["baseline.parquet", "candidate.parquet", "profiles.parquet", "golden.jsonl", "manifest.json"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def workload(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("workload")
    done = run("benches/workload.py", ROWS, directory)
    assert done.returncode == 0, done.stderr
    return directory


def manifest(directory: Path) -> dict[str, object]:
    return dict(json.loads((directory / "manifest.json").read_text(encoding="utf-8")))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(workload: Path, tmp_path: Path) -> None:
    for name, seed in (("same", 1), ("other", 2)):
        assert run("benches/workload.py", ROWS, tmp_path / name, "--seed", seed).returncode == 0
    for file in FILES:
        assert (tmp_path / "same" / file).read_bytes() == (workload / file).read_bytes()
    for file in FILES:
        assert (tmp_path / "other" / file).read_bytes() != (workload / file).read_bytes()


def test_the_manifest_counts_what_is_in_the_files(workload: Path) -> None:
    wrong = {
        "event_unknown": f"event_name NOT IN {listed(expected.EVENTS)}",
        "currency_unknown": f"currency NOT IN {listed(expected.CURRENCIES)}",
        "price_out_of_range": "price < 0",
        "user_malformed": f"NOT regexp_matches(user_id, '{expected.USER_ID_PATTERN}')",
        "url_malformed": f"NOT regexp_matches(page_url, '{expected.PAGE_URL_PATTERN}')",
        "user_missing": "user_id NOT IN (SELECT user_id FROM profiles)",
    }
    queries = QUERIES | {name: f"SELECT 1 FROM candidate WHERE {where}" for name, where in wrong.items()}
    signature = ", ".join(expected.SIGNATURE)
    queries["duplicates"] = (
        f"SELECT 1 FROM candidate QUALIFY row_number() OVER (PARTITION BY {signature} ORDER BY event_id) > 1"
    )
    with duckdb.connect() as connection:
        for statement in views(workload):
            connection.execute(statement)
        seen = {name: len(connection.execute(query).fetchall()) for name, query in queries.items()}
    counted = json.loads((workload / "manifest.json").read_text(encoding="utf-8"))["findings"]
    assert {name: seen[name] for name in counted} == {name: f["count"] for name, f in counted.items()}
    assert not [name for name in seen if name.startswith("psi_") and seen[name]]


def test_the_golden_cases_are_the_candidate_before_the_damage(workload: Path) -> None:
    lines = (workload / "golden.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    assert len({case["key"]["event_id"] for case in cases}) == len(cases) == 1000
    assert all(json.loads(case["expect"]["properties"])["schema_version"] == 2 for case in cases)


def test_a_kept_workload_is_used_again_only_while_it_is_whole(workload: Path, tmp_path: Path) -> None:
    for file in FILES:
        (tmp_path / file).write_bytes((workload / file).read_bytes())
    assert kept(ROWS, tmp_path, 1) == manifest(workload)
    assert kept(ROWS, tmp_path, 2) is None
    assert kept(ROWS + 1, tmp_path, 1) is None
    (tmp_path / "candidate.parquet").write_bytes(b"PAR1")
    assert kept(ROWS, tmp_path, 1) is None


def test_a_cost_has_the_work_and_the_memory_of_children() -> None:
    work = "import time; block = bytearray(200 << 20)\nwhile time.process_time() < 0.3: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {work!r}], check=True); print('done')"
    cost = measure.once([sys.executable, "-c", parent])
    assert cost.cpu_s >= 0.3
    assert cost.peak_mib >= 200
    assert cost.output == "done\n"


def test_a_command_that_fails_is_one_line() -> None:
    with pytest.raises(measure.Failed, match=r"ended with 3: no luck$"):
        measure.once([sys.executable, "-c", "import sys; print('no luck', file=sys.stderr); sys.exit(3)"])
    with pytest.raises(measure.Failed, match="No such file"):
        measure.once(["/no/such/command"])
    assert measure.once([sys.executable, "-c", "raise SystemExit(1)"], accept=(0, 1)).wall_s > 0


def test_figures_are_ratios_to_the_scan_and_to_the_fastest_peer() -> None:
    seconds = {"scan": 2.0, "ours": 6.0, "soda": 24.0, "pandera_polars": 48.0}
    entries = [Entry(1000, name, Cost(s, s, 100.0), {}) for name, s in seconds.items()]
    made = figures(entries)
    assert (made["ratio_to_scan"], made["ratio_to_fastest_peer"], made["peak_mib"]) == (3.0, 0.25, 100.0)
    assert "ratio_to_fastest_peer" not in figures(entries[:2])
    assert "ratio_to_scan" not in figures([e for e in entries if e.name != "ours"])
