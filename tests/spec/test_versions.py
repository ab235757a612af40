"""Versions of a change: the ledger decides which one is next, files follow, and nobody leaves the authors by an edit."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from tests.propose_samples import RIGHT, ROWS, small_shop

from cleanroom.app.propose.by_hand import propose_by_hand
from cleanroom.app.propose.correct import clear, correct, flag
from cleanroom.app.propose.dataset import propose_dataset
from cleanroom.app.review.decide import reject
from cleanroom.app.review.standing import standing
from cleanroom.app.room import Room
from cleanroom.app.validate import check
from cleanroom.core.base import Misuse, Refused
from cleanroom.core.change import MappedName, Mapping
from cleanroom.core.facts import Proposed
from cleanroom.core.ledger import Conflict
from cleanroom.core.review import TurnedDown, Unchecked
from cleanroom.core.signing import what_next
from cleanroom.entry.report.files import report_files
from cleanroom.ports.engine import Table

TRUTH = Mapping(tuple(MappedName(legacy, target, "by hand") for legacy, target in RIGHT.items()))


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """A small shop with a mapping that ana proposed."""
    work = small_shop(tmp_path / "shop", ROWS)
    propose_by_hand(work, TRUTH, "events.jsonl", "m")
    return work


def yaml(work: Room) -> Path:
    return work.project.root / "changes/m/change.yaml"


def versions(work: Room) -> list[Proposed]:
    return [e.fact for e in work.store.history("change/m") if isinstance(e.fact, Proposed)]


def test_nobody_leaves_the_authors_by_editing_change_yaml(room: Room) -> None:
    file = yaml(room)
    file.write_text(file.read_text().replace("ana@shop.example", "zed@shop.example"))
    assert isinstance(standing(room, "m").review.state, Unchecked)
    with pytest.raises(Refused, match=r"change\.yaml is not the version that the ledger has"):
        correct(replace(room, operator="zed@shop.example"), "m", {"basket": "none"}, "why")
    with pytest.raises(Refused, match=r"change\.yaml is not the version that the ledger has"):
        check(room, "m", None, report_files)
    assert "ana@shop.example" in standing(room, "m").review.authors, "the ledger remembers"


def test_a_colleagues_change_is_taken_in_by_a_ledger_that_never_saw_it(room: Room, tmp_path: Path) -> None:
    """Changes travel by git, ledgers do not."""
    copy = tmp_path / "clone"
    shutil.copytree(room.project.root, copy, ignore=shutil.ignore_patterns(".cleanroom"))
    other = replace(small_shop(tmp_path / "other", ROWS), operator="bo@shop.example")
    shutil.copytree(copy / "changes", other.project.root / "changes")
    assert not versions(other)
    check(other, "m", None, report_files)
    assert [(v.author, v.change) for v in versions(other)] == [("ana@shop.example", versions(room)[0].change)]


def test_a_crash_between_ledger_and_files_is_finished_later(room: Room) -> None:
    before = yaml(room).read_bytes(), (yaml(room).parent / "mapping.json").read_bytes()
    made = correct(room, "m", {"basket": "none"}, "nobody uses it")
    yaml(room).write_bytes(before[0])  # as if the program had died before it wrote the files
    (yaml(room).parent / "mapping.json").write_bytes(before[1])
    assert isinstance(standing(room, "m").review.state, Unchecked)
    check(room, "m", None, report_files)
    change, mapping = room.project.change("m")
    assert change == made.change
    assert mapping is not None
    assert mapping.target("basket") == "none"
    assert len(versions(room)) == 2


def test_of_two_corrections_at_once_one_is_told_that_the_other_was_first(room: Room) -> None:
    """And the files are those of the winner."""
    done: list[str] = []
    lost: list[Exception] = []
    together = threading.Barrier(8)

    def work(n: int) -> None:
        together.wait()
        try:
            done.append(
                correct(replace(room, operator=f"p{n}@x"), "m", {"basket": "none"}, f"reason {n}").change.digest
            )
        except (Conflict, Misuse, Refused) as error:
            lost.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(done) + len(lost) == 8
    assert len(versions(room)) == 1 + len(done)
    chain = versions(room)
    assert all(later.corrects == earlier.change for earlier, later in pairwise(chain))
    assert room.project.change("m")[0].digest == chain[-1].change


def test_a_decision_goes_through_although_somebody_noted_something_meanwhile(room: Room) -> None:
    """Reviewers who look at names must not throw each other out."""
    room = replace(room)
    (room.project.root / "cleanroom.toml").write_text('name = "shop"\n[roles]\nanalytics = ["bo@x"]\n')
    real, store = room.store.append, room.store
    raced: list[bool] = []

    class Racing:
        """The store, with somebody else's flag just before the first decision."""

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def append(self, writes: object) -> object:
            if not raced:
                raced.append(True)
                raise Conflict(writes[-1], 99, None)  # type: ignore[index]
            return real(writes)  # type: ignore[arg-type]

    bo = replace(room, operator="bo@x", store=Racing())  # type: ignore[arg-type]
    assert reject(bo, "m", "no").fact.kind == "rejected"
    assert raced


