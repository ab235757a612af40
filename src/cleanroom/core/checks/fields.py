"""Do the values of columns and parameters keep their rules: filled, in range, in the vocabulary, consented, fresh?"""

from __future__ import annotations

from typing import Literal

import numpy as np

from cleanroom.core.base import Instant, micros, noun
from cleanroom.core.check import BreakingRows, CheckResult, Family, Outcome, ValueRows
from cleanroom.core.checks.words import (
    Figures,
    count,
    listed,
    most,
    named,
    nothing_to_look_at,
    number,
    percent,
    result,
    rows,
    with_rows,
)
from cleanroom.core.measure import Breaking, Column, Day, Measure, Rows, Seen
from cleanroom.core.measure import Times as Times_
from cleanroom.core.rules import Castable, Filled, FullMatch, OneOf, Rule, Scope, Within
from cleanroom.core.span import span

_RULE_NAMES = {"filled": "filled", "within": "range", "one_of": "values", "full_match": "pattern", "castable": "type"}


def promise(rule: Rule) -> str:
    """The rule in words."""
    column = named(rule.column)
    match rule:
        case Filled():
            return f"{column} is filled"
        case Within(low=low, high=high):
            sides = [f"at least {number(low)}"] if low is not None else []
            return f"{column} is {' and '.join(sides + ([f'at most {number(high)}'] if high is not None else []))}"
        case OneOf(values=values):
            return f"{column} is one of {rows(len(values), 'value')}: {listed([named(v) for v in values], 8)}"
        case FullMatch(pattern=pattern):
            return f"{column} matches {named(pattern)}"
        case Castable(type=type_):
            return f"{column} reads as {type_}"


@noun
class FieldRule:
    """Every row (in `scope`) keeps `rule`. `label` names it: a column, or 'event.parameter'."""

    rule: Rule
    label: str
    event: str
    time: str
    scope: Scope | None = None
    kind: Literal["field_rule"] = "field_rule"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"fields.{_RULE_NAMES[self.rule.kind]}({self.label})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "fields"

    def needs(self) -> tuple[Measure, ...]:
        """Rows that break the rule (by value for a vocabulary, so that wrong values can be named), and all rows."""
        return self._breaking, self._rows

    @property
    def _breaking(self) -> Breaking:
        by = (Column(self.rule.column),) if isinstance(self.rule, OneOf) else ()
        return Breaking(self.rule, by, self.scope)

    @property
    def _rows(self) -> Rows:
        return Rows((Column(self.event), Day(self.time)))

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL as soon as one row breaks the rule."""
        broken = seen[self._breaking]
        events = seen[self._rows].along(0)
        spoken = self.scope.values if self.scope else None
        total = sum(n for e, n in events.items() if spoken is None or e in spoken)
        expected = promise(self.rule)
        where = f" of {listed([named(v) for v in spoken])}" if spoken else ""
        if total == 0:
            return nothing_to_look_at(self, f"row{where}", expected, required=spoken is None)
        bad = broken.total
        figures: Figures = (("rows", float(total)), ("broken", float(bad)))
        if not bad:
            because = f"All {rows(total)}{where} keep it."
            return result(
                self, Outcome.PASS, seen="no row breaks it", expected=expected, because=because, figures=figures
            )
        values = most(broken.along(0).items()) if isinstance(self.rule, OneOf) else []
        told = f": {with_rows(values)}" if values else ""
        short = expected.split(":", maxsplit=1)[0] if values else expected
        return result(
            self,
            Outcome.FAIL,
            seen=f"{count(bad)} of {rows(total)} ({percent(bad / total)}) break it",
            expected=expected,
            because=f"{count(bad)} of {rows(total)}{where} break the rule that {short}{told}.",
            figures=figures,
            witness=BreakingRows(self.rule, self.scope),
        )


@noun
class ConsentGiven:
    """Rows of `events` were recorded only with consent: `column` holds one of `granted`."""

    event: str
    column: str
    granted: tuple[str, ...]
    events: tuple[str, ...]
    kind: Literal["consent"] = "consent"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return "fields.consent"

    @property
    def family(self) -> Family:
        """Its family."""
        return "fields"

    def needs(self) -> tuple[Measure, ...]:
        """Rows by event and consent."""
        return (self._rows,)

    @property
    def _rows(self) -> Rows:
        return Rows((Column(self.event), Column(self.column)))

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL as soon as one row lacks consent; no consent state at all counts as none given."""
        total, bad = 0, dict[tuple[str | None, str | None], int]()
        for (event, consent), n in seen[self._rows].by.items():
            if event in self.events:
                total += n
                if consent not in self.granted:
                    bad[event, consent] = n
        expected = f"{named(self.column)} is {listed([named(g) for g in self.granted])} for {listed(list(self.events))}"
        if total == 0:
            return nothing_to_look_at(self, "row of an event that needs consent", expected)
        broken = sum(bad.values())
        figures: Figures = (("rows", float(total)), ("broken", float(broken)))
        if not broken:
            because = f"All {rows(total)} of events that need consent have it."
            return result(
                self, Outcome.PASS, seen="all with consent", expected=expected, because=because, figures=figures
            )
        told = [f"{named(e)} with {named(c)} ({rows(n)})" for (e, c), n in sorted(bad.items(), key=lambda kv: -kv[1])]
        nulls_only = all(c is None for _, c in bad)
        rule: Rule = Filled(self.column) if nulls_only else OneOf(self.column, self.granted)
        return result(
            self,
            Outcome.FAIL,
            seen=f"{count(broken)} of {rows(total)} ({percent(broken / total)}) without consent",
            expected=expected,
            because=f"{count(broken)} of {rows(total)} were recorded without consent: {listed(told)}.",
            figures=figures,
            witness=BreakingRows(rule, Scope(self.event, self.events)),
        )


