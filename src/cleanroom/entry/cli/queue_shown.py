"""How does the terminal show the queue: one output, what waits, what is promised, what was decided?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cleanroom.core.base import plain
from cleanroom.entry.cli.output import print_json, screen
from cleanroom.entry.report.view import block, shown

if TYPE_CHECKING:
    from cleanroom.app.queue.add import Added
    from cleanroom.app.queue.calibrate import Calibrated
    from cleanroom.app.queue.export import Exported
    from cleanroom.app.queue.view import Board, Detail, Line
    from cleanroom.app.queue.work import Decided
    from cleanroom.core.queue_load import Load

_LONG = 4000
_DAY = 86_400


def show_added(added: Added, console: Console) -> None:
    """How many went where, and every warning."""
    known = sum(t.known for t in added.outputs)
    parts = [f"{added.count('accepted')} accepted", f"{added.count('audited')} accepted and drawn for the audit"]
    parts += [f"{added.count('review')} wait for a person", f"{added.count('held')} held", f"{known} known already"]
    console.print(Text(", ".join(p for p in parts if not p.startswith("0 ")) or "nothing came"))
    _warn(added.warnings, console)


def show_lines(found: Board, console: Console) -> None:
    """What waits, a line each."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for title in ("Id", "System", "Risk", "Due", "With", "Why"):
        table.add_column(title, overflow="fold")
    for line in (*found.lines, *found.held_lines):
        table.add_row(*map(Text, _cells(line)))
    if table.row_count:
        console.print(table)
    console.print(Text(f"{found.waiting} of {found.capacity} wait, {found.held} held, {found.overdue} overdue"))


def _cells(line: Line) -> tuple[str, ...]:
    where = "held" if line.where == "held" else line.person or ("escalated" if line.escalated else "")
    late = "overdue " if line.overdue else ""
    return line.id, line.system, line.risk, late + _short(line.due), where, shown(line.because, 100)


def detail_data(found: Detail) -> dict[str, Any]:
    """One output as plain data."""
    reviewed = found.standing.reviewed
    return {
        **plain(found.line),
        "received": plain(found.standing.received),
        "erased": found.text is None,
        "text": plain(found.text),
        "reviewed": plain(reviewed),
        "corrected": plain(found.corrected),
        "escalated": bool(found.standing.escalated),
        "history": [{"index": e.index, "fact": plain(e.fact)} for e in found.entries],
    }


def show_detail(found: Detail, console: Console) -> None:
    """One output as a reviewer needs it."""
    line, text = found.line, found.text
    console.print(Text.assemble((line.id, "bold"), f"  {line.system}  risk {line.risk}  due {_short(line.due)}"))
    console.print(
        Text(f"why a person: {shown(line.because, 300)}" if line.where != "accepted" else "it skipped review")
    )
    if text is None:
        console.print(Text("its text was erased", "yellow"))
    else:
        made = f"{text.model or '(no model)'}, prompt {text.prompt or '-'} {text.prompt_version or '(no version)'}"
        console.print(Text(f"made by {shown(made, 200)}, confidence {text.confidence}", "dim"))
        if text.guard:
            console.print(Text(f"a guard says: {shown(text.guard, 500)}", "yellow"))
        for label, value in (("input", text.input), ("output", text.output), *(("source", s) for s in text.sources)):
            console.print(Text.assemble((f"\n{label}\n", "dim"), _block(value)))
    done = found.standing.reviewed
    if done is not None:
        console.print(Text(f"\n{done.verdict} by {done.by.person} at {_short(done.at)} {done.reason}".rstrip()))
        if found.corrected is not None:
            console.print(Text.assemble(("corrected\n", "dim"), _block(found.corrected)))
    elif line.person is not None:
        console.print(Text(f"\nNext: cleanroom queue approve|correct|reject|skip|escalate {line.id}"))


def show_decided(done: Decided, as_json: bool) -> None:
    """What was decided; loudly, where it ended a promise."""
    if as_json:
        print_json(done)
        return
    screen().print(Text(f"{done.id}: {done.fact.verdict} {done.fact.reason}".rstrip()))
    if done.withdrawn is not None:
        _warn((f"{done.withdrawn.system}: {done.withdrawn.because}",), screen())


def show_calibrated(found: Calibrated, from_reviews: bool, console: Console) -> None:
    """The promise, and on what it rests."""
    fact = found.fact
    console.print(Text(f"{fact.system}: {found.says}", "bold" if fact.cutoff is not None else "yellow"))
    if fact.cutoff is not None:
        console.print(
            Text(f"  cut-off {fact.cutoff:.6g}: {fact.skip:,} of {fact.cases:,} cases skip, {fact.wrong} wrong")
        )
    elif found.more is None:
        console.print(Text("  more cases would not help: the most confident answers themselves are wrong too often"))
    else:
        console.print(Text(f"  it would take at least about {found.more:,} more labelled cases like these"))
    for why, count in found.left_out:
        console.print(Text(f"  {count:,} reviewed outputs left out: {why}", "dim"))
    if from_reviews and fact.cutoff is not None and found.floor is not None:
        console.print(
            Text("  learnt from audited outputs: shares are of those that skip now; it can only get stricter", "dim")
        )
    if found.entry is None:
        console.print(Text("  nothing was put in force", "dim"))


def show_exported(done: Exported, console: Console) -> None:
    """How many went where."""
    if done.entry is None:
        console.print("there is nothing to export")
        return
    console.print(Text(f"{done.corrections} corrections, {done.golden} golden cases: {', '.join(done.files)}"))
    if done.erased:
        console.print(Text(f"{len(done.erased)} whose text was erased are left out, and count as dealt with"))


def status_data(found: Board, load: Load) -> dict[str, Any]:
    """How the queue stands as plain data, with each promise as a sentence."""
    systems = [{**plain(s), "says": s.says} for s in found.systems]
    warnings = [*found.warnings, *([load.warning] if load.warning else [])]
    return {**plain(found), "systems": systems, "load": plain(load), "warnings": warnings}


def show_board(found: Board, load: Load, console: Console) -> None:
    """How the queue stands, for a person."""
    console.print(
        Text(
            f"{found.waiting} of {found.capacity} wait, {found.held} held, {found.overdue} overdue, {found.escalated} escalated"
        )
    )
    for s in found.systems:
        counts = f"{s.waiting} wait, {s.held} held, {s.accepted} accepted, {s.done} reviewed"
        console.print(Text.assemble((s.system, "bold"), f": {counts}\n  {s.says}"))
        if s.promise.cutoff is not None:
            console.print(Text(f"  audit so far: {s.promise.wrong} of {s.promise.audited} wrong", "dim"))
    wait = "" if load.p95_wait is None else f", 95% decided within {load.p95_wait:.0f} min"
    used = "" if load.used is None else f", {100 * load.used:.0f}% of what they could do"
    console.print(Text(f"last {load.hours:.0f} h: {load.came} came for a person, {load.decided} decided{wait}{used}"))
    for f in found.feedback:
        if f.waiting:
            age = f"{f.age / _DAY:.1f} of {f.promised / _DAY:.0f} days"
            console.print(Text(f"{f.waiting} corrections of {f.risk} risk to export, the oldest {age} old"))
    _warn((*found.warnings, *([load.warning] if load.warning else [])), console)


def _warn(warnings: tuple[str, ...], console: Console) -> None:
    for warning in warnings:
        console.print(Text.assemble(("warning: ", "bold yellow"), shown(warning, 600)))


def _block(value: Any) -> str:
    """A value over several lines, without control characters."""
    return block(value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False), _LONG)


def _short(at: str) -> str:
    return at[:16].replace("T", " ")
