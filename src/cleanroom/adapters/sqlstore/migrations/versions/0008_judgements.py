"""What is said of a call later counts for that call."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From a database without them; judgements that it holds go on counting by themselves."""
    for table in ("calls", "call_events"):
        op.add_column(table, sa.Column("judges", _count(), nullable=False, server_default=sa.text("0")))
    op.create_table(
        "call_judgements",
        *(sa.Column(name, sa.LargeBinary, primary_key=True) for name in ("call", "id")),
        sa.Column("system", sa.Text, nullable=False),
        sa.Column("at", _count(), nullable=False),
        sa.Column("moment", _count()),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("about", "body")),
    )
    op.create_index("call_judgements_at", "call_judgements", ["at"])
    op.create_index("call_judgements_moment", "call_judgements", ["moment", "system"])
    op.create_table(
        "call_moves",
        sa.Column("seq", _count(), primary_key=True, autoincrement=False),
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("body", sa.Text, nullable=False),
    )


def _count() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def downgrade() -> None:
    """What was decided stays in the ledger; there is no way back all the same."""
    raise RuntimeError("the store has no way back: restore a copy")
