"""Somebody who watches says that something is wrong: who hears of it, what do they read, and what is done by itself?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.flag_samples import flag
from tests.projects import START, FixedClock

from cleanroom.adapters.memory.notifier import MemoryNotifier
from cleanroom.app import alerts, flags
from cleanroom.app import tick as ticking
from cleanroom.app.alerts.settle import BUDGET, STORM
from cleanroom.app.notify import deliver
from cleanroom.app.room import Room
from cleanroom.app.tick import tick
from cleanroom.core.alert import Level, Signal, tidy
from cleanroom.core.alerts.grouping import HOLD, Taken
from cleanroom.core.alerts.state import Acknowledged, Open, Resolved, base_of
from cleanroom.core.base import Instant, Misuse, NotFound, Outside, Refused, instant, micros
from cleanroom.core.facts import AlertActed, AlertEscalated, AlertGrew, AlertOpened, AlertResolved, Silenced
from cleanroom.core.facts.alerts import Matching
from cleanroom.core.ledger import Write
from cleanroom.ports.outbox import Message
from cleanroom.wiring import room

SETTLING: Any = import_module("cleanroom.app.alerts.settle")
SETTINGS = """name = "shop"
[policy]
act_on_critical = ["kill-flag", "abort-rollout"]
[notify.team]
url = "http://127.0.0.1:9/"
[notify.pager-ana]
url = "http://127.0.0.1:9/"
people = ["ana@shop.example"]
[notify.pager-bo]
url = "http://127.0.0.1:9/"
people = ["Bo@shop.example"]
[notify.board]
url = "http://127.0.0.1:9/"
people = ["chief@shop.example"]
"""
SYSTEM = """name: chat
does: answers customers
tier: limited
owners: [olga@shop.example]
oncall:
  rota: [ana@shop.example, bo@shop.example]
  days: 7
  since: 2026-11-16T00:00:00Z
  escalate: 10
fallback:
  flag: checkout
  means: people get the old answers
