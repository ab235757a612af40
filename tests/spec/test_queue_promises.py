"""What may skip a person, what is promised of it, and what happens when the promise does not hold."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.doors import Yard
from tests.queue_samples import ANN, BOT, SURE, at_work, office, output, trusted

from cleanroom.app.queue import work
from cleanroom.app.queue.add import add
from cleanroom.app.queue.calibrate import calibrate, calibrate_from_reviews, reviewed_sample
from cleanroom.app.queue.desk import promise_of
from cleanroom.app.queue.erase import erase
from cleanroom.app.queue.export import corrections, export
from cleanroom.app.queue.view import board
from cleanroom.codec.golden import judge_golden, read_golden
from cleanroom.core.base import Misuse, digest
from cleanroom.core.facts import CorrectionsExported, CutoffSet, CutoffWithdrawn, Reviewed
from cleanroom.core.ledger import Conflict
from cleanroom.core.queue import promise
from cleanroom.core.stats.cutoff import first_count

DAY = 86_400
LABELS = digest(b"labels")


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    return office(tmp_path / "shop", capacity=5000)


# --- calibration ------------------------------------------------------------------------------------------


def test_a_calibration_says_what_it_promises(home: Yard) -> None:
    made = trusted(home.room)
    assert made.fact.cutoff == 0.9
    assert made.says == ("of the answers that skip review at most 5% are wrong, with 95% confidence; 71.4% skip")
    assert promise_of(home.room, BOT).says == made.says
    assert promise_of(home.room, "another").cutoff is None


def test_where_none_can_promise_it_everything_goes_to_a_person_from_then_on(home: Yard) -> None:
    trusted(home.room)
    made = calibrate(home.room, BOT, [(0.9, False)] * 20, LABELS, 0.02, 0.05)
    assert made.fact.cutoff is None
    assert made.more == first_count(0.02, 0.05) - 20
    assert "no cut-off can promise" in made.says
    assert add(home.room, [output("a")]).outputs[0].route == "review"
    hopeless = calibrate(home.room, BOT, [(i / 4000, i % 2 == 0) for i in range(4000)], LABELS, 0.02, 0.05)
    assert hopeless.more is None


def test_a_try_leaves_all_as_it_is(home: Yard) -> None:
    size = home.room.store.size()
    assert calibrate(home.room, BOT, [(0.9, False)] * 2000, LABELS, 0.02, 0.05, keep=False).fact.cutoff == 0.9
    assert home.room.store.size() == size


@pytest.mark.parametrize(("alpha", "delta"), [(0.0, 0.05), (0.6, 0.05), (0.02, 0.0), (0.02, 1.0)])
def test_levels_that_promise_nothing_are_refused(home: Yard, alpha: float, delta: float) -> None:
    with pytest.raises(Misuse, match="must lie between"):
        calibrate(home.room, BOT, [(0.9, False)], LABELS, alpha, delta)


def reviewed(home: Yard, count: int, prefix: str = "r", confidence: float = 0.97, wrong_every: int = 0) -> None:
    add(home.room, [output(f"{prefix}{i}", confidence) for i in range(count)])
    for i in range(count):
        if wrong_every and i % wrong_every == 0:
            work.reject(at_work(home), f"{prefix}{i}", "wrong_label")
        else:
            work.approve(at_work(home), f"{prefix}{i}")


def test_reviews_calibrate_where_everything_was_reviewed(home: Yard) -> None:
    reviewed(home, 70)
    add(home.room, [output("guarded", guard="names a person")])
    work.reject(at_work(home), "guarded", "unsafe")
    sample = reviewed_sample(home.room, BOT)
    assert len(sample.ids) == 70
    assert sample.left_out == (("a guard spoke, or confidence or provenance is missing", 1),)
    made = calibrate_from_reviews(home.room, BOT, 0.2, 0.05)
    assert (made.fact.cutoff, made.fact.cases, made.floor) == (0.97, 70, None)


def test_what_came_after_an_undecided_one_does_not_count(home: Yard) -> None:
    """Hard ones take longer: counting only what is decided would count the easy ones."""
    add(home.room, [output("hard", 0.97)])
    reviewed(home, 10)
    assert reviewed_sample(home.room, BOT).ids == ()
    with pytest.raises(Misuse, match="10 came after one that is still undecided"):
        calibrate_from_reviews(home.room, BOT, 0.2, 0.05)
    work.approve(at_work(home), "hard")
    assert len(reviewed_sample(home.room, BOT).ids) == 11


def test_what_another_version_of_the_prompt_answered_does_not_count(home: Yard) -> None:
    reviewed(home, 5)
    add(home.room, [output("new", prompt_version="5")])
    work.approve(at_work(home), "new")
    sample = reviewed_sample(home.room, BOT)
    assert sample.ids == ("new",)
    assert sample.left_out == (("of another model or prompt version than the latest", 5),)


def test_under_a_cut_off_only_audited_ones_count_and_nothing_below_it_is_learnt(tmp_path: Path) -> None:
    home = office(tmp_path / "shop", capacity=5000, audit_share=0.3)
    reviewed(home, 20, "before")
    trusted(home.room)
    added = add(home.room, [output(f"t{i}", 0.95) for i in range(60)] + [output(f"u{i}", 0.2) for i in range(10)])
    for taken in added.outputs:
        if taken.route != "accepted":
            work.approve(at_work(home), taken.id)
    sample = reviewed_sample(home.room, BOT)
    assert sample.floor == 0.9
    assert set(sample.ids) == {t.id for t in added.outputs if t.route == "audited"}
    assert ("not drawn for the audit", 10) in sample.left_out


def test_the_promise_is_read_back_to_the_last_calibration_and_no_further(home: Yard) -> None:
    for _ in range(30):
        trusted(home.room)
    read: list[int] = []

    class Store:
        """Counts the entries that it hands out."""

        def __getattr__(self, name: str) -> Any:
            return getattr(home.room.store, name)

        def latest(self, *wanted: Any) -> Any:
            found = home.room.store.latest(*wanted)
            read.append(len(found))
            return found

    counted = replace(home.room, store=Store())
    assert promise_of(counted, BOT) == promise(home.room.store.history(f"cutoff/{BOT}"))
    assert sum(read) <= 4
    calibrate(home.room, BOT, [(0.9, False)] * 20, LABELS, 0.02, 0.05)
    assert promise_of(counted, BOT).cutoff is None, "what came since is seen"
    assert promise_of(counted, BOT) == promise(home.room.store.history(f"cutoff/{BOT}"))


# --- the audit --------------------------------------------------------------------------------------------


def audited(tmp_path: Path, count: int) -> Yard:
    home = office(
        tmp_path / "shop", capacity=5000, audit_share=1.0, more='[notify.ops]\nkind = "file"\nfile = "told.jsonl"\n'
    )
    trusted(home.room)
    add(home.room, [output(f"t{i}") for i in range(count)])
    return home


def test_an_audit_that_speaks_against_the_promise_ends_it_at_once(tmp_path: Path) -> None:
    home = audited(tmp_path, 40)
    for i in range(40):
        done = work.reject(at_work(home), f"t{i}", "wrong_label")
        if done.withdrawn is not None:
            break
    assert done.withdrawn is not None
    assert 2 <= i <= 10, "the answers are all wrong, and 5% was promised"
    kinds = [type(f) for f in home.facts(f"cutoff/{BOT}")]
    assert kinds == [CutoffSet, *[Reviewed] * (i + 1), CutoffWithdrawn]
    added = add(home.room, [output("later", 1.0)])
    assert added.outputs[0].route == "review"
    assert f"{BOT}: nothing skips review: {i + 1} of {i + 1} audited" in added.warnings[0]
    assert added.warnings[0] in board(home.room).warnings
    assert [m.title for m in home.room.outbox.waiting()] == [f"{BOT}: nothing skips review any more"]
    trusted(home.room)
    assert add(home.room, [output("again", 1.0)]).outputs[0].route == "audited"


def test_an_audit_that_goes_with_the_promise_leaves_it(tmp_path: Path) -> None:
    home = audited(tmp_path, 60)
    for i in range(60):
        work.approve(at_work(home), f"t{i}") if i % 20 else work.reject(at_work(home), f"t{i}", "other")
    found = promise_of(home.room, BOT)
    assert (found.audited, found.wrong, found.cutoff) == (60, 3, 0.9)


def test_what_skipped_under_an_older_cut_off_says_nothing_about_the_new_one(tmp_path: Path) -> None:
    home = audited(tmp_path, 3)
    trusted(home.room)
    for i in range(3):
        work.reject(at_work(home), f"t{i}", "other")
    assert promise_of(home.room, BOT).audited == 0


def test_a_correction_of_what_nobody_drew_is_kept_but_is_no_evidence(home: Yard) -> None:
    """Whoever stumbles over a wrong answer reports it; a sample of what people complain about is no random one."""
    trusted(home.room)
    assert add(home.room, [output("a")]).outputs[0].route == "accepted"
    work.correct(at_work(home), "a", "refunds", "wrong_label")
    assert promise_of(home.room, BOT).audited == 0
    assert board(home.room).feedback[1].waiting == 1


# --- corrections go out -----------------------------------------------------------------------------------


def corrected(home: Yard) -> None:
    add(home.room, [output("a", risk="high"), output("b"), output("c"), output("d", input={"q": 1, "in": [1]})])
    work.correct(at_work(home), "a", "refunds", "wrong_label")
    work.approve(at_work(home), "b")
    home.later(60)
    work.reject(at_work(home), "c", "unsafe")
    work.correct(at_work(home), "d", {"label": "refunds"}, "wrong_format")


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_each_correction_goes_out_once(home: Yard, tmp_path: Path) -> None:
    corrected(home)
    done = export(home.room, tmp_path / "1.jsonl", tmp_path / "g.jsonl")
    assert (done.corrections, done.golden, done.erased) == (3, 2, ())
    first = lines(tmp_path / "1.jsonl")
    assert [line["id"] for line in first] == ["a", "c", "d"]
    assert first[0] | {"at": "", "content": ""} == {
        "id": "a",
        "system": BOT,
        "input": "what is a?",
        "original": "billing",
        "corrected": "refunds",
        "verdict": "corrected",
        "reason": "wrong_label",
        "reviewer": ANN,
        "at": "",
        "model": "qwen3-8b",
        "prompt": "label",
        "prompt_version": "4",
        "risk": "high",
        "confidence": SURE,
        "content": "",
    }
    assert first[1]["corrected"] is None
    assert export(home.room, tmp_path / "2.jsonl").entry is None
    assert not (tmp_path / "2.jsonl").exists()
    assert export(home.room, tmp_path / "3.jsonl", everything=True).corrections == 3
    facts = home.facts("corrections")
    assert [f.outputs for f in facts if isinstance(f, CorrectionsExported)] == [("a", "c", "d")] * 2


def test_golden_cases_are_such(home: Yard, tmp_path: Path) -> None:
    corrected(home)
    export(home.room, tmp_path / "1.jsonl", tmp_path / "g.jsonl")
    cases, findings = read_golden((tmp_path / "g.jsonl").read_bytes(), "g.jsonl")
    assert findings == judge_golden(None, cases) == ()
    assert [(dict(c.case.input), dict(c.case.expect)) for c in cases] == [
        ({"input": "what is a?"}, {"output": "refunds"}),
        ({"q": 1, "in": "[1]"}, {"label": "refunds"}),
    ]


def test_a_file_that_is_there_is_not_written_over(home: Yard, tmp_path: Path) -> None:
    corrected(home)
    (tmp_path / "1.jsonl").write_text("not read yet", "utf-8")
    with pytest.raises(Misuse, match="is there already"):
        export(home.room, tmp_path / "1.jsonl")
    assert len(corrections(home.room)[0]) == 3


def test_who_loses_the_race_leaves_no_file(home: Yard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corrected(home)
    artifacts = home.room.artifacts
    whole = type(artifacts).digest

    def late(self: object, file: Path) -> object:
        monkeypatch.undo()
        export(home.room, tmp_path / "winner.jsonl")
        return whole(self, file)  # type: ignore[arg-type]

    monkeypatch.setattr(type(artifacts), "digest", late)
    with pytest.raises(Conflict):
        export(home.room, tmp_path / "loser.jsonl")
    assert not (tmp_path / "loser.jsonl").exists()
    assert len(lines(tmp_path / "winner.jsonl")) == 3


def test_an_erased_correction_is_not_exported_and_nobody_waits_for_it(home: Yard, tmp_path: Path) -> None:
    corrected(home)
    erase(home.room, "a")
    done = export(home.room, tmp_path / "1.jsonl")
    assert (done.corrections, done.erased) == (2, ("a",))
    assert all(f.waiting == 0 for f in board(home.room).feedback)


def test_the_age_of_what_was_not_exported_is_held_against_the_promise(home: Yard, tmp_path: Path) -> None:
    corrected(home)
    home.later(8 * DAY)
    high, medium, _ = board(home.room).feedback
    assert (high.waiting, high.late, high.promised) == (1, True, 7 * DAY)
    assert round(high.age / DAY) == 8
    assert (medium.waiting, medium.late) == (2, False)
    assert any("of high risk are not exported" in w for w in board(home.room).warnings)
    export(home.room, tmp_path / "1.jsonl")
    assert not any(f.waiting or f.late for f in board(home.room).feedback)
