"""Reports to show and to test: one for each outcome, one of nothing, and one full of hostile text. All invented."""

from __future__ import annotations

import io
import math
from dataclasses import replace
from typing import Literal

from rich.console import Console

from cleanroom.core.base import Digest, Instant, digest
from cleanroom.core.check import CheckResult, Family, Outcome, SourceRows
from cleanroom.core.run import Diff, DiffCell, EventFlow, Evidence, Input, Report, Run, Series
from cleanroom.entry.report.terminal import show

Row = tuple[tuple[str, str | None], ...]

AT = Instant("2026-11-21T23:20:00.000000Z")
FAIL, UNKNOWN, WARN, PASS = Outcome.FAIL, Outcome.UNKNOWN, Outcome.WARN, Outcome.PASS


def name_of(text: str) -> Digest:
    """A digest for a sample."""
    return digest(text.encode())


def found(
    check: str,
    outcome: Outcome,
    because: str = "All is as the plan asks.",
    *,
    seen: str = "0 of 86,412 rows break it",
    expected: str = "none",
    missing: str = "",
    required: bool = True,
    names: tuple[str, ...] = (),
    examples: tuple[Row, ...] = (),
    query: str = "",
) -> Evidence:
    """Evidence for `family.check`."""
    family: Family = check.split(".", maxsplit=1)[0]  # type: ignore[assignment]
    witness = SourceRows(names) if names else None
    result = CheckResult(
        check, family, outcome, seen, expected, because, missing, (("rows", 86412.0),), witness, required
    )
    return Evidence(result, examples, query)


def event_row(i: int, event: str, legacy: str, value: str | None = None) -> Row:
    """A row as it comes out of a run."""
    return (
        ("event_id", f"e{100_000 + 7919 * i:08d}"),
        ("ts", f"2026-10-{1 + i % 28:02d} 1{i % 10}:0{i % 6}:22"),
        ("event", event),
        ("legacy_event", legacy),
        ("user_id", f"u{4242 + 37 * i}"),
        ("session_id", f"s{90_010 + i}"),
        ("device", ("mobile", "desktop", "tablet")[i % 3]),
        ("country", ("DE", "FR", "AT")[i % 3]),
        ("value", value),
        ("payload", f'{{"items": [{{"id": "p{i}", "qty": {1 + i % 3}}}], "currency": "EUR"}}'),
    )


_PASSED = (
    ("mapping.coverage", "100.0% of 86,412 rows", "at least 99.5%"),
    ("mapping.reasons", "2 of 2 names mapped to none have a reason", "all"),
    ("mapping.one_entry_a_name", "14 names, 14 entries", "one entry a name"),
    ("schema.columns", "10 columns of the types that the plan names", "10 columns"),
    ("schema.payload(purchase)", "0 of 1,204 payloads break it", "none"),
    ("schema.payload(add_to_cart)", "0 of 6,930 payloads break it", "none"),
    ("fields.values(country)", "0 of 86,412 rows break it", "iso-3166-1-alpha-2"),
    ("fields.values(device)", "0 of 86,412 rows break it", "mobile, desktop, tablet"),
    ("fields.range(value)", "0 of 1,204 rows break it", "at least 0"),
    ("fields.filled(session_id)", "100.0%", "100%"),
    ("fields.freshness", "newest row 2 h old", "at most 6 h"),
    ("counts.rows_conserved", "86,412 in, 80,301 out, 6,111 to none", "in = out + none"),
    ("counts.ratio(conversion)", "0.031 (0.029 to 0.033)", "0.005 to 0.2"),
    ("drift.value", "KS 0.012, at most 0.031", "at most 0.05"),
    ("drift.device", "JS 0.008, at most 0.021", "at most 0.1"),
    ("references.user_id", "0 of 86,412 rows break it", "every user in data/profiles.parquet"),
    ("references.session_id", "0 sessions of two users", "one user a session"),
    ("duplicates.event_id", "0 repeated", "none"),
    ("duplicates.signature", "3 of 86,412 rows repeated (0.003%)", "at most 0.1%"),
    ("duplicates.idempotent", "both runs gave the same bytes", "the same bytes"),
)

