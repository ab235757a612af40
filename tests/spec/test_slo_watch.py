"""Is a broken promise heard of in time? Traffic goes bad on simulated time, and the watch looks on every few minutes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tests.slo_samples import (
    ERRORS,
    HOUR,
    MINUTE,
    SETTINGS,
    SYSTEM,
    TRUE,
    Ward,
    answers,
    call,
    errors,
    prometheus,
    slo_text,
    threshold,
    ward,
)

from cleanroom.adapters.memory.counts import MemoryCounts
from cleanroom.adapters.memory.store import MemoryStore
from cleanroom.app.slo import status as slos
from cleanroom.app.slo import unread
from cleanroom.app.slo.minutes import forget
from cleanroom.app.slo.sample import sample
from cleanroom.app.slo.unread import UNREADABLE
from cleanroom.app.slo.watch import VIOLATED, watch_slos
from cleanroom.core.base import micros
from cleanroom.core.facts import AlertOpened, AlertResolved, SloJudged
from cleanroom.core.ledger import LedgerEntry, Write


def go_on(home: Ward, minutes: int, hourly: float, rate: float, step: int = 5, seed: int = 9) -> list[tuple[str, ...]]:
    """Time passes with calls that fail at that rate; what fires after each step."""
    found = []
    for turn in range(minutes // step):
        home.later(step)
        errors(home, step / 60, hourly, rate, seed=seed * 10_000 + turn + int(home.now // MINUTE) % 100_000 * 100)
        found.append(watch_slos(home.room)[0].firing)
    return found


def judged(home: Ward) -> list[SloJudged]:
    return [e.fact for e in home.room.store.entries() if isinstance(e.fact, SloJudged)]


def test_four_times_the_budget_is_heard_of_within_the_hour_and_burn_rates_do_not_page(tmp_path: Path) -> None:
    home = ward(tmp_path, ERRORS)
    errors(home, 3, 2000, 0.003)
    assert go_on(home, 40, 2000, 0.003, step=10) == [()] * 4
    assert [j.says for j in judged(home)] == ["met"]
    assert not home.signals()
    expected = {round(e.rate, 3): e.mttd for e in slos.status(home.room, "no-errors").expected}[0.02]
    began = home.now
    fired = go_on(home, 60, 2000, 0.02)
    assert any("detector" in firing for firing in fired)
    names = {name for firing in fired for name in firing}
    assert not {n for n in names if n in ("burn 14.4x", "burn 6x")}, "a 2% rate on a 0.5% budget never pages"
    told = next(s for s in home.signals() if s.about == "detector")
    assert (told.name, told.system, told.level) == ("slo/no-errors", SYSTEM, "critical")
    assert micros(told.seen) - began <= HOUR
    assert abs(micros(told.since) - began) <= 15 * MINUTE, "since when is found as well"
    assert expected.watch is not None
    assert expected.watch < 1, "and it was foreseen"
    assert expected.page is None
    assert expected.ticket is not None
    assert expected.ticket > 6, "as a ticket, hours later"


def test_what_has_ended_is_told_once_it_is_calm_again(tmp_path: Path) -> None:
    home = ward(tmp_path, ERRORS)
    errors(home, 6, 500, 0.002)
    go_on(home, 30, 500, 0.2)
    firing = judged(home)[-1].firing
    assert {"burn 14.4x", "detector"} <= set(firing)
    written = len(judged(home))
    go_on(home, 150, 500, 0.001, step=10)
    last = judged(home)[-1]
    assert "detector" not in last.firing
    assert "burn 14.4x" not in last.firing
    assert len(judged(home)) - written <= 12, "only what changed is written"
    assert last.says == "violated", "the budget of the month is gone all the same"
    assert last.budget_left is not None
    assert last.budget_left < 0
    business = [s for s in home.signals() if s.about == VIOLATED]
    assert [s.level for s in business] == ["business"]


def test_a_new_process_sees_the_same(tmp_path: Path) -> None:
    home = ward(tmp_path, ERRORS)
    errors(home, 4, 500, 0.003)
    go_on(home, 60, 500, 0.08, step=15)
    before, told = watch_slos(home.room)[0], len(home.signals())
    forget(home.room)
    again = watch_slos(home.room)[0]
    assert before.firing
    assert (again.firing, again.changed) == (before.firing, False)
    assert len(home.signals()) == told


def test_what_comes_late_is_counted(tmp_path: Path) -> None:
    """Calls that began a while ago and end now: the watch reads their minutes once more."""
    home = ward(tmp_path, ERRORS)
    errors(home, 4, 500, 0.003)
    assert watch_slos(home.room)[0].firing == ()
    home.later(5)
    late = [call(f"late-{i}", home.now - 30 * MINUTE + i * 1000, {"error": True}) for i in range(60)]
    home.room.calls.record(late)
    assert "detector" in watch_slos(home.room)[0].firing


def flagged(home: Ward, minutes: int, hourly: int, rate: float, seed: int) -> None:
    chance = np.random.default_rng(seed)
    count = hourly * minutes // 60
    moments = np.sort(chance.integers(home.now - minutes * MINUTE, home.now, count))
    flags = chance.random(count) < rate
    home.room.calls.record(
        [call(f"f{seed}-{i}", int(moments[i]), {"hallucination": bool(flags[i])}) for i in range(count)]
    )


def test_more_than_twice_as_many_made_up_answers_within_an_hour_are_critical(tmp_path: Path) -> None:
    home = ward(tmp_path, TRUE)
    flagged(home, 2 * 24 * 60, 100, 0.035, 1)
    watch_slos(home.room)
    assert not home.signals()
    home.later(60)
    flagged(home, 60, 400, 0.05, 2)
    assert watch_slos(home.room)[0].firing == (), "half as many again may be luck, or is no doubling"
    home.later(40)
    flagged(home, 40, 400, 0.2, 3)
    assert watch_slos(home.room)[0].firing == ("doubled",)
    told = home.signals()[0]
    assert (told.level, told.about, told.runbook) == ("critical", "doubled", "hallucination")
    assert "more than twice the usual 3." in told.what
    assert any("calls in the last hour" in line for line in told.evidence)
    home.later(70)
    flagged(home, 65, 200, 0.03, 4)
    assert watch_slos(home.room)[0].firing == ()
    home.later(10)
    watch_slos(home.room)
    facts = [e.fact for e in home.room.store.entries()]
    assert sum(isinstance(f, AlertOpened) for f in facts) == 1


def test_labels_tell_which_share_of_flags_would_keep_the_promise(tmp_path: Path) -> None:
    home = ward(tmp_path, TRUE)
    answers(home, 20, 3000, 0.006)
    for _ in range(2):
        sample(home.room, "answers-true", 120)
        home.label("answers-true")
    found = slos.status(home.room, "answers-true")
    assert found.labels is not None
    assert found.labels.flagged.bad, "the seed draws some"
    by_rate = {round(e.rate, 3): e.mttd for e in found.expected}
    assert by_rate[0.05].page is None, "flags burn no budget: seven of eight are false"
    watched = by_rate[0.05].watch
    assert watched is None or watched > 0
    assert by_rate[0.05].traffic is not None, "from how many calls an hour on it would be heard of within an hour"


def test_a_detector_that_falls_silent_is_told(tmp_path: Path) -> None:
    home = ward(tmp_path, TRUE)
    flagged(home, 20 * 60, 60, 0.03, 1)
    assert watch_slos(home.room)[0].firing == ()
    home.later(70)
    home.room.calls.record([call(f"q{i}", home.now - i * MINUTE, {"error": False}) for i in range(69)])
    home.room.calls.record([call(f"r{i}", home.now - i * MINUTE + 5, {"error": False}) for i in range(69)])
    assert watch_slos(home.room)[0].firing == ("silent",)
    assert "none says hallucination" in home.signals()[0].what


def test_mttd_and_mttr_are_promises_too(tmp_path: Path) -> None:
    detect = slo_text("mttd", threshold("alerts: detect"), 0.5, ", op: lte, value: 1")
    repair = slo_text("mttr", threshold("alerts: repair"), 0.5, ", op: lte, value: 6")
    home = ward(tmp_path, detect, repair, ERRORS)
    assert {s.says for s in slos.every(home.room)} == {"cannot tell"}
    errors(home, 5, 500, 0.002)
    home.later(55)
    errors(home, 55 / 60, 500, 0.1, seed=3)
    watch_slos(home.room)
    opened = [e.fact for e in home.room.store.entries() if isinstance(e.fact, AlertOpened)]
    assert opened
    found = slos.status(home.room, "mttd")
    assert (found.says, found.bad) == ("met", 0), found.because
    assert any(note.startswith("mean: 0.") for note in found.notes)
    open_ = slos.status(home.room, "mttr")
    assert (open_.says, open_.n) == ("cannot tell", 0)
    assert any("not over yet" in note for note in open_.notes)
    home.later(7 * 60)
    assert slos.status(home.room, "mttr").says == "violated", "what lasts longer than promised is too long already"


def test_an_slo_that_cannot_be_asked_keeps_no_other_from_its_turn(tmp_path: Path) -> None:
    gone = slo_text("gone", threshold("source: profiles"), 0.9, ", op: lt, value: 6")
    home = ward(tmp_path, gone, ERRORS)
    (tmp_path / "data" / "profiles.csv").unlink()
    errors(home, 2, 500, 0.2)
    found = {w.name: w for w in watch_slos(home.room)}
    assert "is not there any more" in found["gone"].because
    assert "detector" in found["no-errors"].firing
    (tmp_path / "slos" / "s0.yaml").write_text("kind: SLO\n", "utf-8")
    broken = watch_slos(home.room)
    assert len(broken) == 1
    assert "slos/s0.yaml:1:1" in broken[0].because


def test_nothing_is_written_where_nothing_happens(tmp_path: Path) -> None:
    home = ward(tmp_path, ERRORS, TRUE)
    for _ in range(3):
        home.later(60)
        watch_slos(home.room)
    assert home.room.store.size() == 0
    errors(home, 2, 100, 0.0)
    for _ in range(3):
        home.later(60)
        watch_slos(home.room)
    assert [(j.slo, j.says) for j in judged(home)] == [("no-errors", "met")]
    assert not [e for e in home.room.store.entries() if isinstance(e.fact, AlertResolved)]


class Crowded(MemoryStore):
    """A ledger into which another server writes the same just before."""

    def append(self, writes: Sequence[Write]) -> tuple[LedgerEntry, ...]:
        if any(isinstance(w.fact, SloJudged) for w in writes):
            super().append(writes)
        return super().append(writes)


def test_two_servers_write_a_change_once(tmp_path: Path) -> None:
    home = ward(tmp_path, ERRORS)
    home.room = replace(home.room, store=Crowded())
    errors(home, 2, 100, 0.0)
    assert watch_slos(home.room)[0].because == ""
    assert [j.says for j in judged(home)] == ["met"]
    home.later(61)
    assert not watch_slos(home.room)[0].changed


PROM = (
    SETTINGS
    + '[signals.prom]\nkind = "prometheus"\nurl = "http://127.0.0.1:9"\n[signals.other]\nkind = "prometheus"\nurl = "http://127.0.0.1:9"\n'
)


def unreadable(home: Ward) -> list[tuple[str, str]]:
    """Who is told at this moment that nobody can ask: the name of the signal and of its system."""
    rows = home.room.alarms.rows(("open", "acknowledged", "resolved"))
    members = [m for row in rows for m in home.room.alarms.members(row.id) if m.signal.about == UNREADABLE]
    return [(m.signal.name, m.signal.system) for m in members if m.ended is None]


def test_a_prometheus_that_does_not_answer_for_an_hour_is_told_and_its_answer_ends_it(tmp_path: Path) -> None:
    home = ward(tmp_path, slo_text("asked", prometheus("g", "t")), settings=PROM)
    counts = home.room.counts
    assert isinstance(counts, MemoryCounts)
    counts.silent = "http://127.0.0.1:9 does not answer"
    for _ in range(3):
        assert watch_slos(home.room)[0].because == counts.silent
        assert unreadable(home) == []
        home.later(25)
    watch_slos(home.room)
    assert unreadable(home) == [("slo/asked", SYSTEM)]
    assert "does not answer" in home.signals()[0].what
    assert home.signals()[0].level == "warning"
    unread._KNOWN.pop(home.room.store)
    counts.silent = ""
    home.later(1)
    watch_slos(home.room)
    assert unreadable(home) == [], "also where a new process hears the answer"


def test_what_will_not_mend_itself_is_told_at_once(tmp_path: Path) -> None:
    home = ward(tmp_path, slo_text("nowhere", prometheus("g", "t", "other")), ERRORS, settings=PROM)
    errors(home, 2, 500, 0.001)
    watch_slos(home.room)
    assert unreadable(home) == [("slo/nowhere", SYSTEM)]
    file = tmp_path / "slos" / "s0.yaml"
    file.write_text("kind: SLO\n", "utf-8")
    home.later(1)
    watch_slos(home.room)
    assert ("slo/slos/", "") in unreadable(home)
    file.unlink()
    home.later(1)
    watch_slos(home.room)
    assert unreadable(home) == [], "what is no promise any more is not missed"


def test_a_table_that_is_gone_stays_told_until_it_is_back(tmp_path: Path) -> None:
    home = ward(
        tmp_path, slo_text("gone", threshold("data: data/profiles.csv, column: id, at: at"), 0.9, ", op: lt, value: 6")
    )
    file = tmp_path / "data" / "profiles.csv"
    kept = file.read_bytes()
    file.unlink()
    for _ in range(3):
        assert watch_slos(home.room)[0].because
        assert unreadable(home) == [("slo/gone", SYSTEM)], "it is judged once an hour, but asked until it answers"
        home.later(1)
    file.write_bytes(kept)
    assert watch_slos(home.room)[0].because == ""
    assert unreadable(home) == []


def test_calls_that_stop_altogether_are_told_where_no_hour_was_ever_quiet(tmp_path: Path) -> None:
    home = ward(tmp_path, ERRORS)
    errors(home, 8 * 24 + 2, 30, 0.0)
    assert watch_slos(home.room)[0].firing == ()
    fired = []
    for _ in range(4):
        home.later(40)
        fired.append(watch_slos(home.room)[0].firing)
    assert fired == [(), ("stopped",), ("stopped",), ("stopped",)], "after an hour, and until calls come again"
    assert "no calls at all since 2026-11-22 0" in home.signals()[0].what
    errors(home, 0.2, 40, 0.0, seed=5)
    home.later(5)
    assert watch_slos(home.room)[0].firing == ()


def test_of_a_system_with_quiet_hours_an_hour_without_calls_says_nothing(tmp_path: Path) -> None:
    home = ward(tmp_path, ERRORS)
    errors(home, 4 * 24, 40, 0.0)
    home.later(70)
    assert watch_slos(home.room)[0].firing == (), "it is too new"
    home.later(5 * 24 * 60)
    errors(home, 60, 40, 0.0, seed=5)
    home.later(70)
    assert watch_slos(home.room)[0].firing == (), "it was without calls before"
