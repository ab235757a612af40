"""Which variant does a row's key get, said in SQL? An expression that puts every key where the flag itself puts it.

DuckDB and Spark spell MurmurHash3 out in whole numbers of 64 bits over lists of four-byte words; no product in it needs more
than 49 bits, so that nothing overflows and nothing rounds. (Spark's own `hash` cannot serve: its seed is 42, and it mixes
the bytes left over at the end of a text in its own way.) BigQuery has no fold over a list, and Snowflake's could not be
tried here: for both, one statement makes a temporary JavaScript function first.

All is built with sqlglot: names are quoted and values escaped by it; keys, names of columns and of variants are untrusted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

from sqlglot import exp

from cleanroom.core.base import Misuse, Refused, noun
from cleanroom.core.flags.bucketing import HashVersion, cuts
from cleanroom.core.flags.flag import Flag, Split, weights
from cleanroom.core.flags.murmur import C1, C2, F1, F2, MASK, STEP
from cleanroom.formats.flag_js import body

Dialect = Literal["duckdb", "spark", "bigquery", "snowflake"]
DIALECTS: tuple[Dialect, ...] = get_args(Dialect)


@noun
class Assignment:
    """`expression` gives the variant of a row; `setup` is the statement to run before it, empty where there is none."""

    expression: str
    setup: str = ""


@noun
class _Lists:
    """What a dialect calls its functions on lists."""

    make: str
    each: str
    fold: str
    item: str
    slice: str
    span: str


_LISTS = {
    "duckdb": _Lists("list_value", "list_transform", "list_reduce", "list_extract", "list_slice", "generate_series"),
    "spark": _Lists("array", "transform", "aggregate", "element_at", "slice", "sequence"),
}


def assignment(flag: Flag, column: str, dialect: str, table: str = "") -> Assignment:
    """The variant of `flag` for the key in `column`, as an expression of `dialect`.

    A key that is no text is taken as the text of it; null and '' get the safe variant, as a context without a key does.
    Raises Misuse for another dialect, and Refused for a flag with rules: they read a context, which a row is not.
    """
    if dialect not in DIALECTS:
        raise Misuse(f"unknown SQL dialect {dialect!r}", f"Known: {', '.join(DIALECTS)}.")
    if flag.targeting is not None or flag.audience is not None:
        raise Refused(
            f"flag {flag.key} has targeting rules, which have no SQL", "Select its audience in the query's own WHERE."
        )
    texts = (column, table, flag.hash_space, *flag.variants, *flag.overrides)
    if not all(map(str.isprintable, texts)):
        raise Refused(f"flag {flag.key} has a key or a name with control characters", "Write it without them.")
    if flag.killed:
        return Assignment(_text(flag.safe).sql(dialect))
    at: exp.Column = exp.column(_quoted(column), table=_quoted(table) if table else None)
    key = exp.Cast(this=at, to=exp.DataType.build("TEXT"))
    case = exp.Case()
    for variant in dict.fromkeys(flag.overrides.values()):
        keys = [_text(k) for k, v in flag.overrides.items() if v == variant]
        case = case.when(exp.In(this=key.copy(), expressions=keys), _text(variant))
    if flag.split is None:
        return Assignment((case.else_(_text(flag.rest)) if case.args.get("ifs") else _text(flag.rest)).sql(dialect))
    empty = exp.or_(exp.Is(this=at.copy(), expression=exp.null()), exp.EQ(this=key.copy(), expression=_text("")))
    text = exp.Concat(expressions=[_text(flag.hash_space), key.copy()], safe=False, coalesce=False)
    placed = _placed(text, flag, flag.split, dialect)
    return Assignment(case.when(empty, _text(flag.safe)).else_(placed).sql(dialect), _setup(flag.hash, dialect))


def _placed(text: exp.Expr, flag: Flag, split: Split, dialect: str) -> exp.Expr:
    """The variant of the text's point."""
    candidate, end = cuts(flag.hash, weights(split))

    def of(at: exp.Expr) -> exp.Expr:
        case = exp.Case().when(_below(at, candidate), _text(split.candidate))
        if flag.hash == "flagd-1":
            case = case.when(_below(at, end), _text(flag.rest)).else_(_text(flag.safe))
        else:
            case = case.else_(_text(flag.rest))
        return case

    if dialect in _LISTS:
        return _Hash(_LISTS[dialect], dialect == "spark").point(flag.hash, text, of)
    return of(exp.Anonymous(this=_function(flag.hash), expressions=[text]))