_COUNTS_QUERY = """SELECT *
FROM read_parquet('.cleanroom/runs/4f2a9c81b0d2/output.parquet')
WHERE "event" = 'add_to_wishlist'
ORDER BY "ts", "event_id"
LIMIT 10"""


def _failures() -> tuple[Evidence, ...]:
    invented = tuple(event_row(i, "view_basket", "basket") for i in range(10))
    wished = tuple(event_row(i, "add_to_wishlist", "basket_rm", "19.90" if i % 2 else None) for i in range(7))
    return (
        found(
            "mapping.targets_exist",
            FAIL,
            "The target view_basket is not an event of the plan, and 6,204 rows would carry it; view_cart is the nearest name.",
            seen="view_basket (6,204 rows)",
            expected="one of the plan's 11 events, or none",
            names=("basket",),
            examples=invented,
            query="SELECT *\nFROM read_csv('data/legacy_events.csv')\nWHERE \"event\" IN ('basket')\nORDER BY 1\nLIMIT 10",
        ),
        found(
            "counts.by_event(add_to_wishlist)",
            FAIL,
            "add_to_wishlist comes 4.1 times as often as in the baseline on 26 of 28 days, because basket_rm goes there too.",
            seen="ratio 4.10 (3.92 to 4.29)",
            expected="0.75 to 1.25",
            examples=wished,
            query=_COUNTS_QUERY,
        ),
        found(
            "golden.cases",
            FAIL,
            "2 of 22 cases came out wrong: g07 gave add_to_wishlist for remove_from_cart, g15 gave view_basket for view_cart.",
            seen="20 right, 2 wrong",
            expected="22 right",
            examples=(
                (
                    ("case", "g07"),
                    ("column", "event"),
                    ("expected", "remove_from_cart"),
                    ("came out", "add_to_wishlist"),
                ),
                (("case", "g15"), ("column", "event"), ("expected", "view_cart"), ("came out", "view_basket")),
            ),
        ),
    )


def _unclear(required: bool) -> Evidence:
    return found(
        "funnels.checkout(purchase)",
        UNKNOWN,
        "Only 61 sessions reached purchase, too few to tell a share of skipped steps of 5% from chance.",
        seen="4 of 61 sessions skipped begin_checkout (1.8% to 15.9%)",
        expected="at most 5.0%",
        missing="about 240 more sessions that reach purchase",
        required=required,
        examples=(event_row(3, "purchase", "order_ok", "54.00"), event_row(5, "purchase", "order_ok", "12.50")),
        query="SELECT 1",
    )


def _warnings() -> tuple[Evidence, ...]:
    return (
        found(
            "mapping.none_share(scroll_50)",
            WARN,
            "scroll_50 is mapped to none and carries 5.8% of the rows: 'no event of the plan counts scrolling'.",
            seen="5.8% of the rows",
            expected="at most 5% a name",
            names=("scroll_50",),
        ),
        replace(_unclear(required=False), query=""),
    )


def _passes() -> tuple[Evidence, ...]:
    return tuple(found(c, PASS, seen=s, expected=e) for c, s, e in _PASSED)


def days(n: int) -> tuple[str, ...]:
    """The last `n` days of October and November 2026."""
    return tuple(f"2026-{10 + i // 31:02d}-{1 + i % 31:02d}" for i in range(n))


def _wave(level: float, n: int, phase: float = 0.0) -> tuple[float, ...]:
    return tuple(round(level * (1 + 0.22 * math.sin(2 * math.pi * (i + phase) / 7) + 0.004 * i)) for i in range(n))


def plots() -> tuple[Series, ...]:
    """One of each kind, with gaps."""
    bins = tuple(f"{5 * i}" for i in range(24))
    before = tuple(math.exp(-((i - 7) ** 2) / 18) / 7.5 for i in range(24))
    after = tuple(math.exp(-((i - 8.5) ** 2) / 22) / 8.3 for i in range(24))
    wish = tuple(None if i in (12, 13) else 4.1 * v for i, v in enumerate(_wave(210, 28)))
    return (
        Series("counts", "All events by day", "rows", days(28), _wave(3050, 28), _wave(2860, 28)),
        Series("counts", "add_to_wishlist by day", "rows", days(28), _wave(210, 28), wish),
        Series("drift", "value", "share", bins, before, after),
        Series("drift", "device", "share", ("mobile", "desktop", "tablet"), (0.58, 0.34, 0.08), (0.57, 0.35, 0.08)),
        Series(
            "funnel",
            "checkout",
            "sessions",
            ("view_item", "add_to_cart", "begin_checkout", "purchase"),
            (9120, 3214, 1490, 1184),
            (9034, 3180, 1466, 1171),
        ),
    )


