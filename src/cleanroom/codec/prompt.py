"""prompts/*.yaml as a Prompt, with every mistake at its line."""

from __future__ import annotations

from cleanroom.codec.plan import Reading
from cleanroom.codec.positions import ordered
from cleanroom.codec.shape import build
from cleanroom.codec.yaml_text import read_yaml
from cleanroom.core.prompt import Prompt


def read_prompt(content: bytes, file: str) -> Reading[Prompt]:
    """Read a prompt. Never raises: mistakes are findings."""
    document = read_yaml(content, file)
    if document.broken:
        return Reading(None, ordered(document.findings), document)
    prompt, mistakes = build(Prompt, document.data)
    findings = ordered((*document.findings, *(document.locate(m) for m in mistakes)))
    return Reading(None if findings else prompt, findings, document)
