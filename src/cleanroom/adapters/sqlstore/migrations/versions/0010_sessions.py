"""Which conversations a file of calls holds, as a sketch, so that months of them can be counted at once."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From a database without them; files that are there have none, and their calls are read instead."""
    op.add_column("call_files", sa.Column("asked", sa.BigInteger().with_variant(sa.Integer, "sqlite")))
    for name in ("tokens", "cost"):
        op.add_column("call_files", sa.Column(name, sa.Double))
    op.add_column("call_files", sa.Column("sessions", sa.LargeBinary))


def downgrade() -> None:
    """What was decided stays in the ledger; there is no way back all the same."""
    raise RuntimeError("the store has no way back: restore a copy")
