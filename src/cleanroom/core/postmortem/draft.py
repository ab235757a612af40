"""What does the ledger say of an incident, on one page? What only people know is left open, and says so: lint refuses it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from cleanroom.core.base import Instant, micros
from cleanroom.core.facts.incidents import DiagnosisAnswered
from cleanroom.core.incident.questions import QUESTIONS
from cleanroom.core.incident.state import Detected
from cleanroom.core.incident.telling import cut
from cleanroom.core.incident.timeline import LAST, Moment, most_important
from cleanroom.core.postmortem.gaps import GAP
from cleanroom.core.postmortem.literal import literal
from cleanroom.core.postmortem.page import KINDS, NAMES, Name
from cleanroom.core.span import between

MOST_MOMENTS = 15
_MOST_FACTORS = 5
_LINE, _TITLE = 110, 120
_CHANGED = ("flag", "rollout", "change", "policy")


def draft(known: Detected, moments: Sequence[Moment]) -> str:
    """The page as Markdown, of at most some 700 words. `moments`: the incident's timeline."""
    bodies: dict[Name, Iterable[str]] = {
        "Summary": [_summary(known)],
        "Timeline": (line_of(m) for m in shown(known, moments)),
        "Root cause": _root_cause(known),
        "Contributing factors": _factors(known, moments),
        "What worked": _worked(known),
        "Actions": _actions(known),
        "Lessons": [_gap("lessons", "what holds for other systems, too, in one or two sentences.")],
    }
    parts = [f"# Postmortem of incident {known.id}: {_title(known)}"]
    for name in NAMES:
        parts += [f"## {name}", "\n".join(bodies[name])]
    return "\n\n".join(parts) + "\n"


def shown(known: Detected, moments: Sequence[Moment]) -> tuple[Moment, ...]:
    """The moments that a page has room for: what the incident is made of; what contained it is told once."""
    own = f": incident {known.id}: "  # the reason that its containment gave to a flag or a rollout
    return most_important([m for m in moments if m.rank < LAST and own not in m.what], MOST_MOMENTS)


def line_of(moment: Moment) -> str:
    """One line of the timeline as the page has it; to the second where minutes would hide the order."""
    clock = f" (its clock said {_moment(moment.clock)})" if moment.skewed else ""
    return f"- {_moment(moment.at)}: {_words(moment.what, _LINE)}{clock}"


def _moment(at: Instant) -> str:
    return f"{at[:19].replace('T', ' ')} UTC"


def _words(text: str, most: int) -> str:
    """People's words: at most so many characters, and nothing that a viewer would take for markup."""
    return literal(cut(text, most))


def _gap(where: str, what: str) -> str:
    return f"{GAP}({where}): {what}"


def _title(known: Detected) -> str:
    """Without what would end a sentence or a heading."""
    return _words(known.title, _TITLE).replace("...", "").replace(". ", "; ").strip(" .#!?|`")


def _summary(known: Detected) -> str:
    opened = known.opened
    where = f" of {', '.join(known.systems[:3])}" if known.systems else ""
    detected = opened.detected
    late = f", {between(known.began.at, detected)} after it began" if known.began and known.began.at <= detected else ""
    first = f"On {detected[:10]} at {detected[11:16]} UTC a failure{where} was detected{late}: {_title(known)}."
    held, fix = known.held_by, known.mitigated[0] if known.mitigated else None
    ends = []
    if held is not None:
        ends.append(f"contained after {between(detected, held.at)}")
    if fix is not None:
        ends.append(f"mitigated after {between(detected, fix.at)}")
    second = f"It was {' and '.join(ends)}." if ends else _gap("summary", "how the harm ended.")
    return f"{first} {second} {_gap('summary', 'in one sentence, what people saw and how many of them.')}"


def _root_cause(known: Detected) -> Iterator[str]:
    opened = known.opened
    if opened.change:
        variant = f", as variant `{opened.variant}`" if opened.variant else ""
        flag = f" behind the flag `{opened.flag}`" if opened.flag else ""
        yield f"On record: `{opened.change}` was served{flag}{variant}.\n"
    if known.proof is not None:
        yield f"The regression case `{known.proof.id}` fails on `{known.proof.red.version}`.\n"
    yield _gap("root cause", "the gap that enabled it: which check, limit or alert was missing, and so let it through.")


def _factors(known: Detected, moments: Sequence[Moment]) -> Iterator[str]:
    texts = {q.id: q.text for q in QUESTIONS}
    told: dict[str, DiagnosisAnswered] = {}
    for answer in sorted(known.answers, key=lambda a: a.by is None):  # a person's word goes first
        told.setdefault(answer.question, answer)
    # What a query denies made nothing likelier.
    answers = [a for a in told.values() if a.by is not None or not a.answer.startswith("no:")][:_MOST_FACTORS]
    for answer in answers:
        yield f"- {texts.get(answer.question, answer.question)} {_words(answer.answer, _LINE)}"
    begin = known.began.at if known.began else known.opened.detected
    changed = [m for m in moments if m.subject.partition("/")[0] in _CHANGED or m.kind in ("prompt_came", "model_came")]
    before = [m for m in changed if micros(m.at) <= micros(begin)]
    for moment in before[-3:] if len(answers) < _MOST_FACTORS else ():
        yield f"- Changed before it began: {_words(moment.what, _LINE)}."
    yield "- " + _gap("contributing factors", "what made it likelier, larger or longer; strike what did not.")


def _worked(known: Detected) -> Iterator[str]:
    held = known.held_by
    if held is not None and held.act != "none":
        how = "by the policy, without anybody" if held.by is None else "with one command"
        yield f"- `{held.act} {held.target}` contained it {between(known.opened.detected, held.at)} after the detection, {how}."
    if known.alerts and known.began is not None and known.began.at <= known.opened.detected:
        yield f"- Monitoring found it {between(known.began.at, known.opened.detected)} after it began."
    if known.proof is not None:
        yield f"- The regression case `{known.proof.id}` tells the bad version from a good one."
    if held is None and not known.alerts and known.proof is None:
        yield "- " + _gap("what worked", "what kept it from being worse.")


def _actions(known: Detected) -> Iterator[str]:
    yield "| Id | Action | Kind | Owner | Due |"
    yield "|---|---|---|---|---|"
    longest = max(30, 1_200 // max(1, len(known.actions)))
    for a in known.actions:
        cells = (a.id, _words(a.added.what, min(_LINE, longest)), KINDS[a.added.work], literal(a.owner), a.due[:10])
        yield f"| {' | '.join(c.replace('|', '/') for c in cells)} |"
    there = {a.added.work for a in known.actions}
    for work, kind in KINDS.items():
        if work != "other" and work not in there:
            yield f"\n{_gap('actions', f'the kind {kind!r} is missing: cleanroom incident action add {known.id}')}"
