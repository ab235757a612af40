"""What does golden/prompts/ hold? Cases of prompts, and every mistake in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from cleanroom.adapters.project.files import MOST_GOLDEN, files_of
from cleanroom.codec.golden import MAX_FILE
from cleanroom.codec.positions import MAX_BYTES, ordered
from cleanroom.codec.prompt import read_prompt
from cleanroom.codec.prompt_case import PromptCaseRead, judge_prompt_cases, read_prompt_cases
from cleanroom.core.contract import LintFinding
from cleanroom.core.prompt import Prompt
from cleanroom.core.prompt_case import PromptCase

CASES = "golden/prompts"


def cases_of(root: Path, models: Collection[str] | None) -> tuple[tuple[PromptCase, ...], tuple[LintFinding, ...]]:
    """All well-formed cases, by file and line; and every finding. `models`: those that may be asked; None: nobody knows."""
    reads: list[PromptCaseRead] = []
    contents, unread = files_of(root, CASES, (".jsonl",), MAX_FILE, MOST_GOLDEN)
    findings = list(unread)
    for content, name in contents:
        found, mistakes = read_prompt_cases(content, name)
        reads += found
        findings += mistakes
    judged = judge_prompt_cases(reads, _prompts(root), models) if reads else ()
    return tuple(r.case for r in reads), ordered((*findings, *judged))


def _prompts(root: Path) -> Mapping[str, Prompt | None]:
    """The project's own prompts, by name; None for one with mistakes of its own."""
    contents, _ = files_of(root, "prompts", (".yaml",), MAX_BYTES)
    return {Path(name).stem: read_prompt(content, name).value for content, name in contents}
