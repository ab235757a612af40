"""The SQL of a flag: what it says of each kind of flag, and what cannot get into it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import duckdb
import pytest
import sqlglot
from sqlglot import exp
from tests.flag_samples import REGION, flag

from cleanroom.core.base import CleanroomError, Misuse, Refused
from cleanroom.core.flags import killed
from cleanroom.formats.flag_sql import DIALECTS, Dialect, assignment

HOSTILE = ["'; DROP TABLE t; --", "a\\' OR 1=1 --", 'x" y', "`z`", "\\", "$$", '"""', "{{x}}"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_killed_flag_is_its_safe_variant_and_needs_nothing_else(dialect: Dialect) -> None:
    said = assignment(killed(flag()), "user_id", dialect)
    assert (said.expression, said.setup) == ("'legacy'", "")


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_flag_without_a_split_is_its_control(dialect: Dialect) -> None:
    assert assignment(replace(flag(), split=None), "user_id", dialect).expression == "'old'"


@pytest.mark.parametrize("dialect", ["bigquery", "snowflake"])
def test_a_warehouse_makes_a_function_first_and_nothing_of_the_flag_is_in_it(dialect: Dialect) -> None:
    said, other = assignment(flag(), "user_id", dialect, "orders"), assignment(flag(9, key="x"), "y", dialect)
    assert said.setup == other.setup
    assert said.setup.startswith("CREATE ")
    assert "cleanroom_flagd_2(" in said.expression.lower()
    assert "< 214748365 THEN 'new' ELSE 'old'" in said.expression


@pytest.mark.parametrize("dialect", ["duckdb", "spark"])
def test_the_others_need_no_function(dialect: Dialect) -> None:
    assert assignment(flag(), "user_id", dialect).setup == ""


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text", HOSTILE)
def test_names_and_keys_stay_names_and_keys(dialect: Dialect, text: str) -> None:
    of = flag(variants={"new": 1, text: 2, "legacy": 3}, control=text, space=text, overrides={text: "new"})
    said = assignment(of, text, dialect, text)
    tree = sqlglot.parse_one(f"SELECT {said.expression} FROM t", dialect=dialect)
    assert {i.name for c in tree.find_all(exp.Column) for i in c.find_all(exp.Identifier)} >= {text}
    assert all(c.name == text and c.table == text for c in tree.find_all(exp.Column) if c.args["this"].quoted)
    literals = {literal.name for literal in tree.find_all(exp.Literal) if literal.is_string}
    assert literals <= {text, "new", "legacy", "", "0x", "00000000"}
    assert text in literals
    assert len(list(tree.find_all(exp.Select))) == 1
    if dialect == "duckdb":
        with duckdb.connect() as connection:
            quoted = '"' + text.replace('"', '""') + '"'
            connection.execute(f"CREATE TABLE {quoted} AS SELECT unnest(?) AS {quoted}", [[text, ""]])
            assert connection.execute(f"SELECT {said.expression} FROM {quoted}").fetchall() == [("new",), ("legacy",)]


@pytest.mark.parametrize(
    ("more", "dialect", "kind", "why"),
    [
        ({}, "oracle", Misuse, "unknown SQL dialect"),
        ({"audience": REGION}, "duckdb", Refused, "targeting rules"),
        ({"targeting": {"if": [REGION, "new"]}}, "spark", Refused, "targeting rules"),
        ({"space": "line\nbreak"}, "duckdb", Refused, "control characters"),
        ({"overrides": {"a\x00b": "new"}}, "bigquery", Refused, "control characters"),
    ],
)
def test_what_cannot_be_said_in_sql_is_refused(
    more: dict[str, Any], dialect: str, kind: type[CleanroomError], why: str
) -> None:
    with pytest.raises(kind, match=why) as refused:
        assignment(flag(**more), "user_id", dialect)
    assert refused.value.hint


def test_numbers_as_keys_are_the_text_of_them() -> None:
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t AS SELECT range AS id, range::VARCHAR AS name FROM range(500)")
        ids, names = (assignment(flag(50_000), column, "duckdb").expression for column in ("id", "name"))
        got = connection.execute(f"SELECT {ids}, {names} FROM t").fetchall()
    assert all(one == other for one, other in got)
    assert {one for one, _ in got} == {"new", "old"}
