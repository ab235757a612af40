"""A rollout is judged by what somebody else counts: harm is found, silence holds it, and promotes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.review_samples import NAME
from tests.rollout_samples import PLAN, RolloutPaper, RolloutProject, approved

from cleanroom.app.rollout.read import existing, flag_of
from cleanroom.app.rollout.watch import forget, watch
from cleanroom.core.base import MINUTE, Misuse, instant, micros
from cleanroom.core.outcome import Columns
from cleanroom.core.progress.decide import Advance, Wait
from cleanroom.core.progress.served import served
from cleanroom.core.progress.state import Baking, Held, Promoted, RolledBack
from cleanroom.core.rollout.plan import Metric, Plan, faults, metric_of
from cleanroom.core.rollout.weigh import Memory, begun, certain_harm, harm, weigh
from cleanroom.core.rollout.weighed import Weighed
from cleanroom.core.stats.canary import Block
from cleanroom.ports.project import SignalSource
from cleanroom.sim.rollouts import SimulatedClock, Traffic, report

COUNTED = replace(PLAN, metrics=(Metric("error", source="prom"),), patience=300)
BOTH = replace(PLAN, metrics=(Metric("error", source="prom"), Metric("wrong")), patience=300)
SOURCE = SignalSource("prom", "prometheus", url="http://127.0.0.1:9", total="$arm $window", bad="$arm $window")


@pytest.fixture
def out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[RolloutPaper, SimulatedClock]:
    monkeypatch.setattr(RolloutProject, "signals", lambda _: (SOURCE,))
    paper, clock = approved(tmp_path)
    paper.counts._sources = ("prom",)
    return paper, clock


def requests(paper: RolloutPaper, clock: SimulatedClock, minutes: int, bad: tuple[float, float]) -> None:
    """So many minutes pass, with 600 requests an hour in the shares of now; `bad`: rates of candidate and control."""
    room = paper.room()
    flag = flag_of(room, NAME)
    assert flag is not None
    split = served(flag, existing(room, NAME)).split
    share = split.share / 100_000 if split else 0.0
    chance = np.random.default_rng([micros(clock.at), 1])
    begin = micros(clock.at)
    for arm, part, rate in (("candidate", share, bad[0]), ("control", 1 - share, bad[1])):
        count = int(chance.poisson(10 * minutes * part))
        moments = np.sort(chance.integers(begin + 1, begin + minutes * MINUTE, count)).tolist()
        paper.counts.saw("prom", arm, zip(moments, (chance.random(count) < rate).tolist(), strict=True))
    clock.later(minutes)


def until_over(paper: RolloutPaper, clock: SimulatedClock, bad: tuple[float, float]) -> object:
    for _ in range(60):
        requests(paper, clock, 30, bad)
        watch(paper.room())
        found = existing(paper.room(), NAME)
        if not isinstance(found, Baking):
            return found
    return existing(paper.room(), NAME)


def test_harm_that_somebody_else_counts_rolls_back(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, clock = out
    paper.begin(COUNTED)
    end = until_over(paper, clock, (0.6, 0.2))
    assert isinstance(end, RolledBack)
    assert "requests" in end.because
    assert "users" not in end.because


def test_only_evidence_promotes_and_a_new_process_sees_the_same(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, clock = out
    paper.begin(COUNTED)
    for _ in range(4):
        requests(paper, clock, 30, (0.2, 0.2))
        forget(paper.room())
        watch(paper.room())
    assert isinstance(until_over(paper, clock, (0.2, 0.2)), Promoted)


def test_silence_is_no_good_news(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    """Counted up to the moment at which it would have gone on; then there is no answer for a day and longer."""
    paper, clock = out
    paper.begin(COUNTED)
    for _ in range(6):
        requests(paper, clock, 30, (0.2, 0.2))
        watch(paper.room())
    before = existing(paper.room(), NAME)
    assert isinstance(before, Baking)
    paper.counts.silent = "source prom: no answer within 5 s"
    for _ in range(4):
        requests(paper, clock, 60, (0.2, 0.2))
        ((name, did),) = ((w.name, w.did) for w in watch(paper.room()))
        assert name == NAME
        assert isinstance(did, Wait)
        assert "no answer within 5 s; nothing after 2026-11-22T" in did.because
    now = existing(paper.room(), NAME)
    assert isinstance(now, Baking)
    assert (now.step, now.weighed.until) == (0, before.weighed.until)
    paper.counts.silent = ""
    watch(paper.room())
    after = existing(paper.room(), NAME)
    assert isinstance(after, Baking)
    assert after.step == 1, "what was not weighed is weighed now, and nothing of it is lost"
    paper.counts.silent = "source prom: no answer within 5 s"
    clock.later(24 * 60)
    watch(paper.room())
    held = existing(paper.room(), NAME)
    assert isinstance(held, Held)
    assert "no answer within 5 s" in held.because


def test_what_was_answered_does_not_go_on_while_the_rest_is_silent(
    out: tuple[RolloutPaper, SimulatedClock],
) -> None:
    paper, clock = out
    paper.begin(COUNTED)
    paper.counts.behind = micros(clock.at) + (4 * 60 + 15) * MINUTE
    requests(paper, clock, 5 * 60, (0.2, 0.2))
    for quiet in ("gone", "gone", ""):
        paper.counts.silent = quiet
        ((_, did),) = ((w.name, w.did) for w in watch(paper.room()))
        assert isinstance(did, Wait if quiet else Advance)
        forget(paper.room())


def test_who_never_answers_promotes_nothing_and_nothing_counted_either(
    out: tuple[RolloutPaper, SimulatedClock],
) -> None:
    paper, clock = out
    paper.begin(COUNTED)
    clock.later(6 * 60)
    watch(paper.room())  # it answers: no requests at all
    clock.later(20 * 60)
    watch(paper.room())
    held = existing(paper.room(), NAME)
    assert isinstance(held, Held)
    assert "0 requests with the candidate" in held.because


def test_harm_in_another_metric_acts_while_the_source_is_silent(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, clock = out
    paper.begin(BOTH)
    paper.counts.silent = "gone"
    traffic = Traffic(400, 100_000, {"control": {"wrong": 0.05}, "candidate": {"wrong": 0.6}})
    end: object = None
    for _ in range(20):
        report(paper.room(), clock, NAME, traffic, 30)
        watch(paper.room())
        end = existing(paper.room(), NAME)
        if not isinstance(end, Baking):
            break
    assert isinstance(end, RolledBack)
    assert end.because.startswith("wrong:")


def test_bad_outcomes_of_a_silent_time_count_when_it_speaks_again(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    """Users who turned bad behind the last counted block must not be taken for gone when that block is weighed."""
    paper, clock = out
    paper.begin(BOTH)
    traffic = Traffic(400, 100_000, {"control": {"wrong": 0.2}, "candidate": {"wrong": 0.2}})

    def hour(silent: str) -> Weighed:
        paper.counts.silent = silent
        for _ in range(20):  # the labels come within three minutes
            report(paper.room(), clock, NAME, traffic, 3)
            watch(paper.room())
        found = existing(paper.room(), NAME)
        assert isinstance(found, Baking)
        return found.weighed

    paper.counts.behind = micros(clock.at) + 35 * MINUTE
    assert micros(hour("gone").until) == paper.counts.behind - 5 * MINUTE, "two blocks of 15 minutes"
    forget(paper.room())
    assert micros(hour("gone").until) == paper.counts.behind - 5 * MINUTE
    paper.counts.behind += 30 * MINUTE
    assert micros(hour("gone").until) == paper.counts.behind - 5 * MINUTE, (
        "some of what waited is answered, the rest is not"
    )
    found = hour("")
    (wrong,) = (s for s in found.series if s.metric == "wrong")
    seen = paper.telemetry.columns(NAME, 0, micros(found.until), ["wrong"])
    first = {w for w, bad in zip(seen.who.tolist(), seen.metrics["wrong"].tolist(), strict=True) if bad}
    assert wrong.canary_bad + wrong.control_bad == len(first) > 20


def test_a_source_that_is_not_there_begins_nothing(out: tuple[RolloutPaper, SimulatedClock]) -> None:
    paper, _ = out
    with pytest.raises(Misuse, match="there is no source of counts 'grafana'"):
        paper.begin(replace(PLAN, metrics=(Metric("error", source="grafana"),)))
    assert paper.entries() == ()


def test_people_hear_of_a_long_silence_once(
    out: tuple[RolloutPaper, SimulatedClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    paper, clock = out
    told: list[str] = []
    monkeypatch.setattr("cleanroom.app.rollout.watch.tell", lambda _, key, *__: told.append(key))
    paper.begin(COUNTED)
    paper.counts.silent = "gone"
    clock.later(50)
    watch(paper.room())
    assert told == []
    for _ in range(3):
        clock.later(30)
        watch(paper.room())
    assert set(told) == {f"rollout/{NAME}/1/silent"}, "one key: it is posted once"


@pytest.mark.parametrize(
    ("text", "metric"),
    [
        ("error@prom", Metric("error", source="prom")),
        ("error@p-1.x<=0.5%", Metric("error", "bad", 0.005, "p-1.x")),
        ("complaint@prom", Metric("complaint", source="prom")),
        ("latency_ms@prom:above", Metric("latency_ms", "above", source="prom")),
    ],
)
def test_a_metric_names_its_source(text: str, metric: Metric) -> None:
    assert metric_of(text) == metric


@pytest.mark.parametrize("text", ["error@", "@prom", "error@a@b", "error@p q"])
def test_what_names_no_source(text: str) -> None:
    with pytest.raises(ValueError, match="names no metric"):
        metric_of(text)


def test_a_source_counts_what_is_bad_and_nothing_else() -> None:
    def wrong(metric: Metric) -> str:
        return "; ".join(faults(replace(PLAN, metrics=(metric,))))

    assert "nothing else" in wrong(Metric("latency_ms", "above", source="prom"))
    assert "nothing else" in wrong(Metric("complaint", "reported", source="prom"))
    assert "takes outcomes" in wrong(Metric("privacy_leak", source="prom"))
    assert wrong(Metric("error", source="prom")) == ""


def test_certain_harm_is_harm_whatever_the_source_says() -> None:
    """Where it is certain, weighing the same blocks with any counts shows harm too, at that block or before."""
    plan = Plan((10_000, 100_000), (Metric("error", source="prom"), Metric("wrong")), patience=300)
    chance = np.random.default_rng(4)
    bounds = [n * 15 * MINUTE for n in range(9)]
    certain = 0
    for _ in range(60):
        at = np.sort(chance.integers(0, bounds[-1], 400))
        canary = chance.random(400) < 0.3
        bad = (chance.random(400) < np.where(canary, chance.choice([0.1, 0.3, 0.5]), 0.1)).astype(float)
        who = np.array([f"u{n}" for n in range(400)])
        seen = Columns(who, at, at, canary, {"wrong": bad})
        before = Weighed(instant(0), tuple(begun(plan).values()))
        found = certain_harm(before, Memory(), plan, 0, bounds, seen)
        for low, high in ((0, 50), (10, 0), (0, 0)):
            given = [Block(b, 50, low, 100, high) for b in bounds[:-1]]
            after, _memory = weigh(before, Memory(), plan, 0, bounds, seen, {"error": given})
            if found is not None:
                assert harm(after.series, plan).harmful
                assert after.until <= found.until
        certain += found is not None
    assert 5 < certain < 55
