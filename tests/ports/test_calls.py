"""Does every adapter of Calls keep the promises of its port?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import Any

import numpy as np
import pytest
from tests.stores import DATABASES, address

from cleanroom.adapters.memory.calls import MemoryCalls
from cleanroom.adapters.sqlstore import open_store
from cleanroom.adapters.sqlstore.calls import SqlCalls
from cleanroom.core.base import Misuse
from cleanroom.core.call import Call, UserEvent
from cleanroom.core.telemetry.histogram import histogram_of, merged
from cleanroom.ports.calls import ALL, MOST_METRICS, MOST_PARTS, OTHER, Calls, Cell, SystemSeen

SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000
DAY = 24 * HOUR
START = 1_795_000_000_000_000 // DAY * DAY
ALWAYS = (0, 2**60)


def call(id: str, at: int = 0, metrics: Mapping[str, Any] | None = None, **more: Any) -> Call:
    """A call that began so many microseconds after START."""
    given: dict[str, Any] = {
        "id": id,
        "trace": f"t-{id}",
        "parent": "",
        "system": "shop",
        "feature": "search",
        "variant": "",
        "operation": "chat",
        "tool": "",
        "provider": "openai",
        "model": "m",
        "prompt": "p@1",
        "conversation": f"c-{id}",
        "who": f"w-{id}",
        "at": START + at,
        "took": 5,
        "arrived": START + at + SECOND,
        "error": "",
        "metrics": {"error": False} if metrics is None else metrics,
    }
    return Call(**{**given, **more})


def event(id: str, at: int = 0, **more: Any) -> UserEvent:
    """A user event so many microseconds after START."""
    given: dict[str, Any] = {"id": id, "system": "shop", "happened": "ticket", "at": START + at, "arrived": START + at}
    return UserEvent(**{**given, **more})


@pytest.fixture(params=["memory", *DATABASES])
def calls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Calls]:
    if request.param == "memory":
        yield MemoryCalls()
        return
    with open_store(address(request.param, request, tmp_path), Path) as store:
        yield SqlCalls(store, tmp_path / "calls")


def ids(calls: Calls, span: tuple[int, int] = ALWAYS, system: str = "shop") -> list[str]:
    return [str(id) for id in calls.columns(system, *span, []).id]


def n_of(cells: Sequence[Cell]) -> list[tuple[Any, ...]]:
    """(start after START, parts, n, bad, total) of cells."""
    return [(c.start - START, c.parts, c.n, c.bad, round(c.total, 9)) for c in cells]


def test_a_call_counts_once_however_often_it_comes(calls: Calls) -> None:
    batch = [call("a", 1), call("b", 2)]
    first = calls.record(batch, [event("a"), event("e")])
    assert (first.new, first.known) == (4, 0)
    again = calls.record([*batch, call("c", 3)], [event("e")])
    assert (again.new, again.known) == (1, 3)
    twice = calls.record([call("d", 4), call("d", 5), call("a", 5 * HOUR, system="other")], [event("x"), event("x", 7)])
    assert (twice.new, twice.known) == (2, 3)
    assert ids(calls) == ["a", "b", "c", "d"]
    assert [(e.id, e.at - START) for e in calls.events("shop", *ALWAYS)] == [("a", 0), ("e", 0), ("x", 0)]
    assert calls.record([]).new == calls.record([], []).new == 0
    assert sum(c.n for c in calls.cells("shop", ALL, START, START + DAY, DAY)) == 4


def test_columns_come_by_time_and_what_was_not_said_is_nan(calls: Calls) -> None:
    calls.record(
        [call("late", 5 * HOUR), call("x", 7, {"ms": 7, "größe 'x'": -0.5}), call("b", 3, {"ms": 12.5, "bad": True})]
    )
    calls.record([call("a", 3, {"bad": False}, variant="new"), call("early", -2 * HOUR, {}), call("g", 4, system="g")])
    for _ in range(2):
        assert ids(calls) == ["early", "b", "a", "x", "late"]
        found = calls.columns("shop", START + 3, START + 7, ["ms", "bad", "größe 'x'", "nobody"])
        assert found.id.tolist() == ["b", "a"]
        assert found.variant.tolist() == ["", "new"]
        assert (found.at - START).tolist() == [3, 3]
        assert [found.who.tolist(), found.conversation.tolist()] == [["w-b", "w-a"], ["c-b", "c-a"]]
        assert np.array_equal(found.metrics["ms"], [12.5, np.nan], equal_nan=True)
        assert np.array_equal(found.metrics["bad"], [1, 0])
        assert np.isnan(found.metrics["nobody"]).all()
        assert calls.columns("shop", *ALWAYS, ["größe 'x'"]).metrics["größe 'x'"].tolist()[3] == -0.5
        assert (found.id.dtype.kind, found.at.dtype.kind, found.metrics["ms"].dtype.kind) == ("U", "i", "f")
        assert ids(calls, system="nobody") == []
        calls.compact(START + 4 * HOUR)


def test_rollups_by_minute_and_part(calls: Calls) -> None:
    calls.record([call("a", 1, {"error": True, "ms": 2.0}), call("b", MINUTE - 1, {"ms": 3.5}, model="n")])
    calls.record([call("c", MINUTE, {"error": False}, model="n"), call("a", 1, {"error": True})])
    calls.record([call("d", 59 * SECOND, {"error": False, "ms": 0.0}), call("e", 2, {}, system="g")])
    for moved in (5, 0):
        assert n_of(calls.cells("shop", ALL, *(START, START + HOUR), MINUTE)) == [
            (0, (), 3, 0, 0),
            (MINUTE, (), 1, 0, 0),
        ]
        assert n_of(calls.cells("shop", "ms", START, START + HOUR, MINUTE, ["model", "feature"])) == [
            (0, ("m", "search"), 2, 1, 2.0),
            (0, ("n", "search"), 1, 1, 3.5),
        ]
        assert n_of(calls.cells("shop", "error", START, START + MINUTE, HOUR)) == [(0, (), 2, 1, 1)]
        assert n_of(calls.cells("shop", "error", START + 1, START + 2 * MINUTE, HOUR)) == [(1, (), 1, 0, 0)]
        (cell,) = calls.cells("shop", "ms", START, START + DAY, DAY)
        assert dict(cell.histogram) == histogram_of([2, 3.5, 0])
        assert all(
            dict(c.histogram) == {} for m in ("error", ALL) for c in calls.cells("shop", m, START, START + DAY, DAY)
        )
        assert calls.cells("shop", "nothing", *ALWAYS, HOUR) == calls.cells("nobody", ALL, *ALWAYS, HOUR) == ()
        assert calls.metrics("shop", *ALWAYS) == ("error", "ms")
        assert calls.metrics("shop", START + MINUTE, START + HOUR) == ("error",)
        assert calls.metrics("shop", START + 1, START + MINUTE) == ()
        assert calls.compact(START + DAY) == moved
    for step in (0, -MINUTE, MINUTE + 1):
        with pytest.raises(Misuse, match="whole minutes"):
            calls.cells("shop", ALL, *ALWAYS, step)


def test_user_events_count_as_metrics(calls: Calls) -> None:
    calls.record(
        [], [event("1"), event("2", MINUTE, happened="conversion", value=12.5, model="m", call="x", words="yes")]
    )
    calls.record([call("a")], [event("3", 2 * MINUTE, happened="conversion", value=7.5), event("4", system="g")])
    for _ in range(2):
        (sold,) = calls.cells("shop", "event/conversion", START, START + DAY, DAY)
        assert (sold.n, sold.total, dict(sold.histogram)) == (2, 20.0, histogram_of([12.5, 7.5]))
        assert n_of(calls.cells("shop", "event/ticket", START, START + DAY, DAY, ["model"])) == [(0, ("",), 1, 0, 0)]
        assert calls.metrics("shop", *ALWAYS) == ("error", "event/conversion", "event/ticket")
        assert [e.id for e in calls.events("shop", START, START + 2 * MINUTE)] == ["1", "2"]
        (first,) = calls.events("shop", START, START + 2 * MINUTE, "conversion")
        assert first == event("2", MINUTE, happened="conversion", value=12.5, model="m", call="x", words="yes")
        assert calls.seen() == (
            SystemSeen("g", 0, START, START),
            SystemSeen("shop", 1, START, START + 2 * MINUTE),
        )
        calls.compact(START + DAY)


def test_any_step_and_any_span_add_up_to_the_same(calls: Calls) -> None:
    chance = np.random.default_rng(5)
    many = 600
    at = np.sort(chance.integers(0, 3 * DAY, many)).tolist()
    ms = chance.lognormal(3, 1, many).tolist()
    batch = [call(f"{i}", at[i], {"ms": ms[i]}, variant="ab"[i % 2], model="xyz"[i % 3]) for i in range(many)]
    for start in range(0, many, 200):
        calls.record(batch[start : start + 200])
        calls.compact(START)  # rolls what came
    calls.record([call("late", HOUR, {"ms": 5.0}, variant="a", model="x")])
    at, ms = [*at, HOUR], [*ms, 5.0]
    spans = [(0, 3 * DAY), (7 * MINUTE, 2 * DAY + 13 * MINUTE), (HOUR + 1, 5 * HOUR), (-DAY, 2**50), (17, 18)]
    for since, until in spans:
        for step in (7 * MINUTE, HOUR, 6 * HOUR, DAY, 5 * DAY):
            minute = [a // MINUTE * MINUTE for a in at]
            mine = [i for i, m in enumerate(minute) if since <= m < until]
            expected: dict[tuple[int, str], list[float]] = {}
            for i in mine:
                variant = "a" if i == many else "ab"[i % 2]
                expected.setdefault((since + (minute[i] - since) // step * step, variant), []).append(ms[i])
            found = calls.cells("shop", "ms", START + since, START + until, step, ["variant"])
            assert [(c.start - START, *c.parts) for c in found] == sorted(expected)
            together = calls.all_cells("shop", START + since, START + until, step, ["variant"])
            assert together == ({"ms": found} if found else {})
            for cell, key in zip(found, sorted(expected), strict=True):
                assert cell.n == len(expected[key])
                assert cell.total == pytest.approx(sum(expected[key]))
                assert dict(cell.histogram) == histogram_of(expected[key])
    whole = calls.cells("shop", "ms", START, START + 3 * DAY, 3 * DAY)
    parts = calls.cells("shop", "ms", START, START + 3 * DAY, HOUR, ["variant", "model", "feature", "prompt"])
    assert merged(c.histogram for c in parts) == dict(whole[0].histogram)


def test_what_is_told_apart_on_a_day_is_bounded(calls: Calls) -> None:
    extra = 7
    calls.record([call(f"{i}", i, prompt=f"p@{i}") for i in range(MOST_PARTS + extra)])
    calls.record([call(f"y{i}", DAY + i, prompt=f"p@{MOST_PARTS + i}") for i in range(extra)])
    calls.record(
        [call(f"m{i}", 2 * DAY + i, {f"metric {j}": 1.0 for j in range(i * 90, (i + 1) * 90)}) for i in range(3)]
    )
    for _ in range(2):
        found = {c.parts[0]: c.n for c in calls.cells("shop", ALL, START, START + DAY, DAY, ["prompt"])}
        assert len(found) == MOST_PARTS + 1
        assert found.pop(OTHER) == extra
        assert set(found.values()) == {1}
        assert len(calls.cells("shop", ALL, START + DAY, START + 2 * DAY, DAY, ["prompt"])) == extra
        names = calls.metrics("shop", START + 2 * DAY, START + 3 * DAY)
        calls.compact(START)
    assert len(names) == MOST_METRICS + 1
    assert sum(c.n for c in calls.cells("shop", OTHER, START, START + 3 * DAY, DAY)) == 270 - MOST_METRICS
    calls.record([call("again", 9, prompt="p@3")])
    found = {c.parts[0]: c.n for c in calls.cells("shop", ALL, START, START + DAY, DAY, ["prompt"])}
    assert (found["p@3"], found[OTHER]) == (2, extra)


def test_hours_that_ended_move_and_nothing_else_changes(calls: Calls) -> None:
    batch = [call(f"{i:02}", i * HOUR // 4, {"ms": i, "x": True}, error="E" if i % 5 else "") for i in range(12)]
    batch = [
        replace(c, input="in " + c.id, output="ö\n", sources=("s", c.id)) if i % 3 else c for i, c in enumerate(batch)
    ]
    calls.record(batch[::-1])
    calls.record([call("edge", HOUR, arrived=START + 5 * HOUR), call("g", 5, system="g")])

    def seen() -> list[Any]:
        cells = calls.cells("shop", "ms", START, START + DAY, HOUR)
        return [ids(calls), calls.rows("shop", *ALWAYS, {}), cells, [calls.call(i) for i in ("03", "edge", "g", "no")]]

    before = seen()
    assert before[0] == ["00", "01", "02", "03", "04", "edge", *(f"{i:02}" for i in range(5, 12))]
    assert before[3][0] == batch[3]
    assert before[3][2].system == "g"
    assert before[3][3] is None
    for moment, moved in ((0, 0), (HOUR - 1, 0), (HOUR, 5), (2 * HOUR + 1, 4), (2 * HOUR + 1, 0), (6 * HOUR, 5)):
        assert calls.compact(START + moment) == moved
        assert seen() == before
    for since in (START - 1, START, START + HOUR - 1, START + HOUR, START + HOUR + 1):
        inside = [c.id for c in calls.rows("shop", since, since + HOUR, {})]
        assert sorted(inside) == sorted(ids(calls, (since, since + HOUR)))
    assert calls.record([*batch, call("edge")]).new == 0


def test_rows_are_the_newest_that_are_as_asked_for(calls: Calls) -> None:
    batch = [
        call(
            f"{i:02}",
            i // 2 * 10 * MINUTE,
            {"error": i % 4 == 0, "ms": i % 3} if i % 5 else {},
            variant="ab"[i % 2],
            conversation=f"c{i % 6}",
            trace=f"t{i % 7}",
            operation="embeddings" if i % 11 == 0 else "chat",
        )
        for i in range(40)
    ]
    calls.record(batch)
    order = [c.id for c in sorted(batch, key=lambda c: (c.at, c.id), reverse=True)]
    by_id = {c.id: c for c in batch}

    def asked(limit: int = 50, bad: str = "", **where: str) -> list[str]:
        return [c.id for c in calls.rows("shop", *ALWAYS, where, bad, limit)]

    for hour in (0, 2, 5):
        calls.compact(START + hour * HOUR)
        assert asked() == order
        assert asked(5) == order[:5]
        assert asked(7, variant="a", conversation="c2") == [i for i in order if int(i) % 2 == 0 and int(i) % 6 == 2][:7]
        assert asked(trace="t3") == [i for i in order if int(i) % 7 == 3]
        assert asked(operation="embeddings") == [i for i in order if int(i) % 11 == 0]
        assert asked(bad="error") == [i for i in order if by_id[i].metrics.get("error")]
        assert asked(3, bad="ms") == [i for i in order if by_id[i].metrics.get("ms")][:3]
        assert asked(bad="none") == asked(model="none") == asked(model="\ud800") == asked(0) == []
    with pytest.raises(Misuse, match="cannot be asked by 'who'"):
        calls.rows("shop", *ALWAYS, {"who": "w-1"})
    assert calls.call("nul \x00") is None


def test_what_comes_late_joins_its_minute_and_an_id_is_known_for_ever(calls: Calls) -> None:
    calls.record([call("a", 3), call("b", 3)])
    assert calls.compact(START + 2 * HOUR) == 2
    late = [call("c", 3, arrived=START + 3 * HOUR), call("0", 2, arrived=START + 3 * HOUR), call("a", 7)]
    found = calls.record(late)
    assert (found.new, found.known) == (2, 1)
    for _ in range(2):
        assert ids(calls) == ["0", "a", "b", "c"]
        assert n_of(calls.cells("shop", ALL, START, START + HOUR, MINUTE)) == [(0, (), 4, 0, 0)]
        calls.compact(START + 4 * HOUR)
    assert calls.forget("shop", START + DAY, texts=False) == 4
    assert calls.record([call(i) for i in "abc0"]).new == 0


def test_texts_are_forgotten_first_and_then_all_but_the_rollups(calls: Calls) -> None:
    said: dict[str, Any] = {"input": "ana@shop.example", "output": "hello", "sources": ("one", "two")}
    calls.record([call(f"{i}", i * HOUR // 2, **(said if i != 2 else {})) for i in range(8)])
    calls.record([call("other", 0, system="g", **said)], [event("e", 5, words="angry"), event("f", DAY, words="late")])
    assert calls.compact(START + 2 * HOUR) == 5
    assert calls.forget("shop", START, texts=True) == 0
    assert calls.forget("shop", START + HOUR // 2 + 1, texts=True) == 3
    assert calls.forget("shop", START + HOUR // 2 + 1, texts=True) == 0

    def texts() -> dict[str, str]:
        return {c.id: c.input + c.output + "".join(c.sources) for c in calls.rows("shop", *ALWAYS, {})[::-1]}

    whole = "ana@shop.examplehelloonetwo"
    assert texts() == {"0": "", "1": "", "2": "", **dict.fromkeys("34567", whole)}
    assert [e.words for e in calls.events("shop", *ALWAYS)] == ["", "late"]
    assert calls.forget("shop", START + 5 * HOUR // 2 + 1, texts=True) == 3
    assert texts() == {**dict.fromkeys("012345", ""), **dict.fromkeys("67", whole)}
    found = calls.call("3")
    assert found == call("3", 3 * HOUR // 2)
    rollups = calls.cells("shop", ALL, START, START + DAY, HOUR)
    assert calls.forget("shop", START + 3 * HOUR // 2, texts=False) == 4
    assert ids(calls) == ["3", "4", "5", "6", "7"]
    assert calls.forget("shop", START + 3 * HOUR, texts=False) == 3
    assert calls.forget("shop", START + 3 * HOUR, texts=False) == 0
    assert ids(calls) == ["6", "7"]
    assert calls.call("3") is None
    assert [e.id for e in calls.events("shop", *ALWAYS)] == ["f"]
    assert texts() == {"6": whole, "7": whole}
    assert calls.compact(START + DAY) == 2
    assert texts() == {"6": whole, "7": whole}
    assert calls.cells("shop", ALL, START, START + DAY, HOUR) == rollups
    other = calls.call("other")
    assert other is not None
    assert other.output == "hello"


WRONG: list[tuple[Any, str]] = [
    (call("x", model="nul \x00"), "cannot be kept"),
    (call("x", input="half \ud800"), "cannot be kept"),
    (call("x", sources=("half \udfff",)), "cannot be kept"),
    (call("x", metrics={"half \ud800": 1}), "cannot be kept"),
    (call("nul \x00"), "cannot be kept"),
    (call("x", metrics={"ms": float("nan")}), "no finite number"),
    (call("x", metrics={"ms": float("-inf"), "s": float("inf")}), "no finite number"),
    (call("x", metrics={str(i): 1 for i in range(101)}), "101 metrics"),
    (call("x", at=2**62), "before 1970 or after 2200"),
    (call("x", arrived=-1), "before 1970 or after 2200"),
    (call("x", took=-1), "lasted -1"),
    (event("x", words="half \ud800"), "cannot be kept"),
    (event("x", value=float("inf")), "no finite number"),
    (event("x", -(2**62)), "before 1970 or after 2200"),
]


def test_what_cannot_be_kept_is_refused_with_all_that_came_with_it(calls: Calls) -> None:
    for wrong, said in WRONG:
        given = (
            ([call("good")], [event("good"), wrong]) if isinstance(wrong, UserEvent) else ([call("good"), wrong], [])
        )
        with pytest.raises(Misuse, match=said):
            calls.record(*given)
    assert ids(calls) == []
    assert calls.seen() == ()
    assert calls.events("shop", *ALWAYS) == ()


def test_numbers_that_are_large_together_are_kept(calls: Calls) -> None:
    calls.record([call("x", metrics={"a": 1.7e308, "b": 1.7e308})])
    assert calls.columns("shop", *ALWAYS, ["a"]).metrics["a"].tolist() == [1.7e308]


def test_a_large_batch_of_many_systems_and_hours(calls: Calls) -> None:
    batch = [call(f"{i}", i * 4 * SECOND, {f"m{i % 7}": i}, system=f"s{i % 3}") for i in range(2500)]
    assert calls.record(batch).new == 2500
    assert calls.record(batch).known == 2500
    expected = [f"{i}" for i in range(1, 2500, 3)]
    for _ in range(2):
        assert ids(calls, system="s1") == expected
        found = calls.columns("s1", *ALWAYS, ["m4"]).metrics["m4"]
        assert found[~np.isnan(found)].tolist() == [i for i in range(1, 2500, 3) if i % 7 == 4]
        assert [s.n for s in calls.seen()] == [834, 833, 833]
        assert sum(c.n for c in calls.cells("s1", "m4", *ALWAYS, HOUR)) == 119
        calls.compact(START + 20 * HOUR)


def test_of_many_writers_who_send_the_same_one_counts(calls: Calls) -> None:
    barrier = Barrier(8)

    def send(number: int) -> int:
        barrier.wait()
        own = [call(f"own {number} {i}", i) for i in range(5)]
        return calls.record([*(call(f"{i}", i) for i in range(40)), *own], [event(f"{i}") for i in range(3)]).new

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(send, range(8))) == 40 + 8 * 5 + 3
    assert len(ids(calls)) == 80
    assert sum(c.n for c in calls.cells("shop", ALL, *ALWAYS, HOUR)) == 80
    assert len(calls.events("shop", *ALWAYS)) == 3


def test_a_longer_text_than_a_row_takes(calls: Calls) -> None:
    long = "ä" * 2_100_000
    calls.record([call(f"{i}", i, output=long) for i in range(2)])
    for _ in range(2):
        assert [len(c.output) for c in calls.rows("shop", *ALWAYS, {})] == [2_100_000] * 2
        assert calls.compact(START + HOUR) in {0, 2}
