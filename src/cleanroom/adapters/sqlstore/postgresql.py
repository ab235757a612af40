"""How PostgreSQL is opened so that nothing acknowledged is lost, and what its errors mean to a person."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from sqlalchemy import URL, Connection, Engine, create_engine, event, func, literal, make_url, select
from sqlalchemy.exc import ArgumentError

from cleanroom.adapters.sqlstore.schema import is_current, migrate
from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.core.base import CleanroomError, Misuse, Outside

PATIENCE = 10.0
"""Seconds to wait for the server, and for another writer."""

_WRITERS = 0x636C65616E726F6D
"""The advisory lock that a transaction holds while it writes: 'cleanrom' in ASCII. It counts within one database."""

_POOL, _OVERFLOW = 5, 15  # connections that stay, and more of them while many ask at once

_FORM = "write it as postgresql://USER@HOST:5432/DATABASE, with what is special in a password as %40 and so on"

_UNREADABLE = "the address of the PostgreSQL database cannot be read"

_INSTALL = "pip install 'ai-cleanroom[postgresql]'"


def open_postgresql(url: str, *, create: bool = True, patience: float = PATIENCE) -> SqlStore:
    """The ledger in the database at `url`; its tables are made when absent, unless `create` is false.

    `patience`: seconds to wait for the server, and for another writer. Raises Misuse when `url` is none, when the
    database is no ledger or one of a newer release, and when the driver is not installed; Outside when the server
    cannot be reached. No message holds a password. Close the store when done with it.
    """
    address = _address(url)
    name = _name(address)
    store = SqlStore(_engine(address, patience), lambda error: explained(error, name))
    try:
        with store.reading() as connection:
            encoding = connection.execute(select(func.current_setting("server_encoding"))).scalar()
        if encoding != "UTF8":
            raise Misuse(f"{name} has the encoding {encoding}", "make a database with ENCODING 'UTF8'")
        with store.explaining():
            if not is_current(store.engine, name, create):
                migrate(store.engine)
    except BaseException:
        store.close()
        raise
    return store


def _address(url: str) -> URL:
    """The parts of the URL. What cannot be read is not shown: a part of it may be a password."""
    if find_spec("psycopg") is None:
        raise Misuse("PostgreSQL needs a driver that is not installed", _INSTALL)
    try:
        address = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise Misuse(_UNREADABLE, _FORM) from error
    if address.get_backend_name() != "postgresql" or "@" in f"{address.host}{address.database}":
        raise Misuse(_UNREADABLE, _FORM)
    return address.set(drivername="postgresql+psycopg")


def _name(address: URL) -> str:
    """The database in a message: without user, password and options."""
    host = address.host or address.query.get("host") or "this machine"
    place = f"{host}:{address.port}" if address.port else str(host)
    shown = f"the database {address.database or 'of the user'} at {place}"
    return shown if shown.isprintable() else repr(shown)


def _engine(address: URL, patience: float) -> Engine:
    arguments: dict[str, object] = {"client_encoding": "utf8"}
    if "connect_timeout" not in address.query:
        arguments["connect_timeout"] = max(int(patience), 2)  # whole seconds; the driver takes no fewer
    try:
        engine = create_engine(
            address,
            connect_args=arguments,
            isolation_level="READ COMMITTED",  # a statement sees what was committed while its transaction waited
            pool_pre_ping=True,  # after a restart of the server the next question opens a new connection
            pool_size=_POOL,
            max_overflow=_OVERFLOW,
            hide_parameters=True,
        )
    except ArgumentError as error:
        raise Misuse(_UNREADABLE, _FORM) from error
    except ImportError as error:
        raise Misuse("the driver for PostgreSQL is not installed as a whole", _INSTALL) from error
    event.listen(engine, "begin", _one_writer(patience))
    return engine


def _one_writer(patience: float) -> Callable[[Connection], None]:
    """Have a transaction that writes wait for its turn, and commit to the disk whatever the server's default is.

    One that reads a snapshot sees one moment, whatever is committed meanwhile.
    """
    commits = func.current_setting("synchronous_commit")
    settings = select(
        func.set_config("lock_timeout", f"{max(int(patience * 1000), 1)}ms", literal(True)),
        func.set_config("synchronous_commit", func.replace(commits, "off", "on"), literal(True)),
    )
    turn = select(func.pg_advisory_xact_lock(_WRITERS))

    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("writes", False):
            connection.execute(settings)
            connection.execute(turn)
        elif options.get("snapshot", False):
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    return begin


def explained(error: Exception, name: str) -> CleanroomError:
    """One line for what psycopg or SQLAlchemy raised; never the statement, its values or the address."""
    origin = getattr(error, "orig", None) or error
    state = getattr(origin, "sqlstate", None) or ""
    match state[:2], state:
        case _, "55P03":
            return Outside(f"{name} is locked by another process", "wait until it is done, then run this again")
        case _, "25006":
            return Outside(f"{name} is read-only", "name the primary server, and a user who may write")
        case _, "42501":
            return Outside(f"{name} does not let this user in: {_said(origin)}", "ask its owner for the rights")
        case "53", "53100":
            return Outside(f"no space left for {name}", "free some space, then run this again; nothing was written")
        case "53", _:
            return Outside(f"{name} has no room for more: {_said(origin)}", "wait, or raise its limits")
        case "XX", "XX001" | "XX002":
            return Outside(f"{name} is damaged: {_said(origin)}", "restore a copy, then run `cleanroom ledger verify`")
        case "57" | "08", _:
            return _lost(name)
        case "", _:
            return _without_state(error, origin, name)
        case _:
            return Outside(f"{name} failed: {_said(origin)}", "run `cleanroom ledger verify`")


def _without_state(error: Exception, origin: Exception, name: str) -> CleanroomError:
    """The server did not answer, or it was not the server that failed."""
    kind = type(origin).__name__
    if kind == "ConnectionTimeout":
        return Outside(f"{name} does not answer", "is the server running, and the address right?")
    if kind == "TimeoutError":
        return Outside(f"{name} is too busy: no connection came free", "try again, or have fewer ask at once")
    if kind == "ProgrammingError":
        return Misuse(f"the address of {name} has an option that PostgreSQL does not know", _FORM)
    if kind == "OperationalError" and getattr(error, "connection_invalidated", False):
        return _lost(name)
    if kind == "OperationalError":
        return Outside(f"cannot open {name}: {_reason(str(origin))}", "is the server running, and the address right?")
    return Outside(f"{name} failed: {kind}", "run `cleanroom ledger verify`")


def _lost(name: str) -> Outside:
    hint = "run this again once it is back; what was acknowledged is kept"
    return Outside(f"the connection to {name} was lost", hint)


def _said(origin: Exception) -> str:
    """The server's own sentence, without its details: those quote values."""
    primary = getattr(getattr(origin, "diag", None), "message_primary", None)
    return " ".join((primary or type(origin).__name__).split())


def _reason(text: str) -> str:
    """Why there is no connection, out of libpq's several lines: those that begin with a tab only guess."""
    told = [line for line in text.splitlines() if line.strip() and not line.startswith("\t")] or ["no reason given"]
    return " ".join(told[-1].rsplit("failed: ", 1)[-1].replace("FATAL:", "").split())
