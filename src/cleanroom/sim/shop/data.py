"""Where do the generated shop's rows go? Into Parquet files, and candidates with one known defect each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from cleanroom.core.base import Misuse, Outside
from cleanroom.core.change import NONE
from cleanroom.sim.shop.rows import Columns, retagged, stream, user_ids
from cleanroom.sim.shop.taxonomy import TRUTH
from cleanroom.sim.shop.world import FIRST_DAY, LAST_DAY, LIFECYCLES, MARKETS, REFERENCE_FROM, World, draw_world

LEGACY = "data/legacy_events.parquet"
REFERENCE = "data/reference.parquet"
PROFILES = "data/profiles.parquet"

DEFECTS: dict[str, str] = {
    # 2% of the events arrive twice, with the same id
    "duplicates": "INSERT INTO out SELECT * FROM out WHERE n % 50 = 0",
    # 1% of the sessions belong to well-formed user ids that no profile has
    "unknown_users": "UPDATE out SET user_id = 'u9' || substr(user_id, 3) WHERE visit % 100 = 0",
    # one market's currency is written in lower case
    "lowercase_currency": "UPDATE out SET currency = lower(currency) WHERE currency = 'SEK'",
    # a tenth of the purchases lacks the key that the schema requires
    "missing_key": """UPDATE out SET payload = regexp_replace(payload, '"transaction_id":"[^"]*",', '')
                      WHERE event = 'purchase' AND n % 10 = 0""",
    # all prices are a quarter higher, as if tax had been added twice
    "price_drift": "UPDATE out SET price = round(price * 1.25, 2) WHERE price IS NOT NULL",
    # begin_checkout is lost in 70% of the sessions, so that more people pay than ever began
    "growing_funnel": "DELETE FROM out WHERE event = 'begin_checkout' AND visit % 10 < 7",
}
"""What a candidate can have wrong, as the statement that makes it so. `n` and `visit` number events and sessions."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What was written: files, rows and the days (inclusive) that they span."""

    legacy: Path
    reference: Path
    profiles: Path
    legacy_rows: int
    reference_rows: int
    users: int
    first_day: date
    last_day: date
    reference_from: date


def write_shop(folder: Path, *, scale: float = 1.0, seed: int = 7) -> Shop:
    """Generate the shop under `folder`/data. Same scale and seed, same bytes.

    `scale` 1 is about 250,000 legacy events. Raises Misuse for a scale that is not above 0, Outside when it cannot write.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise Misuse(f"the scale must be a number above 0, not {scale}", "1 gives about 250,000 events")
    world = draw_world(seed, scale)
    legacy = stream(world, np.random.default_rng([seed, 1]), "")
    again = retagged(stream(world, np.random.default_rng([seed, 2]), "r", REFERENCE_FROM))
    profiles = _profiles(world, np.random.default_rng([seed, 3]))
    files = {LEGACY: legacy, REFERENCE: again, PROFILES: profiles}
    with duckdb.connect(config={"threads": 1}) as db:
        for name, columns in files.items():
            db.register("columns", columns)
            _write(db.table("columns"), folder / name)
            db.unregister("columns")
    return Shop(
        folder / LEGACY,
        folder / REFERENCE,
        folder / PROFILES,
        len(legacy["event"]),
        len(again["event"]),
        len(profiles["user_id"]),
        FIRST_DAY,
        LAST_DAY,
        REFERENCE_FROM,
    )


def candidate(folder: Path, defect: str | None = None) -> Path:
    """Write data/candidate[-DEFECT].parquet: the legacy stream of the reference's days under the right mapping.

    `defect` is a key of DEFECTS, the only thing wrong with it; None leaves it clean. Raises Misuse for an unknown
    defect, for a shop that was not generated yet, and for one too small to show the defect.
    """
    if defect is not None and defect not in DEFECTS:
        raise Misuse(f"there is no defect {defect!r}", "the defects are: " + ", ".join(DEFECTS))
    if not (folder / LEGACY).is_file():
        raise Misuse(f"{folder / LEGACY} is missing", "generate the shop first: cleanroom demo --out DIR")
    until = LAST_DAY + timedelta(days=1)
    target = folder / "data" / (f"candidate-{defect}.parquet" if defect else "candidate.parquet")
    with duckdb.connect(config={"threads": 1}) as db:
        db.execute("CREATE TABLE truth (legacy VARCHAR, target VARCHAR)")
        db.executemany("INSERT INTO truth VALUES (?, ?)", [[m.legacy, m.target] for m in TRUTH.events])
        db.execute(_RENAMED, [str(folder / LEGACY), NONE, REFERENCE_FROM, until])
        if defect is not None:
            changed = db.execute(DEFECTS[defect]).fetchone()
            if changed == (0,):
                raise Misuse(f"this shop is too small to show {defect}", "generate it with a larger scale")
        _write(db.sql("SELECT * EXCLUDE (n, visit) FROM out ORDER BY ts, event_id"), target)
    return target


_RENAMED = """
CREATE TABLE out AS
SELECT e.* REPLACE (t.target AS event), CAST(substr(event_id, 2) AS INT) AS n, CAST(substr(session_id, 2) AS INT) AS visit
FROM read_parquet(?) e JOIN truth t ON t.legacy = e.event
WHERE t.target <> ? AND e.ts >= ? AND e.ts < ?
ORDER BY ts, event_id
"""


def _profiles(world: World, rng: np.random.Generator) -> Columns:
    """A row a user; people signed up at some time in the two years before the first day."""
    users = len(world.market)
    before = rng.integers(1, 730, users)
    return {
        "user_id": user_ids(users),
        "country": np.array([m[0] for m in MARKETS], object)[world.market],
        "lifecycle": np.array(LIFECYCLES, object)[world.lifecycle],
        "signed_up": np.datetime64(FIRST_DAY, "us") - before.astype("timedelta64[D]"),
    }


def _write(relation: Any, file: Path) -> None:
    """Write Parquet whole or not at all."""
    part = file.with_name(file.name + ".part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        relation.write_parquet(str(part), compression="zstd")
        part.replace(file)
    except (OSError, duckdb.Error) as error:
        raise Outside(f"{file} could not be written: {str(error).splitlines()[0]}", "is the disk full?") from error
    finally:
        part.unlink(missing_ok=True)
