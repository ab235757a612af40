"""A small shop with people, changes in several states and outputs that wait, and its server in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import uvicorn

from cleanroom.app import access
from cleanroom.app.propose.by_hand import propose_by_hand
from cleanroom.app.queue.add import add
from cleanroom.app.review import decide
from cleanroom.app.room import Room
from cleanroom.app.validate import check
from cleanroom.core.base import after
from cleanroom.core.change import Mapping
from cleanroom.core.output import Output
from cleanroom.entry.api.app import create_app
from cleanroom.entry.report.files import report_files
from cleanroom.entry.serve import bind
from cleanroom.ports.engine import Table
from cleanroom.sim.shop import LEGACY, REFERENCE, TRUTH, write_project, write_shop
from cleanroom.wiring import room

ANA, BEN, CAI, DEE, FIN, OTO = (f"{name}@shop.example" for name in ("ana", "ben", "cai", "dee", "fin", "oto"))
NAME = "checkout-names"
"""A change of ana's that waits for analytics, finance, legal and identity."""

UNSURE = "unsure"
"""One whose run could not tell, which nobody has waived."""

BROKEN = "broken"
"""One whose mapping cannot be read."""

_ROLES = f"""
name = "shop"

[roles]
analytics = ["{BEN}", "{DEE}"]
finance = ["{BEN}", "{CAI}"]
legal = ["{DEE}"]
identity = ["{CAI}"]
owner = ["{OTO}"]
admin = ["{BEN}"]
"""
_LONG = "o" * 60 + ".unbroken." + "x" * 50


def write(folder: Path) -> None:
    """The project: 25,000 rows, too few for the battery to be sure, so that an owner waives what it could not tell."""
    write_shop(folder, scale=0.1)
    write_project(folder)
    (folder / "cleanroom.toml").write_text(_ROLES, "utf-8")
    work = room(folder, ANA)
    for name in (NAME, UNSURE):
        propose_by_hand(work, _doubted(), LEGACY, name)
        check(work, name, Table(folder / REFERENCE), report_files)
    decide.waive(acting(work, OTO), NAME, "The shop is small; the four weeks before were the same.")
    decide.approve(acting(work, DEE), NAME, "legal", "Consent is kept with every row.")
    propose_by_hand(work, TRUTH, LEGACY, "never-checked")
    propose_by_hand(work, TRUTH, LEGACY, BROKEN)
    (folder / "changes" / BROKEN / "mapping.json").write_text("{", "utf-8")
    add(work, [*(_output(i) for i in range(8)), Output("tags", {"text": _LONG}, {"tags": ["a", "b"]}, id="tags-1")])


def sign(folder: Path) -> Room:
    """Everybody's sign-off on the change, from as many people as it needs; the room of the shop."""
    settings = folder / "cleanroom.toml"
    settings.write_text(settings.read_text("utf-8").replace(f'["{BEN}", "{CAI}"]', f'["{FIN}"]'), "utf-8")
    work = room(folder, ANA)
    for person, role in ((BEN, "analytics"), (FIN, "finance"), (CAI, "identity"), (DEE, "legal")):
        decide.approve(acting(work, person), NAME, role)
    return work


def _doubted() -> Mapping:
    """The right mapping, over which a model was of two minds."""
    votes = {"chk_pay": (("add_payment_info", 2), ("purchase", 1)), "srch": (("search", 3),)}
    return replace(TRUTH, events=tuple(replace(m, votes=votes.get(m.legacy, ())) for m in TRUTH.events))


def _output(i: int) -> Output:
    sources = ("Returns: within 30 days, unused.",)
    return Output(
        "support", f"May I return it? ({i})", "At any time.", id=f"case-{i}", confidence=0.4, sources=sources, model="m"
    )


def acting(work: Room, person: str) -> Room:
    """The room with that person in it, signed in."""
    return replace(work, operator=person, proof="session")


def token(work: Room, person: str) -> str:
    """A personal token that signs in."""
    return access.make_token(work, person, "test", ("sign-in",), after(work.clock.now(), 3600))[1]


@contextmanager
def serving(work: Room) -> Iterator[str]:
    """The server in a thread of its own; its address."""
    stop = threading.Event()
    with bind("127.0.0.1", 0) as listening:
        app = create_app(work, stopping=stop.is_set)
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        stop.set()
        server.should_exit = True
        thread.join(20)
