"""Who must sign for what: [roles] and [policy], what a change touches, and who may be enough."""

from __future__ import annotations

import pytest

from cleanroom.codec.settings import read_settings
from cleanroom.core.change import NONE, Correction, MappedName, Mapping
from cleanroom.core.contract import Consent, Event, Field, Funnel, Plan, Ratio, Roles, Stitch
from cleanroom.core.importance import doubt, weighed
from cleanroom.core.policy import AREAS, Policy, Role, Touch, assignment, required, same, smallest_team
from cleanroom.core.run import Diff, EventFlow
from cleanroom.core.touches import touches

PROMETHEUS = """\
[signals.p]
kind = 'prometheus'
url = 'http://prometheus:9090/x'
total = "total{v='$arm'}[$window]"
bad = "bad{v='$arm'}[$window]"
"""
PLAN = Plan(
    "p",
    Roles("event", "ts", user="user_id"),
    (
        Event("purchase", "o", "d", touches=("billing",)),
        Event("view", "o", "d"),
        Event("login", "o", "d", parameters=(Field("email", touches=("legal",)),), touches=("identity",)),
        Event("promo", "o", "d", consent=True),
        Event("other", "o", "d"),
    ),
    columns=(Field("iban", touches=("billing",)), Field("country")),
    consent=Consent("consent", ("yes",)),
    ratios=(Ratio("conversion", "purchase", "view"),),
    funnels=(Funnel("checkout", ("view", "purchase")),),
    stitching=(Stitch("session_id", "user_id"),),
)
EMPTY = Diff(0, 0, (), (), (), ())


def mapped(*entries: MappedName) -> Mapping:
    return Mapping(entries)


def flowing(*flows: tuple[str, str | None, int]) -> Diff:
    return Diff(9, 9, tuple(EventFlow(*f) for f in flows), (), (), ())


def areas(
    mapping: Mapping | None, diff: Diff = EMPTY, columns: tuple[str, ...] = (), has_baseline: bool = True
) -> dict[str, str]:
    return {t.area: t.because for t in touches(PLAN, mapping, diff, columns, has_baseline=has_baseline)}


# --- what a change touches


def test_a_mapping_touches_what_its_targets_touch() -> None:
    assert set(areas(mapped(MappedName("a", "other")))) == {"taxonomy"}
    assert areas(mapped(MappedName("ok", "purchase"))) == {
        "taxonomy": "it renames 1 event name",
        "metrics": "ok becomes purchase: purchase counts in the ratio conversion",
        "billing": "ok becomes purchase: purchase is marked billing",
    }
    assert areas(mapped(MappedName("in", "login")))["legal"] == "in becomes login: email of login is marked legal"
    assert set(areas(mapped(MappedName("p", "promo")))) == {"taxonomy", "legal"}


def test_what_the_model_might_have_meant_counts_too() -> None:
    """A payment that a mapping sends to nowhere is as grave as one that it sends to the wrong place."""
    voted = mapped(MappedName("ok", NONE, votes=(("none", 2), ("purchase", 1))))
    assert areas(voted)["billing"] == "ok might have been purchase: purchase is marked billing"
    assert "billing" in areas(mapped(MappedName("ok", "other", similar="purchase")))
    assert "billing" not in areas(mapped(MappedName("ok", NONE)))


def test_whoever_leaves_rows_out_or_compares_with_nothing_may_lose_what_matters() -> None:
    """A name is sent nowhere: no one can tell from its letters that it was the payment."""
    quiet = mapped(MappedName("home", "other"), MappedName("ordr_dn", NONE))
    lost = areas(quiet, flowing(("home", "other", 9), ("ordr_dn", NONE, 5)))
    assert lost["metrics"].startswith("ordr_dn (5 rows) is left out; nothing becomes purchase")
    assert lost["billing"] == "nothing becomes purchase: purchase is marked billing"
    assert "billing" in areas(quiet, flowing(("home", "other", 9), ("unheard", None, 1))), "nobody spoke of it"
    everything = flowing(("home", "other", 9))
    assert set(areas(quiet, everything)) == {"taxonomy"}, "the battery compares every event with the baseline"
    assert "billing" in areas(quiet, everything, has_baseline=False), "and without one nobody does"


