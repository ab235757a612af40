"""golden/prompts/*.jsonl as cases of prompts, with every mistake at its line; and a case as one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from cleanroom.codec.golden import MAX_LINE, lines_of
from cleanroom.codec.json_text import read_json
from cleanroom.codec.plan import Reading
from cleanroom.codec.positions import Document, ordered
from cleanroom.codec.shape import build
from cleanroom.core.contract import LintFinding
from cleanroom.core.mistakes import Mistake
from cleanroom.core.prompt import Prompt
from cleanroom.core.prompt_case import PromptCase, faults, misfits

_PAIRS = ("input", "expect")


@dataclass(frozen=True, slots=True)
class PromptCaseRead:
    """One case with the document it was read from, so that later mistakes find their line."""

    case: PromptCase
    document: Document


def read_prompt_cases(content: bytes, file: str) -> tuple[tuple[PromptCaseRead, ...], tuple[LintFinding, ...]]:
    """The well-formed cases of a file, one JSON object a line (blank lines are skipped), and every finding."""
    cases: list[PromptCaseRead] = []
    findings: list[LintFinding] = []
    for number, line in lines_of(content, file, findings):
        found = read_prompt_case(line, file, number)
        findings += found.findings
        if found.value is not None:
            cases.append(PromptCaseRead(found.value, found.document))
    return tuple(cases), ordered(findings)


def judge_prompt_cases(
    cases: Collection[PromptCaseRead], prompts: Mapping[str, Prompt | None], models: Collection[str] | None
) -> tuple[LintFinding, ...]:
    """What is wrong with well-formed cases, over all files: ids given twice, prompts, slots and models that are not there.

    `prompts`: by name; None for one with mistakes of its own. `models`: None where nobody knows which there are.
    """
    reads = tuple(cases)
    found = misfits([c.case for c in reads], prompts, models)
    return ordered(reads[i].document.locate(mistake) for i, mistake in found)


def is_prompt_case(data: Any) -> bool:
    """Does it name a prompt? A golden case of a change does not."""
    return isinstance(data, dict) and "prompt" in data


def read_prompt_case(content: bytes, file: str, line: int = 1) -> Reading[PromptCase]:
    """Read a case, which stands in that line of the file. Never raises: mistakes are findings."""
    document = read_json(content, file, first_line=line, limit=MAX_LINE)
    if document.broken:
        return Reading(None, ordered(document.findings), document)
    data = document.data
    if isinstance(data, dict):
        data = {k: _pairs(v) if k in _PAIRS else v for k, v in data.items()}
    case, mistakes = build(PromptCase, data)
    found = list(mistakes)
    if case is not None:
        found += [Mistake((), fault) for fault in faults(case)]
    findings = ordered((*document.findings, *(document.locate(m) for m in found)))
    return Reading(None if findings else case, findings, document)


def prompt_case_line(case: PromptCase) -> str:
    """The case as one line of JSON; empty parts are left out."""
    out: dict[str, Any] = {"id": case.id, "prompt": case.prompt, "model": case.model}
    out |= {name: dict(getattr(case, name)) for name in _PAIRS if getattr(case, name)}
    out |= {name: list(getattr(case, name)) for name in ("contains", "lacks") if getattr(case, name)}
    if case.because:
        out["because"] = case.because
    return json.dumps(out, ensure_ascii=False) + "\n"


def _pairs(value: Any) -> Any:
    """An object as pairs; anything else as it is, so that it is found to be wrong."""
    return [[key, cell] for key, cell in value.items()] if isinstance(value, dict) else value
