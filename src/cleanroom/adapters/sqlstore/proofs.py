"""Single lines of the ledger, and the hashes that a proof is made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields

from sqlalchemy import Connection, bindparam, select

from cleanroom.adapters.sqlstore.tables import ledger
from cleanroom.core.ledger import StoredLine
from cleanroom.core.merkle import Hashes

_KEYS = 500  # lines a query: every database takes that many bound values
MOST = 2**63 - 1
"""No index column holds more."""

_LINE = tuple(ledger.c.idx if f.name == "index" else ledger.c[f.name] for f in fields(StoredLine))
LINE = select(*_LINE).where(ledger.c.idx == bindparam("index"))
"""The line with that index as it lies there."""


def read_hashes(connection: Connection, indexes: Collection[int]) -> Mapping[int, Hashes]:
    """Leaf and peak of these lines; those of a proof in a ledger of a million lines are about a hundred, one query."""
    wanted = sorted({i for i in indexes if 0 <= i <= MOST})
    found: dict[int, Hashes] = {}
    for start in range(0, len(wanted), _KEYS):
        part = ledger.c.idx.in_(wanted[start : start + _KEYS])
        rows = connection.execute(select(ledger.c.idx, ledger.c.leaf, ledger.c.peak).where(part))
        found.update((row.idx, Hashes(row.leaf, row.peak)) for row in rows)
    return found
