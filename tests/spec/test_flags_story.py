"""Flags as the ledger has them: set, killed, restored, held still while a rollout runs, and read anew only where it grew."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.doors import ROOT, Yard, yard
from tests.flag_samples import REGION, flag
from typer.testing import CliRunner, Result

from cleanroom.app import flags
from cleanroom.app.flags import Flags
from cleanroom.core.base import Misuse, NotFound, Refused, digest
from cleanroom.core.facts import By, FlagKilled, FlagSet, RolloutRolledBack, RolloutStarted
from cleanroom.core.flags import Flag, Split, evaluate
from cleanroom.core.ledger import Conflict, Write
from cleanroom.core.progress.state import RolledBack
from cleanroom.core.rollout.plan import Metric, Plan
from cleanroom.core.rollout.weighed import Weighed
from cleanroom.entry.cli.root import app

PLAN = Plan((5_000, 10_000, 100_000), (Metric("error"),))
ARTIFACT = digest(b"artifact")


@pytest.fixture
def home(tmp_path: Path) -> Yard:
    return yard(tmp_path / "shop")


def rollout(home: Yard, key: str = "checkout") -> None:
    """Begin a rollout behind a flag, as `cleanroom rollout start` writes it."""
    room, now = home.room, home.clock.now()
    before = flags.one(room, key).standing
    started = RolloutStarted("names", digest(b"c"), digest(b"r"), ARTIFACT, key, PLAN, room.by, now)
    room.store.append(
        [
            Write("rollout/names", 0, started),
            Write(f"flag/{key}", before.version, FlagSet(before.flag, "names", room.by, now)),
        ]
    )


def rolled_back(home: Yard) -> None:
    fact = RolloutRolledBack(Weighed(home.clock.now()), "harm", None, home.clock.now())
    home.room.store.append([Write("rollout/names", 1, fact)])


def test_a_flag_is_set_killed_and_restored(home: Yard) -> None:
    room = home.room
    flags.put(room, flag(5_000))
    shown = flags.put(room, flag(8_000))
    assert (shown.standing.version, shown.flag.split) == (2, Split("new", 8_000))
    killed = flags.kill(room, "checkout", "orders fail")
    assert killed.flag.killed
    assert evaluate(killed.flag, {}).variant == "legacy"
    assert flags.kill(room, "checkout", "again").standing == killed.standing, "it is off already"
    still = flags.put(room, flag(9_000))
    assert still.flag.killed, "a new setting does not bring back what was killed"
    assert still.standing.killed is not None
    assert (still.standing.killed.because, still.standing.killed.by) == ("orders fail", By(ROOT, "claimed"))
    back = flags.restore(room, "checkout")
    assert (back.flag.killed, back.flag.split) == (False, Split("new", 9_000))
    with pytest.raises(Refused, match="not killed"):
        flags.restore(room, "checkout")
    kinds = [f.kind for f in home.facts("flag/checkout")]
    assert kinds == ["flag_set", "flag_set", "flag_killed", "flag_set", "flag_restored"]


def test_what_is_wrong_is_refused_and_nothing_is_written(home: Yard) -> None:
    room = home.room
    for wrong in (
        flag(5_000, safe="none"),
        flag(200_000),
        flag(key=""),
        flag(targeting={"nope": []}),
        flag(variants={"legacy": "a", "old": 1, "new": 2}),
        flag(variants={"legacy": float("nan"), "old": 1.0, "new": 2.0}),
    ):
        with pytest.raises(Misuse):
            flags.put(room, wrong)
    with pytest.raises(NotFound, match="there is no flag"):
        flags.kill(room, "chekout", "x")
    with pytest.raises(NotFound, match="there is no flag"):
        flags.restore(room, "x")
    flags.put(room, flag())
    for because in ("", " \n", "x" * 501):
        with pytest.raises(Misuse, match="reason"):
            flags.kill(room, "checkout", because)
    assert room.store.size() == 1
    killed = flags.kill(room, "checkout", " wrong\nrefunds\x1b ").standing.killed
    assert killed is not None
    assert killed.because == "wrong refunds", "nobody has to find the odd sign while people are harmed"


def test_a_disabled_flag_is_set_and_killed_in_one(home: Yard) -> None:
    shown = flags.put(home.room, flag(killed=True))
    assert shown.flag.killed
    assert [f.kind for f in home.facts("flag/checkout")] == ["flag_set", "flag_killed"]
    assert not shown.standing.flag.killed


@pytest.mark.parametrize(
    ("variants", "told"),
    [
        ({"few": 10.0, "many": 20.0}, {"few": 10.0, "many": 20.0}),
        ({"few": 10, "many": 2.5}, {"few": 10.0, "many": 2.5}),
        ({"few": 10, "many": 20}, {"few": 10, "many": 20}),
    ],
)
def test_floats_come_back_as_floats(home: Yard, variants: dict[str, float], told: dict[str, float]) -> None:
    """The ledger's JSON writes 10.0 as 10; a client that asked for a float would refuse that."""
    flags.put(home.room, Flag("n", variants, "few"))
    found = Flags(home.room.store).look()["n"].flag.variants
    assert repr(dict(found)) == repr(told)


