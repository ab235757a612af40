"""Where does an incident stand? One of four states, folded from what the ledger has under `incident/<id>`.

Detected -> Contained -> Mitigated -> Closed. Containing needs no diagnosis; closing needs a proof, or a waiver by two people.
What was proven is void as soon as the fix, the case, the monitor or what is required differs (decide.py refuses the rest).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Literal, get_args

from cleanroom.core.base import Instant, micros, noun
from cleanroom.core.facts.incidents import (
    ActionAdded,
    ActionDone,
    ActionFiled,
    ActionMoved,
    Category,
    DiagnosisAnswered,
    IncidentContained,
    IncidentGraded,
    IncidentJoined,
    IncidentMitigated,
    IncidentNoted,
    IncidentOpened,
    IncidentSorted,
    IncidentTold,
    LeadNamed,
    Overdue,
    PostmortemPublished,
    PostmortemRead,
    ReviewSet,
    Severity,
    Since,
    StepDone,
)
from cleanroom.core.facts.proofs import (
    CaseNamed,
    IncidentClosed,
    IncidentProven,
    IncidentReopened,
    MonitorNamed,
    WaiverAgreed,
    WaiverAsked,
)
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.mistakes import one_of
from cleanroom.core.policy import same

State = Literal["detected", "contained", "mitigated", "closed"]
CATEGORIES: tuple[Category, ...] = get_args(Category)
SEVERITIES: tuple[Severity, ...] = get_args(Severity)

PREFIX = "incident/"
MOST_ALERTS = 50
"""Alerts that an incident names; it counts the others."""


@noun
class Action:
    """Something to do, as it stands. `done`: None while it is open. `filed`: its issue in each tracker.

    `others`: how often it was told as late before this owner had it.
    """

    id: str
    added: ActionAdded
    owner: str
    due: Instant
    done: ActionDone | None = None
    filed: tuple[ActionFiled, ...] = ()
    others: int = 0

    @property
    def required(self) -> bool:
        """Is there no proof without it?"""
        return self.added.required


@noun
class Waiver:
    """The lead's wish to close without proof, and the second person's yes."""

    asked: WaiverAsked
    agreed: WaiverAgreed | None = None


@noun
class Detected:
    """What is known of it, whatever its state. `version`: of its last entry; `alerts`: the first of `count`; `joined`: all
    that an entry named.

    `contained`: every try, in order; `since`: when it came to be contained, mitigated; None where it has not.
    `grew`: when the last alert came; `before`: how many acts and fixes there were when it was opened again.
    """

    id: str
    opened: IncidentOpened
    version: int
    severity: Severity
    began: Since | None
    systems: tuple[str, ...]
    alerts: tuple[str, ...]
    count: int
    sorted: IncidentSorted | None = None
    lead: LeadNamed | None = None
    contained: tuple[IncidentContained, ...] = ()
    told: tuple[IncidentTold, ...] = ()
    notes: tuple[IncidentNoted, ...] = ()
    answers: tuple[DiagnosisAnswered, ...] = ()
    steps: tuple[StepDone, ...] = ()
    mitigated: tuple[IncidentMitigated, ...] = ()
    case: CaseNamed | None = None
    monitor: MonitorNamed | None = None
    actions: tuple[Action, ...] = ()
    postmortem: PostmortemPublished | None = None
    reads: tuple[PostmortemRead, ...] = ()
    review: ReviewSet | None = None
    overdue: tuple[Overdue, ...] = ()
    proof: IncidentProven | None = None
    waiver: Waiver | None = None
    reopened: tuple[IncidentReopened, ...] = ()
    grew: Instant = Instant("")
    before: tuple[int, int] = (0, 0)
    joined: frozenset[str] = frozenset()

    @property
    def title(self) -> str:
        """What it is called."""
        return self.opened.title

    @property
    def system(self) -> str:
        """The first system that it is about; '' where none is known."""
        return self.systems[0] if self.systems else ""

    @property
    def category(self) -> Category | None:
        """Its path, as it was proposed or said."""
        return self.sorted.category if self.sorted else None

    @property
    def held_by(self) -> IncidentContained | None:
        """What contained it: the first act that could, also where it was opened again since."""
        return next((c for c in self.contained if c.did), None)

    @property
    def holds(self) -> IncidentContained | None:
        """What contains it now: the first act that could since it was opened, or opened again."""
        return next((c for c in self.tried if c.did), None)

    @property
    def fix(self) -> IncidentMitigated | None:
        """The fix that is in place: the last one; none where it was opened again since."""
        return self.fixes[-1] if self.fixes else None

    @property
    def tried(self) -> tuple[IncidentContained, ...]:
        """What was done to contain it since it was opened, or opened again."""
        return self.contained[self.before[0] :]

    @property
    def fixes(self) -> tuple[IncidentMitigated, ...]:
        """The fixes since it was opened, or opened again."""
        return self.mitigated[self.before[1] :]

    @property
    def open_actions(self) -> tuple[Action, ...]:
        """What is still to be done, the earliest due first."""
        return tuple(sorted((a for a in self.actions if a.done is None), key=lambda a: (a.due, a.id)))

    def action(self, id: str) -> Action | None:
        """The action of that id."""
        return next((a for a in self.actions if a.id == id), None)


@noun
class Contained:
    """The harm has stopped; nothing is fixed."""

    incident: Detected


@noun
class Mitigated:
    """A fix is in place; nobody has shown yet that it cannot come back silently."""

    incident: Detected


@noun
class Closed:
    """It is over."""

    incident: Detected
    closed: IncidentClosed


Incident = Detected | Contained | Mitigated | Closed


def severity_of(word: str) -> Severity:
    """The severity of that name. Raises Misuse."""
    return one_of(word, SEVERITIES, "severity")


def subject_of(id: str) -> str:
    """The ledger's subject of an incident."""
    return f"{PREFIX}{id}"


