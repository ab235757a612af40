"""What can honestly be said of a promise? Met, violated or cannot tell, with what is left of the budget."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.slo_samples import (
    ANA,
    DAY,
    ERRORS,
    HOUR,
    REGISTER,
    SYSTEM,
    TRUE,
    Ward,
    answers,
    call,
    errors,
    prometheus,
    ratio,
    slo_text,
    threshold,
    ward,
)
from tests.telemetry_samples import evaluation, logs

from cleanroom.app.slo import labels
from cleanroom.app.slo import status as slos
from cleanroom.app.slo.sample import MOST, sample
from cleanroom.app.slo.watch import watch_slos
from cleanroom.app.telemetry.take import take
from cleanroom.core.base import Misuse, NotFound, instant
from cleanroom.core.facts import LabelsSampled, Received, SourceAged
from cleanroom.formats.otlp import read_logs


def test_the_detector_reads_seven_times_the_truth_and_labels_tell_it(tmp_path: Path) -> None:
    home = ward(tmp_path, TRUE)
    answers(home, 25, 10_000, 0.003)
    before = slos.status(home.room, "answers-true")
    assert before.labels is not None
    assert 0.029 < before.labels.flagged_rate < 0.036, "what the detector says: seven times the budget"
    assert before.says == "cannot tell"
    assert "nobody has labelled a call yet; about " in before.because
    assert before.labels.missing.met is not None
    drawn = sample(home.room, "answers-true", 300)
    assert drawn.flagged + drawn.unflagged == 300
    assert 0.08 < drawn.flagged / 300 < 0.35, "to show 'met' most labels are of what the detector lets pass"
    assert home.label("answers-true") == 300
    few = slos.status(home.room, "answers-true")
    assert few.says == "cannot tell", few.because
    assert few.labels is not None
    assert few.lower < 0.003 < few.upper
    assert "more labels could show met" in few.because
    assert few.labels.missing.met is not None
    wanted = sum(few.labels.missing.met)
    assert 100 < wanted < 5000
    for _ in range(3):
        sample(home.room, "answers-true", MOST)
        home.label("answers-true")
    many = slos.status(home.room, "answers-true")
    assert many.says == "met", many.because
    assert many.lower < 0.003 < many.upper <= 0.005
    assert many.budget_left is not None
    assert 0.2 < many.budget_left < 0.6
    assert many.expected, "bad and good ones were labelled: how soon a rise is heard of is known"


def test_too_many_made_up_answers_are_violated_once_labels_show_it(tmp_path: Path) -> None:
    home = ward(tmp_path, TRUE)
    answers(home, 25, 3_000, 0.02)
    for _ in range(2):
        sample(home.room, "answers-true", 250)
        home.label("answers-true")
    found = slos.status(home.room, "answers-true")
    assert found.says == "violated", found.because
    assert found.lower > 0.005
    assert found.budget_left is not None
    assert found.budget_left < 0
    assert found.labels is not None
    assert found.labels.flagged.labels > 60, "to show 'violated' flagged ones tell more"


def test_a_label_counts_for_exactly_what_was_drawn(tmp_path: Path) -> None:
    home = ward(tmp_path, TRUE)
    answers(home, 10, 1500, 0.003)
    drawn = sample(home.room, "answers-true", 40)
    assert len(set(drawn.outputs)) == 40
    fact = next(e.fact for e in home.room.store.entries() if isinstance(e.fact, LabelsSampled))
    assert [d.output for d in fact.drawn] == list(drawn.outputs)
    assert sum(fact.chances) == pytest.approx(1)
    assert sum(fact.sizes) == 1500
    assert fact.by.person == ANA
    first = fact.drawn[0]
    came = next(
        e.fact for e in home.room.store.entries() if isinstance(e.fact, Received) and e.fact.output == first.output
    )
    assert came.content == first.content, "a decision on the output is one on this call, as it was drawn"
    assert came.by.person == "slo answers-true", "nobody sent it, so that anybody may judge it"
    called = home.room.calls.call(first.call)
    assert called is not None
    assert instant(called.at) == first.at
    again = sample(home.room, "answers-true", 40)
    assert not set(again.outputs) & set(drawn.outputs), "what was drawn is not drawn again"
    found = slos.status(home.room, "answers-true")
    assert found.labels is not None
    assert found.labels.waiting == 80


def test_what_nobody_has_decided_is_read_again_only_when_there_is_news_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = ward(tmp_path, TRUE)
    answers(home, 2, 200, 0.02)
    sample(home.room, "answers-true", 40)
    read: list[str] = []
    history = type(home.room.store).history

    def counting(store: Any, subject: str, after: int = 0) -> Any:
        read.append(subject)
        return history(store, subject, after)

    def waiting() -> int:
        read.clear()
        found = slos.status(home.room, "answers-true").labels
        assert found is not None
        return found.waiting

    monkeypatch.setattr(type(home.room.store), "history", counting)
    assert waiting() == 40
    assert sum(s.startswith("output/") for s in read) == 40
    assert waiting() == 40
    assert not [s for s in read if s.startswith("output/")], "a minute without news"
    sample(home.room, "answers-true", 5)
    assert waiting() == 45
    assert sum(s.startswith("output/") for s in read) == 5, "what was drawn is new; of the others there is no news"
    home.label("answers-true")
    assert waiting() == 0
    monkeypatch.setattr(labels, "_MOST_NEWS", 2)
    more = sample(home.room, "answers-true", 5)
    assert waiting() == more.flagged + more.unflagged > 2
    home.label("answers-true")
    assert waiting() == 0, "also when it was too much to read"


def judged_later(home: Ward, count: int, detectors: Mapping[str, Callable[[int], float]]) -> None:
    """Chats of yesterday with their texts and sources; an hour later each detector says by log what it thinks of each."""
    chats = [
        call(f"{i + 1:032x}-{i + 1:016x}", home.now - DAY + i, {"error": False}, sources=(f"source {i}",))
        for i in range(count)
    ]
    home.room.calls.record(chats)
    home.truth |= {c.id: i < 4 for i, c in enumerate(chats)}
    records = [
        evaluation(
            {"gen_ai.evaluation.name": name, "gen_ai.evaluation.score.value": says(i)},
            chat.id,
            timeUnixNano=str((chat.at + HOUR) * 1000),
        )
        for name, says in detectors.items()
        for i, chat in enumerate(chats)
    ]
    taken = take(home.room, read_logs(logs(records, SYSTEM), as_json=True))
    assert (taken.new, taken.faults) == (count * len(detectors), ())


def test_what_is_judged_later_by_log_is_drawn_as_the_call_that_is_judged(tmp_path: Path) -> None:
    home = ward(tmp_path, TRUE)
    judged_later(home, 200, {"hallucination": lambda i: float(i < 8)})
    drawn = sample(home.room, "answers-true", 60)
    assert (drawn.sizes, drawn.flagged + drawn.unflagged) == ((8, 192), 60)
    fact = next(e.fact for e in home.room.store.entries() if isinstance(e.fact, LabelsSampled))
    for one in fact.drawn:
        chat, shown = home.room.calls.call(one.call), home.room.desk.text(one.content)
        assert chat is not None
        assert shown is not None
        assert (chat.operation, instant(chat.at)) == ("chat", one.at), "not the judgement"
        said = json.loads(shown)
        assert (said["input"], said["output"]) == (chat.input, chat.output)
        assert tuple(said["sources"]) == chat.sources != (), "bound to what they see: the call's texts and sources"
    assert home.label("answers-true") == 60
    found = slos.status(home.room, "answers-true").labels
    assert found is not None
    assert (found.waiting, found.flagged.labels + found.unflagged.labels) == (0, 60)
    again = sample(home.room, "answers-true", 60)
    assert not set(again.outputs) & set(drawn.outputs)


@pytest.mark.parametrize(("declared", "sizes"), [("", (8, 192)), ("detector: {threshold: 0.7}\n", (3, 197))])
def test_the_register_says_from_which_score_on_an_answer_is_flagged(
    tmp_path: Path, declared: str, sizes: tuple[int, int]
) -> None:
    home = ward(tmp_path, TRUE, register=REGISTER + declared)
    judged_later(home, 200, {"hallucination": lambda i: 0.9 if i < 3 else 0.6 if i < 8 else 0.1})
    assert sample(home.room, "answers-true", 60).sizes == sizes


def test_two_detectors_by_log_make_one_call_which_any_of_them_flags(tmp_path: Path) -> None:
    home = ward(tmp_path, TRUE)
    says = {
        "hallucination": lambda i: float(4 <= i < 24),
        "groundedness": lambda i: float(i >= 16),
        "faithful": lambda _: 1.0,
    }
    judged_later(home, 200, says)
    drawn = [sample(home.room, "answers-true", 120) for _ in range(2)]
    assert drawn[0].sizes == (24, 176), "600 records, of which 36 flag"
    facts = [e.fact for e in home.room.store.entries() if isinstance(e.fact, LabelsSampled)]
    calls = [(one.call, one.stratum) for fact in facts for one in fact.drawn]
    assert len(calls) == len(set(calls)) == len({id for id, _ in calls}) > 190
    assert all((stratum == "flagged") == (int(id[:32], 16) <= 24) for id, stratum in calls)
    home.label("answers-true")
    found = slos.status(home.room, "answers-true")
    assert found.labels is not None
    assert (found.labels.flagged.weight, found.labels.flagged.bad) == (0.12, 4)
    assert found.rate == pytest.approx(4 / 200, rel=0.05)


def test_the_same_calls_draw_the_same_sample(tmp_path: Path) -> None:
    drawn = []
    for name in ("one", "other"):
        home = ward(tmp_path / name, TRUE)
        answers(home, 10, 800, 0.003)
        drawn.append(sample(home.room, "answers-true", 50).outputs)
    assert drawn[0] == drawn[1]


def test_what_is_counted_is_met_or_not(tmp_path: Path) -> None:
    home = ward(tmp_path, ERRORS)
    empty = slos.status(home.room, "no-errors")
    assert (empty.says, empty.rate, empty.budget_left) == ("cannot tell", None, None)
    errors(home, 48, 100, 0.003)
    found = slos.status(home.room, "no-errors")
    assert (found.says, found.n) == ("met", len(home.room.calls.rows(SYSTEM, 0, home.now + 1, {}, limit=10**6)))
    assert found.budget_left is not None
    assert 0 < found.budget_left < 1
    assert any("calls are known for the last 48h only, of 30d" in n or "2d" in n for n in found.notes)
    by_rate = {round(e.rate, 4): e.mttd for e in found.expected}
    assert set(by_rate) == {0.01, 0.02, 0.05}
    assert by_rate[0.02].page is None, "four times the budget never pages"
    assert by_rate[0.02].watch is not None
    errors(home, 1, 4000, 0.05, seed=2)
    bad = slos.status(home.room, "no-errors")
    assert bad.says == "violated"
    assert bad.budget_left is not None
    assert bad.budget_left < 0


def test_a_limit_inside_a_bucket_is_not_called(tmp_path: Path) -> None:
    fast = slo_text("fast", threshold("metric: latency_s"), 0.9, ", op: lte, value: 2")
    home = ward(tmp_path, fast)
    home.room.calls.record([call(f"a{i}", home.now - HOUR, {"latency_s": 0.5}) for i in range(80)])
    home.room.calls.record([call(f"b{i}", home.now - HOUR, {"latency_s": 9.0}) for i in range(5)])
    assert slos.status(home.room, "fast").says == "met"
    home.room.calls.record([call(f"c{i}", home.now - HOUR, {"latency_s": 2.05}) for i in range(15)])
    found = slos.status(home.room, "fast")
    assert found.says == "violated", "2 is a bucket's bound: all above it are slow"
    home.room.calls.record([call(f"d{i}", home.now - HOUR, {"latency_s": 0.5}) for i in range(900)])
    assert slos.status(home.room, "fast").says == "met"
    (home.room.project.root / "slos" / "s0.yaml").write_text(fast.replace("value: 2}", "value: 2.1}"), "utf-8")
    (home.room.project.root / "slos" / "s0.yaml").write_text(
        slo_text("fast", threshold("metric: latency_s"), 0.99, ", op: lte, value: 2.1"), "utf-8"
    )
    found = slos.status(home.room, "fast")
    assert found.says == "cannot tell", "between 0.5% and 2% of calls are slower: the rollups do not know"
    assert "inside a bucket" in found.because
    assert (found.lower, found.upper) == (0.005, 0.02)


def test_the_age_of_a_source_is_time(tmp_path: Path) -> None:
    home = ward(tmp_path, slo_text("fresh", threshold("source: profiles"), 0.9, ", op: lt, value: 6", "1d"))
    file = tmp_path / "data" / "profiles.csv"

    def written(hours: float) -> None:
        seconds = (home.now - hours * HOUR) / 1e6
        os.utime(file, (seconds, seconds))

    written(1)
    first = slos.status(home.room, "fresh")
    assert first.says == "cannot tell"
    assert "profiles is 1.0 h old now" in first.because
    watch_slos(home.room)
    home.later(4 * 60)
    watch_slos(home.room)
    assert not home.signals(), "five hours are fine"
    assert slos.status(home.room, "fresh").says == "met"
    home.later(3 * 60)
    assert watch_slos(home.room)[0].firing == ("stale",)
    told = next(s for s in home.signals() if s.level == "warning")
    assert told.about == "profiles"
    assert told.since == instant(home.now - 2 * HOUR), "it became too old two hours ago"
    late = slos.status(home.room, "fresh")
    assert (late.says, late.n, late.bad) == ("cannot tell", 7 * 60, 120), "2 hours of 7; 2.4 of the day's 24 may be bad"
    assert "known for the last 7h only, of 1d: that is 83.3% of the window's budget so far" in late.because
    assert late.budget_left == pytest.approx(1 - 2 / 2.4)
    home.later(30)
    spent = slos.status(home.room, "fresh")
    assert (spent.says, spent.bad) == ("violated", 150)
    assert "known for the last 8h only, of 1d" in spent.because
    written(0)
    home.later(10)
    assert watch_slos(home.room)[0].firing == ()
    turns = [e.fact for e in home.room.store.entries() if isinstance(e.fact, SourceAged)]
    assert [t.stale for t in turns] == [False, True, False]


def test_a_row_of_the_future_makes_no_source_fresh(tmp_path: Path) -> None:
    home = ward(tmp_path, slo_text("fresh", threshold("source: profiles"), 0.9, ", op: lt, value: 6", "1d"))
    system = next((tmp_path / "systems").glob("*.yaml"))
    system.write_text(system.read_text("utf-8").replace("fresh_hours: 6}", "at: at, fresh_hours: 6}"), "utf-8")
    rows = ["at", instant(home.now - 10 * DAY), "2100-01-01T00:00:00Z"]
    (tmp_path / "data" / "profiles.csv").write_text("\n".join(rows) + "\n", "utf-8")
    assert watch_slos(home.room)[0].firing == ("stale",)
    told = next(s for s in home.signals() if s.about == "profiles")
    assert "240.0 h old" in told.what
    assert "not counted: 1 of a time that has not come yet" in " ".join(told.evidence)
    assert any("not counted: 1" in note for note in slos.status(home.room, "fresh").notes)


def test_prometheus_and_tables_are_counted(tmp_path: Path) -> None:
    good, total = "sum(increase(ok[$window]))", "sum(increase(all[$window]))"
    rows = slo_text("rows", ratio("data: data/orders.csv, column: wrong, at: at"), 0.5)
    settings = 'name = "shop"\n[signals.prom]\nkind = "prometheus"\nurl = "http://127.0.0.1:9090"\n'
    young = slo_text("young", prometheus("sum(increase(right[$window]))", "sum(increase(new[$window]))"), 0.9)
    home = ward(tmp_path, slo_text("web", prometheus(good, total), 0.9), rows, young, settings=settings)
    counts = home.room.counts
    counts.happened("sum(increase(new[$window]))", [home.now - i * HOUR // 60 for i in range(1, 40)])  # type: ignore[attr-defined]
    counts.happened(total, [home.now - i * HOUR for i in range(1, 101)])  # type: ignore[attr-defined]
    counts.happened(good, [home.now - i * HOUR for i in range(1, 96)])  # type: ignore[attr-defined]
    found = slos.status(home.room, "web")
    assert (found.says, found.n, found.bad) == ("met", 100, 5)
    assert [b.fires for b in found.burning] == [False] * 4
    days = [instant(home.now - d * DAY) for d in (1, 2, 3, 40)]
    lines = [f"{at},{wrong}" for at, wrong in zip(days, ("true", "false", "true", "true"), strict=True)]
    (tmp_path / "data" / "orders.csv").write_text("\n".join(["at,wrong", *lines]) + "\n", "utf-8")
    table = slos.status(home.room, "rows")
    assert (table.says, table.n, table.bad) == ("violated", 3, 2)
    assert "known for" not in table.because, "there are older rows: no others is what there was"
    (tmp_path / "data" / "orders.csv").write_text("\n".join(["at,wrong", *lines[:3]]) + "\n", "utf-8")
    table = slos.status(home.room, "rows")
    assert (table.says, table.n, table.bad) == ("cannot tell", 3, 2), "three bad days are no bad month"
    assert "only, of 30d: that is" in table.because
    new = slos.status(home.room, "young")
    assert (new.says, new.n, new.bad) == ("cannot tell", 39, 39), "declared an hour ago, all of it bad"
    assert "known for the last 1h only, of 30d" in new.because
    counts.silent = "no answer"  # type: ignore[attr-defined]
    silent = slos.status(home.room, "web")
    assert (silent.says, silent.because) == ("cannot tell", "no answer")


def test_what_cannot_be_sampled_says_why(tmp_path: Path) -> None:
    home = ward(tmp_path, TRUE, ERRORS)
    with pytest.raises(NotFound, match="there is no SLO 'answer-true'") as wrong:
        sample(home.room, "answer-true", 5)
    assert "answers-true" in wrong.value.hint
    with pytest.raises(Misuse, match="needs no labels"):
        sample(home.room, "no-errors", 5)
    with pytest.raises(Misuse, match="1 to 500"):
        sample(home.room, "answers-true", 0)
    with pytest.raises(Misuse, match="no call of 'shop-assistant' can be drawn"):
        sample(home.room, "answers-true", 5)
    mute = [call(f"m{i}", home.now - HOUR, {"hallucination": False}, output="") for i in range(50)]
    home.room.calls.record(mute)
    with pytest.raises(Misuse, match="text kept"):
        sample(home.room, "answers-true", 5)
