"""What do people hear of an incident while it goes on? What is known, what is not, and never a cause that nobody confirmed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Literal, get_args

from cleanroom.core.alerts.words import short
from cleanroom.core.base import Instant
from cleanroom.core.facts.incidents import Category
from cleanroom.core.incident.state import Closed, Detected, Incident, Mitigated, base_of
from cleanroom.core.incident.telling import cut
from cleanroom.core.span import between

Audience = Literal["internal", "customers"]
AUDIENCES: tuple[Audience, ...] = get_args(Audience)

MOST = 10_000
"""Characters of a message."""

SEEN: Mapping[Category, str] = {
    "hallucination": "Some answers stated things that are not right.",
    "injection": "Some answers may have followed instructions that were not yours.",
    "drift": "Some results were not of the quality that you are used to.",
    "cost": "The service may have been slow, or not available for a while.",
    "overload": "Some requests waited longer for a person than we promise.",
    "scope": "The service may have done things that it is not meant to do.",
    "privacy": "Information may have been shown to somebody who should not see it.",
}
"""What people may have seen, by the category that a person confirmed."""

_UNSURE = "Some results may have been wrong."


def draft(incident: Incident, audience: Audience, now: Instant) -> str:
    """The message as it could be sent now; its first line is its title. Nothing in the customers' one is of our inside."""
    known = base_of(incident)
    lines = _internal(incident, known, now) if audience == "internal" else _customers(incident, known)
    return "\n".join(lines) + "\n"


def _internal(incident: Incident, known: Detected, now: Instant) -> Iterator[str]:
    opened = known.opened
    yield f"Incident {known.id} ({known.severity}): {cut(known.title, 160)}"
    yield f"\nWhat is known ({short(now)}):"
    where = f" in {', '.join(known.systems)}" if known.systems else ""
    yield f"- Detected {short(opened.detected)}{where}, by {_found_by(known)}."
    if known.began is not None:
        yield f"- On record since {short(known.began.at)}: {cut(known.began.says)}."
    if known.sorted is not None and known.sorted.by is not None:
        yield f"- Category: {known.sorted.category}, confirmed by {known.sorted.by.person}."
    yield from _stopped(incident, known)
    if known.lead is not None and known.lead.by is not None:
        yield f"- Lead: {known.lead.person}."
    yield "\nWhat is not known:"
    yield from (f"- {line}" for line in _not_known(incident, known))
    yield f"\nSee it: cleanroom incident show {known.id}. What you saw belongs there: cleanroom incident note {known.id} TEXT"


def _found_by(known: Detected) -> str:
    if known.alerts:
        return f"the alert {known.alerts[0]}" + (f" and {known.count - 1:,} more" if known.count > 1 else "")
    return known.opened.by.person if known.opened.by is not None else "the policy"


def _stopped(incident: Incident, known: Detected) -> Iterator[str]:
    held, fix = known.holds, known.fix
    if held is not None:
        how = f"{held.act} {held.target}".strip() if held.act != "none" else "it ended by itself"
        yield f"- Contained {short(held.at)}, {between(known.opened.detected, held.at)} after the detection: {how}."
    if fix is not None and isinstance(incident, Mitigated | Closed):
        yield f"- A fix is in place since {short(fix.at)}: {fix.fix}."
    if known.proof is not None:
        proof = known.proof
        yield f"- The cause is confirmed: {proof.id} fails on {proof.red.version} and passes on {proof.green.version}."


def _not_known(incident: Incident, known: Detected) -> Iterator[str]:
    if known.proof is None:
        linked = [x for x in (known.opened.change, known.opened.flag) if x]
        guess = f"; linked, not confirmed: {', '.join(linked)}" if linked else ""
        yield f"The cause is not confirmed{guess}."
    if known.sorted is None or known.sorted.by is None:
        guess = f"; its signals propose {known.sorted.category}" if known.sorted is not None else ""
        yield f"The category is not confirmed{guess}."
    if known.began is None:
        yield "Since when it goes wrong."
    if known.holds is None:
        yield "When the harm stops: it is not contained yet."
    elif not isinstance(incident, Mitigated | Closed):
        yield "When a fix is in place."
    yield "How many people are affected, unless a note says so."


def _customers(incident: Incident, known: Detected) -> Iterator[str]:
    """Fixed words and times only: whatever the facts name, none of it may get out this way."""
    over = isinstance(incident, Mitigated | Closed)
    held, opened = known.holds, known.opened
    yield "A problem with our service" + (" has been fixed" if over else " is contained" if held is not None else "")
    yield "\nWhat we know:"
    since = known.began.at if known.began is not None and known.began.at <= opened.detected else opened.detected
    sure = known.sorted is not None and known.sorted.by is not None
    yield f"- {SEEN[known.sorted.category] if known.sorted is not None and sure else _UNSURE}"
    yield f"- It began at or before {short(since)}; we noticed it at {short(opened.detected)}."
    if held is not None:
        yield f"- Since {short(held.at)} it does no further harm, as far as we can see."
    else:
        yield "- It is still going on; we are working on stopping it."
    if over and known.fix is not None:
        yield f"- A fix is in place since {short(known.fix.at)}."
    yield "\nWhat we do not know yet:"
    if known.proof is None:
        yield "- The cause is not confirmed; we will not guess."
    yield "- How many people were affected."
    yield "\nWe will write again when we know more, and at the latest when this is closed."


def unfit(text: str, names: Iterable[str], personal: Collection[str]) -> Iterator[str]:
    """Why customers may not get that text, a reason each. `names`: of our inside; `personal`: kinds of data found in it.

    A name that is one plain word (`chat`) is no secret: customers call the thing by it, too.
    """
    for kind in sorted(set(personal)):
        yield f"it holds personal data or a secret ({kind})"
    low = text.casefold()
    for name in dict.fromkeys(n.strip() for n in names):
        if not name.isalpha() and len(name) > 2 and re.search(rf"(?<![\w-]){re.escape(name.casefold())}(?![\w-])", low):
            yield f"it names {name[:80]!r}, which is of our inside"