def test_a_doubt_that_nobody_has_cannot_be_cleared_and_one_cannot_be_raised_twice(room: Room) -> None:
    with pytest.raises(Misuse, match="nobody doubts 'basket'"):
        clear(room, "m", "basket", "it is right")
    flag(room, "m", "basket", "is it?")
    with pytest.raises(Misuse, match="'basket' is flagged already"):
        flag(room, "m", "basket", "is it?")
    with pytest.raises(Misuse, match="needs a reason"):
        clear(room, "m", "basket", " ")
    with pytest.raises(Misuse, match="no legacy name 'baskett'"):
        flag(room, "m", "baskett", "is it?")
    assert "cleanroom check m" in what_next(standing(room, "m").review)
    clear(room, "m", "basket", "it is")
    assert not room.project.change("m")[0].flagged


def test_who_proposed_an_earlier_version_stays_an_author(room: Room) -> None:
    """Having it proposed anew by an intern does not make it somebody else's."""
    (room.project.root / "out.csv").write_text("event,ts\nsearch,2026-01-01T00:00:00Z\n")
    out = Table(room.project.root / "out.csv")
    propose_dataset(room, out, "ds", "tool")
    propose_dataset(replace(room, operator="intern@x"), out, "ds", "tool")
    assert set(standing(room, "ds").review.authors) == {"ana@shop.example", "intern@x"}
    with pytest.raises(Misuse, match="'m' is a mapping already"):
        propose_dataset(room, out, "m", "tool")
    shutil.rmtree(yaml(room).parent)
    propose_by_hand(replace(room, operator="intern@x"), TRUTH, "events.jsonl", "m")
    assert "ana@shop.example" in standing(room, "m").review.authors


def test_a_rejection_outlives_a_version_that_says_the_same(room: Room) -> None:
    (room.project.root / "cleanroom.toml").write_text('name = "shop"\n[roles]\nanalytics = ["bo@x"]\n')
    reject(replace(room, operator="bo@x"), "m", "baskets are lost")
    flag(room, "m", "basket", "is it?")
    clear(room, "m", "basket", "it is")
    assert isinstance(standing(room, "m").review.state, TurnedDown)
    correct(room, "m", {"basket": "none"}, "left out")
    assert isinstance(standing(room, "m").review.state, Unchecked)


def test_a_doubt_is_not_cleared_by_whoever_made_the_mapping_nor_by_a_stranger(room: Room) -> None:
    (room.project.root / "cleanroom.toml").write_text('name = "shop"\n[roles]\nanalytics = ["bo@x", "cy@x"]\n')
    flag(replace(room, operator="bo@x", proof="session"), "m", "basket", "is it?")
    with pytest.raises(Refused, match="bo@x's doubt about 'basket' is not theirs to clear"):
        clear(room, "m", "basket", "of course")
    for verb in (clear, flag):
        with pytest.raises(Refused, match="zed@x has no role in the policy"):
            verb(replace(room, operator="zed@x", proof="token"), "m", "basket", "why")
    clear(replace(room, operator="cy@x", proof="session"), "m", "basket", "it is")


def test_a_baseline_that_is_the_candidate_itself_is_no_evidence(room: Room) -> None:
    same = Table(room.project.root / "events.jsonl")
    with pytest.raises(Misuse, match="the baseline is the source itself"):
        check(room, "m", same, report_files)
    propose_dataset(room, same, "ds", "tool")
    with pytest.raises(Misuse, match="the baseline is the candidate itself"):
        check(room, "ds", same, report_files)


def test_golden_cases_are_part_of_the_contract(room: Room) -> None:
    """Taking the inconvenient ones out voids what was checked with them."""
    golden = room.project.root / "golden"
    golden.mkdir()
    (golden / "m.jsonl").write_text(
        '{"id": "a", "input": {"event": "srch"}, "expect": {"event": "search"}, "because": "it is"}\n'
    )
    check(room, "m", None, report_files)
    checked = standing(room, "m").review.checked
    assert checked is not None
    assert "golden.cases" not in checked.missing
    (golden / "m.jsonl").unlink()
    found = standing(room, "m").review.state
    assert found == Unchecked("the contract was edited since the last run")
    check(room, "m", None, report_files)
    checked = standing(room, "m").review.checked
    assert checked is not None
    assert "golden.cases" in checked.missing, "nothing that touches money goes on without them"
