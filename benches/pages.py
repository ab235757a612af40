"""What the pages cost beside a bare FastAPI page: `python benches/pages.py [--quick] [--json FILE]`.

`cleanroom serve` runs as a process of its own on a generated shop: a checked mapping that waits for sign-offs, outputs
in the queue, a ledger. 50 people are signed in; each clicks through all kinds of pages, one second after the page
before has arrived, and starts at another moment of that second. The same people do the same to a bare page
(benches/echo.py). The two take turns, so that a busy moment of the machine hits both. A click is measured from the
first byte that is sent to the last that arrives. The figures of the JSON, lower is better:
    p95_ratio_to_echo       95th percentile of ours / that of the bare page
    p50_ms, p95_ms          of ours, in milliseconds; echo_p50_ms, echo_p95_ms of the bare page
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benches import frame

ROOT = Path(__file__).resolve().parents[1]
PEOPLE = 50
PAUSE = 1.0
"""Seconds between two clicks of one person."""

KINDS = ("for me", "changes", "change", "review", "queue", "output", "ledger", "entry", "people")
AUTHOR = "ana@shop.example"
LIMIT = 20.0
"""Seconds after which a click counts as lost."""

Click = tuple[str, float]
"""Which kind of page, and the seconds that it took."""


class Lost(Exception):
    """A page did not come, or was not the one that was asked for."""


def reviewers() -> list[str]:
    """The people at the pages."""
    return [f"reviewer-{i:02d}@shop.example" for i in range(PEOPLE)]


def prepare(folder: Path, scale: float) -> list[str]:
    """Write the project: one checked mapping, 60 outputs in the queue, 50 sessions; the secrets of their cookies."""
    from cleanroom.app import access
    from cleanroom.app.access import Knock
    from cleanroom.app.propose.by_hand import propose_by_hand
    from cleanroom.app.queue.add import add
    from cleanroom.app.validate import check
    from cleanroom.core.output import Output
    from cleanroom.entry.report.files import report_files
    from cleanroom.ports.engine import Table
    from cleanroom.sim.shop import LEGACY, REFERENCE, TRUTH, write_project, write_shop
    from cleanroom.wiring import room

    write_shop(folder, scale=scale)
    write_project(folder)
    settings = folder / "cleanroom.toml"
    names = json.dumps(reviewers())
    roles = "".join(f"{role} = {names}\n" for role in ("analytics", "finance", "legal", "identity", "owner", "admin"))
    settings.write_text(f'name = "shop"\n\n[roles]\n{roles}', encoding="utf-8")
    work = room(folder, AUTHOR)
    for name in ("checkout-names", "other-names", "older-names"):
        propose_by_hand(work, TRUTH, LEGACY, name)
        check(work, name, Table(folder / REFERENCE), report_files)
    add(work, [Output("support", f"question {i}", f"answer {i}", id=f"case-{i}", confidence=0.5) for i in range(60)])
    knock = Knock("link", "127.0.0.0/24")
    return [access.enter(replace(work, operator=person), person, knock).secret for person in reviewers()]


def walk(place: int, entries: int) -> Iterator[tuple[str, str]]:
    """The clicks of one person, as (kind, address), each kind as often as any other, for ever."""
    legacy = ("prod_view", "cat_list", "srch", "home", "basket_add", "order_ok")
    turn = place
    while True:
        kind = KINDS[turn % len(KINDS)]
        address = {
            "for me": "/",
            "changes": "/changes",
            "change": "/changes/checkout-names",
            "review": f"/changes/checkout-names/review?at={legacy[turn % len(legacy)]}",
            "queue": "/queue",
            "output": f"/queue/case-{turn % 60}",
            "ledger": "/ledger",
            "entry": f"/ledger/{turn % entries}",
            "people": "/people",
        }[kind]
        yield kind, address
        turn += 1


@contextmanager
def started(command: Sequence[str], folder: Path) -> Iterator[str]:
    """A server process; the address that it printed. It is stopped by its id at the end."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            address = next((word for word in line.split() if word.startswith("http://")), "")
            if not address:
                raise Lost(f"{shlex.join(command)} did not say where it serves: {line!r}")
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


