"""How do alerts look on a terminal?"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from cleanroom.app.alerts import Shown
from cleanroom.app.alerts.first_steps import first_step
from cleanroom.core.alerts.silence import Silence
from cleanroom.core.alerts.state import Acknowledged, Open, Resolved, base_of, state_of
from cleanroom.core.alerts.words import short
from cleanroom.core.base import Instant
from cleanroom.core.span import between
from cleanroom.entry.cli.output import printable
from cleanroom.entry.cli.rows import Row, show_rows
from cleanroom.ports.outbox import Message

_STYLE = {"critical": "bold red", "warning": "yellow", "business": "cyan"}
_MOST = 10


def show_all(found: Sequence[Shown], quiet: Sequence[Silence], console: Console) -> None:
    """The alerts, each with what it says, then the silences."""
    if not found:
        console.print("no alerts")
    else:
        show_rows(("alert", "level", "state", "since", "system"), [_row(one) for one in found], console)
    for silence in quiet:
        m = silence.matching
        what = ", ".join(
            f"{k} {v}" for k, v in (("system", m.system), ("name", m.name), ("about", m.about)) if v != "*"
        )
        said = f"silence {silence.id}: {what}, until {short(silence.until)}, by {silence.by.person}: {silence.because}"
        console.print(said, markup=False, soft_wrap=True)


def _row(shown: Shown) -> Row:
    base = base_of(shown.alert)
    state = "silenced" if shown.silence is not None else state_of(shown.alert)
    more = f" (and {shown.count - 1:,} more)" if shown.count > 1 else ""
    what = (base.signals[0].what if base.signals else "").removeprefix(f"{base.system}: ") + more
    cells = (Text(base.id), Text(base.level, _STYLE[base.level]), *map(Text, (state, short(base.opened), base.system)))
    return cells, Text(printable(what))


def show_one(shown: Shown, now: Instant, console: Console) -> None:
    """All there is to know."""
    alert, base = shown.alert, base_of(shown.alert)
    head = f"{base.level} alert {base.id} of {base.system or 'no system'}: {_state(shown)}"
    console.print(Text(head, style=_STYLE[base.level]))
    console.print(
        f"opened {short(base.opened)}, {between(base.opened, now)} ago; {shown.count:,} signals, {shown.going_on:,} go on"
    )
    for member in shown.members[:_MOST]:
        said = member.signal
        about = f" ({said.about})" if said.about else ""
        times = f", said {member.n:,} times" if member.n > 1 else ""
        ended = f", ended {short(member.ended)}" if member.ended else ""
        lines = [f"\n{said.name}{about}: {said.what}", f"  since {short(said.since)}{times}{ended}"]
        console.print("\n".join((*lines, *(f"  {line}" for line in said.evidence))), markup=False, soft_wrap=True)
    if shown.count > min(len(shown.members), _MOST):
        console.print(f"... and {shown.count - min(len(shown.members), _MOST):,} more signals")
    causes = [f"  {short(c.at)} {c.what} (entry {c.index})" for c in base.causes] or [
        "  nothing that the ledger knows of"
    ]
    console.print("\n".join(("\nwhat changed just before:", *causes)), markup=False, soft_wrap=True)
    for acted in base.acted:
        done = "done by itself" if acted.did else "could not be done by itself"
        console.print(f"{done}: {acted.act} {acted.target}: {acted.because}", markup=False, soft_wrap=True)
    if base.signals:
        console.print(f"\nfirst step: {first_step(base.signals[0])}", markup=False, soft_wrap=True)
    if isinstance(alert, Open):
        console.print(f"to say that you are on it: cleanroom alert ack {base.id}", markup=False)


def show_undelivered(found: Sequence[Message], console: Console) -> None:
    """One line a message."""
    if not found:
        console.print("everything arrived")
        return
    grid = _grid("message", "channel", "tries", "what became of it")
    for message in found:
        state = "given up" if message.gave_up else f"tried again {short(message.due)}"
        grid.add_row(*map(Text, (message.key, message.channel, str(message.tries), f"{state}: {message.failed}")))
    console.print(grid)
    if any(m.gave_up for m in found):
        console.print("to send one again: cleanroom alert undelivered --retry KEY (all of them: --retry-all)")


def _state(shown: Shown) -> str:
    match shown.alert:
        case Open(step=step, told=told, to=to):
            if shown.silence is not None:
                return f"silenced until {short(shown.silence.until)}"
            if told is None:
                return "open, nobody was told yet"
            return f"open, told to {', '.join(to) or 'everybody'} {short(told)}" + (f", step {step}" if step else "")
        case Acknowledged(by=by, because=because, at=at):
            return f"{by.person} is on it since {short(at)}" + (f": {because}" if because else "")
        case Resolved(because=because, at=at):
            return f"over since {short(at)}: {because}"


def _grid(*columns: str) -> Grid:
    grid = Grid(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        grid.add_column(column, overflow="fold")
    return grid
