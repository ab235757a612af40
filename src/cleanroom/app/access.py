"""Who is at the door, and may they come in? Tokens, one-time links and sessions; each failed attempt is a fact.

A secret is shown once and kept nowhere: the store holds its SHA-256. What is told to whoever fails never says whether
a token exists; the ledger says it exactly.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from cleanroom.app.appending import append_after_last
from cleanroom.app.room import Room
from cleanroom.core.base import Instant, Misuse, NotFound, Refused, after
from cleanroom.core.facts import Admitted, LinkMade, SignedIn, SignInFailed, TokenMade, TokenRevoked
from cleanroom.core.ledger import Conflict, Write
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.policy import ADMIN, DAY, same
from cleanroom.ports.accounts import Link, Session, Token

Scope = Literal["read", "review", "queue", "outputs", "outcomes", "flags", "alerts", "oncall", "admin", "sign-in"]
"""What a token opens: reading; approving, rejecting and correcting changes; deciding in the queue; sending outputs; reporting
outcomes; asking flags; sending alerts; answering and silencing them; handing out tokens and links; signing in as the person on
the pages, which opens all they may do."""

SCOPES: tuple[Scope, ...] = get_args(Scope)

PEOPLE, ACCESS = "people", "access"
"""The ledger's subjects of who is who, and of who came in or was turned away."""

SESSION = 12 * 3600
LINK = 24 * 3600
ADMIN_LINK = 3600
LONGEST_TOKEN = 366 * DAY
"""Seconds."""

_PREFIX = "clr"
_NOBODY = bytes(32)
_TRIES = 20
_MOST = 200


class Stranger(Refused):
    """What was shown at the door lets nobody in (exit 1)."""


@dataclass(frozen=True, slots=True)
class Knock:
    """An attempt to come in. `origin`: the network it came from; `kept`: does the ledger still take failures of it?"""

    through: Literal["link", "token", "oidc", "bearer"]
    origin: str
    kept: bool = True


@dataclass(frozen=True, slots=True)
class Opened:
    """A new session, and the secret for its cookie."""

    secret: str
    session: Session


# --- tokens ------------------------------------------------------------------------------------------------


def make_token(room: Room, person: str, name: str, scopes: Sequence[str], expires: Instant) -> tuple[Token, str]:
    """A new token and its text, `clr_<id>_<secret>`, which nobody can show again. Raises Misuse, Refused."""
    person, name, now = _text(person, "a person"), _text(name, "the name of a token"), room.clock.now()
    wanted = _scopes(scopes)
    if not now < expires <= after(now, LONGEST_TOKEN):
        raise Misuse("a token lasts from one second to 366 days", "Name a time in between.")
    _must_hand_out(room, person)
    if "admin" in wanted and not is_admin(room, person):
        raise Refused(
            f"{person} does not act as {ADMIN}: no token of theirs has the scope admin",
            f"Name them under [roles] {ADMIN} in cleanroom.toml, or leave the scope out.",
        )
    id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    token = Token(id, hashed(secret), person, name, wanted, now, expires)
    # The fact first: a token that works and that the ledger does not know must not be.
    append_after_last(room.store, PEOPLE, TokenMade(id, person, wanted, expires, room.by, now))
    room.accounts.add_token(token)
    return token, f"{_PREFIX}_{id}_{secret}"


def check_token(room: Room, text: str, scope: Scope, knock: Knock) -> Token:
    """The token that `text` proves, if it opens `scope`. Raises Stranger, or Refused for a scope it does not have.

    Each refusal is one fact, while `knock.kept`.
    """
    token, now = _proven(room, text), room.clock.now()
    if token is None:
        because = "no such token, or a wrong secret"
        error: Refused = Stranger(
            "this token is not known here", "Check that it was copied whole, or ask for a new one."
        )
    elif token.revoked is not None:
        because = f"token {token.id} was revoked"
        error = Stranger("this token was revoked", "Ask an admin for a new one.")
    elif token.expires <= now:
        because = f"token {token.id} has expired"
        error = Stranger(f"this token expired on {token.expires[:10]}", "Ask an admin for a new one.")
    elif not {scope, "sign-in"} & set(token.scopes):
        because = f"token {token.id} lacks the scope {scope}"
        error = Refused(
            f"this token does not have the scope {scope!r}", f"It has: {', '.join(token.scopes)}. Ask for another one."
        )
    else:
        return token
    turned_away(room, knock, because)
    raise error


