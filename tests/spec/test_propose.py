"""A model proposes a mapping under guards: the stories."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.projects import START
from tests.propose_samples import (
    INJECTION,
    RIGHT,
    ROWS,
    asked,
    nothing_written,
    propose,
    replies,
    sequence,
    small_shop,
    targets,
)

from cleanroom.adapters.memory.model import Scripted
from cleanroom.adapters.replay import Recorder, Replay
from cleanroom.app.propose.by_hand import propose_by_hand
from cleanroom.app.propose.prompts import MAPPING, SMALL, built_in, mapping_prompt
from cleanroom.app.room import Room
from cleanroom.core.base import Misuse, Outside
from cleanroom.core.change import NONE, Mapping
from cleanroom.core.facts import Proposed
from cleanroom.ports.model import Ask


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """A project with fifteen rows under five legacy names."""
    return small_shop(tmp_path / "shop", ROWS)


# --- a model that is right


def test_a_right_answer_becomes_a_change_with_its_provenance(room: Room) -> None:
    model = sequence()
    proposal = propose(room, model)
    assert targets(proposal) == RIGHT
    assert proposal.rows == (5, 4, 3, 2, 1)
    made = proposal.change.provenance
    assert (made.operator, made.at, made.runs, made.calls) == ("ana@shop.example", START, 3, 2)  # two runs agreed
    assert (made.model, made.model_version, made.endpoint) == ("scripted", "1", "memory")
    assert (made.prompt, made.prompt_version, made.prompt_digest) == (MAPPING, "1", built_in(MAPPING).digest)
    assert dict(made.parameters)["temperature"] == "0.3"
    assert [name for name, _ in made.inputs] == ["events.jsonl", "contract"]
    assert not made.refusals
    assert not made.disagreements


def test_the_change_is_written_and_recorded(room: Room) -> None:
    proposal = propose(room, sequence())
    assert room.project.change("tried") == (proposal.change, proposal.mapping)
    (entry,) = room.store.history("change/tried")
    assert isinstance(entry.fact, Proposed)
    assert entry.fact.change == proposal.change.digest
    assert entry.fact.author == "ana@shop.example"


def test_the_prompt_shows_taxonomy_counts_and_rows_but_not_who_they_are_about(room: Room) -> None:
    model = sequence()
    propose(room, model)
    ask = model.asks[0]
    assert "- search: Somebody searched for a term. (parameters: term)" in ask.system
    assert '"prod_view": 5 rows, such as {"payload": "{\\"term\\": \\"hat\\"}"}' in ask.user
    assert "shop.example" not in ask.user
    assert "2026-01-01" not in ask.user
    assert asked(ask) == list(RIGHT)


def test_the_same_data_gives_the_same_seeds_and_runs_differ(room: Room, tmp_path: Path) -> None:
    first, second = sequence(), sequence()
    propose(room, first)
    propose(small_shop(tmp_path / "again", ROWS), second)
    assert [a.seed for a in first.asks] == [a.seed for a in second.asks]
    assert len({a.seed for a in first.asks}) == len(first.asks)


def test_a_small_model_is_asked_about_one_name_a_call_and_what_is_shared_comes_first(room: Room) -> None:
    model = sequence()
    assert targets(propose(room, model, built_in(SMALL))) == RIGHT
    assert [asked(a) for a in model.asks] == [[name] for name in RIGHT for _ in range(2)]
    assert len({a.system for a in model.asks}) == 1
    assert 'Old event: "item_view"\n{"target":"view_item"' in model.asks[0].system


# --- what the guards do


def test_an_invented_name_is_asked_again_with_the_valid_ones_and_then_accepted(room: Room) -> None:
    model = sequence(srch="search_event search")
    proposal = propose(room, model)
    assert targets(proposal) == RIGHT
    again = model.asks[1]
    assert asked(again) == ["srch"]
    assert "invented target 'search_event'" in again.user
    assert "view_item, search, view_cart, purchase, none" in again.user
    assert again.temperature > model.asks[0].temperature
    assert proposal.change.provenance.refusals == ("names: 'srch' invented target 'search_event'",)


def test_a_name_that_is_invented_again_and_again_goes_to_none_with_the_reason(room: Room) -> None:
    model = sequence(srch="srch")
    proposal = propose(room, model)
    entry = proposal.mapping.events[1]
    assert (entry.legacy, entry.target) == ("srch", NONE)
    assert entry.reason == "refused 3 times: invented target 'srch'"
    assert entry.similar == "search"  # the cross-check says so aloud
    assert targets(proposal) == {**RIGHT, "srch": NONE}
    assert proposal.change.provenance.refusals == ("names: 'srch' invented target 'srch' (3x)",)
    assert sum("srch" in asked(a) for a in model.asks) == 3


def test_a_left_out_name_is_asked_again(room: Room) -> None:
    forgotten = iter([True])
    model = replies(lambda name, _: None if name == "basket" and next(forgotten, False) else RIGHT[name])
    proposal = propose(room, model)
    assert targets(proposal) == RIGHT
    assert asked(model.asks[1]) == ["basket"]
    assert proposal.change.provenance.refusals == ("names: 'basket' left out",)


def test_none_without_a_reason_is_asked_again(room: Room) -> None:
    silent = iter([("none", "")])
    proposal = propose(
        room, replies(lambda name, _: next(silent, (NONE, "no visitor")) if name == "dbg_ping" else RIGHT[name])
    )
    assert proposal.mapping.events[4].reason == "no visitor"
    assert proposal.change.provenance.refusals == ("reason: 'dbg_ping' mapped to none without a reason",)


def test_a_disagreement_goes_to_none_and_is_listed(room: Room) -> None:
    model = sequence(srch="search view_item view_cart")
    proposal = propose(room, model)
    entry = proposal.mapping.events[1]
    assert (entry.target, entry.reason) == (NONE, "the runs disagreed: search, view_cart, view_item")
    (found,) = proposal.change.provenance.disagreements
    assert (found.legacy, found.chosen, found.similar) == ("srch", NONE, "search")
    assert dict(found.votes) == {"search": 1, "view_item": 1, "view_cart": 1}
    assert [asked(a) for a in model.asks] == [list(RIGHT), list(RIGHT), ["srch"]]  # only what was open was asked again


def test_a_majority_of_two_to_one_goes_on_and_is_listed_too(room: Room) -> None:
    proposal = propose(room, sequence(srch="view_item search"))
    assert targets(proposal) == RIGHT
    assert proposal.mapping.events[1].votes == (("search", 2), ("view_item", 1))
    assert [d.legacy for d in proposal.change.provenance.disagreements] == ["srch"]


def test_a_wrong_name_that_the_plan_has_passes_but_the_cross_check_disagrees_aloud(room: Room) -> None:
    proposal = propose(room, sequence(order_ok="view_cart", basket="purchase"))
    assert {m.legacy: m.similar for m in proposal.mapping.events if m.similar} == {
        "basket": "view_cart",
        "order_ok": "purchase",
    }
    assert {d.legacy for d in proposal.change.provenance.disagreements} == {"basket", "order_ok"}


# --- a model that answers nothing


@pytest.mark.parametrize("nothing", [[], [""], [" \n"]])
def test_a_model_that_answers_nothing_is_exit_4_and_nothing_is_written(room: Room, nothing: list[str]) -> None:
    with pytest.raises(Outside, match="answered nothing") as caught:
        propose(room, Scripted(nothing))
    assert caught.value.code == 4
    assert nothing_written(room)


@pytest.mark.parametrize("prompt", [MAPPING, SMALL])
def test_a_model_that_answers_nothing_usable_is_given_up(room: Room, prompt: str) -> None:
    model = Scripted(lambda _: "Sure! Here is your mapping.")
    with pytest.raises(Outside, match=r"no usable reply in \d calls: the reply is not JSON"):
        propose(room, model, built_in(prompt))
    assert len(model.asks) <= 9
    assert nothing_written(room)


def test_a_model_that_stops_answering_half_way_leaves_nothing_behind(room: Room) -> None:
    good = json.dumps({"target": "view_item", "reason": "x"})
    with pytest.raises(Outside):
        propose(room, Scripted([good, good, good]), built_in(SMALL))
    assert nothing_written(room)


# --- text of the data is data


def test_an_injection_in_a_name_or_a_row_stays_data(tmp_path: Path) -> None:
    room = small_shop(tmp_path / "shop", {**ROWS, INJECTION: 2, "a\nb\"c'; DROP TABLE events;--": 1}, payload=INJECTION)
    model = replies(lambda name, _: RIGHT.get(name, (NONE, "not an event")))
    proposal = propose(room, model)
    assert targets(proposal) == {**RIGHT, INJECTION: NONE, "a\nb\"c'; DROP TABLE events;--": NONE}
    for ask in model.asks:
        fenced = re.fullmatch(r"(.*)<data>\n(.*)\n</data>(.*)", ask.user, re.DOTALL)
        assert fenced is not None
        assert "ignore previous" not in ask.system + fenced[1] + fenced[3]
        assert ask.user.count("</data>") == 1
        assert len(fenced[2].splitlines()) == len(asked(ask))
        assert "{{targets}}" in fenced[2]


def test_a_model_that_obeys_an_injection_is_objected_to(tmp_path: Path) -> None:
    room = small_shop(tmp_path / "shop", {**ROWS, INJECTION: 2}, payload=INJECTION)
    proposal = propose(room, replies(lambda *_: "purchase"))
    objections = {m.legacy: m.similar for m in proposal.mapping.events if m.similar}
    assert objections == {"prod_view": "view_item", "srch": "search", "basket": "view_cart"}


def test_a_name_of_a_megabyte_is_cut_in_the_prompt_and_whole_in_the_mapping(tmp_path: Path) -> None:
    names = {"x" * 1_000_000: 2, "x" * 999_999: 1}
    room = small_shop(tmp_path / "shop", names)
    model = replies(lambda *_: ("search", "why not"))
    proposal = propose(room, model)
    assert [len(m.legacy) for m in proposal.mapping.events] == [1_000_000, 999_999]
    assert max(len(a.user) for a in model.asks) < 2_000


# --- bad input


def test_data_without_usable_names_is_one_clear_line(room: Room, tmp_path: Path) -> None:
    root = room.project.root
    for text, says in (
        ('{"name": "a"}\n', "has no column 'event'"),
        ('{"event": null}\n', "'event' of events.jsonl is empty"),
        ("".join(f'{{"event": "e{i}"}}\n' for i in range(501)), "more than 500 different names"),
    ):
        (root / "events.jsonl").write_text(text)
        with pytest.raises(Misuse, match=says):
            propose(room, sequence())
    (root / "events.jsonl").unlink()
    with pytest.raises(Misuse):
        propose(room, sequence())
    assert nothing_written(room)


def test_a_change_that_exists_is_not_overwritten(room: Room) -> None:
    propose(room, sequence())
    model = sequence()
    with pytest.raises(Misuse, match="a change 'tried' already"):
        propose(room, model)
    assert not model.asks
    with pytest.raises(Misuse, match="a change 'tried' already"):
        propose_by_hand(room, Mapping(()), "events.jsonl", "tried")


def test_ctrl_c_leaves_nothing_behind(room: Room) -> None:
    def interrupted(_: Ask) -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        propose(room, Scripted(interrupted))
    assert nothing_written(room)


# --- recorded once, replayed


def test_a_recorded_proposal_replays_to_the_same_mapping(room: Room, tmp_path: Path) -> None:
    file = tmp_path / "replies.jsonl"
    first = propose(room, Recorder(sequence(srch="nonsense search"), file))
    again = propose(small_shop(tmp_path / "again", ROWS), Replay("recorded", file))
    assert again.mapping == first.mapping
    assert again.change.provenance.endpoint == "replay"
    assert again.change.provenance.model == "scripted"
    other = small_shop(tmp_path / "other", {**ROWS, "srch": 40})
    with pytest.raises(Misuse, match="no reply to this request"):
        propose(other, Replay("recorded", file))
    assert nothing_written(other)


# --- a prompt of one's own


def test_a_project_may_bring_its_own_prompt(room: Room) -> None:
    folder = room.project.root / "prompts"
    folder.mkdir()
    text = 'name: mapping\nversion: "7"\nsystem: "Events: {{targets}}"\nuser: "{{names}}"\nsettings: {batch: 2, samples: 0}\n'
    (folder / "mapping.yaml").write_text(text)
    model = sequence()
    proposal = propose(room, model, mapping_prompt(room.project))
    assert model.asks[0].system == "Events: view_item, search, view_cart, purchase, none"
    assert [len(asked(a)) for a in model.asks] == [2, 2, 2, 2, 1, 1]
    assert "such as" not in model.asks[0].user
    assert proposal.change.provenance.prompt_version == "7"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('name: m\nversion: "1"\nsystem: ""\n', r"prompts/mapping.yaml:1:1 'user' is missing"),
        ('name: m\nversion: "1"\nsystem: ""\nuser: ""\nsample: 3\n', r"mapping.yaml:5:1 unknown key 'sample'"),
        ('name: m\nversion: "1"\nsystem: ""\nuser: "{{names}}"\n', "never shows the model its events"),
        ('name: m\nversion: "1"\nsystem: "{{key}}"\nuser: "{{names}} {{events}}"\n', r"has a slot {{key}}"),
        ("name: &a [*a]\n", "prompts/mapping.yaml:1"),
    ],
)
def test_a_broken_prompt_is_named_with_its_place(room: Room, text: str, says: str) -> None:
    (room.project.root / "prompts").mkdir()
    (room.project.root / "prompts" / "mapping.yaml").write_text(text)
    with pytest.raises(Misuse, match=says):
        mapping_prompt(room.project)


def test_a_prompt_that_nobody_wrote(room: Room) -> None:
    with pytest.raises(Misuse, match="there is no prompt 'mine'"):
        mapping_prompt(room.project, "mine")
    with pytest.raises(Misuse, match="outside the project"):
        mapping_prompt(room.project, "../../x")
