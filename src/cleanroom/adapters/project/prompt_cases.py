"""What does golden/prompts/ hold? Cases of prompts, and every mistake in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from cleanroom.adapters.project.files import inside, read
from cleanroom.codec.golden import MAX_FILE
from cleanroom.codec.positions import MAX_BYTES, ordered
from cleanroom.codec.prompt import read_prompt
from cleanroom.codec.prompt_case import PromptCaseRead, judge_prompt_cases, read_prompt_cases
from cleanroom.core.base import Misuse
from cleanroom.core.contract import LintFinding
from cleanroom.core.prompt import Prompt
from cleanroom.core.prompt_case import PromptCase

CASES = "golden/prompts"


def cases_of(root: Path, models: Collection[str]) -> tuple[tuple[PromptCase, ...], tuple[LintFinding, ...]]:
    """All well-formed cases, by file and line; and every finding. `models`: the names of those that may be asked."""
    reads: list[PromptCaseRead] = []
    findings: list[LintFinding] = []
    for path in sorted((root / CASES).glob("*.jsonl")):
        name = path.relative_to(root).as_posix()
        try:
            content = read(inside(root, name), MAX_FILE) or b""
        except Misuse as error:
            findings.append(LintFinding(name, 1, 1, error.message, error.hint))
            continue
        found, mistakes = read_prompt_cases(content, name)
        reads += found
        findings += mistakes
    judged = judge_prompt_cases(reads, _prompts(root), models) if reads else ()
    return tuple(r.case for r in reads), ordered((*findings, *judged))


def _prompts(root: Path) -> Mapping[str, Prompt | None]:
    """The project's own prompts, by name; None for one with mistakes of its own."""
    return {path.stem: _prompt(root, path) for path in sorted((root / "prompts").glob("*.yaml"))}


def _prompt(root: Path, path: Path) -> Prompt | None:
    name = path.relative_to(root).as_posix()
    try:
        return read_prompt(read(inside(root, name), MAX_BYTES) or b"", name).value
    except Misuse:
        return None