def _proven(room: Room, text: str) -> Token | None:
    """The token with that id and secret; as slow for an id that is there as for one that is not."""
    prefix, _, rest = text.strip().partition("_")
    id, _, secret = rest.partition("_")
    known = prefix == _PREFIX and id.isascii() and id.isalnum() and len(id) <= 32
    token = room.accounts.token(id) if known else None
    right = hmac.compare_digest(hashed(secret), _NOBODY if token is None else token.secret)
    return token if right else None


def revoke_token(room: Room, id: str) -> Token:
    """Have a token stop working, and end its person's sessions where it could open one. Raises NotFound, Refused."""
    token = room.accounts.token(id) if can_be_id(id) else None
    if token is None or token.revoked is not None:
        raise NotFound(f"there is no token {id!r:.60} that works", "cleanroom token list shows those that do.")
    _must_hand_out(room, token.person)
    now = room.clock.now()
    if not room.accounts.revoke(id, now):
        raise NotFound(f"token {id} was revoked meanwhile", "Nothing is left to do.")
    if "sign-in" in token.scopes:
        room.accounts.end_sessions(token.person)
    append_after_last(room.store, PEOPLE, TokenRevoked(id, token.person, room.by, now))
    return token


def revoke_person(room: Room, person: str) -> tuple[int, int]:
    """End all of a person's sessions, tokens and unused links; how many (tokens, sessions) there were. Raises Refused."""
    _must_hand_out(room, person)
    working = [t for t in room.accounts.tokens() if same(t.person, person) and t.revoked is None]
    names = {person, *(t.person for t in working)}
    for token in working:
        revoke_token(room, token.id)
    for name in names:
        room.accounts.drop_links(name)
    return len(working), sum(room.accounts.end_sessions(name) for name in names)


def can_be_id(id: str) -> bool:
    """Could that be the public half of a token?"""
    return id.isascii() and id.isalnum() and len(id) <= 32


# --- sessions ----------------------------------------------------------------------------------------------


def sign_in_by_token(room: Room, text: str, knock: Knock) -> Opened:
    """Open a session for the token's person, which ends no later than the token. Raises Stranger, Refused."""
    token = check_token(room, text, "sign-in", knock)
    return enter(room, token.person, knock, token.expires)


def sign_in_by_link(room: Room, secret: str, knock: Knock) -> Opened:
    """Use a one-time link: of several at once, exactly one comes in. Raises Stranger."""
    link = room.accounts.use_link(hashed(secret))
    if link is None or link.expires <= room.clock.now():
        turned_away(room, knock, "no such link, or it was used or has expired")
        raise Stranger(
            "this link was used already, or is too old", "Ask an admin for a new one: cleanroom people link."
        )
    if link.admin:
        _admit(room, link.person, knock)
    return enter(room, link.person, knock)


def enter(room: Room, person: str, knock: Knock, until: Instant | None = None) -> Opened:
    """Open a session with a new secret for a person who has proven who they are; `until`: it lasts no longer.

    Raises Stranger where they have no role.
    """
    known = known_as(room, person)
    if known is None:
        turned_away(room, knock, f"{_line(person)} has no role in the policy")
        raise Stranger(
            "you are known, but have no role here", "Ask an admin to name you under [roles] in cleanroom.toml."
        )
    now, secret = room.clock.now(), secrets.token_urlsafe(32)
    ends = min(after(now, SESSION), until or after(now, SESSION))
    session = Session(hashed(secret), known, knock.through, secrets.token_urlsafe(32), now, ends)
    append_after_last(room.store, ACCESS, SignedIn(known, _came(knock), now))
    room.accounts.forget(now)
    room.accounts.add_session(session)
    return Opened(secret, session)


def session_of(room: Room, secret: str) -> Session | None:
    """The session of that cookie, while it lasts and its person still has a role."""
    session = room.accounts.session(hashed(secret)) if secret else None
    if session is None:
        return None
    if session.expires <= room.clock.now() or known_as(room, session.person) is None:
        room.accounts.end_session(session.secret)
        return None
    return session


def sign_out(room: Room, session: Session) -> None:
    """End a session."""
    room.accounts.end_session(session.secret)


# --- links, and the first admin ----------------------------------------------------------------------------


