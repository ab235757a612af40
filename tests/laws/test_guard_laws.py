"""Laws of the guards: whatever a model says, nothing passes that was not asked, known and agreed on."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cleanroom.core.change import NONE
from cleanroom.core.guards import Decided, Known, Split, decide, enough, guard, mapped, objection
from cleanroom.core.guards.similarity import ranked
from cleanroom.core.prompt import fill, labels, quoted

NAMES = st.sampled_from(["srch", "prod_view", "basket", "a\nb", "", "events", "search"])
EVENTS = frozenset({"search", "view_item", "view_cart"})
WORDS = st.sampled_from([*EVENTS, NONE, "invented", "Search", "", "view_item "]) | st.text(max_size=12)
ASKED = st.lists(NAMES, min_size=1, max_size=4, unique=True)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["events", "legacy", "target", "reason", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)
ANSWERS = st.lists(st.fixed_dictionaries({"legacy": NAMES, "target": WORDS, "reason": WORDS}), max_size=6)
TARGETS = st.lists(st.sampled_from(["a", "b", "c", NONE]), max_size=9)


def _holds(text: str, asked: list[str]) -> None:
    found = guard(text, asked, EVENTS, 40)
    passed = [a.legacy for a in found.answers]
    assert len(set(passed)) == len(passed)
    assert set(passed) <= set(asked)
    for answer in found.answers:
        assert answer.target in EVENTS or (answer.target == NONE and answer.reason)
        assert len(answer.reason) <= 40
    silent = set(asked) - set(passed) - {r.legacy for r in found.refusals}
    assert not silent or any(r.legacy is None for r in found.refusals)


@given(st.text(), ASKED)
def test_random_text_never_passes_as_a_mapping(text: str, asked: list[str]) -> None:
    _holds(text, asked)


@given(JSON, ASKED)
def test_nor_does_random_json(value: object, asked: list[str]) -> None:
    _holds(json.dumps(value), asked)


@given(ANSWERS, ASKED)
def test_what_passes_was_asked_is_known_and_every_refusal_is_told(
    events: list[dict[str, str]], asked: list[str]
) -> None:
    _holds(json.dumps({"events": events}), asked)
    for event in events[:1]:
        _holds(json.dumps({k: v for k, v in event.items() if k != "legacy"}), asked)


@given(TARGETS, st.integers(1, 9))
def test_a_majority_is_never_a_minority(targets: list[str], runs: int) -> None:
    outcome = decide([(t, "") for t in targets], runs)
    counts = Counter(targets)
    match outcome:
        case Decided(target, _, votes):
            assert 2 * counts[target] > len(targets)
            assert counts[target] >= min(2, runs)
            assert dict(votes) == counts
        case Split(because, votes):
            assert all(2 * n <= len(targets) or n < min(2, runs) for n in counts.values())
            assert because
            assert mapped(outcome)[0] == NONE


@given(st.lists(st.sampled_from("abc"), min_size=5, max_size=5), st.sampled_from([1, 3, 5]))
def test_stopping_early_follows_the_rule_and_never_asks_in_vain(answers: list[str], runs: int) -> None:
    seen: list[str] = []
    for target in answers:
        if enough(seen, runs):
            break
        seen.append(target)
    assert enough(seen, runs)
    assert len(seen) <= runs
    if runs > 1 and answers[0] == answers[1]:
        assert seen == answers[:2]


@given(st.dictionaries(st.sampled_from(["a", "b"]), st.text(), min_size=2), st.lists(st.sampled_from("ab"), max_size=5))
def test_filling_puts_in_each_value_as_it_is(values: dict[str, str], slots: list[str]) -> None:
    template = "|".join(f"{{{{{slot}}}}}" for slot in slots)
    assert fill(template, values) == "|".join(values[s] for s in slots)


@given(st.text(st.characters()), st.integers(1, 50))
def test_quoted_text_is_one_harmless_line_that_says_the_same(text: str, limit: int) -> None:
    shown = quoted(text, limit)
    assert shown.isprintable()
    assert not set(shown) & set("<>")
    shown.encode()
    read = json.loads(shown)
    assert len(read) <= limit
    assert read == text or read == text[: limit - 1] + "…"


@given(st.lists(st.text(max_size=60), max_size=8, unique=True))
def test_every_name_has_a_label_of_its_own(names: list[str]) -> None:
    assert len(set(labels(names, 40))) == len(names)


KNOWN = st.lists(
    st.builds(Known, WORDS, st.text(max_size=30), st.tuples(WORDS)), max_size=5, unique_by=lambda event: event.name
)


@given(st.text(max_size=40), st.lists(WORDS, max_size=3), KNOWN)
def test_likeness_is_a_share_and_an_objection_names_another_event(
    legacy: str, parameters: list[str], events: list[Known]
) -> None:
    scores = ranked(legacy, parameters, events)
    assert [s.score for s in scores] == sorted((s.score for s in scores), reverse=True)
    assert all(0 <= s.score <= 1 for s in scores)
    for chosen in (NONE, *(e.name for e in events)):
        other = objection(chosen, legacy, parameters, events)
        assert other is None or (other.target != chosen and other.target in {e.name for e in events})
