"""Tokens, sessions, links, the desk and the outbox: what people and the server need beside the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From a database with the ledger alone, which stays as it is."""
    _people()
    _desk()
    op.create_table(
        "outbox",
        sa.Column("key", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("channel", "title", "body", "made")),
        sa.Column("due", sa.Text),
        sa.Column("tries", _count(), nullable=False),
        sa.Column("failed", sa.Text, nullable=False),
        sa.Column("delivered", sa.Text),
    )
    op.create_index("outbox_due", "outbox", ["due"])


def _people() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("person", "name", "scopes", "made", "expires")),
        sa.Column("revoked", sa.Text),
    )
    op.create_table(
        "sessions",
        sa.Column("secret", sa.LargeBinary, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("person", "through", "csrf", "made", "expires")),
    )
    op.create_table(
        "links",
        sa.Column("secret", sa.LargeBinary, primary_key=True),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("admin", sa.Boolean, nullable=False),
        sa.Column("expires", sa.Text, nullable=False),
    )


def _desk() -> None:
    op.create_table(
        "texts",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "items",
        sa.Column("id", sa.Text, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("system", "content", "place")),
        sa.Column("rank", _count(), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("came", "due")),
        sa.Column("version", _count(), nullable=False),
        sa.Column("escalated", sa.Boolean, nullable=False),
        sa.Column("person", sa.Text),
        sa.Column("until", sa.Text),
    )
    op.create_index("items_in_order", "items", ["place", sa.text("escalated DESC"), "rank", "came", "id"])
    op.create_index("items_of_system", "items", ["system", "place"])
    op.create_table(
        "skips",
        sa.Column("item", sa.Text, primary_key=True),
        sa.Column("person", sa.Text, primary_key=True),
    )
    op.create_table(
        "views",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("read_up_to", _count(), nullable=False),
    )


def _count() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def downgrade() -> None:
    """What was decided stays in the ledger; there is no way back all the same."""
    raise RuntimeError("the store has no way back: restore a copy")
