"""`cleanroom ledger`: is the log as it was written, and how is that shown to somebody else?"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from cleanroom.core.base import Digest, Misuse, plain
from cleanroom.core.ledger import Checkpoint, Tampered
from cleanroom.entry.cli.output import AsJson, aside, print_json, screen

if TYPE_CHECKING:
    from cleanroom.app.checkpoint import Signed
    from cleanroom.app.notify import Delivered
    from cleanroom.app.room import Room

app = typer.Typer(no_args_is_help=True)
Folder = Annotated[Path, typer.Option(help="The project's folder.")]
Quick = Annotated[
    bool, typer.Option("--quick", help="Verify only what was added since the last signed checkpoint of this key.")
]
_MOST = 1 << 20
_FILE = re.compile(r"[./\\]")


@app.callback()
def _group() -> None:
    """Look into the tamper-evident log."""


@app.command("verify")
def verify(
    expect: Annotated[
        str | None,
        typer.Option(metavar="SIZE:ROOT", help="A size and root noted earlier: also finds a truncated tail."),
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="A signed checkpoint published earlier (- reads standard input)."),
    ] = None,
    key: Annotated[
        str | None, typer.Option(metavar="VERIFIER_KEY", help="Whose signature it must have (default: our own).")
    ] = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Recompute every hash from the stored bytes and name the first entry that was touched."""
    from cleanroom.app import audit
    from cleanroom.wiring import room

    if expect is not None and checkpoint is not None:
        raise Misuse("--expect and --checkpoint say the same", "Give one of them.")
    if key is not None and checkpoint is None:
        raise Misuse("--key needs a checkpoint to check", "Give --checkpoint FILE as well.")
    work = room(project, scope="read")
    known = _expected(expect) if checkpoint is None else _published(work, _content(checkpoint), key)
    found = audit.verify(work.store, known)
    if as_json:
        print_json(found)
    if isinstance(found, Tampered):
        raise audit.refused(found)
    if not as_json:
        since = "" if known is None else f"; it begins with the {known.size} entries of the checkpoint"
        screen().print(f"[green]verified[/] {found.size} entries, root [bold]{found.root}[/]{since}")


@app.command("checkpoint")
def checkpoint(
    to: Annotated[
        str | None, typer.Option(metavar="CHANNEL|FILE|git-note", help="Where to publish it (default: only print it).")
    ] = None,
    quick: Quick = False,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Verify the ledger, sign its size and root, and publish that where nobody here can change it."""
    from cleanroom.app.checkpoint import checkpoint as sign
    from cleanroom.wiring import room, verifies

    work = room(project, scope="read")
    place = _place(work, to)
    made = sign(work, verifies, quick=quick)
    if place is None:
        if as_json:
            print_json({**plain(made), "to": None, "waits": False})
        else:
            sys.stdout.write(made.note)
        return
    sent = _publish(work, made, place)
    late = [*sent.put_off, *sent.gave_up] if sent else []
    if as_json:
        print_json({**plain(made), "to": place, "waits": bool(late)})
    else:
        screen().print(
            f"[green]signed[/] {made.size} entries, root [bold]{made.root}[/], by {escape(made.key)}", soft_wrap=True
        )
        screen().print(f"published to {place}" if not late else f"waits for {place}", markup=False, soft_wrap=True)
    for message in late:
        aside().print(
            f"not delivered yet: {message.because}; `cleanroom tick` tries again", markup=False, soft_wrap=True
        )


@app.command("key")
def key(project: Folder = Path(), as_json: AsJson = False) -> None:
    """Print the verifier key: who has it can check our checkpoints. The secret half is made on first use."""
    from cleanroom.app.checkpoint import key_of
    from cleanroom.wiring import room

    ours = key_of(room(project, scope="read").signer())
    if as_json:
        print_json({"name": ours.name, "id": ours.id.hex(), "key": ours.text})
        return
    sys.stdout.write(ours.text + "\n")


@app.command("proof")
def proof(
    index: Annotated[int, typer.Argument(metavar="INDEX", min=0, help="Which entry; they count from 0.")],
    quick: Quick = False,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Print an entry with its proof and a signed checkpoint, to be checked by somebody who has nothing else."""
    from cleanroom.app.checkpoint import prove
    from cleanroom.wiring import room, verifies

    found = prove(room(project, scope="read"), verifies, index, quick=quick)
    if as_json:
        print_json({**plain(found.entry), "checkpoint": plain(found.checkpoint)})
        return
    sys.stdout.write(found.text)
    aside().print(f"entry {index}, leaf {found.entry.leaf}:\n{found.entry.body}", markup=False, soft_wrap=True)


@app.command("export")
def export(
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write it (default: standard output).")
    ] = None,
    project: Folder = Path(),
    as_json: AsJson = False,
) -> None:
    """Write the stored bytes of every entry, one a line (JSON Lines), and verify them on the way."""
    from cleanroom.app import audit
    from cleanroom.wiring import artifacts, room

    if as_json and out is None:
        raise Misuse(
            "--json needs --out FILE: standard output has the entries", "Give --out FILE, or leave --json out."
        )
    store = room(project, scope="read").store
    if out is None:
        found = audit.export(store, sys.stdout.buffer.write)
        aside().print(f"verified {found.size} entries, root {found.root}", soft_wrap=True)
        return
    with artifacts(out.parent).stream(out.parent, out.name) as write:
        found = audit.export(store, write)
    if as_json:
        print_json({"size": found.size, "root": found.root, "file": str(out)})
        return
    screen().print(f"[green]verified[/] {found.size} entries, root [bold]{found.root}[/]", soft_wrap=True)


