"""Tokens, sessions and links that live as long as the process."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock

from cleanroom.adapters.valid_text import check_text
from cleanroom.core.base import Instant, Misuse
from cleanroom.ports.accounts import Link, Session, Token


class MemoryAccounts:
    """The Accounts port over three dicts."""

    def __init__(self) -> None:
        self._tokens: dict[str, Token] = {}
        self._sessions: dict[bytes, Session] = {}
        self._links: dict[bytes, Link] = {}
        self._lock = Lock()

    def add_token(self, token: Token) -> None:
        """Keep a token; see the port."""
        check_text(token.id, token.person, token.name, *token.scopes)
        with self._lock:
            if token.id in self._tokens:
                raise Misuse(f"there is a token {token.id!r} already", "make one with another id")
            self._tokens[token.id] = token

    def token(self, id: str) -> Token | None:
        """The token with that public half."""
        return self._tokens.get(id)

    def tokens(self, person: str | None = None) -> tuple[Token, ...]:
        """All tokens, or a person's, oldest first."""
        with self._lock:
            found = [t for t in self._tokens.values() if person is None or t.person == person]
        return tuple(sorted(found, key=lambda t: (t.made, t.id)))

    def revoke(self, id: str, at: Instant) -> bool:
        """Revoke it from `at` on; see the port."""
        with self._lock:
            token = self._tokens.get(id)
            if token is None or token.revoked is not None:
                return False
            self._tokens[id] = replace(token, revoked=at)
        return True

    def add_session(self, session: Session) -> None:
        """Keep a session."""
        check_text(session.person, session.through, session.csrf)
        with self._lock:
            self._sessions[session.secret] = session

    def session(self, secret: bytes) -> Session | None:
        """The session of that cookie's hash, expired or not."""
        return self._sessions.get(secret)

    def end_session(self, secret: bytes) -> None:
        """Forget a session."""
        with self._lock:
            self._sessions.pop(secret, None)

    def end_sessions(self, person: str) -> int:
        """Forget all sessions of a person; how many there were."""
        with self._lock:
            gone = [secret for secret, session in self._sessions.items() if session.person == person]
            for secret in gone:
                del self._sessions[secret]
        return len(gone)

    def add_link(self, link: Link) -> None:
        """Keep a link."""
        check_text(link.person)
        with self._lock:
            self._links[link.secret] = link

    def drop_links(self, person: str) -> int:
        """Forget all links of a person that nobody used; how many there were."""
        with self._lock:
            gone = [secret for secret, link in self._links.items() if link.person == person]
            for secret in gone:
                del self._links[secret]
        return len(gone)

    def use_link(self, secret: bytes) -> Link | None:
        """Take the link out."""
        with self._lock:
            return self._links.pop(secret, None)

    def forget(self, before: Instant) -> int:
        """Drop sessions and links that expired before that moment; how many there were."""
        with self._lock:
            sessions = {k: v for k, v in self._sessions.items() if v.expires >= before}
            links = {k: v for k, v in self._links.items() if v.expires >= before}
            gone = len(self._sessions) - len(sessions) + len(self._links) - len(links)
            self._sessions, self._links = sessions, links
        return gone
