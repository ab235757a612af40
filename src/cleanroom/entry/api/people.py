"""/v1/people, /v1/me, /v1/tokens, /v1/links: who is who, and what opens the door for them."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from cleanroom.app import access
from cleanroom.app.people import Staff, staff
from cleanroom.app.room import Room
from cleanroom.core.base import Refused, after
from cleanroom.core.policy import DAY, same
from cleanroom.entry.api.doors import Administering, Asked, Caller, Reading, caller, serving
from cleanroom.entry.api.problems import ALWAYS, problems
from cleanroom.ports.accounts import Token

router = APIRouter(prefix="/v1", tags=["people"], responses=ALWAYS)

Name = Annotated[str, Field(min_length=1, max_length=200, examples=["ana@shop.example"])]


class Role(BaseModel):
    """A role, who holds it, and the touched areas that ask for it."""

    role: str
    people: list[str]
    areas: list[str]
    signed: bool = Field(description="It must always be a sign-off by somebody who proved who they are.")


class People(BaseModel):
    """Who holds which role, and whether that is enough."""

    roles: list[Role]
    smallest_team: int = Field(description="The fewest people with whom any change can pass.")
    lacking: str = Field(description="Why the policy cannot be staffed; empty when it can.")
    waiver: str = Field(description="The role that may waive a required UNKNOWN.")
    first_admin: str


class Me(BaseModel):
    """Who asks."""

    person: str
    how: Literal["claimed", "token", "session"]
    roles: list[str]
    admin: bool


class TokenLine(BaseModel):
    """A token, without its secret."""

    id: str
    person: str
    name: str
    scopes: list[str]
    made: str
    expires: str
    revoked: str | None


class TokenWish(BaseModel):
    """A token to be made; without `person`, for whoever asks."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"name": "checkout service", "scopes": ["outputs"], "days": 90}}
    )

    name: Name
    scopes: list[access.Scope] = Field(min_length=1, max_length=20)
    days: int = Field(default=90, ge=1, le=366)
    person: Name | None = None


class NewToken(TokenLine):
    """A new token. `token` is shown this once."""

    token: str


class LinkWish(BaseModel):
    """Whom a one-time link is to sign in."""

    model_config = ConfigDict(extra="forbid")

    person: Name


class NewLink(BaseModel):
    """A one-time link, shown this once."""

    person: str
    link: str = Field(description="Its address; below that of the server where the server does not know its own.")
    hours: int


@router.get("/people")
def people(room: Reading) -> People:
    """The roles of the policy and who holds them."""
    return shown(staff(room))


def shown(found: Staff) -> People:
    """As the API says it."""
    roles = [Role(role=h.role, people=list(h.people), areas=list(h.areas), signed=h.signed) for h in found.roles]
    return People(
        roles=roles,
        smallest_team=found.team,
        lacking=found.lacking,
        waiver=found.waiver,
        first_admin=found.first_admin,
    )


@router.get("/me")
def me(room: Reading) -> Me:
    """Whoever asks, and what they may do."""
    roles = list(room.project.policy().roles_of(room.operator))
    return Me(person=room.operator, how=room.proof, roles=roles, admin=access.is_admin(room, room.operator))


@router.get("/tokens")
def tokens(room: Reading) -> list[TokenLine]:
    """The tokens of whoever asks; an admin sees everybody's."""
    everybody = room.accounts.tokens()
    if access.is_admin(room, room.operator):
        return [_line(t) for t in everybody]
    return [_line(t) for t in everybody if same(t.person, room.operator)]


def _line(token: Token) -> TokenLine:
    return TokenLine(
        id=token.id,
        person=token.person,
        name=token.name,
        scopes=list(token.scopes),
        made=token.made,
        expires=token.expires,
        revoked=token.revoked,
    )


@router.post("/tokens", status_code=201)
def make_token(wish: TokenWish, asked: Asked) -> NewToken:
    """Make a token: for oneself when signed in, for anybody as an admin."""
    room = _own_or_admin(caller(asked, "admin"))
    expires = after(room.clock.now(), wish.days * DAY)
    token, text = access.make_token(room, wish.person or room.operator, wish.name, wish.scopes, expires)
    return NewToken(**_line(token).model_dump(), token=text)


@router.delete("/tokens/{id}", status_code=204, responses=problems(404))
def revoke_token(id: Annotated[str, Path(min_length=1, max_length=32)], asked: Asked) -> Response:
    """Have a token stop working: one's own when signed in, anybody's as an admin."""
    access.revoke_token(_own_or_admin(caller(asked, "admin")), id)
    return Response(status_code=204)


def _own_or_admin(found: Caller) -> Room:
    """A session may deal with its person's own tokens (app.access sees to that); a token must be an admin's."""
    if found.session is None and not found.admin:
        raise Refused(f"{found.room.operator} does not act as admin", "Sign in to deal with tokens of your own.")
    return found.room


@router.post("/links", status_code=201, responses=problems(404))
def make_link(wish: LinkWish, room: Administering, request: Request) -> NewLink:
    """Make a one-time sign-in link for somebody who has a role."""
    secret = access.make_link(room, wish.person)
    path = access.link_path(secret)
    return NewLink(person=wish.person, link=serving(request).url + path, hours=access.LINK // 3600)
