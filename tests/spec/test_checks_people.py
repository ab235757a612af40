"""Families references, funnels and duplicates: users exist, steps come in order, rows come once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from tests import battery_samples
from tests.battery_samples import (
    BASELINE,
    CLEAN,
    PLAN,
    PROFILES,
    START,
    STEPS,
    Row,
    changed,
    clicks,
    every,
    failing,
    named,
    planned,
)

from cleanroom.core.base import Digest
from cleanroom.core.check import OrphanRows, Outcome, RepeatedRows, SkippedRows, TornRows
from cleanroom.core.checks.paths import by_day, paths
from cleanroom.core.contract import Funnel, Reference, Stitch, Unique
from cleanroom.core.states import Trail

run = partial(battery_samples.run, only=("references", "funnels", "duplicates"))

EXISTS = "references.exists(user,profiles)"
STITCHED = "references.stitching(session,user)"


# --- references --------------------------------------------------------------------------------------------


def test_users_that_do_not_exist_are_found_and_named() -> None:
    rows = changed(CLEAN, lambda _: {"user": "u999"}, every(100))
    found = named(run(rows), EXISTS)
    assert found.outcome is Outcome.FAIL
    assert found.because == "16 rows of 1,687 carry 1 value of user not found in profiles: u999 (16 rows)."
    assert found.witness == OrphanRows("user", "profiles", "user")


def test_a_share_of_orphans_may_be_allowed() -> None:
    rows = changed(CLEAN, lambda _: {"user": "u999"}, every(100))
    contract = planned(references=(Reference("user", "profiles", "user", 0.01),))
    assert named(run(rows, contract=contract), EXISTS).outcome is Outcome.PASS
    assert PROFILES


def test_a_reference_that_cannot_be_read_is_unknown() -> None:
    contract = planned(references=(Reference("user", "elsewhere", "user"),))
    found = named(run(CLEAN, contract=contract), "references.exists(user,elsewhere)")
    assert (found.outcome, found.missing) == (Outcome.UNKNOWN, "the reference file elsewhere could not be opened")


def test_a_session_of_two_users_is_torn() -> None:
    rows = changed(CLEAN, lambda _: {"session": "s2-1"}, lambda r: r["session"] == "s2-2")
    found = named(run(rows), STITCHED)
    assert found.outcome is Outcome.FAIL
    assert "belong to more than one user" in found.because
    assert found.witness == TornRows("session", "user")


def test_some_torn_sessions_may_be_allowed_and_none_at_all_is_unknown() -> None:
    rows = changed(CLEAN, lambda _: {"session": "s2-1"}, lambda r: r["session"] == "s2-2")
    contract = planned(stitching=(Stitch("session", "user", 0.01),))
    assert named(run(rows, contract=contract), STITCHED).outcome is Outcome.PASS
    nobody = [{**r, "session": None} for r in CLEAN]
    assert named(run(nobody), STITCHED).outcome is Outcome.UNKNOWN


# --- funnels -----------------------------------------------------------------------------------------------

ORDER, SHAPE = "funnels.order(buying)", "funnels.shape(buying)"


def test_a_clean_funnel_passes_and_counts_who_reached_what() -> None:
    verdict = run(CLEAN)
    found = named(verdict, ORDER)
    assert found.outcome is Outcome.PASS
    assert found.seen == "in order: view_item 901, add_to_cart 533, purchase 253"
    assert dict(found.figures)["candidate/purchase"] == 253
    assert dict(found.figures)["baseline/view_item"] == 901
    assert named(verdict, SHAPE).outcome is Outcome.PASS


def test_a_step_that_people_skip_is_found() -> None:
    rows = [r for i, r in enumerate(CLEAN) if not (r["event"] == "add_to_cart" and i % 3 == 0)]
    found = named(run(rows), ORDER)
    assert found.outcome is Outcome.FAIL
    assert "at purchase lack add_to_cart before, where 5% is allowed; in the baseline 0%" in found.because
    assert found.witness == SkippedRows("session", "event", "ts", "add_to_cart", "purchase")


def test_order_counts_not_just_presence() -> None:
    rows = changed(CLEAN, lambda r: {"ts": r["ts"] - timedelta(minutes=10)}, lambda r: r["event"] == "purchase")
    verdict = run(rows)
    assert ORDER in failing(verdict)
    assert SHAPE not in failing(verdict)


def test_the_same_moment_is_in_time() -> None:
    rows = [{**r, "ts": r["ts"].replace(hour=12, minute=0, second=0)} for r in CLEAN]
    assert named(run(rows), ORDER).outcome is Outcome.PASS


def test_a_funnel_that_grows_is_found_on_its_day() -> None:
    def on_day_nine(row: Row) -> bool:
        return bool(row["event"] == "add_to_cart" and (row["ts"] - START).days == 9)

    rows = changed(CLEAN, lambda _: {"event": "purchase"}, on_day_nine)
    found = named(run(rows), SHAPE)
    assert found.outcome is Outcome.FAIL
    assert "on 2026-01-14" in found.because
    assert found.because.startswith("purchase has ")


def test_too_few_people_are_unknown_and_say_how_many_are_missing() -> None:
    found = named(run(CLEAN[:60], baseline=None), ORDER)
    assert found.outcome is Outcome.UNKNOWN
    assert found.missing.endswith("more people at add_to_cart")
    nobody = [r for r in CLEAN if r["event"] == "other"] + [{**CLEAN[0], "event": "other"}]
    verdict = run(nobody, baseline=None)
    assert {named(verdict, c).outcome for c in (ORDER, SHAPE)} == {Outcome.UNKNOWN}


def test_more_skips_than_in_the_baseline_are_worth_a_look_though_the_plan_allows_them() -> None:
    contract = planned(funnels=(Funnel("buying", STEPS, max_skips=0.5),))
    rows = [r for i, r in enumerate(CLEAN) if not (r["event"] == "add_to_cart" and i % 5 == 0)]
    found = named(run(rows, contract=contract), ORDER)
    assert found.outcome is Outcome.WARN
    assert "in the baseline 0%" in found.because


def test_steps_that_are_sampled_may_be_missing_for_others() -> None:
    rows = [r for i, r in enumerate(CLEAN) if r["event"] != "add_to_cart" or i % 2]
    assert {ORDER, SHAPE} & failing(run(rows)) == {ORDER}
    events = (PLAN.events[0], replace(PLAN.events[1], sampling=0.5), PLAN.events[2])
    assert not {ORDER, SHAPE} & failing(run(rows, contract=planned(events=events)))


def test_a_funnel_by_a_role_that_the_plan_lacks_is_unknown() -> None:
    contract = planned(roles=replace(PLAN.roles, user=None), funnels=(Funnel("buying", STEPS, "user"),))
    found = named(run(CLEAN, contract=contract), "funnels.roles")
    assert (found.outcome, found.missing) == (Outcome.UNKNOWN, "roles.user in contracts/plan.yaml")


def trail(*rows: tuple[int, int, int]) -> Trail:
    who, step, time = (list(c) for c in zip(*rows, strict=True))
    return Trail(np.array(who, np.uint64), np.array(step, np.uint8), np.array(time, np.int64))


DAY = 86_400_000_000


def test_paths_agree_with_a_plain_reading_of_random_trails() -> None:
    chance = np.random.default_rng(8)
    for _ in range(60):
        n, steps = int(chance.integers(1, 60)), 4
        rows = [
            (int(w), int(s), int(t))
            for w, s, t in zip(
                chance.integers(0, 8, n),
                chance.integers(0, steps, n),
                chance.integers(-3, 3, n) * DAY // 2,
                strict=True,
            )
        ]
        found, days = paths(trail(*rows), steps), by_day(trail(*rows), steps)
        people = sorted({w for w, _, _ in rows})
        for s in range(steps):
            when = {p: [t for w, x, t in rows if w == p and x == s] for p in people}
            before = {p: [t for w, x, t in rows if w == p and x == s - 1] for p in people}
            here = [p for p in people if when[p]]
            assert found.people[s] == len(here)
            skipped = [p for p in here if not before[p] or min(before[p]) > min(when[p])]
            assert found.skipped[s] == (len(skipped) if s else 0)
        assert found.reached.tolist() == reached(rows, people, steps)
        for i, day in enumerate(days.day.tolist()):
            present = [{w for w, x, t in rows if x == s and t // DAY == day} for s in range(steps)]
            assert days.people[i].tolist() == [len(p) for p in present]
            assert days.only[i, 1:].tolist() == [len(b - a) for a, b in pairwise(present)]
            assert days.left[i, 1:].tolist() == [len(a - b) for a, b in pairwise(present)]


def reached(rows: list[tuple[int, int, int]], people: list[int], steps: int) -> list[int]:
    out = [0] * steps
    for p in people:
        at = -(10**18)
        for s in range(steps):
            later = [t for w, x, t in rows if w == p and x == s and t >= at]
            if not later:
                break
            at, out[s] = min(later), out[s] + 1
    return out


def test_paths_of_nobody_and_of_broken_clocks() -> None:
    assert paths(Trail.zero(), 2).people.tolist() == [0, 0]
    assert by_day(Trail.zero(), 2).people.shape == (0, 2)
    far = by_day(trail((1, 0, -(2**62)), (1, 1, 2**62)), 2)
    assert far.people.tolist() == [[1, 0], [0, 1]]


def test_people_are_not_cut_in_two_between_pieces_of_work() -> None:
    rows = 300_000
    one = Trail(
        np.repeat(np.array([1, 2], np.uint64), rows // 2), np.arange(rows) % 2 == 1, np.arange(rows, dtype=np.int64)
    )
    assert paths(one, 2).people.tolist() == [2, 2]
    assert by_day(one, 2).people.tolist() == [[2, 2]]


# --- duplicates --------------------------------------------------------------------------------------------

SIGNATURE, KEY = "duplicates.signature", "duplicates.key(id)"


def test_rows_that_come_twice_are_found_both_ways() -> None:
    verdict = run([*CLEAN, *CLEAN[::50]])
    assert {SIGNATURE, KEY} <= failing(verdict)
    found = named(verdict, KEY)
    assert found.because == "34 of 1,721 rows repeat the id of another row."
    assert found.witness == RepeatedRows(("id",))


def test_rows_that_come_twice_under_a_new_id_are_found_by_their_signature() -> None:
    again = [{**r, "id": f"again-{i}"} for i, r in enumerate(CLEAN[::50])]
    found = failing(run([*CLEAN, *again]))
    assert SIGNATURE in found
    assert KEY not in found


def test_a_baseline_that_repeats_itself_allows_as_much() -> None:
    base, mine = ([*rows, *({**r, "id": f"x{i}"} for i, r in enumerate(rows[::40]))] for rows in (BASELINE, CLEAN))
    assert named(run(mine, baseline=base), SIGNATURE).outcome is Outcome.PASS
    assert SIGNATURE in failing(run(mine, baseline=BASELINE))


def test_a_few_repetitions_without_a_baseline_are_a_warning() -> None:
    again = [{**r, "id": f"again-{i}"} for i, r in enumerate(CLEAN[:4])]
    found = named(run([*CLEAN, *again], baseline=None), SIGNATURE)
    assert found.outcome is Outcome.WARN
    assert "may be chance" in found.because


def test_a_key_may_repeat_as_often_as_the_plan_allows_and_may_be_absent() -> None:
    contract = planned(keys=(Unique(("id",), 0.05), Unique(("order", "user"))))
    rows = [*CLEAN, *CLEAN[::50]]
    verdict = run([{**r, "order": None} for r in rows], contract=contract)
    assert named(verdict, KEY).outcome is Outcome.PASS
    assert named(verdict, "duplicates.key(order,user)").outcome is Outcome.UNKNOWN


def test_the_id_is_a_key_even_when_the_plan_does_not_say_so() -> None:
    assert KEY in failing(run([*CLEAN, CLEAN[0]], contract=planned(keys=())))


@pytest.mark.parametrize(("second", "outcome"), [("sha256:aa", Outcome.PASS), ("sha256:bb", Outcome.FAIL)])
def test_running_the_change_twice_gives_the_same_bytes(second: str, outcome: Outcome) -> None:
    found = named(run(CLEAN, twice=(Digest("sha256:aa"), Digest(second))), "duplicates.idempotent")
    assert found.outcome is outcome
    assert ("(aa)" if outcome is Outcome.PASS else "(aa and bb)") in found.because


def test_a_sample_is_what_it_says() -> None:
    assert clicks(2) == CLEAN
    assert isinstance(CLEAN[0]["ts"], datetime)