def _expected(text: str | None) -> Checkpoint | None:
    if text is None:
        return None
    size, mark, root = text.partition(":")
    if not mark or not size.isdecimal() or not root.startswith("sha256:"):
        raise Misuse(f"{text!r} is not SIZE:ROOT", "For example --expect 12:sha256:9f86d0...")
    return Checkpoint(int(size), Digest(root))


def _published(work: Room, content: bytes, key: str | None) -> Checkpoint:
    """What a published checkpoint says, if the key signed it."""
    from cleanroom.app.checkpoint import key_of, opened
    from cleanroom.formats.signed_note import read_verifier_key
    from cleanroom.wiring import verifies

    return opened(content, key_of(work.signer()) if key is None else read_verifier_key(key), verifies)


def _content(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read(_MOST)
        with Path(name).open("rb") as file:
            return file.read(_MOST)
    except (OSError, ValueError) as error:
        raise Misuse(
            f"{name} cannot be read: {getattr(error, 'strerror', None) or error}", "Check the path."
        ) from error


def _place(work: Room, to: str | None) -> str | None:
    """`git-note`, a channel, or a file: a bare word that is no channel is more likely a mistake than a file."""
    names = [c.name for c in work.project.channels()]
    if to is None or to == "git-note" or to in names:
        return to
    if not _FILE.search(to):
        known = ", ".join(names) or "none"
        hint = f"Channels of cleanroom.toml: {known}. A file needs a dot or a slash: ./{to}"
        raise Misuse(f"there is no channel {to!r}", hint)
    _must_be_free(to)
    return to


def _must_be_free(to: str) -> None:
    """Only an older checkpoint is written over: a name may be a slip."""
    from cleanroom.formats.signed_note import read_note

    if Path(to).is_dir():
        raise Misuse(f"{to} is a folder", f"Name a file in it, such as {Path(to) / 'checkpoint.txt'}.")
    if Path(to).exists():
        try:
            read_note(_content(to))
        except Misuse as error:
            raise Misuse(f"{to} is there, and is no checkpoint: it is left as it is", "Name another file.") from error


def _publish(work: Room, made: Signed, place: str) -> Delivered | None:
    """Take it outside, then write that down."""
    from cleanroom.app.checkpoint import publish_to_channel, published
    from cleanroom.wiring import artifacts

    if place in [c.name for c in work.project.channels()]:
        return publish_to_channel(work, made, place)
    if place == "git-note":
        published(work, made, f"git-note {work.project.add_note(made.note)}")
    else:
        file = Path(place)
        artifacts(file.parent).write(file.parent, file.name, made.note.encode())
        published(work, made, f"file {work.project.relative(file)}")
    return None
