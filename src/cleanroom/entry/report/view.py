"""How is a report worded? What the terminal and the page both say: order, sentences, numbers, next steps."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from cleanroom.core.base import Digest, Instant
from cleanroom.core.change import NONE
from cleanroom.core.check import FAMILIES, CheckResult, Family, Outcome, SourceRows
from cleanroom.core.run import Diff, EventFlow, Evidence, Report

MARKS = {Outcome.FAIL: "✕", Outcome.UNKNOWN: "?", Outcome.WARN: "!", Outcome.PASS: "✓"}
"""A sign for each outcome, so that colour never stands alone."""

WORST_FIRST = tuple(sorted(Outcome, key=lambda o: -o.rank))

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


# --- text, numbers and times -------------------------------------------------------------------------------


def shown(text: str, limit: int = 300, keep: str = "") -> str:
    """Text from data as a person may safely see it: cut at `limit` characters, what cannot be seen written as an escape.

    Control characters, text-direction overrides, zero-width and no-break spaces would change the terminal, hide, or
    make two names look alike. Those in `keep` stay as they are.
    """
    cut = text if len(text) <= limit else text[:limit]
    if not cut.isprintable():
        cut = "".join(c if c.isprintable() or c in keep else _escape(c) for c in cut)
    return cut if len(text) <= limit else f"{cut}… ({len(text):,} characters)"


def block(text: str, limit: int = 20_000) -> str:
    """Like `shown`, for text of several lines such as a query."""
    return shown(text, limit, keep="\n\t")


def _escape(c: str) -> str:
    code = ord(c)
    wide = f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return _NAMED.get(c) or (f"\\x{code:02x}" if code < 0x100 else wide)


def number(x: float) -> str:
    """1234567 -> `1,234,567`; fractions with three significant digits."""
    if not math.isfinite(x):
        return str(x)
    if x == int(x):
        return f"{int(x):,}"
    return f"{x:,.0f}" if abs(x) >= 1000 else f"{x:.3g}"


def share(part: float, whole: float) -> str:
    """`12.3%`; what is there but tiny is `<0.1%`, so that it never reads as nothing. `-` when there is no whole."""
    if not whole:
        return "-"
    percent = 100 * part / whole
    if 0 < percent < 0.1:
        return "<0.1%"
    if 99.9 < percent < 100:
        return ">99.9%"
    return f"{percent:.1f}%"


def moment(at: Instant) -> str:
    """`21 Nov 2026, 23:20 UTC`; text that is no instant stays as it is."""
    try:
        t = datetime.fromisoformat(at)
    except ValueError:
        return shown(at)
    return f"{t.day} {_MONTHS[t.month - 1]} {t.year}, {t:%H:%M} UTC"


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60} s"


def short(digest: Digest) -> str:
    """The first 12 hex digits: enough to tell runs apart."""
    return shown(digest.removeprefix("sha256:")[:12])


def several(n: int, one: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{n:,} {one}{'' if n == 1 else 's'}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """`a, b, c and 4 more`."""
    first = [shown(n, 60) for n in names[:most]]
    rest = len(names) - len(first)
    if rest:
        return f"{', '.join(first)} and {rest:,} more"
    return " and ".join(filter(None, (", ".join(first[:-1]), first[-1]))) if first else ""


# --- the order and the verdict -----------------------------------------------------------------------------


def ordered(evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Worst first, as in core's verdict."""

    def key(e: Evidence) -> tuple[int, int, int, str]:
        r = e.result
        return -r.counts_as.rank, -r.outcome.rank, FAMILIES.index(r.family), r.check

    return tuple(sorted(evidence, key=key))


def counting_as(report: Report, outcome: Outcome) -> tuple[Evidence, ...]:
    """The evidence that adds `outcome` to the verdict, in order."""
    return tuple(e for e in ordered(report.evidence) if e.result.counts_as is outcome)


