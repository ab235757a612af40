"""Stories of the door: tokens, one-time links, sessions, the first admin; every failed attempt is written down."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.doors import ANA, BO, KNOCK, MACHINE, ROOT, Yard, yard

from cleanroom.app import access
from cleanroom.app.access import Stranger
from cleanroom.core.base import Misuse, NotFound, Refused, after
from cleanroom.core.facts import Admitted, LinkMade, SignedIn, SignInFailed, TokenMade, TokenRevoked
from cleanroom.core.policy import DAY

NOBODY_ADMIN = f'name = "shop"\n[roles]\nanalytics = ["{ANA}"]\n'


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    return yard(tmp_path / "shop")


def told(refusal: pytest.ExceptionInfo[Refused]) -> str:
    return f"{refusal.value.message} | {refusal.value.hint}"


def test_a_token_opens_its_scopes_and_is_stored_only_as_a_hash(home: Yard) -> None:
    text = home.token(MACHINE, "outputs")
    id, secret = re.fullmatch(r"clr_([0-9a-f]{12})_([\w-]{43})", text).groups()  # type: ignore[union-attr]
    token = access.check_token(home.room, text, "outputs", KNOCK)
    assert (token.id, token.person, token.secret) == (id, MACHINE, hashlib.sha256(secret.encode()).digest())
    [made] = home.facts("people")
    assert isinstance(made, TokenMade)
    assert (made.token, made.scopes, made.by.how) == (id, ("outputs",), "claimed")
    for file in home.room.project.root.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes(), file


@pytest.mark.parametrize(
    "text", ["", "clr_", "clr__", "hello", "clr_0123456789ab_" + "x" * 43, "clr_'; drop table tokens;--_x"]
)
def test_an_unknown_token_is_refused_and_written_down_once(home: Yard, text: str) -> None:
    with pytest.raises(Stranger) as refusal:
        access.check_token(home.room, text, "read", KNOCK)
    assert "not known here" in told(refusal)
    [failed] = home.facts("access")
    assert isinstance(failed, SignInFailed)
    assert (failed.origin, failed.because) == ("10.0.0.0/24", "no such token, or a wrong secret")


def test_what_is_told_does_not_say_whether_a_token_exists(home: Yard) -> None:
    text = home.token(ANA)
    forged = text[:-1] + ("A" if text[-1] != "A" else "B")
    answers = set()
    for wrong in (forged, "clr_0123456789ab_" + text.rpartition("_")[2]):
        with pytest.raises(Stranger) as refusal:
            access.check_token(home.room, wrong, "read", KNOCK)
        answers.add(told(refusal))
    assert len(answers) == 1


def test_an_expired_a_revoked_and_a_foreign_token_are_each_refused_clearly(home: Yard) -> None:
    text, other = home.token(ANA, "read", lasts=60), home.token(ANA, "read", lasts=DAY)
    with pytest.raises(Refused, match="does not have the scope 'review'"):
        access.check_token(home.room, text, "review", KNOCK)
    home.later(60)
    with pytest.raises(Stranger, match="this token expired on 2026-11-22"):
        access.check_token(home.room, text, "read", KNOCK)
    access.revoke_token(home.room, other.split("_")[1])
    with pytest.raises(Stranger, match="was revoked"):
        access.check_token(home.room, other, "read", KNOCK)
    because = [f.because.split(" ", 2)[2] for f in home.facts("access") if isinstance(f, SignInFailed)]
    assert because == ["lacks the scope review", "has expired", "was revoked"]


def test_once_the_limiter_is_closed_nothing_more_is_written_down(home: Yard) -> None:
    with pytest.raises(Stranger):
        access.check_token(home.room, "clr_x_y", "read", replace(KNOCK, kept=False))
    assert home.facts("access") == []


def test_a_revoked_token_ends_the_sessions_that_it_could_have_opened(home: Yard) -> None:
    text = home.token(ANA, "sign-in")
    opened = access.sign_in_by_token(home.room, text, KNOCK)
    assert access.session_of(home.room, opened.secret) == opened.session
    access.revoke_token(home.room, text.split("_")[1])
    assert access.session_of(home.room, opened.secret) is None
    assert isinstance(home.facts("people")[-1], TokenRevoked)
    with pytest.raises(NotFound):
        access.revoke_token(home.room, text.split("_")[1])


def test_a_token_without_sign_in_opens_no_session(home: Yard) -> None:
    with pytest.raises(Refused, match="'sign-in'"):
        access.sign_in_by_token(home.room, home.token(ANA, "read", "review"), KNOCK)


@pytest.mark.parametrize(
    ("person", "scopes", "lasts"),
    [
        ("", ("read",), 60),
        ("a\nb", ("read",), 60),
        (ANA, (), 60),
        (ANA, ("reed",), 60),
        (ANA, ("read",), 0),
        (ANA, ("read",), 400 * DAY),
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(home: Yard, person: str, scopes: tuple[str, ...], lasts: int) -> None:
    with pytest.raises(Misuse):
        access.make_token(home.room, person, "t", scopes, after(home.clock.now(), lasts))
    assert home.facts("people") == []


def test_only_an_admin_gives_others_tokens_and_only_admins_get_the_scope(home: Yard) -> None:
    expires = after(home.clock.now(), 60)
    ana = replace(home.room, operator=ANA, proof="session")
    access.make_token(ana, ANA, "own", ("read",), expires)
    with pytest.raises(Refused, match="only an admin"):
        access.make_token(ana, BO, "other", ("read",), expires)
    with pytest.raises(Refused, match="scope admin"):
        access.make_token(ana, ANA, "more", ("admin",), expires)
    with pytest.raises(Refused, match="only an admin"):
        access.make_token(replace(ana, proof="token"), ANA, "again", ("sign-in",), expires)
    access.make_token(replace(home.room, proof="session"), BO, "other", ("read",), expires)


def test_each_sign_in_has_a_new_secret_and_ends_after_twelve_hours(home: Yard) -> None:
    one, other = (access.enter(home.room, ANA.upper(), KNOCK) for _ in range(2))
    assert len({one.secret, other.secret, one.session.csrf, other.session.csrf}) == 4
    assert one.session.person == ANA  # as the policy spells it
    assert [type(f) for f in home.facts("access")] == [SignedIn, SignedIn]
    home.later(12 * 3600 - 1)
    assert access.session_of(home.room, one.secret) is not None
    home.later(1)
    assert access.session_of(home.room, one.secret) is None
    assert access.session_of(home.room, "") is None


def test_whoever_lost_their_role_is_out_at_once(home: Yard) -> None:
    opened = access.enter(home.room, ANA, KNOCK)
    settings = home.room.project.root / "cleanroom.toml"
    settings.write_text(settings.read_text("utf-8").replace(ANA, "new@shop.example"), "utf-8")
    assert access.session_of(home.room, opened.secret) is None
    with pytest.raises(Stranger, match="no role"):
        access.enter(home.room, ANA, KNOCK)


def test_revoking_a_person_ends_sessions_and_tokens(home: Yard) -> None:
    text, opened = home.token(ANA), access.enter(home.room, ANA, KNOCK)
    assert access.revoke_person(home.room, ANA.upper()) == (1, 0)  # the token's end ended the session as well
    assert access.session_of(home.room, opened.secret) is None
    with pytest.raises(Stranger):
        access.check_token(home.room, text, "read", KNOCK)


def test_a_link_works_once_even_when_sixteen_use_it_at_the_same_time(home: Yard) -> None:
    secret = access.make_link(home.room, ANA)
    assert isinstance(home.facts("people")[-1], LinkMade)

    def use(_: int) -> str | None:
        try:
            return access.sign_in_by_link(home.room, secret, KNOCK).session.person
        except Stranger:
            return None

    with ThreadPoolExecutor(16) as pool:
        came = list(pool.map(use, range(16)))
    assert sorted(filter(None, came)) == [ANA]
    assert sum(isinstance(f, SignInFailed) for f in home.facts("access")) == 15


def test_an_old_link_and_a_link_for_a_stranger(home: Yard) -> None:
    secret = access.make_link(home.room, ANA)
    home.later(access.LINK)
    with pytest.raises(Stranger, match="too old"):
        access.sign_in_by_link(home.room, secret, KNOCK)
    with pytest.raises(Misuse, match="no role"):
        access.make_link(home.room, "nobody@shop.example")
    with pytest.raises(Refused, match="only an admin"):
        access.make_link(replace(home.room, operator=ANA, proof="session"), BO)


def test_the_first_admin_is_let_in_once_and_acts_until_the_policy_names_one(tmp_path: Path) -> None:
    home = yard(tmp_path / "fresh", NOBODY_ADMIN)
    early, late = access.admin_link(home.room), access.admin_link(replace(home.room, operator="eve@shop.example"))
    assert early
    assert late
    assert access.sign_in_by_link(home.room, early, KNOCK).session.person == ROOT
    assert [f for f in home.facts("people") if isinstance(f, Admitted)] == [Admitted(ROOT, home.clock.now())]
    with pytest.raises(Stranger, match="admin already"):
        access.sign_in_by_link(home.room, late, KNOCK)
    assert access.admin_link(home.room) is None
    assert access.is_admin(home.room, ROOT)
    settings = home.room.project.root / "cleanroom.toml"
    settings.write_text(NOBODY_ADMIN + f'admin = ["{BO}"]\n', "utf-8")
    assert not access.is_admin(home.room, ROOT)
    assert access.known_as(home.room, ROOT) is None
    assert access.is_admin(home.room, BO)


def test_of_sixteen_links_for_the_first_admin_one_admits(tmp_path: Path) -> None:
    home = yard(tmp_path / "fresh", NOBODY_ADMIN)
    secrets = [access.admin_link(replace(home.room, operator=f"p{n}@shop.example")) or "" for n in range(16)]

    def use(secret: str) -> int:
        try:
            access.sign_in_by_link(home.room, secret, KNOCK)
        except Stranger:
            return 0
        return 1

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(use, secrets)) == 1
    assert sum(isinstance(f, Admitted) for f in home.facts("people")) == 1


@pytest.mark.parametrize(
    ("address", "net"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("testclient", "unknown"),
        ("", "unknown"),
    ],
)
def test_an_address_is_cut_to_its_network(address: str, net: str) -> None:
    assert access.network(address) == net


def test_secrets_are_nowhere_in_the_database(home: Yard) -> None:
    link, opened = access.make_link(home.room, ANA), access.enter(home.room, ANA, KNOCK)
    with sqlite3.connect(home.room.project.root / ".cleanroom" / "ledger.db") as database:
        dump = "\n".join(database.iterdump())
    database.close()
    assert opened.session.csrf in dump
    assert link not in dump
    assert opened.secret not in dump


def test_a_session_ends_no_later_than_the_token_that_opened_it(home: Yard) -> None:
    short = access.sign_in_by_token(home.room, home.token(ANA, "sign-in", lasts=60), KNOCK)
    long = access.sign_in_by_token(home.room, home.token(ANA, "sign-in", lasts=20 * 3600), KNOCK)
    assert access.session_of(home.room, short.secret) is not None
    home.later(60)
    assert access.session_of(home.room, short.secret) is None
    home.later(12 * 3600 - 61)
    assert access.session_of(home.room, long.secret) is not None
    home.later(1)
    assert access.session_of(home.room, long.secret) is None
