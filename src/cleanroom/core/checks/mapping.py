"""Is the mapping of legacy names sane: no invented target, nothing left out, nothing thrown together, no row lost?"""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import noun
from cleanroom.core.change import NONE, Mapping
from cleanroom.core.check import CheckResult, Family, Outcome, SourceRows
from cleanroom.core.checks.counts import by_day
from cleanroom.core.checks.words import Figures, count, listed, most, named, percent, result, rows, with_rows
from cleanroom.core.measure import Column, Measure, Rows, Seen

RARE = 0.01
"""A legacy name below this share of the rows is rare: it has no business on the most frequent event."""

MUCH = 0.05
"""A legacy name above this share of the rows that is mapped to none deserves a second look."""


def source_rows(event: str) -> Rows:
    """Rows of the source by legacy name."""
    return Rows((Column(event),), "source")


def _by_name(seen: Seen[object], event: str) -> dict[str | None, int]:
    by = seen[source_rows(event)].by
    return {k[0]: n for k, n in by.items()}


@noun
class TargetsExist:
    """Every target is an event of the plan, or none; none has a reason; no legacy name is mapped twice."""

    mapping: Mapping
    event: str
    known: tuple[str, ...]
    kind: Literal["targets_exist"] = "targets_exist"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return "mapping.targets"

    @property
    def family(self) -> Family:
        """Its family."""
        return "mapping"

    def needs(self) -> tuple[Measure, ...]:
        """The source's rows, only to say how many are concerned."""
        return (source_rows(self.event),)

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL for an invented target, a none without a reason, a name mapped twice. Decided even without data."""
        by = _by_name(seen, self.event) if seen.has(source_rows(self.event)) else {}
        entries = self.mapping.events
        invented = [m for m in entries if m.target != NONE and m.target not in self.known]
        silent = [m.legacy for m in entries if m.target == NONE and not m.reason.strip()]
        names = [m.legacy for m in entries]
        twice = sorted({n for n in names if names.count(n) > 1})
        faults = []
        if invented:
            told = [f"{named(m.target)} (for {named(m.legacy)}, {rows(by.get(m.legacy, 0))})" for m in invented]
            faults.append(f"the plan has no event {listed(told)}")
        if silent:
            faults.append(f"no reason is given for mapping {listed([named(n) for n in silent])} to none")
        if twice:
            faults.append(f"more than one target is given for {listed([named(n) for n in twice])}")
        told_all = "; ".join(faults)
        concerned = tuple(dict.fromkeys([*(m.legacy for m in invented), *silent, *twice]))
        return result(
            self,
            Outcome.FAIL if faults else Outcome.PASS,
            seen=f"{count(len(invented))} of {rows(len(entries), 'target')} invented",
            expected="every target is an event of the plan, or none with a reason",
            because=told_all[0].upper() + told_all[1:] + "."
            if faults
            else f"All {rows(len(entries), 'target')} are events of the plan, or none with a reason.",
            figures=(("names", float(len(entries))), ("invented", float(len(invented)))),
            witness=SourceRows(concerned) if concerned else None,
        )


@noun
class Coverage:
    """The mapping speaks of legacy names that carry at least `floor` of the source's rows."""

    mapping: Mapping
    event: str
    floor: float
    kind: Literal["coverage"] = "coverage"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return "mapping.coverage"

    @property
    def family(self) -> Family:
        """Its family."""
        return "mapping"

    def needs(self) -> tuple[Measure, ...]:
        """The source's rows by name."""
        return (source_rows(self.event),)

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL below the floor, WARN when anything at all is left out."""
        by = _by_name(seen, self.event)
        total = sum(by.values())
        spoken = {m.legacy for m in self.mapping.events}
        left = most((n, k) for n, k in by.items() if n not in spoken)
        out = sum(k for _, k in left)
        expected = f"names with {percent(self.floor)} of the rows are mapped, or mapped to none"
        if total == 0:
            because = "The source has no rows."
            return result(self, Outcome.UNKNOWN, seen="nothing", expected=expected, because=because, missing="rows")
        share = (total - out) / total
        outcome = Outcome.FAIL if share < self.floor else Outcome.WARN if left else Outcome.PASS
        told = f"left out are {with_rows(left)}" if left else "nothing is left out"
        return result(
            self,
            outcome,
            seen=f"{percent(share)} of {rows(total)}",
            expected=expected,
            because=f"The mapping speaks of {percent(share)} of {rows(total)}; {told}.",
            figures=(("rows", float(total)), ("left_out", float(out)), ("names_left_out", float(len(left)))),
            witness=SourceRows(tuple(n for n, _ in left if n is not None)) if any(n for n, _ in left) else None,
        )


@noun
class Frequency:
    """No target collects more than `collapse` names, no rare name lands on the most frequent event, no big name on none.

    The most frequent event is that of the baseline; without one that part is left out.
    """

    mapping: Mapping
    event: str
    time: str
    collapse: int
    has_baseline: bool
    kind: Literal["frequency"] = "frequency"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return "mapping.frequency"

    @property
    def family(self) -> Family:
        """Its family."""
        return "mapping"

    def needs(self) -> tuple[Measure, ...]:
        """The source's rows by name, the baseline's by event."""
        baseline = (by_day(self.event, self.time, "baseline"),) if self.has_baseline else ()
        return source_rows(self.event), *baseline

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL for a collapse, WARN for the rest: a person should look."""
        by = _by_name(seen, self.event)
        total = max(1, sum(by.values()))
        targets: dict[str, list[str]] = {}
        for m in self.mapping.events:
            if m.target != NONE:
                targets.setdefault(m.target, []).append(m.legacy)
        collapsed = [(t, names) for t, names in targets.items() if len(names) > self.collapse]
        rare, top = self._rare(seen, by, total)
        big = [m for m in self.mapping.events if m.target == NONE and by.get(m.legacy, 0) / total > MUCH]
        told = [
            f"{count(len(n))} names are thrown together as {named(t)} ({listed([named(v) for v in n])})"
            for t, n in collapsed
        ]
        told += [
            f"{named(n)} ({rows(by.get(n, 0))}) is rare but mapped onto {named(top)}, the most frequent event"
            for n in rare
        ]
        told += [
            f"{named(m.legacy)} has {percent(by[m.legacy] / total)} of the rows but is mapped to none ({named(m.reason)})"
            for m in big
        ]
        concerned = [n for _, names in collapsed for n in names] or [*rare, *(m.legacy for m in big)]
        return result(
            self,
            Outcome.FAIL if collapsed else Outcome.WARN if told else Outcome.PASS,
            seen=f"{count(len(collapsed))} collapsed, {count(len(rare))} rare on frequent, {count(len(big))} big on none",
            expected=f"at most {rows(self.collapse, 'name')} a target, frequencies that fit",
            because="; ".join(told[:3]) + "." if told else "Targets and frequencies fit together.",
            figures=tuple((f"names/{t}", float(len(n))) for t, n in targets.items()),
            witness=SourceRows(tuple(concerned)) if concerned else None,
        )

    def _rare(self, seen: Seen[object], by: dict[str | None, int], total: int) -> tuple[list[str], str | None]:
        """Rare names on the baseline's most frequent event, and that event."""
        if not self.has_baseline:
            return [], None
        frequent = most(seen[by_day(self.event, self.time, "baseline")].along(0).items())
        top = frequent[0][0] if frequent else None
        found = [m.legacy for m in self.mapping.events if m.target == top and 0 < by.get(m.legacy, 0) / total < RARE]
        return found, top