stakeholders: [chief@shop.example]
"""


@dataclass
class House:
    """A project on disk whose channels keep what they are sent."""

    room: Room
    clock: FixedClock
    sent: list[Message]

    def later(self, minutes: float) -> None:
        self.clock.at = instant(micros(self.clock.at) + round(minutes * 60_000_000))

    def told(self) -> list[tuple[str, str]]:
        """(channel, title) of what has arrived since the last time, after a step of the reconciler."""
        tick(self.room)
        found = [(m.channel, m.title) for m in self.sent]
        self.sent.clear()
        return found

    def read(self) -> list[Message]:
        """What has arrived since the last time."""
        tick(self.room)
        found = list(self.sent)
        self.sent.clear()
        return found


@pytest.fixture
def house(tmp_path: Path) -> House:
    (tmp_path / "cleanroom.toml").write_text(SETTINGS, "utf-8")
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems" / "chat.yaml").write_text(SYSTEM, "utf-8")
    clock = FixedClock()
    work = replace(room(tmp_path, "ana@shop.example"), clock=clock)
    channels = [MemoryNotifier(c.name) for c in work.project.channels()]
    for channel in channels:
        channel.sent = (sent := channels[0].sent)
    return House(replace(work, notifiers=lambda: tuple(channels)), clock, sent)


def wrong(
    what: str = "hallucinations at 2.1%, twice the baseline",
    *,
    name: str = "slo/truth",
    system: str = "chat",
    level: Level = "critical",
    about: str = "",
    over: bool = False,
    since: Instant = START,
) -> Signal:
    return Signal(name, system, level, about, what, since, since, ("rate: 2.1%", "answers: 4,210"), "slo", over)


def test_a_message_says_what_a_woken_person_needs(house: House) -> None:
    flags.put(house.room, flag(50_000))
    house.later(20)
    began = house.clock.at
    house.later(5)
    assert alerts.signal(house.room, wrong(since=began)) == Taken(new=1)
    (first, second) = house.read()
    assert {first.channel, second.channel} == {"team", "pager-ana"}
    assert first.title == "[critical] chat: hallucinations at 2.1%, twice the baseline"
    for said in (
        "Since: 2026-11-22 09:20 UTC (5 minutes)",
        "- rate: 2.1%",
        "- answers: 4,210",
        "2026-11-22 09:00 UTC flag checkout set by ana@shop.example (entry 0)",
        "- kill-flag checkout: people get the old answers",
        "First step: Open the SLO's page",
        "Told to: ana@shop.example. Next, in 10 minutes, unless somebody acknowledges it: bo@shop.example.",
        "cleanroom alert ack ",
    ):
        assert said in first.body
    assert flags.one(house.room, "checkout").standing.killed is not None, "what the policy says was done by itself"


def test_nobody_answers_so_the_next_in_line_hears_until_everybody_has(house: House) -> None:
    alerts.signal(house.room, wrong())
    assert sorted(c for c, _ in house.told()) == ["pager-ana", "team"]
    heard = []
    for _ in range(8):
        house.later(9.9)
        assert house.told() == []
        house.later(0.2)
        heard.append(sorted(c for c, _ in house.told()))
    assert heard == [["pager-bo"], ["team"], ["board", "pager-ana", "pager-bo", "team"], [], [], [], [], []]
    (shown,) = alerts.every(house.room)
    steps = [e.fact for e in house.room.store.history(f"alert/{base_of(shown.alert).id}")]
    assert [f.to for f in steps if isinstance(f, AlertEscalated)] == [
        ("ana@shop.example",), ("bo@shop.example",), ("olga@shop.example",), (),
    ]  # fmt: skip


def test_an_answer_ends_the_calls(house: House) -> None:
    alerts.signal(house.room, wrong())
    house.told()
    (shown,) = alerts.every(house.room)
    found = alerts.acknowledge(house.room, base_of(shown.alert).id, "looking")
    assert isinstance(found, Acknowledged)
    assert (found.by.person, found.because) == ("ana@shop.example", "looking")
    for _ in range(5):
        house.later(30)
        assert house.told() == []
    with pytest.raises(Refused, match="is on it since"):
        alerts.acknowledge(house.room, base_of(found).id)
    with pytest.raises(NotFound, match="no alert 'nope'"):
        alerts.acknowledge(house.room, "nope")


def test_what_is_new_after_an_answer_is_another_alert(house: House) -> None:
    alerts.signal(house.room, wrong())
    house.told()
    (shown,) = alerts.every(house.room)
    alerts.acknowledge(house.room, base_of(shown.alert).id)
    alerts.signal(house.room, wrong("again"), wrong("something else", about="en"))
    told = house.told()
    assert {title for _, title in told} == {"[critical] chat: something else"}
    assert len(alerts.every(house.room)) == 2


def test_it_is_over_when_all_of_it_has_ended_for_a_while(house: House) -> None:
    alerts.signal(house.room, wrong(), wrong("b", about="b"))
    house.told()
    alerts.signal(house.room, wrong(over=True))
    house.later(HOLD / 60 + 1)
    assert house.told() == []
    alerts.signal(house.room, wrong("b", about="b", over=True))
    house.later(HOLD / 60 - 1)
    alerts.signal(house.room, wrong("b", about="b"))
    house.later(2)
    assert [t for _, t in house.told() if "resolved" in t] == [], "it came back before it was over"
    alerts.signal(house.room, wrong("b", about="b", over=True))
    house.later(HOLD / 60)
    assert {t for _, t in house.told()} == {"[resolved] chat: hallucinations at 2.1%, twice the baseline (and 1 more)"}
    assert alerts.every(house.room) == ()
    (shown,) = alerts.every(house.room, ("resolved",))
    assert isinstance(shown.alert, Resolved)
    assert (shown.alert.by, shown.count) == (None, 2)
    assert alerts.signal(house.room, wrong()).new == 1, "after that it is a new one"


def test_a_person_can_say_that_it_is_over(house: House) -> None:
    alerts.signal(house.room, wrong())
    house.told()
    id = base_of(alerts.every(house.room)[0].alert).id
    with pytest.raises(Misuse, match="for a reason"):
        alerts.resolve(house.room, id, " ")
    assert isinstance(alerts.resolve(house.room, id, "rolled back"), Resolved)
    with pytest.raises(Refused, match="over already: rolled back"):
        alerts.resolve(house.room, id, "again")
    with pytest.raises(Refused, match="is over: rolled back"):
        alerts.acknowledge(house.room, id)
    house.later(60)
    assert house.told() == []


def test_a_silence_is_for_ears_only(house: House) -> None:
    flags.put(house.room, flag(50_000))
    made = alerts.silence(house.room, Matching(system="ch*", name="slo/*"), 3600, "we know")
    alerts.signal(house.room, wrong())
    assert house.told() == []
    (shown,) = alerts.every(house.room)
    assert isinstance(shown.alert, Open)
    assert shown.silence == made
    assert flags.one(house.room, "checkout").standing.killed is not None, "the policy is acted on all the same"
    alerts.signal(house.room, wrong("not of that kind", name="sensor/x"))
    house.later(0.1)
    assert sorted(house.told()) == [
        (channel, "[critical] chat: not of that kind (and 1 more)") for channel in ("pager-ana", "team")
    ], "one of its signals is to be heard"


def test_what_still_goes_on_when_a_silence_ends_is_told(house: House) -> None:
    alerts.silence(house.room, Matching(system="chat"), 3600, "we know")
    alerts.signal(house.room, wrong())
    house.later(59)
    assert house.told() == []
    house.later(1.1)
    assert {c for c, _ in house.told()} == {"team", "pager-ana"}
    house.later(10.1)
    assert {c for c, _ in house.told()} == {"pager-bo"}


def test_a_silence_that_is_lifted_is_over(house: House) -> None:
    made = alerts.silence(house.room, Matching(system="chat"), 3600, "we know")
    alerts.signal(house.room, wrong())
    assert house.told() == []
    lifted = alerts.lift(house.room, made.id)
    assert lifted.lifted is not None
    assert len(house.told()) == 2
    with pytest.raises(Refused, match="has ended"):
        alerts.lift(house.room, made.id)
    with pytest.raises(NotFound, match="no silence"):
        alerts.lift(house.room, "nope")
    assert alerts.holding(house.room) == ()
    assert [type(e.fact).__name__ for e in house.room.store.history("silences")] == ["Silenced", "SilenceLifted"]


@pytest.mark.parametrize(
    ("matching", "seconds", "because", "said"),
    [
        (Matching(), 60, "x", "of everything"),
        (Matching("**", "*", "***"), 60, "x", "of everything"),
        (Matching(system="a"), 60, "", "has a reason"),
        (Matching(system="a"), 0, "x", "lasts from"),
        (Matching(system="a"), 91 * 86_400, "x", "lasts from"),
        (Matching(system="a" * 201), 60, "x", "200 characters"),
        (Matching(system="a\n"), 60, "x", "200 characters"),
        (Matching(system="a"), 60, "x" * 501, "500 characters"),
    ],
)
def test_a_silence_has_bounds(house: House, matching: Matching, seconds: int, because: str, said: str) -> None:
    with pytest.raises(Misuse, match=said):
        alerts.silence(house.room, matching, seconds, because)


def test_business_impact_goes_to_the_stakeholders_and_is_not_escalated(house: House) -> None:
    alerts.signal(house.room, wrong("orders fell by 30%", level="business"))
    assert sorted(house.told()) == [
        ("board", "[business] chat: orders fell by 30%"),
        ("team", "[business] chat: orders fell by 30%"),
    ]
    house.later(120)
    assert house.told() == []


def test_a_system_that_nobody_registered_is_everybodys(house: House) -> None:
    alerts.signal(house.room, wrong(system="rogue"))
    assert {c for c, _ in house.told()} == {"team"}
    house.later(15.1)
    assert {c for c, _ in house.told()} == {"team", "board", "pager-ana", "pager-bo"}
    house.later(600)
    assert [c for c, title in house.told() if "rogue" in title] == []
    acted = [e.fact for e in house.room.store.entries() if isinstance(e.fact, AlertActed)]
    assert [(a.act, a.did) for a in acted] == [("kill-flag", False), ("abort-rollout", False)]
    assert "no fallback in the register" in acted[0].because


def test_an_alert_goes_out_also_when_the_register_cannot_be_read(house: House) -> None:
    (house.room.project.root / "systems" / "chat.yaml").write_text("name: [", "utf-8")
    alerts.signal(house.room, wrong())
    assert {c for c, _ in house.told()} == {"team"}


def test_what_gets_worse_is_told_at_once(house: House) -> None:
    alerts.signal(house.room, wrong("1%", level="warning"))
    assert {t for _, t in house.told()} == {"[warning] chat: 1%"}
    alerts.signal(house.room, wrong("2%", level="critical"))
    assert {t for _, t in house.told()} == {"[critical] chat: 2%"}


def test_a_source_that_fell_silent_is_an_alert_and_its_return_ends_it(house: House) -> None:
    expected = house.clock.at
    assert alerts.deadman(house.room, "sensor/drift", "chat", expected, None) == Taken(unknown=1), "not late yet"
    house.later(1)
    assert alerts.deadman(house.room, "sensor/drift", "chat", expected, None).new == 1
    (message, *_) = house.read()
    assert "sensor/drift did not report by 2026-11-22 09:00 UTC; it has never reported" in message.title
    assert "See whether what should have reported still runs" in message.body
    house.later(60)
    alerts.deadman(house.room, "sensor/drift", "chat", house.clock.at, house.clock.at)
    house.later(HOLD / 60)
    assert any("[resolved]" in title for _, title in house.told())


def test_ten_thousand_in_a_minute_become_a_handful(house: House) -> None:
    systems = ["chat", "search", "ads", "mail", "rogue"]
    many = [wrong(f"{i} is wrong", system=systems[i % 5], about=f"part {i}") for i in range(10_000)]
    began = house.room.store.size()
    for start in range(0, 10_000, 500):
        assert alerts.signals_in(house.room, many[start : start + 500]).new == 500
        house.later(0.05)
    alerts.signals_in(house.room, many[:2000])
    house.later(2)
    told = house.told()
    assert len({m for _, m in told}) <= 10
    titles = {t for _, t in told}
    assert len(titles) <= 10
    assert house.room.store.size() - began < 40, "5 alerts: opened, told, acted on, grown"
    grown = [e.fact for e in house.room.store.entries(began - 1) if isinstance(e.fact, AlertOpened | AlertGrew)]
    assert sum(f.count for f in grown) == 10_000, "every first firing is counted in the ledger"
    shown = alerts.one(house.room, base_of(alerts.every(house.room)[0].alert).id)
    assert shown.count == 2_000


def test_a_storm_over_many_systems_is_told_in_one_message(house: House) -> None:
    alerts.signals_in(house.room, [wrong(system=f"s{i}") for i in range(300)])
    told = house.read()
    assert [m.title for m in told] == ["[critical] 300 alerts at once, 300 of them critical"]
    assert "- and 280 more" in told[0].body
    alerts.signal(house.room, wrong(system="another"))
    assert house.told() == [], "it has its turn when this minute is over"
    house.later(STORM / 60)
    assert [t for _, t in house.told()] == ["[critical] another: hallucinations at 2.1%, twice the baseline"]


def test_one_by_one_up_to_the_budget(house: House) -> None:
    for i in range(BUDGET + 5):
        alerts.signal(house.room, wrong(system=f"s{i}"))
    assert len(house.told()) == BUDGET
    house.later(STORM / 60)
    assert {t for _, t in house.told()} == {
        f"[critical] s{i}: hallucinations at 2.1%, twice the baseline" for i in range(BUDGET, BUDGET + 5)
    }


def test_hostile_words_are_kept_and_shown_without_harm(house: House) -> None:
    bad = Signal(
        "\x1b[31m" * 100, "x\x00y\ud800", "critical", "\n" * 5000, "", Instant("nonsense"), Instant(""), ("\x07",) * 500
    )
    assert alerts.signal(house.room, bad, bad) == Taken(new=1, repeated=1)
    assert len(house.told()) == 1
    (shown,) = alerts.every(house.room)
    signal = shown.members[0].signal
    assert max(map(len, (signal.name, signal.system, signal.about))) <= 200
    assert signal.since == signal.seen == START
    assert len(signal.evidence) == 21


def test_a_store_that_was_copied_goes_on(house: House, tmp_path: Path) -> None:
    alerts.signal(house.room, wrong())
    house.told()
    from cleanroom.adapters.memory.alarms import MemoryAlarms

    copied = replace(house.room, alarms=MemoryAlarms())
    alerts.settle(copied)
    (shown,) = alerts.every(copied)
    assert isinstance(shown.alert, Open)
    assert alerts.signal(copied, wrong()) == Taken(repeated=1)
    house.later(10.1)
    alerts.settle(copied)
    deliver(copied)
    assert {m.channel for m in house.sent} == {"pager-bo"}


def test_what_a_person_undid_stays_undone(house: House) -> None:
    flags.put(house.room, flag(50_000))
    alerts.signal(house.room, wrong())
    house.told()
    flags.restore(house.room, "checkout")
    alerts.signal(house.room, wrong("more", about="x"))
    house.later(30)
    house.told()
    assert flags.one(house.room, "checkout").standing.killed is None
    facts = [e.fact for e in house.room.store.entries()]
    assert sum(isinstance(f, AlertActed) and f.act == "kill-flag" for f in facts) == 1
    assert not any(isinstance(f, Silenced | AlertResolved) for f in facts)


def test_a_beginning_in_the_year_one_is_unknown_and_one_ahead_of_now_is_now(house: House) -> None:
    zero, ahead = Instant("0001-01-01T00:00:00Z"), Instant("9999-12-31T23:59:59Z")
    assert tidy(wrong(since=zero), START).since == tidy(wrong(since=ahead), START).since == START
    alerts.signal(house.room, wrong(since=zero))
    assert [m.title for m in house.read() if m.channel == "team"] == ["[critical] chat: " + wrong().what]


def test_an_alert_that_cannot_be_looked_at_keeps_no_other_from_its_turn(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is stored already is odd: the first of two alerts breaks whoever looks at it."""
    with monkeypatch.context() as patched:
        patched.setattr(SETTLING, "title_of", lambda alert, _mark="": _broken(alert, "chat"))
        alerts.signal(house.room, wrong(), wrong(system="search"))
        (other,) = [s for s in alerts.every(house.room) if base_of(s.alert).told is not None]
        assert base_of(other.alert).system == "search"
        assert [c for c, title in house.told() if "search" in title] == ["team"]
    assert house.told() == [], "it was put off"
    house.later(1.1)
    assert {t for _, t in house.told()} == {"[critical] chat: " + wrong().what}


