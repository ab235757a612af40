"""Is the database one of ours and up to date? If it is old or empty, bring it up to date."""

from __future__ import annotations

from threading import Lock

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    insert,
    inspect,
    select,
)

from cleanroom.adapters.sqlstore.tables import REVISIONS, metadata
from cleanroom.core.base import Misuse

_migrating = Lock()  # alembic's context is one for the whole process

_VERSION = Table(  # as alembic makes it
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
_applied = select(_VERSION.c.version_num)


def is_current(engine: Engine, name: str, create: bool) -> bool:
    """Is the schema the last of REVISIONS? Two small queries, nothing is changed.

    `name` is for messages. Raises Misuse for a database that is not ours or newer than this release, and for
    one that is empty unless `create`.
    """
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
        found = connection.execute(_applied).scalar() if "alembic_version" in tables else None
    if found is None and tables - {"alembic_version"}:
        raise Misuse(f"{name} is a database, but no ledger", "name the one that cleanroom made, or a new one")
    if found is None and not create:
        raise Misuse(f"{name} holds no ledger", "check the path; any command that writes makes a new one")
    if found is not None and found not in REVISIONS:
        raise Misuse(f"{name} has schema {found!r}, which this release does not know", "upgrade ai-cleanroom")
    return found == REVISIONS[-1]


def migrate(engine: Engine) -> None:
    """Bring the schema to the last of REVISIONS, in one transaction: another process sees no step or all of them.

    What is empty gets the tables as they are today; what is older goes from revision to revision.
    """
    with _migrating, engine.connect().execution_options(writes=True) as connection, connection.begin():
        if inspect(connection).get_table_names():
            upgrade(connection)
        else:
            metadata.create_all(connection)
            _VERSION.create(connection)
            connection.execute(insert(_VERSION).values(version_num=REVISIONS[-1]))


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Run the migrations up to that revision, within the transaction of the connection."""
    from alembic import command  # takes its time to load, and a new database needs none of it
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "cleanroom.adapters.sqlstore:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
