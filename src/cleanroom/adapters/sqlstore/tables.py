"""How the ledger lies in an SQL database. The migrations lead here; a test holds both against each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

REVISIONS = ("0001",)
"""The schemas that this release knows, oldest first; the last one is what it works with."""


class Octets(TypeDecorator[bytes]):
    """Bytes that can be read whatever a damaged row holds, so that verification can name that row."""

    impl = LargeBinary
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], bytes]:  # noqa: ARG002
        """Bytes as they are; anything else as text that no hash fits."""
        return lambda value: value if type(value) is bytes else _octets(value)


def _octets(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytearray | memoryview) else repr(value).encode()


metadata = MetaData()

# SQLite's own row id has to be a plain INTEGER; PostgreSQL gets 64 bits.
_COUNT = BigInteger().with_variant(Integer, "sqlite")

ledger = Table(
    "ledger",
    metadata,
    Column("idx", _COUNT, primary_key=True, autoincrement=False),
    Column("subject", Text, nullable=False),
    Column("version", _COUNT, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Octets, nullable=False),
    Column("leaf", Octets, nullable=False),
    Column("peak", Octets, nullable=False),
    Column("root", Octets, nullable=False),
    UniqueConstraint("subject", "version", name="ledger_subject_version"),
    CheckConstraint("idx >= 0", name="ledger_idx_from_zero"),
    CheckConstraint("version >= 1", name="ledger_version_from_one"),
    sqlite_strict=True,
)
