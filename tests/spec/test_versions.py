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
from cleanroom.app.review.decide import reject
from cleanroom.app.review.standing import standing
from cleanroom.app.room import Room
from cleanroom.app.validate import check
from cleanroom.core.base import Misuse, Refused
from cleanroom.core.change import MappedName, Mapping
from cleanroom.core.facts import Proposed
from cleanroom.core.ledger import Conflict
from cleanroom.core.review import Unchecked
from cleanroom.core.signing import what_next
from cleanroom.entry.report.files import report_files

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
