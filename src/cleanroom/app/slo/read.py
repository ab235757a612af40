"""Which SLOs are there, and what does the ledger say of one?"""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.app.folding import Folded
from cleanroom.app.room import Room
from cleanroom.core.base import Digest, NotFound, digest_of
from cleanroom.core.facts import LabelsSampled, SloJudged, SourceAged
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.slo import LabelledShare, Slo

SloFact = SloJudged | LabelsSampled | SourceAged

_FACTS: Folded[tuple[SloFact, ...]] = Folded()


def subject_of(name: str) -> str:
    """Where the facts about an SLO lie in the ledger."""
    return f"slo/{name}"


def named(room: Room, name: str) -> Slo:
    """The SLO of that name. Raises NotFound, and Misuse where slos/ does not lint."""
    slos = {s.name: s for s in room.project.slos()}
    if name not in slos:
        hint = did_you_mean(name[:100], slos) or "`cleanroom slo import FILE` brings OpenSLO files in."
        raise NotFound(f"there is no SLO {name[:100]!r} in slos/", hint)
    return slos[name]


def facts_of(room: Room, name: str) -> tuple[SloFact, ...]:
    """What the ledger has of an SLO, oldest first; what this process has read before is not read again."""
    return _FACTS.of(room.store, subject_of(name), _facts)


def read_up_to(room: Room, name: str) -> int:
    """The version of the ledger's subject that `facts_of` has seen last."""
    return _FACTS.read_up_to(room.store, subject_of(name))


def _facts(new: Sequence[LedgerEntry], found: tuple[SloFact, ...] | None) -> tuple[SloFact, ...]:
    return (*(found or ()), *(e.fact for e in new if isinstance(e.fact, SloJudged | LabelsSampled | SourceAged)))


def last_judged(room: Room, name: str) -> SloJudged | None:
    """The last that was written of where it stands."""
    return next((f for f in reversed(facts_of(room, name)) if isinstance(f, SloJudged)), None)


def definition_of(slo: Slo) -> Digest:
    """The digest of the whole promise."""
    return digest_of(slo)


def sampling_of(slo: Slo) -> Digest:
    """The digest of what decides which calls are drawn, and from which stratum: labels stay good while it does not change."""
    indicator = slo.indicator
    limit = indicator.limit if isinstance(indicator, LabelledShare) else None
    metric = indicator.metric if isinstance(indicator, LabelledShare) else ""
    return digest_of(["sample", slo.system, metric, None if limit is None else [limit.op, limit.value]])
