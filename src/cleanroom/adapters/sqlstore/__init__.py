"""The ledger in an SQL database."""

from cleanroom.adapters.sqlstore.sqlite import open_sqlite
from cleanroom.adapters.sqlstore.store import SqlStore

__all__ = ["SqlStore", "open_sqlite"]
