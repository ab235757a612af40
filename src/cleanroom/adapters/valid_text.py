"""Can every database keep this text?"""

from __future__ import annotations

from cleanroom.core.base import Misuse, is_valid


def check_text(*texts: str | None) -> None:
    """Raises Misuse, before anything is written, for text that no database keeps."""
    if not is_valid(*texts):
        raise Misuse("the text holds a NUL or half a character: it cannot be kept", "send valid text without NUL")
