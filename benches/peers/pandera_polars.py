"""The battery's work in Pandera on Polars: `python -m benches.peers.pandera_polars DIR`, in its own environment.

Prints one JSON line: the version, what was found (by finding) and what else failed, with counts. Pandera itself
knows columns; payloads, counts, drift, references, funnels, repeats over columns and golden cases are custom checks
here, written in Polars and, for payloads, with compiled validators.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import jsonschema_rs
import orjson
import pandera.polars as pa
import polars as pl
from benches import expected
from pandera.polars import Check, PolarsData
from scipy.stats import ks_2samp

Custom = Callable[[PolarsData], pl.LazyFrame]
"""A check of the whole frame: one column of booleans, true where all is right."""
_DAY = pl.col("ts").dt.date().alias("day")


def payload_invalid(data: PolarsData) -> pl.LazyFrame:
    """Each row's payload against the schema of its event; an event without a schema is left to another check."""
    fits = {event: jsonschema_rs.validator_for(schema).is_valid for event, schema in expected.SCHEMAS.items()}

    def right(event: str, payload: str) -> bool:
        if event not in fits:
            return True
        try:
            return fits[event](orjson.loads(payload))
        except orjson.JSONDecodeError:
            return False

    rows = data.lazyframe.select("event_name", "properties").collect()
    return pl.LazyFrame({"right": [right(*row) for row in rows.iter_rows()]})


def duplicates(data: PolarsData) -> pl.LazyFrame:
    """False on every row that repeats an earlier one."""
    return data.lazyframe.select(pl.struct(expected.SIGNATURE).is_first_distinct())


def funnel_grows(data: PolarsData) -> pl.LazyFrame:
    """One row a day: no step has more users than the one before."""
    steps = [pl.col("user_id").filter(pl.col("event_name") == step).n_unique().alias(step) for step in expected.FUNNEL]
    pairs = zip(expected.FUNNEL, expected.FUNNEL[1:], strict=False)
    days = data.lazyframe.filter(pl.col("event_name").is_in(expected.FUNNEL)).group_by(_DAY).agg(steps)
    return days.select(pl.all_horizontal([pl.col(later) <= pl.col(earlier) for earlier, later in pairs]))


def funnel_disordered(data: PolarsData) -> pl.LazyFrame:
    """One row a session with an item in the cart: it was not there before an item was viewed."""

    def first(event: str) -> pl.Expr:
        return pl.col("ts").filter(pl.col("event_name") == event).min().alias(event)

    rows = data.lazyframe.filter(pl.col("event_name").is_in(["view_item", "add_to_cart"]))
    sessions = rows.group_by("session_id").agg(first("view_item"), first("add_to_cart"))
    carted = sessions.filter(pl.col("add_to_cart").is_not_null())
    return carted.select((pl.col("view_item") <= pl.col("add_to_cart")).fill_null(False))


def user_missing(directory: Path) -> Custom:
    """Each row's user is among the profiles."""
    users = pl.scan_parquet(directory / "profiles.parquet").select("user_id")
    return lambda data: data.lazyframe.select(pl.col("user_id").is_in(users.collect()["user_id"].implode()))


def counts_off(baseline: pl.LazyFrame) -> Custom:
    """One row an event and day: the count is near the baseline's, or both are small."""

    def check(data: PolarsData) -> pl.LazyFrame:
        before = baseline.group_by("event_name", _DAY).len("before")
        after = data.lazyframe.group_by("event_name", _DAY).len("after")
        both = after.join(before, on=["event_name", "day"], how="full", coalesce=True).fill_null(0)
        enough = both.filter(pl.max_horizontal("before", "after") >= expected.COUNT_FLOOR)
        change = pl.col("after").cast(pl.Float64) / pl.col("before").clip(1) - 1
        return enough.select(change.abs() <= expected.COUNT_TOLERANCE)

    return check


def price_drift(baseline: pl.LazyFrame) -> Custom:
    """One row: the Kolmogorov-Smirnov distance of the prices is small."""

    def prices(frame: pl.LazyFrame) -> pl.Series:
        return frame.select(pl.col("price").drop_nulls()).collect()["price"]

    def check(data: PolarsData) -> pl.LazyFrame:
        distance = ks_2samp(prices(baseline), prices(data.lazyframe), method="asymp").statistic
        return pl.LazyFrame({"right": [bool(distance <= expected.KS_TOLERANCE)]})

    return check


