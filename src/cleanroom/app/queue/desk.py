"""Is the desk where the ledger is? Whatever reads the desk catches up first, so that a crash in between heals itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from weakref import WeakKeyDictionary

from cleanroom.app.room import Room
from cleanroom.core.base import NotFound
from cleanroom.core.facts import CorrectionsExported, CutoffSet
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.output import RISKS
from cleanroom.core.policy import plain
from cleanroom.core.queue import (
    SETTLED,
    Promise,
    Standing,
    due,
    feedback_due,
    promise,
    rank,
    standing,
    subject_of_cutoff,
    subject_of_output,
)
from cleanroom.core.queue_rules import QueueRules
from cleanroom.ports.desk import Item, Where
from cleanroom.ports.store import Store

CORRECTIONS = "corrections"
"""The ledger's subject of exports."""

_OUTPUT = subject_of_output("")
_PAGE = 5000
_MOST_PROMISES = 1000
_PROMISES: WeakKeyDictionary[Store, dict[str, Promise]] = WeakKeyDictionary()
"""What this process read of each ledger, by system; at most so many. The ledger is asked each time what came since."""


def catch_up(room: Room) -> None:
    """Put on the desk whatever the ledger has and the desk has not seen. Safe to do from several places at once."""
    while True:
        page = list(room.store.entries(room.desk.read_up_to(), _PAGE))
        if not page:
            return
        _place(room, page)
        room.desk.set_read_up_to(page[-1].index)
        if len(page) < _PAGE:
            return


def standing_of(room: Room, id: str) -> Standing:
    """Where an output stands, as the ledger says. Raises NotFound when it never came."""
    found = standing(room.store.history(subject_of_output(id)))
    if found is None:
        raise NotFound(f"there is no output {id!r:.140}", "`cleanroom queue list` shows what waits.")
    return found


def promise_of(room: Room, system: str) -> Promise:
    """What is in force for a system, read back to its last calibration, or to where this process read before."""
    seen = _PROMISES.setdefault(room.store, {})
    known, found = seen.get(system), list[LedgerEntry]()
    for entry in _backwards(room.store, subject_of_cutoff(system)):
        if known is not None and not found and entry.version < known.version:
            known = None  # the ledger was put back to an older copy
        if known is not None and entry.version <= known.version:
            break
        found.append(entry)
        if isinstance(entry.fact, CutoffSet):
            break
    else:
        known = None
    now = promise(reversed(found), known)
    if len(seen) >= _MOST_PROMISES:
        seen.clear()
    seen[system] = now
    return now


def _backwards(store: Store, subject: str) -> Iterator[LedgerEntry]:
    """The entries of a subject, newest first; few at first, as a call mostly needs no more."""
    before, size = None, 4
    while True:
        page = store.latest(subject, size, before)
        yield from page
        if len(page) < size:
            return
        before, size = page[-1].index, _PAGE


def settle(room: Room, found: Standing) -> None:
    """Put one output where the ledger has it, for a desk that was behind."""
    room.desk.place([item_of(found, room.project.queue_rules())])


def item_of(found: Standing, rules: QueueRules, *, exported: bool = False, let_in: bool = False) -> Item:
    """An output's place on the desk. What is done waits there for its export, where there is something to learn."""
    came = found.received
    if found.reviewed is not None:
        open_ = found.corrected and not exported
        return Item(
            id=came.output,
            system=came.system,
            content=came.content,
            where="done",
            rank=RISKS.index(came.risk) if open_ else SETTLED,
            came=found.reviewed.at,
            due=feedback_due(came.risk, found.reviewed.at, rules),
            version=found.version,
        )
    outside: Where = "held" if came.route == "held" and not let_in else "waiting"
    return Item(
        id=came.output,
        system=came.system,
        content=came.content,
        where=outside if found.needs_person else "accepted",
        rank=rank(came),
        came=came.at,
        due=due(came, rules),
        version=found.version,
        escalated=bool(found.escalated),
    )


def _place(room: Room, page: Iterable[LedgerEntry]) -> None:
    """Put what these entries are about on the desk, each output once, as it is after all of them."""
    rules = room.project.queue_rules()
    seen: dict[str, list[LedgerEntry]] = {}
    exported: set[str] = set()
    for entry in page:
        if entry.subject.startswith(_OUTPUT):
            seen.setdefault(entry.subject.removeprefix(_OUTPUT), []).append(entry)
        elif isinstance(entry.fact, CorrectionsExported):
            exported |= set(entry.fact.outputs)
    items, passed_on = [], []
    for id in dict.fromkeys((*seen, *exported)):
        entries = seen.get(id, [])
        whole = bool(entries) and entries[0].version == 1
        found = standing(entries if whole else room.store.history(subject_of_output(id)))
        if found is not None:
            before = None if whole else room.desk.item(id)
            inside = before is not None and before.where == "waiting"
            items.append(item_of(found, rules, exported=id in exported, let_in=inside))
            passed_on += [(id, e.by.person) for e in found.escalated if e.by is not None and found.reviewed is None]
    if items:
        room.desk.place(items)
    for id, person in passed_on:
        room.desk.release(id, plain(person), skip=True)
