"""Does the data have the columns and types of the plan, and do the payloads follow their schemas?"""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import noun
from cleanroom.core.check import CheckResult, Family, Outcome, PayloadRows
from cleanroom.core.checks.words import count, listed, most, named, nothing_to_look_at, percent, result, rows, with_rows
from cleanroom.core.measure import Columns, Conforms, Measure, Seen
from cleanroom.core.rules import TypeName
from cleanroom.core.states import Layout

_WHOLE = "tinyint smallint integer int bigint hugeint utinyint usmallint uinteger ubigint uhugeint long short byte"
_TYPES: dict[str, TypeName] = {
    **dict.fromkeys(_WHOLE.split(), "integer"),
    **{f"{sign}int{size}": "integer" for sign in ("", "u") for size in (8, 16, 32, 64, 128)},
    **dict.fromkeys(("double", "float", "real", "decimal", "numeric", "float32", "float64", "number"), "number"),
    **dict.fromkeys(("boolean", "bool"), "boolean"),
    **dict.fromkeys(("varchar", "string", "text", "char", "utf8", "json", "uuid", "enum", "large_string"), "string"),
    **dict.fromkeys(("timestamp", "timestamptz", "datetime"), "timestamp"),
    "date": "date",
}
_STANDS_FOR: dict[tuple[TypeName, TypeName], bool] = {
    ("number", "integer"): True,
    ("integer", "number"): True,  # whole numbers next to nulls are often stored so; fields.type looks at the values
    ("date", "timestamp"): True,  # likewise
}
_CALLED: dict[TypeName, str] = {"string": "text", "integer": "whole number", "timestamp": "point in time"}


def type_of(stored: str) -> TypeName | None:
    """The plan's word for an engine's type, such as DECIMAL(10,2) or TIMESTAMP WITH TIME ZONE; None when it has none."""
    word = stored.lower().split("(")[0].split("[")[0].split()[0] if stored.strip() else ""
    return None if stored.endswith("]") else _TYPES.get(word.removesuffix("_ns").removesuffix("_ms").removesuffix("_s"))


@noun
class Declared:
    """A column that the plan speaks of; `part` is its role, if it has one."""

    name: str
    type: TypeName
    required: bool
    part: str = ""


@noun
class ColumnTypes:
    """Every column of the plan is there, with a type that can hold its values.

    `homeless` are required parameters ('event.parameter') for which there is neither a column nor a payload.
    """

    columns: tuple[Declared, ...]
    homeless: tuple[str, ...] = ()
    kind: Literal["column_types"] = "column_types"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return "schema.columns"

    @property
    def family(self) -> Family:
        """Its family."""
        return "schema"

    def needs(self) -> tuple[Measure, ...]:
        """The layout."""
        return (Columns(),)

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL for a wrong type or a required column that is missing, WARN for an optional one."""
        layout = seen[Columns()]
        wrong: list[str] = []
        weak: list[str] = []
        for column in self.columns:
            fault = _fault(column, layout)
            if fault:
                serious = column.required or column.name in {n for n, _ in layout.columns}
                (wrong if serious else weak).append(fault)
        wrong += [f"the required parameter {p} is neither a column nor is there a payload" for p in self.homeless]
        outcome = Outcome.FAIL if wrong else Outcome.WARN if weak else Outcome.PASS
        told = listed(wrong or weak, 5)
        return result(
            self,
            outcome,
            seen=f"{count(len(self.columns) - len(wrong) - len(weak))} of {rows(len(self.columns), 'column')} as planned",
            expected="the columns and types of the plan",
            because=(told[0].upper() + told[1:] + ".")
            if told
            else "All columns of the plan are there with their types.",
        )


def _fault(column: Declared, layout: Layout) -> str:
    there = layout.types(column.name)
    stored = [t for t in there if t.strip('"').lower() != "null"]  # no value yet says nothing of the type
    part = f"the {column.part} column " if column.part else "column "
    if not there:
        return f"{part}{named(column.name)} is missing"
    if not stored:
        return ""
    if len(stored) > 1:
        return f"{part}{named(column.name)} changes its type between parts: {listed(stored)}"
    found = type_of(stored[0])
    if column.type in ("string", found) or (found and _STANDS_FOR.get((column.type, found))):
        return ""
    called = _CALLED.get(found, found) if found else "of another type"
    return f"{part}{named(column.name)} is {called} ({stored[0]}) where the plan says {column.type}"


@noun
class Payload:
    """The payloads of `event` follow its JSON Schema.

    `schemas` pairs all events with their schemas, so that one measure answers for all of them; `empty_ok` where
    nothing in the schema is required.
    """

    payload: str
    event_column: str
    event: str
    schemas: tuple[tuple[str, str], ...]
    empty_ok: bool = False
    kind: Literal["payload"] = "payload"

    @property
    def name(self) -> str:
        """Its name in the battery."""
        return f"schema.payload({self.event})"

    @property
    def family(self) -> Family:
        """Its family."""
        return "schema"

    def needs(self) -> tuple[Measure, ...]:
        """Findings by event."""
        return (self._measure,)

    @property
    def _measure(self) -> Conforms:
        return Conforms(self.payload, self.event_column, self.schemas)

    def judge(self, seen: Seen[object]) -> CheckResult:
        """FAIL where any payload breaks the schema, with the most frequent findings."""
        found = {f: n for (event, f), n in seen[self._measure].by.items() if event == self.event and f is not None}
        total = sum(found.values())
        expected = f"every payload of {named(self.event)} follows its schema"
        if total == 0:
            return nothing_to_look_at(self, f"row of {named(self.event)}", expected)
        fine = {"ok", "empty"} if self.empty_ok else {"ok"}
        faults = most((f, n) for f, n in found.items() if f not in fine)
        bad = sum(n for _, n in faults)
        if not faults:
            return result(
                self,
                Outcome.PASS,
                seen=f"{rows(total, 'payload')}, all valid",
                expected=expected,
                because=f"All {rows(total, 'payload')} of {named(self.event)} follow the schema.",
                figures=(("rows", float(total)), ("broken", 0.0)),
            )
        schema = next(s for e, s in self.schemas if e == self.event)
        top = faults[0][0] or ""
        return result(
            self,
            Outcome.FAIL,
            seen=f"{count(bad)} of {rows(total, 'payload')} ({percent(bad / total)}) break it",
            expected=expected,
            because=f"{count(bad)} of {rows(total, 'payload')} of {named(self.event)} break the schema: {with_rows(faults)}.",
            figures=(("rows", float(total)), ("broken", float(bad))),
            witness=PayloadRows(self.payload, self.event_column, self.event, schema, top),
        )