async def fetched(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> int:
    """Send a request on an open connection and read the whole answer; its status."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    length = next((int(h.split(":")[1]) for h in lines if h.lower().startswith("content-length:")), None)
    if length is None:
        raise Lost(f"an answer without a length: {lines[0]}")
    await reader.readexactly(length)
    return int(lines[0].split()[1])


async def person(
    address: str, cookie: str, clicks: Iterator[tuple[str, str]], wait: float, until: float, seen: list[Click]
) -> None:
    """Click, read, wait a second, until the time is over. Raises Lost for anything but the page."""
    where = urlsplit(address)
    await asyncio.sleep(wait)
    reader, writer = await asyncio.open_connection(where.hostname, where.port, limit=4 * 1024 * 1024)
    try:
        while time.perf_counter() < until:
            kind, path = next(clicks)
            head = f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\nCookie: cleanroom_session={cookie}\r\n\r\n"
            begin = time.perf_counter()
            status = await asyncio.wait_for(fetched(reader, writer, head.encode()), LIMIT)
            seen.append((kind, time.perf_counter() - begin))
            if status != 200:
                raise Lost(f"{path} answered {status}")
            await asyncio.sleep(PAUSE)
    finally:
        writer.close()


async def everybody(address: str, cookies: Sequence[str], bare: bool, entries: int, seconds: float) -> list[Click]:
    """All people at once, for so many seconds; their clicks."""
    seen: list[Click] = []
    until = time.perf_counter() + seconds
    try:
        async with asyncio.TaskGroup() as group:
            for place, cookie in enumerate(cookies):
                clicks = repeat(("echo", "/")) if bare else walk(place, entries)
                group.create_task(person(address, cookie, clicks, place * PAUSE / len(cookies), until, seen))
    except ExceptionGroup as lost:
        raise Lost(repr(lost.exceptions[0])) from lost
    return seen


def race(folder: Path, scale: float, turns: int, seconds: float) -> tuple[list[Click], list[Click]]:
    """Ours and the bare page in turns; the clicks of both, those of a first short turn left out. Raises Lost."""
    print("writing and checking the project ...", file=sys.stderr)
    cookies = prepare(folder, scale)
    ours: list[Click] = []
    echo: list[Click] = []
    from cleanroom.wiring import room

    entries = room(folder, AUTHOR).store.size()
    serve = [sys.executable, "-m", "cleanroom", "serve", "--port", "0"]
    with started(serve, folder) as here, started([sys.executable, "-m", "benches.echo"], ROOT) as bare:
        for address, is_bare in ((here, False), (bare, True)):
            asyncio.run(everybody(address, cookies, is_bare, entries, 2 * PAUSE))  # warms both, not counted
        for turn in range(turns):
            print(f"turn {turn + 1} of {turns} ...", file=sys.stderr)
            ours += asyncio.run(everybody(here, cookies, False, entries, seconds))
            echo += asyncio.run(everybody(bare, cookies, True, entries, seconds))
    return ours, echo


def middle_and_tail(clicks: Sequence[Click]) -> tuple[float, float]:
    """The median and the 95th percentile, in milliseconds."""
    cuts = quantiles((1000 * seconds for _, seconds in clicks), n=100)
    return cuts[49], cuts[94]


def table(ours: Sequence[Click], echo: Sequence[Click]) -> list[str]:
    """The lines of the table: the bare page, all of ours, and each kind of ours."""
    low, tail = middle_and_tail(echo)
    rows = [("a bare page", echo), ("all pages", ours)]
    rows += [(f"  {kind}", [c for c in ours if c[0] == kind]) for kind in KINDS]
    lines = [f"{'':14}{'clicks':>8}{'p50 ms':>9}{'p95 ms':>9}{'x echo, p50':>13}{'x echo, p95':>13}"]
    for name, clicks in rows:
        p50, p95 = middle_and_tail(clicks)
        lines.append(f"{name:14}{len(clicks):>8,}{p50:>9.2f}{p95:>9.2f}{p50 / low:>13.2f}{p95 / tail:>13.2f}")
    return lines


def figures(ours: Sequence[Click], echo: Sequence[Click]) -> dict[str, float]:
    """The figures by name."""
    p50, p95 = middle_and_tail(ours)
    low, tail = middle_and_tail(echo)
    made = {"p95_ratio_to_echo": p95 / tail, "p50_ms": p50, "p95_ms": p95, "echo_p50_ms": low, "echo_p95_ms": tail}
    return {name: round(value, 4) for name, value in made.items()}


def _arguments() -> argparse.Namespace:
    parser = frame.options("The pages' cost beside a bare FastAPI page.", "a small shop and one short turn")
    return frame.given(parser)


def main() -> int:
    """Run the race, print its table, write its figures. Exits 4 when a page was lost."""
    given = _arguments()
    scale, turns, seconds = (0.1, 1, 8.0) if given.quick else (1.0, 3, 30.0)
    with tempfile.TemporaryDirectory(prefix="cleanroom-bench-") as folder:
        try:
            ours, echo = race(Path(folder), scale, turns, seconds)
        except Lost as lost:
            print(f"a page was lost: {lost}", file=sys.stderr)
            return 4
    print(f"\n{PEOPLE} people, one second between clicks")
    print("\n".join(table(ours, echo)))
    return frame.written(given.json, "pages", figures(ours, echo))


if __name__ == "__main__":
    frame.run(main)
