"""The story of an approval: an AI's mapping that touches billing, blocked, signed, voided by a new run, signed again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cleanroom.app import audit
from cleanroom.app.access import make_token
from cleanroom.app.propose.correct import correct
from cleanroom.app.propose.mapping import mapping
from cleanroom.app.propose.prompts import MAPPING, mapping_prompt
from cleanroom.app.review.decide import approve
from cleanroom.app.review.standing import standing
from cleanroom.core.base import Instant, Refused
from cleanroom.core.facts import Approved, Checked, PolicySet, Proposed
from cleanroom.core.ledger import Verified
from cleanroom.core.merkle import inclusion_holds, leaf_hash
from cleanroom.core.review import Cleared, Waiting
from cleanroom.entry.cli.root import app
from cleanroom.ports.engine import Table
from cleanroom.sim.shop import LEGACY, REFERENCE, TRUTH, write_project, write_shop
from cleanroom.wiring import room

POLICY = """
[roles]
analytics = ["ana@shop.example", "bo@shop.example", "cy@shop.example"]
finance = ["cy@shop.example", "dee@shop.example"]
owner = ["hal@shop.example"]

[policy]
taxonomy = "analytics"
metrics = "analytics"
billing = "finance"
legal = "finance"
identity = "finance"
schema = false
prompt = false
model = false
"""

CliCall = Callable[..., tuple[int, str, Any]]


@pytest.fixture(scope="module")
def proposed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shop whose mapping a model proposed for ana, bo corrected, and a run checked."""
    folder = tmp_path_factory.mktemp("story") / "shop"
    write_project(folder)
    write_shop(folder)
    settings = folder / "cleanroom.toml"
    settings.write_text(settings.read_text().partition("# Who may act")[0] + POLICY)
    work = room(folder, "ana@shop.example")
    made = mapping(
        work, Table(folder / LEGACY), work.model("recorded"), mapping_prompt(work.project, MAPPING), "m", runs=1
    )
    wrong = {m.legacy: str(TRUTH.target(m.legacy)) for m in made.mapping.events if m.target != TRUTH.target(m.legacy)}
    assert wrong, "the model made mistakes"
    correct(room(folder, "bo@shop.example"), "m", wrong, "seen in the battery")
    return folder


@pytest.fixture
def shop(proposed: Path, tmp_path: Path) -> Path:
    """A copy for one test."""
    return Path(shutil.copytree(proposed, tmp_path / "shop"))


def token(shop: Path, person: str) -> str:
    """A personal token with which somebody proves who they are."""
    return make_token(room(shop, "root"), person, "laptop", ["sign-in"], Instant("2027-01-01T00:00:00.000000Z"))[1]


@pytest.fixture
def call(shop: Path, monkeypatch: pytest.MonkeyPatch) -> CliCall:
    """Run a command in the shop as somebody: exit code, what people see, what --json says."""

    def run(*arguments: str, who: str = "", proof: str = "") -> tuple[int, str, Any]:
        given = [*arguments, "--project", str(shop), *(["--as", who] if who else [])]
        with monkeypatch.context() as patched:
            patched.delenv("CLEANROOM_TOKEN", raising=False)
            if proof:
                patched.setenv("CLEANROOM_TOKEN", proof)
            done = CliRunner().invoke(app, given)
        data = None
        if "--json" in arguments and done.exit_code == 0:
            data = json.loads(done.stdout)
        return done.exit_code, " ".join((done.stdout + done.stderr).split()), data

    return run