def test_one_that_cannot_be_posted_or_written_keeps_no_other_from_its_turn(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, post = type(house.room.store).append, SETTLING.tell

    def odd(store: Any, writes: Sequence[Write]) -> Any:
        if any(getattr(w.fact, "system", "") == "chat" for w in writes):
            raise ValueError("this one cannot be written")
        return append(store, writes)

    def lame(room: Room, key: str, channel: str | None, title: str, body: str) -> Any:
        if "mail" in title:
            raise ValueError("this one cannot be posted")
        return post(room, key, channel, title, body)

    with monkeypatch.context() as patched:
        patched.setattr(type(house.room.store), "append", odd)
        patched.setattr(SETTLING, "tell", lame)
        alerts.signal(house.room, wrong(), wrong(system="mail"), wrong(system="search"))
        assert {t.partition(":")[0] for _, t in house.told()} == {"[critical] chat", "[critical] search"}
    house.later(1.1)
    assert "[critical] mail" in {t.partition(":")[0] for _, t in house.told()}
    assert {base_of(s.alert).system for s in alerts.every(house.room)} == {"chat", "mail", "search"}


def _broken(alert: Open, system: str) -> str:
    if alert.system == system:
        raise ValueError("year 0 is out of range")
    return f"[critical] {alert.system}"


PARTS = (
    "draw", "watch", "settle", "watch_due", "reconcile", "alerts.settle", "deliver", "alerts.lost", "schedule.due",
    "schedule.late",
)  # fmt: skip


@pytest.mark.parametrize("broken", [(part,) for part in PARTS] + [("draw", "deliver"), PARTS])
def test_every_part_of_a_step_has_its_turn(
    house: House, monkeypatch: pytest.MonkeyPatch, broken: tuple[str, ...]
) -> None:
    had = []

    def part(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def turn(*arguments: Any) -> Any:
            had.append(name)
            if name in broken:
                raise Outside(f"{name} cannot be reached") if name != broken[0] or len(broken) == 1 else KeyError(name)
            return real(*arguments)

        return turn

    for name in PARTS:
        owner, _, attribute = name.rpartition(".")
        place = getattr(ticking, owner) if owner else ticking
        monkeypatch.setattr(place, attribute, part(name, getattr(place, attribute)))
    with pytest.raises(Outside, match=f"{broken[min(1, len(broken) - 1)]} cannot be reached"):
        tick(house.room)
    assert tuple(dict.fromkeys(had)) == PARTS, "and an error for people is raised before one of ours"
