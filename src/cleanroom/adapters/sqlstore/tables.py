"""How the ledger lies in an SQL database. The migrations lead here; a test holds both against each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010")
"""The schemas that this release knows, oldest first; the last one is what it works with."""


class Octets(TypeDecorator[bytes]):
    """Bytes that can be read whatever a damaged row holds, so that verification can name that row."""

    impl = LargeBinary
    cache_ok = True

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], bytes]:  # noqa: ARG002
        """Bytes as they are; anything else as text that no hash fits."""
        return lambda value: value if type(value) is bytes else _octets(value)


def _octets(value: object) -> bytes:
    return bytes(value) if isinstance(value, bytearray | memoryview) else repr(value).encode()


metadata = MetaData()

# SQLite's own row id has to be a plain INTEGER; PostgreSQL gets 64 bits.
_COUNT = BigInteger().with_variant(Integer, "sqlite")

ledger = Table(
    "ledger",
    metadata,
    Column("idx", _COUNT, primary_key=True, autoincrement=False),
    Column("subject", Text, nullable=False),
    Column("version", _COUNT, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Octets, nullable=False),
    Column("leaf", Octets, nullable=False),
    Column("peak", Octets, nullable=False),
    Column("root", Octets, nullable=False),
    UniqueConstraint("subject", "version", name="ledger_subject_version"),
    CheckConstraint("idx >= 0", name="ledger_idx_from_zero"),
    CheckConstraint("version >= 1", name="ledger_version_from_one"),
    sqlite_strict=True,
)

for _kind in ("flag_set", "rollout_started", "alert_opened", "incident_opened"):
    _of = text(f"kind = '{_kind}'")
    Index(f"ledger_{_kind}", ledger.c.subject, sqlite_where=_of, postgresql_where=_of)
"""Flags, rollouts, alerts and incidents are found without a look at all else: only the entries that begin them are in it."""

# --- operational state: it decides nothing, and none of it is in the ledger's tree -------------------------

tokens = Table(
    "tokens",
    metadata,
    Column("id", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("person", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("made", Text, nullable=False),
    Column("expires", Text, nullable=False),
    Column("revoked", Text),
)

sessions = Table(
    "sessions",
    metadata,
    Column("secret", LargeBinary, primary_key=True),
    Column("person", Text, nullable=False),
    Column("through", Text, nullable=False),
    Column("csrf", Text, nullable=False),
    Column("made", Text, nullable=False),
    Column("expires", Text, nullable=False),
)

links = Table(
    "links",
    metadata,
    Column("secret", LargeBinary, primary_key=True),
    Column("person", Text, nullable=False),
    Column("admin", Boolean, nullable=False),
    Column("expires", Text, nullable=False),
)

texts = Table(
    "texts",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", Text, primary_key=True),
    Column("system", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("rank", _COUNT, nullable=False),
    Column("came", Text, nullable=False),
    Column("due", Text, nullable=False),
    Column("version", _COUNT, nullable=False),
    Column("escalated", Boolean, nullable=False),
    Column("person", Text),
    Column("until", Text),
    Index("items_of_system", "system", "place"),
)

Index("items_in_order", items.c.place, items.c.escalated.desc(), items.c.rank, items.c.came, items.c.id)
"""As a desk is read: with any other order a database sorts all there is for the first few."""

skips = Table(
    "skips",
    metadata,
    Column("item", Text, primary_key=True),
    Column("person", Text, primary_key=True),
)

views = Table(
    "views",
    metadata,
    Column("name", Text, primary_key=True),
    Column("read_up_to", _COUNT, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("key", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("made", Text, nullable=False),
    Column("due", Text),
    Column("tries", _COUNT, nullable=False),
    Column("failed", Text, nullable=False),
    Column("delivered", Text),
    Index("outbox_due", "due"),
)
"""`due` is null once a message was delivered or given up."""

# --- what production says: outcomes of flags, in no tree either; see adapters/sqlstore/telemetry.py ---------

secrets = Table(
    "secrets",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
)

outcome_ids = Table("outcome_ids", metadata, Column("id", LargeBinary, primary_key=True), sqlite_with_rowid=False)
"""Keyed hashes of the ids that ever came: they outlive the outcomes."""

outcomes = Table(
    "outcomes",
    metadata,
    Column("seq", _COUNT, primary_key=True, autoincrement=False),
    Column("flag", Text, nullable=False),
    Column("hour", _COUNT, nullable=False),
    Column("arrived", _COUNT, nullable=False),
    Column("n", _COUNT, nullable=False),
    Column("heads", LargeBinary, nullable=False),
    Column("marks", LargeBinary, nullable=False),
    Column("names", Text, nullable=False),
    Column("texts", Text, nullable=False),
    Index("outcomes_of_flag", "flag", "hour"),
)
"""The log: a row holds the outcomes of one flag and hour that came together; packed.py says how. `arrived`: the last of them."""

outcome_minutes = Table(
    "outcome_minutes",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("flag", "arm", "metric")),
    Column("minute", _COUNT, primary_key=True, autoincrement=False),
    Column("n", _COUNT, nullable=False),
    Column("bad", _COUNT, nullable=False),
    Column("total", Double, nullable=False),
    Index("outcome_minutes_of_flag", "flag", "minute"),
)

outcome_files = Table(
    "outcome_files",
    metadata,
    Column("number", _COUNT, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("flag", Text, nullable=False),
    Column("first", _COUNT, nullable=False),
    Column("last", _COUNT, nullable=False),
    Column("n", _COUNT, nullable=False),
    Column("apart", _COUNT, nullable=False),
    Column("seq", _COUNT, nullable=False),
    UniqueConstraint("name", name="outcome_files_name"),
    Index("outcome_files_of_flag", "flag", "first"),
)
"""Files that hold what left the log, in the order in which they were written; a file that is not here does not count.
`seq`: the last one of the log that went there, so that it is never given again."""

# --- what production says: calls of models and what users did then; see adapters/sqlstore/calls.py ---------

call_ids = Table(
    "call_ids",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    *(Column(name, _COUNT, nullable=False) for name in ("hour", "seq")),
    sqlite_with_rowid=False,
)
"""Keyed hashes of the ids that ever came: they outlive the calls. Where each lies: its row of the log, later files of its hour
(counted from 1970)."""

calls = Table(
    "calls",
    metadata,
    Column("seq", _COUNT, primary_key=True, autoincrement=False),
    Column("system", Text, nullable=False),
    *(Column(name, _COUNT, nullable=False) for name in ("hour", "arrived", "n", "size")),
    *(Column(name, LargeBinary, nullable=False) for name in ("heads", "marks")),
    *(Column(name, Text, nullable=False) for name in ("names", "words")),
    *(Column(name, LargeBinary, nullable=False) for name in ("keys", "texts")),
    Column("judges", _COUNT, nullable=False, server_default=text("0")),
    Index("calls_of_hour", "hour", "system"),
)
"""The log: a row holds the calls of one system and hour that came together; packed_calls.py says how. `size`: its bytes.
`judges`: 1 where they are judgements, which count as call_moves says."""

call_events = Table(
    "call_events",
    metadata,
    Column("id", Text, primary_key=True),
    Column("seq", _COUNT, nullable=False),
    *(Column(name, Text, nullable=False) for name in ("system", "happened")),
    *(Column(name, _COUNT, nullable=False) for name in ("at", "arrived")),
    *(Column(name, Text, nullable=False) for name in ("call", "conversation", "feature", "variant", "model", "prompt")),
    Column("who", Text, nullable=False),
    Column("value", Double),
    Column("words", Text, nullable=False),
    Column("judges", _COUNT, nullable=False, server_default=text("0")),
    Index("call_events_of_system", "system", "at"),
    Index("call_events_in_order", "seq"),
)

call_judgements = Table(
    "call_judgements",
    metadata,
    *(Column(name, LargeBinary, primary_key=True) for name in ("call", "id")),
    Column("system", Text, nullable=False),
    Column("at", _COUNT, nullable=False),
    Column("moment", _COUNT),
    *(Column(name, Text, nullable=False) for name in ("about", "body")),
    Index("call_judgements_at", "at"),
    Index("call_judgements_moment", "moment", "system"),
)
"""What was said of a call later. `call`, `id`: keyed hashes of both ids; `about`: the call's id; `at`: when it was said;
`moment`: when the call was, null while it has not come. `system`: of the call, else its own; `body`: the judgement as JSON."""

call_moves = Table(
    "call_moves",
    metadata,
    Column("seq", _COUNT, primary_key=True, autoincrement=False),
    Column("system", Text, primary_key=True),
    Column("body", Text, nullable=False),
)
"""What judgements change in the rollups of a system, until it is in them: a JSON array of figures with their signs."""

call_sums = Table(
    "call_sums",
    metadata,
    Column("system", Text, primary_key=True),
    *(Column(name, _COUNT, primary_key=True, autoincrement=False) for name in ("width", "start")),
    Column("metric", Text, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)
"""Rollups of a metric by slots of `width` microseconds, many slots a row; sums.py says how."""

call_days = Table(
    "call_days",
    metadata,
    Column("system", Text, primary_key=True),
    Column("day", _COUNT, primary_key=True, autoincrement=False),
    *(Column(name, Text, nullable=False) for name in ("parts", "metrics")),
)
"""What the rollups of a system tell apart on a day (since 1970), as JSON arrays: a rollup says a combination by its place."""

call_files = Table(
    "call_files",
    metadata,
    Column("number", _COUNT, primary_key=True, autoincrement=False),
    *(Column(name, Text, nullable=False) for name in ("name", "system")),
    *(Column(name, _COUNT, nullable=False) for name in ("first", "last", "n", "bare")),
    *(Column(name, kind) for name, kind in (("asked", _COUNT), ("tokens", Double), ("cost", Double))),
    Column("sessions", LargeBinary),
    UniqueConstraint("name", name="call_files_name"),
    Index("call_files_of_system", "system", "first"),
)
"""Files that hold what left the log. `bare`: texts of calls before that moment are erased from it. `asked` requests of
conversations, their tokens and cost (null: nobody said), and a sketch of which conversations (null: not known any more)."""

call_erased = Table("call_erased", metadata, Column("name", Text, primary_key=True))
"""Files that held what was to be forgotten: they do not count any more, and are deleted as soon as that can be done."""

call_systems = Table(
    "call_systems",
    metadata,
    Column("system", Text, primary_key=True),
    *(Column(name, _COUNT, nullable=False) for name in ("n", "first", "last")),
)

call_progress = Table(
    "call_progress",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", _COUNT, nullable=False),
)
"""`rolled`: the last `seq` of log and events that is in the rollups."""

# --- alerts and schedules: what is said again and again, and whose turn it is ------------------------------

alerts = Table(
    "alerts",
    metadata,
    Column("id", Text, primary_key=True),
    *(Column(name, Text, nullable=False) for name in ("system", "level", "state", "opened")),
    Column("due", Text),
    Column("told", Text),
    Column("tells", _COUNT, nullable=False),
    Column("stamp", _COUNT, nullable=False),
    Index("alerts_due", "due"),
    Index("alerts_in_order", "state", "opened"),
    Index("alerts_of_system", "system", "state"),
    Index("alerts_told", "told"),
)
"""The list of work: the ledger says where an alert stands. `due` is null where only a signal can change anything."""

alert_signals = Table(
    "alert_signals",
    metadata,
    Column("seq", _COUNT, primary_key=True, autoincrement=False),
    *(Column(name, Text, nullable=False) for name in ("key", "name", "system", "level", "about", "what")),
    *(Column(name, Text, nullable=False) for name in ("since", "seen", "evidence", "runbook", "first", "last")),
    Column("n", _COUNT, nullable=False),
    Column("alert", Text, nullable=False),
    Column("ended", Text),
    Column("heard", Boolean, nullable=False),
    Column("live", Boolean, nullable=False),
    Index("alert_signals_key", "key", "live"),
    Index("alert_signals_alert", "alert", "seq"),
)

jobs = Table(
    "jobs",
    metadata,
    Column("name", Text, primary_key=True),
    Column("done", Text, nullable=False),
    *(Column(name, Text) for name in ("slot", "start", "until")),
    Column("number", _COUNT, nullable=False),
)
"""`slot` and `start`: what is planned; `until`: the end of the lease of whoever runs it, whose number is `number`."""

job_runs = Table(
    "job_runs",
    metadata,
    Column("seq", _COUNT, primary_key=True, autoincrement=False),
    *(Column(name, Text, nullable=False) for name in ("name", "slot", "began", "ended")),
    Column("good", Boolean, nullable=False),
    Column("said", Text, nullable=False),
    UniqueConstraint("name", "slot", name="job_runs_once"),
)

# --- what sensors measured: it can be measured again, as far as the data is still there --------------------

sensor_pieces = Table(
    "sensor_pieces",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("sensor", "name")),
    Column("stamp", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
