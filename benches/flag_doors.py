"""What flags cost over HTTP, and how long a kill takes to reach everybody. Run by benches/flags.py.

`rated` drives our evaluation endpoint and a plain FastAPI echo, both in processes of their own, with an open loop of 500
requests a second, in slices by turns: the same machine, the same client, the same minutes. `killing` has many clients at once,
on event streams or polling once a second, each asking all flags with the tag it has; another process runs `cleanroom flag kill`,
and the clock runs from the entry that it wrote to each client's first safe variant.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import uvloop

from cleanroom.app import access, flags
from cleanroom.core.base import instant, micros
from cleanroom.core.flags import Flag, Split
from cleanroom.wiring import room

RATE = 500
KEY = "checkout-mapping"
SAFE = "legacy"
CONNECTIONS = 32
_SETTINGS = 'name = "flags"\n[roles]\nadmin = ["root@shop.example"]\n'
_OPERATOR = "root@shop.example"


@contextmanager
def server(*command: str, folder: Path) -> Iterator[str]:
    """A server in a process of its own; its address is the last word of the line that has one."""
    env = {**os.environ, "CLEANROOM_OPERATOR": _OPERATOR, "PYTHONUNBUFFERED": "1"}
    env.pop("CLEANROOM_TOKEN", None)
    env["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).resolve().parents[1]), env.get("PYTHONPATH", "")])
    process = subprocess.Popen(command, cwd=folder, env=env, text=True, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        found = next((w for line in process.stdout for w in line.split() if w.startswith("http://")), "")
        assert found, "the server did not start"
        yield found
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def project(folder: Path, share: int = 50_000) -> str:
    """A project with one flag whose candidate `share` of the keys get; a token that may ask it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cleanroom.toml").write_text(_SETTINGS, encoding="utf-8")
    work = room(folder, _OPERATOR)
    variants = {"old": "mapping-1", "new": "mapping-2", SAFE: "mapping-0"}
    flags.put(work, Flag(KEY, variants, SAFE, control="old", split=Split("new", share)))
    expires = instant(micros(work.clock.now()) + 3_600_000_000)
    return access.make_token(work, _OPERATOR, "bench", ["flags"], expires)[1]


def serve(folder: Path) -> Any:
    """`cleanroom serve` on a free port."""
    return server(sys.executable, "-m", "cleanroom", "serve", "--port", "0", folder=folder)


# --- a client of few words -----------------------------------------------------------------------------------


