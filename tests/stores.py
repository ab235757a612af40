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


@pytest.fixture(scope="module", params=["memory", *DATABASES])
def one_store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore | None]:
    """One database for all tests of a file, which empty the tables that they use; None for memory."""
    if request.param == "memory":
        yield None
        return
    server = request.getfixturevalue("postgres_server") if request.param == "postgresql" else None
    url = server.fresh() if server is not None else str(tmp_path_factory.mktemp("store") / "ledger.db")
    with open_store(url, Path) as store:
        yield store
    if server is not None:
        server.drop(url)
