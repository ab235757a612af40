"""change.yaml and mapping.json, both ways: a change and its mapping as text, and text as nouns with findings."""

from __future__ import annotations

import json
from typing import TypeVar

from cleanroom.codec.json_text import read_json
from cleanroom.codec.plan import Reading
from cleanroom.codec.positions import Document, ordered
from cleanroom.codec.shape import build
from cleanroom.codec.yaml_text import read_yaml
from cleanroom.codec.yaml_writer import yaml_text
from cleanroom.core.base import plain
from cleanroom.core.change import Change, Mapping
from cleanroom.core.lint_fields import repeated
from cleanroom.core.mistakes import Mistake

T = TypeVar("T")

MAX_MAPPING = 16 * 1024 * 1024
"""Bytes of a mapping.json."""


def change_yaml(change: Change) -> str:
    """The text of change.yaml; reads back equal, with the same digest."""
    return yaml_text(plain(change))


def mapping_json(mapping: Mapping) -> str:
    """The text of mapping.json: indented, in the mapping's order, so that git shows each name on lines of its own."""
    return json.dumps(plain(mapping), indent=2, ensure_ascii=False) + "\n"


def read_change(content: bytes, file: str) -> Reading[Change]:
    """Read change.yaml. Never raises: mistakes are findings."""
    return _read(Change, read_yaml(content, file))


def read_mapping(content: bytes, file: str) -> Reading[Mapping]:
    """Read mapping.json. Never raises: mistakes are findings; a legacy name that occurs twice is one."""
    return _read(Mapping, read_json(content, file, limit=MAX_MAPPING))


def _read(kind: type[T], document: Document) -> Reading[T]:
    if document.broken:
        return Reading(None, ordered(document.findings), document)
    value, mistakes = build(kind, document.data)
    if isinstance(value, Mapping):
        names = [m.legacy for m in value.events]
        twice = [Mistake(("events", i, "legacy"), f"legacy name {names[i]!r} is there twice") for i in repeated(names)]
        mistakes = (*mistakes, *twice)
    findings = ordered((*document.findings, *(document.locate(m) for m in mistakes)))
    return Reading(None if findings else value, findings, document)