def test_a_dataset_touches_whatever_the_plan_marks_by_what_it_holds_and_what_it_lacks() -> None:
    held = areas(None, flowing(("purchase", "purchase", 5)), ("event", "ts", "User_ID", "IBAN"), has_baseline=False)
    assert set(held) == {"taxonomy", "schema", "metrics", "billing", "legal", "identity"}
    assert held["billing"] == "it holds iban, which is marked billing; it holds purchase: purchase is marked billing"
    assert held["identity"].startswith("it holds user_id, which says who is who")
    assert areas(None, EMPTY, ("event",))["billing"].startswith(
        "it lacks iban, which is marked billing; it lacks purchase"
    )
    plain = Plan("p", Roles("event", "ts"), (Event("view", "o", "d"),), columns=(Field("country"),))
    bare = touches(plain, None, EMPTY, ("event", "ts", "country"), has_baseline=False)
    assert [t.area for t in bare] == ["taxonomy", "schema"]
    odd = touches(plain, None, EMPTY, ("event", "ts", "mail"), has_baseline=False)
    assert odd[-1] == Touch("legal", "it holds mail, which the plan does not know")


# --- who must sign


def test_areas_of_one_role_need_one_person_and_grave_ones_always_a_sign_off() -> None:
    policy = Policy(needs=())  # nobody is asked for anything that can be switched off
    needs = required(policy, [Touch(a, "") for a in AREAS])
    assert [(n.role, n.areas) for n in needs] == [
        ("analytics", ("metrics",)), ("finance", ("billing",)), ("legal", ("legal",)), ("identity", ("identity",)),
    ]  # fmt: skip
    assert all(n.signed for n in needs)
    assert [n.areas for n in required(Policy(), [Touch("taxonomy", ""), Touch("metrics", "")])] == [
        ("taxonomy", "metrics")
    ]
    assert smallest_team(policy) == 5
    assert smallest_team(Policy()) == 7, "analytics, engineering, finance, legal, identity, ml, and an author"


def test_whoever_could_fill_two_roles_is_kept_for_the_one_that_has_nobody_else() -> None:
    people = {"a": ["x", "y"], "b": ["x"], "c": ["Y ", "z"]}
    assert assignment(["a", "b", "c"], people) == {"a": "y", "b": "x", "c": "z"}
    assert assignment(["a", "b"], {"a": ["x"], "b": ["X"]}) is None, "one person, written twice"
    assert assignment([], {}) == {}


def test_one_person_written_in_several_ways_is_one_person() -> None:
    assert same("Ana@Shop.example ", "ana@shop.example")
    assert same("jos\u00e9@shop.example", "jose\u0301@shop.example")
    assert same("\uff41na@shop.example", "ana@shop.example"), "full-width letters"
    assert not same("ana@shop.example", "anna@shop.example")


# --- cleanroom.toml


