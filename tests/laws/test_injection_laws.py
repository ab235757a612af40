"""The injection detector on any text: it never raises, unseen signs and texts added at the end change nothing, work is linear."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cleanroom.app.injection import weights
from cleanroom.core.injection import canary, judge, leaked, worst
from cleanroom.core.injection.features import SHORTEST_SEGMENT, features

DATA = Path(__file__).parents[1] / "data" / "injection"
UNSEEN = st.sampled_from("\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\ufe0f")
SAID = st.text(st.characters(codec="utf-8"), max_size=300)
ORDINARY = st.sampled_from(
    ["The museum is open.", "Tea is grown in the hills of the north.", "Call me on Monday, please."]
)


@cache
def attacks() -> list[str]:
    """One line each, as they end with a sentence of their own."""
    texts = [line.partition("|")[2] for line in (DATA / "attacks.txt").read_text("utf-8").splitlines()]
    return [t for t in texts if "\\n" not in t]


@given(st.text(max_size=400))
@example("\ud800 %ff \\ud800\\ud800\\ud800\\ud800 &#55296;&#55296;&#55296;&#55296; " + "/w" * 40)
@example("%%%%" * 50 + "A" * 400 + "01" * 300)
def test_it_never_raises_and_its_span_lies_in_the_text(text: str) -> None:
    found = worst(text, weights())
    if found is not None:
        assert 0 <= found.start < found.end <= len(text)
    assert leaked(text, [canary(b"key", "name")]) == ()


@given(st.data())
def test_signs_that_nobody_sees_change_nothing(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(attacks()) | SAID.filter(lambda t: not any(c >= "\U000e0000" for c in t)))
    signs = [data.draw(UNSEEN | st.just("")) for _ in range(min(len(text), 30))]
    mixed = "".join(c + (signs[i] if i < len(signs) else "") for i, c in enumerate(text))
    before, after = worst(text, weights()), worst(mixed, weights())
    if before is None or after is None:
        assert before is after
    elif len(mixed) < 400 or len(text) >= 2000:
        assert (before.score, before.threshold) == (after.score, after.threshold)
    else:
        assert before.score == after.score


@given(st.sampled_from(range(40)), st.lists(ORDINARY, min_size=1, max_size=6))
def test_what_is_added_at_the_end_takes_nothing_away(which: int, added: list[str]) -> None:
    text = attacks()[which % len(attacks())]
    before = worst(text, weights())
    after = worst(f"{text}\n\n{' '.join(added)}", weights())
    assert before is not None
    assert after is not None
    assert after.score >= before.score or len(text.split(". ")[-1]) < SHORTEST_SEGMENT


@given(
    st.sampled_from(
        [". ", "a. ", "a ", "a\n", "<", "QUJD", "%41", "&#65;", "忽略", 'a="', "61", "\u200b", "Go. Stop it! "]
    )
)
def test_windows_are_linear_in_the_length(unit: str) -> None:
    one, four = (len(features((unit * size)[:size]).first) for size in (2_000, 8_000))
    assert four <= 4.5 * one + 100
    assert one <= 2_000


@pytest.mark.parametrize("padding", ["The river rises in the hills. " * 8])
def test_padding_does_not_hide_a_plain_attack(padding: str) -> None:
    for text in attacks()[:6]:
        assert judge(f"{padding}\n{text}\n{padding}", weights()) is not None, text
