"""`cleanroom flag`: which variant of what whom is served, and off at once."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cleanroom.core.base import Misuse
from cleanroom.entry.cli.files import content_or_input
from cleanroom.entry.cli.output import As, AsJson, aside, print_json, screen

if TYPE_CHECKING:
    from cleanroom.core.flags import Flag

app = typer.Typer(no_args_is_help=True)
Key = Annotated[str, typer.Argument(metavar="FLAG", help="The key of a flag.")]
Folder = Annotated[Path, typer.Option(help="The project's folder.")]

_LARGEST = 8 * 1024 * 1024  # bytes of a file


@app.callback()
def _group() -> None:
    """Flags: set them, switch one off for all, hand them to other programs."""


@app.command("list")
def list_(who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """All flags as they are served now."""
    from cleanroom.app.flags import every
    from cleanroom.entry.cli.flag_shown import data_of, show_all
    from cleanroom.wiring import room

    found = every(room(project, who, "read"))
    if as_json:
        print_json([data_of(shown) for shown in found])
    else:
        show_all(found, screen())


@app.command("show")
def show(
    flag: Key,
    context: Annotated[
        str | None,
        typer.Option(metavar="JSON", help='Evaluate it for this: {"targetingKey": "user-1", "region": "eu"}.'),
    ] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """One flag, as a file that `flag set` takes; or what it says to a context."""
    from cleanroom.app.flags import one
    from cleanroom.codec.flags import flag_json
    from cleanroom.core.base import micros
    from cleanroom.core.flags import evaluate
    from cleanroom.entry.cli.flag_shown import data_of, show_evaluation, show_one
    from cleanroom.wiring import room

    work = room(project, who, "read")
    found = one(work, flag)
    if context is not None:
        said = evaluate(found.flag, _json(context), micros(work.clock.now()) // 1_000_000)
        print_json(said) if as_json else show_evaluation(said, screen())
    elif as_json:
        print_json(data_of(found))
    else:
        show_one(found, aside())
        sys.stdout.write(flag_json(found.flag))


@app.command("set")
def set_(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A flag, or a flagd definition file; - reads standard input.")
    ],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Set a flag, whole, or every flag of a flagd file; refused where it would move keys under a running rollout."""
    from cleanroom.app.flags import put
    from cleanroom.entry.cli.flag_shown import data_of
    from cleanroom.wiring import room

    flags = _flags(_read(file), "standard input" if file == "-" else file)
    work = room(project, who, "review")
    done = [put(work, flag) for flag in flags]
    if as_json:
        print_json([data_of(shown) for shown in done])
        return
    for shown in done:
        screen().print(f"{shown.flag.key}: set, version {shown.standing.version}", markup=False, soft_wrap=True)


@app.command("kill")
def kill(
    flag: Key,
    because: Annotated[str, typer.Option(metavar="TEXT", help="Why; everybody will read it.")],
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Serve everybody the safe variant at once. One entry in the ledger is all; a server on this machine writes it sooner."""
    from cleanroom.entry.near import ask

    done = ask.kill(project, flag, because, who)
    if done is None:
        from cleanroom.app.flags import kill as run
        from cleanroom.entry.cli.flag_shown import data_of
        from cleanroom.wiring import room

        done = data_of(run(room(project, who, "review"), flag, because))
    if as_json:
        print_json(done)
    else:
        safe = done["flag"]["safe"]
        screen().print(f"{flag}: killed; everybody is served {safe!r}", markup=False, soft_wrap=True)


@app.command("restore")
def restore(flag: Key, who: As = None, project: Folder = Path(), as_json: AsJson = False) -> None:
    """Serve as before the kill."""
    from cleanroom.app.flags import restore as run
    from cleanroom.entry.cli.flag_shown import data_of
    from cleanroom.wiring import room

    found = run(room(project, who, "review"), flag)
    if as_json:
        print_json(data_of(found))
    else:
        screen().print(f"{flag}: restored", markup=False, soft_wrap=True)


@app.command("sql")
def sql(
    flag: Key,
    key: Annotated[str, typer.Option(metavar="COLUMN", help="The column that holds the targeting key.")],
    dialect: Annotated[str, typer.Option(help="duckdb, spark, bigquery or snowflake.")] = "duckdb",
    table: Annotated[str, typer.Option(metavar="NAME", help="The table or alias that the column is of.")] = "",
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Print the SQL expression that puts each key where the flag does: the name of its variant."""
    from cleanroom.app.flags import one
    from cleanroom.formats.flag_sql import assignment
    from cleanroom.wiring import room

    made = assignment(one(room(project, who, "read"), flag).flag, key, dialect, table)
    if as_json:
        print_json(made)
        return
    if made.setup:
        sys.stdout.write(made.setup + "\n")
    sys.stdout.write(made.expression + "\n")


@app.command("export")
def export(
    flags: Annotated[list[str] | None, typer.Argument(metavar="[FLAG]...", help="Only these.")] = None,
    who: As = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Print the flags, as they are served now, as a flagd definition file."""
    from cleanroom.app.flags import every, one
    from cleanroom.formats.flagd import export as text
    from cleanroom.wiring import room

    work = room(project, who, "read")
    found = [one(work, key) for key in flags] if flags else every(work)
    made = text(shown.flag for shown in found)
    if as_json:
        print_json(json.loads(made))
    else:
        sys.stdout.write(made)


def _flags(content: bytes, file: str) -> tuple[Flag, ...]:
    """The flag of ours, or the flags of a flagd file, none of them with an error."""
    from cleanroom.codec.flags import is_definitions, read_flag
    from cleanroom.codec.json_text import read_json
    from cleanroom.formats.flagd import read

    document = read_json(content, file)
    if document.broken or not is_definitions(document.data):
        return (read_flag(content, file),)
    imported = read(content, file)
    for found in imported.findings:
        if found.severity == "error":
            raise Misuse(f"{found.file}:{found.line}: {found.message}", found.hint or "No flag of the file was set.")
        aside().print(f"{found.file}:{found.line}: {found.message}", markup=False, soft_wrap=True)
    return imported.flags


def _read(file: str) -> bytes:
    return content_or_input(file, "Name a JSON file, or - for standard input.", _LARGEST)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Misuse("the context is no JSON", 'For example --context \'{"targetingKey": "user-1"}\'') from error
