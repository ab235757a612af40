"""The log of outcomes, the ids that came, counts by the minute, the files they went to, and the store's secret."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From a database without outcomes; what it holds stays as it is."""
    op.create_table(
        "secrets",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_table("outcome_ids", sa.Column("id", sa.LargeBinary, primary_key=True), sqlite_with_rowid=False)
    op.create_table(
        "outcomes",
        sa.Column("seq", _count(), primary_key=True, autoincrement=False),
        sa.Column("flag", sa.Text, nullable=False),
        *(sa.Column(name, _count(), nullable=False) for name in ("hour", "arrived", "n")),
        *(sa.Column(name, sa.LargeBinary, nullable=False) for name in ("heads", "marks")),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("names", "texts")),
    )
    op.create_index("outcomes_of_flag", "outcomes", ["flag", "hour"])
    op.create_table(
        "outcome_minutes",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("flag", "arm", "metric")),
        sa.Column("minute", _count(), primary_key=True, autoincrement=False),
        *(sa.Column(name, _count(), nullable=False) for name in ("n", "bad")),
        sa.Column("total", sa.Double, nullable=False),
    )
    op.create_index("outcome_minutes_of_flag", "outcome_minutes", ["flag", "minute"])
    op.create_table(
        "outcome_files",
        sa.Column("number", _count(), primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("flag", sa.Text, nullable=False),
        *(sa.Column(name, _count(), nullable=False) for name in ("first", "last", "n", "apart", "seq")),
        sa.UniqueConstraint("name", name="outcome_files_name"),
    )
    op.create_index("outcome_files_of_flag", "outcome_files", ["flag", "first"])


def _count() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def downgrade() -> None:
    """What was decided stays in the ledger; there is no way back all the same."""
    raise RuntimeError("the store has no way back: restore a copy")
