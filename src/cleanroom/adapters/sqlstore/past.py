"""The Past port: what sensors measured, in a table beside the ledger."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import bindparam, delete, insert, select

from cleanroom.adapters.sqlstore.store import SqlStore
from cleanroom.adapters.sqlstore.tables import sensor_pieces
from cleanroom.adapters.valid_text import check_text
from cleanroom.ports.past import Piece

_PIECES = select(sensor_pieces.c.name, sensor_pieces.c.stamp, sensor_pieces.c.body)
_PIECES = _PIECES.where(sensor_pieces.c.sensor == bindparam("sensor")).order_by(sensor_pieces.c.name)
_PIECE = _PIECES.where(sensor_pieces.c.name == bindparam("name"))


class SqlPast:
    """See ports/past.py."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    def pieces(self, sensor: str) -> Mapping[str, Piece]:
        """All that is kept of a sensor."""
        return {name: Piece(stamp, bytes(body)) for name, stamp, body in self._store.rows(_PIECES, sensor=sensor)}

    def piece(self, sensor: str, name: str) -> Piece | None:
        """One piece of a sensor."""
        return next(
            (Piece(stamp, bytes(body)) for _, stamp, body in self._store.rows(_PIECE, sensor=sensor, name=name)), None
        )

    def keep(self, sensor: str, pieces: Mapping[str, Piece | None]) -> None:
        """Replace or drop, all or none."""
        check_text(sensor, *pieces)
        if not pieces:
            return
        of_sensor = sensor_pieces.c.sensor == sensor
        with self._store.writing() as connection:
            for name, piece in pieces.items():
                connection.execute(delete(sensor_pieces).where(of_sensor, sensor_pieces.c.name == name))
                if piece is not None:
                    row = {"sensor": sensor, "name": name, "stamp": piece.stamp, "body": piece.body}
                    connection.execute(insert(sensor_pieces), row)


def move_pieces(source: SqlStore, target: SqlStore) -> None:
    """Have `target` hold the pieces of `source` that it does not have; its own stay. A baseline that was frozen goes along."""
    names = select(sensor_pieces.c.sensor, sensor_pieces.c.name)
    with target.reading() as new:
        there = {tuple(row) for row in new.execute(names)}
    with source.reading() as old:
        lacking = [tuple(row) for row in old.execute(names) if tuple(row) not in there]
    for sensor, name in lacking:
        one = select(sensor_pieces).where(sensor_pieces.c.sensor == sensor, sensor_pieces.c.name == name)
        with source.reading() as old:
            row = old.execute(one).first()
        if row is not None:
            with target.writing() as new:
                new.execute(insert(sensor_pieces), dict(row._mapping))