def base_of(incident: Incident) -> Detected:
    """What is known of it, whatever its state."""
    return incident if isinstance(incident, Detected) else incident.incident


def state_of(incident: Incident) -> State:
    """The name of its state."""
    match incident:
        case Detected():
            return "detected"
        case Contained():
            return "contained"
        case Mitigated():
            return "mitigated"
        case Closed():
            return "closed"


def incident_of(entries: Iterable[LedgerEntry], found: Incident | None = None) -> Incident | None:
    """The incident after the entries of its subject, oldest first; None where there is none. `found`: before them."""
    for entry in entries:
        found = _next(found, entry)
    return found


def _next(now: Incident | None, entry: LedgerEntry) -> Incident | None:
    """A fact that does not fit where it stands changes nothing but the version."""
    if now is None:
        return _opened(entry.fact, entry.version) if isinstance(entry.fact, IncidentOpened) else None
    base = replace(base_of(now), version=entry.version)
    match now, entry.fact:
        case Closed(closed=closed), IncidentReopened() as again:
            before = len(base.contained), len(base.mitigated)
            return _placed(
                replace(base, reopened=(*base.reopened, again), before=before, proof=None, waiver=None, postmortem=None)
            )
        case Closed(closed=closed), fact:
            return Closed(_after_closing(base, fact), closed)
        case _, IncidentClosed(how=how) as closed if _may_close(base, how):
            return Closed(base, closed)
        case _, fact:
            return _placed(_acted(_known(base, fact), fact))


def _opened(fact: IncidentOpened, version: int) -> Detected:
    return Detected(
        fact.incident, fact, version, fact.severity, fact.began, fact.systems,
        fact.alerts[:MOST_ALERTS], len(fact.alerts), joined=frozenset(fact.alerts),
    )  # fmt: skip


def _placed(base: Detected) -> Incident:
    """In the state that follows from what was done."""
    if base.fix is not None:
        return Mitigated(base)
    return Contained(base) if base.holds is not None else base


def _may_close(base: Detected, how: str) -> bool:
    """Whoever wrote the entry: it is closed by a proof that stands, or by a waiver that two people signed."""
    if not isinstance(_placed(base), Mitigated):
        return False
    return base.proof is not None if how == "proven" else base.waiver is not None and base.waiver.agreed is not None


def _known(now: Detected, fact: object) -> Detected:
    """What is known of it and what people say."""
    match fact:
        case IncidentJoined(alerts=alerts, count=count, systems=systems, began=began, at=at):
            named = tuple(dict.fromkeys((*now.alerts, *alerts)))[:MOST_ALERTS]
            of = tuple(dict.fromkeys((*now.systems, *systems)))
            first, joined = earlier(now.began, began), now.joined.union(alerts)
            more = max(0, count - len(now.joined.intersection(alerts)))  # whoever tried it again counts nothing twice
            return replace(now, alerts=named, count=now.count + more, systems=of, began=first, grew=at, joined=joined)
        case IncidentGraded(severity=severity):
            return replace(now, severity=severity)
        case IncidentSorted() as said if said.by is not None or now.sorted is None or now.sorted.by is None:
            return replace(now, sorted=said)
        case LeadNamed() as named if named.by is not None or now.lead is None or now.lead.by is None:
            return replace(now, lead=named)
        case IncidentNoted() as note:
            return replace(now, notes=(*now.notes, note))
        case IncidentTold() as told:
            return replace(now, told=(*now.told, told))
        case DiagnosisAnswered() as answer:
            kept = tuple(a for a in now.answers if (a.question, a.by is None) != (answer.question, answer.by is None))
            return replace(now, answers=(*kept, answer))
        case StepDone() as step:
            return replace(now, steps=(*now.steps, step))
        case Overdue() as late:
            return replace(now, overdue=(*now.overdue, late))
        case _:
            return _written(now, fact)


