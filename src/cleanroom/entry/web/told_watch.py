"""How is what watches production told: alerts, silences, sensors and promises?"""

from __future__ import annotations

from cleanroom.core import facts as f
from cleanroom.entry.report.view import several, shown

Words = tuple[str, str, str, str]
"""Sentence, sign, tone, quote."""

Alerting = (
    f.AlertOpened
    | f.AlertGrew
    | f.AlertEscalated
    | f.AlertActed
    | f.AlertAcknowledged
    | f.AlertResolved
    | f.Silenced
    | f.SilenceLifted
)
Sensing = f.SensorRan | f.SensorTripped | f.SensorFailed | f.SensorCleared | f.SensorUnblocked | f.SensorRebased
Promising = f.SloJudged | f.LabelsSampled | f.SourceAged

_STANDS = {"met": ("pass", "pass"), "violated": ("fail", "fail"), "cannot tell": ("unknown", "unknown")}
_RAN = {
    "quiet": ("pass", "is quiet"),
    "too_few": ("unknown", "has too few to tell"),
    "over": ("warn", "is still over its bound"),
}


def of_alert(fact: Alerting) -> Words:
    """What happened to an alert, or to a silence."""
    match fact:
        case f.AlertOpened(system=system, level=level, count=count):
            return f"Opened, {level}, for {_s(system or 'no system')}: {several(count, 'signal')}", "bell", "fail", ""
        case f.AlertGrew(count=count):
            return f"{several(count, 'further signal')} joined it", "bell", "warn", ""
        case f.AlertEscalated(step=step, to=to):
            who = ", ".join(_s(p) for p in to) or "everybody"
            return f"{'Told' if step == 0 else 'Escalated'} to {who}", "up", "", ""
        case f.AlertActed(act=act, target=target, did=did, because=because):
            what = f"{_s(act)} {_s(target)}"
            return (
                f"{what}: {'done by itself, as the policy says' if did else 'could not be done'}",
                "flag",
                "warn",
                because,
            )
        case f.AlertAcknowledged(by=who, because=because):
            return f"{_s(who.person)} is on it", "person", "", because
        case f.AlertResolved(by=who, because=because):
            return f"{_s(who.person)} resolved it" if who else "It is over", "pass", "pass", because
        case f.Silenced(until=until, by=who, because=because):
            return f"{_s(who.person)} asked for silence until {until[:16].replace('T', ' ')}", "skip", "warn", because
        case f.SilenceLifted(by=who):
            return f"{_s(who.person)} lifted the silence", "bell", "", ""


def of_sensor(fact: Sensing) -> Words:
    """What a sensor found, and what people decided."""
    match fact:
        case f.SensorRan(sensor=name, state=state, seen=seen):
            sign, word = _RAN[state]
            return f"{_s(name)} {word}" + (f": {shown(seen, 200)}" if seen else ""), sign, "", ""
        case f.SensorTripped(what=what):
            return "Over its bound", "fail", "fail", what
        case f.SensorFailed(why=why):
            return "It could not look", "warn", "warn", why
        case f.SensorCleared(seen=seen):
            return f"Within its bound again: {shown(seen, 200)}", "pass", "pass", ""
        case f.SensorUnblocked(by=who, because=because):
            return f"{_s(who.person)} let go on what it held up", "lock", "warn", because
        case f.SensorRebased(by=who, because=because):
            return f"{_s(who.person)} gave it a new baseline", "pen", "warn", because


def of_promise(fact: Promising) -> Words:
    """What became of a promise."""
    match fact:
        case f.SloJudged(slo=name, says=says, because=because, firing=firing):
            sign, tone = _STANDS[says]
            fires = f"; fires: {', '.join(_s(x) for x in firing)}" if firing else ""
            return f"{_s(name)}: {says}{fires}", sign, tone, because
        case f.LabelsSampled(slo=name, drawn=drawn, by=who):
            return (
                f"{_s(who.person)} had {several(len(drawn), 'call')} drawn for people to label, for {_s(name)}",
                "queue",
                "",
                "",
            )
        case f.SourceAged(source=source, stale=stale):
            return (
                f"{_s(source)} is {'too old' if stale else 'fresh again'}",
                *(("warn", "warn") if stale else ("pass", "pass")),
                "",
            )


def _s(text: str) -> str:
    return shown(text, 80)
