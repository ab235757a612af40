"""What does an entry of the ledger say about an incident, in one short sentence?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from cleanroom.core.alert import printable
from cleanroom.core.alerts.causes import said
from cleanroom.core.base import Instant
from cleanroom.core.facts import (
    ActionAdded,
    ActionDone,
    ActionFiled,
    ActionMoved,
    AlertAcknowledged,
    AlertActed,
    AlertEscalated,
    AlertGrew,
    AlertOpened,
    AlertResolved,
    By,
    CaseNamed,
    DiagnosisAnswered,
    Fact,
    IncidentClosed,
    IncidentContained,
    IncidentGraded,
    IncidentJoined,
    IncidentMitigated,
    IncidentNoted,
    IncidentOpened,
    IncidentProven,
    IncidentReopened,
    IncidentSorted,
    IncidentTold,
    LeadNamed,
    MonitorNamed,
    Overdue,
    PostmortemPublished,
    PostmortemRead,
    ReviewSet,
    SensorCleared,
    SensorFailed,
    SensorRebased,
    SensorTripped,
    SensorUnblocked,
    SloJudged,
    SourceAged,
    StepDone,
    WaiverAgreed,
    WaiverAsked,
)
from cleanroom.core.incident.state import Detected
from cleanroom.core.incident.timeline import Step, Told, merged
from cleanroom.core.ledger import LedgerEntry

LONGEST = 220
"""Characters of a sentence."""

COUNTED = {
    "incident_joined": "alerts",
    "alert_grew": "signals",
    "postmortem_read": "readers",
    "overdue": "reminders",
}
"""Kinds of which a run is one line, and what is counted."""

_SYSTEM = "system/"
_NAMED = 3
"""Alerts that a line names."""


def of_incident(entries: Iterable[LedgerEntry], known: Detected) -> tuple[Told, ...]:
    """What its own entries say. `known`: how it stands after them."""
    found: list[Told] = []
    done: set[Step] = set()
    for entry in entries:
        fact = entry.fact
        what = _incident(fact) or _work(fact) or _page(fact)
        if what is None:
            continue
        told, step = _told(entry, what), _step(fact)
        if isinstance(fact, IncidentOpened):
            found += _opened(told, fact, known)
        elif isinstance(fact, IncidentNoted):
            found.append(replace(told, said=fact.when))
        elif isinstance(fact, IncidentJoined):
            found.append(replace(told, count=fact.count))
        elif isinstance(fact, IncidentContained) and fact.by is None and fact.at >= known.opened.detected:
            # What the policy did for the alert is told when the incident is opened, later: that is no clock that is wrong.
            found.append(replace(told, clock=None, step="" if step in done else step))
        else:
            found.append(replace(told, step="" if step in done else step))
        done.add(step)
    return merged(found, COUNTED)


def of_alert(entries: Iterable[LedgerEntry], done: Collection[tuple[str, str, Instant]]) -> tuple[Told, ...]:
    """What the entries of one alert say. `done`: acts (act, target, moment) that the incident tells of already."""
    found: list[Told] = []
    for entry in entries:
        fact = entry.fact
        what = _alert(fact)
        if what is None or (isinstance(fact, AlertActed) and (fact.act, fact.target, fact.at) in done):
            continue
        count = fact.count if isinstance(fact, AlertGrew) else 1
        found.append(replace(_told(entry, what), count=count))
    return merged(found, COUNTED)


def of_others(
    entries: Iterable[LedgerEntry], systems: Collection[str], owners: Mapping[str, str], known: Collection[int]
) -> tuple[Told, ...]:
    """What was changed and what was measured meanwhile. `owners`: of which system a flag, a change or `sensor/NAME` is, as
    far as that is known; what is of another system is left out. `known`: indexes of entries that are told already.
    """
    found: list[Told] = []
    for entry in entries:
        told = None if entry.index in known else _measured(entry) or _changed(entry)
        if told is not None:
            what, key = told
            whose = owners.get(key) or (key.removeprefix(_SYSTEM) if key.startswith(_SYSTEM) else "")
            if not whose or not systems or whose in systems:
                found.append(_told(entry, what))
    return tuple(found)


def _told(entry: LedgerEntry, what: str) -> Told:
    fact = entry.fact
    at: Instant = fact.at
    return Told(entry.index, entry.subject, fact.kind, at, at, _who(fact), cut(what))


def _who(fact: Fact) -> str:
    """The person; '' where it happened by itself."""
    by = getattr(fact, "by", None)
    return by.person if isinstance(by, By) else str(getattr(fact, "author", ""))


def cut(text: str, longest: int = LONGEST) -> str:
    """On one line, and no longer than that."""
    line = " ".join(printable(text).split())
    return line if len(line) <= longest else line[: longest - 3].rstrip() + "..."


def _step(fact: Fact) -> Step:
    match fact:
        case IncidentContained(did=True):
            return "contained"
        case IncidentMitigated():
            return "mitigated"
        case IncidentClosed():
            return "closed"
        case _:
            return ""


def _opened(told: Told, fact: IncidentOpened, known: Detected) -> list[Told]:
    """Since when it went wrong, when that was detected, and that it was opened: up to three moments in one entry."""
    made: list[Told] = []
    if known.began is not None:
        began = f"it began: {known.began.says}"
        made.append(replace(told, kind="began", clock=None, said=known.began.at, who="", what=cut(began), step="began"))
    if fact.detected == fact.at:
        return [*made, replace(told, what=cut(f"detected and opened: {fact.title}"), step="detected")]
    seen = cut(f"detected{f' by alert {fact.alerts[0]}' if fact.alerts else ''}: {fact.title}")
    made.append(replace(told, kind="detected", clock=None, said=fact.detected, who="", what=seen, step="detected"))
    return [*made, told]


def _incident(fact: Fact) -> str | None:
    match fact:
        case IncidentOpened(severity=severity, title=title, because=because):
            return f"opened as {severity}: {title}" + (f" ({because})" if because else "")
        case IncidentJoined(alerts=alerts, count=count):
            named = ", ".join(alerts[:_NAMED])
            more = count - min(len(alerts), _NAMED)
            return f"joined by the alert {named}" + (f" and {more:,} more alerts" if more > 0 else "")
        case IncidentGraded(severity=severity, because=because):
            return f"severity is {severity}: {because}"
        case IncidentSorted(category=category, by=by):
            return f"category: {category}" + (", as its signals propose" if by is None else "")
        case LeadNamed(person=person, because=because, by=by):
            return f"{person} {'is proposed to lead' if by is None else 'leads'} the write-up" + (
                f" ({because})" if because else ""
            )
        case IncidentNoted(text=text):
            return text
        case IncidentContained(act="none", because=because):
            return f"contained by itself: {because}"
        case IncidentContained(act=act, target=target, did=did, because=because):
            return f"contained: {act} {target} ({because})" if did else f"{act} {target} did not work: {because}"
        case IncidentTold(audience=audience, channels=channels):
            through = f" through {', '.join(channels)}" if channels else ", handed to a person to send"
            return f"message to {'customers' if audience == 'customers' else 'everybody inside'}{through}"
        case DiagnosisAnswered(question=question, answer=answer):
            return f"diagnosis, {question}: {answer}"
        case IncidentMitigated(fix=fix, because=because):
            return f"mitigated: {fix}" + (f" ({because})" if because else "")
        case _:
            return None


def _work(fact: Fact) -> str | None:
    match fact:
        case StepDone(runbook=runbook, step=step, text=text):
            return f"runbook {runbook}, step {step}: {text}"
        case CaseNamed(id=case, bad=bad):
            return f"regression case {case} named, for {bad}"
        case MonitorNamed(sensor=sensor):
            return f"new monitor named: {sensor}"
        case ActionAdded(action=action, what=what, due=due):
            return f"action {action} until {due[:10]}: {what}"
        case ActionMoved(action=action, due=due, because=because):
            return f"action {action} moved, due {due[:10]}: {because}"
        case ActionDone(action=action, evidence=evidence):
            return f"action {action} done: {evidence}"
        case ActionFiled(action=action, tracker=tracker, ref=ref):
            return f"action {action} filed in {tracker} as {ref}"
        case Overdue(what=what):
            return f"{'the postmortem' if what == 'postmortem' else f'action {what}'} is overdue"
        case _:
            return None


def _page(fact: Fact) -> str | None:
    match fact:
        case PostmortemPublished():
            return "postmortem published"
        case PostmortemRead():
            return "postmortem read"
        case ReviewSet(review=review, readers=readers):
            return f"review on {review[:10]}, to be read by {', '.join(readers) or 'everybody'}"
        case IncidentProven(id=case, red=red, green=green):
            return f"proven: case {case} fails on {red.version} and passes on {green.version}"
        case WaiverAsked(reason=reason):
            return f"a waiver is asked for: {reason}"
        case WaiverAgreed():
            return "the waiver is agreed to by a second person"
        case IncidentClosed(how=how):
            return f"closed, {how}"
        case IncidentReopened(because=because):
            return f"reopened: {because}"
        case _:
            return None


def _alert(fact: Fact) -> str | None:
    match fact:
        case AlertOpened(alert=alert, level=level, signals=signals, count=count):
            what = signals[0].what if signals else "no signal is kept"
            return f"{level} alert {alert}: {what}" + (f" (and {count - 1:,} more signals)" if count > 1 else "")
        case AlertGrew(alert=alert, count=count):
            return f"alert {alert} grew by {count:,} signals"
        case AlertEscalated(alert=alert, step=step, to=to):
            return f"alert {alert} {'told' if step == 0 else 'escalated'} to {', '.join(to) or 'everybody'}"
        case AlertActed(act=act, target=target, did=did, because=because):
            done = f"{act} {target}".strip()
            return f"done by itself: {done} ({because})" if did else f"{done} did not work: {because}"
        case AlertAcknowledged(alert=alert):
            return f"alert {alert} acknowledged"
        case AlertResolved(alert=alert, because=because):
            return f"alert {alert} resolved: {because}"
        case _:
            return None


def _measured(entry: LedgerEntry) -> tuple[str, str] | None:
    """What sensors and promises say, and of what it is."""
    match entry.fact:
        case SensorTripped(sensor=sensor, what=what, seen=seen, bound=bound):
            return f"sensor {sensor} over its bound: {what} ({seen} against {bound})", f"sensor/{sensor}"
        case SensorFailed(sensor=sensor, why=why):
            return f"sensor {sensor} could not look: {why}", f"sensor/{sensor}"
        case SensorCleared(sensor=sensor, seen=seen):
            return f"sensor {sensor} within its bound again: {seen}", f"sensor/{sensor}"
        case SensorUnblocked(sensor=sensor, because=because):
            return f"sensor {sensor} unblocked: {because}", f"sensor/{sensor}"
        case SensorRebased(sensor=sensor, because=because):
            return f"sensor {sensor} rebased: {because}", f"sensor/{sensor}"
        case SloJudged(slo=slo, system=system, says=says, because=because):
            return f"SLO {slo} {says}: {because}", f"{_SYSTEM}{system}"
        case SourceAged(source=source, system=system, stale=stale):
            return f"source {source} {'is too old' if stale else 'is fresh again'}", f"{_SYSTEM}{system}"
        case _:
            return None


def _changed(entry: LedgerEntry) -> tuple[str, str] | None:
    """What was changed in production, without its person: that is said beside it."""
    found = said(entry)
    if found is None:
        return None
    what, key, _ = found
    person = _who(entry.fact)
    return what.replace(f" by {person}", "", 1) if person else what, key
