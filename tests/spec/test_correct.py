"""A person corrects a proposed mapping, and all of it on the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.propose_samples import (
    RIGHT,
    ROWS,
    nothing_written,
    propose,
    sequence,
    small_shop,
)
from typer.testing import CliRunner

from cleanroom.adapters.memory.model import Scripted
from cleanroom.adapters.replay import Recorder
from cleanroom.app.propose.correct import WHOLE, correct, record_edits
from cleanroom.app.propose.dataset import propose_dataset
from cleanroom.app.room import Room
from cleanroom.codec.change import mapping_json
from cleanroom.core.base import Misuse
from cleanroom.core.change import NONE, MappedName, Mapping
from cleanroom.core.facts import Proposed
from cleanroom.entry.cli.root import app
from cleanroom.ports.engine import Table


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """A project with fifteen rows under five legacy names."""
    return small_shop(tmp_path / "shop", ROWS)


# --- a person corrects


def test_a_correction_is_a_new_version_with_the_person_in_it(room: Room) -> None:
    wrong = propose(room, sequence(order_ok="view_cart"))
    ben = replace(room, operator="ben@shop.example")
    done = correct(ben, "tried", {"order_ok": "purchase"}, "it was paid")
    change, made = room.project.change("tried")
    assert change == done.change
    assert change.corrects == wrong.change.digest != change.digest
    assert change.authors == ("ana@shop.example", "ben@shop.example")
    (correction,) = change.provenance.corrections
    assert (correction.legacy, correction.before, correction.after) == ("order_ok", "view_cart", "purchase")
    assert (correction.by, correction.reason) == ("ben@shop.example", "it was paid")
    entry = next(m for m in made.events if m.legacy == "order_ok") if made else None
    assert entry == MappedName("order_ok", "purchase", "it was paid", (("view_cart", 2),), None)
    facts = [e.fact for e in room.store.history("change/tried")]
    assert [f.author for f in facts if isinstance(f, Proposed)] == ["ana@shop.example", "ben@shop.example"]


def test_a_wrong_correction_is_objected_to(room: Room) -> None:
    propose(room, sequence())
    made = correct(room, "tried", {"srch": "purchase"}, "to see").change
    _, found = room.project.change("tried")
    assert found is not None
    assert found.events[1].similar == "search"
    second = correct(room, "tried", {"srch": "search"}, "back")
    assert second.change.corrects == made.digest
    assert len(second.change.provenance.corrections) == 2


@pytest.mark.parametrize(
    ("pairs", "reason", "says"),
    [
        ({"sarch": "search"}, "x", "the mapping has no legacy name 'sarch'"),
        ({"srch": "serch"}, "x", "the plan has no event 'serch'"),
        ({"srch": "search"}, "x", "nothing changes"),
        ({"srch": "purchase"}, "  ", "a correction needs a reason"),
    ],
)
def test_a_correction_that_makes_no_sense_is_refused(room: Room, pairs: dict[str, str], reason: str, says: str) -> None:
    before = propose(room, sequence()).change
    with pytest.raises(Misuse, match=says):
        correct(room, "tried", pairs, reason)
    assert room.project.change("tried")[0] == before
    assert room.store.size() == 1


def test_a_dataset_cannot_be_corrected(room: Room) -> None:
    propose_dataset(room, Table(room.project.root / "events.jsonl"), "made", "dbt")
    with pytest.raises(Misuse, match="has no mapping"):
        correct(room, "made", {"srch": "search"}, "x")


def _edit(room: Room, made: Mapping) -> None:
    (room.project.root / "changes" / "tried" / "mapping.json").write_text(mapping_json(made))


def test_edits_by_hand_are_recorded_name_by_name(room: Room) -> None:
    made = propose(room, sequence()).mapping
    edited = [
        replace(m, target="view_cart", votes=(("view_cart", 99),)) if m.legacy == "srch" else m for m in made.events
    ]
    kept = [m for m in edited if m.legacy != "dbg_ping"]
    _edit(room, Mapping((*kept, MappedName("new_name", "no_such_event"))))
    with pytest.raises(Misuse, match="was edited"):
        room.project.change("tried")
    done = record_edits(replace(room, operator="ben@shop.example"), "tried", "by hand")
    assert [(c.legacy, c.before, c.after) for c in done.corrections] == [
        ("srch", "search", "view_cart"),
        ("dbg_ping", NONE, ""),
        ("new_name", "", "no_such_event"),
    ]
    change, found = room.project.change("tried")
    assert change.authors == ("ana@shop.example", "ben@shop.example")
    assert found is not None
    assert found.events[1].votes == (("search", 2),)  # votes are the model's, whatever the file says
    assert found.events[1].similar == "search"
    with pytest.raises(Misuse, match="was not edited"):
        record_edits(room, "tried", "again")


def test_edits_of_a_change_that_came_from_elsewhere_are_recorded_as_a_whole(room: Room) -> None:
    first = propose(room, sequence())
    for copy in (room.project.root / ".cleanroom" / "mappings").iterdir():
        copy.unlink()
    _edit(room, replace(first.mapping, events=first.mapping.events[1:]))
    done = record_edits(room, "tried", "by hand")
    (correction,) = done.corrections
    assert (correction.legacy, correction.before) == (WHOLE, first.change.artifact.digest)
    assert correction.after == done.change.artifact.digest


def test_edits_that_are_no_mapping_are_named_with_their_place(room: Room) -> None:
    propose(room, sequence())
    (room.project.root / "changes" / "tried" / "mapping.json").write_text('{"events": [{"legacy": "a"}]}')
    with pytest.raises(Misuse, match=r"changes/tried/mapping.json:1:\d+ "):
        record_edits(room, "tried", "by hand")


# --- on the command line


def run(room: Room, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, [*arguments, "--project", str(room.project.root)])
    return done.exit_code, " ".join(done.output.split())


def _recorded(room: Room, tmp_path: Path, model: Scripted) -> None:
    """Put a recording of `model` where the project's model `recorded` finds it."""
    root = room.project.root
    propose(small_shop(tmp_path / "elsewhere", ROWS), Recorder(model, root / "replies.jsonl"))
    (root / "cleanroom.toml").write_text('name = "shop"\n[models.recorded]\nkind = "replay"\nfile = "replies.jsonl"\n')


