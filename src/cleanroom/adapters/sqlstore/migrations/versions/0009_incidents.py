"""Incidents are found without a look at everything else: only the entries that begin them are in the index."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From a database without the index; what it holds stays as it is."""
    of = sa.text("kind = 'incident_opened'")
    op.create_index("ledger_incident_opened", "ledger", ["subject"], sqlite_where=of, postgresql_where=of)


def downgrade() -> None:
    """What was decided stays in the ledger; there is no way back all the same."""
    raise RuntimeError("the store has no way back: restore a copy")
