"""What does a contract say, is it sound, and what does a new one break? The verbs of `cleanroom contract`."""

from __future__ import annotations

from cleanroom.app.contract.infer import Draft, infer
from cleanroom.core import plan_diff
from cleanroom.core.contract import LintFinding, PlanDifference
from cleanroom.ports.project import Project

__all__ = ["Draft", "diff", "infer", "lint"]


def lint(project: Project) -> tuple[LintFinding, ...]:
    """Every mistake in the project's settings, contracts/ and golden/, errors and warnings, by file and line."""
    return project.lint()


def diff(old: Project, new: Project) -> tuple[PlanDifference, ...]:
    """What the contract of `new` changes for those who rely on that of `old`. Raises Misuse when either does not lint."""
    return plan_diff.diff(old.contract(), new.contract())
