"""The blameless linter on any text: it never raises, its offsets lie inside, and its time grows with the length only."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cleanroom.core.postmortem.blame import judge, lint

WORDS = [
    *(
        "Tom",
        "the on-call",
        "they",
        "nobody",
        "who",
        "which",
        "that",
        "broke",
        "ignored",
        "forgot",
        "did",
        "not",
        "n't",
        "had",
    ),
    *(
        "should",
        "have",
        "was",
        "by",
        "because",
        "if",
        "to",
        "without",
        "'s",
        "human error",
        "more careful",
        "wrong",
        "prod",
        "it",
    ),
    *(
        ".",
        ",",
        ":",
        "?",
        '"',
        "'",
        "`",
        "*",
        "|",
        "> ",
        "- ",
        "# ",
        "\n",
        "\n\n",
        "```",
        "<!--",
        "-->",
        "    ",
        "王",
        "é",
        "¤",
    ),
]
TEXTS = st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join))


@given(TEXTS, st.lists(st.text(max_size=20), max_size=3))
def test_any_text_is_read_and_offsets_lie_inside(text: str, people: list[str]) -> None:
    found = lint(text, people)
    assert found == lint(text, people)
    before = 0
    for f in found:
        assert before <= f.start <= f.blame.start < f.blame.end <= f.end <= len(text)
        assert text[f.start : f.end] == f.sentence
        assert f.line == text.count("\n", 0, f.start) + 1
        assert f.blame.reword
        before = f.end
    alone = judge(text, people)
    assert alone is None or 0 <= alone.start < alone.end <= len(text)


@given(st.lists(st.sampled_from(WORDS[:26]), min_size=1, max_size=15).map(" ".join))
def test_what_stands_around_a_sentence_does_not_move_its_judgement(words: str) -> None:
    sentence = f"{words}.".replace("\n", " ")
    if "." in sentence[:-1] or "?" in sentence:
        return
    alone, among = lint(sentence), lint(f"# Summary\n\n{sentence}\n\nThe queue was empty.\n")
    assert [f.sentence for f in alone] == [f.sentence for f in among]
    assert [f.blame.rule for f in alone] == [f.blame.rule for f in among]


HOSTILE = [
    *(
        "a",
        " ",
        "-",
        "|",
        '"',
        "'",
        "<!--",
        "`",
        "[](",
        "> ",
        ".",
        "!? ",
        "_",
        "\n",
        "# ",
        "Tom ",
        "of the ",
        "who ",
        "to ",
    ),
    *("had ", "not ", "by ", "'s ", "because ", "and, ", "http://", "the 1 ", "\u0301"),
    *(
        "Tom of the good old ",
        "Tom let it ",
        "Tom, and Ana knew ",
        "it was not the team but ",
        "never got round to ",
        "Who did the job ",
    ),
]


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_repetition_takes_time_in_proportion(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        start = time.process_time()
        lint(text)
        judge(text)
        return time.process_time() - start

    # Eight times the text: a square would take 64 times as long. The floor keeps the clock's grain out of it, and a second and a
    # third look what else the machine was doing.
    assert any(seconds(12_000) < 24 * max(seconds(1_500), 0.01) for _ in range(3))
