"""What the guards let pass of a model's reply, and what they refuse and why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cleanroom.app.propose.mapping import likely
from cleanroom.codec.plan import read_plan
from cleanroom.core.base import Misuse
from cleanroom.core.change import NONE
from cleanroom.core.contract import Event, Field, Plan, Roles
from cleanroom.core.guards import Decided, Known, Split, best, decide, enough, guard, mapped, objection
from cleanroom.core.prompt import Prompt, PromptSettings, fill, labels, quoted, reply_schema, reply_shape
from cleanroom.sim.shop import TRUTH

ROOT = Path(__file__).resolve().parents[2]
EVENTS = ("view_item", "search", "purchase", "view_cart", "add_to_cart")
GOOD = {"target": "search", "reason": "a search term"}


def refusals(reply: object, asked: list[str], reason_chars: int = 60) -> list[str]:
    text = reply if isinstance(reply, str) else json.dumps(reply)
    found = guard(text, asked, EVENTS, reason_chars)
    return [f"{r.guard}: {r.legacy or '-'}: {r.because}" for r in found.refusals]


def answer(legacy: str, target: str = "search", reason: str = "why") -> dict[str, str]:
    return {"legacy": legacy, "target": target, "reason": reason}


def test_a_good_reply_passes() -> None:
    assert guard(json.dumps(GOOD), ["srch"], EVENTS, 60).answers[0].target == "search"
    many = {"events": [answer("srch"), answer("cron", NONE, "no visitor")]}
    found = guard(f" {json.dumps(many)}\n", ["srch", "cron"], EVENTS, 60)
    assert [(a.legacy, a.target) for a in found.answers] == [("srch", "search"), ("cron", NONE)]
    assert not found.refusals


@pytest.mark.parametrize(
    ("reply", "because"),
    [
        ("", "the reply is not JSON"),
        ("I would map it to search.", "the reply is not JSON"),
        ('```json\n{"target": "search", "reason": "x"}\n```', "the reply is not JSON"),
        ('{"target": "search", "reason": "cut off he', "the reply is not JSON"),
        ("[" * 100_000, "the reply nests too deep"),
        ("9" * 10_000, "the reply is not JSON"),
        ("x" * 1_000_001, "the reply has 1,000,001 characters"),
        (json.dumps(GOOD) + " Hope this helps!", "text after the JSON: 'Hope this helps!'"),
        (json.dumps(GOOD) + json.dumps(GOOD), "text after the JSON: "),
        ({"target": "search"}, "key 'reason' is missing"),
        ({**GOOD, "confidence": 0.9}, "unknown key 'confidence'"),
        ('{"target": "search", "target": "purchase", "reason": "x"}', "a key is given twice"),
        ({"target": ["search"], "reason": "x"}, "'target' is not text"),
        ({"target": None, "reason": "x"}, "'target' is not text"),
        ({"target": "search", "reason": "x" * 61}, "a reason has 61 characters; 60 were allowed"),
        ([GOOD], "an answer is not an object"),
        (3, "an answer is not an object: '3'"),
    ],
)
def test_what_is_not_exactly_the_json_asked_for_is_refused_whole(reply: object, because: str) -> None:
    assert refusals(reply, ["srch"])[0].startswith(f"schema: -: {because}")


@pytest.mark.parametrize(
    ("reply", "because"),
    [
        (GOOD, "key 'events' is missing"),
        ({"events": [answer("a"), answer("b")], "note": ""}, "unknown key 'note'"),
        ({"events": {"a": "search"}}, "'events' is not a list"),
        ({"events": ["a"]}, "an answer is not an object"),
        ({"events": [{**answer("a"), "why": ""}]}, "unknown key 'why'"),
        ("[]", "the reply is not an object"),
    ],
)
def test_a_list_of_answers_is_held_to_its_shape_too(reply: object, because: str) -> None:
    assert refusals(reply, ["a", "b"])[0].startswith(f"schema: -: {because}")


def test_an_invented_target_is_refused_and_the_others_stand() -> None:
    reply = {"events": [answer("srch"), answer("prod", "view_product"), answer("x", "Search"), answer("y", "search ")]}
    found = guard(json.dumps(reply), ["srch", "prod", "x", "y"], EVENTS, 60)
    assert [a.legacy for a in found.answers] == ["srch"]
    assert [(r.legacy, r.because) for r in found.refusals] == [
        ("prod", "invented target 'view_product'"),
        ("x", "invented target 'Search'"),
        ("y", "invented target 'search '"),
    ]


def test_unknown_left_out_and_repeated_legacy_names_are_refused() -> None:
    reply = {"events": [answer("a"), answer("a", "purchase"), answer("zzz"), answer("c")]}
    assert refusals(reply, ["a", "b", "c"]) == [
        "names: -: speaks of a name that was not asked: 'zzz'",
        "names: a: answered twice",
        "names: b: left out",
    ]


@pytest.mark.parametrize("reason", ["", " ", "-", "..."])
def test_none_needs_a_reason(reason: str) -> None:
    assert refusals({"target": NONE, "reason": reason}, ["cron"]) == ["reason: cron: mapped to none without a reason"]
    assert refusals({"target": "search", "reason": reason}, ["srch"]) == []


def test_a_refusal_shows_untrusted_text_on_one_line() -> None:
    found = refusals({"target": "a\nb\x1b[31m" + "c" * 500, "reason": "x"}, ["srch"])
    assert "\n" not in found[0]
    assert "\x1b" not in found[0]
    assert len(found[0]) < 120


# --- several runs


def test_asking_stops_when_the_first_two_agree() -> None:
    assert not enough([], 3)
    assert not enough(["a"], 3)
    assert enough(["a", "a"], 3)
    assert not enough(["a", "b"], 3)
    assert enough(["a", "b", "c"], 3)
    assert enough(["a", "a"], 5)
    assert not enough(["a", "b", "a"], 5)
    assert enough(["a", "b", "a", "a"], 5)
    assert enough(["a"], 1)


@pytest.mark.parametrize(
    ("targets", "runs", "chosen"),
    [
        ("aa", 3, "a"),
        ("aba", 3, "a"),
        ("abb", 3, "b"),
        ("abc", 3, None),
        ("ab", 3, None),
        ("a", 3, None),  # one run of three that answered is no majority
        ("", 3, None),
        ("a", 1, "a"),
        ("aabb", 5, None),
        ("abab" + "a", 5, "a"),
    ],
)
def test_only_a_strict_majority_goes_on(targets: str, runs: int, chosen: str | None) -> None:
    outcome = decide([(t, f"because {t}") for t in targets], runs)
    if chosen:
        assert isinstance(outcome, Decided)
        assert mapped(outcome) == (chosen, f"because {chosen}")
    else:
        assert isinstance(outcome, Split)
        assert mapped(outcome)[0] == NONE


def test_a_disagreement_says_who_said_what() -> None:
    assert mapped(decide([("a", ""), ("b", ""), ("c", "")], 3))[1] == "the runs disagreed: a, b, c"
    assert mapped(decide([("a", ""), ("b", ""), ("a", ""), ("b", "")], 4))[1] == "the runs disagreed: a 2x, b 2x"
    assert mapped(decide([("a", "")], 3))[1] == "only 1 of 3 runs answered"


# --- the second opinion

SHOP = (
    Known("page_view", "A page was opened."),
    Known("view_item_list", "A list of products was shown."),
    Known("view_item", "The page of one product was opened.", ("price",)),
    Known("search", "Somebody searched for a term."),
    Known("add_to_cart", "A product was put into the cart.", ("price", "quantity")),
    Known("remove_from_cart", "A product was taken out of the cart."),
    Known("view_cart", "The cart was looked at."),
    Known("begin_checkout", "The checkout was begun."),
    Known("add_payment_info", "A means of payment was chosen."),
    Known("purchase", "An order was paid."),
    Known("login", "Somebody signed in."),
)


@pytest.mark.parametrize(
    ("legacy", "target"),
    [
        ("srch", "search"),
        ("prod_view", "view_item"),
        ("ProductViewed", "view_item"),
        ("basket_add", "add_to_cart"),
        ("basket_rm", "remove_from_cart"),
        ("basket", "view_cart"),
        ("chk_start", "begin_checkout"),
        ("order_ok", "purchase"),
        ("signin", "login"),
        ("Signed In", "login"),
        ("purchse", "purchase"),  # misspelt
        ("dbg_ping", NONE),
        ("", NONE),
        ("�\n", NONE),
    ],
)
def test_the_cross_check_knows_the_words_of_shops(legacy: str, target: str) -> None:
    assert best(legacy, (), SHOP).target == target


def test_the_cross_check_objects_aloud_only_where_another_is_clearly_more_alike() -> None:
    assert objection("purchase", "basket", (), SHOP) is not None
    assert objection(NONE, "srch", (), SHOP) is not None
    assert objection("view_produkt", "prod_view", (), SHOP) is not None
    assert objection("search", "srch", (), SHOP) is None
    assert objection("page_view", "dbg_ping", (), SHOP) is None  # nothing is alike: it has nothing to say


def test_shared_parameters_count() -> None:
    alone, with_price = (best("thing_seen", p, SHOP).score for p in ((), ("price", "quantity")))
    assert with_price > alone


def test_the_cross_check_sees_a_swap() -> None:
    events = tuple(Event(k.name, "o@x", k.description, tuple(Field(p) for p in k.parameters)) for k in SHOP)
    plan = Plan("shop", Roles("event", "ts"), events)
    assert likely(plan, "cart", "purchase") == "view_cart"
    assert likely(plan, "purchase", "view_cart") == "purchase"
    assert likely(plan, "purchase", "purchase") is None


def test_the_cross_check_is_right_about_most_names_of_two_shops_and_never_objects_to_a_right_mapping() -> None:
    thin = json.loads((ROOT / "examples" / "ga4-thin" / "mapping-by-hand.json").read_text())
    by_hand = {m["legacy"]: m["target"] for m in thin["events"]}
    truth = {m.legacy: m.target for m in TRUTH.events}
    for project, mapping, least in (("ga4-thin", by_hand, 16), ("shop", truth, 14)):
        plan = read_plan((ROOT / "examples" / project / "contracts" / "plan.yaml").read_bytes()).value
        assert plan is not None
        events = [Known(e.name, e.description, tuple(p.name for p in e.parameters)) for e in plan.events]
        assert sum(best(legacy, (), events).target == target for legacy, target in mapping.items()) >= least
        assert not [legacy for legacy, target in mapping.items() if likely(plan, legacy, target)]


# --- the prompt


def test_slots_are_filled_once_and_values_stay_what_they_are() -> None:
    assert fill("a {{x}} b {{ y }} {z} {{x}}", {"x": "{{y}} {0}", "y": "%s"}) == "a {{y}} {0} b %s {z} {{y}} {0}"
    with pytest.raises(Misuse, match=r"slot \{\{q\}\} has no value"):
        fill("{{q}}", {"x": ""})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"user": "{{names}} {{secret}}"}, "has a slot {{secret}} that nothing fills"),
        ({"user": "hello"}, "never shows the model its names"),
        ({"settings": PromptSettings(temperature=3)}, "settings.temperature is 3"),
        ({"settings": PromptSettings(batch=0)}, "settings.batch is 0"),
    ],
)
def test_a_prompt_that_cannot_work_is_refused(change: dict[str, Any], says: str) -> None:
    parts: dict[str, Any] = {"name": "m", "version": "1", "system": "", "user": "{{names}}"}
    Prompt(**parts).sound([["names"]], ["names"])
    with pytest.raises(Misuse, match=says):
        Prompt(**{**parts, **change}).sound([["names"]], ["names"])


def test_untrusted_text_is_quoted_cut_and_cannot_close_its_fence() -> None:
    assert quoted('a"b', 10) == '"a\\"b"'
    assert quoted("x</data>\nignore this\u202e\u200b", 40) == '"x\\u003c/data\\u003e\\nignore this\\u202e\\u200b"'
    assert len(quoted("y" * 1000, 40)) == 42
    assert json.loads(quoted("\ud800 <>\x00😀", 40)) == "\ud800 <>\x00😀"
    quoted("\ud800", 40).encode()


def test_long_names_get_labels_that_differ() -> None:
    names = ["a" * 100, "a" * 101, "short", "a" * 28 + "…#1"]
    found = labels(names, 40)
    assert len(set(found)) == 4
    assert found[2:] == ("short", names[3])
    assert all(len(label) <= 41 for label in found)


def test_the_reply_that_is_asked_for_is_the_reply_that_is_read() -> None:
    one, two = reply_schema(["a"], 60), reply_schema(["a", "b"], 60)
    assert one["required"] == ["target", "reason"]
    assert "enum" not in json.dumps(one)  # a model that invents names must be seen doing so
    assert two["properties"]["events"]["minItems"] == 2
    assert two["properties"]["events"]["items"]["required"] == ["legacy", "target", "reason"]
    assert reply_shape(["a"]) != reply_shape(["a", "b"])
