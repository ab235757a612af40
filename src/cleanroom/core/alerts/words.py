"""What does a person read who is woken up? What happened, since when, on what evidence, why perhaps, and what to do first."""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.core.alert import Signal
from cleanroom.core.alerts.ladder import Rung
from cleanroom.core.alerts.state import Open, Resolved
from cleanroom.core.base import Instant, noun
from cleanroom.core.span import between

MOST_SHOWN = 5
"""Signals that a message spells out; it says how many more there are."""

MOST_EVIDENCE = 10
"""Lines of evidence of each; the alert has all of them."""

_TITLE = 180


@noun
class Note:
    """A message to be. `key`: unique to what it says, so that saying it twice is once; `channels`: where it goes."""

    key: str
    alert: str
    title: str
    body: str
    channels: tuple[str, ...]


def title_of(alert: Open, mark: str = "") -> str:
    """One line: how grave, where, what."""
    more = f" (and {alert.count - 1:,} more)" if alert.count > 1 else ""
    what = (alert.signals[0].what if alert.signals else "?").removeprefix(f"{alert.system}: ")  # it is said before
    line = f"[{mark or alert.level}] {alert.system or 'no system'}: {what}"
    return (line if len(line) + len(more) <= _TITLE else line[: _TITLE - len(more) - 3] + "...") + more


def opened_body(alert: Open, rung: Rung, following: Rung | None, minutes: int, first_step: str, now: Instant) -> str:
    """The whole message of an alert that is told, for the first time or to the next in line."""
    parts = [
        _signals(alert.signals, alert.count, now),
        _causes(alert),
        _acted(alert),
        f"First step: {first_step}",
        _line(alert, rung, following, minutes),
        _answer(alert),
    ]
    return "\n\n".join(part for part in parts if part)


def grew_body(alert: Open, joined: Sequence[Signal], count: int, first_step: str, now: Instant) -> str:
    """The message that an alert has grown."""
    head = f"{count:,} more signals since it was last told; {alert.count + count:,} in all."
    return "\n\n".join((head, _signals(joined, count, now), f"First step: {first_step}", _answer(alert)))


def resolved_body(over: Resolved) -> str:
    """The message that it is over."""
    alert = over.alert
    lasted = between(alert.opened, over.at)
    return f"Over after {lasted}: {over.because}.\nIt was: {alert.signals[0].what if alert.signals else '?'}\n{_see(alert)}"


def summary(alerts: Sequence[tuple[Open, str]], now: Instant) -> tuple[str, str]:
    """Title and body of one message for many alerts at once; each with what is new of it."""
    grave = [a for a, _ in alerts if a.level == "critical"]
    level = "critical" if grave else "warning"
    ordered = sorted(alerts, key=lambda pair: (pair[0].level != "critical", pair[0].opened))
    title = f"[{level}] {len(alerts):,} alerts at once, {len(grave):,} of them critical"
    lines = [f"- {a.id} {title_of(a)}: {what}" for a, what in ordered[:20]]
    more = len(alerts) - len(lines)
    lines += [f"- and {more:,} more"] if more > 0 else []
    head = f"So much came within a minute that it is told in one message ({short(now)})."
    return title, "\n".join((head, "", *lines, "", "All of them: cleanroom alert list"))


def short(at: Instant) -> str:
    """A moment for a person."""
    return at[:16].replace("T", " ") + " UTC"


def _signals(signals: Sequence[Signal], count: int, now: Instant) -> str:
    lines = []
    for signal in signals[:MOST_SHOWN]:
        about = f" ({signal.about})" if signal.about else ""
        lines.append(f"What: {signal.what}")
        lines.append(f"Since: {short(signal.since)} ({between(signal.since, now)}); seen by {signal.name}{about}")
        lines += ["Evidence:", *(f"- {line}" for line in signal.evidence[:MOST_EVIDENCE])] if signal.evidence else []
    more = count - min(len(signals), MOST_SHOWN)
    return "\n".join((*lines, *([f"... and {more:,} more signals"] if more > 0 else [])))


def _causes(alert: Open) -> str:
    if not alert.causes:
        return "What changed just before: nothing that the ledger knows of"
    lines = [f"- {short(c.at)} {c.what} (entry {c.index})" for c in alert.causes]
    return "\n".join(("What changed just before, newest first:", *lines))


def _acted(alert: Open) -> str:
    lines = [f"- {a.act} {a.target}: {a.because}" for a in alert.acted]
    return "\n".join(("Done by itself, as the policy says:", *lines)) if lines else ""


def _line(alert: Open, rung: Rung, following: Rung | None, minutes: int) -> str:
    told = "everybody" if rung.everybody else ", ".join(rung.people)
    now = f"Told to: {told}. " if told else ""
    if following is None:
        return f"{now}Nobody is next in line.".strip() if alert.level != "business" else now.strip()
    after = "everybody" if following.everybody or not following.people else ", ".join(following.people)
    return f"{now}Next, in {minutes} minutes, unless somebody acknowledges it: {after}."


def _answer(alert: Open) -> str:
    told = f"To say that you are on it: cleanroom alert ack {alert.id} (or POST /v1/alerts/{alert.id}/ack)"
    return f"{told}\n{_see(alert)}"


def _see(alert: Open) -> str:
    return f"To see it: cleanroom alert show {alert.id}"
