"""What is wrong with a [models.NAME] of cleanroom.toml?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cleanroom.codec.settings.keys import address, texts, variable
from cleanroom.core.mistakes import Mistake, did_you_mean

MODEL_KINDS = ("local", "openai", "replay")
"""The embedded model, any OpenAI-compatible endpoint, recorded replies."""

_MODEL = ("kind", "model", "base_url", "api_key_env", "file")
_NEEDED = {"openai": "model", "replay": "file"}


def mistakes(keys: dict[str, Any]) -> Iterator[Mistake]:
    """What is wrong with one [models.NAME]."""
    yield from texts(keys, _MODEL, "api_key_env")
    kind = keys.get("kind")
    if kind is None:
        yield Mistake(("kind",), "'kind' is missing", f"One of {', '.join(MODEL_KINDS)}.")
    elif isinstance(kind, str) and kind not in MODEL_KINDS:
        yield Mistake(("kind",), f"there is no kind of model {kind!r}", did_you_mean(kind, MODEL_KINDS))
    needed = _NEEDED.get(str(kind))
    if needed and not keys.get(needed):
        yield Mistake((needed,), f"{needed!r} is missing: a model of kind {kind} needs it")
    yield from address(keys, "base_url", "api_key_env")
    yield from variable(keys, "api_key_env")
