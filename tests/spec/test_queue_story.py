"""Outputs come in, people decide, and the ledger says it all: who has what, who was first, what happens when it is full."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from time import perf_counter
from typing import Any

import pytest
from tests.doors import ANA, Yard, yard
from tests.queue_samples import ANN, BOB, BOT, CY, HOUR, SURE, at_work, office, output, trusted

from cleanroom.adapters.memory.desk import MemoryDesk
from cleanroom.app.queue import work
from cleanroom.app.queue.add import add
from cleanroom.app.queue.calibrate import calibrate
from cleanroom.app.queue.desk import catch_up
from cleanroom.app.queue.erase import erase
from cleanroom.app.queue.reconcile import reconcile
from cleanroom.app.queue.view import board, detail, load_of
from cleanroom.app.room import Room
from cleanroom.core.base import Misuse, NotFound, Refused, digest
from cleanroom.core.facts import Escalated, Received, Reviewed
from cleanroom.core.queue import Settled
from cleanroom.ports.desk import Item
from cleanroom.wiring import room as real_room

LEASE = 15 * 60


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    return office(tmp_path / "shop")


def routes(home: Yard, *outputs: Any) -> list[str]:
    return [t.route for t in add(home.room, outputs).outputs]


def claimed(home: Yard, person: str = ANN) -> str | None:
    found = work.claim(at_work(home, person))
    return None if found is None else found.line.id


def facts(home: Yard, id: str) -> list[Any]:
    return home.facts(f"output/{id}")


# --- routing ----------------------------------------------------------------------------------------------


def test_without_a_cut_off_everything_goes_to_a_person(home: Yard) -> None:
    taken = add(home.room, [output("a", 1.0)]).outputs[0]
    assert (taken.route, taken.because) == ("review", "no cut-off is in force")


def test_with_one_only_what_is_sure_and_complete_skips(home: Yard) -> None:
    trusted(home.room)
    assert routes(
        home,
        output("sure", SURE),
        output("unsure", 0.3),
        output("silent", None),
        output("guarded", SURE, guard="names a person"),
        output("no-model", SURE, model=""),
        output("no-version", SURE, prompt_version=""),
        output("other", SURE, system="another"),
    ) == ["accepted", *["review"] * 6]
    assert facts(home, "guarded")[0].because == "a guard asks for a person"
    assert "names a person" not in str(facts(home, "guarded")), "a guard may quote what must be erasable"
    assert facts(home, "sure")[0].cutoff is not None


def test_a_share_of_what_skips_is_drawn_for_the_audit(tmp_path: Path) -> None:
    home = office(tmp_path / "shop", audit_share=0.2)
    trusted(home.room)
    found = routes(home, *(output(f"t{i}") for i in range(500)))
    assert 60 <= found.count("audited") <= 140
    assert found.count("accepted") == 500 - found.count("audited")
    assert board(home.room).waiting == found.count("audited")


def test_the_same_output_again_is_the_same_as_once(home: Yard) -> None:
    one, nameless = output("a", 0.3), output(confidence=0.2)
    first = add(home.room, [one, nameless, one])
    size = home.room.store.size()
    again = add(home.room, [one, nameless])
    assert [t.known for t in first.outputs] == [False, False]
    assert all(t.known for t in again.outputs)
    assert [t.id for t in again.outputs] == [t.id for t in first.outputs]
    assert home.room.store.size() == size == 2
    assert board(home.room).waiting == 2


def test_other_content_under_a_known_id_is_refused_and_nothing_of_the_batch_goes_in(home: Yard) -> None:
    add(home.room, [output("a")])
    with pytest.raises(Settled, match=r"'a' came before with other content .*nothing was added"):
        add(home.room, [output("b"), output("a", output="refunds")])
    with pytest.raises(Settled, match="there twice"):
        add(home.room, [output("c"), output("c", output="refunds")])
    assert home.room.store.size() == 1


def test_an_overflow_is_held_and_never_accepted(tmp_path: Path) -> None:
    home = office(tmp_path / "shop", capacity=2)
    trusted(home.room)
    added = add(home.room, [output("low", 0.1, risk="low"), *(output(f"h{i}", 0.1, risk="high") for i in range(3))])
    assert [t.route for t in added.outputs] == ["held", "review", "review", "held"]
    assert "2 are held" in added.warnings[0]
    home.later(30 * 24 * HOUR)
    assert reconcile(home.room).let_in == ()
    assert {i.id for i in home.room.desk.items("accepted")} == set()
    work.approve(at_work(home), claimed(home) or "")
    assert reconcile(home.room).let_in == ("h2",)
    assert board(home.room).held == 1
    assert home.room.desk.items("accepted") == ()


def test_what_was_held_comes_in_before_what_comes_now(tmp_path: Path) -> None:
    home = office(tmp_path / "shop", capacity=1)
    assert routes(home, output("first"), output("second")) == ["review", "held"]
    work.approve(at_work(home), "first")
    assert routes(home, output("third")) == ["held"]
    assert [line.id for line in board(home.room).lines] == ["second"]


def test_the_riskier_and_the_older_come_first(home: Yard) -> None:
    add(home.room, [output("m1"), output("l", risk="low")])
    home.later(60)
    add(home.room, [output("m2"), output("h", risk="high")])
    assert [line.id for line in board(home.room).lines] == ["h", "m1", "m2", "l"]


# --- who has what -----------------------------------------------------------------------------------------


def test_two_reviewers_never_get_the_same_one(tmp_path: Path) -> None:
    people = [f"p{i}@shop.example" for i in range(8)]
    home = office(tmp_path / "many", people=people)
    add(home.room, [output(f"t{i}") for i in range(24)])
    start = Barrier(len(people))

    def take(person: str) -> list[str]:
        room, got = at_work(home, person), []
        start.wait()
        while (found := work.claim(room)) is not None:
            got.append(found.line.id)
            work.approve(room, found.line.id)
        return got

    with ThreadPoolExecutor(len(people)) as pool:
        taken = [id for got in pool.map(take, people) for id in got]
    assert sorted(taken) == sorted(f"t{i}" for i in range(24))
    assert all([type(f) for f in facts(home, id)] == [Received, Reviewed] for id in taken)


def test_whoever_has_one_gets_it_again_and_nobody_else_does(home: Yard) -> None:
    add(home.room, [output("a"), output("b")])
    assert (claimed(home, ANN), claimed(home, ANN), claimed(home, BOB), claimed(home, CY)) == ("a", "a", "b", None)
    with pytest.raises(Refused, match=f"{ANN} has output 'a' until"):
        work.approve(at_work(home, BOB), "a")
    mine = board(at_work(home, BOB)).mine
    assert mine is not None
    assert (mine.id, mine.person) == ("b", BOB)


def test_a_lease_runs_out_and_a_late_decision_counts_only_where_nobody_else_decided(home: Yard) -> None:
    add(home.room, [output("a"), output("b")])
    assert claimed(home, ANN) == "a"
    home.later(LEASE + 1)
    assert claimed(home, BOB) == "a"
    work.reject(at_work(home, BOB), "a", "other")
    with pytest.raises(Settled, match=f"'a' was decided by {BOB} at .*rejected.*nothing was changed"):
        work.approve(at_work(home, ANN), "a")
    assert claimed(home, ANN) == "b"
    home.later(LEASE + 1)
    assert work.approve(at_work(home, ANN), "b").fact.by.person == ANN


def test_of_two_decisions_at_once_one_stands(home: Yard) -> None:
    add(home.room, [output(f"t{i}") for i in range(10)])
    start = Barrier(2)

    def decide(person: str) -> list[str]:
        room, won = at_work(home, person), []
        for i in range(10):
            start.wait()
            try:
                won.append(work.approve(room, f"t{i}").id)
            except Settled:
                continue
        return won

    with ThreadPoolExecutor(2) as pool:
        won = [id for ids in pool.map(decide, [ANN, BOB]) for id in ids]
    assert sorted(won) == [f"t{i}" for i in range(10)]
    assert all(len(facts(home, f"t{i}")) == 2 for i in range(10))


def test_what_somebody_skipped_is_not_offered_to_them_again(home: Yard) -> None:
    add(home.room, [output("a"), output("b")])
    assert claimed(home, ANN) == "a"
    assert not work.skip(at_work(home, ANN), "a")
    assert (claimed(home, ANN), claimed(home, BOB)) == ("b", "a")
    with pytest.raises(Misuse, match="you do not have"):
        work.skip(at_work(home, CY), "a")
    with pytest.raises(NotFound, match="no output 'zzz'"):
        work.skip(at_work(home, CY), "zzz")


def test_what_everybody_skipped_is_escalated_and_can_still_be_decided(home: Yard) -> None:
    add(home.room, [output("a")])
    alone = []
    for person in (ANN, BOB, CY):
        claimed(home, person)
        alone.append(work.skip(at_work(home, person), "a"))
    assert alone == [False, False, True]
    assert facts(home, "a")[-1].by is None
    assert [line.escalated for line in board(home.room).lines] == [True]
    work.reject(at_work(home, ANN), "a", "off_topic")


def test_an_escalated_one_goes_to_somebody_else_before_all_others(home: Yard) -> None:
    add(home.room, [output("a", risk="high"), output("b", risk="low")])
    room = at_work(home, ANN)
    work.release(room, claimed(home, ANN) or "")
    work.escalate(room, "b", "needs somebody from billing")
    assert (claimed(home, BOB), claimed(home, ANN)) == ("b", "a")
    assert detail(room, "b").line.because == "needs somebody from billing"
    with pytest.raises(Misuse, match="needs a reason"):
        work.escalate(room, "a", " ")


def test_a_desk_made_anew_still_knows_who_passed_it_on(home: Yard) -> None:
    add(home.room, [output("a")])
    claimed(home, ANN)
    work.escalate(at_work(home, ANN), "a", "not mine")
    anew = replace(home.room, desk=MemoryDesk())
    assert work.claim(replace(anew, operator=ANN)) is None
    found = work.claim(replace(anew, operator=BOB))
    assert found is not None
    assert (found.line.id, found.text) == ("a", None)


def test_what_waits_too_long_is_escalated_once(home: Yard) -> None:
    add(home.room, [output("a"), output("b"), output("c")])
    claimed(home, ANN)
    home.later(4 * HOUR - 1)
    claimed(home, ANN)
    home.later(2)
    assert reconcile(home.room).escalated == ("b", "c")
    home.later(LEASE)
    assert reconcile(home.room).escalated == ("a",)
    assert reconcile(home.room).escalated == ()
    assert [type(f) for f in facts(home, "b")] == [Received, Escalated]
    assert board(home.room).overdue == 3


def test_what_was_held_and_came_in_stays_in_when_it_is_passed_on(tmp_path: Path) -> None:
    home = office(tmp_path / "shop", capacity=1)
    add(home.room, [output("a"), output("b")])
    work.approve(at_work(home), "a")
    assert reconcile(home.room).let_in == ("b",)
    claimed(home, ANN)
    work.escalate(at_work(home, ANN), "b", "not mine")
    assert (board(home.room).waiting, board(home.room).held) == (1, 0)


def test_what_a_cut_off_accepted_that_was_withdrawn_meanwhile_goes_to_a_person(home: Yard) -> None:
    trusted(home.room)

    class Store:
        """Somebody else calibrates between the decision and the append."""

        def __getattr__(self, name: str) -> Any:
            return getattr(home.room.store, name)

        def append(self, writes: Any) -> Any:
            if writes and isinstance(writes[0].fact, Received):
                calibrate(home.room, BOT, [(0.5, True)] * 10, digest(b"bad"), 0.05, 0.05)
            return home.room.store.append(writes)

    late = add(replace(home.room, store=Store()), [output("a"), output("b", 0.1)])
    assert [t.route for t in late.outputs] == ["review", "review"]
    assert late.outputs[0].because == "the cut-off changed while it came in"
    assert [line.id for line in board(home.room).lines] == ["a", "b"]
    assert home.room.desk.items("accepted") == ()


# --- who may ---------------------------------------------------------------------------------------------


def test_only_those_who_look_at_outputs_decide(home: Yard) -> None:
    add(home.room, [output("a")])
    mallory = at_work(home, "mallory@shop.example")
    for deed in (
        lambda: work.claim(mallory),
        lambda: work.approve(mallory, "a"),
        lambda: work.reject(mallory, "a", "other"),
        lambda: work.correct(mallory, "a", "refunds", "wrong_label"),
        lambda: work.skip(mallory, "a"),
        lambda: work.escalate(mallory, "a", "for fun"),
    ):
        with pytest.raises(Refused, match="does not have the role reviewer"):
            deed()
    assert len(facts(home, "a")) == 1


def test_where_nobody_is_reviewer_everybody_with_a_role_is(tmp_path: Path) -> None:
    home = yard(tmp_path / "shop")
    add(at_work(home, "bot"), [output("a")])
    with pytest.raises(Refused, match="does not have a role"):
        work.approve(at_work(home, "mallory@shop.example"), "a")
    work.approve(at_work(home, ANA), "a")


def test_nobody_decides_on_what_they_sent_however_they_spell_themselves(home: Yard) -> None:
    add(at_work(home, ANN), [output("a")])
    assert claimed(home, ANN.upper()) is None
    with pytest.raises(Refused, match="you sent output 'a' yourself"):
        work.approve(at_work(home, f" {ANN.upper()}"), "a")
    assert claimed(home, BOB) == "a"


def test_where_nobody_has_a_role_whoever_is_there_decides(tmp_path: Path) -> None:
    home = yard(tmp_path / "shop", 'name = "shop"')
    add(home.room, [output("a")])
    found = work.claim(home.room)
    assert found is not None
    work.approve(home.room, "a")


def test_another_spelling_is_the_same_person(home: Yard) -> None:
    add(home.room, [output("a"), output("b")])
    assert (claimed(home, ANN), claimed(home, ANN.title())) == ("a", "a")
    assert board(at_work(home, ANN.upper())).mine is not None
    work.escalate(at_work(home, ANN.upper()), "a", "not mine")
    assert claimed(home, ANN) == "b"
    work.approve(at_work(home, ANN.upper()), "b")


# --- decisions --------------------------------------------------------------------------------------------


def test_a_correction_keeps_what_it_was_and_what_it_should_have_been(home: Yard) -> None:
    add(home.room, [output("a")])
    work.correct(at_work(home), "a", {"label": "refunds"}, "wrong_label")
    found = detail(home.room, "a")
    assert found.text is not None
    assert (found.text.output, found.corrected) == ("billing", {"label": "refunds"})
    fact = facts(home, "a")[-1]
    assert (fact.verdict, fact.reason, fact.by.person) == ("corrected", "wrong_label", ANN)
    assert "refunds" not in str(facts(home, "a")), "the ledger holds digests, no texts"


@pytest.mark.parametrize(
    ("value", "reason", "message"),
    [
        ("refunds", "because", "is no reason"),
        ("billing", "wrong_label", "says that already"),
        (None, "wrong_label", "is missing"),
        ("\ud800", "wrong_label", "cannot be kept"),
        ("x" * 300_000, "wrong_label", "bytes"),
    ],
)
def test_a_correction_that_corrects_nothing_is_refused(home: Yard, value: Any, reason: str, message: str) -> None:
    add(home.room, [output("a")])
    with pytest.raises(Misuse, match=message):
        work.correct(at_work(home), "a", value, reason)
    assert len(facts(home, "a")) == 1


def test_an_erased_text_is_gone_and_the_ledger_still_stands(home: Yard) -> None:
    add(home.room, [output("a"), output("b")])
    work.correct(at_work(home), "b", "refunds", "wrong_label")
    assert erase(home.room, "a")
    assert erase(home.room, "b")
    assert not erase(home.room, "a")
    assert detail(home.room, "a").text is None
    assert (detail(home.room, "b").text, detail(home.room, "b").corrected) == (None, None)
    with pytest.raises(Refused, match="was erased"):
        work.approve(at_work(home), "a")
    work.reject(at_work(home), "a", "other")
    assert board(home.room).waiting == 0


# --- crashes, size ----------------------------------------------------------------------------------------


class Dies(Exception):
    """The process ends here."""


def dying(room: Room) -> Room:
    """The room of a process that dies before it can touch the desk after an append."""

    class Desk:
        def __getattr__(self, name: str) -> Any:
            return getattr(room.desk, name)

        def place(self, items: list[Item]) -> None:
            raise Dies(items)

    return replace(room, desk=Desk())  # type: ignore[arg-type]


def test_a_crash_between_ledger_and_desk_heals_itself(home: Yard) -> None:
    with pytest.raises(Dies):
        add(dying(home.room), [output("a"), output("b")])
    assert claimed(home, ANN) == "a"
    with pytest.raises(Dies):
        work.reject(dying(at_work(home, ANN)), "a", "other")
    assert (claimed(home, ANN), board(home.room).waiting) == ("b", 1)
    with pytest.raises(Dies):
        work.escalate(dying(at_work(home, ANN)), "b", "not mine")
    assert (claimed(home, ANN), claimed(home, BOB)) == (None, "b")
    assert detail(home.room, "a").standing.reviewed is not None


def test_a_desk_that_is_behind_hands_out_nothing_that_was_decided(home: Yard) -> None:
    """Another process may have read the ledger further and placed less: what counts is the ledger."""
    add(home.room, [output("a"), output("b")])
    before = home.room.desk.item("a")
    work.approve(at_work(home, BOB), "a")
    behind = MemoryDesk()
    anew = replace(home.room, desk=behind, operator=ANN)
    catch_up(anew)
    behind._items["a"] = before  # type: ignore[assignment]
    found = work.claim(anew)
    assert found is not None
    assert found.line.id == "b"


def test_ten_thousand_at_once(tmp_path: Path) -> None:
    home = office(tmp_path / "shop", capacity=500, audit_share=0.02)
    trusted(home.room)
    many = [output(confidence=(i % 100) / 100, input=f"question {i}") for i in range(10_000)]
    start = perf_counter()
    added = add(home.room, many)
    assert perf_counter() - start < 60, "about 4 s on a quiet machine"
    assert len({t.id for t in added.outputs}) == 10_000
    found = board(home.room)
    assert added.count("review") == 500 - added.count("audited") or found.waiting >= 500
    assert added.count("held") + added.count("review") >= 8_500
    assert found.systems[0].accepted == added.count("accepted")


def test_the_reviewers_load_is_measured_and_too_much_is_said(home: Yard) -> None:
    add(home.room, [output(f"t{i}") for i in range(40)])
    for i in range(20):
        home.later(300)
        work.approve(at_work(home, (ANN, BOB)[i % 2]), f"t{i}")
    load = load_of(home.room)
    assert (load.came, load.decided, load.people, load.minutes_each) == (40, 20, 2, 10.0)
    assert load.p95_wait == 95.0
    assert load.used == 40 * 10 / (60 * load.work_hours)
    assert "waiting times run away" in load.warning


def test_another_process_sees_the_same(home: Yard) -> None:
    add(home.room, [output("a")])
    other = replace(real_room(home.room.project.root, BOB), clock=home.clock)
    assert (claimed(home, ANN), work.claim(other)) == ("a", None)
    work.approve(at_work(home, ANN), "a")
    assert board(other).systems[0].done == 1
    assert board(other).systems[0].system == BOT
