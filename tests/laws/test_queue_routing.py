"""Laws of the queue: nothing skips a person that a reason for review speaks against, whatever else happens."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule
from tests.doors import Yard
from tests.queue_samples import ANN, BOB, BOT, CY, HOUR, at_work, office, output, trusted

from cleanroom.app.queue import work
from cleanroom.app.queue.add import add
from cleanroom.app.queue.desk import promise_of, standing_of
from cleanroom.app.queue.reconcile import reconcile
from cleanroom.app.queue.view import board
from cleanroom.core.base import CleanroomError, digest
from cleanroom.core.output import Output, chance_of, content_of, id_of
from cleanroom.core.queue import reasons, route

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"

shares = st.floats(0, 1)
words = st.sampled_from(["", " ", "4", "qwen3-8b"])
outputs = st.builds(
    lambda confidence, model, version, guard, risk: output(
        "x", confidence, model=model, prompt_version=version, guard=guard, risk=risk
    ),
    st.none() | shares,
    words,
    words,
    st.sampled_from(["", " ", "names a person"]),
    st.sampled_from(["high", "medium", "low"]),
)


@given(outputs, st.none() | shares, st.integers(-5, 5), shares, st.floats(0, 1, exclude_max=True))
def test_what_skips_has_everything_that_skipping_takes(
    one: Output, cutoff: float | None, free: int, audit: float, chance: float
) -> None:
    where, because = route(one, cutoff, free, audit, chance)
    may_skip = (
        cutoff is not None
        and one.confidence is not None
        and one.confidence >= cutoff
        and bool(one.model.strip() and one.prompt_version.strip())
        and not one.guard.strip()
    )
    assert (where in ("accepted", "audited")) == may_skip == (not reasons(one, cutoff))
    assert (where == "held") == (not may_skip and free <= 0)
    assert (where == "audited") == (may_skip and chance < audit)
    assert because


@given(outputs, shares, shares)
def test_a_stricter_cut_off_never_lets_more_skip(one: Output, low: float, high: float) -> None:
    low, high = sorted((low, high))
    if not reasons(one, high):
        assert not reasons(one, low)


@given(st.lists(st.text(min_size=1, max_size=20), min_size=200, max_size=200, unique=True))
@settings(max_examples=20)
def test_the_draw_follows_from_the_content_and_is_even(texts: list[str]) -> None:
    made = [output(input=t) for t in texts]
    drawn = [chance_of(id_of(o, digest(content_of(o))), digest(content_of(o))) for o in made]
    assert drawn == [chance_of(id_of(o, digest(content_of(o))), digest(content_of(o))) for o in made]
    assert all(0 <= d < 1 for d in drawn)
    assert 0.3 < sum(drawn) / len(drawn) < 0.7


class Office(RuleBasedStateMachine):
    """People and outputs in any order. What the ledger says must fit what each output was, at all times."""

    came: Bundle[str] = Bundle("came")

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.home: Yard = office(Path(self.folder.name) / "shop", capacity=3, audit_share=0.3)
        self.sent: dict[str, Output] = {}
        self.decided: dict[str, int] = {}

    def teardown(self) -> None:
        self.home.room.store.close()  # type: ignore[attr-defined]
        self.folder.cleanup()

    @rule(target=came, one=outputs, number=st.integers(0, 10_000))
    def send(self, one: Output, number: int) -> str:
        made = replace(one, id=f"t{number}", input=number)
        if made.id in self.sent and content_of(made) != content_of(self.sent[made.id]):
            try:
                add(self.home.room, [made])
                raise AssertionError("other content under the same id went in")
            except CleanroomError:
                return made.id
        cutoff = promise_of(self.home.room, BOT).cutoff
        taken = add(self.home.room, [made]).outputs[0]
        assert taken.known == (made.id in self.sent)
        if not taken.known and taken.route in ("accepted", "audited"):
            assert not reasons(made, cutoff)
        self.sent[made.id] = made
        return made.id

    @rule()
    def calibrate(self) -> None:
        trusted(self.home.room)

    @rule(person=st.sampled_from([ANN, BOB, CY]), what=st.sampled_from(["right", "wrong", "skip", "escalate", "keep"]))
    def take(self, person: str, what: str) -> None:
        room = at_work(self.home, person)
        found = work.claim(room)
        if found is None:
            return
        id = found.line.id
        assert id not in self.decided
        assert not found.standing.escalated_by(person)
        acts: dict[str, Callable[[], Any]] = {
            "right": lambda: work.approve(room, id),
            "wrong": lambda: work.reject(room, id, "other"),
            "skip": lambda: work.skip(room, id),
            "escalate": lambda: work.escalate(room, id, "for somebody else"),
            "keep": lambda: None,
        }
        acts[what]()
        if what in ("right", "wrong"):
            self.decided[id] = 1

    @rule(id=came, person=st.sampled_from([ANN, BOB]))
    def decide_by_id(self, id: str, person: str) -> None:
        try:
            work.approve(at_work(self.home, person), id)
        except CleanroomError:
            return
        assert id not in self.decided
        self.decided[id] = 1

    @rule(hours=st.integers(1, 6))
    def time_passes(self, hours: int) -> None:
        self.home.later(hours * HOUR)
        reconcile(self.home.room)

    @invariant()
    def nothing_that_needs_a_person_is_accepted(self) -> None:
        if not hasattr(self, "home"):
            return
        found = board(self.home.room)
        counts = {s.system: s for s in found.systems}
        standings = [standing_of(self.home.room, id) for id in self.sent]
        assert sum(s.needs_person for s in standings) == found.waiting + found.held
        assert sum(s.reviewed is not None for s in standings) == len(self.decided)
        if self.sent:
            accepted = [s for s in standings if not s.needs_person and s.reviewed is None]
            assert counts[BOT].accepted == len(accepted)
            assert all(s.received.cutoff is not None and not s.escalated for s in accepted)


Office.TestCase.settings = settings(max_examples=150 if SOAK else 8, stateful_step_count=25, deadline=None)
TestOffice = Office.TestCase
