"""A tracker that keeps its issues in memory, for tests; and one that fails as it is told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from cleanroom.core.base import CleanroomError, Misuse, NotFound
from cleanroom.core.policy import same
from cleanroom.ports.clock import Clock
from cleanroom.ports.tracker import Filed, Filing, Revision, TrackedState, day


class MemoryTracker:
    """The Tracker port over a list. It knows `people`, has what `person` does there, and raises `failures` first, one a call."""

    kind = "memory"

    def __init__(
        self,
        clock: Clock,
        name: str = "memory",
        people: Sequence[str] = (),
        failures: Sequence[CleanroomError] = (),
        person: str = "",
    ) -> None:
        self.name = name
        self.filed: list[Filing] = []
        self.comments: list[tuple[str, str]] = []
        self.person = person
        self._clock, self._people, self._failures = clock, people, list(failures)
        self._issues: list[TrackedState] = []

    def file(self, filing: Filing) -> Filed:
        """See ports/tracker.py."""
        self._fail()
        for number, one in enumerate(self.filed):
            if one.key == filing.key:
                return Filed(self._issues[number].ref, self._issues[number].url, made=False)
        ref = f"memory#{len(self.filed) + 1}"
        known = self._knows(filing.owner)
        owner, due = filing.owner if known else "", day(filing.due) if filing.due else None
        title = " ".join(filing.title.split())
        self._issues.append(TrackedState(ref, f"https://tracker.example/{ref[7:]}", title, "open", False, owner, due))
        self.filed.append(filing)
        return Filed(ref, self._issues[-1].url, True, ("owner",) if filing.owner and not known else ())

    def state(self, ref: str) -> TrackedState:
        """See ports/tracker.py."""
        self._fail()
        return self._issues[self._number(ref)]

    def update(self, ref: str, revision: Revision) -> TrackedState:
        """See ports/tracker.py."""
        self._fail()
        number = self._number(ref)
        if revision.owner and not self._knows(revision.owner):
            raise Misuse(f"tracker {self.name}: nobody there is known to be {revision.owner!r:.200}")
        now = self._issues[number]
        moves = revision.state is not None and revision.state != now.state
        if revision.comment and (moves or revision.state is None):
            self.comments.append((ref, revision.comment))
        if revision.owner is not None:
            now = replace(now, assignee=revision.owner)
        if revision.due is not None:
            now = replace(now, due=day(revision.due))
        if moves and revision.state == "closed":
            now = replace(now, state="closed", closed_by=self.person, closed_at=self._clock.now())
        elif moves:
            now = replace(now, state="open", dropped=False, closed_by="", closed_at=None)
        self._issues[number] = now
        return now

    def failing(self, *failures: CleanroomError) -> None:
        """It raises these next, one a call."""
        self._failures += failures

    def move(self, state: TrackedState) -> None:
        """Somebody changes an issue there, past us."""
        self._issues[self._number(state.ref)] = state

    def _number(self, ref: str) -> int:
        if not re.fullmatch(r"memory#[1-9][0-9]{0,9}", ref):
            raise Misuse(f"{ref[:100]!r} names no issue in memory", "For example memory#1.")
        for number, issue in enumerate(self._issues):
            if issue.ref == ref:
                return number
        raise NotFound(f"tracker {self.name}: not there, or not for this token")

    def _knows(self, person: str) -> bool:
        return any(same(person, known) for known in self._people)

    def _fail(self) -> None:
        if self._failures:
            raise self._failures.pop(0)
