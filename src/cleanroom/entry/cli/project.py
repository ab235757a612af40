"""`cleanroom init`: a project that can be run at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cleanroom.entry.cli.output import As, AsJson, print_json, screen


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to write it; made if absent.")] = Path(),
    who: As = None,
    as_json: AsJson = False,
) -> None:
    """Write a project with generated data and a mapping made by hand, ready for `cleanroom check by-hand`."""
    from cleanroom.app.propose.by_hand import propose_by_hand
    from cleanroom.sim.shop import LEGACY, REFERENCE, TRUTH, write_project, write_shop
    from cleanroom.wiring import room

    write_project(folder)
    shop = write_shop(folder)
    change = propose_by_hand(room(folder, who), TRUTH, LEGACY, "by-hand")
    if as_json:
        print_json({"folder": str(folder), "rows": shop.legacy_rows, "change": change.digest})
        return
    place = "" if folder == Path() else f"cd {folder}\n  "
    screen().print(
        f"A generated shop lies in [bold]{folder}[/]: {shop.legacy_rows:,} events, a plan, golden cases, one change.\n\n"
        f"Next:\n  {place}cleanroom contract lint\n"
        f"  cleanroom check by-hand --baseline {REFERENCE}\n"
        f"  cleanroom propose mapping --source {LEGACY} --model embedded",
        soft_wrap=True,
    )