def point(version: HashVersion, text: exp.Expr, dialect: Dialect) -> exp.Expr:
    """The point of a text, as core.flags.bucketing has it."""
    if dialect in _LISTS:
        return _Hash(_LISTS[dialect], dialect == "spark").point(version, text, lambda at: at)
    return exp.Anonymous(this=_function(version), expressions=[text])


def _function(version: HashVersion) -> str:
    return "cleanroom_" + version.replace("-", "_")


def _setup(version: HashVersion, dialect: str) -> str:
    """The statement that makes the function; all of it is ours, nothing of the flag is in it."""
    match dialect:
        case "bigquery":
            head = f"CREATE TEMP FUNCTION {_function(version)}(key STRING) RETURNS FLOAT64 DETERMINISTIC LANGUAGE js AS"
            return f'{head} r"""\n{body(version)}""";\n'
        case "snowflake":
            head = f"CREATE OR REPLACE TEMPORARY FUNCTION {_function(version)}(KEY VARCHAR) RETURNS DOUBLE IMMUTABLE"
            return f"{head} LANGUAGE JAVASCRIPT AS $$\nvar key = KEY;\n{body(version)}$$;\n"
        case _:
            return ""


class _Hash:
    """MurmurHash3 in the arithmetic of a dialect with lambdas. A list of one element stands for a `let`."""

    def __init__(self, lists: _Lists, spark: bool) -> None:
        self.lists = lists
        self.spark = spark

    def point(self, version: HashVersion, text: exp.Expr, of: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
        """`of` of the point of `text`."""
        finish = self._absolute if version == "flagd-1" else self._plain
        read = self._cbor if version == "flagd-3" else self._plain
        return self.let(
            "b",
            _call("hex", text),
            lambda b: read(b, lambda b: self.let("w", self._words(b), lambda w: self._hashed(b, w, finish, of))),
        )

    def let(self, name: str, value: exp.Expr, of: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
        """`of` of a name for `value`."""
        one = _call(self.lists.each, _call(self.lists.make, value), _lambda((name,), of(_name(name))))
        return _call(self.lists.item, one, _int(1))

    def _plain(self, value: exp.Expr, of: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
        return of(value)

    def _absolute(self, at: exp.Expr, of: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
        """The 32 bits taken as a signed number, without its sign."""
        half = _int(1 << 31)
        signed = exp.Case().when(exp.LT(this=at, expression=half), at).else_(exp.Sub(this=_int(1 << 32), expression=at))
        return self.let("a", signed, of)

    def _cbor(self, b: exp.Expr, of: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
        """Before the bytes of the text, their number: in the head, in one byte or in two (RFC 8949, 3.1)."""

        def head(n: exp.Expr) -> exp.Expr:
            wide = exp.Concat(
                expressions=[_text("79"), _call("lpad", _call("hex", n), _int(4), _text("0"))],
                safe=False,
                coalesce=False,
            )
            narrow = exp.Concat(expressions=[_text("78"), _call("hex", n)], safe=False, coalesce=False)
            short = _call("hex", exp.Add(this=_int(0x60), expression=n))
            first = exp.Case().when(_below(n, 24), short).when(_below(n, 256), narrow).else_(wide)
            return exp.Concat(expressions=[first, b], safe=False, coalesce=False)

        return self.let("c", self.let("n", _shift_right(_call("length", b), 1), head), of)

    def _words(self, b: exp.Expr) -> exp.Expr:
        """The mixed words of the bytes in hexadecimal `b`; the last one is what is left over, zero bytes where nothing is."""
        padded = exp.Concat(expressions=[b, _text("00000000")], safe=False, coalesce=False)
        words = _call(self.lists.span, _int(0), _shift_right(_call("length", b), 3))
        stages: tuple[tuple[str, Callable[[exp.Expr], exp.Expr]], ...] = (
            ("i", lambda i: self._word(padded, i)),
            ("x", lambda x: _times(x, C1)),
            ("x", lambda x: _rotated(x, 15)),
            ("x", lambda x: _times(x, C2)),
        )
        for name, stage in stages:
            words = _call(self.lists.each, words, _lambda((name,), stage(_name(name))))
        return words

    def _word(self, digits: exp.Expr, i: exp.Expr) -> exp.Expr:
        """The i-th word, its lowest byte first in the text."""
        parts = [
            _call("substr", digits, exp.Add(this=exp.Mul(this=i, expression=_int(8)), expression=_int(at)), _int(2))
            for at in (7, 5, 3, 1)
        ]
        big = exp.DataType.build("BIGINT")
        if self.spark:
            return exp.Cast(
                this=_call("conv", exp.Concat(expressions=parts, safe=False, coalesce=False), _int(16), _int(10)),
                to=big,
            )
        return exp.Cast(this=exp.Concat(expressions=[_text("0x"), *parts], safe=False, coalesce=False), to=big)

    def _hashed(
        self,
        b: exp.Expr,
        w: exp.Expr,
        finish: Callable[[exp.Expr, Callable[[exp.Expr], exp.Expr]], exp.Expr],
        of: Callable[[exp.Expr], exp.Expr],
    ) -> exp.Expr:
        """All words folded, then the length and the last mixing."""
        whole = _call(self.lists.slice, w, _int(1), _shift_right(_call("length", b), 3))
        zero = exp.Cast(this=_int(0), to=exp.DataType.build("BIGINT"))
        turned = _rotated(_xor(_name("h"), _name("k")), 13)
        step = _lambda(("h", "k"), _low(exp.Add(this=exp.Mul(this=turned, expression=_int(5)), expression=_int(STEP))))
        folded = _call(self.lists.fold, whole, zero, step) if self.spark else _call(self.lists.fold, whole, step, zero)
        last = _call(self.lists.item, w, _call("array_size" if self.spark else "len", w))
        start = _xor(_xor(folded, last), _shift_right(_call("length", b), 1))

        def mixed(name: str, value: exp.Expr, by: int, factor: int, then: Callable[[exp.Expr], exp.Expr]) -> exp.Expr:
            return self.let(name, value, lambda v: then(_times(_xor(v, _shift_right(v, by)), factor)))

        return mixed(
            "p",
            start,
            16,
            F1,
            lambda q: mixed(
                "q",
                q,
                13,
                F2,
                lambda r: self.let(
                    "r", r, lambda r: self.let("z", _xor(r, _shift_right(r, 16)), lambda z: finish(z, of))
                ),
            ),
        )


def _call(name: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=name, expressions=[a.copy() for a in arguments])


def _lambda(names: tuple[str, ...], body: exp.Expr) -> exp.Expr:
    return exp.Lambda(this=body, expressions=[exp.to_identifier(f"cr_{name}") for name in names])


def _name(name: str) -> exp.Expr:
    return exp.to_identifier(f"cr_{name}")


def _quoted(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def _text(value: str) -> exp.Expr:
    return exp.Literal.string(value)


def _int(value: int) -> exp.Expr:
    return exp.Literal.number(value)


def _below(at: exp.Expr, end: int) -> exp.Expr:
    return exp.LT(this=at.copy(), expression=_int(end))


def _wrapped(value: exp.Expr) -> exp.Expr:
    return exp.paren(value.copy(), copy=False)


def _low(value: exp.Expr) -> exp.Expr:
    """The lowest 32 bits."""
    return _wrapped(exp.BitwiseAnd(this=_wrapped(value), expression=_int(MASK)))


def _xor(one: exp.Expr, other: exp.Expr) -> exp.Expr:
    return _wrapped(exp.BitwiseXor(this=one.copy(), expression=other.copy()))


def _shift_right(value: exp.Expr, by: int) -> exp.Expr:
    return _wrapped(exp.BitwiseRightShift(this=value.copy(), expression=_int(by)))


def _times(value: exp.Expr, factor: int) -> exp.Expr:
    """value * factor modulo 2**32, for a value of 32 bits: in two halves, so that no product has more than 48 bits."""
    low, high = factor & 0xFFFF, factor >> 16
    upper = _wrapped(
        exp.BitwiseAnd(this=_wrapped(exp.Mul(this=value.copy(), expression=_int(high))), expression=_int(0xFFFF))
    )
    return _low(
        exp.Add(
            this=exp.Mul(this=value.copy(), expression=_int(low)),
            expression=exp.Mul(this=upper, expression=_int(65536)),
        )
    )


def _rotated(value: exp.Expr, by: int) -> exp.Expr:
    """A value of 32 bits turned left."""
    left = _low(exp.Mul(this=value.copy(), expression=_int(1 << by)))
    return _wrapped(exp.BitwiseOr(this=left, expression=_shift_right(value, 32 - by)))
