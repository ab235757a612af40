"""Does every Accounts keep the promises of its port?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from tests.stores import DATABASES, address

from cleanroom.adapters.memory.accounts import MemoryAccounts
from cleanroom.adapters.sqlstore import open_store
from cleanroom.adapters.sqlstore.accounts import SqlAccounts
from cleanroom.core.base import Instant, Misuse, instant
from cleanroom.ports.accounts import Accounts, Link, Session, Token

HALVES = ["nul \x00", "half \ud800"]


def at(second: int) -> Instant:
    return instant(1_795_000_000_000_000 + second * 1_000_000)


def hashed(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


TOKEN = Token("tk_1", hashed("one"), "ann@example.com", "laptop – größer", ("read", "queue:write"), at(0), at(100))
SESSION = Session(hashed("cookie"), "ann@example.com", "oidc", "form token", at(0), at(50))
LINK = Link(hashed("link"), "ann@example.com", True, at(50))


@pytest.fixture(params=["memory", *DATABASES])
def accounts(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Accounts]:
    if request.param == "memory":
        yield MemoryAccounts()
        return
    with open_store(address(request.param, request, tmp_path), Path) as store:
        yield SqlAccounts(store)


def test_a_token_is_kept_as_it_was_made(accounts: Accounts) -> None:
    assert accounts.token("tk_1") is None
    accounts.add_token(TOKEN)
    accounts.add_token(replace(TOKEN, id="tk_2", scopes=(), made=at(1)))
    assert accounts.token("tk_1") == TOKEN
    assert accounts.token("tk_2") == replace(TOKEN, id="tk_2", scopes=(), made=at(1))
    assert accounts.token("TK_1") is None


def test_no_token_takes_the_place_of_another(accounts: Accounts) -> None:
    accounts.add_token(TOKEN)
    with pytest.raises(Misuse, match="already"):
        accounts.add_token(replace(TOKEN, secret=hashed("other"), person="eve"))
    assert accounts.tokens() == (TOKEN,)


def test_tokens_come_oldest_first_and_by_person(accounts: Accounts) -> None:
    made = [replace(TOKEN, id=f"tk_{i}", person=p, made=at(9 - i)) for i, p in enumerate(["ann", "bob", "ann"])]
    for token in made:
        accounts.add_token(token)
    assert accounts.tokens() == tuple(reversed(made))
    assert accounts.tokens("ann") == (made[2], made[0])
    assert accounts.tokens("nobody") == ()


def test_a_token_is_revoked_once_and_stays_to_be_seen(accounts: Accounts) -> None:
    accounts.add_token(TOKEN)
    assert accounts.revoke("tk_1", at(7)) is True
    assert accounts.revoke("tk_1", at(8)) is False
    assert accounts.revoke("tk_9", at(8)) is False
    assert accounts.token("tk_1") == replace(TOKEN, revoked=at(7))


def test_a_session_lasts_until_it_is_ended(accounts: Accounts) -> None:
    accounts.add_session(SESSION)
    other = replace(SESSION, secret=hashed("other"))
    bobs = replace(SESSION, secret=hashed("bob"), person="bob")
    for session in (other, bobs):
        accounts.add_session(session)
    assert accounts.session(SESSION.secret) == SESSION
    accounts.end_session(SESSION.secret)
    accounts.end_session(SESSION.secret)
    assert accounts.session(SESSION.secret) is None
    assert accounts.session(other.secret) == other
    assert accounts.end_sessions("ann@example.com") == 1
    assert accounts.end_sessions("ann@example.com") == 0
    assert accounts.session(other.secret) is None
    assert accounts.session(bobs.secret) == bobs


def test_links_that_nobody_used_can_be_dropped(accounts: Accounts) -> None:
    accounts.add_link(LINK)
    accounts.add_link(replace(LINK, secret=hashed("bob's"), person="bob@example.com"))
    assert accounts.drop_links(LINK.person) == 1
    assert accounts.drop_links(LINK.person) == 0
    assert accounts.use_link(LINK.secret) is None
    assert accounts.use_link(hashed("bob's")) is not None


def test_a_link_works_once(accounts: Accounts) -> None:
    assert accounts.use_link(LINK.secret) is None
    accounts.add_link(LINK)
    accounts.add_link(replace(LINK, secret=hashed("second"), admin=False))
    assert accounts.use_link(LINK.secret) == LINK
    assert accounts.use_link(LINK.secret) is None
    assert accounts.use_link(hashed("second")) == replace(LINK, secret=hashed("second"), admin=False)


def test_of_many_who_use_a_link_at_once_one_gets_it(accounts: Accounts) -> None:
    for turn in range(5):
        link = replace(LINK, secret=hashed(f"race {turn}"))
        accounts.add_link(link)
        barrier = Barrier(8)

        def use(_number: int, link: Link = link, barrier: Barrier = barrier) -> Link | None:
            barrier.wait()
            return accounts.use_link(link.secret)

        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(use, range(8)))
        assert [f for f in found if f is not None] == [link]


def test_what_expired_is_forgotten_and_nothing_else(accounts: Accounts) -> None:
    accounts.add_token(TOKEN)
    for i in range(4):
        accounts.add_session(replace(SESSION, secret=hashed(f"s{i}"), expires=at(i)))
        accounts.add_link(replace(LINK, secret=hashed(f"l{i}"), expires=at(i)))
    assert accounts.forget(at(2)) == 4
    assert accounts.forget(at(2)) == 0
    assert [accounts.session(hashed(f"s{i}")) is None for i in range(4)] == [True, True, False, False]
    assert [accounts.use_link(hashed(f"l{i}")) is None for i in range(4)] == [True, True, False, False]
    assert accounts.token("tk_1") == TOKEN


@pytest.mark.parametrize("text", HALVES)
def test_text_that_no_database_keeps_is_refused_and_never_found(accounts: Accounts, text: str) -> None:
    with pytest.raises(Misuse, match="cannot be kept"):
        accounts.add_token(replace(TOKEN, name=text))
    with pytest.raises(Misuse, match="cannot be kept"):
        accounts.add_session(replace(SESSION, person=text))
    with pytest.raises(Misuse, match="cannot be kept"):
        accounts.add_link(replace(LINK, person=text))
    assert accounts.token(text) is None
    assert accounts.tokens(text) == ()
    assert accounts.revoke(text, at(0)) is False
    assert accounts.end_sessions(text) == 0
    assert accounts.drop_links(text) == 0


@pytest.mark.parametrize("text", ["'; DROP TABLE tokens; --", "ann' OR '1'='1", "%", "_"])
def test_text_that_looks_like_sql_is_only_text(accounts: Accounts, text: str) -> None:
    accounts.add_token(TOKEN)
    assert accounts.token(text) is None
    assert accounts.tokens(text) == ()
    accounts.add_token(replace(TOKEN, id=text, person=text))
    assert accounts.tokens(text) == (replace(TOKEN, id=text, person=text),)
