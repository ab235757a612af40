"""Whatever happens in whatever order: a change passes review exactly when every approval that is asked for is there."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.review_samples import NAME, PEOPLE, Paper, PaperProject, may_pass

from cleanroom.app.review import decide
from cleanroom.app.review.standing import standing
from cleanroom.core import facts
from cleanroom.core.base import Refused, digest, instant, micros
from cleanroom.core.policy import AREAS, DAY, SIGNED, Need, Policy, Role
from cleanroom.core.review import Cleared

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"

ROLES = ("analytics", "finance", "owner")
people = st.sampled_from(PEOPLE)
proofs = st.sampled_from(("session", "session", "token", "claimed"))
AREA_SETS = ((), ("taxonomy",), ("metrics",), ("taxonomy", "billing"), ("metrics", "identity"), ("legal", "schema"))


def policy(holders: dict[str, list[str]], needs: dict[str, str]) -> Policy:
    """A policy over the few roles of these tests."""
    return Policy(
        tuple(Role(r, tuple(p)) for r, p in holders.items()),
        tuple(Need(a, needs.get(a, "analytics")) for a in AREAS if a in SIGNED or needs.get(a) != "off"),
        expires=3 * DAY,
    )


START = policy(
    {"analytics": ["ana", "bo", "cy"], "finance": ["cy", "dee"], "owner": ["eli"]},
    {"billing": "finance", "identity": "finance"},
)


class Life(RuleBasedStateMachine):
    """One change among five people."""

    def __init__(self) -> None:
        super().__init__()
        self.paper = Paper(PaperProject(START))
        self.paper.propose()

    @rule(who=people, how=proofs, role=st.sampled_from((None, *ROLES)))
    def approve(self, who: str, how: Any, role: str | None) -> None:
        with suppress(Refused):
            decide.approve(self.paper.room(who, how), NAME, role)

    @rule(how=proofs)
    def all_who_are_asked_approve(self, how: Any) -> None:
        for who in PEOPLE:
            self.approve(who, how, None)

    @rule(who=st.sampled_from(("ana", "bo", "dee")), how=proofs, role=st.sampled_from(ROLES))
    def somebody_writes_an_approval_past_the_rules(self, who: str, how: Any, role: str) -> None:
        found = standing(self.paper.room(), NAME).review
        if found.checked is not None:
            at, by = self.paper.clock.at, facts.By(who, how)
            policy, expires = self.paper.project.rules.digest, instant(micros(at) + DAY * 1_000_000)
            self.paper.append(facts.Approved(found.change, found.checked.run, role, by, policy, "", expires, at))

    @rule(areas=st.sampled_from(AREA_SETS), order=st.permutations(PEOPLE))
    def all_goes_well(self, areas: Any, order: list[str]) -> None:
        self.restore_the_file()
        self.check("PASS", areas, ())
        for who in order:
            self.approve(who, "session", None)

    @rule(who=people, how=proofs, what=st.sampled_from((decide.waive, decide.waive, decide.reject)))
    def waive_or_reject(self, who: str, how: Any, what: Any) -> None:
        with suppress(Refused):
            what(self.paper.room(who, how), NAME, "we know why")

    @rule(
        outcome=st.sampled_from(("PASS", "PASS", "WARN", "UNKNOWN", "FAIL")),
        areas=st.sampled_from(AREA_SETS),
        missing=st.sampled_from(((), (), ("drift.baseline",))),
    )
    def check(self, outcome: str, areas: Any, missing: tuple[str, ...]) -> None:
        self.paper.check(outcome, areas, missing)

    @rule(who=people, what=st.sampled_from(("corrected", "corrected", "flagged", "cleared")))
    def correct(self, who: str, what: str) -> None:
        self.paper.correct(who, what)

    def restore_the_file(self) -> None:
        self.paper.project.bytes = self.paper.project.lies.artifact.digest

    @rule(what=st.sampled_from(("file", "restore", "plan p", "plan q")))
    def edit_without_saying(self, what: str) -> None:
        project = self.paper.project
        if what == "file":
            project.edits += 1
            project.bytes = digest(f"edited {project.edits}".encode())
        elif what == "restore":
            self.restore_the_file()
        else:
            project.plan = replace(project.plan, name=what)

    @rule(days=st.sampled_from((0.5, 2, 4)))
    def wait(self, days: float) -> None:
        self.paper.later(int(days * DAY))

    @rule(
        analytics=st.lists(people, max_size=2),
        finance=st.lists(people, max_size=2),
        billing=st.sampled_from(("finance", "analytics", "off")),
        taxonomy=st.sampled_from(("analytics", "off")),
    )
    @precondition(lambda self: self.paper.store.size() > 3)
    def change_the_policy(self, analytics: list[str], finance: list[str], billing: str, taxonomy: str) -> None:
        needs = {"billing": billing, "identity": "finance", "taxonomy": taxonomy}
        self.paper.project.rules = policy({"analytics": analytics, "finance": finance, "owner": ["eli"]}, needs)

    @rule(areas=st.sampled_from(AREA_SETS))
    def the_first_policy_again(self, areas: Any) -> None:
        self.paper.project.rules = START
        self.all_goes_well(areas, list(PEOPLE))

    @invariant()
    def it_passes_exactly_when_everybody_who_is_asked_said_yes(self) -> None:
        found = standing(self.paper.room(), NAME).review
        assert isinstance(found.state, Cleared) == may_pass(self.paper), (
            found.state,
            [e.fact for e in self.paper.history()],
        )


class OtherLife(Life):
    """The same once more, with lives of its own, so that two processes share the work."""


HALF = settings(max_examples=50_000 if SOAK else 120, stateful_step_count=12, deadline=None)
TestLife = Life.TestCase
TestLife.settings = HALF
TestOtherLife = OtherLife.TestCase
TestOtherLife.settings = HALF
