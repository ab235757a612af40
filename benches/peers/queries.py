"""The findings that a peer must be told in SQL: DuckDB queries over views candidate, baseline, profiles and golden.

Each query returns one row for each thing found, so that counting its rows gives the finding's count.
"""

from __future__ import annotations

from pathlib import Path

from benches import expected


def listed(words: list[str]) -> str:
    """Words of ours as a list in SQL."""
    return "(" + ", ".join(f"'{word}'" for word in words) + ")"


def views(directory: Path) -> list[str]:
    """The statements that make the four views over the workload in `directory`."""
    quoted = str(directory).replace("'", "''")
    types = {"ts": "TIMESTAMP", "price": "DOUBLE", "quantity": "INTEGER"}
    fields = ", ".join(f"{name} {types.get(name, 'VARCHAR')}" for name in expected.COLUMNS[1:])
    golden = (
        "CREATE VIEW golden AS SELECT case_key.event_id AS event_id, unnest(expect) FROM "
        f"(SELECT key AS case_key, expect FROM read_json('{quoted}/golden.jsonl', format = 'newline_delimited', "
        f"columns = {{key: 'STRUCT(event_id VARCHAR)', expect: 'STRUCT({fields})'}}))"
    )
    tables = ("candidate", "baseline", "profiles")
    return [*(f"CREATE VIEW {t} AS FROM read_parquet('{quoted}/{t}.parquet')" for t in tables), golden]


_PATHS = [
    *("schema_version", "ctx.scroll", "ctx.referrer", "ctx.ab", "item_id", "category", "brand", "discount"),
    *("coupon", "transaction_id", "value", "tax", "title", "load_ms", "query", "results"),
]
# One json_extract of all the paths is cheaper than a call for each. Text that is not JSON becomes NULL in
# a query of its own, because DuckDB evaluates JSON functions even behind a CASE on json_valid.
_PAYLOAD_INVALID = f"""
SELECT event_name FROM (
    SELECT event_name, len(json_keys(document)) AS keys, len(json_keys(document, '$.ctx')) AS context_keys,
        json_extract(document, [{", ".join(f"'$.{path}'" for path in _PATHS)}])::VARCHAR[] AS v
    FROM (SELECT event_name, CASE WHEN json_valid(properties) THEN properties END AS document FROM candidate)
    WHERE event_name IN {listed(expected.EVENTS)}
)
WHERE NOT coalesce(
    v[1] = '2' AND context_keys = 3 AND try_cast(v[2] AS UTINYINT) <= 100
    AND v[3] IN {listed([f'"{word}"' for word in expected.REFERRERS])} AND regexp_full_match(v[4], '"v[0-9]"')
    AND CASE
        WHEN event_name IN {listed(expected.COMMERCE_EVENTS)} THEN
            keys = 7 AND regexp_full_match(v[5], '"SKU-[0-9]+"') AND starts_with(v[6], '"')
            AND starts_with(v[7], '"') AND try_cast(v[8] AS DOUBLE) BETWEEN 0 AND 1
            AND (v[9] = 'null' OR starts_with(v[9], '"'))
        WHEN event_name IN {listed(expected.ORDER_EVENTS)} THEN
            keys = 7 + (v[9] IS NOT NULL)::INTEGER AND regexp_full_match(v[5], '"SKU-[0-9]+"')
            AND starts_with(v[6], '"') AND regexp_full_match(v[10], '"T[0-9]+"')
            AND try_cast(v[11] AS DOUBLE) IS NOT NULL AND try_cast(v[12] AS DOUBLE) IS NOT NULL
            AND (v[9] IS NULL OR v[9] = 'null' OR starts_with(v[9], '"'))
        WHEN event_name = 'page_view' THEN
            keys = 4 AND starts_with(v[13], '"') AND regexp_full_match(v[14], '[0-9]+')
        WHEN event_name = 'search' THEN
            keys = 4 AND starts_with(v[15], '"') AND regexp_full_match(v[16], '[0-9]+')
        ELSE keys = 2
    END,
    false)
"""
_COUNTS_OFF = f"""
SELECT event_name, day FROM
    (SELECT event_name, ts::DATE AS day, count(*) AS n FROM baseline GROUP BY ALL) AS b
    FULL JOIN (SELECT event_name, ts::DATE AS day, count(*) AS n FROM candidate GROUP BY ALL) AS c
    USING (event_name, day)
WHERE greatest(coalesce(b.n, 0), coalesce(c.n, 0)) >= {expected.COUNT_FLOOR}
    AND abs(coalesce(c.n, 0) / greatest(coalesce(b.n, 0), 1) - 1) > {expected.COUNT_TOLERANCE}
"""
_PRICE_DRIFT = f"""
SELECT 1 FROM (
    SELECT sum(b) OVER below / sum(b) OVER () AS fb, sum(c) OVER below / sum(c) OVER () AS fc
    FROM (
        SELECT price, sum(b) AS b, sum(c) AS c FROM (
            SELECT price, 1 AS b, 0 AS c FROM baseline WHERE price IS NOT NULL
            UNION ALL SELECT price, 0, 1 FROM candidate WHERE price IS NOT NULL
        ) GROUP BY price
    ) WINDOW below AS (ORDER BY price)
) HAVING max(abs(fb - fc)) > {expected.KS_TOLERANCE}
"""
_FUNNEL_DISORDERED = """
SELECT session_id FROM (
    SELECT session_id, min(ts) FILTER (event_name = 'add_to_cart') AS carted,
        min(ts) FILTER (event_name = 'view_item') AS viewed
    FROM candidate WHERE event_name IN ('view_item', 'add_to_cart') GROUP BY session_id
) WHERE carted IS NOT NULL AND (viewed IS NULL OR viewed > carted)
"""
_GOLDEN_DIFFERS = f"""
SELECT g.event_id FROM golden AS g LEFT JOIN candidate AS c ON g.event_id = c.event_id
WHERE c.event_id IS NULL OR {" OR ".join(f"g.{n} IS DISTINCT FROM c.{n}" for n in expected.COLUMNS[1:])}
"""


