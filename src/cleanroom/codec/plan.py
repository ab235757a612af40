"""plan.yaml as a Plan, with every mistake at its line; and a Plan as well laid out YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from cleanroom.codec.plan_shape import file_path, keyed, unkeyed
from cleanroom.codec.positions import Document, ordered
from cleanroom.codec.shape import build, without_followers
from cleanroom.codec.yaml_text import read_yaml
from cleanroom.codec.yaml_writer import yaml_text
from cleanroom.core.contract import LintFinding, Plan
from cleanroom.core.lint import lint
from cleanroom.core.mistakes import Mistake, Path

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """What came of a file: the value (None when there is an error), every finding, and the places of its text.

    `draft` is the value as far as it goes, mistakes repaired: fit for finding more mistakes, for nothing else.
    """

    value: T | None
    findings: tuple[LintFinding, ...]
    document: Document
    draft: T | None = None


def read_plan(content: bytes, file: str = "contracts/plan.yaml") -> Reading[Plan]:
    """Read a plan. Never raises: all mistakes, of text, shape and sense, are findings in one go."""
    document = read_yaml(content, file)
    if document.broken:
        return Reading(None, ordered(document.findings), document)
    data, mistakes = unkeyed(document.data)
    plan: Plan | None = None
    if isinstance(document.data, dict):
        plan, complaints = build(Plan, data)
        mistakes += without_followers((_in_file(data, c) for c in complaints), mistakes)
    if plan is not None:
        mistakes += without_followers(lint(plan), mistakes)
    findings = ordered((*document.findings, *(document.locate(m) for m in mistakes)))
    failed = any(f.severity == "error" for f in findings)
    return Reading(None if failed else plan, findings, document, plan)


def _in_file(data: Any, complaint: Mistake) -> Mistake:
    return replace(complaint, path=file_path(data, complaint.path))


def plan_yaml(plan: Plan, notes: Mapping[Path, str] | None = None) -> str:
    """The plan as YAML that reads back equal. `notes` become comments above what their paths name; () is the top."""
    return yaml_text(keyed(plan), notes=notes, spaced=("events",))
