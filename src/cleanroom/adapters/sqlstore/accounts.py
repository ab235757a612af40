"""The Accounts port over the tables tokens, sessions and links."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update

from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import links, sessions, tokens
from cleanroom.adapters.valid_text import check_text
from cleanroom.core.base import Instant, Misuse, is_valid
from cleanroom.ports.accounts import Link, Session, Token

_TOKEN = select(tokens).where(tokens.c.id == bindparam("id"))
_TOKENS = select(tokens).order_by(tokens.c.made, tokens.c.id)
_TOKENS_OF = _TOKENS.where(tokens.c.person == bindparam("person"))
_SESSION = select(sessions).where(sessions.c.secret == bindparam("secret"))


class SqlAccounts:
    """Tokens, sessions and links beside the ledger of `store`."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def add_token(self, token: Token) -> None:
        """Keep a token; see the port."""
        check_text(token.id, token.person, token.name, *token.scopes)
        row = {
            "id": token.id,
            "secret": token.secret,
            "person": token.person,
            "name": token.name,
            "scopes": json.dumps(token.scopes),
            "made": token.made,
            "expires": token.expires,
            "revoked": token.revoked,
        }
        with self._store.writing() as connection:
            if connection.execute(select(tokens.c.id).where(tokens.c.id == token.id)).first() is not None:
                raise Misuse(f"there is a token {token.id!r} already", "make one with another id")
            connection.execute(insert(tokens), row)

    def token(self, id: str) -> Token | None:
        """The token with that public half."""
        if not is_valid(id):
            return None
        rows = self._store.rows(_TOKEN, id=id)
        return _token(rows[0]) if rows else None

    def tokens(self, person: str | None = None) -> tuple[Token, ...]:
        """All tokens, or a person's, oldest first."""
        if not is_valid(person):
            return ()
        rows = self._store.rows(_TOKENS) if person is None else self._store.rows(_TOKENS_OF, person=person)
        return tuple(map(_token, rows))

    def revoke(self, id: str, at: Instant) -> bool:
        """Revoke it from `at` on; see the port."""
        if not is_valid(id):
            return False
        revoked = update(tokens).where(tokens.c.id == id, tokens.c.revoked.is_(None)).values(revoked=at)
        return self._changed(revoked) == 1

    def add_session(self, session: Session) -> None:
        """Keep a session."""
        check_text(session.person, session.through, session.csrf)
        self._changed(
            insert(sessions).values(
                secret=session.secret,
                person=session.person,
                through=session.through,
                csrf=session.csrf,
                made=session.made,
                expires=session.expires,
            )
        )

    def session(self, secret: bytes) -> Session | None:
        """The session of that cookie's hash, expired or not."""
        rows = self._store.rows(_SESSION, secret=secret)
        return Session(**dict(zip(sessions.c.keys(), rows[0], strict=True))) if rows else None

    def end_session(self, secret: bytes) -> None:
        """Forget a session."""
        self._changed(delete(sessions).where(sessions.c.secret == secret))

    def end_sessions(self, person: str) -> int:
        """Forget all sessions of a person; how many there were."""
        return self._changed(delete(sessions).where(sessions.c.person == person)) if is_valid(person) else 0

    def add_link(self, link: Link) -> None:
        """Keep a link."""
        check_text(link.person)
        values = {"secret": link.secret, "person": link.person, "admin": link.admin, "expires": link.expires}
        self._changed(insert(links).values(values))

    def drop_links(self, person: str) -> int:
        """Forget all links of a person that nobody used; how many there were."""
        return self._changed(delete(links).where(links.c.person == person)) if is_valid(person) else 0

    def use_link(self, secret: bytes) -> Link | None:
        """Take the link out; the database lets one caller have it."""
        with self._store.writing() as connection:
            row = connection.execute(delete(links).where(links.c.secret == secret).returning(*links.c)).first()
        return None if row is None else Link(**row._mapping)

    def forget(self, before: Instant) -> int:
        """Drop sessions and links that expired before that moment; how many there were."""
        with self._store.writing() as connection:
            found = [connection.execute(delete(t).where(t.c.expires < before)).rowcount for t in (sessions, links)]
        return sum(found)

    def _changed(self, statement: Any) -> int:
        """Run one statement; how many rows it changed."""
        with self._store.writing() as connection:
            return int(connection.execute(statement).rowcount)


def _token(row: tuple[Any, ...]) -> Token:
    values = dict(zip(tokens.c.keys(), row, strict=True))
    return Token(**{**values, "scopes": tuple(json.loads(values["scopes"]))})
