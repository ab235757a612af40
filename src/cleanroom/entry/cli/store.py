"""`cleanroom store`: where does the ledger lie, and how does it get elsewhere?"""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from cleanroom.entry.cli.output import AsJson, aside, print_json, screen

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Move the ledger from one store to another."""


@app.command("copy")
def copy(
    source: Annotated[str, typer.Argument(metavar="FROM", help="A ledger's file, or postgresql://HOST/DATABASE.")],
    target: Annotated[str, typer.Argument(metavar="TO", help="An empty place, or one that an earlier copy began.")],
    as_json: AsJson = False,
) -> None:
    """Copy a ledger, byte for byte, and prove that both roots are equal."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from cleanroom.app import store_copy
    from cleanroom.wiring import stores

    columns = (TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn())
    console = aside()
    shown = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    with stores(source, target) as (old, new, beside), shown as bar:
        entries = bar.add_task("verifying", total=None)

        def progress(done: int, size: int) -> None:
            word = "copying" if done < size else "verifying the copy"
            bar.update(entries, description=word, completed=done, total=size)

        done = store_copy.copy(old, new, beside, progress)
    if as_json:
        print_json(done)
        return
    screen().print(
        f"[green]copied[/] {done.added} of {done.size} entries; both roots are [bold]{escape(done.root)}[/]\n"
        f"beside them {done.beside.texts} texts, {done.beside.tokens} tokens, {done.beside.messages} messages, "
        f"{done.beside.outcomes} outcomes, {done.beside.calls} calls and user events"
    )
