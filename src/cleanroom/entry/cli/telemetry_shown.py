"""How do figures and calls of a system look on a terminal?"""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table as Grid
from rich.text import Text

from cleanroom.app.telemetry.course import Course
from cleanroom.app.telemetry.panels import Line, Panel
from cleanroom.core.base import instant
from cleanroom.core.call import Call
from cleanroom.core.telemetry.metrics import PREDICTED, REQUESTS
from cleanroom.entry.cli.output import printable, screen
from cleanroom.ports.calls import SystemSeen

_NUMBERS = ("requests", "errors", "p50 s", "p99 s", "tokens", "cost", "flagged")
_LONGEST = 4_000  # characters of a text that are shown


def systems_grid(each: Sequence[tuple[SystemSeen, Panel]], hours: float) -> None:
    """All systems, one a line."""
    if not each:
        screen().print("nothing has come in yet: docs/telemetry.md says how to point an OpenTelemetry SDK here")
        return
    screen().print(f"the last {hours:g} hours:")
    grid = _grid("system")
    grid.add_column("newest", justify="right")
    for one, panel in each:
        grid.add_row(*_cells(one.system, panel.total), Text(instant(one.last)[5:16].replace("T", " ")))
    screen().print(grid)


def panel_grid(found: Panel, hours: float) -> None:
    """One system: all of it, by parts, sessions, and the other rates."""
    console = screen()
    console.print(f"{printable(found.system)} in the last {hours:g} hours:", markup=False)
    grid = _grid(" · ".join(found.by) or "system")
    for line in found.lines:
        grid.add_row(*_cells(" · ".join(p or "-" for p in line.parts), line))
    grid.add_row(*_cells("all" if found.lines else found.system, found.total))
    console.print(grid)
    total = found.total
    if total.unpriced:
        console.print(
            f"[yellow]{total.unpriced:,} requests are of models without a price[/]: see prices.yaml in docs/telemetry.md"
        )
    if found.sessions is None:
        console.print("too many calls to count conversations: ask for a shorter time")
    elif found.sessions.conversations:
        s = found.sessions
        each = "" if s.cost is None else f", cost {s.cost:.4g} each"
        console.print(
            f"{'about ' if s.estimated else ''}{s.conversations:,} conversations, {s.requests:.3g} requests each{each}"
        )
    if total.users:
        console.print("users: " + ", ".join(f"{n:,} {what}" for what, n in sorted(total.users.items())))
    if total.escalated is not None:
        console.print(f"escalated to a person: {total.escalated:.2%}")
    if total.cost_per_conversion is not None:
        console.print(f"cost for each conversion: {total.cost_per_conversion:.4g}")
    for name, rate in sorted(total.rates.items()):
        if name != REQUESTS and rate.share is not None and not name.startswith(PREDICTED):
            console.print(f"{printable(name)}: {rate.bad:,} of {rate.n:,} ({rate.share:.2%})", markup=False)
    for label in total.classes:
        precision, recall = (_share(v) for v in (total.precision(label), total.recall(label)))
        console.print(f"{printable(label)}: precision {precision}, recall {recall}", markup=False)


def course_grid(found: Course, bound: float | None) -> None:
    """A metric by steps of time, those that have it."""
    there = [p for p in found.points if p.value is not None]
    limit = "" if bound is None else f"; the sensor's bound is {bound:.4g} now"
    each = f"by steps of {found.step // 60_000_000:,} minutes{limit}:"
    screen().print(f"{printable(found.metric)}, {each}", markup=False)
    grid = Grid("since", box=None, pad_edge=False)
    for name in ("value", "n", "bad"):
        grid.add_column(name, justify="right")
    for point in there:
        shown = f"{point.value:.2%}" if found.share else f"{point.value:,.4g}"
        grid.add_row(instant(point.start)[:16].replace("T", " "), shown, f"{point.n:,}", f"{point.bad:,}")
    screen().print(grid)


def calls_lines(found: Sequence[Call]) -> None:
    """Calls, the newest first."""
    if not found:
        screen().print("no such calls")
        return
    for call in found:
        parts = (instant(call.at)[:19], f"{call.operation} {call.tool}".strip(), call.model, call.feature, call.variant)
        screen().print(Text(printable(call.id), style="bold"))  # on a line of its own, to be copied
        screen().print(Text("  " + " · ".join(printable(p) for p in parts if p)))
        if wrong := sorted(_wrong(call)):
            screen().print(Text(f"  {printable(', '.join(wrong))}", style="yellow"))


def call_lines(call: Call, beside: Sequence[Call]) -> None:
    """One call, whole."""
    console = screen()
    named = {
        "call": call.id,
        "system": call.system,
        "operation": f"{call.operation} {call.tool}".strip(),
        "model": f"{call.provider} {call.model}".strip(),
        "feature": f"{call.feature} {call.variant}".strip(),
        "prompt": call.prompt,
        "conversation": call.conversation,
        "at": f"{instant(call.at)}, {call.took / 1e6:.3f} s",
        "error": call.error,
    }
    for name, text in named.items():
        if text:
            console.print(Text.assemble((f"{name:13}", "bold"), printable(text)))
    for name, value in sorted(call.metrics.items()):
        console.print(f"  {printable(name)} = {value:g}", markup=False)
    for name, text in (("input", call.input), ("output", call.output), *(("source", s) for s in call.sources)):
        if text:
            console.print(Text(f"\n{name}:", style="bold"))
            console.print(Text("\n".join(map(printable, text[:_LONGEST].splitlines()))))
    for other in beside:
        console.print(f"\nbeside it: {printable(other.operation)} {printable(other.tool)} {other.id}", markup=False)


def _grid(first: str) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    grid.add_column(first, overflow="fold", min_width=10)
    for column in _NUMBERS:
        grid.add_column(column, justify="right")
    return grid


def _cells(name: str, line: Line) -> tuple[Text, ...]:
    flags = line.rates.get("hallucination") or line.rates.get("hallucination_overlap")
    errors = line.rates.get(REQUESTS)
    latency = line.latency or (None, None, None)
    made = (
        printable(name),
        f"{line.requests:,}",
        _share(errors.share if errors else None),
        *("" if s is None else f"{s:.3g}" for s in (latency[0], latency[2])),
        f"{line.tokens:,.0f}",
        f"{line.money:,.4g}",
        _share(flags.share if flags else None),
    )
    return tuple(map(Text, made))


def _wrong(call: Call) -> list[str]:
    """Metrics that are true. Numbers of 1 cannot be told from them, but where they are called so."""
    return [call.error] * bool(call.error) + [
        name
        for name, value in call.metrics.items()
        if value == 1
        and not name.endswith(("_tokens", "_s", "cost"))
        and not name.startswith("score/")
        and name != REQUESTS
    ]


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2%}"