def test_an_ai_mapping_that_touches_billing_goes_on_only_with_both_signatures(shop: Path, call: CliCall) -> None:
    baseline = str(shop / REFERENCE)
    code, said, _ = call("review", "approve", "m", who="cy@shop.example")
    assert code == 1, said
    assert "no run has looked at this version yet" in said

    code, said, _ = call("check", "m", "--baseline", baseline)
    assert code == 0, said
    assert "not approved yet: analytics (taxonomy, metrics), finance (billing, legal, identity)" in said
    _, _, shown = call("review", "show", "m", "--json")
    assert shown["state"] == "waiting"
    assert [m["need"]["role"] for m in shown["missing"]] == ["analytics", "finance"]
    assert shown["missing"][0]["who"] == ["cy@shop.example"], "ana proposed it and bo corrected it"
    assert (
        "order_ok becomes purchase: purchase is marked billing"
        in {t["area"]: t["because"] for t in shown["touches"]}["billing"]
    )

    cy, dee = token(shop, "cy@shop.example"), token(shop, "dee@shop.example")
    for author in ("ana@shop.example", "bo@shop.example"):
        code, said, _ = call("review", "approve", "m", proof=token(shop, author))
        assert code == 1, said
        assert f"{author} is an author of m: nobody approves their own change" in said
    code, said, _ = call("review", "approve", "m", "--role", "finance", who="dee@shop.example")
    assert code == 1
    assert "needs a sign-off: dee@shop.example was only claimed" in said
    code, said, _ = call("review", "approve", "m", proof=cy)
    assert code == 1
    assert "could sign as analytics or finance" in said, "cy has both roles and signs once"
    assert call("review", "approve", "m", "--role", "analytics", proof=cy)[0] == 0
    code, said, _ = call("review", "approve", "m", "--comment", "prices match", proof=dee)
    assert code == 0, said
    assert "approved" in said
    assert call("review", "show", "m", "--json")[2]["state"] == "approved"

    code, said, _ = call("check", "m", "--baseline", baseline)
    assert code == 0, said
    assert "cy@shop.example approved as analytics" in said
    assert "dee@shop.example approved as finance" in said
    assert said.count("void now, since check ran again") == 2
    _, _, shown = call("review", "show", "m", "--json")
    assert shown["state"] == "waiting"
    assert all("check ran again" in a["void"] for a in shown["approvals"])

    assert call("review", "approve", "m", "--role", "analytics", proof=cy)[0] == 0
    assert call("review", "approve", "m", proof=dee)[0] == 0
    _, _, shown = call("review", "show", "m", "--json")
    assert shown["state"] == "approved"
    assert [bool(a["void"]) for a in shown["approvals"]] == [True, True, False, False]
    proves_all_of_it(shop)


def proves_all_of_it(shop: Path) -> None:
    """An auditor reads who decided what, on which evidence and under which policy, and checks each line's proof."""
    work = room(shop)
    verified = audit.verify(work.store)
    assert isinstance(verified, Verified)
    history = work.store.history("change/m")
    kinds = [e.fact.kind for e in history]
    assert kinds == ["proposed", "proposed", "checked", "approved", "approved", "checked", "approved", "approved"]
    last = [e.fact for e in history if isinstance(e.fact, Checked)][-1]
    policy = work.store.history("policy")[-1].fact
    assert isinstance(policy, PolicySet)
    for entry in history[-2:]:
        assert isinstance(entry.fact, Approved)
        assert (entry.fact.change, entry.fact.run) == (last.change, last.run)
        assert entry.fact.by.how == "token"
        assert entry.fact.policy == policy.policy.digest
        proof = audit.inclusion(work.store, entry.index)
        path = [raw(d) for d in proof.proof]
        leaf = leaf_hash(proof.body.encode())
        assert inclusion_holds(entry.index, verified.size, leaf, path, raw(verified.root))
    made = history[1].fact
    assert isinstance(made, Proposed)
    assert made.change == last.change


def raw(digest: str) -> bytes:
    return bytes.fromhex(digest.removeprefix("sha256:"))


