"""Runs the server: binds, tells where it is, serves, and takes a step of the reconciler every few seconds."""

from __future__ import annotations

import errno
import gc
import ipaddress
import logging
import resource
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass
from threading import Event, Thread
from types import FrameType
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI

from cleanroom.app.room import Room
from cleanroom.app.schedule import CatchingUp, due
from cleanroom.app.tick import tick
from cleanroom.core.base import CleanroomError, Misuse, Outside
from cleanroom.entry.api.app import create_app
from cleanroom.entry.near.answer import door
from cleanroom.entry.report.files import report_files
from cleanroom.ports.identity import Identity

EVERY = 3.0
"""Seconds between two steps of the reconciler."""

_PATIENCE = 5  # seconds that requests under way get when the server stops
_IDLE = 75  # seconds for which a connection may do nothing: clients that hear of a kill ask at once, all together
_QUEUE = 2048
_TURN = 0.0005  # seconds after which a thread that computes lets another have its turn
_FILES = 65_536
_LOG = logging.getLogger("uvicorn.error")


@dataclass(frozen=True, slots=True)
class Place:
    """Where to serve. `url`: the public address behind a proxy; `proxy`: whose X-Forwarded-For is believed."""

    host: str = "127.0.0.1"
    port: int = 8420
    url: str = ""
    proxy: str = ""

    @property
    def loopback(self) -> bool:
        """Does it reach no further than this machine?"""
        return self.host == "localhost" or is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Is that an address of this machine only?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve(room: Room, identity: Identity | None, place: Place, ready: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C. `ready` is told the address once it is bound. Raises Misuse, Outside."""
    _check(place)
    halting = Event()
    with bind(place.host, place.port) as listening:
        app = create_app(
            room, url=place.url, hosts=(_bracketed(place.host),), identity=identity, stopping=halting.is_set
        )
        server = _Server(_config(app, place), halting, door(app, room))
        _as_many_files_as_may_be()
        ready(place.url or f"http://{_bracketed(place.host)}:{listening.getsockname()[1]}")
        sys.setswitchinterval(_TURN)  # streams are told between the reconciler's steps, not after them
        gc.collect()
        gc.freeze()  # what is loaded stays: no request waits for a look at all of it
        with _terminated_in_peace(), _reconciling(room):
            server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """Tells `halting` as soon as it is to stop, so that the streams end. `door`: open while it serves."""

    def __init__(self, config: uvicorn.Config, halting: Event, door: AbstractAsyncContextManager[None]) -> None:
        super().__init__(config)
        self._halting, self._door = halting, door

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Until a signal comes."""
        async with self._door:
            await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal came."""
        self._halting.set()
        super().handle_exit(sig, frame)


def _config(app: FastAPI, place: Place) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=bool(place.proxy),
        forwarded_allow_ips=place.proxy or None,
        timeout_graceful_shutdown=_PATIENCE,
        timeout_keep_alive=_IDLE,
    )


def _as_many_files_as_may_be() -> None:
    """Each stream is an open file, and many systems allow 1,024 unless one asks for more."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (_FILES if most == resource.RLIM_INFINITY else min(most, _FILES), most)
        )


@contextmanager
def _terminated_in_peace() -> Iterator[None]:
    """SIGTERM is how a server is stopped: that is no failure."""
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _reconciling(room: Room) -> Iterator[None]:
    """Steps of the reconciler beside the server, and beside both what is scheduled: a job of minutes holds up no kill."""
    stop, catching = Event(), CatchingUp()

    def jobs() -> None:
        began = room.clock.now()
        due(room)
        catching.passed(began)

    def step() -> None:
        tick(room, report_files, jobs=False, late=catching.done(room.clock.now()))

    steps = {"reconciler": step, "scheduler": jobs}
    threads = [Thread(target=_stepping, args=(*pair, stop), name=pair[0], daemon=True) for pair in steps.items()]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(_PATIENCE)


def _stepping(name: str, step: Callable[[], object], stop: Event) -> None:
    """Step after step; one that fails is told, and the next one tries again."""
    told = ""
    while not stop.wait(EVERY):
        try:
            step()
            told = ""
        except CleanroomError as error:
            if error.message != told:  # once, not every few seconds
                _LOG.warning("%s: %s", name, error.message)
            told = error.message
        except Exception:
            _LOG.exception("%s: an error of ours", name)


def _check(place: Place) -> None:
    if not place.url:
        return
    parts = urlsplit(place.url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path not in ("", "/") or parts.query:
        raise Misuse(
            f"{place.url[:200]!r} is no address of a server", "For example --url https://cleanroom.shop.example"
        )


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes any free one. Raises Misuse, Outside."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except (socket.gaierror, UnicodeError) as error:
        raise Misuse(f"{host!r:.100} is no address of this machine", "Try --host 127.0.0.1") from error
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        made.listen(_QUEUE)
    except OSError as error:
        made.close()
        hint = "Try another --port; 0 takes any free one."
        if error.errno == errno.EADDRINUSE:
            raise Outside(f"port {port} on {host} is taken", hint) from error
        raise Outside(f"cannot listen on {host} port {port}: {error.strerror}", hint) from error
    return made


def _bracketed(host: str) -> str:
    """As it stands in an address."""
    return f"[{host}]" if ":" in host else host
