"""Sentences that make a person the cause are named, with a rewording towards the system; systems and actions are not."""

from __future__ import annotations

import pytest
from benches.blame import rows, scores

from cleanroom.core.postmortem.blame import Blame, judge, lint
from cleanroom.core.postmortem.blame.turns import _pattern, _table


@pytest.mark.parametrize(
    ("name", "precise", "complete"),
    [
        ("dev", 0.98, 0.98),
        ("fresh", 0.98, 0.98),
        ("stranger2", 0.98, 0.98),
        ("stranger3", 0.98, 0.97),
        ("held_out", 0.95, 0.91),  # nobody who wrote a rule has read it
    ],
)
def test_blame_is_found_and_little_else(name: str, precise: float, complete: float) -> None:
    precision, recall = scores([(row, judge(row["text"]) is not None) for row in rows(name)])
    assert precision >= precise
    assert recall >= complete


def test_the_sets_are_large_and_labelled() -> None:
    found = rows("dev")
    assert len(found) >= 220
    assert len({row["text"] for row in found}) == len(found)
    assert {row["label"] for row in found} == {"blame", "fine"}
    assert min(sum(row["label"] == label for row in found) for label in ("blame", "fine")) >= 100


@pytest.mark.parametrize("name", ["stranger2", "stranger3"])
def test_strangers_sentences_are_labelled_and_differ(name: str) -> None:
    found = rows(name)
    assert len({row["text"] for row in found}) == len(found) >= 330
    assert min(sum(row["label"] == label for row in found) for label in ("blame", "fine")) >= 160


def test_every_turn_of_phrase_can_be_looked_for() -> None:
    for turn in {turn for turns in _table().values() for turn in turns}:
        pattern = _pattern(turn.written)
        assert pattern.search("  ") is None, turn.written
        assert pattern.search(" the queue be empty and the job run . ") is None, turn.written
        assert pattern.search(" P fix the job and O test it . ") is None, turn.written


def test_a_person_who_deployed_a_bad_prompt_is_reworded_towards_the_deploy() -> None:
    blame = judge("X deployed a bad prompt")
    assert isinstance(blame, Blame)
    assert blame.rule == "harm"
    assert blame.reword == 'What let it through? For example: "The deploy did not require an eval pass."'


@pytest.mark.parametrize(
    "sentence",
    [
        "The deploy did not require an eval pass.",
        "The job failed to start.",
        "The root cause was a missing index.",
        "The monitor should have fired.",
        "14:02 Ana rolled the flag back.",
        "This was not human error.",
        "The user error rate rose.",
        "The service failed over to the second region.",
        "The payments team is responsible for the refund service.",
        'The first draft said "Tom broke prod".',
        "The category `human error` is gone from the template.",
        "Tom restarted the wrong node because the console lists both under one name.",
        "The heartbeat process had gone to sleep and the supervisor never noticed.",
        "The assistant ignored the tone instructions once the context was full.",
        "Ana restarted the worker and the queue drained.",
        "Nobody did anything wrong here; the console showed two regions under one name.",
        "No offence meant, but the console lies about the region.",
        "The sloppy retries of the gateway doubled the load.",
    ],
)
def test_systems_actions_and_quotes_are_fine(sentence: str) -> None:
    assert judge(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "rule"),
    [
        ("Priya broke the checkout flow.", "harm"),
        ("The on-call ignored three warnings.", "omission"),
        ("The warnings were ignored.", "omission"),
        ("Root cause: Kevin.", "cause"),
        ("The cause was human error.", "shortcoming"),
        ("A lapse of the reviewer let it through.", "shortcoming"),
        ("Tom should have tested the prompt.", "hindsight"),
        ("Had Tom tested it, nobody would have noticed.", "hindsight"),
        ("They knew the index was stale and did nothing.", "knew"),
        ("Great job by whoever deleted the backups.", "harm"),
        ("Engineers must be more careful.", "demand"),
        ("It slipped the analyst's mind that the keys expire.", "omission"),
        ("Ops from the night crew never really got round to it.", "omission"),
        ("Tom merged it and the shop went dark.", "harm"),
        ("Dora, distracted by a call, released the wrong batch.", "harm"),
        ("All fingers point to the night shift.", "cause"),
        ("It was not the database, it was the administrator.", "cause"),
        ("No offence to Ana, but she should have read the ticket.", "cause"),
        ("Iva flipped the flag and winged the rest.", "shortcoming"),
        ("A more experienced engineer would have spotted the loop.", "hindsight"),
        ("Somebody needs to have a stern word with the admins.", "demand"),
        ("Naturally, our genius of a consultant hard-coded the key.", "sarcasm"),
    ],
)
def test_each_kind_of_blame_has_its_rule_and_its_own_question(sentence: str, rule: str) -> None:
    blame = judge(sentence)
    assert blame is not None
    assert blame.rule == rule
    assert "?" in blame.reword
    assert 'For example: "' in blame.reword


def test_names_are_known_by_what_they_do_and_from_the_register() -> None:
    for name in ("Łukasz", "Nguyễn", "Oluwaseun", "O'Brien", "Mei-Ling", "王伟", "Xochitl"):
        assert judge(f"{name} forgot the migration.") is not None, name
    assert judge("zenobia9 broke the gateway.") is None
    assert judge("zenobia9 broke the gateway.", ["zenobia9@shop.example"]) is not None
    assert judge("Redis lost the session keys and Kafka dropped the leader.") is None
    assert judge("The search index broke.", ["search-team", "index"]) is None


def test_the_span_is_the_blame_itself() -> None:
    text = "At 14:02, although all was calm, Priya broke the checkout flow, and sales stopped."
    blame = judge(text)
    assert blame is not None
    assert text[blame.start : blame.end] == "Priya broke the checkout flow"


PAGE = """\
---
owner: Tom broke prod
---
# Postmortem: checkout, e.g. v2.3.1

Summary: at 14:02 the deploy (see https://x.example/Tom/broke/prod) sent errors, i.e. 500s. Priya broke
the checkout flow. It was mended at 14:30.

```
Tom broke prod.
```

<!-- Tom broke prod. -->

    Tom broke prod.

- [ ] Ana adds an alert.
- The on-call ignored the page,
  and the queue grew.
* **Kevin** forgot the flag!

| time | what |
|------|------|
| 14:02 | Tom rolled it back |
| 14:10 | Nobody bothered to check the dashboard. |

> Sam nuked the queue. "Sam was careless" is what the chat said.

## Root cause: human error
"""


def test_a_page_of_markdown_is_read_as_prose() -> None:
    found = lint(PAGE)
    assert [f.sentence.split("\n")[0] for f in found] == [
        "Priya broke",
        "The on-call ignored the page,",
        "**Kevin** forgot the flag!",
        "Nobody bothered to check the dashboard.",
        "Sam nuked the queue.",
        "Root cause: human error",
    ]
    for f in found:
        assert PAGE[f.start : f.end] == f.sentence
        assert f.start <= f.blame.start < f.blame.end <= f.end
        assert PAGE[: f.start].count("\n") + 1 == f.line
    assert PAGE[found[0].blame.start : found[0].blame.end] == "Priya broke\nthe checkout flow"
    assert lint("") == ()
    assert lint("Systems failed. Guards were missing.") == ()
