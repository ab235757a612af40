"""What does a page say of an incident? Where it stands in a word and a tone, its seven steps, and what is missing next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from cleanroom.app.incident import read
from cleanroom.app.room import Room
from cleanroom.core.base import Instant, micros
from cleanroom.core.incident.categories import PATHS
from cleanroom.core.incident.clocks import Clocks, clocks
from cleanroom.core.incident.decide import Part, lacks, needs_waiver
from cleanroom.core.incident.state import Action, Closed, Contained, Detected, Incident, Mitigated, Waiver, base_of
from cleanroom.core.incident.timeline import Moment, most_important
from cleanroom.core.policy import same
from cleanroom.entry.incidents import steps, took

MOST_MOMENTS = 24
"""Moments that stand open on the page; all of them are one click away."""

_WORDS = ("Detected", "Contained", "Told", "Diagnosed", "Fixed", "Written up", "Proven")
_SIGNS = {
    "began": ("warn", "fail"),
    "detected": ("bell", "fail"),
    "contained": ("lock", "pass"),
    "mitigated": ("pass", "pass"),
    "closed": ("pass", "pass"),
    "incident_opened": ("incident", "fail"),
    "incident_contained": ("lock", "pass"),
    "incident_mitigated": ("pass", "pass"),
    "incident_proven": ("pass", "pass"),
    "incident_closed": ("pass", "pass"),
    "incident_reopened": ("back", "warn"),
    "incident_noted": ("pen", ""),
    "incident_told": ("people", ""),
    "diagnosis_answered": ("unknown", ""),
    "waiver_asked": ("unknown", "unknown"),
    "waiver_agreed": ("unknown", "unknown"),
    "overdue": ("clock", "fail"),
    "alert_opened": ("bell", "fail"),
    "alert_acted": ("flag", "warn"),
    "sensor_tripped": ("sensor", "fail"),
    "sensor_failed": ("sensor", "warn"),
    "flag_killed": ("fail", "fail"),
    "rollout_rolled_back": ("rollout", "fail"),
    "postmortem_published": ("ledger", "pass"),
    "prompt_came": ("pen", "warn"),
    "model_came": ("rollout", "warn"),
}
_OF = {"flag": "flag", "rollout": "rollout", "change": "change", "sensor": "sensor", "alert": "bell", "slo": "flag"}


@dataclass(frozen=True, slots=True)
class Row:
    """An incident in a list. `tone` and `word`: its state; `next`: what is to be done now, '' for a closed one."""

    id: str
    title: str
    tone: str
    sign: str
    word: str
    severity: str
    category: str
    systems: tuple[str, ...]
    detected: Instant
    lead: str
    proposed: bool
    next: str
    late: int
    closed: Instant | None


@dataclass(frozen=True, slots=True)
class Step:
    """One of the seven. `took`: its clock in words, '' where there is none. `waived`: it was not done, as two people agreed."""

    name: str
    word: str
    at: Instant | None
    now: bool
    took: str
    waived: bool


@dataclass(frozen=True, slots=True)
class Need:
    """Something without which it is not proven; `says`: what is there, or what is missing."""

    id: Part
    title: str
    done: bool
    says: str


@dataclass(frozen=True, slots=True)
class Mine:
    """An action of one person's, and whether it is late."""

    incident: str
    title: str
    action: Action
    late: bool


def row(incident: Incident, now: Instant) -> Row:
    """The incident in a line."""
    known = base_of(incident)
    tone, sign, word = tone_of(incident)
    return Row(
        known.id,
        known.title,
        tone,
        sign,
        word,
        known.severity,
        PATHS[known.category].title if known.category else "",
        known.systems,
        known.opened.detected,
        known.lead.person if known.lead else "",
        known.lead is not None and known.lead.by is None,
        next_of(incident),
        sum(is_late(a, now) for a in known.open_actions),
        incident.closed.at if isinstance(incident, Closed) else None,
    )


def tone_of(incident: Incident) -> tuple[str, str, str]:
    """Tone, sign and word of its state."""
    match incident:
        case Detected():
            return "fail", "incident", "Not contained"
        case Contained():
            return "warn", "lock", "Contained"
        case Mitigated(incident=known):
            return "wait", "clock", "Proven" if known.proof else "Fixed, not proven"
        case Closed(closed=closed):
            return (
                ("pass", "pass", "Closed, proven")
                if closed.how == "proven"
                else ("unknown", "unknown", "Closed without proof")
            )


def next_of(incident: Incident) -> str:
    """What is to be done now."""
    known = base_of(incident)
    match incident:
        case Closed():
            return ""
        case Detected():
            return "Stop the harm: it needs no diagnosis"
        case Contained():
            return "Find out why, and put a fix in place"
        case Mitigated():
            if known.proof is not None:
                return "Close it: it is proven"
            if known.waiver is not None:
                return _next_of_waiver(known.waiver)
            if needs_waiver(incident):
                return "Nothing here can run the fix: only a waiver closes it"
            left = [n.title for n in needs(incident) if not n.done]
            return f"Still missing: {', '.join(left).lower()}" if left else "Prove it: everything is there"


