"""Who is at the door? Tokens, one-time links and sessions: operational state, which decides nothing by itself.

Secrets never reach this port: `secret` is always the SHA-256 of one. A secret has at least 256 random bits, so a plain
hash is enough (there is nothing to guess).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from cleanroom.core.base import Instant


@dataclass(frozen=True, slots=True)
class Token:
    """A machine or personal token. `id` is its public half."""

    id: str
    secret: bytes
    person: str
    name: str
    scopes: tuple[str, ...]
    made: Instant
    expires: Instant
    revoked: Instant | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser. `secret` is the hash of its cookie, `csrf` the token that its forms carry."""

    secret: bytes
    person: str
    through: str
    csrf: str
    made: Instant
    expires: Instant


@dataclass(frozen=True, slots=True)
class Link:
    """A one-time sign-in link. `admin`: it makes the person the first admin."""

    secret: bytes
    person: str
    admin: bool
    expires: Instant


class Accounts(Protocol):
    """Safe to use from several threads and processes. Every method raises Outside when the store fails."""

    def add_token(self, token: Token) -> None:
        """Keep a token. Raises Misuse when its id is taken."""
        ...

    def token(self, id: str) -> Token | None:
        """The token with that public half, revoked or expired ones too."""
        ...

    def tokens(self, person: str | None = None) -> tuple[Token, ...]:
        """All tokens, or a person's, oldest first."""
        ...

    def revoke(self, id: str, at: Instant) -> bool:
        """Revoke it from `at` on; False when there is no such token or it was revoked before."""
        ...

    def add_session(self, session: Session) -> None:
        """Keep a session."""
        ...

    def session(self, secret: bytes) -> Session | None:
        """The session of that cookie's hash, expired or not."""
        ...

    def end_session(self, secret: bytes) -> None:
        """Forget a session; nothing happens when there is none."""
        ...

    def end_sessions(self, person: str) -> int:
        """Forget all sessions of a person; how many there were."""
        ...

    def add_link(self, link: Link) -> None:
        """Keep a link."""
        ...

    def use_link(self, secret: bytes) -> Link | None:
        """Take the link out, so that nobody uses it again: of several callers at once, exactly one gets it."""
        ...

    def drop_links(self, person: str) -> int:
        """Forget all links of a person that nobody used; how many there were."""
        ...

    def forget(self, before: Instant) -> int:
        """Drop sessions and links that expired before that moment; how many there were."""
        ...
