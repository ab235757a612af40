"""Which entries of a mapping should a reviewer look at first?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cleanroom.core.base import noun
from cleanroom.core.change import NONE, Correction, MappedName, Mapping
from cleanroom.core.contract import Plan
from cleanroom.core.policy import AREAS, Area
from cleanroom.core.run import EventFlow
from cleanroom.core.touches import areas_of, metrics_of

MOST = 100
"""Entries that a reviewer is shown."""


@noun
class Weighed:
    """An entry and why it matters: the rows it affects, how much the model disagreed, and what counts on it.

    `doubt` is a share, the chance that the choice is wrong as far as the votes tell. `uses` names the ratios and
    funnels in which the target, or one it might have been, counts; `areas` what those touch. `score` = rows x doubt x
    (1 + uses + areas): the rows that may be wrong, weighed by what they would spoil.
    """

    entry: MappedName
    rows: int
    users: int | None
    doubt: float
    uses: tuple[str, ...]
    areas: tuple[Area, ...]
    score: float
    flagged: Correction | None = None


def weighed(
    plan: Plan,
    mapping: Mapping,
    flows: Iterable[EventFlow],
    flagged: Sequence[Correction] = (),
    limit: int | None = MOST,
) -> tuple[Weighed, ...]:
    """The entries that matter most, highest score first; what somebody flagged comes before all else."""
    seen = {f.legacy: f for f in flows if f.legacy is not None}
    doubts = {c.legacy: c for c in flagged}
    found = sorted(
        (_weighed(plan, entry, seen.get(entry.legacy), doubts.get(entry.legacy)) for entry in mapping.events),
        key=lambda w: (w.flagged is None, -w.score, -w.rows, w.entry.legacy),
    )
    return tuple(found[:limit])


def doubt(entry: MappedName) -> float:
    """The share of voices against the chosen target, by Laplace's rule of succession: (against + 1) / (all + 2).

    The deterministic cross-check has one voice, like each run of the model. Nobody asked: 1/2.
    """
    against = sum(n for target, n in entry.votes if target != entry.target)
    voices = sum(n for _, n in entry.votes)
    if entry.similar is not None:  # it is only there where it disagrees
        against, voices = against + 1, voices + 1
    return (against + 1) / (voices + 2)


def _weighed(plan: Plan, entry: MappedName, flow: EventFlow | None, flagged: Correction | None) -> Weighed:
    rows = flow.rows if flow else 0
    candidates = [entry.target, *(t for t, _ in entry.votes), *([entry.similar] if entry.similar else [])]
    events = [e for e in (plan.event(t) for t in dict.fromkeys(candidates) if t != NONE) if e is not None]
    uses = tuple(dict.fromkeys(use for event in events for use in metrics_of(plan, event.name)))
    touched = {area for event in events for area in areas_of(plan, event)} - {"metrics"}
    areas = tuple(a for a in AREAS if a in touched)
    wrong = doubt(entry)
    score = rows * wrong * (1 + len(uses) + len(areas))
    return Weighed(entry, rows, flow.users if flow else None, wrong, uses, areas, score, flagged)