_FLOWS = (
    EventFlow("prod_view", "view_item", 31_877, 5120),
    EventFlow("cat_list", "view_item_list", 17_032, 4403),
    EventFlow("home", "page_view", 11_190, 4871),
    EventFlow("basket", "view_basket", 6_204, 1977),
    EventFlow("basket_add", "add_to_cart", 5_930, 1802),
    EventFlow("scroll_50", "none", 5_012, 3900),
    EventFlow("srch", "search", 3_611, 1410),
    EventFlow("chk_start", "begin_checkout", 1_466, 990),
    EventFlow("order_ok", "purchase", 1_204, 904),
    EventFlow("dbg_ping", "none", 1_099, 12),
    EventFlow("basket_rm", "add_to_wishlist", 861, 402),
    EventFlow("wish_add", "add_to_wishlist", 640, 300),
    EventFlow("signin", "login", 246, 201),
    EventFlow("promo_click", None, 40, 31),
)


def diff() -> Diff:
    """A diff with every part filled."""
    by_day = tuple(
        DiffCell("add_to_wishlist", d, round(b), round(4.1 * b)) for d, b in zip(days(28), _wave(210, 28), strict=True)
    )
    return Diff(
        rows_before=86_412,
        rows_after=80_261,
        flows=_FLOWS,
        by_day=by_day,
        by_segment=(
            DiffCell("view_basket", "mobile", 0, 3712),
            DiffCell("view_basket", "desktop", 0, 2492),
            DiffCell("scroll_50", "mobile", 3010, 0),
            DiffCell("login", "tablet", 20, 20),
        ),
        sample=tuple(event_row(i, "view_item", "prod_view") for i in range(5)),
    )


def run() -> Run:
    """A run over two files."""
    return Run(
        change=name_of("change"),
        plan=name_of("plan"),
        inputs=(
            Input("source", "data/legacy_events.parquet", name_of("source")),
            Input("baseline", "data/reference.parquet", name_of("baseline")),
            Input("reference", "data/profiles.parquet", name_of("profiles")),
        ),
        operator="ana@shop.example",
        at=AT,
        engine="duckdb 2.0.1",
    )


PROVENANCE = (
    ("operator", "ana@shop.example"),
    ("at", "2026-11-21T23:04:11.000000Z"),
    ("model", "smollm2-135m-instruct"),
    ("model_version", "SmolLM2-135M-Instruct-Q8_0 5a1395716f7c"),
    ("endpoint", "embedded"),
    ("prompt", "mapping"),
    ("prompt_version", "3"),
    ("parameters", "temperature=0.2, top_p=0.95, max_tokens=120"),
    ("seed", "184467"),
    ("runs", "3 runs, 38 calls, 5 replies refused by guards"),
    ("disagreements", "basket_rm: add_to_wishlist 2, remove_from_cart 1"),
    ("commit", "9f31c2d"),
)


def _report(name: str, outcome: Outcome, evidence: tuple[Evidence, ...]) -> Report:
    return Report(
        name=name,
        outcome=outcome,
        change=name_of("change"),
        run=run(),
        what="mapping",
        provenance=PROVENANCE,
        authors=("ana@shop.example",),
        evidence=evidence,
        diff=diff(),
        series=plots(),
        untouched=True,
        seconds=3.24,
        tool="ai-cleanroom 0.1.0",
    )


def failing() -> Report:
    """What a small model did: an invented target, and a name mapped to the wrong event."""
    return _report("small-model-mapping", FAIL, (*_passes(), *_warnings(), *_failures()))


def unknown() -> Report:
    """Nothing wrong, but one required check could not tell."""
    return _report("thin-data", UNKNOWN, (*_passes(), _unclear(required=True), _warnings()[0]))