class Wire:
    """One connection that stays open."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def send(self, method: str, path: str, body: bytes = b"", headers: str = "") -> None:
        """Write a request."""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, self.port)
        head = f"{method} {path} HTTP/1.1\r\nhost: localhost\r\n{headers}"
        if body:
            head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        self.writer.write(head.encode() + b"\r\n" + body)

    async def head(self) -> tuple[int, dict[str, str]]:
        """Status and headers of the answer."""
        assert self.reader is not None
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        pairs = (line.split(": ", 1) for line in lines[1:] if ": " in line)
        return int(lines[0].split()[1]), {name.lower(): value for name, value in pairs}

    async def ask(self, path: str, body: bytes, headers: str = "") -> tuple[int, dict[str, str], bytes]:
        """A whole exchange; anew where the server had hung up meanwhile, as every HTTP client does."""
        try:
            return await self._asked(path, body, headers)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.close()
            self.writer = None
            return await self._asked(path, body, headers)

    async def _asked(self, path: str, body: bytes, headers: str) -> tuple[int, dict[str, str], bytes]:
        await self.send("POST", path, body, headers)
        status, said = await self.head()
        assert self.reader is not None
        return status, said, await self.reader.readexactly(int(said.get("content-length", "0")))

    def close(self) -> None:
        """Hang up."""
        if self.writer is not None:
            self.writer.close()


# --- how fast one evaluation is ------------------------------------------------------------------------------


@dataclass
class Load:
    """Requests to one address, and how long each took from when it was due, in milliseconds."""

    url: str
    path: str
    headers: str = ""
    taken: list[float] = field(default_factory=list)
    failed: int = 0


async def _slice(load: Load, seconds: float, rate: int, first: int) -> None:
    """An open loop: a request is due when it is due, however slow those before it are."""
    free: asyncio.Queue[Wire] = asyncio.Queue()
    wires = [Wire(load.url) for _ in range(CONNECTIONS)]
    for wire in wires:  # connections are open before the clock runs
        await wire.ask(load.path, b'{"context": {"targetingKey": "first"}}', load.headers)
        free.put_nowait(wire)
    begin = time.perf_counter() + 0.25

    async def one(number: int) -> None:
        due = begin + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        wire = await free.get()
        body = json.dumps({"context": {"targetingKey": f"user-{first + number}", "region": "eu"}}).encode()
        status, _, _ = await wire.ask(load.path, body, load.headers)
        load.taken.append((time.perf_counter() - due) * 1000)
        load.failed += status != 200
        free.put_nowait(wire)

    await asyncio.gather(*(one(i) for i in range(int(seconds * rate))))
    for wire in wires:
        wire.close()


def rated(folder: Path, seconds: float, rate: int = RATE) -> dict[str, float]:
    """The 99th percentiles of both, in milliseconds, and their ratio. `seconds` are spent on each."""
    folder.mkdir(parents=True, exist_ok=True)
    token = project(folder / "http")
    echo = server(sys.executable, "-m", "benches.echo", folder=folder)
    with serve(folder / "http") as ours_at, echo as echo_at:
        ours = Load(ours_at, f"/ofrep/v1/evaluate/flags/{KEY}", f"authorization: Bearer {token}\r\n")
        plain = Load(echo_at, "/echo")

        async def run() -> None:
            for load in (ours, plain):
                await _slice(load, 1.0, rate, 0)  # warm
                load.taken.clear()
            slices = max(2, round(seconds / 2))
            for turn in range(slices):
                for load in (plain, ours) if turn % 2 else (ours, plain):
                    await _slice(load, seconds / slices, rate, 1_000_000 * (turn + 1))

        uvloop.run(run())
    assert not ours.failed, f"{ours.failed} of our answers were no 200"
    assert not plain.failed, f"{plain.failed} of the echo's answers were no 200"
    mine, theirs = (np.percentile(load.taken, [50, 99]) for load in (ours, plain))
    return {
        "http_p50_ms": float(mine[0]),
        "http_p99_ms": float(mine[1]),
        "echo_p50_ms": float(theirs[0]),
        "echo_p99_ms": float(theirs[1]),
        "http_p99_ratio_to_echo": float(mine[1] / theirs[1]),
    }


# --- how long a kill takes -----------------------------------------------------------------------------------


@dataclass
class Watched:
    """When each client was first served the safe variant in this round, in wall-clock seconds."""

    safe: dict[int, float] = field(default_factory=dict)
    normal: set[int] = field(default_factory=set)
    errors: int = 0
    stop: bool = False


class Client:
    """One application on the bulk evaluation: it keeps its tag, and asks again when it is told to, or when its second is over."""

    def __init__(self, number: int, url: str, token: str, seen: Watched) -> None:
        self.number, self.seen = number, seen
        self.wire, self.stream = Wire(url), Wire(url)
        self.body = json.dumps({"context": {"targetingKey": f"user-{number}"}}).encode()
        self.headers, self.etag, self.uri = f"authorization: Bearer {token}\r\n", "", ""

    async def ask(self) -> None:
        """Evaluate all flags; note what this one's is."""
        tag = f"if-none-match: {self.etag}\r\n" if self.etag else ""
        status, said, body = await self.wire.ask("/ofrep/v1/evaluate/flags", self.body, self.headers + tag)
        if status == 200:
            self.etag, found = said["etag"], json.loads(body)
            self.uri = found["eventStreams"][0]["endpoint"]["requestUri"]
            if found["flags"][0]["variant"] == SAFE:
                self.seen.safe.setdefault(self.number, time.time())
            else:
                self.seen.normal.add(self.number)
        elif status != 304:
            self.seen.errors += 1

    async def listen(self) -> None:
        """Ask when the stream says so."""
        await self.ask()
        await self.stream.send("GET", self.uri)
        await self.stream.head()
        assert self.stream.reader is not None
        while not self.seen.stop:
            if b"refetchEvaluation" in await self.stream.reader.readline():
                await self.ask()

    async def poll(self, phase: float) -> None:
        """Ask every second."""
        await asyncio.sleep(phase)
        due = time.perf_counter()
        while not self.seen.stop:
            await self.ask()
            due += 1.0
            await asyncio.sleep(max(0.0, due - time.perf_counter()))


