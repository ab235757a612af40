"""The ledger in an SQL database."""

from cleanroom.adapters.sqlstore.address import address_of, open_store
from cleanroom.adapters.sqlstore.sqlite import open_sqlite
from cleanroom.adapters.sqlstore.store import SqlStore

__all__ = ["SqlStore", "address_of", "open_sqlite", "open_store"]
