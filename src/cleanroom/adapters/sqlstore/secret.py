"""The store's own secret: what it keeps of ids and keys tells nobody what they were."""

from __future__ import annotations

import hashlib
import hmac
import secrets as chance
from threading import Lock

from sqlalchemy import insert, select

from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import secrets
from cleanroom.core.base import Misuse

_SECRET = select(secrets.c.value).where(secrets.c.name == "telemetry")


class Secret:
    """Made once for a store: whoever comes second finds the first one's."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._known: bytes | None = None
        self._lock = Lock()

    def of_key(self, key: str) -> str:
        """The keyed hash of a key: HMAC-SHA256, 32 hex digits of it."""
        return hmac.digest(self.value(), key.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]

    def of_id(self, id: str) -> bytes:
        """What is kept of an id for good, 16 bytes. Raises Misuse for text that cannot be kept."""
        try:
            text = id.encode()
        except UnicodeEncodeError:
            text = b"\x00"
        if b"\x00" in text:
            raise Misuse("an id holds a NUL or half a character: it cannot be kept", "send valid text")
        return hmac.digest(self.value(), b"\x00id" + text, "sha256")[:16]

    def folder(self) -> str:
        """The name of the folder for this store's files: of another store that uses the same place, it knows nothing."""
        return hmac.digest(self.value(), b"\x00folder", "sha256").hex()[:8]

    def value(self) -> bytes:
        """The secret itself."""
        if self._known is None:
            with self._lock:
                found = self._store.rows(_SECRET)
                self._known = bytes(found[0][0]) if found else self._made()
        return self._known

    def _made(self) -> bytes:
        with self._store.writing() as connection:
            found = connection.execute(_SECRET).scalar()
            if found is None:
                found = chance.token_bytes(hashlib.sha256().digest_size)
                connection.execute(insert(secrets), {"name": "telemetry", "value": found})
        return bytes(found)
