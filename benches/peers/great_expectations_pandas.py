"""The battery's work in Great Expectations on pandas: `python -m benches.peers.great_expectations_pandas DIR`.

Prints one JSON line: the version, what was found (by finding) and what else failed, with counts. Where Great
Expectations has no expectation (counts, KS distance, funnels, golden cases), pandas first makes a frame that an
expectation can judge. For a fair race so do payloads and users: its own schema check compiles the schema anew for
each row (a millisecond a row) and raises on text that is not JSON, and it copies a vocabulary of 500,000 words many
times. Of rows that repeat each other it counts all, the first one too.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ["GX_ANALYTICS_ENABLED"] = "false"

import great_expectations as gx
import jsonschema_rs
import orjson
import pandas as pd
from benches import expected
from great_expectations import expectations as gxe
from great_expectations.core import ExpectationSuite
from scipy.stats import ks_2samp

Counts = dict[str, int | None]
Expectations = dict[str, Any]


class Judge:
    """Great Expectations over data frames; every validation is of one frame and some named expectations."""

    def __init__(self) -> None:
        self.context = gx.get_context(mode="ephemeral")
        self.context.variables.progress_bars = {"globally": False}
        self.source = self.context.data_sources.add_pandas("bench")

    def __call__(self, name: str, frame: pd.DataFrame, wanted: Expectations) -> dict[str, Any]:
        """By name of an expectation: its result, or None where Great Expectations could not evaluate it."""
        batch = self.source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("whole")
        for label, expectation in wanted.items():
            expectation.meta = {"name": label}
        suite = self.context.suites.add(ExpectationSuite(name=name, expectations=list(wanted.values())))
        results = batch.get_batch({"dataframe": frame}).validate(suite, result_format="BASIC").results
        return {r.expectation_config.meta["name"]: r.result or None for r in results}


def fields() -> Expectations:
    """Columns filled, typed, in range, in vocabulary and in shape; keys and signatures unique."""
    vocabularies = {
        "event_unknown": ("event_name", expected.EVENTS),
        "country_unknown": ("country", expected.COUNTRIES),
        "currency_unknown": ("currency", expected.CURRENCIES),
        "device_unknown": ("device", expected.DEVICES),
    }
    patterns = {
        "event_id_malformed": ("event_id", expected.EVENT_ID_PATTERN),
        "user_malformed": ("user_id", expected.USER_ID_PATTERN),
        "url_malformed": ("page_url", expected.PAGE_URL_PATTERN),
    }
    ranges = {
        "price_out_of_range": ("price", expected.PRICE_MAX),
        "quantity_out_of_range": ("quantity", expected.QUANTITY_MAX),
    }
    return {
        **{f"{c}_missing": gxe.ExpectColumnValuesToNotBeNull(column=c) for c in expected.COLUMNS if c != "price"},
        **{n: gxe.ExpectColumnValuesToBeInSet(column=c, value_set=words) for n, (c, words) in vocabularies.items()},
        **{n: gxe.ExpectColumnValuesToMatchRegex(column=c, regex=regex) for n, (c, regex) in patterns.items()},
        **{
            n: gxe.ExpectColumnValuesToBeBetween(column=c, min_value=0, max_value=most)
            for n, (c, most) in ranges.items()
        },
        "event_id_repeated": gxe.ExpectColumnValuesToBeUnique(column="event_id"),
        "duplicates": gxe.ExpectCompoundColumnsToBeUnique(column_list=expected.SIGNATURE),
    }


def payload_fits(candidate: pd.DataFrame) -> pd.DataFrame:
    """By row: whether the payload fits the schema of its event; an event without a schema is another check's."""
    fits = {event: jsonschema_rs.validator_for(schema).is_valid for event, schema in expected.SCHEMAS.items()}

    def right(event: str, payload: str) -> bool:
        if event not in fits:
            return True
        try:
            return fits[event](orjson.loads(payload))
        except orjson.JSONDecodeError:
            return False

    rows = zip(candidate["event_name"], candidate["properties"], strict=True)
    return pd.DataFrame({"right": [right(*row) for row in rows]})


def categories(baseline: pd.DataFrame) -> Expectations:
    """The columns of categories against the baseline's shares, by Kullback-Leibler divergence."""
    made = {}
    for column in expected.CATEGORICAL:
        shares = baseline[column].value_counts(normalize=True)
        partition = {"values": shares.index.tolist(), "weights": shares.tolist()}
        made[f"divergence_{column}"] = gxe.ExpectColumnKLDivergenceToBeLessThan(
            column=column,
            partition_object=partition,
            threshold=expected.PSI_TOLERANCE,
            tail_weight_holdout=1e-6,
        )
    return made


