"""What sensors measured: pieces by name, so that a day is computed once."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From a database without them; what it holds stays as it is."""
    op.create_table(
        "sensor_pieces",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("sensor", "name")),
        sa.Column("stamp", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def downgrade() -> None:
    """What was decided stays in the ledger; there is no way back all the same."""
    raise RuntimeError("the store has no way back: restore a copy")
