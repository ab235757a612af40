"""Can every database keep this text?"""

from __future__ import annotations

from cleanroom.core.base import Misuse


def is_valid(*texts: str | None) -> bool:
    """Has each of the texts a UTF-8 form, and no NUL? What has not cannot have been kept either."""
    whole = "".join(text for text in texts if text)
    try:
        whole.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in whole


def check_text(*texts: str | None) -> None:
    """Raises Misuse, before anything is written, for text that no database keeps."""
    if not is_valid(*texts):
        raise Misuse("the text holds a NUL or half a character: it cannot be kept", "send valid text without NUL")
