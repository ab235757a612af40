"""What does the playbook ask about an incident of each category? Which of it a query can answer, and where an answer leads."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Instant, noun
from cleanroom.core.facts.incidents import Category

Query = Literal[
    "sources", "retrieved", "prompts", "models", "users", "golden", "came_from", "capability", "features", "loops", "retries",
    "tests", "calibration", "edges", "cautious", "tools", "added", "leaked", "leak_since", "leak_to", "leak_outputs",
]  # fmt: skip
"""What can be asked of the stores (app/incident/queries)."""

Says = Literal["yes", "no", "shown", "cannot tell"]
"""What a query says: `shown` where its figures are the answer; `cannot tell` where it could not run, with why."""

PERSON: Literal[""] = ""
"""Stands for the query of a question that only a person can answer."""


@noun
class Question:
    """`id`: CATEGORY/NAME. `yes` and `no`: what such an answer means, and what to ask or do next."""

    id: str
    text: str
    query: Query | Literal[""]
    yes: str
    no: str

    @property
    def category(self) -> str:
        """Whose path it is on."""
        return self.id.partition("/")[0]


@noun
class Answered:
    """A question and its answer. `by`: the person; '' where a query ran. `says`: None where a person answered in words.

    `answer`: one sentence with its figures, or why it could not be told; '' where nobody has answered yet.
    `evidence`: lines to check; `means`: what follows, '' where nothing does; `before`: what a query says where a person
    has answered, too.
    """

    question: Question
    answer: str
    says: Says | None = None
    evidence: tuple[str, ...] = ()
    by: str = ""
    at: Instant | None = None
    means: str = ""
    before: str = ""


QUESTIONS: tuple[Question, ...] = (
    Question(
        "hallucination/grounding", "Was the grounding data there?", "sources",
        "Its sources were there and fresh: ask next whether answers used them (hallucination/retrieval).",
        "The ground was missing or old: restore the source, re-index, and have a sensor of freshness block.",
    ),
    Question(
        "hallucination/retrieval", "Did the architecture skip retrieval?", "retrieved",
        "Answers came without sources: have the application refuse to answer where it found none.",
        "Answers had their sources: ask next whether the prompt let it stray (hallucination/prompt).",
    ),
    Question(
        "hallucination/prompt", "Did the prompt let it stray: was it changed?", "prompts",
        "The prompt changed: put the one before back, and add the case to the prompt's own cases.",
        "The prompt is the one from before: ask next whether the model is (hallucination/model).",
    ),
    Question(
        "hallucination/model", "Is another model, or another version of it, at work?", "models",
        "The model changed: go back to the one before, and test prompts against models before they serve.",
        "The model is the same: read flagged answers beside their sources, and look for what they have in common.",
    ),
    Question(
        "injection/source", "Where did the text come from: a user, or a source?", "came_from",
        "It came with a source: disable that source, and look for the same text in others.",
        "It came from a user: look for the same text in other conversations.",
    ),
    Question(
        "injection/capability", "What capability did it use?", "capability",
        "It used tools: undo what they did, and put a person before them.",
        "It used no tool: what it could do was to say something; see what it said.",
    ),
    Question(
        "injection/stays", "Is that text still where it was read?", PERSON,
        "Remove it, or disable the source, before anything is switched on again.",
        "It is gone: keep its words for the regression case.",
    ),
    Question(
        "drift/model", "Is another model, or another version of it, at work?", "models",
        "The model moved: pin the version before, and run the golden cases against the new one.",
        "The model is the same: ask next whether users are (drift/users).",
    ),
    Question(
        "drift/users", "Do users ask for something else than before?", "users",
        "Users moved: label some of what they ask now, and add it to the golden set.",
        "Users ask as before: ask next whether the prompt was tweaked (drift/prompt).",
    ),
    Question(
        "drift/prompt", "Was a prompt tweaked?", "prompts",
        "A prompt was tweaked: undo that, and send prompts through review like any change.",
        "No prompt was: ask next whether the golden set is stale (drift/golden).",
    ),
    Question(
        "drift/golden", "Is the golden set stale?", "golden",
        "It is older than what happens now: renew it before anything is tuned against it.",
        "It is as young as it should be: compare data by column with its sensors.",
    ),
    Question(
        "cost/feature", "Which feature spends more?", "features",
        "One part grew: contain that part alone.",
        "No part stands out: look at prices, and at tokens for each request.",
    ),
    Question(
        "cost/loops", "Is there a loop without a break?", "loops",
        "It loops: give conversations a most of rounds, tool calls and time.",
        "No loop shows: ask next about retries (cost/retries).",
    ),
    Question(
        "cost/retries", "Are there retries, since quality got worse?", "retries",
        "People or programs ask again: what got worse is the cause, and the bill only shows it.",
        "No more retries than before: ask next about test traffic (cost/tests).",
    ),
    Question(
        "cost/tests", "Is there test traffic in production?", "tests",
        "Tests spend: give them a system, a key and a budget of their own.",
        "No test traffic shows by its names.",
    ),
    Question(
        "cost/model", "Is a dearer model at work?", "models",
        "The model changed: compare price and quality, and decide.",
        "The model is the same.",
    ),
    Question(
        "overload/calibration", "Did the calibration change, or was its cut-off withdrawn?", "calibration",
        "It did: calibrate anew on labelled outputs, and see which promise holds.",
        "It did not: ask next about edge cases (overload/edges).",
    ),
    Question(
        "overload/edges", "Are there edge cases: does one part escalate?", "edges",
        "One part does: see what its inputs need that it has not got.",
        "All parts do: ask next whether a prompt was made more cautious (overload/cautious).",
    ),
    Question(
        "overload/cautious", "Was a prompt made more cautious?", "cautious",
        "Yes: test it on cases that need no person, and put the one before back until it passes.",
        "No: ask next whether users changed (overload/users).",
    ),
    Question(
        "overload/users", "Do users ask for something else than before?", "users",
        "Users moved: label some of what they ask now, and calibrate on it.",
        "Users ask as before.",
    ),
    Question(
        "scope/actual", "Does it do what it was never declared to do?", "tools",
        "It does: turn that off, or declare it and send it through review.",
        "All that was seen is declared: compare the declaration with what was documented for users.",
    ),
    Question(
        "scope/added", "Who added it: which change came before?", "added",
        "These changes came just before: see which one gave it the capability, and why its review let it pass.",
        "Nothing on record came before: it was added outside of what this system sees.",
    ),
    Question(
        "scope/golden", "Was the golden set left as it was?", "golden",
        "It was: nobody has checked what it does there; write cases before it is allowed.",
        "It was updated: see whether the cases cover the new capability.",
    ),
    Question(
        "privacy/data", "Which data came out?", "leaked",
        "Say which kinds to the privacy officer: that decides who must be told.",
        "No kind was found by name: a person has to read the flagged outputs.",
    ),
    Question(
        "privacy/since", "Since when?", "leak_since",
        "It began then: see what changed just before (cleanroom incident show).",
        "Nothing on record shows a leak.",
    ),
    Question(
        "privacy/to", "To whom?", "leak_to",
        "These conversations and users got it; who of them should not have is for a person to say.",
        "Nobody on record got it.",
    ),
    Question(
        "privacy/outputs", "In which outputs?", "leak_outputs",
        "Keep these ids as evidence.",
        "No output on record holds any.",
    ),
    Question(
        "privacy/whose", "Whose data is it, and where did it come from?", PERSON,
        "It came from a source or a prompt: take it out there.",
        "It came from another conversation: what is kept of conversations is not kept apart.",
    ),
)  # fmt: skip


def questions_of(category: Category) -> tuple[Question, ...]:
    """Those of one path, in the order in which they are asked."""
    return tuple(q for q in QUESTIONS if q.category == category)


def meaning(question: Question, says: Says | None) -> str:
    """What follows from such an answer."""
    match says:
        case "yes" | "shown":
            return question.yes
        case "no":
            return question.no
        case _:
            return ""
