"""How is an alert told: the same data for the command line, the API and the pages."""

from __future__ import annotations

from typing import Any

from cleanroom.app.alerts import Shown
from cleanroom.core.alerts.grouping import Member
from cleanroom.core.alerts.silence import Silence, lasts
from cleanroom.core.alerts.state import Acknowledged, Alert, Resolved, base_of, state_of
from cleanroom.core.base import Instant, plain


def as_data(shown: Shown) -> dict[str, Any]:
    """An alert with its first signals."""
    base = base_of(shown.alert)
    return answered(shown.alert) | {
        "count": shown.count,
        "going_on": shown.going_on,
        "silence": shown.silence.id if shown.silence is not None else None,
        "silent_until": shown.silence.until if shown.silence is not None else None,
        "signals": [_member(m) for m in shown.members],
        "causes": plain(base.causes),
        "acted": [
            {"act": a.act, "target": a.target, "did": a.did, "because": a.because, "at": a.at} for a in base.acted
        ],
    }


def answered(alert: Alert) -> dict[str, Any]:
    """Where it stands, and who answered it."""
    base = base_of(alert)
    seen = alert.at if isinstance(alert, Acknowledged) else alert.acknowledged if isinstance(alert, Resolved) else None
    over = alert if isinstance(alert, Resolved) else None
    return {
        "id": base.id,
        "state": state_of(alert),
        "level": base.level,
        "system": base.system,
        "what": base.signals[0].what if base.signals else "",
        "opened": base.opened,
        "step": base.step,
        "told": base.told,
        "to": list(base.to),
        "acknowledged": seen,
        "by": alert.by.person if isinstance(alert, Acknowledged | Resolved) and alert.by is not None else None,
        "because": alert.because if isinstance(alert, Acknowledged | Resolved) else "",
        "resolved": over.at if over is not None else None,
    }


def silence_data(silence: Silence, now: Instant) -> dict[str, Any]:
    """A silence."""
    return {
        "id": silence.id,
        "name": silence.matching.name,
        "system": silence.matching.system,
        "about": silence.matching.about,
        "until": silence.until,
        "because": silence.because,
        "by": silence.by.person,
        "at": silence.at,
        "holds": lasts(silence, now),
    }


def _member(member: Member) -> dict[str, Any]:
    said = member.signal
    return {
        "name": said.name,
        "about": said.about,
        "level": said.level,
        "what": said.what,
        "since": said.since,
        "evidence": list(said.evidence),
        "runbook": said.runbook,
        "first": member.first,
        "last": member.last,
        "times": member.n,
        "ended": member.ended,
    }
