"""A case of a prompt as one line of JSON, with every mistake at its line."""

from __future__ import annotations

import json
from typing import Any

from cleanroom.codec.json_text import read_json
from cleanroom.codec.plan import Reading
from cleanroom.codec.positions import ordered
from cleanroom.codec.shape import build
from cleanroom.core.incident.case import PromptCase, faults
from cleanroom.core.mistakes import Mistake

_PAIRS = ("input", "expect")


def is_prompt_case(data: Any) -> bool:
    """Does it name a prompt? A golden case of a change does not."""
    return isinstance(data, dict) and "prompt" in data


def read_prompt_case(content: bytes, file: str) -> Reading[PromptCase]:
    """Read a case. Never raises: mistakes are findings."""
    document = read_json(content, file)
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
