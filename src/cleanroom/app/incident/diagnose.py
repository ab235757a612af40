"""What is wrong, question by question? Queries answer what they can from the stores, people the rest; both are on record.

A query's answer goes into the ledger when it says something new. One that cannot tell says why, and leaves no answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from cleanroom.app.incident.queries import ground, leaks, money, parts, reach, record
from cleanroom.app.incident.queries.look import Look, Told, cannot
from cleanroom.app.incident.read import do, existing
from cleanroom.app.room import Room
from cleanroom.core.alert import MOST_EVIDENCE, printable
from cleanroom.core.base import CleanroomError, Misuse, NotFound, Refused
from cleanroom.core.facts.incidents import Category, DiagnosisAnswered, IncidentSorted
from cleanroom.core.incident.categories import PATHS, category_of
from cleanroom.core.incident.decide import ongoing
from cleanroom.core.incident.questions import PERSON, Answered, Query, Question, Says, meaning, questions_of
from cleanroom.core.incident.state import Closed, Detected, Incident, base_of
from cleanroom.core.mistakes import did_you_mean

LONGEST = 2_000
"""Characters of a person's answer."""

_LINE = 500
_SAYS: tuple[Says, ...] = ("yes", "no", "shown")

_QUERIES: Mapping[Query, Callable[[Look], Told]] = {
    "sources": ground.sources,
    "retrieved": ground.retrieved,
    "golden": ground.golden,
    "prompts": parts.prompts,
    "models": parts.models,
    "users": parts.users,
    "edges": parts.edges,
    "cautious": parts.cautious,
    "features": money.features,
    "loops": money.loops,
    "retries": money.retries,
    "tests": money.tests,
    "came_from": reach.came_from,
    "capability": reach.capability,
    "tools": reach.tools,
    "added": record.added,
    "calibration": record.calibration,
    "leaked": leaks.leaked,
    "leak_since": leaks.leak_since,
    "leak_to": leaks.leak_to,
    "leak_outputs": leaks.leak_outputs,
}
_WITHOUT_CALLS: tuple[Query, ...] = ("sources", "golden", "added", "calibration")
"""Queries that need no telemetry."""


def diagnose(room: Room, id: str) -> tuple[Answered, ...]:
    """Every question of the incident's path, answered as far as it can be now; news go into the ledger.

    Raises NotFound; Refused for an incident without a category.
    """
    incident = existing(room, id)
    known = base_of(incident)
    path = questions_of(_category(known))
    look = Look(room, known)
    told = {q.id: _asked(look, q) for q in path if q.query}
    if not isinstance(incident, Closed) and any(_is_new(known, id, found) for id, found in told.items()):
        known = base_of(do(room, id, lambda now: _news(room, now, told)))
    return tuple(_answered(known, q, told.get(q.id)) for q in path)


def standing(room: Room, id: str) -> tuple[Answered, ...]:
    """The same as the ledger has it: no query runs. Raises as `diagnose`."""
    known = base_of(existing(room, id))
    return tuple(_answered(known, q, None) for q in questions_of(_category(known)))


def answer(room: Room, id: str, question: str, text: str) -> Answered:
    """A person's answer. Raises NotFound, Misuse without a text, Refused for a closed incident."""
    said = printable(text)[:LONGEST]
    if not said:
        raise Misuse(
            "an answer needs words", 'For example: cleanroom incident answer 1 hallucination/prompt "no, checked"'
        )

    def deed(now: Incident) -> DiagnosisAnswered:
        known = ongoing(now)
        asked = _question(known, question)
        return DiagnosisAnswered(known.id, asked.id, said, (), room.by, room.clock.now())

    known = base_of(do(room, id, deed))
    return _answered(known, _question(known, question), None)


def sort(room: Room, id: str, category: str) -> Incident:
    """A person says which path it takes. Raises NotFound for another word, Refused for a closed incident."""
    found = category_of(category)
    if found is None:
        raise NotFound(f"there is no category {category!r:.60}", did_you_mean(category, PATHS))
    because = f"{room.by.person} says so"
    return do(room, id, lambda now: IncidentSorted(ongoing(now).id, found, (because,), room.by, room.clock.now()))


def _category(known: Detected) -> Category:
    if known.category is None:
        hint = f"cleanroom incident sort {known.id} CATEGORY: one of {', '.join(PATHS)}."
        raise Refused(f"incident {known.id} has no category yet: no signal speaks for one", hint)
    return known.category


def _question(known: Detected, id: str) -> Question:
    """By its id, or by what stands behind the category."""
    path = questions_of(_category(known))
    found = next((q for q in path if id in (q.id, q.id.partition("/")[2])), None)
    if found is None:
        raise NotFound(f"the path {known.category} has no question {id!r:.80}", did_you_mean(id, [q.id for q in path]))
    return found


def _asked(look: Look, question: Question) -> Told:
    """What its query says; why it could not run, where it could not."""
    if question.query == PERSON:
        return cannot("a person has to say")
    if question.query not in _WITHOUT_CALLS and look.silent:
        return cannot(look.silent)
    try:
        found = _QUERIES[question.query](look)
    except CleanroomError as error:
        return cannot(error.message)
    evidence = tuple(printable(line)[:_LINE] for line in found.evidence[:MOST_EVIDENCE])
    return replace(found, answer=printable(found.answer)[:_LINE], evidence=evidence)


def _is_new(known: Detected, id: str, found: Told) -> bool:
    if found.says == "cannot tell":
        return False
    last = next((a for a in known.answers if a.question == id and a.by is None), None)
    return last is None or (last.answer, last.evidence) != (_written(found), found.evidence)


def _news(room: Room, incident: Incident, told: Mapping[str, Told]) -> list[DiagnosisAnswered]:
    known = ongoing(incident)
    return [
        DiagnosisAnswered(known.id, id, _written(found), found.evidence, None, room.clock.now())
        for id, found in told.items()
        if _is_new(known, id, found)
    ]


def _written(found: Told) -> str:
    """As the ledger has it: `yes: ...`."""
    return f"{found.says}: {found.answer}"


def _read(fact: DiagnosisAnswered) -> tuple[Says | None, str]:
    word, _, rest = fact.answer.partition(": ")
    says = next((s for s in _SAYS if s == word), None)
    return (says, rest) if says is not None else (None, fact.answer)


def _answered(known: Detected, question: Question, told: Told | None) -> Answered:
    """A person's word goes first; beside it stands what the query says."""
    mine = [a for a in known.answers if a.question == question.id]
    person = next((a for a in mine if a.by is not None), None)
    query = next((a for a in mine if a.by is None), None)
    if person is not None and person.by is not None:
        before = _read(query)[1] if query else told.answer if told else ""
        evidence = query.evidence if query else ()
        return Answered(question, person.answer, None, evidence, person.by.person, person.at, "", before)
    if told is not None and told.says == "cannot tell":
        return Answered(question, told.answer, told.says, told.evidence)
    if query is not None:
        says, text = _read(query)
        return Answered(question, text, says, query.evidence, "", query.at, meaning(question, says))
    if told is not None:
        return Answered(question, told.answer, told.says, told.evidence, "", None, meaning(question, told.says))
    return Answered(question, "")
