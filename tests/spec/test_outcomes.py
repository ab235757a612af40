"""Outcomes come in, and each is held against what its flag served that key at that time."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, get_args

import pytest
from tests.flag_samples import NEW_APP, REGION, flag, keys
from tests.review_samples import Paper, PaperProject

from cleanroom.app import signals
from cleanroom.app.room import Room
from cleanroom.app.signals.assigned import Assigned
from cleanroom.core import facts
from cleanroom.core.base import Digest, Instant, Misuse, NotFound, instant, micros
from cleanroom.core.facts import By, Fact
from cleanroom.core.flags import STEPS, Flag, evaluate
from cleanroom.core.ledger import LedgerEntry, Write
from cleanroom.core.outcome import Arm, Kept, Outcome, faults
from cleanroom.core.policy import Policy
from cleanroom.core.rollout.plan import Metric, Plan
from cleanroom.core.rollout.weighed import Weighed
from cleanroom.ports.telemetry import Recorded

BY = By("ana", "session")
HOUR = 3600
ALWAYS = (0, 2**60)
PLAN = Plan((5_000, 50_000, STEPS), (Metric("error"),), holdout=10_000)
DIGEST = Digest("sha256:" + "0" * 64)


class Desk:
    """A room at a time that the test sets, whose telemetry shows what was kept."""

    def __init__(self) -> None:
        self.paper = Paper(PaperProject(Policy()))
        self.room: Room = self.paper.room()
        self.kept: dict[str, Kept] = {}
        record = self.paper.telemetry.record

        def watched(outcomes: Any) -> Recorded:
            self.kept |= {o.id: o for o in reversed(outcomes) if o.id not in self.kept}
            return record(outcomes)

        self.paper.telemetry.record = watched  # type: ignore[method-assign]

    @property
    def now(self) -> Instant:
        return self.paper.clock.at

    def later(self, seconds: int) -> Instant:
        self.paper.later(seconds)
        return self.now

    def happens(self, subject: str, *what: Fact) -> None:
        store = self.paper.store
        for fact in what:
            store.append([Write(subject, store.version(subject), fact)])

    def set(self, made: Flag, rollout: str = "") -> None:
        self.happens(f"flag/{made.key}", facts.FlagSet(made, rollout, BY, self.now))

    def side(self, key: str, variant: str, at: Instant | None = None, **more: Any) -> tuple[Arm, bool]:
        """Of which arm an outcome is kept, and whether it agrees."""
        id = f"o{len(self.kept)}"
        signals.record(self.room, [Outcome(id, "checkout", variant, key, at or self.now, {"error": True}, **more)])
        return self.kept[id].arm, self.kept[id].agrees


@pytest.fixture
def desk() -> Desk:
    return Desk()


def one_of(made: Flag, arm: str) -> str:
    """A key that has this arm."""
    return next(k for k in keys(5_000) if evaluate(made, {"targetingKey": k}).arm == arm)


def test_an_outcome_is_of_the_arm_that_its_key_had(desk: Desk) -> None:
    made = flag(30_000, holdout=10_000, overrides={"boss": "new"})
    desk.set(made)
    candidate, control, holdout = (one_of(made, arm) for arm in ("candidate", "control", "holdout"))
    assert desk.side(candidate, "new") == ("candidate", True)
    assert desk.side(control, "old") == ("control", True)
    assert desk.side(holdout, "old") == ("control", True), "the same variant at the same time"
    assert desk.side("boss", "new") == ("other", True), "an override is of neither side"
    for key, variant in (
        (candidate, "old"),
        (control, "new"),
        (candidate, "legacy"),
        (control, "none such"),
        ("boss", "old"),
    ):
        assert desk.side(key, variant) == ("other", False)
    found = desk.paper.telemetry
    assert found.columns("checkout", *ALWAYS, ["error"]).canary.tolist() == [True, False, False]
    assert found.apart("checkout", *ALWAYS) == 5
    assert {o.who for o in desk.kept.values()} == {found.hashed(k) for k in (candidate, control, holdout, "boss")}


def test_what_counts_is_what_was_served_then_and_not_what_is_served_now(desk: Desk) -> None:
    """5%, then half, held, rolled back; and a kill, and its end."""
    made = flag(0, holdout=10_000)
    before = desk.now
    first = desk.later(HOUR)
    desk.set(made, rollout="m")
    start = desk.later(HOUR)
    rollout, weighed = "rollout/m", Weighed(start)
    desk.happens(rollout, facts.RolloutStarted("m", DIGEST, DIGEST, DIGEST, "checkout", PLAN, BY, start))
    half = desk.later(HOUR)
    desk.happens(rollout, facts.RolloutWeighed(weighed, "more", half), facts.RolloutAdvanced(1, weighed, "ok", half))
    held = desk.later(HOUR)
    desk.happens(rollout, facts.RolloutHeld(weighed, "wait", BY, held))
    killed = desk.later(HOUR)
    desk.happens("flag/checkout", facts.FlagKilled("checkout", "smoke", BY, killed))
    restored = desk.later(HOUR)
    desk.happens("flag/checkout", facts.FlagRestored("checkout", BY, restored))
    back = desk.later(HOUR)
    desk.happens(rollout, facts.RolloutRolledBack(weighed, "harm", None, back))
    desk.later(HOUR)

    early = one_of(replace(made, split=replace(flag().split, share=5_000)), "candidate")  # type: ignore[type-var]
    late = next(
        k
        for k in keys(5_000)
        if evaluate(flag(5_000), {"targetingKey": k}).arm == "control"
        and evaluate(flag(50_000), {"targetingKey": k}).arm == "candidate"
    )
    served = {
        before: {("other", False)},
        first: {("control", True)},
        start: {("candidate", True), ("control", True)},
        half: {("candidate", True)},
        held: {("candidate", True)},
        killed: {("other", True)},
        restored: {("candidate", True)},
        back: {("control", True)},
    }
    variants = {
        first: "oo",
        start: "no",
        half: "nn",
        held: "nn",
        killed: "ll",
        restored: "nn",
        back: "oo",
        before: "oo",
    }
    names = {"o": "old", "n": "new", "l": "legacy"}
    for moment, sides in served.items():
        pair = [(early, names[variants[moment][0]]), (late, names[variants[moment][1]])]
        assert {desk.side(key, variant, moment) for key, variant in pair} == sides, moment
        wrong = {desk.side(key, "legacy" if variant != "legacy" else "new", moment) for key, variant in pair}
        assert wrong == {("other", False)}
    just_before = instant(micros(half) - 1)
    assert desk.side(late, "old", just_before) == ("control", True), "to the microsecond"


def test_the_future_is_now(desk: Desk) -> None:
    desk.set(flag())
    desk.later(60)
    tomorrow = instant(micros(desk.now) + 86_400_000_000)
    key = one_of(flag(), "control")
    assert desk.side(key, "old", tomorrow) == ("control", True)
    (outcome,) = desk.kept.values()
    assert outcome.at == outcome.arrived == micros(desk.now)
    earlier = instant(micros(desk.now) - 1)
    desk.side(key, "old", earlier)
    assert desk.kept["o1"].at == micros(earlier)
    assert desk.kept["o1"].arrived == micros(desk.now)


def test_rules_are_followed_where_the_context_came_along(desk: Desk) -> None:
    desk.set(flag(50_000, audience=REGION, targeting={"if": [NEW_APP, None, "legacy"]}))
    split = flag(50_000)
    candidate, control = one_of(split, "candidate"), one_of(split, "control")
    inside = {"region": "eu", "app": "2.4.1"}
    assert desk.side(candidate, "new", context=inside) == ("candidate", True)
    assert desk.side(control, "old", context={**inside, "targetingKey": candidate}) == ("control", True)
    assert desk.side(candidate, "new", context={**inside, "region": "jp"}) == ("other", False)
    assert desk.side(candidate, "old", context={**inside, "region": "jp"}) == ("other", True), "outside"
    assert desk.side(candidate, "legacy", context={"region": "eu", "app": "1.0.0"}) == ("other", True), "by a rule"


def test_without_a_context_the_application_is_believed_as_far_as_it_can_be(desk: Desk) -> None:
    split = flag(50_000, overrides={"boss": "new"})
    candidate, control = one_of(split, "candidate"), one_of(split, "control")
    desk.set(replace(split, targeting={"if": [NEW_APP, None, "legacy"]}))
    for key in (candidate, control):
        assert desk.side(key, "new") == ("candidate", True), "a rule may name it for anybody"
        assert desk.side(key, "old") == ("control", True)
        assert desk.side(key, "legacy") == ("other", True)
        assert desk.side(key, "none such") == ("other", False)
    assert desk.side("boss", "old") == ("other", False), "an override needs no context"
    desk.set(replace(split, audience=REGION))
    assert desk.side(candidate, "new") == ("candidate", True)
    assert desk.side(control, "old") == ("control", True)
    assert desk.side(control, "new") == ("other", False), "this key is the candidate's in no region"
    assert desk.side(candidate, "old") == ("other", True), "it can only be outside of the audience"
    desk.set(replace(split, audience=REGION, killed=True))
    assert desk.side(candidate, "new") == ("other", False), "off for all needs no context either"


def test_one_that_cannot_be_is_named_and_nothing_is_kept(desk: Desk) -> None:
    desk.set(flag())
    good = Outcome("a", "checkout", "old", "u", desk.now)
    for bad, said in (
        (replace(good, id=""), "outcome 2 of 2 (''): id is text"),
        (replace(good, key="k" * 201), "key is text of 1 to 200"),
        (replace(good, at=Instant("yesterday")), "at is a moment"),
        (replace(good, metrics={"ms": math.nan}), "the metric ms is no number"),
        (replace(good, metrics={f"m{i}": 1.0 for i in range(51)}), "at most 50 metrics"),
        (replace(good, flag="chekout"), "there is no flag 'chekout'"),
    ):
        with pytest.raises(Misuse) as caught:
            signals.record(desk.room, [good, bad])
        assert said in caught.value.message
        assert "nothing was kept" in caught.value.message + caught.value.hint
    assert "checkout" in caught.value.hint, "the flag that was meant"
    assert desk.kept == {}
    assert signals.record(desk.room, [good, good, replace(good, id="b")]) == signals.Accepted(2, 1, 0)
    assert signals.record(desk.room, []) == signals.Accepted(0, 0, 0)


def test_moments_that_no_file_could_be_named_after_are_refused() -> None:
    good = Outcome("a", "f", "v", "k", Instant("2026-11-21T23:20:00Z"))
    for at in ("0001-01-01T00:00:00+05:00", "2026-11-21", "2026-11-21T23:20:00", "", "9999-12-31T23:59:59-05:00"):
        assert list(faults(replace(good, at=Instant(at)))), at
    assert not list(faults(good))


def test_what_a_server_remembers_of_a_flag_is_never_old(desk: Desk) -> None:
    """The same timelines as without a memory, whatever is appended between two looks."""
    known = Assigned(desk.paper.store)
    assert known.of("checkout") is None
    desk.set(flag(0), rollout="m")
    steps: list[tuple[str, Fact]] = [
        ("rollout/m", facts.RolloutStarted("m", DIGEST, DIGEST, DIGEST, "checkout", PLAN, BY, desk.now)),
        ("rollout/m", facts.RolloutWeighed(Weighed(desk.now), "", desk.now)),
        ("rollout/m", facts.RolloutAdvanced(1, Weighed(desk.now), "", desk.now)),
        ("flag/checkout", facts.FlagKilled("checkout", "x", BY, desk.now)),
        ("flag/checkout", facts.FlagRestored("checkout", BY, desk.now)),
        ("rollout/m", facts.RolloutPromoted(Weighed(desk.now), "", DIGEST, desk.now)),
        ("flag/checkout", facts.FlagSet(flag(1), "", BY, desk.now)),
    ]
    seen = []
    for subject, fact in [*steps, steps[3]]:
        moment = micros(desk.later(60))
        desk.happens(subject, replace(fact, at=desk.now))
        line, fresh = known.of("checkout"), Assigned(desk.paper.store).of("checkout")
        assert line is not None
        assert fresh is not None
        assert line.at(moment) == fresh.at(moment)
        assert known.of("checkout") is line
        found = line.at(moment)
        assert found is not None
        assert found.split is not None
        seen.append((found.split.share, found.killed))
    shares = [5_000, 5_000, 50_000, 50_000, 50_000, STEPS, 1, 1]
    assert seen == list(zip(shares, [False, False, False, True, False, False, False, True], strict=True))


def test_an_entry_that_comes_while_a_server_looks_is_not_passed_over(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = desk.paper.store
    known = Assigned(store)
    desk.set(flag(0))
    assert known.of("checkout") is not None
    desk.happens("flag/checkout", facts.FlagKilled("checkout", "smoke", BY, desk.now))
    history = store.history

    def slow(subject: str, after: int = 0) -> tuple[LedgerEntry, ...]:
        monkeypatch.undo()
        desk.set(flag(7))
        found = history(subject, after)
        desk.happens("flag/checkout", facts.FlagRestored("checkout", BY, desk.later(60)))  # just too late to be read
        return found

    monkeypatch.setattr(store, "history", slow)
    moment = micros(desk.now)
    for _ in range(2):
        line = known.of("checkout")
        assert line is not None
        found = line.at(moment)
        assert found is not None
        assert found.killed
        assert found.split is not None
        assert found.split.share == 7
    late = known.of("checkout")
    assert late is not None
    restored = late.at(micros(desk.now))
    assert restored is not None
    assert not restored.killed


def test_a_clock_that_was_set_back_undoes_nothing(desk: Desk) -> None:
    desk.set(flag(STEPS))
    desk.later(HOUR)
    desk.set(flag(0))
    desk.paper.clock.at = instant(micros(desk.now) - HOUR * 1_000_000 // 2)
    for fact in (facts.FlagKilled("checkout", "smoke", BY, desk.now), facts.FlagRestored("checkout", BY, desk.now)):
        desk.happens("flag/checkout", fact, fact)
    desk.happens("flag/checkout", facts.FlagKilled("checkout", "smoke", BY, desk.now))
    desk.later(HOUR)
    assert desk.side("u", "legacy") == ("other", True)
    assert desk.side("u", "new", instant(micros(desk.now) - 3 * HOUR * 1_000_000 // 4)) == ("candidate", True)


def test_hours_leave_the_log_two_hours_after_their_end(desk: Desk) -> None:
    desk.paper.clock.at = Instant("2026-11-22T09:30:00.000000Z")
    desk.set(flag())
    key = one_of(flag(), "control")
    desk.side(key, "old")
    desk.later(45 * 60)
    desk.side(key, "old", Instant("2026-11-22T09:40:00.000000Z"))
    moved = []
    for seconds in (105 * 60 - 1, 1, 0, 30 * 60, 30 * 60, HOUR):
        desk.later(seconds)
        moved.append(signals.settle(desk.room))
    assert moved == [0, 1, 0, 0, 1, 0], "at 12, and what came late at 13, together with all else of its kind"
    assert len(desk.paper.telemetry.columns("checkout", *ALWAYS, []).at) == 2


def test_what_came_is_shown_by_arm(desk: Desk) -> None:
    made = flag(50_000)
    desk.set(made)
    candidate, control = one_of(made, "candidate"), one_of(made, "control")
    batch = [
        Outcome(f"{i}", "checkout", v, k, desk.now, {"error": i == 0, "ms": i}, "application")
        for i, (k, v) in enumerate([(candidate, "new"), (control, "old"), (control, "old"), (control, "new")])
    ]
    assert signals.record(desk.room, batch) == signals.Accepted(4, 0, 1)
    found = signals.shown(desk.room, "checkout", 1)
    assert (found.outcomes, found.apart) == ({"candidate": 1, "control": 2, "other": 1}, 1)
    assert [(line.arm, line.metric, line.n, line.bad, line.mean) for line in found.lines] == [
        ("candidate", "error", 1, 1, 1.0),
        ("control", "error", 2, 0, 0.0),
        ("other", "error", 1, 0, 0.0),
        ("candidate", "ms", 1, 0, 0.0),
        ("control", "ms", 2, 2, 1.5),
        ("other", "ms", 1, 1, 3.0),
    ]
    desk.later(2 * HOUR)
    assert signals.shown(desk.room, "checkout", 1).lines == ()
    with pytest.raises(NotFound):
        signals.shown(desk.room, "nobody", 1)
    assert set(found.outcomes) == set(get_args(Arm))