@noun
class Distinct:
    """`column` has between `low` and `high` different values (nulls are not counted)."""

    column: str
    low: int
    high: int
    kind: Literal["distinct"] = "distinct"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"fields.cardinality({self.column})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "fields"

    def needs(self) -> tuple[Measure, ...]:
        """Rows by value."""
        return (Rows((Column(self.column),)),)

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL outside the bounds, with the rarest values, which are usually the new ones."""
        by = {k[0]: n for k, n in seen[Rows((Column(self.column),))].by.items() if k[0] is not None}
        n = len(by)
        expected = f"{count(self.low)} to {count(self.high)} different values of {named(self.column)}"
        if not by:
            return nothing_to_look_at(self, f"value of {named(self.column)}", expected)
        fine = self.low <= n <= self.high
        rarest = [(v, k) for v, k in reversed(most(by.items())) if v is not None][: max(0, n - self.high)]
        told = f"; the rarest are {with_rows(rarest)}" if n > self.high else ""
        return result(
            self,
            Outcome.PASS if fine else Outcome.FAIL,
            seen=rows(n, "different value"),
            expected=expected,
            because=f"{named(self.column)} has {rows(n, 'different value')}{told}.",
            figures=(("distinct", float(n)),),
            witness=ValueRows(self.column, tuple(v for v, _ in rarest[:10])) if rarest else None,
        )


@noun
class Fresh:
    """The newest row is at most `max_age` seconds old at `now`."""

    time: str
    max_age: float
    now: Instant | None
    kind: Literal["fresh"] = "fresh"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return "fields.freshness"

    @property
    def family(self) -> Family:
        """Its family."""
        return "fields"

    def needs(self) -> tuple[Measure, ...]:
        """The last moment."""
        return (Times_(self.time),)

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL when too old; WARN when the newest row lies in the future by more than `max_age`."""
        last = seen[Times_(self.time)].last
        expected = f"the newest row is at most {span(self.max_age)} old"
        if last is None or self.now is None:
            lacking = "a row with a time" if last is None else "the time of the check"
            return result(
                self,
                Outcome.UNKNOWN,
                seen="nothing",
                expected=expected,
                because=f"The age could not be told without {lacking}.",
                missing=lacking,
            )
        age = (micros(self.now) - last) / 1e6
        outcome = Outcome.FAIL if age > self.max_age else Outcome.WARN if age < -self.max_age else Outcome.PASS
        at = _moment(last)
        because = f"The newest row is of {at}, {span(abs(age))} {'ago' if age >= 0 else 'in the future'}."
        figures = (("age_seconds", age),)
        return result(self, outcome, seen=at, expected=expected, because=because, figures=figures)


def _moment(micros_since_1970: int) -> str:
    """Numpy's calendar has no end, as broken clocks have none."""
    return str(np.datetime64(micros_since_1970, "us").astype("datetime64[m]")).replace("T", " ") + " UTC"
