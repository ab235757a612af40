"""How is what happens to an incident told: from its detection to the proof, and who said so?"""

from __future__ import annotations

from cleanroom.core import facts as f
from cleanroom.core.incident.categories import PATHS
from cleanroom.entry.incidents import took
from cleanroom.entry.report.view import several, shown
from cleanroom.entry.web.told_watch import Words

_Happening = f.IncidentOpened | f.IncidentJoined | f.IncidentGraded | f.IncidentSorted | f.LeadNamed | f.IncidentNoted
_Doing = f.IncidentContained | f.IncidentTold | f.DiagnosisAnswered | f.StepDone | f.IncidentMitigated
_Working = f.ActionAdded | f.ActionMoved | f.ActionDone | f.ActionFiled | f.Overdue
_Writing = f.PostmortemPublished | f.PostmortemRead | f.ReviewSet
_Proving = (
    f.CaseNamed
    | f.MonitorNamed
    | f.IncidentProven
    | f.WaiverAsked
    | f.WaiverAgreed
    | f.IncidentClosed
    | f.IncidentReopened
)
Incidents = _Happening | _Doing | _Working | _Writing | _Proving


def of_incident(fact: Incidents) -> Words:
    """What happened to an incident."""
    if isinstance(fact, _Happening):
        return _happening(fact)
    if isinstance(fact, _Doing):
        return _doing(fact)
    if isinstance(fact, _Working):
        return _working(fact)
    return _writing(fact) if isinstance(fact, _Writing) else _proving(fact)


def _happening(fact: _Happening) -> Words:
    match fact:
        case f.IncidentOpened(title=title, severity=severity, by=who, because=because):
            how = f"{_who(who)} opened it" if who else "A policy opened it"
            return f"{how}, {severity}: {shown(title, 200)}", "incident", "fail", because
        case f.IncidentJoined(count=count):
            return f"{several(count, 'further alert')} joined it", "bell", "warn", ""
        case f.IncidentGraded(severity=severity, by=who, because=because):
            return f"{_who(who)} graded it {severity}", "warn", "warn", because
        case f.IncidentSorted(category=category, by=who):
            how = f"{_who(who)} says that it is" if who else "What was seen speaks for"
            return f"{how} {PATHS[category].title.lower()}", "unknown", "", ""
        case f.LeadNamed(person=person, by=None, because=because):
            return f"{_s(person)} is proposed to lead: {_s(because)}", "person", "", ""
        case f.LeadNamed(person=person, by=who, because=because):
            return f"{_who(who)} named {_s(person)} to lead", "person", "", because
        case f.IncidentNoted(text=text, by=who, when=when):
            return f"{_who(who)} noted, of {when[:16].replace('T', ' ')}", "pen", "", text


def _doing(fact: _Doing) -> Words:
    match fact:
        case f.IncidentContained(act="none", by=who, because=because):
            return f"{_who(who)} says that the harm has ended", "lock", "pass", because
        case f.IncidentContained(act=act, target=target, did=True, by=who, because=because):
            return f"Contained by {_who(who)}: {_s(act)} {_s(target)}", "lock", "pass", because
        case f.IncidentContained(act=act, target=target, because=because):
            return f"Not contained: {_s(act)} {_s(target)} could not be done", "fail", "fail", because
        case f.IncidentTold(audience=audience, channels=channels, by=who):
            whom = "the people inside" if audience == "internal" else "the customers it affects"
            through = f" through {', '.join(map(_s, channels))}" if channels else ", elsewhere"
            return f"{_who(who)} told {whom}{through}", "people", "", ""
        case f.DiagnosisAnswered(question=question, answer=answer, by=who):
            how = f"{_who(who)} answered" if who else "A query answered"
            return f"{how} {_s(question)}", "unknown", "", answer
        case f.StepDone(runbook=runbook, step=step, text=text, by=who):
            return f"{_who(who)} did step {step} of the runbook {_s(runbook)}", "pass", "", text
        case f.IncidentMitigated(fix=fix, by=who, because=because):
            return f"{_who(who)} put a fix in place: {_s(fix)}", "pass", "pass", because


def _working(fact: _Working) -> Words:
    match fact:
        case f.ActionAdded(action=action, what=what, owner=owner, due=due):
            return f"Action {_s(action)} for {_s(owner)}, due {due[:10]}: {shown(what, 200)}", "queue", "", ""
        case f.ActionMoved(action=action, owner=owner, due=due, by=who, because=because):
            return f"{_who(who)} moved action {_s(action)} to {_s(owner)}, due {due[:10]}", "queue", "warn", because
        case f.ActionDone(action=action, by=who, evidence=evidence):
            how = f"{_who(who)} closed" if who else "A tracker closed"
            return f"{how} action {_s(action)}", "pass", "pass", evidence
        case f.ActionFiled(action=action, tracker=tracker, ref=ref):
            return f"Action {_s(action)} is {_s(ref)} in {_s(tracker)}", "next", "", ""
        case f.Overdue(what=what, to=to):
            late = "The postmortem" if what == "postmortem" else f"Action {_s(what)}"
            return f"{late} is overdue: {', '.join(map(_s, to)) or 'everybody'} was told", "clock", "fail", ""


def _writing(fact: _Writing) -> Words:
    match fact:
        case f.PostmortemPublished(by=who):
            return f"{_who(who)} published the postmortem", "ledger", "pass", ""
        case f.PostmortemRead(by=who):
            return f"{_who(who)} has read the postmortem", "person", "", ""
        case f.ReviewSet(review=review, readers=readers, by=who):
            whom = ", ".join(map(_s, readers)) or "nobody by name"
            return f"{_who(who)} set the next review for {review[:10]}; to be read by {whom}", "clock", "", ""


def _proving(fact: _Proving) -> Words:
    match fact:
        case f.CaseNamed(id=id, bad=bad, by=who):
            return f"{_who(who)} named the regression case {_s(id)}, which fails on {_s(bad)}", "flag", "", ""
        case f.MonitorNamed(sensor=sensor, by=who):
            return f"{_who(who)} named the new monitor {_s(sensor)}", "sensor", "", ""
        case f.IncidentProven(red=red, green=green, earlier=earlier):
            seen = f"seen {took(earlier.own)} earlier by {_s(earlier.sensor)}"
            return f"Proven: red on {_s(red.version)}, green on {_s(green.version)}, {seen}", "pass", "pass", ""
        case f.WaiverAsked(by=who, reason=reason):
            return f"{_who(who)} asked to close it without proof", "unknown", "unknown", reason
        case f.WaiverAgreed(by=who):
            return f"{_who(who)} agreed to close it without proof", "unknown", "unknown", ""
        case f.IncidentClosed(how=how, by=who):
            words = (
                ("proven", "pass", "pass") if how == "proven" else ("WITHOUT PROOF, by a waiver", "unknown", "unknown")
            )
            return f"{_who(who)} closed it, {words[0]}", words[1], words[2], ""
        case f.IncidentReopened(by=who, because=because):
            return f"{_who(who)} opened it again" if who else "It was opened again", "back", "warn", because


def _who(who: f.By | None) -> str:
    if who is None:
        return "a policy"
    return _s(who.person) + (" (claimed)" if who.how == "claimed" else "")


def _s(text: str) -> str:
    return shown(text, 120)