def changes(candidate: pd.DataFrame, baseline: pd.DataFrame) -> pd.DataFrame:
    """Each event-day's count as a ratio to the baseline's, where either side has enough."""
    sides = [frame.groupby(["event_name", frame["ts"].dt.date]).size() for frame in (baseline, candidate)]
    both = pd.concat(sides, axis=1, keys=["before", "after"]).fillna(0)
    both = both[both.max(axis=1) >= expected.COUNT_FLOOR].reset_index(drop=True)
    return pd.DataFrame({"ratio": both["after"] / both["before"].clip(lower=1)})


def funnel(candidate: pd.DataFrame) -> pd.DataFrame:
    """By day: how many users the steps gain at most over the steps before them (negative: they lose)."""
    rows = candidate[candidate["event_name"].isin(expected.FUNNEL)]
    users = rows.groupby([rows["ts"].dt.date, "event_name"])["user_id"].nunique().unstack(fill_value=0)
    return pd.DataFrame({"gain": users[expected.FUNNEL].diff(axis=1).max(axis=1).to_numpy()})


def carts(candidate: pd.DataFrame) -> pd.DataFrame:
    """By session with an item in the cart: seconds from the first view to it, -1 where there was no view."""
    rows = candidate[candidate["event_name"].isin(["view_item", "add_to_cart"])]
    first = rows.groupby(["session_id", "event_name"])["ts"].min().unstack()
    carted = first[first["add_to_cart"].notna()]
    return pd.DataFrame(
        {"wait": (carted["add_to_cart"] - carted["view_item"]).dt.total_seconds().fillna(-1).to_numpy()}
    )


def golden(candidate: pd.DataFrame, directory: Path) -> pd.DataFrame:
    """By golden case: how many columns differ."""
    with (directory / "golden.jsonl").open(encoding="utf-8") as lines:
        cases = pd.DataFrame([{**case["key"], **case["expect"]} for case in map(json.loads, lines)])
    cases["ts"] = pd.to_datetime(cases["ts"])
    both = cases.merge(candidate, on="event_id", how="left", suffixes=("", "_seen"))
    differ = pd.Series(0, index=both.index)
    for name in expected.COLUMNS[1:]:
        wanted, seen = both[name], both[f"{name}_seen"]
        differ += ((wanted != seen) & ~(wanted.isna() & seen.isna())).astype(int)
    return differ.to_frame("differing")


def between(column: str, least: float | None, most: float | None) -> Any:
    """An expectation on a derived frame."""
    return gxe.ExpectColumnValuesToBeBetween(column=column, min_value=least, max_value=most)


def failures(directory: Path) -> Counts:
    """By check: the count of what is unexpected; None where Great Expectations could not evaluate it."""
    candidate = pd.read_parquet(directory / "candidate.parquet")
    baseline = pd.read_parquet(directory / "baseline.parquet", columns=["ts", "price", *expected.CATEGORICAL])
    users = pd.read_parquet(directory / "profiles.parquet", columns=["user_id"])["user_id"]
    judge = Judge()
    wanted = fields() | categories(baseline)
    results = judge("candidate", candidate, wanted)

    distance = ks_2samp(baseline["price"].dropna(), candidate["price"].dropna(), method="asymp").statistic
    tolerance = expected.COUNT_TOLERANCE
    true = gxe.ExpectColumnValuesToBeInSet(column="right", value_set=[True])
    known = pd.DataFrame({"right": candidate["user_id"].isin(users)})
    derived = {
        "payload_invalid": (payload_fits(candidate), true),
        "user_missing": (known, true.copy()),
        "counts_off": (changes(candidate, baseline), between("ratio", 1 - tolerance, 1 + tolerance)),
        "price_drift": (pd.DataFrame({"ks": [distance]}), between("ks", None, expected.KS_TOLERANCE)),
        "funnel_grows": (funnel(candidate), between("gain", None, 0)),
        "funnel_disordered": (carts(candidate), between("wait", 0, None)),
        "golden_differs": (golden(candidate, directory), between("differing", 0, 0)),
    }
    for name, (frame, expectation) in derived.items():
        results |= judge(name, frame, {name: expectation})
    return counted(results)


def counted(results: dict[str, Any]) -> Counts:
    """The counts of what is unexpected; a divergence counts 1 where it is above the tolerance."""
    counts: Counts = {}
    for name, result in results.items():
        if result is None:
            counts[name] = None
        elif name.startswith("divergence_"):
            counts[name] = int(result["observed_value"] > expected.PSI_TOLERANCE)
        else:
            counts[name] = result["unexpected_count"]
    return counts


def main() -> None:
    """Validate the workload in DIR and print what Great Expectations found."""
    counts = failures(Path(sys.argv[1]).resolve())
    found = {name: counts.pop(name, None) for name in expected.FINDINGS}
    others = {name: count for name, count in counts.items() if count != 0}
    print(json.dumps({"version": version("great-expectations"), "found": found, "others": others}))


if __name__ == "__main__":
    main()
