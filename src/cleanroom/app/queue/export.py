"""What was corrected goes out: for retraining, and as golden cases; each correction once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cleanroom.app.queue.desk import CORRECTIONS, catch_up, standing_of
from cleanroom.app.queue.view import Detail, detail_of, unexported
from cleanroom.app.room import Room
from cleanroom.codec.golden import golden_line
from cleanroom.codec.ledger import decode
from cleanroom.core.base import Digest, Instant, Misuse, noun
from cleanroom.core.facts import CorrectionsExported, Reviewed
from cleanroom.core.facts.outputs import Risk
from cleanroom.core.golden import GoldenCase, Scalar
from cleanroom.core.ledger import Conflict, LedgerEntry, Write
from cleanroom.core.queue import subject_of_output


@noun
class Correction:
    """One correction as it goes out: a line of JSONL. `corrected` is None where the output was only rejected."""

    id: str
    system: str
    input: Any
    original: Any
    corrected: Any
    verdict: str
    reason: str
    reviewer: str
    at: Instant
    model: str
    prompt: str
    prompt_version: str
    risk: Risk
    confidence: float | None
    content: Digest


@noun
class Exported:
    """What went out. `erased`: corrections whose texts were erased; they count as dealt with. `entry`: None: nothing."""

    corrections: int
    golden: int
    erased: tuple[str, ...]
    files: tuple[str, ...]
    entry: LedgerEntry | None


def corrections(room: Room, *, everything: bool = False) -> tuple[tuple[Correction, ...], tuple[str, ...]]:
    """The corrections that were not exported yet, or all there ever were; and the ids of those whose text was erased."""
    catch_up(room)
    ids = _all_corrected(room) if everything else tuple(i.id for i in unexported(room))
    found, erased = [], []
    for id in ids:
        made = _correction(detail_of(room, standing_of(room, id)))
        if made is None:
            erased.append(id)
        else:
            found.append(made)
    return tuple(found), tuple(erased)


def export(room: Room, out: Path, golden: Path | None = None, *, everything: bool = False) -> Exported:
    """Write corrections to `out`, and those with a corrected value as golden cases to `golden`; note it in the ledger.

    A correction goes out once, unless `everything` is asked for. Raises Misuse where a file is there already, and Conflict
    where somebody else exported meanwhile: then nothing is left behind.
    """
    for file in filter(None, (out, golden)):
        if file.exists():
            raise Misuse(f"{file} is there already: nothing was exported", "Name another file; it may not be read yet.")
    version = room.store.version(CORRECTIONS)
    found, erased = corrections(room, everything=everything)
    if not found and not erased:
        return Exported(0, 0, (), (), None)
    cases = tuple(golden_line(golden_case(c)) for c in found if c.verdict == "corrected")
    lines = "".join(line_of(c) for c in found)
    written = [_written(room, out, lines)]
    if golden is not None:
        written.append(_written(room, golden, "".join(cases)))
    ids = (*(c.id for c in found), *erased)
    fact = CorrectionsExported(ids, tuple(room.artifacts.digest(f) for f in written), room.by, room.clock.now())
    try:
        entry = room.store.append([Write(CORRECTIONS, version, fact)])[0]
    except Conflict:
        for file in written:
            file.unlink(missing_ok=True)
        raise
    catch_up(room)
    return Exported(len(found), len(cases) if golden else 0, erased, tuple(map(str, written)), entry)


def line_of(correction: Correction) -> str:
    """A correction as one line of JSON."""
    fields = {name: getattr(correction, name) for name in Correction.__dataclass_fields__}
    return json.dumps(fields, ensure_ascii=False) + "\n"


def golden_case(correction: Correction) -> GoldenCase:
    """The correction in the dialect of golden/*.jsonl: what goes in and what is right, column by column.

    An object gives its columns; any other value is the one column `input` or `output`. What nests is written as JSON text.
    """
    return GoldenCase(
        id=correction.id,
        input=_columns(correction.input, "input"),
        expect=_columns(correction.corrected, "output"),
        because=f"{correction.reviewer} corrected {correction.system}: {correction.reason}",
    )


def _columns(value: Any, name: str) -> tuple[tuple[str, Scalar], ...]:
    pairs = value.items() if isinstance(value, Mapping) and value else [(name, value)]
    return tuple((str(key), _scalar(cell)) for key, cell in pairs)


def _scalar(value: Any) -> Scalar:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _correction(found: Detail) -> Correction | None:
    """None where the text of the output, or of its correction, was erased."""
    done, came, text = found.standing.reviewed, found.standing.received, found.text
    if done is None or text is None or (done.correction is not None and found.corrected is None):
        return None
    return Correction(
        id=came.output,
        system=came.system,
        input=text.input,
        original=text.output,
        corrected=found.corrected,
        verdict=done.verdict,
        reason=done.reason,
        reviewer=done.by.person,
        at=done.at,
        model=came.model,
        prompt=text.prompt,
        prompt_version=came.prompt_version,
        risk=came.risk,
        confidence=came.confidence,
        content=came.content,
    )


def _all_corrected(room: Room) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_corrected(room)))


def _corrected(room: Room) -> Iterator[str]:
    for line in room.store.stored():
        if line.kind == "reviewed" and line.subject.startswith(subject_of_output("")):
            fact = decode(line.body, line.index).fact
            if isinstance(fact, Reviewed) and fact.verdict != "right":
                yield fact.output


def _written(room: Room, file: Path, text: str) -> Path:
    return room.artifacts.write(file.parent, file.name, text.encode())
