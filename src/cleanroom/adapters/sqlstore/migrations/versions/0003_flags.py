"""Flags and rollouts are found in a large ledger by an index of the entries that begin them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The ledger stays as it is."""
    for kind in ("flag_set", "rollout_started"):
        of = sa.text(f"kind = '{kind}'")
        op.create_index(f"ledger_{kind}", "ledger", ["subject"], sqlite_where=of, postgresql_where=of)
