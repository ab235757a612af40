"""Family counts: events by day against the baseline, ratios, and what thin data cannot tell."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from tests import battery_samples
from tests.battery_samples import BASELINE, CLEAN, PLAN, START, Row, clicks, failing, named, planned

from cleanroom.core.check import CellRows, Outcome
from cleanroom.core.contract import Ratio, Tolerances

run = partial(battery_samples.run, only=("counts",))

THICK_BASELINE, THICK = clicks(3, 3_000), clicks(4, 3_000)


def kept(rows: Sequence[Row], event: str, share: float, since: int = 0) -> list[Row]:
    """A share of the event's rows from a day on, evenly."""
    out, due = [], 0.0
    for r in rows:
        if r["event"] != event or (r["ts"] - START).days < since:
            out.append(r)
            continue
        due += share
        if due >= 1:
            due -= 1
            out.append(r)
    return out


def test_a_clean_set_passes_for_each_event() -> None:
    verdict = run(THICK, baseline=THICK_BASELINE)
    for name in PLAN.event_names:
        found = named(verdict, f"counts.event({name})")
        assert found.outcome is Outcome.PASS
        assert found.expected == "within 40% of the baseline"
    assert len([k for k, _ in found.figures if k.startswith("candidate/2026-01-")]) == 14


def test_an_event_that_lost_rows_fails_and_is_named_with_its_interval() -> None:
    found = named(run(kept(THICK, "add_to_cart", 0.3), baseline=THICK_BASELINE), "counts.event(add_to_cart)")
    assert found.outcome is Outcome.FAIL
    assert re.match(r"add_to_cart changed by -\d+\.\d% to -\d+\.\d% against the baseline on all 14 days", found.because)
    assert isinstance(found.witness, CellRows)
    assert found.witness.event == "add_to_cart"


def test_a_loss_on_the_last_days_only_is_found() -> None:
    found = named(run(kept(THICK, "view_item", 0.2, since=11), baseline=THICK_BASELINE), "counts.event(view_item)")
    assert found.outcome is Outcome.FAIL
    assert "2026-01-1" in found.because


def test_a_day_that_vanished_inside_counts_as_zero() -> None:
    rows = [r for r in THICK if (r["ts"] - START).days != 6]
    verdict = run(rows, baseline=THICK_BASELINE)
    found = named(verdict, "counts.event(view_item)")
    assert found.outcome is Outcome.FAIL
    assert "2026-01-11" in found.because
    assert found.witness == CellRows("event", "view_item", "ts", "2026-01-11")


def test_an_event_that_is_missing_entirely_fails() -> None:
    found = named(run([r for r in CLEAN if r["event"] != "purchase"]), "counts.event(purchase)")
    assert found.outcome is Outcome.FAIL
    assert found.because.startswith("purchase is missing entirely")


def test_too_few_to_miss_is_unknown_and_says_how_many_it_takes() -> None:
    rare = [{**r, "event": "refund", "id": f"r{i}"} for i, r in enumerate(BASELINE[:3])]
    contract = planned(events=(*PLAN.events, replace(PLAN.events[1], name="refund")))
    found = named(run(CLEAN, baseline=[*BASELINE, *rare], contract=contract), "counts.event(refund)")
    assert found.outcome is Outcome.UNKNOWN
    assert re.fullmatch(r"about \d+ occurrences in the baseline, to tell loss from chance", found.missing)


def test_thin_data_is_unknown_and_says_how_much_is_missing() -> None:
    verdict = run(CLEAN[:120], baseline=BASELINE[:120])
    found = named(verdict, "counts.event(purchase)")
    assert found.outcome is Outcome.UNKNOWN
    assert re.fullmatch(r"about [\d,]+ more occurrences", found.missing)
    assert not failing(verdict) & {f"counts.event({e})" for e in PLAN.event_names}


def test_a_new_event_is_said_and_does_not_fail_the_counts() -> None:
    base = [r for r in BASELINE if r["event"] != "add_to_cart"]
    found = named(run(CLEAN, baseline=base), "counts.event(add_to_cart)")
    assert found.outcome is Outcome.WARN
    assert "add_to_cart is new" in found.because


def test_an_event_that_nobody_has_passes() -> None:
    contract = planned(events=(*PLAN.events, replace(PLAN.events[1], name="refund")))
    assert named(run(CLEAN, contract=contract), "counts.event(refund)").because == "Neither side has any refund."


def test_events_outside_the_plan_are_watched_too() -> None:
    strange = [{**r, "event": "heartbeat", "id": f"h{i}"} for i, r in enumerate(BASELINE[:200])]
    found = named(run(CLEAN, baseline=[*BASELINE, *strange]), "counts.other_events")
    assert (found.outcome, found.seen) == (Outcome.FAIL, "1 gone, 0 new")
    assert "gone are heartbeat (200 rows)" in found.because
    found = named(run([*CLEAN, *strange]), "counts.other_events")
    assert (found.outcome, found.seen) == (Outcome.WARN, "0 gone, 1 new")


