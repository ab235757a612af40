"""From a change to a verdict: what is kept, what is proven, and what stays untouched."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import duckdb
import jsonschema_rs
import pytest
from tests.projects import checked, failed, fixed

from cleanroom.adapters.duckdb.engine import DuckDBEngine
from cleanroom.app.audit import verify
from cleanroom.app.propose.dataset import propose_dataset
from cleanroom.app.room import Room
from cleanroom.app.shadow import preview
from cleanroom.core.base import CleanroomError, Misuse, Outside
from cleanroom.core.facts import Judged, Ran
from cleanroom.core.ledger import Verified
from cleanroom.entry.report.json import report_schema
from cleanroom.sim.shop import DEFECTS, LEGACY, REFERENCE, TRUTH, candidate, write_project, write_shop
from cleanroom.wiring import table

FAMILY = {
    "duplicates": "duplicates",
    "unknown_users": "references",
    "lowercase_currency": "fields",
    "missing_key": "schema",
    "price_drift": "drift",
    "growing_funnel": "funnels",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    write_project(folder)
    write_shop(folder)
    return folder


@pytest.fixture
def work(shop: Path) -> Room:
    return fixed(shop)


def baseline(work: Room) -> str:
    return str(work.project.root / REFERENCE)


def test_the_right_mapping_passes_and_everything_about_it_is_kept(work: Room) -> None:
    source = work.project.root / LEGACY
    before = hashlib.sha256(source.read_bytes()).hexdigest()
    done = checked(work, "right", TRUTH, LEGACY, baseline(work))
    assert done.report.outcome.value in ("PASS", "WARN"), failed(done)
    assert hashlib.sha256(source.read_bytes()).hexdigest() == before

    assert {f.name for f in done.folder.iterdir()} == {
        "output.parquet", "golden.parquet", "report.html", "report.json", "junit.xml",
    }  # fmt: skip
    db = duckdb.connect()
    names = {r[0] for r in db.execute(f"SELECT DISTINCT event FROM '{done.folder}/output.parquet'").fetchall()}
    assert names == {m.target for m in TRUTH.events} - {"none"}
    footer = db.execute(f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{done.folder}/output.parquet')")
    metadata = dict(footer.fetchall())
    assert metadata["cleanroom.run"] == done.report.run.digest
    assert metadata["cleanroom.operator"] == "ana@shop.example"

    written = json.loads((done.folder / "report.json").read_bytes())
    jsonschema_rs.validator_for(report_schema()).validate(written)
    ran, judged = (e.fact for e in work.store.history(f"run/{done.report.run.digest}"))
    assert isinstance(ran, Ran)
    assert isinstance(judged, Judged)
    assert judged.outcome == done.report.outcome.value
    assert {o.path for o in ran.outputs} == {f.name for f in done.folder.iterdir()}
    assert isinstance(verify(work.store), Verified)


def test_the_verdict_of_a_run_is_a_function_of_its_inputs(work: Room) -> None:
    one = checked(work, "again", TRUTH, LEGACY, baseline(work))
    fixed_at = work.clock.now()
    first = {e.result.check: e.result for e in one.report.evidence}
    work.clock.at = type(fixed_at)("2026-11-22T10:00:00.000000Z")  # type: ignore[attr-defined]
    two = checked(work, "again", baseline=baseline(work))
    second = {e.result.check: e.result for e in two.report.evidence}
    differing = {k for k in first if first[k] != second[k]} - {"duplicates.idempotent"}
    assert not differing
    assert one.folder != two.folder


@pytest.mark.parametrize("defect", DEFECTS)
def test_each_defect_of_a_dataset_is_found_and_named(work: Room, defect: str) -> None:
    file = candidate(work.project.root, defect)
    propose_dataset(work, table_of(file), f"bad-{defect.replace('_', '-')}", "another-tool")
    done = checked(work, f"bad-{defect.replace('_', '-')}", baseline=baseline(work))
    assert done.report.outcome.value == "FAIL"
    assert FAMILY[defect] in failed(done).values(), failed(done)


def test_a_clean_dataset_may_go_on(work: Room) -> None:
    propose_dataset(work, table_of(candidate(work.project.root, None)), "clean", "another-tool")
    done = checked(work, "clean", baseline=baseline(work))
    assert done.report.outcome.value in ("PASS", "WARN"), failed(done)


def test_a_dataset_that_was_edited_after_it_was_proposed_is_refused(work: Room) -> None:
    file = candidate(work.project.root, None)
    propose_dataset(work, table_of(file), "edited", "another-tool")
    candidate(work.project.root, None).write_bytes(candidate(work.project.root, "price_drift").read_bytes())
    with pytest.raises(Misuse, match="no longer what edited proposed"):
        checked(work, "edited", baseline=baseline(work))


def test_without_a_baseline_comparisons_are_unknown_and_never_pass(work: Room) -> None:
    done = checked(work, "alone", TRUTH, LEGACY)
    assert done.report.outcome.value == "UNKNOWN"
    unknown = {e.result.family for e in done.report.evidence if e.result.outcome.value == "UNKNOWN"}
    assert unknown == {"counts", "drift"}


def test_a_preview_counts_and_keeps_nothing(work: Room) -> None:
    checked(work, "looked-at", TRUTH, LEGACY, baseline(work))
    runs = set(work.artifacts.runs())
    _, found = preview(work, "looked-at", None)
    assert found.rows_after < found.rows_before
    assert {f.legacy for f in found.flows} == {m.legacy for m in TRUTH.events}
    assert found.by_day
    assert found.by_segment
    assert found.sample
    assert set(work.artifacts.runs()) == runs
    assert not list((work.project.root / ".cleanroom" / "runs").glob(".draft-*"))


def test_production_that_moves_during_a_run_is_noticed_and_nothing_is_kept(
    work: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked(work, "moving", TRUTH, LEGACY, baseline(work))
    runs, size = set(work.artifacts.runs()), work.store.size()
    source = work.project.root / LEGACY
    content = source.read_bytes()
    real = type(work.artifacts).write

    def write_and_move(self: object, folder: Path, name: str, data: bytes) -> Path:
        raise AssertionError("nothing may be written once the inputs have moved")

    engine_open = DuckDBEngine.open

    def open_and_move(self: object, *args: object, **kwargs: object) -> object:
        source.write_bytes(content + b"one more byte")
        return engine_open(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(DuckDBEngine, "open", open_and_move)
    monkeypatch.setattr(type(work.artifacts), "write", write_and_move)
    try:
        with pytest.raises(CleanroomError):
            checked(work, "moving", baseline=baseline(work))
    finally:
        source.write_bytes(content)
        monkeypatch.setattr(type(work.artifacts), "write", real)
    assert set(work.artifacts.runs()) == runs
    assert work.store.size() == size


def test_a_full_disk_leaves_nothing_half_written(work: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    checked(work, "full", TRUTH, LEGACY, baseline(work))
    runs, size = set(work.artifacts.runs()), work.store.size()

    def no_space(self: object, folder: Path, name: str, data: bytes) -> Path:
        raise Outside(f"{name} could not be written: the disk is full")

    monkeypatch.setattr(type(work.artifacts), "write", no_space)
    with pytest.raises(Outside, match="disk is full"):
        checked(work, "full", baseline=baseline(work))
    assert set(work.artifacts.runs()) == runs
    assert not list((work.project.root / ".cleanroom" / "runs").glob(".draft-*"))
    assert work.store.size() == size


def test_no_row_of_data_enters_the_ledger(work: Room) -> None:
    file = candidate(work.project.root, "unknown_users")
    propose_dataset(work, table_of(file), "private", "another-tool")
    done = checked(work, "private", baseline=baseline(work))
    told = {"session_id", "user_id"}
    shown = {v for e in done.report.evidence for row in e.examples for k, v in row if k in told and v}
    assert shown
    rows = sqlite3.connect(work.project.root / ".cleanroom" / "ledger.db").execute("SELECT body FROM ledger").fetchall()
    bodies = b"".join(bytes(r[0]) for r in rows)
    assert not [s for s in shown if s.encode() in bodies]


def table_of(file: Path):  # type: ignore[no-untyped-def]
    found = table(str(file))
    assert found is not None
    return found
