"""Whatever signals and files come: a proposal follows from them alone, and a runbook is read or refused, never a crash."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cleanroom.core.alert import Signal
from cleanroom.core.base import Instant
from cleanroom.core.facts import IncidentOpened
from cleanroom.core.incident.categories import PATHS
from cleanroom.core.incident.compare import Asked, excess, is_test, mixed, reasons
from cleanroom.core.incident.propose import propose
from cleanroom.core.incident.runbook import LONGEST, MOST_STEPS, parse
from cleanroom.core.incident.similar import Evidence, Seen, repeats, repeats_of_all
from cleanroom.core.incident.state import Detected
from cleanroom.core.sensors.scope import OUTPUTS, kind_of

NOW = Instant("2026-11-22T09:00:00.000000Z")
WORDS = st.sampled_from(
    ["hallucination", "cost of calls", "pii", "escalated", "error", "injection", "latency", "drift"]
)
SIGNALS = st.lists(
    st.builds(
        Signal,
        name=st.sampled_from(["slo/a", "sensor/b", "prometheus/c", "rollout/d"]),
        system=st.just("shop"),
        level=st.just("critical"),
        about=st.sampled_from(["", "failed", "cost"]),
        what=WORDS,
        since=st.just(NOW),
        seen=st.just(NOW),
        evidence=st.just(()),
        runbook=st.sampled_from(["", "slo", "missing", "cost", "privacy", "schema", "counts"]),
        over=st.booleans(),
    ),
    max_size=8,
)
EVIDENCE = st.frozensets(
    st.tuples(st.sampled_from(["category", "system", "flag", "change", "signal", "answer"]), st.sampled_from("xyz")),
    max_size=6,
)
COUNTS = st.dictionaries(st.sampled_from("abc"), st.integers(0, 200).map(float), max_size=3)


@given(SIGNALS, st.randoms(use_true_random=False))
def test_a_proposal_follows_from_the_signals_in_any_order_and_repeats_change_nothing(
    signals: list[Signal], chance: Random
) -> None:
    found = propose(signals)
    shuffled = [*signals, *signals]
    chance.shuffle(shuffled)
    again = propose(shuffled)
    assert (found is None) == (again is None)
    if found is not None and again is not None:
        assert (found.category, found.strength, found.tied) == (again.category, again.strength, again.tied)
        assert found.category in PATHS
        assert any(not s.over and line.startswith(s.name) for s in signals for line in found.evidence)
    live = [s for s in signals if not s.over and s.runbook != "missing"]
    assert found is None or propose(live) == found


@given(st.lists(st.lists(EVIDENCE, max_size=10), max_size=5))
def test_repeats_that_are_kept_and_looked_up_are_those_of_all_pairs(looks: list[list[Evidence]]) -> None:
    """Whatever becomes of the evidence from look to look, also where incidents are gone, as after a copy was put back."""
    before: list[Seen] = []
    kept = repeats_of_all((), {}, {})
    for look in looks:
        seen = [(incident(place + 1), own) for place, own in enumerate(look)]
        kept = repeats_of_all(seen, {known.id: (known, own) for known, own in before}, kept)
        assert kept == {known.id: repeats(own, seen[:place]) for place, (known, own) in enumerate(seen)}
        before = seen


def incident(number: int) -> Detected:
    id = str(number)
    opened = IncidentOpened(id, f"title {id}", (), "sev2", None, NOW, (), "", "", "", "", None, NOW)
    return Detected(id, opened, 1, "sev2", None, (), (), 0)


@given(
    st.text(max_size=400)
    | st.lists(st.sampled_from(["# T", "1. a", "```", "  b", "- [ ] c", "", "2) `cleanroom x`"])).map("\n".join)
)
def test_any_text_is_a_runbook_or_has_a_finding(text: str) -> None:
    runbook, findings = parse(text, "n", "runbooks/n.md")
    assert len(runbook.steps) <= MOST_STEPS
    assert [s.number for s in runbook.steps] == list(range(1, len(runbook.steps) + 1))
    assert all(0 < len(s.text) <= LONGEST and s.text.isprintable() for s in runbook.steps)
    assert bool(runbook.steps) != any(
        (f.severity == "error" and "step" in f.message) or "block" in f.message for f in findings
    )


@given(COUNTS, COUNTS, st.floats(0, 10))
def test_shares_of_an_excess_are_shares(before: dict[str, float], now: dict[str, float], ratio: float) -> None:
    found = excess(before, now, ratio)
    assert all(0 <= share <= 1 for share in found.shares.values())
    assert sum(found.shares.values()) <= 1 + 1e-9
    mix = mixed(before, now)
    if mix is not None:
        assert 0 <= mix.moved <= 1
        same = mixed(now, now)
        assert same is not None
        assert not same.differs


@given(
    st.lists(
        st.builds(
            Asked, at=st.integers(0, 10**9), talk=st.sampled_from(["", "c1", "c2"]), text=st.sampled_from(["", "x", "y"]),
            names=st.sampled_from([("e2e-1",), ("orders",), ()]), spent=st.floats(0, 1), wrong=st.booleans(),
        ),
        max_size=30,
    )
)  # fmt: skip
def test_every_request_has_one_reason_and_what_users_ask_first_has_none(asked: list[Asked]) -> None:
    found = reasons(asked)
    assert len(found) == len(asked)
    assert all((why == "test") == is_test(a.names) for a, why in zip(asked, found, strict=True))
    if asked:
        first = min(range(len(asked)), key=lambda i: asked[i].at)
        assert found[first] in ("", "test")


@given(st.text(max_size=300))
def test_every_text_is_of_one_kind(text: str) -> None:
    assert kind_of(text) in OUTPUTS
