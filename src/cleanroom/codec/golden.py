"""golden/*.jsonl as golden cases, with every mistake at its line; and a case as one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cleanroom.codec.json_text import read_json
from cleanroom.codec.positions import Document, Stop, decode, ordered
from cleanroom.core.contract import LintFinding, Plan
from cleanroom.core.golden import GoldenCase, Scalar
from cleanroom.core.lint_golden import lint_golden
from cleanroom.core.mistakes import Mistake, did_you_mean

MAX_FILE = 64 * 1024 * 1024
"""Bytes of a file of golden cases."""

MAX_LINE = 1024 * 1024
"""Bytes of one case."""

_PAIRS = ("input", "key", "expect")
_FIELDS = ("id", *_PAIRS, "dropped", "because")


@dataclass(frozen=True, slots=True)
class CaseRead:
    """One case with the document it was read from, so that later mistakes find their line."""

    case: GoldenCase
    document: Document


def read_golden(content: bytes, file: str) -> tuple[tuple[CaseRead, ...], tuple[LintFinding, ...]]:
    """The well-formed cases of a file, one JSON object a line (blank lines are skipped), and every finding."""
    cases: list[CaseRead] = []
    findings: list[LintFinding] = []
    for number, line in lines_of(content, file, findings):
        document = read_json(line, file, first_line=number, limit=MAX_LINE)
        if not document.broken:
            case, mistakes = _case(document.data)
            findings += [document.locate(m) for m in mistakes]
            if case is not None:
                cases.append(CaseRead(case, document))
        findings += document.findings
    return tuple(cases), ordered(findings)


def judge_golden(plan: Plan | None, cases: Sequence[CaseRead]) -> tuple[LintFinding, ...]:
    """What is wrong with well-formed cases, over all files: ids given twice, events that the plan does not have."""
    found = lint_golden(plan, [c.case for c in cases])
    return ordered(cases[i].document.locate(mistake) for i, mistake in found)


def golden_line(case: GoldenCase) -> str:
    """The case as one line of JSON, with a line break at its end; empty parts are left out."""
    out: dict[str, Any] = {"id": case.id}
    out |= {name: dict(getattr(case, name)) for name in _PAIRS if getattr(case, name)}
    if case.dropped:
        out["dropped"] = True
    if case.because:
        out["because"] = case.because
    return json.dumps(out, ensure_ascii=False) + "\n"


def lines_of(content: bytes, file: str, findings: list[LintFinding]) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers from 1; what is no text goes into `findings`."""
    try:
        decode(content, MAX_FILE)
    except Stop as stop:
        findings.append(LintFinding(file, stop.place.line, stop.place.column, stop.message, stop.hint))
        return
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        if line.strip():
            yield number, line


def _case(data: Any) -> tuple[GoldenCase | None, list[Mistake]]:
    """The case in one line's data; None when it is not well formed."""
    if not isinstance(data, dict):
        return None, [Mistake((), "a golden case is a JSON object", '{"id": ..., "input": {...}, "expect": {...}}')]
    mistakes = [
        Mistake((key,), f"unknown key {key!r}", did_you_mean(key, _FIELDS), at="key")
        for key in data
        if key not in _FIELDS
    ]
    wanted = {"id": str, "because": str, "dropped": bool}
    for key, kind in wanted.items():
        if key in data and not isinstance(data[key], kind):
            mistakes.append(Mistake((key,), f"{key!r} must be {'true or false' if kind is bool else 'text'}"))
    if "id" not in data:
        mistakes.append(Mistake((), "'id' is missing", "Give the case a short name of its own."))
    pairs = {key: _pairs(key, data.get(key, {}), mistakes) for key in _PAIRS}
    if any(m.message for m in mistakes):
        return None, mistakes
    return GoldenCase(data["id"], **pairs, dropped=data.get("dropped", False), because=data.get("because", "")), []


def _pairs(key: str, value: Any, mistakes: list[Mistake]) -> tuple[tuple[str, Scalar], ...]:
    if not isinstance(value, dict):
        mistakes.append(Mistake((key,), f"{key!r} must be an object of columns and values"))
        return ()
    for column, cell in value.items():
        if isinstance(cell, dict | list):
            hint = "Write JSON inside of a column as text."
            mistakes.append(Mistake((key, column), f"{column!r} must be text, a number, true, false or null", hint))
    return tuple(value.items())
