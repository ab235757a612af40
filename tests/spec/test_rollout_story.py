"""An approved change goes out: slowly where it does no harm, back where it does, and nowhere where nobody can tell."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.review_samples import NAME
from tests.rollout_samples import PLAN, RolloutPaper, approved

from cleanroom.adapters.memory.store import MemoryStore
from cleanroom.app import alerts, flags
from cleanroom.app.review import decide
from cleanroom.app.review.standing import standing
from cleanroom.app.rollout import steer
from cleanroom.app.rollout.read import every, existing, find
from cleanroom.app.rollout.watch import forget, watch
from cleanroom.core.alerts.state import base_of
from cleanroom.core.base import Misuse, NotFound, Refused
from cleanroom.core.facts import RolloutAdvanced, RolloutPromoted, RolloutRolledBack, RolloutStarted, RolloutWeighed
from cleanroom.core.flags import STEPS, evaluate
from cleanroom.core.progress.state import Baking, Held, Promoted, RolledBack, rollout_of, subject_of
from cleanroom.core.review import Cleared
from cleanroom.core.rollout.plan import HOUR, Metric
from cleanroom.sim.rollouts import SimulatedClock, Traffic, minutes_of, report

HEALTHY = Traffic(400, 100_000, {"control": {"error": 0.2}, "candidate": {"error": 0.2}})
HARMFUL = replace(HEALTHY, bad={"control": {"error": 0.2}, "candidate": {"error": 0.6}})
SLOW = replace(HEALTHY, slower={"candidate": 3.0})


@pytest.fixture
def out(tmp_path: Path) -> tuple[RolloutPaper, SimulatedClock]:
    return approved(tmp_path)


def last(paper: RolloutPaper, clock: SimulatedClock, traffic: Traffic, step: float = 30.0) -> object:
    found: object = None
    for found in minutes_of(paper.room(), clock, NAME, traffic, step, 30 * 60):
        if isinstance(found, Held):
            break
    return found


def test_nothing_begins_that_is_not_approved(tmp_path: Path) -> None:
    paper, _ = approved(tmp_path)
    paper.check("PASS", ("taxonomy",))  # a new run voids the approval
    with pytest.raises(Refused, match="cannot be rolled out") as caught:
        paper.begin()
    assert "analytics" in f"{caught.value.message} {caught.value.hint}"
    assert find(paper.room(), NAME) is None
    assert paper.store.subjects("flag_set") == ()


def test_a_plan_that_cannot_be_begins_nothing(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, _ = out
    with pytest.raises(Misuse, match="the last phase is 100%"):
        paper.begin(replace(PLAN, phases=(10_000,)))
    assert paper.entries() == ()


def test_what_does_no_harm_is_promoted_and_published(out: tuple[RolloutPaper, SimulatedClock], tmp_path: Path) -> None:
    paper, clock = out
    begun = paper.begin()
    end = last(paper, clock, HEALTHY)
    assert isinstance(end, Promoted), end
    kinds = [e.fact.kind for e in paper.entries()]
    assert kinds.count("rollout_advanced") == 1
    assert kinds[-1] == "rollout_promoted"
    published = tmp_path / "published" / NAME
    assert paper.room().artifacts.digest(published / "mapping.json") == begun.start.artifact
    about = json.loads((published / "about.json").read_text())
    assert about["run"] == begun.start.run
    flag = flags.one(paper.room(), NAME).flag
    arms = [evaluate(flag, {"targetingKey": f"user-{n}"}).metadata["arm"] for n in range(5000)]
    assert 0.01 < arms.count("holdout") / 5000 < 0.03
    assert arms.count("candidate") + arms.count("holdout") == 5000


def test_who_published_may_have_died_before(out: tuple[RolloutPaper, SimulatedClock], tmp_path: Path) -> None:
    paper, clock = out
    paper.begin()
    last(paper, clock, HEALTHY)
    file = tmp_path / "published" / NAME / "mapping.json"
    file.unlink()
    watch(paper.room())
    assert file.is_file()


def test_harm_rolls_it_back_in_its_first_phase(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, clock = out
    paper.begin()
    end = last(paper, clock, HARMFUL)
    assert isinstance(end, RolledBack)
    assert end.step == 0
    assert end.by is None
    assert "error:" in end.because
    flag = flags.one(paper.room(), NAME).flag
    assert {evaluate(flag, {"targetingKey": f"u{n}"}).variant for n in range(500)} == {"control"}
    fact = paper.entries()[-1].fact
    assert isinstance(fact, RolloutRolledBack)
    assert fact.weighed.series[0].canary_bad > 5, "the evidence stands in the ledger"
    (warned,) = alerts.every(paper.room())
    said = warned.members[0].signal
    assert (said.name, said.level, said.runbook) == (f"rollout/{NAME}", "warning", "rollout")
    assert said.what.startswith(f"the rollout of {NAME} was rolled back: error:")
    assert any("rollout of m started by bo" in c.what for c in base_of(warned.alert).causes), "what changed just before"


def test_what_did_harm_does_not_go_out_again(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, clock = out
    paper.begin()
    assert isinstance(last(paper, clock, HARMFUL), RolledBack)
    with pytest.raises(Refused, match="exactly this version of m was rolled back for what it did: error"):
        paper.begin()
    paper.correct("ana")
    paper.check("PASS", ("taxonomy",))
    decide.approve(paper.room(), NAME, None)
    assert isinstance(paper.begin(), Baking)


def test_a_slow_candidate_is_found_by_the_controls_own_quantiles(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, clock = out
    paper.begin(replace(PLAN, metrics=(Metric("latency_ms", "above"),)))
    end = last(paper, clock, SLOW)
    assert isinstance(end, RolledBack), end
    assert "latency_ms above the control's p" in end.because


def test_nobody_reports_and_it_is_held(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, clock = out
    paper.begin()
    for _ in range(26):
        clock.later(60)
        watch(paper.room())
    end = existing(paper.room(), NAME)
    assert isinstance(end, Held)
    assert "cannot decide" in end.because
    assert not any(isinstance(e.fact, RolloutAdvanced | RolloutPromoted) for e in paper.entries())


def test_one_privacy_leak_ends_it_at_once(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, clock = out
    paper.begin()
    leaky = replace(HEALTHY, bad={"control": {"error": 0.05}, "candidate": {"error": 0.05, "privacy_leak": 1.0}})
    report(paper.room(), clock, NAME, leaky, 10)
    watch(paper.room())  # no block has ended, and none has to
    end = existing(paper.room(), NAME)
    assert isinstance(end, RolledBack)
    assert "privacy_leak" in end.because


def test_a_person_holds_resumes_and_aborts(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, clock = out
    room = paper.room()
    with pytest.raises(NotFound, match="has no rollout"):
        steer.hold(room, NAME, "why")
    begun = paper.begin()
    with pytest.raises(Refused, match="for a reason"):
        steer.hold(room, NAME, " ")
    with pytest.raises(Refused, match="is not held"):
        steer.resume(room, NAME)
    held = steer.hold(room, NAME, "a launch today")
    assert isinstance(held, Held)
    assert held.by is not None
    clock.later(30 * 60)
    watch(room)
    assert isinstance(existing(room, NAME), Held), "held beyond every limit"
    resumed = steer.resume(room, NAME)
    assert isinstance(resumed, Baking)
    assert resumed.limit > begun.limit
    ended = steer.abort(room, NAME, "no longer wanted")
    assert isinstance(ended, RolledBack)
    with pytest.raises(Refused, match="is over"):
        steer.abort(room, NAME, "x")
    with pytest.raises(Refused, match="is over"):
        steer.resume(room, NAME)


def test_one_rollout_at_a_time_and_the_next_one_after_it(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, clock = out
    first = paper.begin()
    with pytest.raises(Refused, match="is on already"):
        paper.begin()
    steer.abort(paper.room(), NAME, "once more")
    clock.later(1)
    second = paper.begin()
    assert second.start.at > first.start.at
    assert len(every(paper.room())) == 1


def test_after_a_promotion_the_next_control_is_what_was_promoted(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, clock = out
    first = paper.begin()
    assert isinstance(last(paper, clock, HEALTHY), Promoted)
    before = flags.one(paper.room(), NAME).flag
    again = paper.begin()
    after = flags.one(paper.room(), NAME).flag
    assert after.variants["control"] == first.start.artifact
    assert (before.hash, before.hash_space) == (after.hash, after.hash_space), "people stay where they were"
    assert again.share == PLAN.phases[0]


def test_a_killed_flag_serves_the_safe_variant_and_begins_no_rollout(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, _ = out
    paper.begin()
    flags.kill(paper.room(), NAME, "it hurts")
    assert evaluate(flags.one(paper.room(), NAME).flag, {"targetingKey": "u1"}).reason == "DISABLED"
    steer.abort(paper.room(), NAME, "it hurts")
    with pytest.raises(Refused, match="was killed"):
        paper.begin()


def test_approvals_that_are_voided_later_do_not_stop_what_runs(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, clock = out
    paper.begin()
    clock.later(15)
    paper.check("PASS", ("taxonomy",))
    assert not isinstance(standing(paper.room(), NAME).review.state, Cleared)
    watch(paper.room())
    assert isinstance(existing(paper.room(), NAME), Baking)


def test_an_approval_that_is_voided_while_it_begins_ends_it(
    out: tuple[RolloutPaper, SimulatedClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    paper, _ = out
    append = paper.store.append

    def late(writes: object) -> object:
        if any(isinstance(w.fact, RolloutStarted) for w in writes):  # type: ignore[attr-defined]
            monkeypatch.setattr(paper.store, "append", append)
            decide.reject(paper.room(), NAME, "on second thoughts")
        return append(writes)  # type: ignore[arg-type]

    monkeypatch.setattr(paper.store, "append", late)
    with pytest.raises(Refused, match="voided while the rollout began"):
        paper.begin()
    assert isinstance(existing(paper.room(), NAME), RolledBack)


def test_two_reconcilers_and_a_restart_come_to_the_same(tmp_path: Path) -> None:
    one, its_clock = approved(tmp_path / "a")
    two, other_clock = approved(tmp_path / "b")
    ends = []
    for paper, clock, often in ((one, its_clock, False), (two, other_clock, True)):
        paper.begin()
        for _ in range(16):
            report(paper.room(), clock, NAME, HEALTHY, 30)
            watch(paper.room())
            if often:
                forget(paper.room())  # a new process, which remembers nothing
                watch(paper.room())
        ends.append([e.fact for e in paper.entries() if isinstance(e.fact, RolloutWeighed | RolloutAdvanced)])
    assert ends[0] == ends[1]
    assert len(ends[0]) > 10


def test_whoever_comes_second_decides_nothing(
    out: tuple[RolloutPaper, SimulatedClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    paper, clock = out
    paper.begin()
    for _ in range(15):
        report(paper.room(), clock, NAME, HEALTHY, 15)
        watch(paper.room())
    report(paper.room(), clock, NAME, HEALTHY, 60)
    append, raced = paper.store.append, list[bool]()

    def raced_by_another(writes: object) -> object:
        if not raced:
            raced.append(True)
            forget(paper.room())
            watch(paper.room())  # the other process, in between
        return append(writes)  # type: ignore[arg-type]

    monkeypatch.setattr(paper.store, "append", raced_by_another)
    before = len(paper.entries())
    watch(paper.room())
    assert raced
    assert len(paper.entries()) == before + 1


def test_a_crash_between_deciding_and_writing_loses_nothing(
    out: tuple[RolloutPaper, SimulatedClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    paper, clock = out
    paper.begin()
    report(paper.room(), clock, NAME, HARMFUL, 60)
    report(paper.room(), clock, NAME, HARMFUL, 60)
    clock.later(60)
    append = paper.store.append

    def dies(_writes: object) -> object:
        raise OSError("the power is gone")

    monkeypatch.setattr(paper.store, "append", dies)
    with pytest.raises(OSError, match="the power is gone"):
        watch(paper.room())
    monkeypatch.setattr(paper.store, "append", append)
    forget(paper.room())
    assert isinstance(existing(paper.room(), NAME), Baking)
    watch(paper.room())
    assert isinstance(existing(paper.room(), NAME), RolledBack)


def test_where_it_stands_is_folded_from_what_is_new_and_anew_where_a_copy_was_put_back(
    out: tuple[RolloutPaper, SimulatedClock],
) -> None:
    paper, _ = out
    paper.begin()
    store, room = paper.store, paper.room()
    for _ in range(3):
        steer.hold(room, NAME, "why")
        steer.resume(room, NAME)
        assert existing(room, NAME) == rollout_of(store.history(subject_of(NAME)))
    other = MemoryStore()
    other.adopt([line.body for line in store.stored()][:-3])
    for name in ("_lines", "_subjects", "_tree"):
        setattr(store, name, getattr(other, name))
    assert existing(room, NAME) == rollout_of(store.history(subject_of(NAME)))
    steer.abort(room, NAME, "another end")
    assert isinstance(existing(room, NAME), RolledBack)


def test_the_share_only_grows_and_nobody_leaves(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, clock = out
    paper.begin()
    room = paper.room()
    inside: set[str] = set()
    for _ in minutes_of(room, clock, NAME, HEALTHY, 60, 30 * 60):
        flag = flags.one(room, NAME).flag
        now = {f"u{n}" for n in range(2000) if evaluate(flag, {"targetingKey": f"u{n}"}).variant == "candidate"}
        assert inside <= now
        inside = now
    assert len(inside) > 0.95 * 2000
    assert PLAN.holdout == STEPS // 50
    assert PLAN.limit == 24 * HOUR
