"""`cleanroom incident timeline` and `communicate`: what happened, moment by moment, and what people are told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanroom.core.base import Misuse
from cleanroom.core.incident.messages import MOST, Audience
from cleanroom.entry.cli.output import As, AsJson, aside, print_json, screen

Id = Annotated[str, typer.Argument(metavar="INCIDENT", help="The number of an incident.")]
Folder = Annotated[Path, typer.Option(help="The project's folder.")]


def register(app: typer.Typer) -> None:
    """Add both to the group of incidents."""
    app.command("timeline")(timeline)
    app.command("communicate")(communicate)


def timeline(
    id: Id,
    every: Annotated[bool, typer.Option("--all", help="Also what is of less weight, however much there is.")] = False,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Every moment in order, out of the ledger: alerts, changes, sensors, what was done, and people's notes in between."""
    from cleanroom.app.incident.timeline import timeline as moments
    from cleanroom.core.incident.timeline import MOST
    from cleanroom.wiring import room

    found = moments(room(project, who, "read"), id, None if every else MOST)
    if as_json:
        print_json(list(found))
        return
    console = screen()
    for one in found:
        by = f" [{one.who}]" if one.who else ""
        where = "calls say so" if one.index < 0 else f"entry {one.index}"
        line = f"{one.at[:19].replace('T', ' ')} UTC  {one.what}{by} ({where})"
        console.print(line, markup=False, soft_wrap=True, style="bold" if one.step else None)
        if one.skewed:
            console.print(f"    clock: {one.skewed}", markup=False, soft_wrap=True, style="yellow")
    if not every and found[-1].kind == "more":
        aside().print(f"All of them: cleanroom incident timeline {id} --all", markup=False)


def communicate(
    id: Id,
    to: Annotated[Audience, typer.Option("--to", help="Who is told.")],
    file: Annotated[Path | None, typer.Option("--file", help="Your own text; '-' reads standard input.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Send it and write it down; without, it is only shown.")] = False,
    channel: Annotated[
        list[str] | None, typer.Option("--channel", help="A channel of cleanroom.toml; repeat it.")
    ] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """A message from the facts: what is known, what is not. With --send it goes out; customers' only to a named channel."""
    from cleanroom.app.incident import communicate as told
    from cleanroom.wiring import room

    work = room(project, who, "oncall" if send else "read")
    text = told.draft(work, id, to) if file is None else _text(file)
    if not send:
        checked = file is not None or channel
        ready = told.ready(work, id, to, text, tuple(channel or ())) if checked else None
        if as_json:
            print_json({"audience": to, "text": ready or text, "sent": False})
            return
        screen().print((ready or text).rstrip("\n"), markup=False, soft_wrap=True)
        how = "the same with --send sends it" if ready else "--send sends it, with --file FILE your own text"
        aside().print(f"\nNothing was sent: {how}, and writes it down.", style="yellow", markup=False, soft_wrap=True)
        return
    sent = told.send(work, id, to, text, tuple(channel or ()))
    if as_json:
        print_json(sent)
    elif not sent.new:
        screen().print("that text was sent before: nothing is sent twice", markup=False)
    elif sent.channels:
        screen().print(f"on its way through {', '.join(sent.channels)}; it is in the ledger", markup=False)
    else:
        screen().print(text.rstrip("\n"), markup=False, soft_wrap=True)
        screen().print("\nIt is in the ledger; no channel was named, so send it on yourself.", style="yellow")


def _text(file: Path) -> str:
    """The message in a file. Raises Misuse where it cannot be read."""
    import sys

    try:
        if str(file) == "-":
            return sys.stdin.read(4 * MOST + 1)
        with file.open("rb") as opened:
            return opened.read(4 * MOST + 1).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Misuse(f"{file} is not UTF-8 text", "Save it as UTF-8.") from error
    except OSError as error:
        raise Misuse(f"{file} cannot be read: {error.strerror}", "Name a file with the message.") from error
