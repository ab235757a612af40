"""What is done first when an alert comes? One step a category of runbook."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from cleanroom.core.alert import Signal

GENERAL = "general"


@cache
def first_steps() -> dict[str, str]:
    """The first step of each category that ships."""
    text = resources.files(__package__).joinpath("first_steps.toml").read_text("utf-8")
    return {name: str(step) for name, step in tomllib.loads(text).items()}


def first_step(signal: Signal) -> str:
    """The first step for a signal: of its runbook's category, else of what sent it, else of business impact, else in general."""
    steps = first_steps()
    kind = "business" if signal.level == "business" else ""
    wanted = (signal.runbook, signal.name.partition("/")[0], kind, GENERAL)
    return next(steps[name] for name in wanted if name in steps)
