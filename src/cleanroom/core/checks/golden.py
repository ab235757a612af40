"""Do the golden cases come out right?"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Literal

from cleanroom.core.base import noun
from cleanroom.core.check import CheckResult, Family, Outcome, ValueRows
from cleanroom.core.checks.words import count, listed, named, result, rows
from cleanroom.core.golden import GoldenCase, Scalar
from cleanroom.core.measure import Lookup, Measure, Seen, Side

CASE = "_case"
"""The column by which the engine keys the replayed cases (side 'golden')."""

Row = dict[str, str | None]

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


@noun
class GoldenCases:
    """Each case comes out as it should: exactly one row with the expected values, or none where it must be dropped.

    On side 'golden' `key` is CASE and a case is found by its id; on side 'candidate' `key` is the first column of the
    cases' own keys, and their further key columns must match too. `unasked`: cases that cannot be asked here.
    """

    key: str
    cases: tuple[GoldenCase, ...]
    side: Side = "golden"
    unasked: int = 0
    kind: Literal["golden_cases"] = "golden_cases"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return "golden.cases" if self.side == "golden" else f"golden.rows({self.key})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "golden"

    def needs(self) -> tuple[Measure, ...]:
        """The rows of all cases."""
        return (self._lookup,) if self.cases else ()

    @property
    def _lookup(self) -> Lookup:
        keys = tuple(dict.fromkeys(self._at(c) for c in self.cases))
        wanted = (k for c in self.cases for k, _ in (*c.expect, *(() if self.side == "golden" else c.key[1:])))
        return Lookup(self.key, keys, tuple(dict.fromkeys(wanted)), self.side)

    def _at(self, case: GoldenCase) -> str:
        return case.id if self.side == "golden" else as_text(case.key[0][1]) or ""

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL when one is wrong; at most three are told."""
        expected = "every golden case comes out right"
        if not self.cases:
            because = f"{rows(self.unasked, 'golden case')} hold inputs, which only a mapping can be run on."
            missing = "cases with a `key` that finds rows of the dataset"
            return result(
                self,
                Outcome.UNKNOWN,
                seen="nothing",
                expected=expected,
                because=because,
                missing=missing,
                required=False,
            )
        found: dict[str, list[Row]] = {}
        for key, values in seen[self._lookup].rows:
            found.setdefault(key, []).append(dict(values))
        wrong = [(c, why) for c in self.cases if (why := self._fault(c, found.get(self._at(c), [])))]
        told = "; ".join(f"{named(c.id)}: {why}{f' ({c.because})' if c.because else ''}" for c, why in wrong[:3])
        more = f"; and {count(len(wrong) - 3)} more" if len(wrong) > 3 else ""
        right = len(self.cases) - len(wrong)
        keys = tuple(self._at(c) for c, _ in wrong[:10])
        return result(
            self,
            Outcome.FAIL if wrong else Outcome.PASS,
            seen=f"{count(right)} of {rows(len(self.cases), 'case')} right",
            expected=expected,
            because=f"{count(len(wrong))} of {rows(len(self.cases), 'golden case')} came out wrong: {told}{more}."
            if wrong
            else f"All {rows(len(self.cases), 'golden case')} came out right.",
            figures=(("cases", float(len(self.cases))), ("wrong", float(len(wrong)))),
            witness=ValueRows(self.key, keys) if wrong and self.side == "candidate" else None,
        )

    def _fault(self, case: GoldenCase, candidates: list[Row]) -> str:
        """What is wrong with the rows that came out; '' when nothing is."""
        extra = case.key[1:] if self.side != "golden" else ()
        found = [r for r in candidates if all(same(v, r.get(k)) for k, v in extra)]
        if case.dropped:
            return f"should have been dropped, but {rows(len(found))} came out" if found else ""
        if not found:
            return "no row came out"
        if len(found) > 1 and self.side == "golden":
            return f"{rows(len(found))} came out instead of one"
        for row in found:
            faults = [(k, v, row.get(k)) for k, v in case.expect if not same(v, row.get(k))]
            if faults:
                return listed([f"{k} is {_shown(got)}, expected {_shown(as_text(want))}" for k, want, got in faults], 2)
        return ""


def _shown(text: str | None) -> str:
    return "nothing" if text is None else named(text)


def as_text(value: Scalar) -> str | None:
    """A JSON value as the engine writes it as text."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def same(expected: Scalar, found: str | None) -> bool:
    """Text as text, numbers as numbers (within 1e-9 relative), truth values in any case, moments as moments in UTC."""
    if expected is None or found is None:
        return expected is found
    if isinstance(expected, bool):
        return found.strip().lower() == ("true" if expected else "false")
    if isinstance(expected, int | float):
        close = _NUMBER.fullmatch(found.strip()) is not None
        return close and math.isclose(float(found), float(expected), rel_tol=1e-9, abs_tol=1e-12)
    moment = _moment(expected)
    return expected == found or (moment is not None and moment == _moment(found))


def _moment(text: str) -> datetime | None:
    if len(text) < 19 or not text[:4].isdigit():
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
