"""How do incidents look on a terminal?"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from cleanroom.app.incident.contain import Option
from cleanroom.app.incident.loop import Added, Loop, Turn
from cleanroom.core.alerts.words import short
from cleanroom.core.base import Instant, micros
from cleanroom.core.incident.clocks import clocks
from cleanroom.core.incident.decide import missing
from cleanroom.core.incident.similar import Repeat
from cleanroom.core.incident.state import Action, Closed, Detected, Incident, base_of, state_of
from cleanroom.entry.cli.output import printable
from cleanroom.entry.cli.rows import Row, show_rows
from cleanroom.entry.incidents import steps, took, undo

_STATE = {"detected": "bold red", "contained": "yellow", "mitigated": "cyan", "closed": "green"}
_SEVERITY = {"sev1": "bold red", "sev2": "yellow", "sev3": "dim"}


def show_all(found: Sequence[Incident], console: Console) -> None:
    """An incident a line, with its title below."""
    if not found:
        console.print("no incidents")
        return
    show_rows(("incident", "sev", "state", "category", "since", "system"), [_row(i) for i in found], console)


def _row(incident: Incident) -> Row:
    known, state = base_of(incident), state_of(incident)
    more = f" and {len(known.systems) - 1} more" if len(known.systems) > 1 else ""
    cells = (
        Text(known.id),
        Text(known.severity, _SEVERITY[known.severity]),
        Text(state, _STATE[state]),
        Text(known.category or "-"),
        Text(short(known.opened.detected)),
        Text(printable(known.system) + more),
    )
    return cells, Text(printable(known.title))


def show_one(incident: Incident, repeats: Sequence[Repeat], said: str, now: Instant, console: Console) -> None:
    """Where it stands, its clocks, what was done, and what is missing. `said`: how often it came, '' for the first time."""
    known, state = base_of(incident), state_of(incident)
    console.print(
        Text.assemble(
            (state, _STATE[state]), "  ", (known.severity, _SEVERITY[known.severity]), "  ",
            (f"incident {known.id}", "bold"), f"  {printable(known.title)}",
        ),
        soft_wrap=True,
    )  # fmt: skip
    if said:
        console.print(Text(printable(said), "bold yellow"), soft_wrap=True)
        for repeat in repeats[:3]:
            console.print(
                f"  like incident {repeat.id} ({repeat.similarity:.0%}): {'; '.join(repeat.shared[:4])}", markup=False
            )
    for line in _about(known):
        console.print(printable(line), markup=False, soft_wrap=True)
    console.print(_steps(incident), soft_wrap=True)
    console.print(clock_line(incident), markup=False, soft_wrap=True)
    for act in known.contained:
        mark = "contained by" if act.did else "could not"
        words = printable(f"{mark} {act.act} {act.target}: {act.because}").replace("  ", " ")
        console.print(words, markup=False, soft_wrap=True)
    holds = known.holds
    if holds is not None and not isinstance(incident, Closed) and (back := undo(holds)):
        console.print(f"  to undo it: {printable(back)}", markup=False, soft_wrap=True)
    if known.fix is not None:
        console.print(printable(f"fixed by {known.fix.fix}: {known.fix.because}"), markup=False, soft_wrap=True)
    if known.case is not None:
        bad = f"{known.case.bad} ({known.case.bad_digest[:19]})"
        console.print(printable(f"regression case: {known.case.id}, of what {bad} did"), markup=False, soft_wrap=True)
    if known.monitor is not None:
        console.print(printable(f"new monitor: {known.monitor.sensor}"), markup=False, soft_wrap=True)
    show_actions(known.actions, now, console)
    _what_next(incident, console)


def _about(known: Detected) -> list[str]:
    lines = [f"systems: {', '.join(known.systems) or 'not known'}"]
    links = [
        f"{name} {value}" for name, value in (("flag", known.opened.flag), ("change", known.opened.change)) if value
    ]
    if known.opened.variant:
        links.append(f"variant {known.opened.variant}")
    if links:
        lines.append("linked: " + ", ".join(links))
    if known.alerts:
        more = f" and {known.count - len(known.alerts):,} more" if known.count > len(known.alerts) else ""
        lines.append(f"alerts: {', '.join(known.alerts[:5])}{' ...' if len(known.alerts) > 5 else ''}{more}")
    if known.sorted is not None:
        how = (
            "said by " + known.sorted.by.person if known.sorted.by else "proposed; cleanroom incident sort confirms it"
        )
        lines.append(f"category: {known.sorted.category} ({how})")
    if known.lead is not None:
        how = f"{'confirmed' if known.lead.by else 'proposed'}: {known.lead.because}".removesuffix(": ")
        lines.append(f"lead: {known.lead.person} ({how})")
    began = f"{short(known.began.at)}, {known.began.says}" if known.began else "nothing on record says"
    lines.append(f"began: {began}; detected {short(known.opened.detected)}")
    return lines


def _steps(incident: Incident) -> Text:
    """The seven steps: done, or still to come."""
    line = Text()
    for name, at in steps(incident):
        line.append("● " if at else "○ ", "green" if at else "dim").append(name, "" if at else "dim").append("  ")
    return line


def clock_line(incident: Incident) -> str:
    """How long each step took, as far as it is done."""
    found = clocks(incident)
    spans = (
        ("detected after", found.detect),
        ("contained in", found.contain),
        ("fixed in", found.mitigate),
        ("from the first bad outcome to the fix", found.restore),
    )
    said = [f"{name} {took(span)}" for name, span in spans if span is not None]
    if found.skew:
        said.append(f"a clock is {took(found.skew)} off: something later has the earlier time, and counts as 0")
    return ", ".join(said) or "nothing is timed yet"


def show_actions(actions: Sequence[Action], now: Instant, console: Console) -> None:
    """A line an action."""
    for action in actions:
        late = action.done is None and micros(action.due) < micros(now)
        state = "done" if action.done else "LATE" if late else "open"
        style = "green" if action.done else "bold red" if late else "yellow"
        needed = "" if action.required else " (not required)"
        shown = f": {action.done.evidence}" if action.done else f", due {action.due[:10]}"
        filed = "".join(f" [{f.tracker} {f.ref}]" for f in action.filed)
        text = f" {action.id} {action.added.work}: {action.added.what} - {action.owner}{shown}{needed}{filed}"
        console.print(Text.assemble((f"{state:5}", style), printable(text)), soft_wrap=True)


def show_options(found: Sequence[Option], console: Console) -> None:
    """What can be done now, best first."""
    if not found:
        console.print("nothing here can contain it; stop the harm by hand, then: --act none --because TEXT")
    for place, option in enumerate(found):
        first = "  (this one without --act)" if place == 0 else ""
        console.print(f"{option.act} {option.target}: {option.means}{first}", markup=False, soft_wrap=True)


def _what_next(incident: Incident, console: Console) -> None:
    known = base_of(incident)
    if isinstance(incident, Closed):
        how = "proven" if incident.closed.how == "proven" else "WITHOUT PROOF, by a waiver"
        console.print(f"closed {short(incident.closed.at)} by {incident.closed.by.person}, {how}", markup=False)
        if known.waiver is not None and incident.closed.how == "waived":
            second = known.waiver.agreed.by.person if known.waiver.agreed else "nobody"
            said = f"waived by {known.waiver.asked.by.person} and {second}: {known.waiver.asked.reason}"
            console.print(printable(said), markup=False, soft_wrap=True)
    elif isinstance(incident, Detected):
        console.print(f"next: cleanroom incident contain {known.id}", markup=False)
    elif known.waiver is not None and known.proof is None:
        _waived(known, console)
    elif known.proof is not None:
        console.print(f"proven; next: cleanroom incident close {known.id}", markup=False)
    else:
        lacks = missing(incident)
        console.print("before it is proven:" if lacks else f"next: cleanroom prove {known.id}", markup=False)
        for lack in lacks:
            console.print(f"  - {printable(lack)}", markup=False, soft_wrap=True)


def _waived(known: Detected, console: Console) -> None:
    waiver = known.waiver
    if waiver is None:
        return
    said = f"{waiver.asked.by.person} asks to close it WITHOUT PROOF: {waiver.asked.reason}"
    console.print(Text(printable(said), "yellow"), soft_wrap=True)
    after = (
        f"{waiver.agreed.by.person} agrees; next: cleanroom incident close {known.id}"
        if waiver.agreed
        else f"next: somebody else agrees, cleanroom incident agree {known.id}"
    )
    console.print(after, markup=False, soft_wrap=True)


def show_proof(incident: Incident, console: Console) -> None:
    """Red, green, earlier, done."""
    proof = base_of(incident).proof
    if proof is None:
        return
    for word, style, tried in (("red  ", "bold red", proof.red), ("green", "bold green", proof.green)):
        said = f" {tried.version}: {printable(tried.because)}"
        console.print(Text.assemble((word, style), said), soft_wrap=True)
    e = proof.earlier
    claim = (
        f"{took(e.lead)} of it may be claimed for the next time"
        if e.lead
        else "no lead may be claimed for the next time"
    )
    console.print(
        f"{e.sensor} would have fired {short(e.fired)}, {took(e.own)} earlier; {claim}, with at most {e.bound:.1f} false "
        f"alarms in 30 days ({e.false_alarms} in {took(e.history)} of history)",
        markup=False,
        soft_wrap=True,
    )
    console.print(f"actions closed with evidence: {', '.join(proof.actions)}", markup=False)


def show_loop(found: Loop, turns: Sequence[Turn], console: Console) -> None:
    """What the incidents left behind: a line for each of these turns, and the figures of all."""
    if not found.turns:
        console.print("no incidents yet")
        return
    rows: list[Row] = []
    for turn in turns:
        cells = (
            Text(turn.id),
            Text(turn.state, _STATE[turn.state]),
            Text(turn.category or "-"),
            Text(took(turn.clocks.detect)),
            Text(took(turn.clocks.contain)),
            Text(took(turn.clocks.restore)),
            Text(added_line(turn.added)),
        )
        again = f" - like incident {', '.join(r.id for r in turn.repeats)}" if turn.repeats else ""
        rows.append((cells, Text(printable(turn.title) + again)))
    show_rows(("incident", "state", "category", "detect", "contain", "restore", "left behind"), rows, console)
    if left := len(found.turns) - len(turns):
        console.print(f"and {left:,} older: cleanroom incident loop --all", markup=False)
    many = f"{len(found.turns)} incident{'' if len(found.turns) == 1 else 's'}"
    total = f"{many} left behind {added_line(found.added)}; repeats: {found.recurring}"
    waived = f"; {found.unproven} closed without proof" if found.unproven else ""
    console.print(total + waived, markup=False, soft_wrap=True)


def added_line(found: Added) -> str:
    """In words."""
    counts = ((found.cases, "case"), (found.monitors, "monitor"), (found.fixes, "fix"), (found.docs, "doc"))
    said = [f"{n} {word}{'' if n == 1 else 'es' if word == 'fix' else 's'}" for n, word in counts if n]
    if found.lead:
        said.append(f"{took(found.lead)} of lead")
    return ", ".join(said) or "nothing yet"
