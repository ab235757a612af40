"""Who vouches for a checkpoint? Signs bytes, names the key so that anybody can check, and remembers what it signed last."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

Verifies = Callable[[bytes, bytes, bytes], bool]
"""`verifies(public, signature, message)`: did the holder of that Ed25519 key sign this message?"""


class Signer(Protocol):
    """An Ed25519 key (RFC 8032). The secret half never leaves the adapter."""

    @property
    def name(self) -> str:
        """Who signs, as it stands in a note: no spaces, no plus sign."""
        ...

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The signature of `message`, 64 bytes."""
        ...

    def last(self) -> bytes | None:
        """The last note that it was told to remember, so that it never signs two histories; None before the first."""
        ...

    def remember(self, note: bytes) -> None:
        """Keep `note` as the last one."""
        ...
