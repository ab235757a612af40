"""How does a terminal show what was promised, and whether it is kept?"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cleanroom.app.slo.files import Imported
from cleanroom.app.slo.sample import Sampled
from cleanroom.core.slo import Slo, span_text
from cleanroom.core.slo_status import Status, missing_text, percent
from cleanroom.entry.cli.findings import show
from cleanroom.entry.cli.rows import show_rows
from cleanroom.entry.report.view import shown

STYLES = {"met": "green", "violated": "bold red", "cannot tell": "yellow"}


def show_slos(found: Sequence[Slo], console: Console) -> None:
    """What was promised, a line each."""
    if not found:
        console.print(
            "no SLOs yet. `cleanroom slo import FILE` brings OpenSLO files in; docs/slo.md says how to write one."
        )
        return
    table = _table("SLO", "system", "promise")
    for slo in found:
        table.add_row(*map(_text, (slo.name, slo.system, slo.says)))
    console.print(table)


def show_all(found: Sequence[Status], console: Console) -> None:
    """Where each stands, and why."""
    if not found:
        show_slos((), console)
        return
    rows = []
    for one in found:
        left = "?" if one.budget_left is None else f"{100 * one.budget_left:.0f}%"
        fires = Text(f"fires: {', '.join(one.firing)}; " if one.firing else "", "bold red")
        cells = (_text(one.name), Text(one.says, STYLES[one.says]), Text(left), _text(one.system))
        rows.append((cells, Text.assemble(fires, _text(one.because))))
    show_rows(("SLO", "says", "budget left", "system"), rows, console)


def show_one(one: Status, console: Console) -> None:
    """Everything that can be said of one."""
    console.print(Text.assemble((one.says, STYLES[one.says]), "  ", (shown(one.title, 200), "bold")))
    console.print(Text(f"  promised: {shown(one.promise, 300)}"))
    console.print(Text(f"  {shown(one.because, 500)}"), soft_wrap=True)
    if one.budget_left is not None:
        console.print(Text(f"  budget left: {100 * one.budget_left:.1f}%"))
    if one.firing:
        console.print(Text(f"  fires: {', '.join(one.firing)}", "bold red"))
    if one.labels is not None:
        found = one.labels
        said = (
            f"  labels: {found.flagged.labels:,} of flagged calls ({found.flagged.bad:,} bad), "
            f"{found.unflagged.labels:,} of the others ({found.unflagged.bad:,} bad), {found.waiting:,} waiting"
        )
        console.print(Text(said))
        lacks = missing_text(found.missing)
        if lacks:
            console.print(Text(f"  {lacks}"))
        evidence = f"e-values {found.met_e:.3g} for met, {found.violated_e:.3g} for violated; 20 decides"
        console.print(Text(f"  in the form that may be looked at at any time: {found.anytime} ({evidence})", "dim"))
    _burns(one, console)
    _expected(one, console)
    for note in one.notes:
        console.print(Text(f"  note: {shown(note, 300)}", "dim"), soft_wrap=True)


def _burns(one: Status, console: Console) -> None:
    if not one.burning:
        return
    table = _table("burn rate above", "over", "now", "and over", "now", "")
    for burning in one.burning:
        rule = burning.rule
        table.add_row(
            f"{rule.factor:g}",
            span_text(rule.long * 60),
            _rate(burning.long_rate),
            span_text(rule.short * 60),
            _rate(burning.short_rate),
            Text("fires", "bold red") if burning.fires else Text("pages" if rule.pages else "ticket", "dim"),
        )
    console.print(table)


def _expected(one: Status, console: Console) -> None:
    if not one.expected:
        return
    table = _table("a rise to", "pages after", "ticket after", "detector after", "detector within 1 h from")
    for expected in one.expected:
        found = expected.mttd
        traffic = "never" if found.traffic is None else f"{found.traffic:,.0f} calls/h"
        times = (_hours(found.page), _hours(found.ticket), _hours(found.watch))
        table.add_row(percent(expected.rate), *times, traffic)
    console.print(Text(f"  expected at {one.hourly:,.0f} calls an hour:"))
    console.print(table)


def show_sampled(done: Sampled, console: Console) -> None:
    """What was drawn."""
    sizes = f"out of {done.sizes[0]:,} and {done.sizes[1]:,}"
    console.print(
        f"{done.slo}: {done.flagged} flagged and {done.unflagged} other calls wait in the queue, {sizes}", markup=False
    )
    for note in done.notes:
        console.print(Text(shown(note, 300), "yellow"))
    console.print("next: cleanroom queue next")


def show_imported(done: Imported, console: Console) -> None:
    """What came in, and what is not supported."""
    show(done.findings, console)
    for file in done.files:
        console.print(f"wrote {file}", markup=False)
    known = len(done.names) - len(done.files)
    console.print(f"{len(done.files)} came in, {known} there already, {done.errors} not supported")


def _rate(rate: float | None) -> str:
    return "-" if rate is None else f"{rate:.3g}"


def _hours(hours: float | None) -> str:
    if hours is None:
        return "never"
    return f"{hours * 60:.0f} min" if hours < 1.5 else f"{hours:.1f} h" if hours < 48 else f"{hours / 24:.1f} d"


def _text(text: str) -> Text:
    return Text(shown(text, 400))


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold")
    return table