def funnel_grows() -> str:
    """One row for each day on which a step of the funnel has more users than the step before it."""
    users = [f"count(DISTINCT user_id) FILTER (event_name = '{step}')" for step in expected.FUNNEL]
    steps = ", ".join(f"{count} AS step{number}" for number, count in enumerate(users))
    grows = " OR ".join(f"step{number} > step{number - 1}" for number in range(1, len(users)))
    return f"""
SELECT day FROM (
    SELECT ts::DATE AS day, {steps}
    FROM candidate WHERE event_name IN {listed(expected.FUNNEL)} GROUP BY ALL
) WHERE {grows}
"""


def psi(column: str) -> str:
    """One row when the population stability index of a column of categories is above the tolerance."""
    return f"""
SELECT 1 FROM (
    SELECT greatest(coalesce(b.n, 0) / sum(b.n) OVER (), 1e-6) AS p,
        greatest(coalesce(c.n, 0) / sum(c.n) OVER (), 1e-6) AS q
    FROM (SELECT {column} AS word, count(*) AS n FROM baseline GROUP BY ALL) AS b
        FULL JOIN (SELECT {column} AS word, count(*) AS n FROM candidate GROUP BY ALL) AS c USING (word)
) HAVING sum((q - p) * ln(q / p)) > {expected.PSI_TOLERANCE}
"""


QUERIES = {
    "payload_invalid": _PAYLOAD_INVALID,
    "counts_off": _COUNTS_OFF,
    "price_drift": _PRICE_DRIFT,
    "funnel_grows": funnel_grows(),
    "funnel_disordered": _FUNNEL_DISORDERED,
    "golden_differs": _GOLDEN_DIFFERS,
    **{f"psi_{column}": psi(column) for column in expected.CATEGORICAL},
}
"""By finding (and psi_<column>, where nothing is wrong): the query."""