def test_the_command_shows_targets_votes_objections_and_refusals(room: Room, tmp_path: Path) -> None:
    _recorded(room, tmp_path, sequence(srch="invented search view_item", order_ok="view_cart"))
    source = str(room.project.root / "events.jsonl")
    code, output = run(room, "propose", "mapping", "--source", source, "--model", "recorded", "--as", "ana")
    assert code == 0, output
    for shown in ("view_cart x2", "looks like purchase", "invented target 'invented'", "cleanroom check mapping"):
        assert shown in output
    change, _ = room.project.change("mapping")
    assert change.provenance.operator == "ana"
    code, output = run(room, "correct", "mapping", "order_ok=purchase", "--reason", "paid", "--as", "ben", "--json")
    assert code == 0
    said = json.loads(output)
    assert said["corrections"][0]["by"] == "ben"
    assert said["corrects"] == change.digest


def test_a_mapping_by_hand_is_taken_in(room: Room, tmp_path: Path) -> None:
    file = tmp_path / "m.json"
    file.write_text(mapping_json(Mapping(tuple(MappedName(k, v, "seen") for k, v in RIGHT.items()))))
    source = str(room.project.root / "events.jsonl")
    assert run(room, "propose", "by-hand", str(file), "--source", source)[0] == 0
    assert room.project.change("by-hand")[0].provenance.tool == "by hand"
    assert run(room, "propose", "by-hand", str(file), "--source", source)[0] == 2
    file.write_text('{"events": 3}')
    code, output = run(room, "propose", "by-hand", str(file), "--source", source, "--name", "other")
    assert code == 2
    assert "m.json:1:12" in output
    assert run(room, "propose", "by-hand", str(tmp_path), "--source", source, "--name", "other")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("srch",), "is not LEGACY=TARGET"),
        (("srch=",), "is not LEGACY=TARGET"),
        (("srch=search", "srch=purchase"), "is given twice"),
        ((), "correct"),
        (("srch=search", "--edited"), "correct"),
    ],
)
def test_a_correction_that_cannot_be_read_is_exit_2(room: Room, arguments: tuple[str, ...], says: str) -> None:
    propose(room, sequence())
    code, output = run(room, "correct", "tried", *arguments, "--reason", "x")
    assert code == 2
    assert says in output


def test_a_model_that_answers_nothing_is_exit_4_on_the_command_line(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cleanroom.adapters.models._model", lambda *_: Scripted([]))
    source = str(room.project.root / "events.jsonl")
    code, output = run(room, "propose", "mapping", "--source", source, "--model", "local")
    assert code == 4
    assert "answered nothing" in output
    assert nothing_written(room)


def test_models_are_listed_with_what_they_lack(room: Room) -> None:
    (room.project.root / "cleanroom.toml").write_text(
        'name = "shop"\n[models.recorded]\nkind = "replay"\nfile = "gone.jsonl"\n'
    )
    code, output = run(room, "models", "list", "--json")
    assert code == 0
    found = {m["name"]: m["why"] for m in json.loads(output)}
    assert found["recorded"] == "gone.jsonl is missing"
    assert "local" in found
    assert "gone.jsonl is missing" in run(room, "models", "list")[1]
