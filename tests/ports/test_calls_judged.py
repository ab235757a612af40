"""Does what is said of a call later count as if it had come with the call, in any order and however often it comes?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from tests.ports.test_calls import ALWAYS, DAY, HOUR, MINUTE, START, call, event
from tests.stores import DATABASES, address

from cleanroom.adapters.memory.calls import MemoryCalls
from cleanroom.adapters.sqlstore import intake, open_store
from cleanroom.adapters.sqlstore.calls import SqlCalls
from cleanroom.core.call import Call, UserEvent
from cleanroom.core.telemetry.told import judgement_id
from cleanroom.ports.calls import ALL, PARTS, Calls

WORLDS = 40 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 2
FLAG = "hallucination"


@pytest.fixture(params=["memory", *DATABASES])
def calls(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Calls]:
    if request.param == "memory":
        yield MemoryCalls()
        return
    with open_store(address(request.param, request, tmp_path), Path) as store:
        yield SqlCalls(store, tmp_path / "calls")


def one_of(chance: Random, system: str, n: int) -> tuple[Call, list[Call | UserEvent], list[Call | UserEvent]]:
    """A call; what is said of it later; and the same as it is when all had been said at once."""
    metrics: dict[str, Any] = {"error": chance.random() < 0.3, "latency_s": chance.randrange(1, 40) / 8}
    if chance.random() < 0.4:
        metrics |= {FLAG: chance.random() < 0.5, "score/groundedness": chance.randrange(9) / 8}
    plain = call(f"{system}-{n}", chance.randrange(3 * HOUR), metrics, system=system, model=chance.choice("ab"))
    later: list[Call | UserEvent] = []
    whole = dict(metrics)
    for name in sorted(chance.sample(["faithful", "groundedness", "hallucination"], chance.randrange(4))):
        bad, score = chance.random() < 0.4, chance.randrange(9) / 8
        at = chance.randrange(4 * HOUR)
        said = {FLAG: bad, f"score/{name}": score}
        later.append(call(judgement_id(plain.id, name), at, said, system=system, operation="evaluation", model=""))
        whole = {f"score/{name}": score, **whole, FLAG: bool(whole.get(FLAG)) or bad}
    inside: list[Call | UserEvent] = [replace(plain, metrics=whole)]
    for turn in range(chance.choice((0, 0, 1, 2))):
        said_of = event(f"{plain.id}/{turn}", chance.randrange(4 * HOUR), happened="correction", call=plain.id)
        later.append(replace(said_of, system=system))
    if later and isinstance(later[-1], UserEvent):
        moved = event(plain.id, 0, happened="correction", model=plain.model, feature="search", prompt="p@1")
        inside.append(replace(moved, system=system, at=plain.at))
    return plain, later, inside


def send(calls: Calls, given: list[Call | UserEvent]) -> None:
    calls.record([one for one in given if isinstance(one, Call)], [one for one in given if isinstance(one, UserEvent)])


def rollups(calls: Calls, system: str) -> dict[str, Any]:
    """All cells of a system by minute and parts, the figures by the hour, and the columns."""
    span = (START, START + DAY)
    names = (ALL, *calls.metrics(system, *span))
    found: dict[str, Any] = {name: calls.cells(system, name, *span, MINUTE, PARTS) for name in names}
    found |= {f"by hour {name}": calls.cells(system, name, *span, HOUR) for name in names}
    columns = calls.columns(system, *ALWAYS, [name for name in names if name and not name.startswith("event/")])
    order = np.argsort(columns.id)
    found["ids"] = [id[5:] for id in columns.id[order].tolist()]
    return found | {f"of {name}": np.nan_to_num(v[order], nan=-1).tolist() for name, v in columns.metrics.items()}


def test_any_order_and_any_duplication_gives_what_comes_all_at_once(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "ROLL", 15)  # some of it waits while the rest is in the rollups
    for seed in range(WORLDS):
        chance = Random(seed)  # noqa: S311 - no secret
        plains, later, inside = zip(*(one_of(chance, f"late{seed}", n) for n in range(12)), strict=True)
        once = f"once{seed}"
        send(calls, [replace(one, system=once, id=f"{once}{one.id[5:]}") for group in inside for one in group])
        given = [*plains, *(one for group in later for one in group)]
        given += chance.choices(given, k=len(given) // 2)
        chance.shuffle(given)
        while given:
            size = chance.randrange(1, 9)
            send(calls, given[:size])
            del given[:size]
            if chance.random() < 0.06:
                calls.compact(START + chance.randrange(6) * HOUR)
        for _ in range(2):
            assert rollups(calls, f"late{seed}") == rollups(calls, f"once{seed}")
            calls.compact(START + 9 * HOUR)
        send(calls, [*plains, *(one for group in later for one in group)])
        assert rollups(calls, f"late{seed}") == rollups(calls, f"once{seed}"), "what is known changes nothing"
        n = {s.system: s.n for s in calls.seen()}
        assert n[f"late{seed}"] == n[f"once{seed}"] == 12


def test_while_its_call_is_unknown_a_judgement_counts_where_it_says_it_is(calls: Calls) -> None:
    said = call(judgement_id("x", "hallucination"), HOUR, {FLAG: True}, model="j", operation="evaluation")
    calls.record([said], [event("e", HOUR, happened="correction", call="x", model="j")])
    for _ in range(2):
        by_itself = [(HOUR, 1, 1)]
        assert [(c.start - START, c.n, c.bad) for c in calls.cells("shop", FLAG, *ALWAYS, MINUTE)] == by_itself
        assert calls.metrics("shop", *ALWAYS) == ("event/correction", FLAG)
        calls.compact(START + 3 * HOUR)
    calls.record([call("x", 5, {"error": False}, model="m")])
    for _ in range(2):
        (cell,) = calls.cells("shop", FLAG, START, START + DAY, MINUTE, ["model"])
        assert (cell.start, cell.parts, cell.n, cell.bad) == (START, ("m",), 1, 1)
        assert calls.metrics("shop", START + HOUR, START + DAY) == ()
        (cell,) = calls.cells("shop", ALL, START, START + DAY, MINUTE)
        assert (cell.start, cell.n) == (START, 1)
        assert [c.id for c in calls.rows("shop", *ALWAYS, {})] == [said.id, "x"], "both records are there"
        calls.compact(START + 3 * HOUR)


def test_what_is_forgotten_is_judged_no_more(calls: Calls) -> None:
    calls.record([call("x", 5, {"error": False})])
    calls.record([call(judgement_id("x", "faithful"), HOUR, {FLAG: False})])
    before = calls.cells("shop", FLAG, START, START + DAY, MINUTE)
    assert calls.forget("shop", START + DAY, texts=False) == 2
    calls.record([call(judgement_id("x", "faithful"), HOUR, {FLAG: False})])
    assert calls.cells("shop", FLAG, START, START + DAY, MINUTE) == before
    calls.record([call(judgement_id("x", "hallucination"), 2 * HOUR, {FLAG: True})])
    assert [(c.n, c.bad) for c in calls.cells("shop", FLAG, START, START + DAY, DAY)] == [(2, 1)], "it has no call"


def test_conversations_of_any_time_are_counted_within_the_error_of_a_sketch(calls: Calls) -> None:
    made = [
        call(
            f"{n}",
            n * 9 * HOUR // 3000,
            {"error": False, "input_tokens": 10.0, "cost": 0.25},
            conversation=f"c{n % 700}",
        )
        for n in range(3000)
    ]
    made += [call("none", 0, conversation=""), call("tool", 0, {"execute_tool/error": False}, conversation="x")]
    made.append(call("judged~x", 0, {FLAG: True}, conversation="y"))
    calls.record(made)
    for moved in (0, 2, 5, 20):
        calls.compact(START + moved * HOUR)
        whole = calls.sessions("shop", START, START + DAY)
        assert whole is not None
        assert abs(whole.conversations - 700) <= 12
        assert (whole.asked, whole.tokens, whole.cost) == (3000, 30_000, 750)
        part = calls.sessions("shop", START + HOUR // 2, START + HOUR)
        assert part is not None
        assert part.asked == 167
        assert abs(part.conversations - 167) <= 3
        nobody = calls.sessions("shop", START + 10 * HOUR, START + DAY)
        assert nobody is not None
        assert (nobody.conversations, nobody.asked, nobody.tokens, nobody.cost) == (0, 0, None, None)
    assert calls.forget("shop", START + HOUR // 2, texts=False) == 167 + 3
    left = calls.sessions("shop", START, START + DAY)
    assert left is not None
    assert left.asked == 2833, "of the file that was written anew its calls are read"