def _next_of_waiver(waiver: Waiver) -> str:
    if waiver.agreed is not None:
        return "Close it without proof: two people agreed to that"
    return "A second person is to agree that it is closed without proof"


def line_of_steps(incident: Incident) -> tuple[Step, ...]:
    """The seven steps; `now` is the first that is not done."""
    times = clocks(incident)
    done = steps(incident)
    current = next((name for name, at in done if at is None), "") if not isinstance(incident, Closed) else ""
    made = (
        Step(name, word, at, name == current, _clock(name, times) if at else "", waived=False)
        for (name, at), word in zip(done, _WORDS, strict=True)
    )
    waived = isinstance(incident, Closed) and incident.closed.how == "waived"
    return tuple(replace(s, word="Waived", waived=True) if waived and s.name == "verify" else s for s in made)


def _clock(step: str, times: Clocks) -> str:
    match step:
        case "detect" if times.detect is not None:
            return f"after {took(times.detect)}"
        case "contain" if times.contain is not None:
            return f"in {took(times.contain)}"
        case "mitigate" if times.mitigate is not None:
            return f"in {took(times.mitigate)}"
        case _:
            return ""


def clock_facts(incident: Incident) -> tuple[tuple[str, str, str], ...]:
    """The clocks: the name, the time in words, and from what to what."""
    times = clocks(incident)
    return (
        ("Time to detect", took(times.detect), "from the first bad outcome on record"),
        ("Time to contain", took(times.contain), "from the detection until the harm had stopped"),
        ("Time to restore", took(times.restore), "from the first bad outcome to the fix"),
    )


def needs(incident: Incident) -> tuple[Need, ...]:
    """What the proof needs, one by one: what is done is what `prove` would not refuse."""
    known = base_of(incident)
    open_parts = {lack.part for lack in lacks(incident)}
    titles: tuple[tuple[Part, str], ...] = (
        ("fix", "A fix"),
        ("case", "A regression case"),
        ("monitor", "A new monitor"),
        ("actions", "Required actions"),
        ("postmortem", "A postmortem"),
    )
    return tuple(Need(part, title, part not in open_parts, _stands(known, part)) for part, title in titles)


def _stands(known: Detected, part: Part) -> str:
    """What is there, or that nothing is."""
    match part:
        case "fix" if known.fix is not None:
            left = ": nothing here can run it, only a waiver closes the incident" if needs_waiver(known) else ""
            return f"{known.fix.fix}{left}"
        case "fix":
            return "nothing is in place"
        case "case":
            return f"{known.case.id}, red on {known.case.bad}" if known.case else "none is named"
        case "monitor":
            return known.monitor.sensor if known.monitor else "none is named"
        case "actions":
            required = [a for a in known.actions if a.required]
            done = sum(a.done is not None for a in required)
            return f"{done} of {len(required)} are closed with evidence" if required else "none is required yet"
        case "postmortem":
            return "published" if known.postmortem else "not published"


def may_prove(incident: Incident) -> bool:
    """Is everything there that `prove` needs?"""
    return isinstance(incident, Mitigated) and base_of(incident).proof is None and not lacks(incident)


def is_late(action: Action, now: Instant) -> bool:
    """Is it open beyond its day?"""
    return action.done is None and micros(action.due) < micros(now)


def sign_of(moment: Moment) -> tuple[str, str]:
    """Sign and tone of a line of the timeline."""
    known = _SIGNS.get(moment.step) or _SIGNS.get(moment.kind)
    return known or (_OF.get(moment.subject.partition("/")[0], "ledger"), "")


def open_moments(moments: Sequence[Moment]) -> tuple[Moment, ...]:
    """Those that stand open: all of a few, else the most important ones."""
    return tuple(moments) if len(moments) <= MOST_MOMENTS + 6 else most_important(moments, MOST_MOMENTS)


def going_on(room: Room) -> tuple[Row, ...]:
    """Those that are not closed, worst first."""
    now = room.clock.now()
    rows = [row(i, now) for i in read.going_on(room)]
    order = {"fail": 0, "warn": 1}
    return tuple(sorted(rows, key=lambda r: (order.get(r.tone, 2), r.severity)))


def mine(room: Room, person: str) -> tuple[Mine, ...]:
    """That person's open actions, the earliest due first; also those of incidents that are closed."""
    now = room.clock.now()
    found = [
        Mine(known.id, known.title, action, is_late(action, now))
        for known in map(base_of, read.every(room))
        for action in known.open_actions
        if same(action.owner, person)
    ]
    return tuple(sorted(found, key=lambda m: (m.action.due, m.incident)))


def skew(incident: Incident) -> str:
    """By how much a clock is wrong, in words; '' where all agree."""
    found = clocks(incident).skew
    return took(found) if found else ""