def headline(report: Report) -> str:
    """The verdict in one sentence."""
    total, n = len(report.evidence), len(counting_as(report, report.outcome))
    checks = several(total, "check")
    if not total:
        return "No check ran, and no evidence never counts as a pass."
    if report.outcome is not Outcome.PASS and not n:
        return f"The verdict is {report.outcome}, although none of the {checks} says so: look at the run below."
    match report.outcome:
        case Outcome.FAIL:
            return f"{n:,} of {checks} {'stops' if n == 1 else 'stop'} this change."
        case Outcome.UNKNOWN:
            return f"{n:,} of {checks} could not tell, so this change may not go on yet."
        case Outcome.WARN:
            return f"Nothing stops this change; {n:,} of {checks} {'deserves' if n == 1 else 'deserve'} a look."
        case Outcome.PASS:
            return "The one check passed." if total == 1 else f"All {checks} passed."


def reason(report: Report) -> str:
    """Why, in one sentence: the worst finding's own. Empty when everything passed."""
    worst = counting_as(report, report.outcome)
    return shown(worst[0].result.because, 400) if worst and report.outcome is not Outcome.PASS else ""


def label(result: CheckResult) -> str:
    """`FAIL`, or `FAIL, advisory` where the plan says that it may not stop a change by itself."""
    return result.outcome.value if result.counts_as is result.outcome else f"{result.outcome.value}, advisory"


def by_family(evidence: Sequence[Evidence]) -> tuple[tuple[Family, tuple[Evidence, ...]], ...]:
    """The families that have any, in the battery's order, each worst first."""
    groups = ((f, tuple(e for e in ordered(evidence) if e.result.family == f)) for f in FAMILIES)
    return tuple((f, es) for f, es in groups if es)


# --- rows --------------------------------------------------------------------------------------------------

Rows = Sequence[Sequence[tuple[str, str | None]]]


def columns(rows: Rows) -> tuple[str, ...]:
    """The columns of all the rows, in the order in which they come up."""
    return tuple(dict.fromkeys(name for row in rows for name, _ in row))


def aligned(rows: Rows) -> tuple[tuple[str | None, ...], ...]:
    """The values of each row in the order of `columns`; None where a row lacks one."""
    names = columns(rows)
    return tuple(tuple(found.get(name) for name in names) for found in map(dict, rows))


# --- who and what ------------------------------------------------------------------------------------------


def proposal(report: Report) -> str:
    """What was proposed: `An event mapping`."""
    return {"mapping": "An event mapping", "dataset": "A candidate dataset"}.get(report.what) or shown(report.what)


def origin(report: Report) -> dict[str, str]:
    """The provenance by its keys, written one way: `model_version` is `model version`."""
    return {k.replace("_", " ").strip().lower(): v for k, v in report.provenance}


def maker(report: Report) -> str:
    """`smollm2-135m, version q8-1a2b`, or `a person, without a model`."""
    known = origin(report)
    model, version = known.get("model", ""), known.get("model version", "")
    if not model:
        return "a person, without a model"
    return shown(model, 120) + (f", version {shown(version, 120)}" if version else "")


def proposer(report: Report) -> str:
    """`ana@shop.example`, and who corrected."""
    first, *others = report.authors or (origin(report).get("operator") or report.run.operator,)
    return shown(first, 120) + (f", corrected by {listed(others)}" if others else "")


# --- what would change -------------------------------------------------------------------------------------

Fate = Literal["kept", "none", "left out", "new"]


@dataclass(frozen=True, slots=True)
class FlowLine:
    """One flow as it is told: `part` is its share of the rows before; `unnamed` when `legacy` is our word, not a name."""

    legacy: str
    target: str
    fate: Fate
    rows: int
    part: float
    users: int | None
    unnamed: bool


def flow_lines(diff: Diff, what: str) -> tuple[FlowLine, ...]:
    """The flows by rows, most first. `what` is the report's: `mapping` or `dataset`."""
    whole = diff.rows_before or sum(f.rows for f in diff.flows)
    mapping = what == "mapping"
    lines = (_line(f, whole, mapping) for f in diff.flows)
    return tuple(sorted(lines, key=lambda f: (-f.rows, f.legacy, f.target)))


