"""Who is who on the command line: people, tokens, links, and CLEANROOM_TOKEN as proof of who is at work."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.doors import ANA, BO, MACHINE, ROOT, SETTINGS
from typer.testing import CliRunner, Result

from cleanroom.core.facts import SignInFailed, TokenMade
from cleanroom.entry.cli.root import app
from cleanroom.wiring import room


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "cleanroom.toml").write_text(SETTINGS, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEANROOM_OPERATOR", ROOT)
    monkeypatch.delenv("CLEANROOM_TOKEN", raising=False)
    return tmp_path


def made(person: str, *scopes: str) -> str:
    """The text of a new token."""
    named = [part for scope in scopes for part in ("--scope", scope)]
    return str(json.loads(run("token", "create", person, *named, "--json").stdout)["token"])


def test_people_list_says_who_holds_what_and_what_is_lacking(project: Path) -> None:
    done = run("people", "list", "--json")
    found = json.loads(done.stdout)
    held = {role["role"]: role for role in found["roles"]}
    assert held["finance"] == {"role": "finance", "people": [BO], "areas": ["billing"], "signed": True}
    assert held["legal"]["people"] == []
    assert found["team"] == 7
    assert found["lacking"] == "nobody acts as engineering, legal, identity, ml"
    assert "cannot be staffed: nobody acts as engineering" in run("people", "list").stdout


def test_two_roles_that_only_one_person_holds_cannot_be_staffed(project: Path) -> None:
    roles = ("analytics", "engineering", "finance", "legal", "identity", "ml")
    lines = "\n".join(f'{role} = ["{ANA}"]' for role in roles)
    (project / "cleanroom.toml").write_text(f'name = "shop"\n[roles]\n{lines}\n', "utf-8")
    assert "as many different people" in json.loads(run("people", "list", "--json").stdout)["lacking"]


def test_a_token_is_shown_once_listed_and_revoked(project: Path) -> None:
    done = run("token", "create", MACHINE, "--scope", "outputs", "--scope", "read", "--expires", "12h")
    assert re.fullmatch(r"clr_[0-9a-f]{12}_[\w-]{43}\n", done.stdout)
    id, secret = done.stdout.strip().split("_", 2)[1:]
    listed = json.loads(run("token", "list", "--json").stdout)
    assert [(t["id"], t["scopes"], t["revoked"]) for t in listed] == [(id, ["read", "outputs"], None)]
    assert secret not in run("token", "list").output
    assert run("token", "revoke", id).exit_code == 0
    assert json.loads(run("token", "list", "--json").stdout)[0]["revoked"]
    assert run("token", "revoke", id).exit_code == 2
    assert "revoked" in run("token", "list").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        (ANA, "--scope", "everything"),
        (ANA, "--expires", "soon"),
        (ANA, "--expires", "9999d"),
        ("",),
        (ANA, "--scope", "admin"),
    ],
)
def test_a_token_that_makes_no_sense(project: Path, arguments: tuple[str, ...]) -> None:
    done = run("token", "create", *arguments)
    assert done.exit_code in (1, 2)
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")


def test_a_link_for_somebody_with_a_role_only(project: Path) -> None:
    done = run("people", "link", ANA, "--url", "https://cleanroom.shop.example/")
    assert re.fullmatch(r"https://cleanroom\.shop\.example/sign-in\?link=[\w-]{43}\n", done.stdout)
    assert run("people", "link", "nobody@shop.example").exit_code == 2


def test_a_token_proves_who_is_at_work(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLEANROOM_TOKEN", made(ROOT, "admin", "sign-in"))
    monkeypatch.setenv("CLEANROOM_OPERATOR", "somebody-else")
    assert run("token", "create", ANA).exit_code == 0
    last = room(project).store.history("people")[-1].fact
    assert isinstance(last, TokenMade)
    assert (last.by.person, last.by.how) == (ROOT, "token")
    assert run("token", "create", ANA, "--as", ROOT.upper()).exit_code == 0
    other = run("token", "create", ANA, "--as", ANA)
    assert other.exit_code == 2
    assert "--as names" in other.stderr


def test_a_token_that_opens_nothing_is_refused_and_written_down(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = made(ANA, "outputs")
    monkeypatch.setenv("CLEANROOM_TOKEN", narrow)
    assert run("people", "list").exit_code == 1
    monkeypatch.setenv("CLEANROOM_TOKEN", "clr_0123456789ab_forged")
    assert run("people", "list").exit_code == 1
    monkeypatch.delenv("CLEANROOM_TOKEN")
    failed = [e.fact for e in room(project).store.history("access") if isinstance(e.fact, SignInFailed)]
    assert [f.origin for f in failed] == ["this machine"] * 2
    assert "forged" not in str(failed)


def test_a_token_of_somebody_else_than_an_admin_hands_out_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEANROOM_TOKEN", made(ANA, "sign-in"))
    assert run("token", "create", ANA, "--scope", "read").exit_code == 1
    assert run("people", "link", BO).exit_code == 1
    assert run("people", "revoke", BO).exit_code == 1


def test_revoking_a_person(project: Path) -> None:
    made(ANA, "read")
    assert "tokens revoked: 1" in run("people", "revoke", ANA).stdout
