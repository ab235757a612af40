"""What is a single output of an AI, as it arrives, and what is it called?"""

from __future__ import annotations

import re
from typing import Any

from cleanroom.core.base import Digest, canonical, digest, noun
from cleanroom.core.facts.outputs import Risk

RISKS: tuple[Risk, ...] = ("high", "medium", "low")
"""The most pressing first."""

MAX_CONTENT = 256 * 1024
"""Bytes of an output with its input and sources, in canonical form."""

MAX_DEPTH = 32
"""How deep its values may nest."""

MAX_NAME = 200
"""Characters of a model, a prompt, a prompt's version."""

MAX_GUARD = 500
"""Characters of what a guard says."""

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,119}")
"""What an output may be called: it stands in addresses and on command lines."""

SYSTEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
"""What an AI system may be called."""


@noun
class Output:
    """One answer of an AI system to one input; `input`, `output` and `sources` are plain JSON values.

    `confidence`: what the system says of itself, 0 to 1. `model` and `prompt_version`: its provenance. `guard`: why a guard
    wants a person to look; empty when none does. `sources`: what the answer was made from, for the reviewer.
    """

    system: str
    input: Any
    output: Any
    id: str = ""
    confidence: float | None = None
    model: str = ""
    prompt: str = ""
    prompt_version: str = ""
    guard: str = ""
    risk: Risk = "medium"
    sources: tuple[Any, ...] = ()


def content_of(output: Output) -> bytes:
    """The canonical bytes of everything but the id: what lies outside of the ledger, by its digest.

    Raises ValueError for what has no canonical form.
    """
    return canonical(
        {
            "system": output.system,
            "input": output.input,
            "output": output.output,
            "confidence": output.confidence,
            "model": output.model,
            "prompt": output.prompt,
            "prompt_version": output.prompt_version,
            "guard": output.guard,
            "risk": output.risk,
            "sources": list(output.sources),
        }
    )


def too_deep(value: Any) -> bool:
    """Does it nest deeper than MAX_DEPTH? Looks without recursion, so that no depth is too much to ask."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        inside: list[Any] = []
        for v in level:
            if isinstance(v, dict):
                inside += v.values()
            elif isinstance(v, list | tuple):
                inside += v
        if not inside:
            return False
        level = inside
    return True


def id_of(output: Output, content: Digest) -> str:
    """Its id, or one made from its content, so that the same output sent twice is one."""
    return output.id or "o-" + content.removeprefix("sha256:")[:24]


def chance_of(id: str, content: Digest) -> float:
    """A number in [0, 1) that nobody chose: which accepted outputs are looked at follows from what they are."""
    drawn = digest(f"audit\n{id}\n{content}".encode()).removeprefix("sha256:")
    return int(drawn[:13], 16) / 16**13
