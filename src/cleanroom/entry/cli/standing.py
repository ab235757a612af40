"""How does a terminal show where a change stands? State, roles, approvals, and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cleanroom.app.review.standing import Standing, Unreadable
from cleanroom.app.review.top import Top
from cleanroom.app.validate import Checked
from cleanroom.core.facts import Approved, Rejected, Waived
from cleanroom.core.ledger import LedgerEntry
from cleanroom.core.policy import AREAS, Policy, smallest_team
from cleanroom.core.review import Review, Vote, Waiting
from cleanroom.core.signing import stands_against, what_next
from cleanroom.entry.report.view import shown
from cleanroom.entry.standing import word

_STYLES = {"approved": "green", "waiting": "yellow", "blocked": "red", "rejected": "red", "unchecked": "magenta"}


def show_all(found: Sequence[Standing | Unreadable], console: Console) -> None:
    """One line a change."""
    if not found:
        console.print("No change was proposed yet.\n\nNext:\n  cleanroom propose mapping --help")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for title in ("Change", "State", "Touches", "What stands against it"):
        table.add_column(title, overflow="fold")
    for each in found:
        if isinstance(each, Unreadable):
            table.add_row(each.name, Text("unreadable", "red"), "", Text(shown(each.because, 200)))
            continue
        name = word(each.review.state)
        touched = ", ".join(t.area for t in each.review.touches)
        table.add_row(each.name, Text(name, _STYLES[name]), touched, Text(shown(_in_brief(each.review), 200)))
    console.print(table)


def _in_brief(review: Review) -> str:
    if isinstance(review.state, Waiting):
        return "needs " + ", ".join(m.need.role for m in review.state.missing)
    return stands_against(review)


def show_one(found: Standing, console: Console) -> None:
    """A change with everything that decides whether it may go on."""
    review = found.review
    console.print(Text.assemble((review.name, "bold"), ("  " + review.change[:26] + "…", "dim")))
    console.print(Text(f"  made by {', '.join(shown(a, 60) for a in review.authors)}", "dim"))
    if review.checked is not None:
        at = review.checked.at[:16].replace("T", " ")
        console.print(Text(f"  run {review.checked.run[:26]}…  {review.checked.outcome}, {at} UTC", "dim"))
    for touch in review.touches:
        console.print(Text.assemble("  touches ", (touch.area, "bold"), f": {shown(touch.because, 240)}"))
    show_votes(review.votes, console)
    show_state(review, console)


def show_votes(votes: Sequence[Vote], console: Console) -> None:
    """Approvals, the void ones with their reason."""
    for vote in votes:
        given = vote.approval
        mark = ("  void      ", "dim") if vote.void else ("  approved  ", "green")
        line = Text.assemble(mark, f"{shown(given.by.person, 60)} as {given.role} ({given.by.how}), {given.at[:10]}")
        if vote.void:
            line.append(f": {vote.void}", "dim")
        console.print(line)


def show_state(review: Review, console: Console) -> None:
    """The state, what stands against it, who could act, and the smallest team."""
    name = word(review.state)
    against = stands_against(review)
    console.print(Text.assemble(("  " + name, f"bold {_STYLES[name]}"), f"  {shown(against, 300)}" if against else ""))
    if isinstance(review.state, Waiting):
        for missing in review.state.missing:
            who = " or ".join(shown(p, 60) for p in missing.who[:4]) or missing.because
            signed = ", by sign-off" if missing.need.signed else ""
            role = f"    {missing.need.role} for {', '.join(missing.need.areas)}{signed}: "
            console.print(Text.assemble(role, (who, "" if missing.who else "red")))
        plural = "s" if review.team > 1 else ""
        note = f"  It needs {review.team} approver{plural}, and nobody may sign twice or approve their own change."
        console.print(Text(note, "dim"))
    else:
        console.print(Text.assemble(("  next: ", "bold"), shown(what_next(review), 300)))


def show_after(done: Checked, console: Console) -> None:
    """What a run changed for the review: approvals that it voided, and who must approve."""
    for vote in done.voided:
        given = vote.approval
        line = (
            f"{shown(given.by.person, 60)} approved as {given.role} on {given.at[:10]}: void now, since check ran again"
        )
        console.print(Text.assemble(("  void  ", "yellow"), line))
    show_state(done.review, console)


def show_status(found: Sequence[Standing | Unreadable], policy: Policy, entries: int, console: Console) -> None:
    """The whole project on a screen."""
    show_all(found, console)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for title in ("What a change may touch", "Needs", "Who"):
        table.add_column(title, overflow="fold")
    for area in AREAS:
        role = policy.role_for(area)
        people = ", ".join(policy.people(role)) if role else ""
        table.add_row(
            area, role or Text("nobody", "dim"), people or (Text("nobody has this role", "red") if role else "")
        )
    console.print(table)
    have, team = len(policy.everybody()), smallest_team(policy)
    enough = Text(f"there are {have}", "green" if have >= team else "red")
    console.print(
        Text.assemble("  The smallest team for any change: ", (f"{team} people", "bold"), " (one author); ", enough)
    )
    console.print(Text(f"  {entries} entries in the ledger", "dim"))


def show_top(found: Top, console: Console) -> None:
    """The entries that matter most, and why."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    for title in ("Legacy name", "Becomes", "Rows", "Doubt", "Counts in", "Votes", "Looked at"):
        table.add_column(title, justify="right" if title in ("Rows", "Doubt") else "left", overflow="fold")
    for item in found.items:
        w = item.weighed
        votes = ", ".join(f"{t} x{n}" for t, n in w.entry.votes) + (
            f"; looks like {w.entry.similar}" if w.entry.similar else ""
        )
        flag = (
            Text("flagged: " + shown(w.flagged.reason, 60), "red")
            if w.flagged
            else Text(", ".join(item.looked), "green")
        )
        uses = ", ".join((*w.uses, *w.areas))
        name, target = Text(shown(w.entry.legacy, 60)), Text(shown(w.entry.target, 60))
        table.add_row(name, target, f"{w.rows:,}", f"{w.doubt:.0%}", uses, Text(shown(votes, 120), "dim"), flag)
    console.print(table)
    console.print(
        Text(f"  {len(found.items)} of {found.all} names, most rows at stake first; {found.done} looked at", "dim")
    )


def written(entry: LedgerEntry) -> Text:
    """One line for a decision that is in the ledger now."""
    place = (f"  ledger entry {entry.index}", "dim")
    match entry.fact:
        case Approved(by=by, role=role, expires=until):
            said = f"approved by {shown(by.person, 60)} as {role} ({by.how}), until {until[:10]}"
            return Text.assemble((said, "green"), place)
        case Rejected(by=by, role=role):
            return Text.assemble((f"rejected by {shown(by.person, 60)} as {role} ({by.how})", "red"), place)
        case Waived(by=by, role=role):
            return Text.assemble((f"waived by {shown(by.person, 60)} as {role} ({by.how})", "yellow"), place)
        case fact:
            return Text.assemble(fact.kind, place)
