"""`cleanroom serve`: the API, the pages and the reconciler, in one process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanroom.core.base import Misuse
from cleanroom.entry.cli.output import As, aside, screen


def serve(
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Which port; 0 takes any free one.")] = 8420,
    url: Annotated[str, typer.Option(metavar="URL", help="The public address, behind a proxy that does TLS.")] = "",
    proxy: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Believe X-Forwarded-For and -Proto when they come from there.")
    ] = "",
    who: As = None,
    project: Annotated[Path, typer.Option(help="The project's folder.")] = Path(),
) -> None:
    """Serve the REST API and the pages, and reconcile, until Ctrl-C or SIGTERM."""
    try:
        from cleanroom.entry.serve import Place
        from cleanroom.entry.serve import serve as run
    except ModuleNotFoundError as missing:
        if str(missing.name).startswith("cleanroom"):
            raise
        raise Misuse(
            f"the server needs {missing.name}, which is not installed", "pip install 'ai-cleanroom[server]'"
        ) from missing
    from cleanroom.app.access import admin_link, link_path
    from cleanroom.wiring import identity, room

    work = room(project, who)
    place = Place(host, port, url.rstrip("/"), proxy)
    if not place.loopback and not place.url.startswith("https://"):
        aside().print(
            f"[yellow]warning[/] {host} can be reached from other machines, and this is no TLS: whoever listens reads "
            "every session. Put a proxy that does TLS before it, and name its address with --url https://...",
            soft_wrap=True,
        )

    def ready(address: str) -> None:
        out = screen()
        out.print(f"AI Cleanroom serves {work.project.root} on {address}", soft_wrap=True, markup=False)
        secret = admin_link(work)
        if secret is not None:
            out.print(f"Nobody acts as admin yet. {work.operator} signs in once, within an hour, by:", markup=False)
            out.print(address + link_path(secret), soft_wrap=True, markup=False)
        out.file.flush()

    run(work, identity(work.project), place, ready)
