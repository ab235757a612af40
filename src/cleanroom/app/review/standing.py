"""Where does a change stand? Its files, its history in the ledger and the policy, read together."""

from __future__ import annotations

from dataclasses import dataclass

from cleanroom.app.contract.digest import contract_digest
from cleanroom.app.room import Room
from cleanroom.core.base import Digest, Misuse, Refused
from cleanroom.core.change import Change, DatasetArtifact, Mapping, MappingArtifact
from cleanroom.core.facts import Checked, Looked
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.policy import Policy
from cleanroom.core.review import Review, review
from cleanroom.core.signing import what_next
from cleanroom.ports.engine import Table


@dataclass(frozen=True, slots=True)
class Standing:
    """A change with its review. `mapping` is None for a dataset; `history`: what the ledger has of it, oldest first."""

    name: str
    change: Change
    mapping: Mapping | None
    review: Review
    history: tuple[LedgerEntry, ...]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A change whose files, or whose contract, have mistakes."""

    name: str
    because: str
    hint: str
    history: tuple[LedgerEntry, ...]


def subject(name: str) -> str:
    """The ledger's subject of a change."""
    return f"change/{name}"


def standing(room: Room, name: str) -> Standing:
    """Where the change stands now. Raises Misuse where there is none, or its files have mistakes.

    A mapping that was edited by hand is no mistake: its review says so.
    """
    return _standing(room, name, room.project.policy(), contract_digest(room.project.contract(), room.project.golden()))


def waiting(room: Room, plan: Digest | None = None) -> tuple[Standing | Unreadable, ...]:
    """All changes of the project, each with where it stands; one that cannot be read is there, with the reason.

    `plan`: the digest of the contract as it lies there, for a caller that knows it; reading it takes longest.
    """
    policy = room.project.policy()
    try:
        plan = plan or contract_digest(room.project.contract(), room.project.golden())
    except Misuse as error:
        return tuple(_broken(room, name, error) for name in room.project.changes())
    found: list[Standing | Unreadable] = []
    for name in room.project.changes():
        try:
            found.append(_standing(room, name, policy, plan))
        except Misuse as error:
            found.append(_broken(room, name, error))
    return tuple(found)


def of_mapping(found: Standing) -> Mapping:
    """The mapping of a standing. Raises Misuse for a dataset."""
    if found.mapping is None:
        raise Misuse(f"change {found.name!r} has no mapping: it is a dataset", "Its report shows what it would do.")
    return found.mapping


def shown_run(found: Standing) -> Checked:
    """The last run, also one of a version before the last edit: a reviewer goes on after flagging a name.

    Raises Refused before a first run.
    """
    of_mapping(found)
    runs = (e.fact for e in reversed(found.history) if isinstance(e.fact, Checked))
    last = found.review.checked or next(runs, None)
    if last is None:
        raise Refused(f"{found.name} has no run to look at", what_next(found.review))
    return last


def looked_at(found: Standing, checked: Checked) -> dict[str, tuple[str, ...]]:
    """Who found which name right in this run; a name that was corrected or flagged since has to be looked at again."""
    touched = {c.legacy: c.at for c in found.change.provenance.corrections}
    who: dict[str, tuple[str, ...]] = {}
    for entry in found.history:
        fact = entry.fact
        if isinstance(fact, Looked) and fact.run == checked.run and fact.at > touched.get(fact.legacy, ""):
            who[fact.legacy] = (*who.get(fact.legacy, ()), fact.by.person)
    return who


def _standing(room: Room, name: str, policy: Policy, plan: Digest) -> Standing:
    # The ledger first: whatever is appended after this makes a decision's compare-and-swap fail.
    history = room.store.history(subject(name))
    change, mapping, seen = room.project.change_as_it_lies(name)
    edited = (seen or room.artifacts.digest_unless_touched(data_of(room, change).path)) != change.artifact.digest
    found = review(change, history, plan, policy, room.clock.now(), edited=edited)
    return Standing(name, change, mapping, found, history)


def data_of(room: Room, change: Change) -> Table:
    """Where a change's data lies: what a mapping is applied to, or the dataset itself."""
    match change.artifact:
        case MappingArtifact(source=place) | DatasetArtifact(file=place):
            return Table.named(place, room.project.root)


def _broken(room: Room, name: str, error: Misuse) -> Unreadable:
    return Unreadable(name, error.message, error.hint, room.store.history(subject(name)))