def test_while_a_rollout_runs_no_key_moves(home: Yard) -> None:
    room = home.room
    set_first = flag(60_000, holdout=2_000)
    flags.put(room, set_first)
    rollout(home)
    shown = flags.one(room, "checkout")
    assert shown.serving is not None
    assert shown.flag.split == Split("new", 5_000, 2_000), "its share is that of the phase"
    moves: list[Flag] = [
        flag(60_000, holdout=1_000),
        flag(60_000, holdout=2_000, candidate="old"),
        flag(60_000, holdout=2_000, hash="flagd-3"),
        flag(60_000, holdout=2_000, space="else"),
        flag(60_000, holdout=2_000, audience=REGION),
        flag(60_000, holdout=2_000, targeting="old"),
        flag(60_000, holdout=2_000, control="legacy"),
        flag(60_000, holdout=2_000, safe="old", control="old"),
        replace(set_first, split=None),
        replace(set_first, variants={**set_first.variants, "new": "other"}),
    ]
    for moved in moves:
        with pytest.raises(Refused, match="would move keys"):
            flags.put(room, moved)
    with pytest.raises(Refused, match="serves the rollout of names"):
        flags.put(room, set_first, rollout="other")
    kept = flags.put(room, replace(set_first, overrides={"u": "new"}, metadata={"team": "a"}))
    assert (kept.standing.rollout, kept.flag.overrides, kept.flag.split) == ("names", {"u": "new"}, shown.flag.split)
    assert flags.kill(room, "checkout", "now").flag.killed
    flags.restore(room, "checkout")
    rolled_back(home)
    over = flags.one(room, "checkout")
    assert (over.serving, over.flag.split) == (None, Split("new", 0, 2_000))
    assert isinstance(over.rollout, RolledBack)
    assert flags.put(room, moves[0]).flag.split == Split("new", 60_000, 1_000)