def test_without_a_common_day_shares_of_all_rows_are_compared() -> None:
    later = [{**r, "ts": r["ts"] + timedelta(days=60)} for r in THICK]
    found = named(run(later, baseline=THICK_BASELINE), "counts.event(view_item)")
    assert found.outcome is Outcome.PASS
    assert "no day being shared" in found.because
    half_as_many = [r for i, r in enumerate(later) if i % 2]
    assert named(run(half_as_many, baseline=THICK_BASELINE), "counts.event(view_item)").outcome is Outcome.PASS
    lost = kept(later, "add_to_cart", 0.2)
    assert "counts.event(add_to_cart)" in failing(run(lost, baseline=THICK_BASELINE))


def test_only_the_days_that_both_sides_cover_are_compared() -> None:
    earlier = [{**r, "ts": r["ts"] - timedelta(days=14), "id": f"e{r['id']}"} for r in clicks(5, 2_000)]
    verdict = run([*earlier, *THICK], baseline=THICK_BASELINE)
    assert named(verdict, "counts.event(view_item)").outcome is Outcome.PASS
    assert "over 14 days" in named(verdict, "counts.event(view_item)").because


def test_without_a_baseline_the_comparisons_are_one_unknown() -> None:
    verdict = run(CLEAN, baseline=None)
    found = named(verdict, "counts.baseline")
    assert (found.outcome, found.missing) == (Outcome.UNKNOWN, "a baseline (--baseline DATA)")
    assert found.because.startswith("No baseline was given, so 5 checks could not run")
    assert verdict.outcome is Outcome.UNKNOWN
    assert run(CLEAN, baseline=None, contract=planned(advisory=("counts", "drift"))).outcome is Outcome.WARN


def test_sampled_events_show_how_many_they_stand_for() -> None:
    contract = planned(events=tuple(replace(e, sampling=0.1) for e in PLAN.events))
    found = named(run(CLEAN, contract=contract), "counts.event(view_item)")
    assert found.seen.endswith("(recorded at 10%)")
    assert found.seen.startswith("9,010 against")


# --- ratios ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (0.1, 0.5, Outcome.PASS),
        (None, 0.2, Outcome.FAIL),
        (0.4, None, Outcome.FAIL),
        (0.1, 0.29, Outcome.WARN),
    ],
)
def test_the_plans_bounds_of_a_ratio(low: float | None, high: float | None, outcome: Outcome) -> None:
    contract = planned(ratios=(Ratio("conversion", "purchase", "view_item", low, high),))
    assert named(run(THICK, contract=contract, baseline=None), "counts.bounds(conversion)").outcome is outcome


def test_thin_ratios_are_unknown() -> None:
    contract = planned(ratios=(Ratio("conversion", "purchase", "view_item", 0.2, 0.3, 0.1),))
    found = named(run(CLEAN[:200], contract=contract, baseline=None), "counts.bounds(conversion)")
    assert found.outcome is Outcome.UNKNOWN
    assert re.fullmatch(r"about [\d,]+ more occurrences of the rarer one", found.missing)


def test_a_ratio_counts_what_sampled_events_stand_for() -> None:
    events = (replace(PLAN.events[0], sampling=0.1), *PLAN.events[1:])
    contract = planned(ratios=(Ratio("conversion", "purchase", "view_item", 0.02, 0.04),), events=events)
    found = named(run(THICK, contract=contract, baseline=None), "counts.bounds(conversion)")
    assert found.outcome is Outcome.PASS, found.because


def test_a_ratio_that_moved_against_the_baseline_fails() -> None:
    contract = planned(ratios=(Ratio("conversion", "purchase", "view_item", tolerance=0.2),))
    found = named(
        run(kept(THICK, "purchase", 0.4), baseline=THICK_BASELINE, contract=contract), "counts.ratio(conversion)"
    )
    assert found.outcome is Outcome.FAIL
    assert "purchase per view_item changed by -" in found.because


def test_a_ratio_without_its_events_is_unknown() -> None:
    contract = planned(ratios=(Ratio("odd", "purchase", "refund", 0.1, 0.2), Ratio("none", "refund", "share", 0.1)))
    verdict = run(CLEAN, contract=contract)
    assert named(verdict, "counts.ratio(odd)").outcome is Outcome.UNKNOWN
    assert named(verdict, "counts.bounds(none)").outcome is Outcome.UNKNOWN


def test_a_tolerance_is_the_plans_own() -> None:
    strict = planned(tolerances=Tolerances(counts=0.02, min_count=50))
    found = named(run(CLEAN, contract=strict), "counts.event(view_item)")
    assert found.outcome is Outcome.UNKNOWN
    assert "too wide to tell" in found.because
