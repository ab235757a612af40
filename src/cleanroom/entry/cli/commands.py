"""Which commands are there, and what becomes of their errors? Only the one that was asked for is loaded (docs/cli.md)."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cleanroom import __version__
from cleanroom.core.base import CleanroomError, Outside
from cleanroom.entry.cli.output import aside, told

_COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", ""),
    "init": ("project", ""),
    "contract": ("contract", "What correct looks like: draft, lint and compare plans."),
    "propose": ("propose", "Ask a model for a change, under guards."),
    "correct": ("propose", ""),
    "check": ("check", ""),
    "diff": ("check", ""),
    "test": ("test", ""),
    "review": ("review", "Decide on changes: approve, reject, waive."),
    "rollout": ("rollout", "Let an approved change reach people bit by bit."),
    "queue": ("queue", "Review single outputs of an AI, and what may skip that."),
    "flag": ("flag", "Who is served which variant, and off for all at once."),
    "outcome": ("outcome", "What production says of a use of a flag."),
    "telemetry": ("telemetry", "What AI systems did in production."),
    "register": ("register", "Which AI systems there are, and who answers for them."),
    "slo": ("slo", "What was promised, and what can honestly be said of it."),
    "sensor": ("sensor", "What watches production, and what it holds up."),
    "alert": ("alert", "What goes wrong, who is on it, and what did not arrive."),
    "incident": ("incident", "Contain first, learn once, prove that it cannot come back silently."),
    "prove": ("incident", ""),
    "postmortem": ("postmortem", "One page on what enabled an incident, without blame, and who has read it."),
    "runbook": ("runbook", "What is to be done when something goes wrong, step by step."),
    "schedule": ("schedule", "What runs by the clock."),
    "status": ("review", ""),
    "ledger": ("ledger", "The tamper-evident log of what happened."),
    "store": ("store", "Where the ledger lies, and how it moves."),
    "models": ("models", "The models that a project may ask."),
    "serve": ("serve", ""),
    "people": ("people", "Who holds which role, and their way in."),
    "token": ("token", "Machine and personal tokens."),
    "tick": ("tick", ""),
}
"""By name: the file of this folder, and what a group is for. A group is the file's `app`; a single command has its own name."""


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


def commands(word: str = "") -> typer.Typer:
    """The command line: with all commands, or only with the one that `word` names.

    A flag that is killed should not wait until everything else is loaded, too.
    """
    app = typer.Typer(
        cls=Commands,
        name="cleanroom",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
        help="Nothing that an AI made reaches production unchecked, and nothing that slips through happens twice.",
    )
    app.callback()(_root)
    for name in [word] if word in _COMMANDS else _COMMANDS:
        file, about = _COMMANDS[name]
        module = import_module(f"cleanroom.entry.cli.{file}")
        if about:
            app.add_typer(module.app, name=name, help=about)
        else:
            app.command(name)(getattr(module, name))
    return app


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cleanroom {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Take the options that come before the command."""


def _is_usage(error: Exception) -> bool:
    """Wrong usage is the command-line library's own error: it prints it and exits with 2."""
    return hasattr(error, "exit_code") and hasattr(error, "show")
