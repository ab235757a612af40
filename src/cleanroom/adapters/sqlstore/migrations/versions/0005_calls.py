"""The log of calls and user events, the ids that came, their rollups, and the files they went to."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From a database without calls; what it holds stays as it is."""
    op.create_table(
        "call_ids",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        *_counts("hour", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "calls",
        sa.Column("seq", _count(), primary_key=True, autoincrement=False),
        *_texts("system"),
        *_counts("hour", "arrived", "n", "size"),
        *_bytes("heads", "marks"),
        *_texts("names", "words"),
        *_bytes("keys", "texts"),
    )
    op.create_index("calls_of_hour", "calls", ["hour", "system"])
    op.create_table(
        "call_events",
        sa.Column("id", sa.Text, primary_key=True),
        *_counts("seq"),
        *_texts("system", "happened"),
        *_counts("at", "arrived"),
        *_texts("call", "conversation", "feature", "variant", "model", "prompt", "who"),
        sa.Column("value", sa.Double),
        *_texts("words"),
    )
    op.create_index("call_events_of_system", "call_events", ["system", "at"])
    op.create_index("call_events_in_order", "call_events", ["seq"])
    _rollups()
    op.create_table(
        "call_files",
        sa.Column("number", _count(), primary_key=True, autoincrement=False),
        *_texts("name", "system"),
        *_counts("first", "last", "n", "bare"),
        sa.UniqueConstraint("name", name="call_files_name"),
    )
    op.create_index("call_files_of_system", "call_files", ["system", "first"])
    op.create_table("call_erased", sa.Column("name", sa.Text, primary_key=True))


def _rollups() -> None:
    op.create_table(
        "call_sums",
        sa.Column("system", sa.Text, primary_key=True),
        *(sa.Column(name, _count(), primary_key=True, autoincrement=False) for name in ("width", "start")),
        sa.Column("metric", sa.Text, primary_key=True),
        *_bytes("body"),
    )
    op.create_table(
        "call_days",
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("day", _count(), primary_key=True, autoincrement=False),
        *_texts("parts", "metrics"),
    )
    op.create_table("call_systems", sa.Column("system", sa.Text, primary_key=True), *_counts("n", "first", "last"))
    op.create_table("call_progress", sa.Column("name", sa.Text, primary_key=True), *_counts("number"))


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, _count(), nullable=False) for name in names]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _bytes(*names: str) -> list[sa.Column[bytes]]:
    return [sa.Column(name, sa.LargeBinary, nullable=False) for name in names]


def _count() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def downgrade() -> None:
    """What was decided stays in the ledger; there is no way back all the same."""
    raise RuntimeError("the store has no way back: restore a copy")
