"""The databases that the shared tests of the store's ports run on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from cleanroom.adapters.sqlstore import SqlStore, open_store

DATABASES = ("sqlite", "postgresql")


def address(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """Where a new database of that kind is to be; PostgreSQL is started when it is first asked for."""
    return str(request.getfixturevalue("postgres_url")) if kind == "postgresql" else str(folder / "ledger.db")


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new database, one kind after the other."""
    return address(request.param, request, tmp_path)


@pytest.fixture
def opened(database: str) -> Iterator[Callable[[], SqlStore]]:
    """Opens the database, as often as it is called; each is as good as a process of its own."""
    with ExitStack() as stores:
        yield lambda: stores.enter_context(open_store(database, Path))