def psi(baseline: pl.LazyFrame, column: str) -> Custom:
    """One row: the population stability index of a column of categories is small."""

    def check(data: PolarsData) -> pl.LazyFrame:
        counts = [frame.group_by(column).len(name) for name, frame in (("p", baseline), ("q", data.lazyframe))]
        both = counts[0].join(counts[1], on=column, how="full", coalesce=True).fill_null(0)
        p, q = ((pl.col(n) / pl.col(n).sum()).clip(1e-6) for n in ("p", "q"))
        return both.select(((q - p) * (q / p).log()).sum() <= expected.PSI_TOLERANCE)

    return check


def golden_differs(directory: Path) -> Custom:
    """One row a golden case: the row of its event id is as expected."""
    rest = expected.COLUMNS[1:]
    fields = dict.fromkeys(rest, pl.String()) | {"price": pl.Float64(), "quantity": pl.Int32()}
    schema = {"key": pl.Struct({"event_id": pl.String()}), "expect": pl.Struct(fields)}
    cases = (
        pl.scan_ndjson(directory / "golden.jsonl", schema=schema)
        .unnest("key", "expect")
        .with_columns(pl.col("ts").str.to_datetime(time_unit="us"))
    )

    def check(data: PolarsData) -> pl.LazyFrame:
        both = cases.join(data.lazyframe, on="event_id", how="left", suffix="_seen")
        return both.select(pl.all_horizontal([pl.col(n).eq_missing(pl.col(f"{n}_seen")) for n in rest]))

    return check


def schema(directory: Path) -> pa.DataFrameSchema:
    """Pandera's schema of the candidate; the name or error of a check is the finding that it shows."""
    baseline = pl.scan_parquet(directory / "baseline.parquet")
    customs: dict[str, Custom] = {
        "payload_invalid": payload_invalid,
        "counts_off": counts_off(baseline),
        "price_drift": price_drift(baseline),
        "user_missing": user_missing(directory),
        "funnel_grows": funnel_grows,
        "funnel_disordered": funnel_disordered,
        "duplicates": duplicates,
        "golden_differs": golden_differs(directory),
        **{f"psi_{column}": psi(baseline, column) for column in expected.CATEGORICAL},
    }
    return pa.DataFrameSchema(
        {
            "event_id": pa.Column(
                pl.String, Check.str_matches(expected.EVENT_ID_PATTERN, error="event_id_malformed"), unique=True
            ),
            "ts": pa.Column(pl.Datetime("us")),
            "user_id": pa.Column(pl.String, Check.str_matches(expected.USER_ID_PATTERN, error="user_malformed")),
            "session_id": pa.Column(pl.String),
            "event_name": pa.Column(pl.String, Check.isin(expected.EVENTS, error="event_unknown")),
            "country": pa.Column(pl.String, Check.isin(expected.COUNTRIES, error="country_unknown")),
            "currency": pa.Column(pl.String, Check.isin(expected.CURRENCIES, error="currency_unknown")),
            "price": pa.Column(
                pl.Float64, Check.in_range(0, expected.PRICE_MAX, error="price_out_of_range"), nullable=True
            ),
            "quantity": pa.Column(pl.Int32, Check.in_range(0, expected.QUANTITY_MAX, error="quantity_out_of_range")),
            "device": pa.Column(pl.String, Check.isin(expected.DEVICES, error="device_unknown")),
            "page_url": pa.Column(pl.String, Check.str_matches(expected.PAGE_URL_PATTERN, error="url_malformed")),
            "properties": pa.Column(pl.String),
        },
        checks=[Check(check, name=name) for name, check in customs.items()],
    )


def failures(directory: Path) -> dict[str, int]:
    """By check: how many failure cases Pandera lists."""
    try:
        schema(directory).validate(pl.read_parquet(directory / "candidate.parquet"), lazy=True)
    except pa.errors.SchemaErrors as error:
        return dict(error.failure_cases.group_by("check").len().iter_rows())
    return {}


def main() -> None:
    """Validate the workload in DIR and print what Pandera found."""
    counts = failures(Path(sys.argv[1]).resolve())
    found = {name: counts.pop(name, 0) for name in expected.FINDINGS}
    print(json.dumps({"version": version("pandera"), "found": found, "others": counts}))


if __name__ == "__main__":
    main()
