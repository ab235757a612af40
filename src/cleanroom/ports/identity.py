"""Who does the organisation's identity provider say it is?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Errand:
    """A sign-in under way. The browser goes to `url`; the rest stays with it until it comes back, and is used once."""

    url: str
    state: str
    nonce: str
    verifier: str


class Identity(Protocol):
    """An OpenID Connect provider. Safe to use from several threads; raises Outside when it cannot be reached."""

    @property
    def name(self) -> str:
        """What the button says."""
        ...

    def start(self, redirect: str) -> Errand:
        """Where to send a browser that is to come back to `redirect`."""
        ...

    def finish(self, redirect: str, errand: Errand, code: str, issuer: str = "") -> str:
        """The verified email of whoever came back with `code`. `issuer`: the parameter iss that came along.

        Raises Refused when the answer does not prove who it is; its `message` may be shown and written down.
        """
        ...
