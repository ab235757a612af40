"""Which prompt is a model given? The project's own where it has one, else the one that ships."""

from __future__ import annotations

from importlib import resources

from cleanroom.codec.prompt import read_prompt
from cleanroom.core.base import Misuse
from cleanroom.core.prompt import Prompt
from cleanroom.ports.project import Project

MAPPING = "mapping"
SMALL = "mapping-small"
"""For models that are asked about one name at a time."""

_NEEDED = (("names",), ("events", "examples", "targets"))
_SLOTS = ("events", "examples", "names", "refusals", "reply", "targets")


def mapping_prompt(project: Project, name: str = MAPPING) -> Prompt:
    """The prompt of that name. Raises Misuse when there is none, or when it could not be filled."""
    return (project.prompt(name) or built_in(name)).sound(_NEEDED, _SLOTS)


def built_in(name: str) -> Prompt:
    """The prompt that ships under that name."""
    if name not in (MAPPING, SMALL):
        raise Misuse(f"there is no prompt {name!r}", f"Write prompts/{name}.yaml, or use {MAPPING} or {SMALL}.")
    file = f"{name}.yaml"
    content = resources.files(__package__).joinpath(file).read_bytes()
    reading = read_prompt(content, file)
    if reading.value is None:
        raise ValueError(f"the prompt {file} that ships is broken: {reading.findings[0].message}")
    return reading.value
