"""No sequence of commands closes an incident without a proof or a waiver by two, and none changes what was written."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.core.base import Digest, Instant, Refused, instant
from cleanroom.core.facts import (
    ActionAdded,
    ActionDone,
    By,
    CaseNamed,
    Fact,
    IncidentClosed,
    IncidentMitigated,
    IncidentOpened,
    IncidentProven,
    IncidentReopened,
    LeadNamed,
    MonitorNamed,
    PostmortemPublished,
    WaiverAgreed,
    WaiverAsked,
)
from cleanroom.core.facts.incidents import Since
from cleanroom.core.facts.proofs import Earlier, Tried
from cleanroom.core.incident import decide
from cleanroom.core.incident.clocks import clocks
from cleanroom.core.incident.state import Closed, Incident, base_of, incident_of, state_of
from cleanroom.core.ledger import LedgerEntry

MANY = 100_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 300
ANA, BO, CY = (By(f"{n}@shop.example", "token") for n in ("ana", "bo", "cy"))
PEOPLE = (ANA, BO, CY)
GOOD, BAD, OTHER = (Digest(f"sha256:{c * 64}") for c in "abc")
AT = Instant("2026-11-22T09:00:00.000000Z")


def at(step: int) -> Instant:
    return instant(1_800_000_000_000_000 + step * 1_000_000)


def tried(digest: Digest, passed: bool) -> Tried:
    return Tried(f"change/{digest[7]}", digest, GOOD, passed, "because")


def earlier(own: int, monitor: Digest) -> Earlier:
    return Earlier("sensor", monitor, AT, own, 0, 1, 0, 1.0)


Command = tuple[str, int, int]
COMMANDS = (
    "contain", "mitigate", "case", "monitor", "add", "finish", "publish", "prove", "cheat", "lead", "ask", "agree", "close",
    "slam", "reopen", "forge",
)  # fmt: skip
SEQUENCES = st.lists(st.tuples(st.sampled_from(COMMANDS), st.integers(0, 2), st.integers(0, 1)), max_size=25)


def facts(now: Incident, command: Command, step: int) -> Sequence[Fact]:
    """What the command appends; commands that others could forge past the rules (slam, forge, cheat) ask nobody."""
    name, who, choice = command
    by, known, when = PEOPLE[who], base_of(now), at(step)
    digest = (GOOD, OTHER)[choice]
    cheats: dict[str, Callable[[], Fact]] = {
        "slam": lambda: IncidentClosed("1", ("proven", "waived")[choice], by, when),
        "forge": lambda: IncidentProven(
            "1", "c", BAD, tried(BAD, choice == 1), tried(digest, True), earlier(1, GOOD), (), by, when
        ),
        "cheat": lambda: WaiverAgreed("1", by, when),
        "contain": lambda: decide.contain(now, "kill-flag", "f", choice == 0, "b", by, when),
        "mitigate": lambda: decide.mitigate(now, f"change/{digest[7]}", digest, "b", by, when),
        "case": lambda: CaseNamed(decide.ongoing(now).id, "c", digest, "change/b", BAD, by, when),
        "monitor": lambda: MonitorNamed(decide.ongoing(now).id, "sensor", digest, by, when),
        "add": lambda: ActionAdded("1", f"a{len(known.actions) + 1}", "w", "fix", "o", when, choice == 0, by, when),
        "finish": lambda: ActionDone("1", f"a{who + 1}", "evidence", by, when),
        "publish": lambda: PostmortemPublished("1", GOOD, by, when),
        "lead": lambda: LeadNamed("1", by.person, "b", by, when),
        "ask": lambda: decide.ask_waiver(now, "a reason", by, when),
        "agree": lambda: decide.agree(now, by, when),
        "close": lambda: decide.close(now, by, when),
        "reopen": lambda: decide.reopen(now, "b", by, when),
        "prove": lambda: _proof(now, by, when),
    }
    with suppress(Refused):
        return (cheats[name](),)
    return ()


def _proof(now: Incident, by: By, when: Instant) -> Fact:
    known = base_of(now)
    bad = known.case.bad_digest if known.case else BAD
    fix = known.fix.digest if known.fix else GOOD
    monitor = known.monitor.monitor if known.monitor else GOOD
    return decide.prove(now, tried(bad, False), tried(fix, True), earlier(5, monitor), by, when)


def opened() -> LedgerEntry:
    fact = IncidentOpened("1", "t", ("s",), "sev1", Since(AT, "on record"), AT, (), "", "", "", "", ANA, AT)
    return LedgerEntry(0, "incident/1", 1, fact)


def allowed(past: Sequence[Fact], closing: IncidentClosed) -> bool:
    """Read off the raw facts, in another way than the fold does it: may it be closed now?"""
    begin = max((i for i, f in enumerate(past) if isinstance(f, IncidentReopened)), default=0)
    since = past[begin:]
    if not any(isinstance(f, IncidentMitigated) for f in since):
        return False
    if closing.how == "waived":
        lead: str | None = None
        asked: str | None = None
        agreed = False
        for place, fact in enumerate(past):
            if isinstance(fact, LeadNamed):
                lead = fact.person
            elif isinstance(fact, IncidentReopened):
                asked, agreed = None, False
            elif isinstance(fact, WaiverAsked) and fact.by.person == lead and place >= 0:
                asked, agreed = fact.by.person, False
            elif isinstance(fact, WaiverAgreed) and asked is not None and fact.by.person != asked:
                agreed = True
        return agreed
    changed = max(
        i
        for i, f in enumerate(past)
        if isinstance(f, IncidentOpened | IncidentMitigated | CaseNamed | MonitorNamed | IncidentReopened)
        or (isinstance(f, ActionAdded) and f.required)
    )
    done = {f.action for f in past if isinstance(f, ActionDone)}
    needed = {f.action for f in past if isinstance(f, ActionAdded) and f.required}
    proofs = [f for f in past[changed:] if isinstance(f, IncidentProven) and not f.red.passed and f.green.passed]
    return bool(proofs) and needed <= done and any(isinstance(f, PostmortemPublished) for f in past)


@settings(max_examples=MANY, deadline=None)
@given(SEQUENCES)
def test_nothing_is_closed_without_proof_or_waiver(commands: list[Command]) -> None:
    entries = [opened()]
    now = incident_of(entries)
    assert now is not None
    for step, command in enumerate(commands):
        before = now
        for fact in facts(now, command, step):
            entry = LedgerEntry(len(entries), "incident/1", len(entries) + 1, fact)
            entries.append(entry)
            was_closed = isinstance(now, Closed)
            made = incident_of([entry], now)
            assert made is not None
            now = made
            if isinstance(now, Closed) and not was_closed:
                assert isinstance(fact, IncidentClosed)
                assert allowed([e.fact for e in entries[:-1]], fact)
            if was_closed and not isinstance(now, Closed):
                assert isinstance(fact, IncidentReopened)
            if isinstance(now, Closed) and was_closed:
                assert isinstance(before, Closed)
                assert now.closed == before.closed, "what it was closed by stays"
        assert base_of(now).version == len(entries)
    whole = incident_of(entries)
    assert whole == now, "folded at once or bit by bit, it is the same"
    _in_order(entries, now)
    assert clocks(now).skew == 0


def _in_order(entries: Sequence[LedgerEntry], now: Incident) -> None:
    """What is kept of acts, fixes and actions is in the order in which it was written."""
    known = base_of(now)
    written = [e.fact for e in entries]
    for kept in (known.contained, known.mitigated, known.reopened, tuple(a.added for a in known.actions)):
        places = [written.index(fact) for fact in kept]
        assert places == sorted(places)


def test_a_whole_way_through_is_closed() -> None:
    """The law above could be kept by closing nothing at all."""
    way: list[Command] = [
        ("contain", 0, 0), ("mitigate", 0, 0), ("case", 0, 0), ("monitor", 0, 0), ("add", 0, 0), ("finish", 0, 0),
        ("publish", 0, 0), ("prove", 0, 0), ("close", 0, 0),
    ]  # fmt: skip
    entries = [opened()]
    for step, command in enumerate(way):
        now = incident_of(entries)
        assert now is not None
        for fact in facts(now, command, step):
            entries.append(LedgerEntry(len(entries), "incident/1", len(entries) + 1, fact))
    done = incident_of(entries)
    assert isinstance(done, Closed)
    assert done.closed.how == "proven"
    again = incident_of([*entries[:-1], LedgerEntry(9, "incident/1", 10, WaiverAgreed("1", BO, AT))])
    assert again is not None
    assert state_of(again) == "mitigated"
