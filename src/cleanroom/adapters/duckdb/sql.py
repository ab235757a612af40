"""How are statements built? From sqlglot expressions only: names are quoted, values are literals, functions allow-listed.

What an AI or a file brought (event names, values, patterns) enters SQL nowhere but through these builders.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

from cleanroom.core.base import Outside
from cleanroom.core.measure import Column, Day, Key
from cleanroom.core.rules import Castable, Filled, FullMatch, OneOf, Rule, Scope, Within
from cleanroom.core.states import BIN_OFFSET, BINS_PER_E

FUNCTIONS = frozenset(
    (
        *("abs", "bit_xor", "case", "cast", "coalesce", "concat", "count", "epoch_us", "filter", "floor", "greatest"),
        *(
            "hash",
            "if",
            "in",
            "and",
            "or",
            "not",
            "isfinite",
            "isnan",
            "json_valid",
            "least",
            "length",
            "ln",
            "max",
            "min",
        ),
        *(
            "read_csv",
            "read_json",
            "read_parquet",
            "regexp_full_match",
            "regexp_matches",
            "row_number",
            "sign",
            "starts_with",
            "strlen",
        ),
        *("sum", "trim", "try_cast", "approx_count_distinct", "struct", "array"),
        *("histogram", "json_keys", "quantile_disc", "unnest"),
    )
)
_FLOATS = ("DOUBLE", "FLOAT")
TYPES = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "date": "DATE",
    "string": "VARCHAR",
}


def col(name: str, table: str | None = None) -> exp.Column:
    """A quoted column."""
    return exp.column(
        exp.to_identifier(name, quoted=True), table=exp.to_identifier(table, quoted=True) if table else None
    )


def named(name: str) -> exp.Table:
    """A quoted table or view."""
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def lit(value: str | float | bool | None) -> exp.Expr:
    """A literal."""
    if value is None:
        return exp.null()
    if isinstance(value, bool):
        return exp.true() if value else exp.false()
    if isinstance(value, str):
        return exp.Literal.string(value)
    return exp.Literal.number(repr(value)) if value >= 0 else exp.Neg(this=exp.Literal.number(repr(-value)))


def fn(name: str, *args: exp.Expr) -> exp.Anonymous:
    """A call of an allow-listed function."""
    if name not in FUNCTIONS:
        raise Outside(f"the engine does not allow the SQL function {name}")
    return exp.Anonymous(this=name, expressions=list(args))


def text(expression: exp.Expr) -> exp.Expr:
    """As text."""
    return exp.Cast(this=expression, to=exp.DataType.build("VARCHAR"))


def as_type(expression: exp.Expr, kind: str) -> exp.Expr:
    """As a type, failing on what does not fit."""
    return exp.Cast(this=expression, to=exp.DataType.build(kind, dialect="duckdb"))


def attempt(expression: exp.Expr, kind: str) -> exp.Expr:
    """As a type, null where it does not fit."""
    return exp.TryCast(this=expression, to=exp.DataType.build(kind, dialect="duckdb"))


def any_of(conditions: Iterable[exp.Expr]) -> exp.Expr:
    """Disjunction; false when empty."""
    conditions = list(conditions)
    return exp.or_(*conditions) if conditions else exp.false()


def one_of(expression: exp.Expr, values: Sequence[str]) -> exp.Expr:
    """expression IN (values); false when there are none."""
    return exp.In(this=expression, expressions=[lit(v) for v in values]) if values else exp.false()


def count(where: exp.Expr | None = None) -> exp.Expr:
    """COUNT(*), of the rows where the condition is true."""
    star = exp.Count(this=exp.Star(), big_int=True)
    return star if where is None else exp.Filter(this=star, expression=exp.Where(this=where))


def files(reader: str, path: str, **options: exp.Expr) -> exp.Table:
    """A table function over one file."""
    arguments = [exp.Kwarg(this=exp.var(k), expression=v) for k, v in options.items()]
    return exp.Table(this=fn(reader, lit(path), *arguments))


def scoped(scope: Scope | None) -> exp.Expr | None:
    """Is the row one that the rule speaks of?"""
    return None if scope is None else one_of(text_of(col(scope.column), "VARCHAR"), scope.values)


def text_of(expression: exp.Expr, kind: str) -> exp.Expr:
    """As text, without a cast where it is text already."""
    return expression if kind == "VARCHAR" else text(expression)


def breaks(rule: Rule, kind: str) -> exp.Expr:
    """True for the rows that break the rule; `kind` is the column's DuckDB type."""
    column = col(rule.column)
    match rule:
        case Filled():
            return _blank(column, kind)
        case Within(low=low, high=high):
            number = attempt(column, "DOUBLE") if kind == "VARCHAR" else column
            sides = [exp.LT(this=number.copy(), expression=lit(low))] if low is not None else []
            if high is not None:
                sides.append(exp.GT(this=number.copy(), expression=lit(high)))  # type: ignore[arg-type]
            # NaN sorts above every number here, so that only an upper bound would catch it.
            floating = kind in (*_FLOATS, "VARCHAR")
            return any_of([*sides, fn("isnan", number.copy())] if floating and high is None else sides)
        case OneOf(values=values):
            return exp.not_(one_of(text_of(column, kind), values))
        case FullMatch(pattern=pattern):
            return exp.not_(matches(text_of(column, kind), pattern))
        case Castable(type=wanted):
            return _uncastable(column, kind, wanted)


