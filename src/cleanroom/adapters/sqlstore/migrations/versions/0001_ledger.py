"""The ledger. Written out, not taken from tables.py: what a migration did never changes."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From nothing."""
    count = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "ledger",
        sa.Column("idx", count, primary_key=True, autoincrement=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("version", count, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("peak", sa.LargeBinary, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("subject", "version", name="ledger_subject_version"),
        sa.CheckConstraint("idx >= 0", name="ledger_idx_from_zero"),
        sa.CheckConstraint("version >= 1", name="ledger_version_from_one"),
        sqlite_strict=True,
    )


def downgrade() -> None:
    """A ledger is never taken away."""
    raise RuntimeError("the ledger has no way back: restore a copy")