async def _until(what: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "some clients never heard of it"
        await asyncio.sleep(0.02)


async def _command(folder: Path, *words: str) -> float:
    """`cleanroom flag ...` in a process of its own; when it began, in wall-clock seconds."""
    begin = time.time()
    env = {**os.environ, "CLEANROOM_OPERATOR": _OPERATOR}
    env.pop("CLEANROOM_TOKEN", None)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cleanroom", "flag", *words, cwd=folder, env=env, stdout=asyncio.subprocess.DEVNULL
    )
    assert await process.wait() == 0
    return begin


async def _rounds(
    folder: Path, clients: Sequence[Client], seen: Watched, rounds: int
) -> tuple[list[float], list[float]]:
    """Each client's seconds to its first safe answer: from the entry in the ledger, and from the start of the command."""
    work, from_entry, from_command = room(folder, _OPERATOR), [], []
    for turn in range(rounds):
        await _until(lambda: len(seen.normal) == len(clients), 60)
        await asyncio.sleep(0.3 + 0.37 * turn % 1.0)  # not always at the same moment of everybody's second
        seen.safe.clear()
        begun = await _command(folder, "kill", KEY, "--because", "a benchmark")
        await _until(lambda: len(seen.safe) == len(clients), 60)
        killed = flags.one(work, KEY).standing.killed
        assert killed is not None
        at = micros(killed.at) / 1e6
        from_entry += [moment - at for moment in seen.safe.values()]
        from_command += [moment - begun for moment in seen.safe.values()]
        seen.normal.clear()
        flags.restore(work, KEY)
    return from_entry, from_command


def killing(folder: Path, many: int, rounds: int, *, stream: bool) -> dict[str, float]:
    """A kill from the command line until the last of `many` clients was served the safe variant, `rounds` times."""
    plenty(4 * many + 100)
    token = project(folder, share=100_000)
    seen = Watched()

    async def run(url: str) -> tuple[list[float], list[float]]:
        clients = [Client(i, url, token, seen) for i in range(many)]
        tasks = []
        for i, client in enumerate(clients):
            tasks.append(asyncio.create_task(client.listen() if stream else client.poll(i / many)))
            if i % 50 == 49:
                await asyncio.sleep(0.05)  # they do not all come in the same moment
        try:
            return await _rounds(folder, clients, seen, rounds)
        finally:
            seen.stop = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for client in clients:
                client.wire.close()
                client.stream.close()

    with serve(folder) as url:
        taken, whole = uvloop.run(run(url))
    assert not seen.errors, f"{seen.errors} answers were neither 200 nor 304"
    (p50, p99), begun = np.percentile(taken, [50, 99]), np.percentile(whole, 99)
    return {"p50_s": float(p50), "p99_s": float(p99), "last_s": max(taken), "begun_p99_s": float(begun)}


def plenty(files: int) -> None:
    """Let this process, and those that it starts, have so many files open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < files:
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (files if hard == resource.RLIM_INFINITY else min(files, hard), hard)
        )