def _blank(column: exp.Column, kind: str) -> exp.Expr:
    missing = exp.Is(this=column.copy(), expression=exp.null())
    if kind != "VARCHAR":
        return missing
    # Text that sorts before '!' is empty or begins with white space: only that is worth a trim.
    early = exp.LT(this=column.copy(), expression=lit("!"))
    blank = exp.Case(
        ifs=[exp.If(this=early, true=exp.EQ(this=fn("trim", column.copy()), expression=lit("")))], default=exp.false()
    )
    return exp.or_(missing, blank)


def filled(column: exp.Expr) -> exp.Expr:
    """It is not null."""
    return exp.not_(exp.Is(this=column, expression=exp.null()))


def _uncastable(column: exp.Column, kind: str, wanted: str) -> exp.Expr:
    present = filled(column.copy())
    failed: exp.Condition = exp.Is(this=attempt(column.copy(), TYPES[wanted]), expression=exp.null())
    if wanted == "integer" and kind in _FLOATS:
        whole = exp.EQ(this=fn("floor", column.copy()), expression=column.copy())
        failed = exp.not_(exp.and_(fn("isfinite", column.copy()), whole))
    return exp.and_(present, failed)


def matches(expression: exp.Expr, pattern: str) -> exp.Expr:
    """Full match in RE2; a plain prefix followed by `.*` is a prefix test."""
    prefix = literal_prefix(pattern)
    if prefix is not None:
        return fn("starts_with", expression, lit(prefix))
    return fn("regexp_full_match", expression, lit(pattern), lit("s"))


def literal_prefix(pattern: str) -> str | None:
    """The text P when the pattern means 'P, then anything'."""
    if not pattern.endswith(".*"):
        return None
    plain: list[str] = []
    body = iter(pattern[:-2])
    for c in body:
        literal = next(body, "a") if c == "\\" else c
        if (c == "\\" and literal.isalnum()) or (c != "\\" and c in ".^$*+?{}[]()|"):
            return None
        plain.append(literal)
    return "".join(plain)


def key(key: Key, kind: str) -> exp.Expr:
    """A grouping key, as it is grouped by (not yet text)."""
    match key:
        case Column(name=name):
            return col(name)
        case Day(name=name):
            return col(name) if kind == "DATE" else as_type(col(name), "DATE")


def bin_number(column: exp.Expr) -> exp.Expr:
    """The logarithmic bin of core.states.bin_of, in SQL."""
    size = fn("ln", fn("abs", column.copy()))
    scaled = exp.Add(this=fn("floor", exp.Mul(this=size, expression=lit(BINS_PER_E))), expression=lit(BIN_OFFSET))
    signed = exp.Mul(this=fn("sign", column.copy()), expression=exp.Paren(this=scaled))
    zero = exp.If(this=exp.EQ(this=column.copy(), expression=lit(0)), true=lit(0))
    return as_type(exp.Case(ifs=[zero], default=signed), "BIGINT")


def checked(statement: exp.Expr) -> str:
    """The statement's text, after every function in it was looked up in the allow-list (fails closed)."""
    for node in statement.walk():
        if isinstance(node, exp.Anonymous):
            if str(node.this).lower() not in FUNCTIONS:
                raise Outside(f"the engine does not allow the SQL function {node.this}")
        elif isinstance(node, exp.Func) and node.sql_name().lower() not in FUNCTIONS:
            raise Outside(f"the engine does not allow the SQL function {node.sql_name()}")
    return statement.sql(dialect="duckdb", identify=True)
