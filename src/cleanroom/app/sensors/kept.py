"""Days of a table, computed once: what was counted of each file stays until the file, or what is asked of it, changes."""

from __future__ import annotations

import json
import statistics
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from cleanroom.app.room import Room
from cleanroom.app.sensors.files import File
from cleanroom.app.sensors.looks import begin_of
from cleanroom.core.base import Misuse, digest_of, plain
from cleanroom.core.sensors.daily import Asked, Tally, merged
from cleanroom.core.sensors.standing import Standing
from cleanroom.ports.past import Piece

_FILE = "file:"
_JUDGED = "judged"
_LOST = 0.05
_RECENT = 28
_NOTES = "#"  # no sensor has that in its name


def days(
    room: Room, sensor: str, files: Sequence[File], asked: Asked, standing: Standing | None = None
) -> dict[str, Tally]:
    """Tallies by day over all files. Days of files that are gone stay known, unless a file that is there has them too.

    Raises Misuse where a sensor that had judged (by `standing`) finds no moment in them any more, or rows that came since
    its last look have none.
    """
    key = digest_of(asked)[7:23]
    kept = {n.removeprefix(_FILE): p for n, p in room.past.pieces(sensor).items() if n.startswith(_FILE)}
    found: dict[str, Mapping[str, Tally]] = {}
    for file in files:
        stamp = f"{key}/{room.engine.name}/{file.stamp}"
        before = kept.get(file.name)
        if before is not None and before.stamp == stamp:
            found[file.name] = _tallies(unpacked(before.body))
            continue
        found[file.name] = room.engine.days(file.table, asked)
        room.past.keep(sensor, {_FILE + file.name: Piece(stamp, packed(plain(found[file.name])))})
    there = merged(found.values())
    if standing is not None:
        needs_moments(room, sensor, files, asked.time, standing, there)
        _needs_as_many(room, sensor, asked.time, standing, found)
    gone = [p for n, p in kept.items() if n not in found]
    old = merged(_tallies(unpacked(p.body)) for p in gone if p.stamp.startswith(key + "/"))
    room.past.keep(sensor, {_FILE + n: None for n, p in kept.items() if n not in found and not p.stamp.startswith(key)})
    return {day: t for day, t in sorted({**old, **there}.items()) if day}


def needs_moments(
    room: Room, sensor: str, files: Sequence[File], time: str, standing: Standing, there: Mapping[str, Tally]
) -> None:
    """Raises Misuse where a sensor that had judged finds no day in what is `there` now: that is no lack of data."""
    if any(there) or not judged(room, sensor, standing):
        return
    timeless = there.get("", Tally()).rows
    what = f"none of {timeless:,} rows has a moment in column {time!r} any more" if timeless else "there are no rows"
    where = files[0].name if len(files) == 1 else f"{files[0].name} and {len(files) - 1} more files"
    raise Misuse(f"{where}: {what}", "Write moments as 2026-01-31T09:30:00Z, or name the column that holds them.")


def _needs_as_many(
    room: Room, sensor: str, time: str, standing: Standing, found: Mapping[str, Mapping[str, Tally]]
) -> None:
    """Raises Misuse where more of the rows that came have no moment than did before, by a twentieth of a usual day: what
    cannot be put on a day would be missed by nobody.

    Compared with the look that was a usual day's rows ago or more; where it failed, until that is mended or a person says
    that it is right.
    """
    sizes = [t.rows for d, t in sorted(merged(found.values()).items()) if d]
    if not sizes:
        return
    name, usual = f"moments:{begin_of(standing)}:{time}", statistics.median(sizes[-_RECENT:])
    now = {f: (of.get("", Tally()).rows, sum(t.rows for t in of.values())) for f, of in found.items()}
    noted = note(room, sensor, name)
    before = now if noted is None else {f: tuple(pair) for f, pair in noted.items()}
    lost, came = (sum(max(0, of[i] - before.get(f, (0, 0))[i]) for f, of in now.items()) for i in (0, 1))
    share = sum(of[0] for of in before.values()) / max(1, sum(of[1] for of in before.values()))
    if lost - share * max(lost, came) > _LOST * max(usual, came):
        worst = max(now, key=lambda f: now[f][0] - before.get(f, (0, 0))[0])
        raise Misuse(
            f"{worst}: {lost:,} of {max(lost, came):,} rows that came since have no moment in column {time!r}",
            f"Write moments as 2026-01-31T09:30:00Z; if that is right: cleanroom sensor rebase {sensor}",
        )
    if noted is None or came >= usual:
        set_note(room, sensor, name, now)


def judged(room: Room, sensor: str, standing: Standing) -> bool:
    """Did it ever judge anything since its last new baseline?"""
    return standing.state in ("quiet", "over") or note(room, sensor, _JUDGED) == begin_of(standing)


def set_judged(room: Room, sensor: str, standing: Standing) -> None:
    """Note that it did."""
    set_note(room, sensor, _JUDGED, begin_of(standing))


def note(room: Room, sensor: str, name: str) -> Any:
    """What was noted under a name as plain data; None without."""
    piece = room.past.piece(sensor + _NOTES, name)
    return None if piece is None else unpacked(piece.body)


def set_note(room: Room, sensor: str, name: str, value: object) -> None:
    """Note it; None forgets it."""
    room.past.keep(sensor + _NOTES, {name: None if value is None else Piece("", packed(plain(value)))})


def by_day(
    room: Room, sensor: str, wanted: Mapping[str, str], make: Callable[[Sequence[str]], Mapping[str, object]]
) -> dict[str, Any]:
    """Something by day: `wanted` has the stamp of each; those whose stamp is another are made anew."""
    kept = {n.removeprefix("day:"): p for n, p in room.past.pieces(sensor).items() if n.startswith("day:")}
    lacking = [d for d, stamp in wanted.items() if d not in kept or kept[d].stamp != stamp]
    made = make(lacking) if lacking else {}
    fresh = {d: Piece(wanted[d], packed(plain(value))) for d, value in made.items()}
    room.past.keep(sensor, {"day:" + d: p for d, p in fresh.items()})
    return {d: unpacked(p.body) for d, p in sorted({**kept, **fresh}.items())}


def forget(room: Room, sensor: str) -> None:
    """Begin anew."""
    for name in (sensor, sensor + _NOTES):
        room.past.keep(name, dict.fromkeys(room.past.pieces(name)))


def packed(value: Any) -> bytes:
    """Plain data, small."""
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 6)


def unpacked(body: bytes) -> Any:
    """What was packed."""
    return json.loads(zlib.decompress(body))


def _tallies(data: Mapping[str, Any]) -> dict[str, Tally]:
    return {
        day: Tally(
            t["rows"],
            t["values"],
            {c: tuple(counts) for c, counts in t["cells"].items()},
            {c: tuple(found) for c, found in t["distinct"].items()},
            t["keys"],
        )
        for day, t in data.items()
    }