@noun
class Agreement:
    """The mapping agrees with the cross-check by text similarity (`MappedName.similar` names what that would choose)."""

    mapping: Mapping
    kind: Literal["agreement"] = "agreement"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return "mapping.similarity"

    @property
    def family(self) -> Family:
        """Its family."""
        return "mapping"

    def needs(self) -> tuple[Measure, ...]:
        """Nothing: the mapping says it all."""
        return ()

    def judge(self, seen: Seen[object]) -> CheckResult:  # noqa: ARG002 - nothing is measured
        """WARN where they disagree; two names whose targets would each be the other's are called swapped."""
        apart = [m for m in self.mapping.events if m.similar is not None and m.similar != m.target]
        crossed = {(m.target, m.similar) for m in apart}
        swapped = [m for m in apart if (m.similar, m.target) in crossed]
        shown = [
            f"{named(m.legacy)} is mapped to {named(m.target)}, its text says {named(m.similar)}"
            for m in swapped + apart
        ]
        told = listed(list(dict.fromkeys(shown)))
        lead = f"{rows(len(swapped), 'name')} look swapped: " if swapped else ""
        return result(
            self,
            Outcome.WARN if apart else Outcome.PASS,
            seen=f"{count(len(apart))} of {rows(len(self.mapping.events), 'name')} disagree, {count(len(swapped))} swapped",
            expected="targets that the names' text would choose too",
            because=f"{lead}{told}." if apart else "The text of the names speaks for their targets.",
            witness=SourceRows(tuple(m.legacy for m in apart)) if apart else None,
        )


@noun
class Conserved:
    """Rows in are rows out, mapped to none, or not mapped: by target, exactly."""

    mapping: Mapping
    event: str
    time: str
    kind: Literal["conserved"] = "conserved"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return "mapping.conserved"

    @property
    def family(self) -> Family:
        """Its family."""
        return "mapping"

    def needs(self) -> tuple[Measure, ...]:
        """Rows of the source by name and of the output by event."""
        return source_rows(self.event), by_day(self.event, self.time, "candidate")

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL when a single row was lost or made."""
        by = _by_name(seen, self.event)
        out = seen[by_day(self.event, self.time, "candidate")].along(0)
        due: dict[str | None, int] = {}
        dropped = unmapped = 0
        target = {m.legacy: m.target for m in self.mapping.events}
        for name, n in by.items():
            to = target.get(name) if name is not None else None
            if to is None:
                unmapped += n
            elif to == NONE:
                dropped += n
            else:
                due[to] = due.get(to, 0) + n
        total, came = sum(by.values()), sum(out.values())
        apart = most((t, abs(out.get(t, 0) - due.get(t, 0))) for t in {*due, *out} if out.get(t, 0) != due.get(t, 0))
        told = [f"{named(t)} has {count(out.get(t, 0))} rows for {count(due.get(t, 0))}" for t, _ in apart]
        figures: Figures = (
            ("in", float(total)),
            ("out", float(came)),
            ("none", float(dropped)),
            ("unmapped", float(unmapped)),
        )
        sums = f"{rows(total)} in, {count(came)} out, {count(dropped)} to none, {count(unmapped)} not mapped"
        return result(
            self,
            Outcome.FAIL if apart else Outcome.PASS if total else Outcome.UNKNOWN,
            seen=sums,
            expected="rows in = rows out + none + not mapped, for each target",
            because=f"Rows were lost or made: {listed(told)}." if apart else f"Nothing was lost or made: {sums}.",
            missing="" if total else "rows in the source",
            figures=figures,
        )
