"""What does a check say on the terminal? The verdict first, then what failed and why, then what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from cleanroom.core.check import Outcome
from cleanroom.core.run import Diff, DiffCell, Evidence, Report
from cleanroom.entry.report import view

STYLES = {Outcome.FAIL: "red", Outcome.UNKNOWN: "magenta", Outcome.WARN: "yellow", Outcome.PASS: "green"}

_NARROW = 90
"""Below so many columns the findings are listed one under the other instead of side by side."""

_EXAMPLES, _FLOWS, _CELLS, _QUERY_LINES = 3, 40, 8, 30
_TOLD, _EXPLAINED = 40, 8
"""How many findings are listed, and how many are explained; the page has them all."""


def show(
    report: Report, console: Console, folder: Path | None = None, *, listed: int = _TOLD, explained: int = _EXPLAINED
) -> None:
    """Print `report`; `folder` is where its files lie; `listed` findings are shown, `explained` ones told in full.

    Nothing of the data is read as markup, and no control character reaches the terminal. Colour follows the console:
    none where NO_COLOR is set or the output is no terminal.
    """
    findings = _table if console.width >= _NARROW else _list
    console.print(Group(Text(), _verdict(report), _who(report), _change(report), Text()), highlight=False)
    if report.evidence:
        console.print(Group(*findings(report, listed), *_passed(report), Text()), highlight=False)
    serious = [e for e in _told(report) if e.result.counts_as is not Outcome.WARN]
    for e in serious[:explained]:
        _finding(report, e, console)
    if len(serious) > explained:
        console.print(Text(f"{len(serious) - explained:,} more findings are explained in the report.\n", "dim"))
    _ending(report, folder, console)


def show_diff(diff: Diff, what: str, console: Console) -> None:
    """Print what a change would do to the data; `what` is `mapping` or `dataset`."""
    lines, width = view.flow_lines(diff, what), max(12, console.width // 3)
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Before", overflow="fold", max_width=width)
    table.add_column("After", overflow="fold", max_width=width)
    table.add_column("Rows", justify="right", no_wrap=True)
    table.add_column("Share", justify="right", no_wrap=True)
    for f in lines[:_FLOWS]:
        style = {"left out": "yellow", "none": "dim"}.get(f.fate, "")
        cells = (view.shown(f.legacy, 80), view.shown(f.target, 80), view.number(f.rows), view.share(f.part, 1))
        table.add_row(*(Text(c, style) for c in cells))
    console.print(_rows(diff), highlight=False)
    console.print(table, highlight=False)
    if len(lines) > _FLOWS:
        console.print(Text(f"and {view.several(len(lines) - _FLOWS, 'smaller name')}", "dim"))
    for sentence in view.losses(diff, what):
        console.print(Text(sentence, "yellow"), highlight=False)
    _moved("By day, what changes most", diff.by_day, console)
    _moved("By segment, what changes most", diff.by_segment, console)
    if diff.sample:
        console.print(Text("\nSome rows as they would be", "bold"))
    for row in diff.sample:
        told = (f"{view.shown(k, 40)}={view.shown(v, 60)}" for k, v in row if v is not None)
        console.print(Text("  " + "  ".join(told)), highlight=False, soft_wrap=True)


def _moved(title: str, cells: Sequence[DiffCell], console: Console) -> None:
    largest = sorted((c for c in cells if c.before != c.after), key=lambda c: -abs(c.after - c.before))[:_CELLS]
    if not largest:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("Event", "Where", "Before", "After", "Change"):
        table.add_column(heading, justify="left" if heading in ("Event", "Where") else "right", overflow="fold")
    for c in largest:
        numbers = (view.number(c.before), view.number(c.after), f"{c.after - c.before:+,}")
        table.add_row(Text(view.shown(c.event, 60)), Text(view.shown(c.where, 40)), *numbers)
    console.print(Text(f"\n{title}", "bold"))
    console.print(table, highlight=False)


# --- the verdict -------------------------------------------------------------------------------------------


def _verdict(report: Report) -> RenderableType:
    style = STYLES[report.outcome]
    line = Text.assemble(
        (f" {view.MARKS[report.outcome]} {report.outcome} ", f"bold reverse {style}"),
        "  ",
        (view.shown(report.name, 80), "bold"),
        "  ",
        view.headline(report),
    )
    lines: list[RenderableType] = [line]
    if why := view.reason(report):
        lines.append(Text(why, style))
    if not report.untouched:
        lines.append(Text("Production data changed while the run was on, so this verdict proves nothing.", "bold red"))
    return Group(*lines)


def _who(report: Report) -> Text:
    untouched = "production untouched (same digests before and after)" if report.untouched else "production CHANGED"
    facts = (
        f"{view.proposal(report)} by {view.proposer(report)}",
        f"made by {view.maker(report)}",
        f"run {view.short(report.run.digest)} in {view.duration(report.seconds)}",
        untouched,
    )
    return Text(" · ".join(facts), "dim")


def _rows(diff: Diff) -> Text:
    return Text.assemble((f"{view.several(diff.rows_before, 'row')} before, {diff.rows_after:,} after.", "bold"))


def _change(report: Report) -> Text:
    return Text(" ").join([_rows(report.diff), *map(Text, view.losses(report.diff, report.what))])


# --- the findings in short ---------------------------------------------------------------------------------


def _told(report: Report) -> tuple[Evidence, ...]:
    return tuple(e for e in view.ordered(report.evidence) if e.result.counts_as is not Outcome.PASS)


def _mark(e: Evidence) -> Text:
    return Text(f"{view.MARKS[e.result.outcome]} {view.label(e.result)}", f"bold {STYLES[e.result.outcome]}")


def _table(report: Report, listed: int) -> list[RenderableType]:
    told = _told(report)
    if not told:
        return []
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("Outcome", no_wrap=True)
    table.add_column("Check", overflow="fold", min_width=min(36, max(len(e.result.check) for e in told)))
    table.add_column("Seen", overflow="fold")
    table.add_column("Expected", overflow="fold")
    for e in told[:listed]:
        r = e.result
        cells = (Text(view.shown(r.check, 80)), Text(view.shown(r.seen, 160)), Text(view.shown(r.expected, 160)))
        table.add_row(_mark(e), *cells)
    return [table, *_more(told, listed)]


def _more(told: Sequence[Evidence], listed: int) -> list[Text]:
    return [Text(f"and {len(told) - listed:,} more in the report", "dim")] if len(told) > listed else []


def _list(report: Report, listed: int) -> list[RenderableType]:
    lines: list[RenderableType] = []
    told = _told(report)
    for e in told[:listed]:
        r = e.result
        lines.append(Text.assemble(_mark(e), "  ", view.shown(r.check, 80)))
        lines.append(_in(Text(f"seen {view.shown(r.seen, 160)}; expected {view.shown(r.expected, 160)}")))
    return [*lines, *_more(told, listed)]


def _passed(report: Report) -> list[Text]:
    passed = view.counting_as(report, Outcome.PASS)
    if not passed:
        return []
    families = ", ".join(f"{family} {len(es)}" for family, es in view.by_family(passed))
    mark = f"{view.MARKS[Outcome.PASS]} {view.several(len(passed), 'check')} passed"
    return [Text.assemble((mark, STYLES[Outcome.PASS]), (f"  {families}", "dim"))]


# --- one finding -------------------------------------------------------------------------------------------


def _finding(report: Report, e: Evidence, console: Console) -> None:
    r = e.result
    lines: list[RenderableType] = [
        Text(view.shown(r.because, 600)),
        _pair("seen    ", r.seen),
        _pair("expected", r.expected),
    ]
    if r.missing:
        lines.append(_pair("missing ", r.missing))
    if e.examples:
        lines.append(_examples(e, console.width - 2))
    console.print(Text.assemble(_mark(e), "  ", (view.shown(r.check, 200), "bold")), highlight=False)
    console.print(_in(Group(*lines)), highlight=False)
    if e.query:  # never broken into lines, so that it can be copied
        console.print(_in(Text("query", "dim")))
        console.print(_query(e.query), highlight=False, soft_wrap=True)
    step = view.next_step(report, r)
    console.print(_in(_pair("next    ", step.say)), highlight=False)
    _command(step, " " * 12, console)
    console.print()


def _pair(name: str, text: str) -> RenderableType:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_row(Text(name, "dim"), Text(view.shown(text, 600), overflow="fold"))
    return grid


def _query(query: str) -> Text:
    lines = view.block(query, 4000).expandtabs(2).split("\n")
    rest = len(lines) - _QUERY_LINES
    more = [f"-- and {rest} more lines in report.json"] if rest > 0 else []
    return Text("\n".join(f"    {line}" for line in [*lines[:_QUERY_LINES], *more]), "cyan")


def _examples(e: Evidence, width: int) -> RenderableType:
    """A table where the columns have room; else a line for each column; else `column=value`, row by row."""
    rows = e.examples[:_EXAMPLES]
    title = Text(view.several(len(e.examples), "example row"), "dim")
    if len(e.examples) > len(rows):
        title.append(f", the first {len(rows)}")
    names = [view.shown(n, 40) for n in view.columns(rows)]
    cells = [[_cell(v) for v in row] for row in view.aligned(rows)]
    if len(names) * 16 <= width:
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        for name in names:
            table.add_column(Text(name), overflow="fold")
        for line in cells:
            table.add_row(*(Text(c, overflow="fold") for c in line))
        return Group(title, _in(table))
    if width + 2 >= _NARROW:
        table = Table.grid(padding=(0, 2, 0, 0))
        for name, *line in zip(names, *cells, strict=True):
            table.add_row(Text(name, "dim"), *(Text(view.shown(c, 32)) for c in line))
        return Group(title, _in(table))
    told = (" · ".join(f"{n}={view.shown(c, 40)}" for n, c in zip(names, line, strict=True)) for line in cells)
    return Group(title, *(_in(Text(t)) for t in told))


def _cell(value: str | None) -> str:
    return "null" if value is None else view.shown(value, 80) or "''"


# --- small parts -------------------------------------------------------------------------------------------


def _in(inner: RenderableType) -> Padding:
    return Padding(inner, (0, 0, 0, 2), expand=False)


def _command(step: view.Step, margin: str, console: Console) -> None:
    if step.command:  # never broken into lines, so that it can be copied
        console.print(Text(margin + step.command, "cyan"), highlight=False, soft_wrap=True)


def _ending(report: Report, folder: Path | None, console: Console) -> None:
    step = view.overall_step(report)
    console.print(Text.assemble(("Next: ", "bold"), step.say), highlight=False)
    _command(step, "  ", console)
    if folder is not None:
        told = Text.assemble(("Report: ", "bold"), view.shown(str(folder / "report.html"), 1000))
        console.print(told, highlight=False, soft_wrap=True)
