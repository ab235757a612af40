"""The worst wins: a verdict never gets better by adding a result, and no evidence is UNKNOWN."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cleanroom.core.base import Digest
from cleanroom.core.battery import decide
from cleanroom.core.change import MappedName, Mapping
from cleanroom.core.check import FAMILIES, CheckResult, Outcome, verdict
from cleanroom.core.checks import AnyCheck
from cleanroom.core.checks.duplicates import Idempotent, UniqueKey
from cleanroom.core.checks.mapping import Agreement
from cleanroom.core.checks.unasked import Unasked
from cleanroom.core.contract import Plan, Roles
from cleanroom.core.measure import Seen

results = st.builds(
    CheckResult,
    check=st.text(max_size=8),
    family=st.sampled_from(FAMILIES),
    outcome=st.sampled_from(Outcome),
    seen=st.just("s"),
    expected=st.just("e"),
    because=st.just("b"),
    required=st.booleans(),
)
NOTHING: Seen[object] = Seen({})


@given(st.lists(results, min_size=1), results)
def test_a_verdict_never_gets_better_by_adding_a_result(some: list[CheckResult], another: CheckResult) -> None:
    before, after = verdict(some).outcome, verdict([*some, another]).outcome
    assert after.rank >= before.rank
    assert after.rank >= another.counts_as.rank


@given(st.lists(results))
def test_a_required_failure_fails_and_an_advisory_one_cannot(some: list[CheckResult]) -> None:
    failing = CheckResult("x", "fields", Outcome.FAIL, "s", "e", "b")
    assert verdict([*some, failing]).outcome is Outcome.FAIL
    mild = verdict([replace(r, required=False) for r in [*some, failing]]).outcome
    assert mild is Outcome.WARN


@given(st.lists(results), st.randoms())
def test_the_order_of_results_does_not_matter_and_the_worst_come_first(some: list[CheckResult], chance: Any) -> None:
    shuffled = list(some)
    chance.shuffle(shuffled)
    assert verdict(some).outcome is verdict(shuffled).outcome
    ranks = [r.counts_as.rank for r in verdict(some).results]
    assert ranks == sorted(ranks, reverse=True)


def test_no_result_is_unknown() -> None:
    assert verdict([]).outcome is Outcome.UNKNOWN
    assert decide((), NOTHING, plan()).outcome is Outcome.UNKNOWN


def plan(*advisory: str) -> Plan:
    return Plan("p", Roles("event", "ts"), (), advisory=advisory)


SAME = Idempotent(Digest("sha256:a"), Digest("sha256:a"))
OTHER = Idempotent(Digest("sha256:a"), Digest("sha256:b"))
BLIND = UniqueKey(("id",))
QUARREL = Agreement(Mapping((MappedName("a", "b", similar="c"),)))
NO_BASELINE = Unasked(
    "counts", "baseline", ("counts.event(a)", "counts.event(b)"), "No baseline was given", "a baseline"
)


def outcome(check: AnyCheck, *advisory: str) -> Outcome:
    return decide([check], NOTHING, plan(*advisory)).outcome


def test_a_check_that_could_not_run_is_unknown_and_says_why() -> None:
    found = decide([BLIND], NOTHING, plan()).results[0]
    assert found.outcome is Outcome.UNKNOWN
    assert "did not compute" in found.missing


def test_the_plan_makes_checks_advisory_by_family_or_by_name() -> None:
    assert outcome(SAME) is Outcome.PASS
    assert outcome(OTHER) is Outcome.FAIL
    assert outcome(OTHER, "duplicates") is Outcome.WARN
    assert outcome(OTHER, "duplicates.idempotent") is Outcome.WARN
    assert outcome(OTHER, "counts", "duplicates.key(id)") is Outcome.FAIL
    assert outcome(BLIND) is Outcome.UNKNOWN
    assert outcome(BLIND, "duplicates.key(id)") is Outcome.WARN
    assert outcome(QUARREL) is Outcome.WARN


def test_what_stands_for_several_checks_is_advisory_only_when_all_of_them_are() -> None:
    assert outcome(NO_BASELINE) is Outcome.UNKNOWN
    assert outcome(NO_BASELINE, "counts.event(a)") is Outcome.UNKNOWN
    assert outcome(NO_BASELINE, "counts.event(a)", "counts.event(b)") is Outcome.WARN
    assert outcome(NO_BASELINE, "counts") is Outcome.WARN
