"""What is done first when an alert comes, and where is the rest? One step a category of runbook."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources

from cleanroom.app.incident import shipped
from cleanroom.core.alert import Signal

GENERAL = "general"


@cache
def first_steps() -> dict[str, str]:
    """The first step of each category that ships. One with a runbook of its own names that, too."""
    text = resources.files(__package__).joinpath("first_steps.toml").read_text("utf-8")
    found = {name: str(step) for name, step in tomllib.loads(text).items()}
    for name in shipped.names():
        runbook = shipped.runbook_of(name)
        step = found.get(name) or (runbook.steps[0].text if runbook is not None and runbook.steps else "")
        found[name] = f"{step} All steps: cleanroom runbook show {name}"
    return found


def first_step(signal: Signal) -> str:
    """The first step for a signal: of its runbook's category, else of what sent it, else of business impact, else in general."""
    steps = first_steps()
    kind = "business" if signal.level == "business" else ""
    wanted = (signal.runbook, signal.name.partition("/")[0], kind, GENERAL)
    return next(steps[name] for name in wanted if name in steps)
