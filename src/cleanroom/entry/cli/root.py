"""The command line: `cleanroom COMMAND`, and the exit code of every kind of error (docs/cli.md)."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cleanroom import __version__
from cleanroom.core.base import CleanroomError, Outside
from cleanroom.entry.cli import (
    check,
    contract,
    demo,
    flag,
    ledger,
    models,
    outcome,
    people,
    project,
    propose,
    queue,
    review,
    rollout,
    serve,
    store,
    tick,
    token,
)
from cleanroom.entry.cli.output import aside, told


class Commands(TyperGroup):
    """Turns every error into one line and the exit code of its kind."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was asked for."""
        try:
            return super().invoke(ctx)
        except CleanroomError as error:
            told(error)
            raise typer.Exit(error.code) from error
        except KeyboardInterrupt as stop:
            aside().print("stopped; nothing was left half-written")
            raise typer.Exit(130) from stop
        except BrokenPipeError as closed:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            raise typer.Exit(4) from closed
        except (typer.Exit, typer.Abort):
            raise
        except Exception as error:
            if os.environ.get("CLEANROOM_DEBUG") or _is_usage(error):
                raise
            told(
                Outside(
                    f"an error of ours: {type(error).__name__}: {error}",
                    "Please report it; CLEANROOM_DEBUG=1 shows where it happened.",
                )
            )
            raise typer.Exit(4) from error


def _is_usage(error: Exception) -> bool:
    """Wrong usage is the command-line library's own error: it prints it and exits with 2."""
    return hasattr(error, "exit_code") and hasattr(error, "show")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cleanroom {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    name="cleanroom",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Nothing that an AI made reaches production unchecked, and nothing that slips through happens twice.",
)


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Take the options that come before the command."""


app.command("demo")(demo.demo)
app.command("init")(project.init)
app.add_typer(contract.app, name="contract", help="What correct looks like: draft, lint and compare plans.")
app.add_typer(propose.app, name="propose", help="Ask a model for a change, under guards.")
app.command("correct")(propose.correct)
app.command("check")(check.check)
app.command("diff")(check.diff)
app.add_typer(review.app, name="review", help="Decide on changes: approve, reject, waive.")
app.add_typer(rollout.app, name="rollout", help="Let an approved change reach people bit by bit.")
app.add_typer(queue.app, name="queue", help="Review single outputs of an AI, and what may skip that.")
app.add_typer(flag.app, name="flag", help="Who is served which variant, and off for all at once.")
app.add_typer(outcome.app, name="outcome", help="What production says of a use of a flag.")
app.command("status")(review.status)
app.add_typer(ledger.app, name="ledger", help="The tamper-evident log of what happened.")
app.add_typer(store.app, name="store", help="Where the ledger lies, and how it moves.")
app.add_typer(models.app, name="models", help="The models that a project may ask.")
app.command("serve")(serve.serve)
app.add_typer(people.app, name="people", help="Who holds which role, and their way in.")
app.add_typer(token.app, name="token", help="Machine and personal tokens.")
app.command("tick")(tick.tick)