def make_link(room: Room, person: str) -> str:
    """The secret of a link that signs `person` in once, within a day. Raises Misuse, NotFound, Refused."""
    known = known_as(room, _text(person, "a person"))
    if known is None:
        raise NotFound(f"{_line(person)} has no role in the policy", "Name them under [roles] in cleanroom.toml first.")
    if room.proof != "claimed" and not is_admin(room, room.operator):
        raise Refused("only an admin hands out links", f"Ask somebody who acts as {ADMIN}.")
    return _link(room, known, admin=False, lasts=LINK)


def admin_link(room: Room) -> str | None:
    """The secret of a link that makes whoever started the server its first admin; None once there is an admin."""
    return _link(room, room.operator, admin=True, lasts=ADMIN_LINK) if needs_admin(room) else None


def link_path(secret: str) -> str:
    """Where a link leads, below the server's address."""
    return f"/sign-in?link={secret}"


def needs_admin(room: Room) -> bool:
    """Does the policy name no admin, and was nobody admitted yet?"""
    return not room.project.policy().people(ADMIN) and not admitted(room)


def _link(room: Room, person: str, *, admin: bool, lasts: int) -> str:
    now, secret = room.clock.now(), secrets.token_urlsafe(32)
    append_after_last(room.store, PEOPLE, LinkMade(person, after(now, lasts), room.by, now))
    room.accounts.add_link(Link(hashed(secret), person, admin, after(now, lasts)))
    return secret


def _admit(room: Room, person: str, knock: Knock) -> None:
    """Make `person` the first admin, unless somebody was faster: the ledger decides, once."""
    for _ in range(_TRIES):
        seen = room.store.version(PEOPLE)
        if not needs_admin(room):
            break
        try:
            room.store.append([Write(PEOPLE, seen, Admitted(person, room.clock.now()))])
        except Conflict:
            continue
        return
    turned_away(room, knock, "the link for the first admin came too late")
    raise Stranger("there is an admin already", "Ask them for a link of your own.")


# --- who may -----------------------------------------------------------------------------------------------


def known_as(room: Room, person: str) -> str | None:
    """The name under which `person` may sign in; None for somebody without a role."""
    policy = room.project.policy()
    named = next((p for p in policy.everybody() if same(p, person)), None)
    if named is not None or policy.people(ADMIN):
        return named
    return next((p for p in admitted(room) if same(p, person)), None)


def is_admin(room: Room, person: str) -> bool:
    """Does `person` act as admin: by the policy, or, while it names none, by having been the first?"""
    named = room.project.policy().people(ADMIN)
    return any(same(person, p) for p in named or admitted(room))


def admitted(room: Room) -> tuple[str, ...]:
    """Whom a one-time link made the first admin; at most one."""
    return tuple(e.fact.person for e in room.store.history(PEOPLE) if isinstance(e.fact, Admitted))


def _must_hand_out(room: Room, person: str) -> None:
    """Whoever is on the machine can write the ledger anyway; elsewhere an admin may, and a person for themselves."""
    own = room.proof == "session" and same(room.operator, person)
    if room.proof != "claimed" and not own and not is_admin(room, room.operator):
        raise Refused("only an admin does that for somebody else", f"Ask somebody who acts as {ADMIN}.")


# --- small things ------------------------------------------------------------------------------------------


def turned_away(room: Room, knock: Knock, because: str) -> None:
    """Write down that somebody was turned away, unless there were too many of them to write down."""
    if knock.kept:
        fact = SignInFailed(knock.through, because, knock.origin, room.clock.now())
        append_after_last(room.store, ACCESS, fact)


def network(address: str) -> str:
    """The network of an address: its /24, or its /48 where it is IPv6; 'unknown' for what is no address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 48), strict=False))


def hashed(secret: str) -> bytes:
    """What the store holds of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _came(knock: Knock) -> Literal["link", "token", "oidc"]:
    return "token" if knock.through == "bearer" else knock.through


def _scopes(scopes: Sequence[str]) -> tuple[Scope, ...]:
    for scope in scopes:
        if scope not in SCOPES:
            raise Misuse(f"there is no scope {scope!r:.60}", did_you_mean(scope, SCOPES))
    if not scopes:
        raise Misuse("a token needs at least one scope", f"There are: {', '.join(SCOPES)}.")
    return tuple(s for s in SCOPES if s in scopes)


def _text(text: str, what: str) -> str:
    if not 0 < len(text.strip()) <= _MOST or not text.strip().isprintable():
        raise Misuse(f"{_line(text)!r} cannot be {what}", f"Use 1 to {_MOST} characters on one line.")
    return text.strip()


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text[:_MOST])
