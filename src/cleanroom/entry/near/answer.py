"""The server's side of the door for commands on its own machine: who asks, which flag, and done."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool

from cleanroom.app import flags
from cleanroom.app.room import Room
from cleanroom.core.base import CleanroomError, Misuse
from cleanroom.entry.api.events import Feed
from cleanroom.entry.cli.flag_shown import data_of
from cleanroom.entry.near import DOOR, LONGEST, SOCKET
from cleanroom.entry.near.ask import address
from cleanroom.wiring import at_work

_PATIENCE = 5.0  # seconds in which a question has to be there
_LOG = logging.getLogger("uvicorn.error")
_WORDS = {"flag", "because", "as", "claimed", "token"}


@asynccontextmanager
async def door(app: FastAPI, room: Room) -> AsyncIterator[None]:
    """Open while it lasts. Where it cannot be opened the server goes on without: commands then write by themselves."""
    folder = room.project.root / DOOR
    opened = -1
    server = None
    try:
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)  # who may open this folder may write the ledger as well
            opened = os.open(folder, os.O_RDONLY)
            server = await _listening(app, room, address(folder, opened))
        except OSError as error:
            _LOG.info("no door for commands on this machine: %s", error.strerror or error)
        yield
    finally:
        if server is not None:
            server.close()
            with suppress(OSError):
                (folder / SOCKET).unlink()
        if opened >= 0:
            os.close(opened)


async def _listening(app: FastAPI, room: Room, where: str) -> asyncio.Server | None:
    """None where another server of the project answers there already."""
    try:
        _, writer = await asyncio.open_unix_connection(where)
    except OSError:
        with suppress(FileNotFoundError):
            os.unlink(where)  # noqa: PTH108 - an address, not a path
    else:
        writer.close()
        return None

    async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_PATIENCE):
                question = await reader.readline()
            if question:
                writer.write(json.dumps(await _answer(app, room, question)).encode() + b"\n")
                await writer.drain()
        except (OSError, ValueError, TimeoutError):
            pass  # whoever asked has gone, or says too much, or nothing
        finally:
            writer.close()

    return await asyncio.start_unix_server(heard, where, limit=LONGEST)


async def _answer(app: FastAPI, room: Room, question: bytes) -> dict[str, Any]:
    try:
        done = await run_in_threadpool(_kill, room, question)
    except CleanroomError as error:
        return {"error": error.code, "message": error.message, "hint": error.hint}
    feed: Feed | None = getattr(app.state, "feed", None)
    if feed is not None:
        feed.soon()
    return {"done": done}


def _kill(room: Room, question: bytes) -> dict[str, Any]:
    """Raises Misuse for anything but such a question, and what a kill and a token raise."""
    try:
        words = json.loads(question)
    except ValueError as error:
        raise Misuse("this door takes one line of JSON", "Update `cleanroom`, or stop the server.") from error
    if not isinstance(words, dict) or set(words) != _WORDS:
        raise Misuse("this door takes a flag, a reason and who asks", "Update `cleanroom`, or stop the server.")
    person = words["as"] if words["as"] is None else str(words["as"])
    work = at_work(room, str(words["token"]), person, str(words["claimed"]), "review")
    return data_of(flags.kill(work, str(words["flag"]), str(words["because"])))
