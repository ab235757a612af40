"""The Outbox port over the table outbox."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, insert, select, update

from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import outbox
from cleanroom.adapters.valid_text import check_text
from cleanroom.core.base import Instant, is_valid
from cleanroom.ports.outbox import Message


class SqlOutbox:
    """The outbox beside the ledger of `store`."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def post(self, message: Message) -> bool:
        """Keep a message until it is delivered; False when there is or was one with its key."""
        check_text(message.key, message.channel, message.title, message.body, message.failed)
        row = {
            "key": message.key,
            "channel": message.channel,
            "title": message.title,
            "body": message.body,
            "made": message.made,
            "due": None if message.gave_up else message.due,
            "tries": message.tries,
            "failed": message.failed,
        }
        with self._store.writing() as connection:
            if connection.execute(select(outbox.c.key).where(outbox.c.key == message.key)).first() is not None:
                return False
            connection.execute(insert(outbox), row)
        return True

    def due(self, now: Instant, lease: Instant, limit: int = 20) -> tuple[Message, ...]:
        """Messages to try now, oldest first, put off until `lease`."""
        ready = select(outbox).where(outbox.c.due <= now).order_by(outbox.c.made, outbox.c.key).limit(limit)
        with self._store.writing() as connection:
            rows = connection.execute(ready).all()
            keys = [row.key for row in rows]
            if keys:
                connection.execute(update(outbox).where(outbox.c.key.in_(keys)).values(due=lease))
        return tuple(_message(row, lease) for row in rows)

    def delivered(self, key: str, at: Instant) -> None:
        """It arrived."""
        self._change(key, delivered=at, due=None)

    def put_off(self, key: str, due: Instant | None, failed: str) -> None:
        """It did not arrive: try again at `due`, or give up where that is None."""
        check_text(failed)
        self._change(key, due=due, failed=failed, tries=outbox.c.tries + 1)

    def again(self, key: str, due: Instant) -> bool:
        """Have a message that was given up on tried once more, as if it had not been tried yet."""
        if not is_valid(key):
            return False
        given_up = (outbox.c.key == key, outbox.c.delivered.is_(None), outbox.c.due.is_(None))
        with self._store.writing() as connection:
            return connection.execute(update(outbox).where(*given_up).values(due=due, tries=0)).rowcount > 0

    def waiting(self) -> tuple[Message, ...]:
        """What is not delivered, given up or not, oldest first."""
        wanted = select(outbox).where(outbox.c.delivered.is_(None)).order_by(outbox.c.made, outbox.c.key)
        with self._store.reading() as connection:
            return tuple(_message(row, row.due) for row in connection.execute(wanted))

    def _change(self, key: str, **values: Any) -> None:
        """What was delivered stays delivered."""
        if not is_valid(key):
            return
        undelivered = update(outbox).where(outbox.c.key == key, outbox.c.delivered.is_(None))
        with self._store.writing() as connection:
            connection.execute(undelivered.values(**values))


def _message(row: Row[Any], due: Instant | None) -> Message:
    """A message that was given up on has no moment to be due at: it keeps the one it was made at."""
    return Message(
        row.key,
        row.channel,
        row.title,
        row.body,
        row.made,
        row.made if due is None else due,
        row.tries,
        row.failed,
        gave_up=due is None,
    )
