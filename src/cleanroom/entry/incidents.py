"""How is an incident told: the same data for the command line, the API and the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from cleanroom.app.incident.contain import Act
from cleanroom.app.incident.loop import Added, Loop, Turn
from cleanroom.core.base import MINUTE, SECOND, Instant, plain
from cleanroom.core.facts.incidents import IncidentContained
from cleanroom.core.incident.clocks import Clocks, clocks
from cleanroom.core.incident.decide import missing
from cleanroom.core.incident.similar import Repeat
from cleanroom.core.incident.state import Action, Closed, Incident, base_of, state_of
from cleanroom.core.span import span

T = TypeVar("T")

STEPS = ("detect", "contain", "communicate", "diagnose", "mitigate", "postmortem", "verify")
"""The seven steps of the playbook, in order."""

ACTS: Mapping[Act, str] = {
    "kill-flag": "Kill the flag",
    "safe-fallback": "Switch to the safe fallback: kill the flag",
    "roll-back": "Roll back",
    "disable-source": "Do without a source: kill the flag",
    "review-all": "Have people review all of",
    "none": "It ended by itself",
}
"""What is done to contain it, in words; its target follows."""


def as_data(incident: Incident, repeats: tuple[Repeat, ...] = ()) -> dict[str, Any]:
    """All that is known of an incident as it stands."""
    known = base_of(incident)
    lead = known.lead
    return {
        "id": known.id,
        "title": known.title,
        "state": state_of(incident),
        "severity": known.severity,
        "category": known.category,
        "category_confirmed": known.sorted is not None and known.sorted.by is not None,
        "category_evidence": list(known.sorted.evidence) if known.sorted else [],
        "systems": list(known.systems),
        "alerts": list(known.alerts),
        "alert_count": known.count,
        "flag": known.opened.flag,
        "change": known.opened.change,
        "variant": known.opened.variant,
        "opened": known.opened.at,
        "detected": known.opened.detected,
        "began": known.began.at if known.began else None,
        "began_says": known.began.says if known.began else "",
        "lead": lead.person if lead else None,
        "lead_confirmed": lead is not None and lead.by is not None,
        "lead_because": lead.because if lead else "",
        "clocks": clock_data(clocks(incident)),
        "steps": [{"step": step, "done": at} for step, at in steps(incident)],
        "contained": [plain(c) | {"undo": undo(c)} for c in known.contained],
        "fix": plain(known.fix) if known.fix else None,
        "case": plain(known.case) if known.case else None,
        "monitor": plain(known.monitor) if known.monitor else None,
        "actions": [action_data(a) for a in known.actions],
        "postmortem": plain(known.postmortem) if known.postmortem else None,
        "proof": plain(known.proof) if known.proof else None,
        "waiver": plain(known.waiver) if known.waiver else None,
        "closed": plain(incident.closed) if isinstance(incident, Closed) else None,
        "missing": [] if isinstance(incident, Closed) or known.proof else list(missing(incident)),
        "repeats": [repeat_data(r) for r in repeats],
        "version": known.version,
    }


def steps(incident: Incident) -> tuple[tuple[str, Instant | None], ...]:
    """Each of the seven steps and when it was done; None where it was not yet, or has to be done again since it was reopened."""
    known = base_of(incident)
    held, fixed = known.holds, next(iter(known.fixes), None)
    answered = [a for a in known.answers if a.by is not None] or list(known.answers)
    moments = (
        known.opened.detected,
        held.at if held else None,
        known.told[0].at if known.told else None,
        answered[-1].at if answered else None,
        fixed.at if fixed else None,
        known.postmortem.at if known.postmortem else None,
        known.proof.at if known.proof else None,
    )
    return tuple(zip(STEPS, moments, strict=True))


def undo(act: IncidentContained) -> str:
    """The command that takes back what contained it; '' where nothing was done."""
    if not act.did or act.act == "none":
        return ""
    match act.act:
        case "roll-back":
            return f"cleanroom rollout start {act.target} --metric METRIC"
        case "review-all":
            return f"cleanroom queue calibrate --system {act.target} --from-reviews"
        case _:
            return f"cleanroom flag restore {act.target}"


def action_data(action: Action) -> dict[str, Any]:
    """An action as it stands."""
    return {
        "id": action.id,
        "what": action.added.what,
        "work": action.added.work,
        "owner": action.owner,
        "due": action.due,
        "required": action.required,
        "done": action.done.at if action.done else None,
        "evidence": action.done.evidence if action.done else "",
        "filed": [{"tracker": f.tracker, "ref": f.ref, "url": f.url} for f in action.filed],
    }


def stranger(owner: str) -> str:
    """What is said of an owner whom nothing here names."""
    return f"{owner} is in no role, rota or channel: nobody reaches them by name"


def clock_data(found: Clocks) -> dict[str, Any]:
    """In seconds."""
    spans = ("detect", "contain", "mitigate", "restore", "close", "skew")
    values = {name: getattr(found, name) for name in spans}
    return {f"{name}_seconds": None if value is None else value / 1e6 for name, value in values.items()}


def repeat_data(found: Repeat) -> dict[str, Any]:
    """An earlier incident of the same cause."""
    return {"id": found.id, "title": found.title, "similarity": found.similarity, "shared": list(found.shared)}


def added_data(found: Added) -> dict[str, Any]:
    """What was left behind."""
    return {
        "cases": found.cases,
        "monitors": found.monitors,
        "fixes": found.fixes,
        "docs": found.docs,
        "lead_minutes": round(found.lead / MINUTE, 1),
    }


def newest(found: Sequence[T], id_of: Callable[[T], str], before: int | None, limit: int) -> tuple[T, ...]:
    """So many of what stands with the newest first; with `before` of what is older than the incident of that number."""
    older = found if before is None else [x for x in found if (id := id_of(x)).isdecimal() and int(id) < before]
    return tuple(older[:limit])


def turns_of(found: Loop, before: int | None, limit: int) -> tuple[Turn, ...]:
    """So many turns of the loop, the newest first; see `newest`."""
    return newest(found.turns, lambda t: t.id, before, limit)


def loop_data(found: Loop, turns: Sequence[Turn]) -> dict[str, Any]:
    """The loop: these turns, and what all that there are add up to."""
    return {
        "incidents": [_turn(t) for t in turns],
        "total": len(found.turns),
        "added": added_data(found.added),
        "recurring": found.recurring,
        "closed_without_proof": found.unproven,
    }


def _turn(turn: Turn) -> dict[str, Any]:
    return {
        "id": turn.id,
        "title": turn.title,
        "state": turn.state,
        "category": turn.category,
        "opened": turn.opened,
        "clocks": clock_data(turn.clocks),
        "added": added_data(turn.added),
        "repeats": [repeat_data(r) for r in turn.repeats],
    }


def took(time: int | None) -> str:
    """A clock in words, from microseconds; `-` where it does not go."""
    return "-" if time is None else span(time / SECOND, short=True)
