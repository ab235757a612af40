"""Which call is a row of a table? Columns as `[signals.NAME]` of kind calls maps them; kept as if they had been sent."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from cleanroom.app.room import Room
from cleanroom.app.telemetry.rules import Reading
from cleanroom.app.telemetry.take import Taken, take
from cleanroom.codec.settings.signals import FIELDS
from cleanroom.core.base import Misuse
from cleanroom.core.telemetry.metrics import name_of
from cleanroom.core.telemetry.told import LONGEST_NAME, MOST_METRICS, Score, Telling, Told, Usage, asks
from cleanroom.formats.otlp_values import clean
from cleanroom.ports.engine import Row, Table
from cleanroom.ports.project import SignalSource

TEXTS = ("input", "output")
NUMBERS = ("latency_s", "first_s", "input_tokens", "output_tokens", "cached_tokens")
NAMES = tuple(field for field in FIELDS if field not in (*TEXTS, *NUMBERS, "at"))
"""Fields of a call that are short text. Any column that is no field, of truth values or numbers, is a metric of its name."""

_LONGEST = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a file has the fields of calls. `texts`: (field, column) of those that are text; `at`: the column of the moment."""

    texts: tuple[tuple[str, str], ...]
    numbers: Mapping[str, str]
    at: str


def layout_of(room: Room, source: SignalSource, table: Table) -> Layout:
    """What of the file's columns is which field: as the source says, else by the name. Raises Misuse where one is missing."""
    there = [name for name, _ in room.engine.layout(table)]
    said = dict(source.columns)
    for field, column in {"id": "id", "at": "at", **said}.items():
        if column not in there:
            hint = f"[signals.{source.name}.columns] says which one it is: {field} = ..."
            raise Misuse(f"there is no column {column!r:.90} for {field}", hint)
    used = set(said.values())
    found = {f: said.get(f, f) for f in FIELDS if f in said or (f in there and f not in used)}
    texts = tuple((f, found[f]) for f in (*NAMES, *TEXTS) if f in found)
    return Layout(texts, {f: found[f] for f in NUMBERS if f in found}, found["at"])


def keep(room: Room, source: SignalSource, layout: Layout, rows: Sequence[Row], reading: Reading) -> tuple[Taken, str]:
    """Keep the calls that rows are; and why the first of those that cannot be one is none."""
    told, faults = [], []
    for row in rows:
        texts = {field: text or "" for (field, _), text in zip(layout.texts, row.texts, strict=True)}
        wrong = next(_faults(texts), "")
        if wrong:
            faults.append(f"row {texts['id'] or '(no id)'!r:.60}: {wrong}")
        else:
            told.append(_told(source, layout, row, texts))
    return take(room, Telling(tuple(told), 0, tuple(faults)), reading), faults[0] if faults else ""


def _faults(texts: Mapping[str, str]) -> Iterator[str]:
    id = texts["id"]
    if not id or len(id) > LONGEST_NAME or not id.isprintable() or "~" in id:
        yield f"id is printable text of up to {LONGEST_NAME} characters without ~"
    if any("\x00" in text for text in texts.values()):
        yield "a text holds a NUL"


def _told(source: SignalSource, layout: Layout, row: Row, texts: Mapping[str, str]) -> Told:
    said = {field: clean(texts.get(field, "")) for field in NAMES}
    values = {name: value for name, value in row.values.items() if math.isfinite(value)}
    number = {field: float(values[c]) for field, c in layout.numbers.items() if c in values}
    counts = {field: round(n) for field, n in number.items() if field.endswith("_tokens") and 0 <= n < 2**53}
    usage = Usage(counts.get("input_tokens"), counts.get("output_tokens"), counts.get("cached_tokens"))
    used = {*layout.numbers.values(), *source.scores}
    scores = tuple(Score(name_of(c), float(values[c])) for c in source.scores if c in values)
    rest = {name_of(c): v if isinstance(v, bool) else float(v) for c, v in values.items() if c not in used}
    operation = said["operation"] or "chat"
    error = said["error"].casefold()
    return Told(
        id=said["id"],
        trace=said["trace"],
        parent=said["parent"],
        system=source.system,
        operation=operation,
        at=row.at,
        took=round(1e6 * min(_LONGEST, max(0.0, number.get("latency_s", 0.0)))),
        asks=asks(operation, usage=bool(counts), remote=False),
        first=number.get("first_s"),
        finished=(said["finished"].casefold(),) if said["finished"] else (),
        error={"true": "error", "false": ""}.get(error, said["error"]),
        usage=usage,
        scores=scores,
        said=dict(list(rest.items())[:MOST_METRICS]),
        input=texts.get("input", ""),
        output=texts.get("output", ""),
        feature=said["feature"],
        variant=said["variant"],
        prompt=said["prompt"],
        tool=said["tool"],
        provider=said["provider"],
        model=said["model"],
        conversation=said["conversation"],
        key=said["key"],
        predicted=said["predicted"],
        label=said["label"],
    )
