"""A small project with people, its server in this process, and keys to its doors."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.projects import FixedClock

from cleanroom.app import access
from cleanroom.app.access import SCOPES, Knock
from cleanroom.app.room import Room
from cleanroom.core.base import Instant, after, instant, micros
from cleanroom.core.facts import Fact
from cleanroom.entry.api.app import create_app
from cleanroom.wiring import room as real_room

ANA, BO, ROOT, MACHINE = "ana@shop.example", "bo@shop.example", "root@shop.example", "checkout"
SETTINGS = f"""
name = "shop"
[roles]
admin = ["{ROOT}"]
analytics = ["{ANA}"]
finance = ["{BO}"]
"""
HERE = "http://localhost"
KNOCK = Knock("token", "10.0.0.0/24")


@dataclass
class Yard:
    """The room as whoever started the server has it, and its clock."""

    room: Room
    clock: FixedClock

    def later(self, seconds: int) -> Instant:
        """Move the clock."""
        self.clock.at = instant(micros(self.clock.at) + seconds * 1_000_000)
        return self.clock.at

    def token(self, person: str = ROOT, *scopes: str, lasts: int = 3600) -> str:
        """A token as the command line makes one; of all scopes where none is named."""
        wanted = scopes or (SCOPES if person == ROOT else tuple(s for s in SCOPES if s != "admin"))
        expires = after(self.clock.now(), lasts)
        return access.make_token(self.room, person, "test", wanted, expires)[1]

    def facts(self, subject: str) -> list[Fact]:
        """What the ledger has of a subject."""
        return [e.fact for e in self.room.store.history(subject)]

    def app(self) -> FastAPI:
        """A new server."""
        return create_app(self.room)

    def client(self, app: FastAPI | None = None) -> TestClient:
        """A browser that knows nobody; it follows no redirects."""
        return TestClient(app or self.app(), base_url=HERE, follow_redirects=False, raise_server_exceptions=False)

    def signed_in(self, person: str = ANA, app: FastAPI | None = None) -> tuple[TestClient, str]:
        """A browser in which `person` is signed in, and the CSRF token of its forms."""
        client, opened = self.client(app), access.enter(self.room, person, KNOCK)
        client.cookies.set("cleanroom_session", opened.secret, domain="localhost.local")
        return client, opened.session.csrf


def yard(folder: Path, settings: str = SETTINGS) -> Yard:
    """A project on disk with an SQLite ledger, at a time that the test sets."""
    folder.mkdir(exist_ok=True)
    (folder / "cleanroom.toml").write_text(settings, "utf-8")
    clock = FixedClock()
    return Yard(replace(real_room(folder, ROOT), clock=clock), clock)


def bearer(text: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {text}"}