def test_roles_and_policy_are_read() -> None:
    text = """
name = "shop"
[roles]
money = [" cy@shop.example "]
[policy]
billing = "money"
schema = false
expires = "36h"
waiver = "money"
"""
    settings, findings = read_settings(text.encode())
    assert not findings
    assert settings is not None
    policy = settings.policy
    assert policy.roles == (Role("money", ("cy@shop.example",)),)
    assert (policy.role_for("billing"), policy.role_for("schema"), policy.role_for("legal")) == ("money", None, "legal")
    assert (policy.expires, policy.waiver) == (36 * 3600, "money")
    assert policy.roles_of("CY@shop.example") == ("money",)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("billing = false", "'billing' cannot be switched off, only given to another role"),
        ('legal = ""', "'legal' cannot be switched off, only given to another role"),
        ("metrics = 3", "'metrics' must name a role"),
        ("waiver = false", "'waiver' cannot be switched off"),
        ("biling = 'finance'", "unknown key 'biling'"),
        ("expires = '0d'", "'expires' must be a length of time above 0"),
        ("taxonomy = 'No Role'", "'taxonomy' must name a role"),
    ],
)
def test_mistakes_in_the_policy_are_told_at_their_line(line: str, message: str) -> None:
    settings, findings = read_settings(f'name = "shop"\n[policy]\n{line}\n'.encode())
    assert settings is None
    assert (findings[0].line, len(findings)) == (3, 1)
    assert message in findings[0].message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[roles]\nfinance = "cy"', "'finance' must be a list of people"),
        ('[roles]\n"Big Money" = []', "'Big Money' cannot be the name of a role"),
        ('[roles]\nfinance = ["a\\nb"]', "'finance' must be a list of people"),
        ("roles = 3", "'roles' must be a table"),
        ('[store]\nurl = "postgresql://me:secret@host/db"', "'url' holds credentials"),
        ('[store]\nurl = "mysql://host/db"', "'url' must be an sqlite or postgresql address"),
        ('[oidc]\nissuer = "https://id.example"', "'client_id' is missing"),
        ('[oidc]\nissuer = "https://id.example"\nclient_id = "c"\nclient_secret = "s"', "'client_secret' is refused"),
        ("[notify.ops]\nkind = 'mail'", "there is no kind of channel 'mail'"),
        ("[notify.ops]\nkind = 'webhook'", "'url' is missing"),
        ("[signals]\np = 1", "'p' must be a table"),
        ("[signals.p]", "'kind' is missing"),
        ("[signals.p]\nkind = 'graphite'", "there is no kind of source 'graphite'"),
        ("[signals.p]\nkind = 7", "'kind' must be text"),
        ("[signals.lake]\nkind = 'sql'\ndata = 'x.csv'", "'flag' is missing"),
        ("[signals.lake]\nkind = 'sql'\nflag = 'f'", "'data' is missing"),
        ("[signals.lake]\nkind = 'sql'\ndata = 'x'\nflag = 'f'\nurl = 'http://x/'", "unknown key 'url'"),
        ("[signals.'a b']\nkind = 'sql'\ndata = 'x'\nflag = 'f'", "'a b' cannot be the name of a source"),
        (PROMETHEUS.replace("url =", "#"), "'url' is missing"),
        (PROMETHEUS.replace("http", "ftp"), "'url' must be an http or https address"),
        (PROMETHEUS.replace("//", "//me:pw@"), "'url' holds credentials"),
        (PROMETHEUS.replace("bad =", "#"), "'bad' is missing"),
        (PROMETHEUS.replace("total{v='$arm'}", "total"), "'total' does not say $arm"),
        (PROMETHEUS.replace("bad{v='$arm'}[$window]", "bad{v='$arm'}[5m]"), "'bad' does not say $window"),
        (PROMETHEUS + "token = 'x'\n", "'token' is refused: secrets do not belong into files"),
        (PROMETHEUS + "token_env = 'a b'\n", "'token_env' is not the name of an environment variable"),
        ("[queue]\ncapacity = 0", "'capacity' must be a whole number from 1"),
        ("[queue]\naudit_share = 2", "'audit_share' must be a share from 0 to 1"),
        ("[queue]\nmax_wait = '4 hours'", "'max_wait' must be a length of time"),
    ],
)
def test_mistakes_around_it_are_told(text: str, message: str) -> None:
    settings, findings = read_settings(f'name = "shop"\n{text}\n'.encode())
    assert settings is None
    assert any(message in f.message for f in findings), findings
    assert not any("secret@host" in f.message + f.hint for f in findings)


def test_a_source_of_counts_is_read_as_it_is_written() -> None:
    settings, findings = read_settings(f'name = "shop"\n{PROMETHEUS}'.encode())
    assert settings is not None, findings
    ((name, keys),) = settings.signals
    assert (name, keys["kind"], keys["total"]) == ("p", "prometheus", "total{v='$arm'}[$window]")


# --- what to look at first


def test_rows_that_may_be_wrong_come_first_weighed_by_what_counts_on_them() -> None:
    sure = MappedName("sure", "other", votes=(("other", 3),))
    torn = MappedName("torn", "other", votes=(("other", 2), ("view", 1)))
    paid = MappedName("paid", "purchase", votes=(("purchase", 3),))
    flows = [EventFlow(name, "other", 1000) for name in ("sure", "torn", "paid")]
    found = weighed(PLAN, mapped(sure, torn, paid), flows)
    assert [w.entry.legacy for w in found] == ["torn", "paid", "sure"]
    assert [round(w.score) for w in found] == [1000 * 2 * 3 // 5, 1000 * 4 // 5, 1000 // 5]
    assert found[1].uses == ("the ratio conversion", "the funnel checkout")
    assert found[1].areas == ("billing",)


def test_a_doubt_is_the_share_of_voices_against_and_the_cross_check_has_one() -> None:
    assert doubt(MappedName("a", "x")) == 1 / 2
    assert doubt(MappedName("a", "x", votes=(("x", 3),))) == 1 / 5
    assert doubt(MappedName("a", "x", votes=(("x", 3),), similar="y")) == 2 / 6


def test_what_somebody_flagged_comes_before_all_else() -> None:
    flag = Correction("bo", "2026-11-22T00:00:00.000000Z", "small", "other", "other", "really?", "flagged")  # type: ignore[arg-type]
    entries = mapped(MappedName("big", "purchase"), MappedName("small", "other"))
    found = weighed(PLAN, entries, [EventFlow("big", "purchase", 10**6)], (flag,))
    assert [w.entry.legacy for w in found] == ["small", "big"]
    assert [w.entry.legacy for w in weighed(PLAN, entries, [], (flag,), limit=1)] == ["small"]