def warning() -> Report:
    """Only advisory findings, corrected by a second person."""
    made = _report("large-model-mapping", WARN, (*_passes(), *_warnings()))
    return replace(made, authors=("ana@shop.example", "ben@shop.example"))


def passing() -> Report:
    """Made by hand, and all is well."""
    made = _report("by-hand", PASS, _passes())
    by_hand = (("operator", "ana@shop.example"), ("at", AT), ("model", ""))
    flows = tuple(f for f in _FLOWS if f.target)
    return replace(made, provenance=by_hand, diff=replace(diff(), flows=flows))


def empty() -> Report:
    """No check, no rows, no plots."""
    made = _report("nothing", UNKNOWN, ())
    return replace(made, diff=Diff(0, 0, (), (), (), ()), series=(), provenance=(), authors=())


def dataset(untouched: bool = False) -> Report:
    """A candidate dataset with a new and a vanished event, while production changed underneath."""
    flows = (EventFlow("purchase", "purchase", 900), EventFlow(None, "refund", 80), EventFlow("login", None, 20))
    evidence = (
        found(
            "duplicates.event_id",
            FAIL,
            "1,728 rows (2.0%) share their event_id with another row.",
            examples=((("n", "1"),),),
        ),
        found(
            "counts.by_event",
            UNKNOWN,
            "The check could not run: no baseline was given.",
            missing="no baseline was given",
        ),
    )
    made = _report("nightly-load", FAIL, evidence)
    return replace(made, what="dataset", untouched=untouched, diff=Diff(920, 980, flows, (), (), ()))


def on_terminal(report: Report, width: int = 100, color: bool = False) -> str:
    """What `show` prints."""
    out = io.StringIO()
    show(report, Console(file=out, width=width, force_terminal=color, color_system="truecolor" if color else None))
    return out.getvalue()


SCRIPT = "<script>alert(1)</script>"
MARKUP = "[bold red]not bold[/] :boom: [link=https://evil.example]x[/link]"
ESCAPES = "\x1b[2J\x1b]0;owned\x07 \u202egpj.exe \u200b|\x00|\ud800"
LONG = "very_long_event_name_" * 500
"""10,500 characters."""


def hostile(part: Literal["all", "markup"] = "all") -> Report:
    """Every text that data or a model may bring holds markup, escapes, or no end."""
    evil = f"{SCRIPT}\"'>&<img src=x onerror=alert(2)>{MARKUP}{ESCAPES}"
    if part == "all":
        evil += LONG
    row: Row = ((evil, evil), (f"{evil}2", None), ("", ""), ("multi\nline", "a\r\n\tb"))
    bad = (
        found(
            "mapping.targets_exist",
            FAIL,
            evil,
            seen=evil,
            expected=evil,
            names=(evil,),
            examples=(row, row),
            query=evil,
        ),
        found(
            f"fields.{evil}", UNKNOWN, evil, seen=evil, expected=evil, missing=evil, examples=(row,), query=f"{evil}\n;"
        ),
        found(f"counts.{evil}", WARN, evil, required=False),
        found(f"drift.{evil}", PASS, evil, seen=evil, expected=evil),
    )
    series = tuple(
        replace(s, title=evil, unit=evil, labels=tuple(f"{evil}{i}" for i in range(len(s.labels)))) for s in plots()
    )
    named = evil.replace("\ud800", "")  # a run has a digest, and so no text without a UTF-8 form
    made = _report(evil, FAIL, bad)
    return replace(
        made,
        provenance=(("model", evil), ("model_version", evil), ("operator", evil), (evil, evil)),
        authors=(evil, evil),
        run=replace(run(), operator=named, inputs=(Input(named, named, name_of(named)),), engine=named),
        diff=replace(
            diff(),
            flows=(EventFlow(evil, evil, 10), EventFlow(None, evil, 5), EventFlow(evil, None, 1)),
            by_day=(DiffCell(evil, evil, 1, 2),),
            sample=(row,),
        ),
        series=series,
        tool=evil,
    )


SAMPLES = {
    "failing": failing,
    "unknown": unknown,
    "warning": warning,
    "passing": passing,
    "empty": empty,
    "dataset": dataset,
    "hostile": hostile,
}
