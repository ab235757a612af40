"""What is done with a rollout, said case by case: bad news at once, good news in its time, silence never."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from tests.rollout_samples import PLAN

from cleanroom.core.base import Instant, after, digest, instant, micros
from cleanroom.core.facts import (
    By,
    Fact,
    FlagSet,
    RolloutAdvanced,
    RolloutHeld,
    RolloutObserved,
    RolloutResumed,
    RolloutRolledBack,
    RolloutStarted,
)
from cleanroom.core.flags import Flag, Split
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.progress.decide import OBSERVE, Advance, Hold, Promote, RollBack, Wait, decide
from cleanroom.core.progress.served import served, standing
from cleanroom.core.progress.state import Baking, Held, RolledBack, Rollout, rollout_of
from cleanroom.core.rollout.plan import HOUR, Metric, Plan, faults, metric_of
from cleanroom.core.rollout.weigh import begun, edges, grown_series, stepped
from cleanroom.core.rollout.weighed import Weighed
from cleanroom.core.stats.canary import Block

AT = Instant("2026-11-22T09:00:00.000000Z")
D = digest(b"x")


def baking(plan: Plan = PLAN, step: int = 0) -> Baking:
    start = RolloutStarted("m", D, D, D, "m", plan, By("bo", "session"), AT)
    return Baking(start, step, AT, after(AT, plan.limit), Weighed(AT), (), 1)


def weighed(
    state: Baking, hours: float, canary: tuple[int, int], control: tuple[int, int], blocks: int = 40
) -> Weighed:
    """So many blocks of (users, bad ones) of either arm, up to `hours` after the begin of the phase."""
    plan, since = state.start.plan, micros(state.since)
    series = tuple(begun(plan).values())
    for n in range(blocks):
        block = Block(since + n, *canary, *control)
        series = tuple(grown_series(s, block, plan.rules, since) for s in series)
    met = Weighed(after(AT, hours * HOUR), series)
    return replace(met, new_canary=blocks * canary[0], new_control=blocks * control[0])


def at(hours: float) -> Instant:
    return after(AT, hours * HOUR)


def test_silence_is_no_success() -> None:
    state = baking()
    silent = replace(Weighed(at(5)), series=tuple(begun(PLAN).values()))
    for seen in (Weighed(at(5)), silent):
        assert isinstance(decide(state, seen, at(5)), Wait)
        found = decide(state, seen, at(24))
        assert isinstance(found, Hold)
        assert "cannot decide" in found.because
        assert "20" in found.because, "what it would have needed"


def test_harm_acts_at_once_and_says_what_was_counted() -> None:
    state = baking()
    found = decide(state, weighed(state, 0.1, (10, 2), (90, 1), blocks=3), at(0.1))
    assert isinstance(found, RollBack)
    assert "error: 6 of 30 users (20.00%) on the candidate, 3 of 270 users (1.11%) on the control" in found.because


def test_one_grave_outcome_is_one_too_many() -> None:
    state = baking()
    healthy = weighed(state, 5, (10, 0), (90, 0))
    assert isinstance(decide(state, replace(healthy, grave=1), at(0.1)), RollBack)
    assert isinstance(decide(Held(state, "because", None, AT), replace(healthy, grave=1), at(0.1)), RollBack)


def test_a_phase_ends_well_after_its_time_with_enough_users_of_both_arms() -> None:
    state = baking()
    healthy = weighed(state, 4, (10, 0), (90, 1))
    assert isinstance(decide(state, healthy, at(4)), Advance)
    early = decide(state, replace(healthy, until=at(3.9)), at(4.5))
    assert isinstance(early, Wait)
    assert "bakes until 2026-11-22T13:00" in early.because
    few = decide(state, weighed(state, 4, (10, 0), (90, 1), blocks=1), at(5))
    assert isinstance(few, Wait)
    assert "10 users with the candidate and 90 with the control in this phase, 20 are needed" in few.because


def test_counts_of_the_phase_begin_anew_and_evidence_goes_on() -> None:
    state = baking()
    healthy = weighed(state, 4, (10, 0), (90, 1))
    after_step = stepped(healthy, state.share)
    assert [s.evidence for s in after_step.series] == [s.evidence for s in healthy.series]
    assert (after_step.new_canary, after_step.series[0].phase_canary, after_step.series[0].canary_n) == (0, 0, 400)
    assert isinstance(decide(replace(state, step=1), after_step, at(20)), Wait)


def test_only_evidence_of_safety_promotes() -> None:
    state = baking(step=1)
    little = weighed(state, 4, (50, 0), (50, 1), blocks=4)
    found = decide(state, little, at(4))
    assert isinstance(found, Wait)
    assert "not shown yet to be less than 2 times the control" in found.because
    late = decide(state, little, at(24))
    assert isinstance(late, Hold)
    assert "more users with the candidate are needed for error" in late.because
    assert "at today's traffic" in late.because
    assert isinstance(decide(state, weighed(state, 4, (50, 1), (50, 1), blocks=80), at(4)), Promote)


def test_a_promise_can_be_shown_where_nobody_is_ever_bad() -> None:
    promised = replace(PLAN, metrics=(Metric("error", "bad", 0.01),))
    state = baking(promised, step=1)
    assert isinstance(decide(state, weighed(state, 4, (50, 0), (50, 0), blocks=80), at(4)), Promote)
    without = baking(step=1)
    assert isinstance(decide(without, weighed(without, 4, (50, 0), (50, 0), blocks=80), at(4)), Wait)


def test_a_broken_promise_is_harm_although_the_control_is_as_bad() -> None:
    promised = replace(PLAN, metrics=(Metric("error", "bad", 0.01),))
    state = baking(promised)
    found = decide(state, weighed(state, 1, (10, 1), (90, 9), blocks=20), at(1))
    assert isinstance(found, RollBack)
    assert "1.00% were promised" in found.because


def test_users_in_other_shares_than_planned_hold_it() -> None:
    state = baking()
    odd = replace(weighed(state, 4, (10, 0), (90, 1)), new_canary=300, new_control=1500)
    found = decide(state, odd, at(4))
    assert isinstance(found, Hold)
    assert "300 of 1,800 (16.67%) had the candidate in this phase, 10.00% were planned" in found.because


def test_who_resumes_has_seen_to_the_assignment() -> None:
    state = baking()
    odd = replace(weighed(state, 4, (10, 0), (90, 1)), new_canary=300, new_control=1500)
    facts: tuple[Fact, ...] = (
        state.start,
        RolloutHeld(odd, "odd", None, at(4)),
        RolloutResumed(By("bo", "session"), at(5)),
    )
    found = rollout_of(LedgerEntry(n, "rollout/m", n + 1, fact) for n, fact in enumerate(facts))
    assert isinstance(found, Baking)
    assert found.weighed.series == odd.series
    assert isinstance(decide(found, found.weighed, at(5)), Advance)


def test_held_means_held_but_for_harm() -> None:
    state = baking(step=1)
    held = Held(state, "somebody said so", None, AT)
    assert isinstance(decide(held, weighed(state, 4, (50, 1), (50, 1), blocks=80), at(30)), Wait)
    assert isinstance(decide(held, weighed(state, 0.1, (10, 4), (90, 1), blocks=3), at(0.1)), RollBack)


def test_the_battery_on_the_candidates_own_output_counts() -> None:
    state = baking(replace(PLAN, output="out.parquet"))
    healthy = weighed(state, 4, (10, 0), (90, 1))
    assert decide(state, healthy, at(4)) == Wait(OBSERVE)

    def seen(*outcomes: str) -> Baking:
        return replace(state, observed=tuple(RolloutObserved(D, o, "counts", 0, AT) for o in outcomes))  # type: ignore[arg-type]

    assert isinstance(decide(seen("PASS"), healthy, at(4)), Advance)
    assert isinstance(decide(seen("FAIL"), healthy, at(0.1)), RollBack)
    assert isinstance(decide(seen("FAIL", "PASS"), healthy, at(0.1)), RollBack), "what failed once did harm"
    assert isinstance(decide(seen("UNKNOWN"), healthy, at(4)), Wait)
    assert isinstance(decide(seen("UNKNOWN", "PASS"), healthy, at(4)), Advance)


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        ("error", Metric("error")),
        ("complaint", Metric("complaint", "reported")),
        ("latency_ms:above", Metric("latency_ms", "above")),
        ("error<=0.5%", Metric("error", "bad", 0.005)),
        ("halluc-1:reported<=0.01", Metric("halluc-1", "reported", 0.01)),
    ],
)
def test_metrics_as_people_write_them(text: str, metric: Metric) -> None:
    assert metric_of(text) == metric


@pytest.mark.parametrize("text", ["", "a b", "error:worse", "error<=lots", "<=1%", "é"])
def test_what_is_no_metric_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"no metric|no kind|no rate"):
        metric_of(text)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (replace(PLAN, phases=()), "1 to 50 phases"),
        (replace(PLAN, phases=(100_000,)), "a phase below 100%"),
        (replace(PLAN, phases=(10_000, 50_000)), "the last phase is 100%"),
        (replace(PLAN, phases=(50_000, 10_000, 100_000)), "the phases grow"),
        (replace(PLAN, phases=(10_000, 98_000, 100_000)), "leaves the control at least 1%"),
        (replace(PLAN, metrics=()), "1 to 20 metrics"),
        (replace(PLAN, metrics=(Metric("a"), Metric("a"))), "compared once"),
        (replace(PLAN, metrics=(Metric("a", "above", 0.1),)), "a promise is a rate"),
        (replace(PLAN, bake=13 * HOUR), "longer than the limit"),
        (replace(PLAN, alpha=0.5), "alpha"),
        (replace(PLAN, margin=1.1), "margin"),
        (replace(PLAN, margin=float("nan")), "margin"),
        (replace(PLAN, block=7), "a block has"),
    ],
)
def test_a_plan_that_cannot_be_is_told(wrong: Plan, said: str) -> None:
    assert not tuple(faults(PLAN))
    assert any(said in fault for fault in faults(wrong))


def test_a_block_never_spans_a_step_and_ends_before_its_labels_are_due() -> None:
    plan = replace(PLAN, patience=300)
    begin, since = micros(AT), micros(at(0.6))
    found = edges(Weighed(AT), plan, since, micros(at(2)), 0)
    assert found[0] == begin
    assert since in found
    assert found[-1] <= micros(at(2)) - 305_000_000
    lengths = {b - a for a, b in pairwise(found)}
    assert max(lengths) == 15 * 60_000_000
    assert edges(Weighed(AT), plan, begin, micros(at(0.3)), 0) == ()
    assert edges(Weighed(instant(found[-1])), plan, since, micros(at(2)), 0) == ()


def test_a_metric_that_nobody_may_ever_have_needs_no_evidence_of_safety() -> None:
    leaks = replace(PLAN, metrics=(Metric("error"), Metric("privacy_leak", "reported")))
    state = baking(leaks, step=1)
    seen = weighed(state, 4, (50, 1), (50, 1), blocks=80)
    clean = replace(seen, series=(seen.series[0], *weighed(state, 4, (50, 0), (50, 0), blocks=80).series[1:]))
    assert isinstance(decide(state, clean, at(4)), Promote)


def folded(*facts: Fact) -> object:
    return rollout_of(LedgerEntry(n, "rollout/m", n + 1, fact) for n, fact in enumerate(facts))


def test_a_fact_that_does_not_fit_changes_nothing() -> None:
    start, seen = baking().start, Weighed(at(1))
    for step in (0, 2, -1):
        found = folded(start, RolloutAdvanced(step, seen, "no such step", at(1)))
        assert isinstance(found, Baking)
        assert found.step == 0
    last = folded(start, RolloutAdvanced(1, seen, "", at(1)), RolloutAdvanced(2, seen, "", at(2)), start)
    assert isinstance(last, Baking)
    assert last.step == 1, "only promotion leads to all of the traffic"
    over = folded(start, RolloutRolledBack(seen, "harm", None, at(1)), RolloutAdvanced(1, seen, "late", at(2)))
    assert isinstance(over, RolledBack)
    assert folded(RolloutAdvanced(1, seen, "before any", at(1))) is None


def test_a_flag_has_the_share_of_its_own_rollout_and_of_no_other() -> None:
    state = baking()
    mine = Flag("m", {"control": "", "candidate": "x"}, "control", split=Split("candidate", 77))
    set_so = LedgerEntry(0, "flag/m", 1, FlagSet(mine, "m", By("bo", "session"), AT))
    found = standing((set_so,))
    assert found is not None

    def share(rollout: Rollout | None) -> int:
        split = served(found, rollout).split
        assert split is not None
        return split.share

    assert share(state) == PLAN.phases[0]
    assert share(None) == 0, "a rollout that is not there gives nothing"
    assert share(replace(state, start=replace(state.start, flag="other"))) == 0
    assert share(replace(state, start=replace(state.start, name="other"))) == 0
    assert share(Held(state, "because", None, AT)) == PLAN.phases[0]