def _line(flow: EventFlow, whole: int, mapping: bool) -> FlowLine:
    part = flow.rows / whole if whole else 0.0
    legacy = flow.legacy if flow.legacy is not None else ("no event name" if mapping else "not in the baseline")
    fate: Fate
    if flow.target is None:
        fate, target = "left out", "not in the mapping" if mapping else "not in the candidate"
    elif mapping and flow.target == NONE:
        fate, target = "none", "none, on purpose"
    else:
        fate, target = ("new" if flow.legacy is None and not mapping else "kept"), flow.target
    return FlowLine(legacy, target, fate, flow.rows, part, flow.users, flow.legacy is None)


def losses(diff: Diff, what: str) -> tuple[str, ...]:
    """Sentences on the rows that would not come out: those nobody spoke of, and those dropped on purpose."""
    out = []
    lines, whole = flow_lines(diff, what), diff.rows_before
    mapping = what == "mapping"
    for fate, words in (
        ("left out", "would be lost because the mapping does not speak of" if mapping else "would vanish with"),
        ("none", "are left out on purpose, mapped to none:"),
    ):
        those = [f for f in lines if f.fate == fate]
        if those:
            rows = sum(f.rows for f in those)
            names = listed([f.legacy for f in those], 5)
            out.append(f"{several(rows, 'row')} ({share(rows, whole)}) {words} {names}.")
    return tuple(out)


# --- what to do next ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """What a person does next, and the command for it, if there is one."""

    say: str
    command: str = ""


_FIX: dict[Family, str] = {
    "mapping": "Give these names a target that the plan has, or none with a reason.",
    "schema": "Fix what writes this payload or column, or change the schema in contracts/ if the new form is wanted.",
    "fields": "Fix the values where they are made, or widen the rule in contracts/plan.yaml if they are right.",
    "counts": "Find where these events were lost, doubled or renamed.",
    "drift": "Find what moved the values; if the move is wanted, compare with a newer baseline.",
    "references": "Find where these keys come from; they have no partner, or more than one.",
    "funnels": "Look for a step that is fed by the wrong events.",
    "duplicates": "Find what writes these rows twice: a retry without a key, or a join that repeats rows.",
    "golden": "Compare the named cases with the change: either the change or the case is wrong.",
}


def next_step(report: Report, result: CheckResult) -> Step:
    """What to do about one finding."""
    again = f"cleanroom check {shell(report.name)}"
    if result.outcome is Outcome.UNKNOWN:
        return _more_evidence(result, again)
    if result.outcome is Outcome.WARN:
        return Step("This does not stop the change. A reviewer decides whether it is wanted.")
    fed_by_names = result.family in ("mapping", "counts", "funnels", "golden")
    if report.what == "mapping" and fed_by_names:
        entry = shell(f"{_culprit(result)}=TARGET")
        why = _FIX[result.family] if result.family == "mapping" else f"{_FIX[result.family]} Correct the entry."
        return Step(why, f"cleanroom correct {shell(report.name)} {entry} --reason WHY")
    return Step(_FIX[result.family], again)


def _more_evidence(result: CheckResult, again: str) -> Step:
    if "baseline" in f"{result.because} {result.missing}":
        return Step("Give data to compare with.", f"{again} --baseline DATA")
    return Step("Check again with more data, or name this check under advisory in contracts/plan.yaml.", again)


def _culprit(result: CheckResult) -> str:
    names = result.witness.names if isinstance(result.witness, SourceRows) else ()
    return names[0] if names and len(names[0]) <= 60 and names[0].isprintable() else "LEGACY"


def overall_step(report: Report) -> Step:
    """What to do about the verdict."""
    again = f"cleanroom check {shell(report.name)}"
    if not report.untouched:
        return Step("Find out what wrote to production data during the run, then check again.", again)
    if not report.evidence:
        return Step(
            "Give contracts/plan.yaml events and rules to check, and see that it reads well.", "cleanroom contract lint"
        )
    worst = counting_as(report, report.outcome)
    if report.outcome in (Outcome.PASS, Outcome.WARN):
        return Step(
            "Give this report to a reviewer. Row by row, the change is shown by:",
            f"cleanroom diff {shell(report.name)}",
        )
    return next_step(report, worst[0].result) if worst else Step("Check again.", again)


def shell(word: str) -> str:
    """A word as a person can paste it into a shell."""
    return shown(shlex.quote(word), 200)