def _written(now: Detected, fact: object) -> Detected:
    """The write-up, who has read it, and when it is looked at again."""
    match fact:
        case PostmortemPublished() as page:
            return replace(now, postmortem=page)
        case PostmortemRead(page=page, by=by) as read:
            others = tuple(r for r in now.reads if (r.page, r.by.person) != (page, by.person))
            return replace(now, reads=(*others, read))
        case ReviewSet() as review:
            return replace(now, review=review)
        case _:
            return now


def _acted(now: Detected, fact: object) -> Detected:
    """What was done about it. Whatever it was proven by is void once that differs."""
    match fact:
        case IncidentContained() as act:
            return replace(now, contained=(*now.contained, act))
        case IncidentMitigated() as fix:
            return replace(now, mitigated=(*now.mitigated, fix), proof=None)
        case CaseNamed() as case:
            return replace(now, case=case, proof=None)
        case MonitorNamed() as monitor:
            return replace(now, monitor=monitor, began=earlier(now.began, monitor.began), proof=None)
        case ActionAdded() as added if now.action(added.action) is None:
            action = Action(added.action, added, added.owner, added.due)
            return replace(now, actions=(*now.actions, action), proof=None if added.required else now.proof)
        case ActionMoved() | ActionDone() | ActionFiled() as change:
            return replace(now, actions=tuple(_moved(a, change, now.overdue) for a in now.actions))
        case IncidentProven() as proof if proves(now, proof):
            return replace(now, proof=proof)
        case WaiverAsked(by=by) as asked if now.lead is not None and same(by.person, now.lead.person):
            return replace(now, waiver=Waiver(asked))
        case WaiverAgreed(by=by) as agreed if now.waiver and not same(by.person, now.waiver.asked.by.person):
            return replace(now, waiver=replace(now.waiver, agreed=agreed))
        case _:
            return now


def _after_closing(now: Detected, fact: object) -> Detected:
    """Reading, reviews and what is left to do go on; nothing that decided is changed any more."""
    match fact:
        case ActionMoved() | ActionDone() | ActionFiled() as change:
            return replace(now, actions=tuple(_moved(a, change, now.overdue) for a in now.actions))
        case IncidentNoted() | IncidentTold() | Overdue() | PostmortemPublished() | PostmortemRead() | ReviewSet():
            return _known(now, fact)
        case _:
            return now


def _moved(action: Action, fact: ActionMoved | ActionDone | ActionFiled, told: Sequence[Overdue]) -> Action:
    if action.id != fact.action:
        return action
    match fact:
        case ActionMoved(owner=owner, due=due):
            others = action.others if same(owner, action.owner) else sum(o.what == action.id for o in told)
            return replace(action, owner=owner, due=due, others=others)
        case ActionDone():
            return replace(action, done=fact)
        case ActionFiled(tracker=tracker):
            return replace(action, filed=(*(f for f in action.filed if f.tracker != tracker), fact))


def proves(now: Detected, proof: IncidentProven) -> bool:
    """Is it about this fix, this case and this monitor, red and green, seen earlier, with nothing required left open?"""
    case, fix, monitor = now.case, now.fix, now.monitor
    return (
        case is not None
        and fix is not None
        and monitor is not None
        and (proof.id, proof.case) == (case.id, case.case)
        and (proof.red.version, proof.red.digest, proof.red.passed) == (case.bad, case.bad_digest, False)
        and (proof.green.version, proof.green.digest, proof.green.passed) == (fix.fix, fix.digest, True)
        and (proof.earlier.sensor, proof.earlier.monitor) == (monitor.sensor, monitor.monitor)
        and proof.earlier.own > 0
        and all(a.done is not None for a in now.actions if a.required)
        and now.postmortem is not None
    )


def earlier(a: Since | None, b: Since | None) -> Since | None:
    """Whichever of two beginnings lies further back."""
    known = [s for s in (a, b) if s is not None]
    return min(known, key=lambda s: micros(s.at)) if known else None
