"""How do rollouts look on a terminal?"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cleanroom.core.base import Instant
from cleanroom.core.progress.state import Rollout
from cleanroom.entry.rollouts import Line, Told, amount, told
from cleanroom.sim.forecast import Forecast

_STYLES = {"Baking": "bold cyan", "Held": "bold yellow", "Promoted": "bold green", "RolledBack": "bold red"}
_SAYS = {"Baking": "next", "Held": "held", "Promoted": "because", "RolledBack": "because"}


def show_all(found: Sequence[Told], console: Console) -> None:
    """A line each."""
    if not found:
        console.print("no rollouts yet. `cleanroom rollout start CHANGE --metric error` begins one.")
        return
    table = Table(box=None, pad_edge=False)
    for column in ("change", "state", "share", "phase", ""):
        table.add_column(column, justify="right" if column == "share" else "left", overflow="fold")
    for one in found:
        table.add_row(
            Text(one.name),
            Text(one.state, _STYLES[one.state]),
            _percent(one.share),
            f"{one.phase} of {len(one.phases)}",
            Text(one.next),
        )
    console.print(table)


def show_one(found: Rollout, now: Instant, console: Console, blocked: str = "") -> None:
    """State, phases, evidence, and what is next. `blocked`: why sensors hold it up."""
    one = told(found, now, blocked)
    head = Text.assemble(
        (one.state, _STYLES[one.state]),
        "  ",
        (one.name, "bold"),
        f"  {_percent(one.share)} of traffic behind flag {one.flag}",
    )
    console.print(head)
    console.print(_ramp(one))
    if one.lines:
        console.print(_table(one.lines))
    met = sum(one.users)
    if met:
        console.print(
            f"users met in this phase: {one.users[0]:,} with the candidate, {one.users[1]:,} with the control",
            style="dim",
        )
    if one.apart:
        console.print(f"{one.apart:,} outcomes left out: their variant was not the flag's", style="yellow")
    console.print(Text.assemble((f"{_SAYS[one.state]}: ", "bold"), one.next), soft_wrap=True)
    if one.limit and one.state == "Baking":
        console.print(
            f"counted up to {_moment(one.until)}; held unless it is decided by {_moment(one.limit)}", style="dim"
        )


def _ramp(one: Told) -> Text:
    """`2% > 5% > [10%] > 25%`: where on the way it is."""
    text = Text()
    for place, share in enumerate(one.phases):
        now = place + 1 == one.phase
        text.append(" > " if place else "", "dim")
        text.append(f"[{_percent(share)}]" if now else _percent(share), "bold" if now else "dim")
    return text


def _table(lines: Sequence[Line]) -> Table:
    table = Table(box=None, pad_edge=False)
    bar = f"{lines[0].bar:g}" if lines else ""
    for column in ("bad users", "candidate", "control", f"harm ({bar})", f"safety ({bar})"):
        table.add_column(column, justify="left" if column == "bad users" else "right")
    for line in lines:
        table.add_row(
            Text(line.metric),
            _rate(line.canary_bad, line.canary),
            _rate(line.control_bad, line.control),
            _evidence(line.harm, line.bar, "bold red"),
            _evidence(line.safe, line.bar, "bold green"),
        )
    return table


def _rate(bad: int, n: int) -> str:
    return f"{bad / n:.2%}  {bad:,}/{n:,}" if n else "nobody"


def _evidence(value: float, bar: float, style: str) -> Text:
    return Text(amount(value), style if value >= bar else "")


def _percent(share: float) -> str:
    return f"{share * 100:.4g}%"


def _moment(at: Instant) -> str:
    return f"{at[:16].replace('T', ' ')} UTC"


def show_forecast(found: Forecast, console: Console) -> None:
    """What a rollout at this traffic can do."""
    console.print(
        f"{found.traffic:,.0f} users an hour, {found.bad:.2%} of them bad; phases "
        f"{', '.join(_percent(p) for p in found.phases)}; {found.runs} simulated rollouts of each kind"
    )
    table = Table(box=None, pad_edge=False)
    for column in ("the candidate is", "rolled back", "promoted", "held", "decided after", "its users until then"):
        table.add_column(column, justify="left" if column == "the candidate is" else "right")
    for row in found.rows:
        what = "as good" if row.times == 1 else f"{row.times:g} times as bad"
        table.add_row(
            what,
            f"{row.rolled_back:.0%}",
            f"{row.promoted:.0%}",
            f"{row.held:.0%}",
            f"{row.hours:.0f} h" if row.hours is not None else "-",
            f"{row.users:,.0f}" if row.users is not None else "-",
        )
    console.print(table)
    console.print(found.says, soft_wrap=True)
