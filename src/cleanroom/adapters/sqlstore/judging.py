"""How does what is said of a call later find that call? Whichever comes first; the rollups get the difference as call_moves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from cleanroom.adapters.judgements import Judgement, Move, counted, judged_by, judgement_of, moves, with_judgements
from cleanroom.adapters.sqlstore import call_log
from cleanroom.adapters.sqlstore.batches import batches, there
from cleanroom.adapters.sqlstore.secret import Secret
from cleanroom.adapters.sqlstore.tables import call_ids, call_judgements, call_moves
from cleanroom.core.call import Call, UserEvent
from cleanroom.ports.calls import CallColumns

_WAITS = select(call_judgements.c.id).where(call_judgements.c.moment.is_(None)).limit(1)
_LATE = select(call_judgements.c.about, call_judgements.c.body).where(
    call_judgements.c.moment >= bindparam("since"),
    call_judgements.c.moment < bindparam("until"),
    call_judgements.c.system == bindparam("system"),
)
_GONE = select(call_judgements.c.body).where(
    call_judgements.c.at >= bindparam("since"),
    call_judgements.c.at < bindparam("until"),
    call_judgements.c.moment.is_not(None),
)

Group = dict[bytes, Judgement]
"""What was said of one call, by the keyed hash of its id."""


def settle(
    connection: Connection,
    secret: Secret,
    fresh: Mapping[bytes, Call],
    events: Mapping[bytes, UserEvent],
    known: Mapping[str, Call],
) -> list[Move]:
    """Remember what of these calls and events judges a call; what that, and calls that were waited for, change in the rollups.

    fresh, events: what is new, by the keyed hashes of their ids; known: calls that had come before, by id, as far as they
    were looked up.
    """
    said: dict[bytes, Group] = {}
    about: dict[bytes, str] = {}
    new: Mapping[bytes, Call | UserEvent] = {**fresh, **events}
    for id, one in new.items():
        if of := judged_by(one):
            call = secret.of_id("call/" + of)
            about[call] = of
            said.setdefault(call, {})[id] = judgement_of(one)
    for call in _waited_for(connection, [id for id in fresh if not judged_by(fresh[id])]):
        about[call] = fresh[call].id
        said.setdefault(call, {})
    if not said:
        return []
    before = _groups(connection, list(said))
    there_now = {call: known[of] for call, of in about.items() if of in known}
    there_now |= _came_meanwhile(connection, {c: of for c, of in about.items() if c not in fresh and of not in known})
    found: list[Move] = []
    for call, more in said.items():
        old, now = there_now.get(call), fresh.get(call) or there_now.get(call)
        group = before.get(call, {})
        found += moves(counted(old, group.values()), counted(now, {**group, **more}.values()))
        if now is not None and old is None and group:
            of_call = update(call_judgements).where(call_judgements.c.call == call)
            connection.execute(of_call.values(moment=now.at, system=now.system))
        _remember(connection, call, about[call], more, now)
    return found


def keep(connection: Connection, found: Iterable[Move], seq: int) -> None:
    """Have them wait to be brought into the rollups, as number `seq` of the log."""
    of_system: dict[str, list[Any]] = {}
    for move in found:
        of_system.setdefault(move.system, []).append(list(move[1:]))
    if of_system:
        rows = [{"seq": seq, "system": system, "body": _json(body)} for system, body in of_system.items()]
        connection.execute(insert(call_moves), rows)


def later(connection: Connection, system: str, since: int, until: int) -> Callable[[CallColumns], CallColumns]:
    """What has each of a system's calls with since <= at < until hold what was said of it later."""
    span = {"since": since, "until": until}
    late: dict[str, list[Judgement]] = {}
    for row in connection.execute(_LATE, {**span, "system": system}):
        late.setdefault(row.about, []).append(_judgement(row.body))
    gone = [_judgement(body).record for body in connection.execute(_GONE, span).scalars()]
    return lambda columns: with_judgements(columns, late, gone)


def forget(connection: Connection, system: str, before: int) -> None:
    """Forget what was said of calls before that moment, as they are forgotten."""
    moment = func.coalesce(call_judgements.c.moment, call_judgements.c.at)
    connection.execute(delete(call_judgements).where(call_judgements.c.system == system, moment < before))


def _waited_for(connection: Connection, ids: list[bytes]) -> set[bytes]:
    """Of which of these new calls was anything said before?"""
    if not ids or connection.execute(_WAITS).first() is None:
        return set()
    return {bytes(id) for id in there(connection, call_judgements.c.call, ids)}


def _groups(connection: Connection, wanted: list[bytes]) -> dict[bytes, Group]:
    found: dict[bytes, Group] = {}
    for batch in batches(wanted):
        for row in connection.execute(select(call_judgements).where(call_judgements.c.call.in_(batch))):
            found.setdefault(bytes(row.call), {})[bytes(row.id)] = _judgement(row.body)
    return found


def _came_meanwhile(connection: Connection, wanted: Mapping[bytes, str]) -> dict[bytes, Call]:
    """Calls that came after they were looked up: they are still in the log."""
    found: dict[bytes, Call] = {}
    for batch in batches(list(wanted)):
        for row in connection.execute(select(call_ids.c.id, call_ids.c.seq).where(call_ids.c.id.in_(batch))):
            call = call_log.by_ids(connection, row.seq, [wanted[bytes(row.id)]])
            found |= {bytes(row.id): one for one in call}
    return found


def _remember(connection: Connection, call: bytes, about: str, new: Group, now: Call | None) -> None:
    rows = [
        {
            "call": call,
            "id": id,
            "system": one.system if now is None else now.system,
            "at": one.at,
            "moment": None if now is None else now.at,
            "about": about,
            "body": _json(asdict(one)),
        }
        for id, one in new.items()
    ]
    if rows:
        connection.execute(insert(call_judgements), rows)


def _judgement(body: str) -> Judgement:
    said = json.loads(body)
    return Judgement(**{**said, "parts": tuple(said["parts"])})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
