"""What does a page say of a change? Its state in a word and a tone, who signed, who could, and what its run showed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import Request

from cleanroom.app.review.standing import Standing, Unreadable
from cleanroom.app.room import Room
from cleanroom.core import signing
from cleanroom.core.base import Digest, Misuse, Refused, instant
from cleanroom.core.facts import By, Checked, Finding, Judged, Ran
from cleanroom.core.policy import Policy
from cleanroom.core.review import Blocked, Cleared, Review, TurnedDown, Unchecked, Vote, Waiting, is_author
from cleanroom.core.run import Diff, EventFlow
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.report import view
from cleanroom.entry.web import seen
from cleanroom.entry.web.told import Line, told

FLOWS = 20
FINDINGS = 12
"""Lines of the two tables that may grow without bound; the report has them all."""

_WORST = ("FAIL", "UNKNOWN", "WARN", "PASS")


@dataclass(frozen=True, slots=True)
class Found:
    """A change as one person sees it. `tone` and `word`: its state. `mine`: the missing roles that they could sign as.

    `author`: did they make or change it? `against`: in one line, what stands against it; `next`: what can be done.
    """

    name: str
    standing: Standing
    tone: str
    word: str
    against: str
    next: str
    mine: tuple[str, ...]
    signed: Mapping[str, Vote]
    author: bool

    @property
    def review(self) -> Review:
        """Where it stands."""
        return self.standing.review


@dataclass(frozen=True, slots=True)
class RunSeen:
    """What a run showed, from its facts and its report. `told`: a sentence of the report by the name of its check.

    `because` says why the stored report cannot be shown, and is empty where it can.
    """

    ran: Ran
    judged: Judged
    findings: tuple[Finding, ...]
    counts: tuple[tuple[str, int], ...]
    flows: tuple[view.FlowLine, ...]
    more: int
    before: int
    after: int
    losses: tuple[str, ...]
    told: Mapping[str, str]
    because: str = ""

    @property
    def bar(self) -> tuple[tuple[str, int], ...]:
        """The counts as the parts of a bar, by the class of their tone."""
        return tuple((outcome.lower(), n) for outcome, n in self.counts)


def found(standing: Standing, person: str) -> Found:
    """The change as `person` sees it."""
    review = standing.review
    tone, word = _state(review)
    return Found(
        standing.name,
        standing,
        tone,
        word,
        signing.stands_against(review),
        signing.what_next(review),
        seen.mine(standing, person),
        {v.approval.role: v for v in review.counting},
        is_author(standing.review.authors, person),
    )


def every(request: Request, visit: Visit) -> tuple[Found, ...]:
    """All changes that can be read, as this person sees them."""
    now = seen.now_of(request, visit.room)
    each = (c for c in now.changes if isinstance(c, Standing))
    key = ("every", visit.person, now.key)
    return seen.state(request).kept(key, lambda: tuple(found(c, visit.person) for c in each))


def _state(review: Review) -> tuple[str, str]:
    match review.state:
        case Unchecked():
            return "unknown", "Not checked"
        case Blocked():
            return "fail", "Blocked"
        case TurnedDown():
            return "fail", "Rejected"
        case Waiting(missing=missing):
            return "wait", f"Waiting for {view.several(len(missing), 'sign-off')}"
        case Cleared():
            return "pass", "Cleared"


def change_of(request: Request, room: Room, name: str) -> Standing:
    """The change of that name. Raises Misuse where there is none, or its files have mistakes."""
    there = seen.now_of(request, room).change(name)
    match there:
        case Standing():
            return there
        case Unreadable():
            raise Misuse(f"{name} cannot be read: {there.because}", there.hint)
        case None:
            room.project.change_as_it_lies(name)  # says best what is wrong with the name
            raise Misuse(f"there is no change {name!r:.100}", "The list of changes shows those that are.")


def cannot(standing: Standing, policy: Policy, person: str) -> Refused | None:
    """Why this person cannot approve it; None when they can."""
    try:
        signing.approve(standing.review, policy, By(person, "session"), None, "", _NEVER)
    except Refused as error:
        return None if "could sign as" in error.message else error
    return None


_NEVER = instant(0)


def may_waive(standing: Standing, policy: Policy, person: str) -> bool:
    """Is there an UNKNOWN that this person may let pass?"""
    try:
        signing.waive(standing.review, policy, By(person, "session"), "asked", _NEVER)
    except Refused:
        return False
    return standing.review.waiver is None


def may_reject(standing: Standing, policy: Policy, person: str) -> bool:
    """Would a rejection of theirs count?"""
    try:
        signing.reject(standing.review, policy, By(person, "session"), "asked", _NEVER)
    except Refused:
        return False
    return True


def waits(review: Review) -> dict[str, str]:
    """For each missing role, who could sign, or why nobody can."""
    missing = review.state.missing if isinstance(review.state, Waiting) else ()
    known = {m.need.role: m.because or f"{' or '.join(m.who[:3])} can sign" for m in missing}
    return {need.role: known.get(need.role, "not yet") for need in review.needs}


def history(standing: Standing) -> tuple[Line, ...]:
    """What happened to it, newest first; approvals that no longer count say why."""
    voids = {v.index: v.void for v in standing.review.votes if v.void}
    return tuple(told(entry, voids) for entry in reversed(standing.history))


def last_check(standing: Standing) -> Checked | None:
    """The last run of `check`, whatever version of the change it looked at."""
    return next((e.fact for e in reversed(standing.history) if isinstance(e.fact, Checked)), None)


# --- a run -------------------------------------------------------------------------------------------------


def run_seen(request: Request, room: Room, run: Digest, what: str) -> RunSeen | None:
    """What the run showed; None where the ledger does not have it. Read once, since a run never changes."""
    return seen.state(request).kept(("run", run), lambda: _read_run(room, run, what))


def _read_run(room: Room, run: Digest, what: str) -> RunSeen | None:
    facts = [e.fact for e in room.store.history(f"run/{run}")]
    ran = next((x for x in facts if isinstance(x, Ran)), None)
    judged = next((x for x in facts if isinstance(x, Judged)), None)
    if ran is None or judged is None:
        return None
    counts = tuple((o, sum(x.outcome == o for x in judged.findings)) for o in _WORST)
    findings = tuple(sorted((x for x in judged.findings if x.outcome != "PASS"), key=_weight))
    try:
        report = json.loads(stored(room, ran, "report.json").read_bytes())
        diff = _diff(report["diff"])
        sentences = {str(e["result"]["check"]): str(e["result"]["because"]) for e in report["evidence"]}
    except Misuse as error:
        return RunSeen(ran, judged, findings, counts, (), 0, 0, 0, (), {}, error.message)
    except (OSError, ValueError, KeyError, TypeError):
        return RunSeen(ran, judged, findings, counts, (), 0, 0, 0, (), {}, "the stored report cannot be read")
    flows = view.flow_lines(diff, what)
    losses = view.losses(diff, what)
    told_by = {x.check: sentences[x.check] for x in findings[:FINDINGS] if x.check in sentences}
    shown = (flows[:FLOWS], max(0, len(flows) - FLOWS))
    return RunSeen(ran, judged, findings, counts, *shown, diff.rows_before, diff.rows_after, losses, told_by)


def _weight(finding: Finding) -> tuple[bool, int, str]:
    """Required ones first, then worst first."""
    stops = finding.required and finding.outcome in ("FAIL", "UNKNOWN")
    return not stops, _WORST.index(finding.outcome), finding.check


def _diff(said: Mapping[str, Any]) -> Diff:
    flows: Sequence[Any] = said["flows"]
    each = tuple(EventFlow(f["legacy"], f["target"], int(f["rows"]), f["users"]) for f in flows)
    return Diff(int(said["rows_before"]), int(said["rows_after"]), each, (), (), ())


def stored(room: Room, ran: Ran, name: str) -> Path:
    """A file of the run, if it is still the one that the ledger names. Raises Misuse where it is not."""
    wanted = next((o for o in ran.outputs if o.path == name), None)
    folder = room.artifacts.folder(ran.run)
    if wanted is None or folder is None or not (folder / name).is_file():
        raise Misuse(f"the run's {name} is not on this machine", "Run `cleanroom check` again here.")
    if room.artifacts.digest(folder / name) != wanted.digest:
        hint = "Run `cleanroom check` again, and find out who edited it."
        raise Misuse(f"the run's {name} is not the one that the ledger names: it was edited", hint)
    return folder / name