def test_who_comes_second_is_told(home: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the append somebody sets the flag: a setting is refused, a kill is not held up."""
    room = home.room
    flags.put(room, flag(1_000))
    before = flags.one(room, "checkout").standing
    flags.put(room, flag(2_000))
    with pytest.raises(Conflict):
        room.store.append(flags.writes(room, flag(3_000), "", before))
    assert flags.kill(room, "checkout", "now").standing.version == 3


class Counting:
    """A store that counts what is asked of it."""

    def __init__(self, store: Any) -> None:
        self.store, self.asked = store, []  # type: ignore[var-annotated]

    def __getattr__(self, name: str) -> Any:
        self.asked.append(name)
        return getattr(self.store, name)


def test_flags_are_read_anew_only_where_the_ledger_grew(home: Yard) -> None:
    room = home.room
    for i in range(20):
        flags.put(room, flag(key=f"f{i:02}"))
    rollout(home, "f07")
    counting = Counting(room.store)
    kept = Flags(counting)
    first = kept.look()
    assert list(first) == [f"f{i:02}" for i in range(20)]
    counting.asked.clear()
    assert kept.look() is first
    assert counting.asked == ["size"]
    home.token()  # an entry of another kind
    assert kept.look() is first
    flags.kill(room, "f03", "now")
    counting.asked.clear()
    second = kept.look()
    assert (second["f03"].flag.killed, second["f04"]) == (True, first["f04"])
    assert counting.asked == ["size", "entries", "history"]
    rolled_back(home)
    assert kept.look()["f07"].flag.split == Split("new", 0)
    assert kept.look() == Flags(room.store).look() == {s.flag.key: s for s in flags.every(room)}


# --- the command line ---------------------------------------------------------------------------------------


@pytest.fixture
def folder(home: Yard, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(home.room.project.root)
    monkeypatch.setenv("CLEANROOM_OPERATOR", ROOT)
    return home.room.project.root


def run(*arguments: str, code: int = 0, stdin: str | None = None) -> Result:
    done = CliRunner().invoke(app, ["flag", *arguments], input=stdin)
    assert done.exit_code == code, done.output
    return done


def data(*arguments: str) -> Any:
    return json.loads(run(*arguments, "--json").stdout)


ONE = '{"key": "checkout", "variants": {"a": "1", "b": "2"}, "safe": "a", "split": {"candidate": "b", "share": 20000}}'


def test_from_the_file_to_the_kill_and_back(folder: Path) -> None:
    assert "there are no flags" in run("list").stdout
    Path("f.json").write_text(ONE, "utf-8")
    assert "checkout: set, version 1" in run("set", "f.json").stdout
    assert "20%" in run("list").stdout
    said = run("show", "checkout", "--context", '{"targetingKey": "u"}').stdout
    assert said.startswith("checkout: ")
    assert data("show", "checkout", "--context", '{"targetingKey": "u"}')["reason"] == "SPLIT"
    assert "everybody is served 'a'" in run("kill", "checkout", "--because", "orders fail").stdout
    assert data("list")[0]["killed"]["because"] == "orders fail"
    shown = run("show", "checkout")
    assert f"killed by {ROOT}" in shown.stderr
    assert "killed: orders fail" in " ".join(run("list").stdout.split())
    assert data("show", "checkout")["flag"]["killed"]
    assert "restored" in run("restore", "checkout").stdout
    again = run("show", "checkout").stdout
    assert "version 4" in run("set", "-", stdin=again).stdout
    assert run("show", "checkout").stdout == again, "what is shown can be set"
    run("kill", "nope", "--because", "x", code=2)
    run("restore", "checkout", code=1)
    run("kill", "checkout", code=2)


def test_flags_go_out_as_sql_and_as_a_flagd_file_and_come_back(folder: Path) -> None:
    Path("f.json").write_text(ONE, "utf-8")
    run("set", "f.json")
    assert '"user_id"' in run("sql", "checkout", "--key", "user_id").stdout
    assert data("sql", "checkout", "--key", "k", "--dialect", "bigquery")["setup"]
    run("sql", "checkout", "--key", "k", "--dialect", "oracle", code=2)
    exported = run("export").stdout
    assert list(data("export")["flags"]) == ["checkout"]
    Path("flagd.json").write_text(exported.replace('"checkout"', '"copy"'), "utf-8")
    run("set", "flagd.json")
    assert [f["key"] for f in data("list")] == ["checkout", "copy"]
    assert list(json.loads(run("export", "copy").stdout)["flags"]) == ["copy"]
    for i in range(50):
        context = json.dumps({"targetingKey": f"u{i}"})
        if i % 10 == 0:
            assert (
                data("show", "copy", "--context", context)["variant"]
                == data("show", "checkout", "--context", context)["variant"]
            )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "f.json:1"),
        ('{"key": "x",\n "variants": {"a": 1}, "safe": 3}', "f.json:2"),
        ('{"key": "x", "variants": {"a": 1}, "safe": "a", "shares": 3}', "shares"),
        ('{"key": "x", "variants": {"a": 1}, "safe": "b"}', "there is no variant 'b'"),
        ('{"flags": {"x": {"state": "ENABLED", "variants": {"a": 1}, "defaultVariant": "b"}}}', "f.json:1"),
        ("[]", "f.json"),
    ],
)
def test_a_file_with_mistakes_says_where(folder: Path, text: str, said: str) -> None:
    Path("f.json").write_text(text, "utf-8")
    assert said in run("set", "f.json", code=2).stderr
    assert run("list").stdout.startswith("there are no flags")
    run("set", "absent.json", code=2)
    run("show", "x", "--context", "{", code=2)


def test_facts_of_flags_are_kept_as_they_were_written(home: Yard) -> None:
    flags.put(home.room, flag(5_000, audience=REGION, overrides={"u": "old"}, metadata={"n": 1.5, "on": True}))
    fact = home.facts("flag/checkout")[0]
    assert isinstance(fact, FlagSet)
    assert fact.flag == flag(5_000, audience=REGION, overrides={"u": "old"}, metadata={"n": 1.5, "on": True})
    flags.kill(home.room, "checkout", "why")
    assert isinstance(home.facts("flag/checkout")[1], FlagKilled)