def test_an_edit_voids_approvals_and_says_so(shop: Path, call: CliCall) -> None:
    assert call("check", "m", "--baseline", str(shop / REFERENCE))[0] == 0
    assert call("review", "approve", "m", "--role", "analytics", proof=token(shop, "cy@shop.example"))[0] == 0
    file = shop / "changes/m/mapping.json"
    whole = file.read_text()
    file.write_text(whole.replace('"purchase"', '"refund"'))
    _, said, _ = call("review", "show", "m")
    assert "unchecked it was edited without being recorded" in said
    assert "void cy@shop.example as analytics (token)" in said
    assert "the change was edited since" in said
    file.write_text(whole)
    assert call("review", "show", "m", "--json")[2]["state"] == "waiting", (
        "put back, byte by byte, it is what was signed"
    )
    plan = shop / "contracts/plan.yaml"
    plan.write_text(plan.read_text().replace("max: 0.2", "max: 0.9"))
    _, _, shown = call("review", "show", "m", "--json")
    assert shown["state"] == "unchecked"
    assert shown["because"] == "the contract was edited since the last run"


def test_a_doubt_blocks_until_it_is_answered_and_its_person_becomes_an_author(shop: Path, call: CliCall) -> None:
    baseline = str(shop / REFERENCE)
    code, said, _ = call(
        "correct", "m", "--flag", "chk_pay", "--reason", "is that paid or chosen?", who="cy@shop.example"
    )
    assert code == 0, said
    assert call("check", "m", "--baseline", baseline)[0] == 0
    dee = token(shop, "dee@shop.example")
    code, said, _ = call("review", "approve", "m", proof=dee)
    assert code == 1
    assert "doubted and not answered: chk_pay (by cy@shop.example)" in said
    assert (
        call("correct", "m", "--clear", "chk_pay", "--reason", "chosen: it comes before", who="eve@shop.example")[0]
        == 0
    )
    assert call("check", "m", "--baseline", baseline)[0] == 0
    assert call("review", "approve", "m", proof=dee)[0] == 0
    work = room(shop)
    found = standing(work, "m")
    assert {"cy@shop.example", "eve@shop.example"} <= set(found.change.authors)
    assert isinstance(found.review.state, Waiting)
    assert "is an author or signed" in found.review.state.missing[0].because, "all who act as analytics are authors now"


def test_whatever_touches_billing_needs_the_full_battery(shop: Path, call: CliCall) -> None:
    """Without a baseline a required check cannot tell; a waiver lets an UNKNOWN pass, but not for what touches money."""
    assert call("check", "m")[0] == 3
    code, said, _ = call("review", "approve", "m", "--role", "analytics", proof=token(shop, "cy@shop.example"))
    assert code == 1
    assert "the battery says UNKNOWN, and nobody waived it" in said
    code, said, _ = call("review", "waive", "m", "--reason", "no baseline yet", proof=token(shop, "hal@shop.example"))
    assert code == 0, said
    code, said, _ = call("review", "show", "m")
    assert "needs the full battery; not run: " in said


def test_a_rejection_stands_until_there_is_a_new_version(shop: Path, call: CliCall) -> None:
    baseline = str(shop / REFERENCE)
    assert call("check", "m", "--baseline", baseline)[0] == 0
    code, said, _ = call("review", "reject", "m", who="cy@shop.example")
    assert code == 1
    assert "a rejection needs a reason" in said
    assert call("review", "reject", "m", "--reason", "baskets are lost", who="cy@shop.example")[0] == 0
    assert call("check", "m", "--baseline", baseline)[0] == 0, "a new run does not help"
    with pytest.raises(Refused, match="rejected it as analytics: baskets are lost"):
        approve(room(shop, "dee@shop.example"), "m")
    call("correct", "m", "basket=none", "--reason", "leave it out", who="ana@shop.example")
    call("correct", "m", "basket=view_cart", "--reason", "as it was", who="ana@shop.example")
    assert call("review", "show", "m", "--json")[2]["state"] == "unchecked"
    assert not isinstance(standing(room(shop), "m").review.state, Cleared)
