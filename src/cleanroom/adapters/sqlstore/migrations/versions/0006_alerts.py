"""Alerts, what is said of them again and again, and whose turn it is to run a scheduled job."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """From a database without alerts; what it holds stays as it is."""
    of = sa.text("kind = 'alert_opened'")
    op.create_index("ledger_alert_opened", "ledger", ["subject"], sqlite_where=of, postgresql_where=of)
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("system", "level", "state", "opened"),
        *(sa.Column(name, sa.Text) for name in ("due", "told")),
        *_counts("tells", "stamp"),
    )
    op.create_index("alerts_due", "alerts", ["due"])
    op.create_index("alerts_in_order", "alerts", ["state", "opened"])
    op.create_index("alerts_of_system", "alerts", ["system", "state"])
    op.create_index("alerts_told", "alerts", ["told"])
    op.create_table(
        "alert_signals",
        sa.Column("seq", _count(), primary_key=True, autoincrement=False),
        *_texts("key", "name", "system", "level", "about", "what"),
        *_texts("since", "seen", "evidence", "runbook", "first", "last"),
        *_counts("n"),
        *_texts("alert"),
        sa.Column("ended", sa.Text),
        *_truths("heard", "live"),
    )
    op.create_index("alert_signals_key", "alert_signals", ["key", "live"])
    op.create_index("alert_signals_alert", "alert_signals", ["alert", "seq"])
    _jobs()


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("name", sa.Text, primary_key=True),
        *_texts("done"),
        *(sa.Column(name, sa.Text) for name in ("slot", "start", "until")),
        *_counts("number"),
    )
    op.create_table(
        "job_runs",
        sa.Column("seq", _count(), primary_key=True, autoincrement=False),
        *_texts("name", "slot", "began", "ended"),
        *_truths("good"),
        *_texts("said"),
        sa.UniqueConstraint("name", "slot", name="job_runs_once"),
    )


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, _count(), nullable=False) for name in names]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _truths(*names: str) -> list[sa.Column[bool]]:
    return [sa.Column(name, sa.Boolean, nullable=False) for name in names]


def _count() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def downgrade() -> None:
    """What was decided stays in the ledger; there is no way back all the same."""
    raise RuntimeError("the store has no way back: restore a copy")
