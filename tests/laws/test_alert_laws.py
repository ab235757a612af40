"""Laws of alerts: no first firing is lost, critical ones are always told, and it does not matter in which parts they come."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.projects import START, FixedClock
from tests.review_samples import Paper, PaperProject

from cleanroom.adapters.memory.alarms import MemoryAlarms
from cleanroom.adapters.memory.outbox import MemoryOutbox
from cleanroom.app import alerts
from cleanroom.app.room import Room
from cleanroom.core.alert import Level, Signal, identity, tidy
from cleanroom.core.alerts.acts import Acts
from cleanroom.core.alerts.grouping import Grouped, Member, Row, grouped, keys_of
from cleanroom.core.alerts.ladder import ladder
from cleanroom.core.alerts.state import Acknowledged, Open, Resolved, alert_of, base_of
from cleanroom.core.base import Instant, instant, micros
from cleanroom.core.facts import AlertGrew, AlertOpened
from cleanroom.core.facts.alerts import Matching
from cleanroom.core.policy import Policy
from cleanroom.core.register import Oncall, System
from cleanroom.core.schedule import Schedule
from cleanroom.ports.project import Channel

STORIES = 2_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 60

LEVELS: tuple[Level, ...] = ("warning", "critical", "business")
CHAT = System("chat", "talks", ("olga",), "limited", Oncall(("ana", "bo"), 1, START, 5))


class AlertProject(PaperProject):
    """As much of a project as alerts ask for."""

    def channels(self) -> tuple[Channel, ...]:
        return Channel("team"), Channel("pager", people=("ana",))

    def systems(self) -> tuple[System, ...]:
        return (CHAT,)

    def acts(self) -> tuple[Acts, ...]:
        return ()

    def schedules(self) -> tuple[Schedule, ...]:
        return ()


def house() -> tuple[Room, FixedClock, MemoryOutbox]:
    paper, outbox = Paper(AlertProject(Policy())), MemoryOutbox()
    work = replace(paper.room(), alarms=MemoryAlarms(), outbox=cast(Any, outbox))
    return work, paper.clock, outbox


signals = st.builds(
    lambda name, system, about, level, over: Signal(
        name, system, level, about, f"{name}|{system}|{about}", START, START, over=over
    ),
    st.sampled_from(["slo/a", "sensor/b"]),
    st.sampled_from(["chat", "search"]),
    st.sampled_from(["", "x", "y"]),
    st.sampled_from(LEVELS),
    st.sampled_from([False, False, False, True]),
)
events = st.one_of(
    signals,
    st.integers(1, 4000),
    st.sampled_from(["ack", "resolve", "silence", "lift", "settle"]),
)


def act(work: Room, clock: FixedClock, event: Signal | int | str) -> None:
    now = alerts.every(work)
    holding = alerts.holding(work)
    match event:
        case Signal():
            alerts.signal(work, event)
        case int():
            clock.at = instant(micros(clock.at) + event * 1_000_000)
        case "ack" if any(isinstance(s.alert, Open) for s in now):
            alerts.acknowledge(work, base_of(now[0].alert).id)
        case "resolve" if now:
            alerts.resolve(work, base_of(now[-1].alert).id, "done")
        case "silence":
            alerts.silence(work, Matching(system="chat", about="x"), 600, "known")
        case "lift" if holding:
            alerts.lift(work, holding[0].id)
        case _:
            alerts.settle(work)


def quiet(work: Room, clock: FixedClock) -> None:
    """Let every silence end, and the reconciler look as often as it takes."""
    for _ in range(6):
        clock.at = instant(micros(clock.at) + 4000 * 1_000_000)
        alerts.settle(work)


@settings(max_examples=STORIES)
@given(st.lists(events, max_size=25))
def test_no_first_firing_is_lost_whatever_people_answer(happened: list[Signal | int | str]) -> None:
    work, clock, outbox = house()
    first = set()
    for event in happened:
        act(work, clock, event)
        if isinstance(event, Signal) and not event.over:
            first.add((event.name, event.system, event.about))
    quiet(work, clock)
    shown = alerts.every(work, ("open", "acknowledged", "resolved"))
    assert {(m.signal.name, m.signal.system, m.signal.about) for s in shown for m in s.members} == first
    facts = [e.fact for e in work.store.entries()]
    counted = sum(f.count for f in facts if isinstance(f, AlertOpened | AlertGrew))
    assert counted == sum(s.count for s in shown), "each is counted in the ledger once"
    told = {m.key.split("/")[1] for m in outbox.waiting()}
    for alert in (s.alert for s in shown):
        if isinstance(alert, Open) or (isinstance(alert, Resolved) and alert.by is None and not alert.acknowledged):
            ended_in_silence = isinstance(alert, Resolved) and "silence" in happened
            assert base_of(alert).id in told or ended_in_silence, "what nobody answered was told"


@settings(max_examples=STORIES)
@given(st.lists(st.one_of(signals, st.integers(1, 4000)), max_size=25))
def test_every_critical_firing_is_told_in_its_own_words(happened: list[Signal | int | str]) -> None:
    work, clock, outbox = house()
    for event in happened:
        act(work, clock, event)
    quiet(work, clock)
    bodies = "\n".join(m.body for m in outbox.waiting() if m.title.startswith("[critical"))
    for event in happened:
        if isinstance(event, Signal) and event.level == "critical" and not event.over:
            assert f"What: {event.what}\n" in bodies


@given(st.lists(signals, max_size=30))
def test_an_alert_is_always_one_of_its_states(happened: list[Signal]) -> None:
    work, clock, _ = house()
    for place, signal in enumerate(happened):
        alerts.signal(work, signal)
        clock.at = instant(micros(clock.at) + place * 20_000_000)
        alerts.settle(work)
    for shown in alerts.every(work, ("open", "acknowledged", "resolved")):
        entries = work.store.history(f"alert/{base_of(shown.alert).id}")
        assert isinstance(entries[0].fact, AlertOpened)
        assert isinstance(alert_of(entries), Open | Acknowledged | Resolved)
        assert base_of(shown.alert).version == len(entries)
        row = work.alarms.row(base_of(shown.alert).id)
        assert row is not None
        assert row.state == {Open: "open", Acknowledged: "acknowledged", Resolved: "resolved"}[type(shown.alert)]


def taken(said: list[Signal], parts: list[int]) -> list[tuple[str, str, str, str, int, bool]]:
    """What is kept of signals that come in parts: of each member what it is, how often it was said, and whether it goes on."""
    members: dict[int, Member] = {}
    rows: dict[str, Row] = {}
    for start, end in zip([0, *parts], [*parts, len(said)], strict=True):
        part = said[start:end]
        living = [m for m in members.values() if m.live and m.key in keys_of(part)]
        done: Grouped = grouped(part, living, rows.values(), len(members), START)
        members.update((m.seq, m) for m in done.members)
        rows.update((r.id, r) for r in done.rows)
    groups = {m.alert: (rows[m.alert].system, rows[m.alert].level) for m in members.values()}
    assert all((m.signal.system, m.signal.level) == groups[m.alert] for m in members.values())
    return sorted(
        (m.signal.name, m.signal.system, m.signal.about, m.signal.level, m.n, m.ended is None) for m in members.values()
    )


@given(st.lists(signals, max_size=30), st.data())
def test_it_does_not_matter_in_how_many_parts_signals_come(said: list[Signal], data: st.DataObject) -> None:
    parts = sorted(data.draw(st.lists(st.integers(0, len(said)), max_size=5)))
    assert taken(said, parts) == taken(said, [])


@given(
    st.builds(Signal, *[st.text(max_size=300)] * 2, st.sampled_from(LEVELS), st.text(), st.text(), st.text(), st.text())
)
def test_a_tidy_signal_stays_as_it_is_and_can_be_kept(signal: Signal) -> None:
    once = tidy(signal, START)
    assert tidy(once, START) == once
    assert identity(once.name, once.system, once.about)
    assert once.since <= once.seen
    assert "\n".join((once.name, once.system, once.about, once.what)).replace("\n", "").isprintable()


@given(
    st.lists(st.sampled_from("abcdef"), unique=True, max_size=5),
    st.integers(1, 9),
    st.integers(0, 400),
    st.sampled_from(LEVELS),
)
def test_a_ladder_ends_and_names_each_person_once(rota: list[str], days: int, day: int, level: Level) -> None:
    system = replace(CHAT, oncall=Oncall(tuple(rota), days, START, 5))
    at = Instant(instant(micros(START) + day * 86_400_000_000))
    rungs = ladder(system, level, at)
    people = [p for r in rungs for p in r.people]
    assert len(people) == len(set(people))
    if level == "business":
        assert len(rungs) == 1
        return
    assert len(rungs) == len(rota) + 2
    assert rungs[-1].everybody
    assert not rota or rungs[0].people == (rota[day // days % len(rota)],), "whose turn it is"
