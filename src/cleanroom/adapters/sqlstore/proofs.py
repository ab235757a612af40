"""Single lines of the ledger, and the hashes that a proof is made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields

from sqlalchemy import Connection, select

from cleanroom.adapters.sqlstore.tables import ledger
from cleanroom.core.ledger import StoredLine
from cleanroom.core.merkle import Hashes

_KEYS = 500  # lines a query: every database takes that many bound values
_LARGEST = 2**63 - 1  # no index column holds more

_LINE = tuple(ledger.c.idx if f.name == "index" else ledger.c[f.name] for f in fields(StoredLine))


def read_line(connection: Connection, index: int) -> StoredLine | None:
    """The line with that index as it lies there; None when there is none."""
    if not 0 <= index <= _LARGEST:
        return None
    row = connection.execute(select(*_LINE).where(ledger.c.idx == index)).first()
    return None if row is None else StoredLine(*row)


def read_hashes(connection: Connection, indexes: Collection[int]) -> Mapping[int, Hashes]:
    """Leaf and peak of these lines; those of a proof in a ledger of a million lines are about a hundred, one query."""
    wanted = sorted({i for i in indexes if 0 <= i <= _LARGEST})
    found: dict[int, Hashes] = {}
    for start in range(0, len(wanted), _KEYS):
        part = ledger.c.idx.in_(wanted[start : start + _KEYS])
        rows = connection.execute(select(ledger.c.idx, ledger.c.leaf, ledger.c.peak).where(part))
        found.update((row.idx, Hashes(row.leaf, row.peak)) for row in rows)
    return found
