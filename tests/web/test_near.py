"""A kill by way of a server on the same machine: the same entry, the same refusals, and no worse off without the server."""

from __future__ import annotations

import json
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest
from tests.doors import ANA, ROOT, SETTINGS
from tests.served import Served, serving
from typer.testing import CliRunner

from cleanroom.app import access, flags
from cleanroom.app.room import Room
from cleanroom.core.base import Misuse, NotFound, Refused, after
from cleanroom.core.facts import FlagKilled
from cleanroom.core.flags import Flag
from cleanroom.entry.cli.root import app
from cleanroom.entry.near import DOOR, LONGEST, SOCKET
from cleanroom.entry.near.ask import address, kill
from cleanroom.entry.near.quick import killed
from cleanroom.wiring import room


def _flags(folder: Path, *keys: str) -> Room:
    work = room(folder, ROOT)
    for key in keys:
        flags.put(work, Flag(key, {"old": "1", "new": "2"}, "old", control="new"))
    return work


def _said(served: Served, line: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(10)
        here = os.open(served.project / DOOR, os.O_RDONLY)
        door.connect(address(served.project / DOOR, here))
        os.close(here)
        door.sendall(line)
        return door.makefile("rb").readline()


def test_a_server_writes_the_kill_that_a_command_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLEANROOM_TOKEN", raising=False)
    deep = tmp_path / ("a folder with a long name " * 6).strip()  # longer than the address of a socket may be
    deep.mkdir()
    with serving(deep, SETTINGS) as served:
        assert httpx2.get(f"{served.url}/healthz").status_code == 200
        work = _flags(deep, "checkout", "search", "cart")
        assert stat.S_IMODE((deep / DOOR).stat().st_mode) == 0o700
        (deep / "inner").mkdir()
        done = kill(deep / "inner", "checkout", "orders fail", ANA)
        assert done is not None
        assert done["killed"]["because"] == "orders fail"
        told = work.store.history("flag/checkout")[-1].fact
        assert isinstance(told, FlagKilled)
        assert (told.by.person, told.by.how) == (ANA, "claimed")
        assert kill(deep, "checkout", "again", ANA) == done  # a kill twice over is one kill
        with pytest.raises(Misuse, match="there is no flag 'chekout'") as caught:
            kill(deep, "chekout", "orders fail", ANA)
        assert "checkout" in caught.value.hint
        with pytest.raises(Misuse, match="reason"):
            kill(deep, "search", " ", ANA)
        _tokens(work, deep, monkeypatch)
        for wrong in (b"{}\n", b"hello\n", b'{"flag": 1}\n', b"\xff\n"):
            assert json.loads(_said(served, wrong))["error"] == 2
        with pytest.raises((AssertionError, OSError, ValueError)):
            assert json.loads(_said(served, b"x" * 2 * LONGEST + b"\n"))
        program = [sys.executable, "-X", "importtime", "-m", "cleanroom", "flag", "kill", "cart", "--because", "b"]
        shown = subprocess.run([*program, "--project", str(deep)], capture_output=True, text=True, check=True)
        assert shown.stdout == "cart: killed; everybody is served 'old'\n"
        assert "typer" not in shown.stderr, "nothing of the command line is loaded for it"
        served.process.terminate()
        served.process.wait(10)
        assert not (deep / DOOR / SOCKET).exists()


def _tokens(work: Room, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token's person is at work, where its scope opens reviews; no other."""
    expires = after(work.clock.now(), 60)
    monkeypatch.setenv("CLEANROOM_TOKEN", access.make_token(work, ROOT, "reads", ["read"], expires)[1])
    with pytest.raises(Refused, match="scope"):
        kill(folder, "search", "b", None)
    monkeypatch.setenv("CLEANROOM_TOKEN", access.make_token(work, ROOT, "reviews", ["review"], expires)[1])
    assert kill(folder, "search", "b", None) is not None
    told = work.store.history("flag/search")[-1].fact
    assert isinstance(told, FlagKilled)
    assert (told.by.person, told.by.how) == (ROOT, "token")
    monkeypatch.delenv("CLEANROOM_TOKEN")


def test_only_the_plain_form_goes_the_quick_way() -> None:
    for words in (
        ["flag", "kill"],
        ["flag", "kill", "a"],
        ["flag", "kill", "a", "--because", " "],
        ["flag", "kill", "a", "b", "--because", "c"],
        ["flag", "kill", "a", "--because"],
        ["flag", "kill", "a", "--because", "c", "--json"],
        ["flag", "kill", "--help"],
        ["flag", "list"],
        [],
    ):
        assert not killed(words)


def test_without_an_answer_the_command_writes_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLEANROOM_TOKEN", raising=False)
    (tmp_path / "cleanroom.toml").write_text(SETTINGS, "utf-8")
    work = _flags(tmp_path, "a", "b")
    (tmp_path / DOOR).mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as left:  # by a server that was killed: the socket is there and nobody listens
        left.bind(str(tmp_path / DOOR / SOCKET))
    assert kill(tmp_path, "a", "because", ANA) is None
    assert CliRunner().invoke(app, ["flag", "kill", "a", "--because", "x", "--project", str(tmp_path)]).exit_code == 0
    assert flags.one(work, "a").flag.killed
    (tmp_path / DOOR / SOCKET).unlink()
    with socket.socket(socket.AF_UNIX) as hung:  # it takes the question and never answers
        hung.bind(str(tmp_path / DOOR / SOCKET))
        hung.listen()
        begin = time.monotonic()
        assert kill(tmp_path, "b", "because", ANA) is None
        assert time.monotonic() - begin < 5
    with pytest.raises(NotFound):
        flags.kill(work, "none", "x")


def test_a_kill_by_way_of_a_server_loads_neither_database_nor_numpy(tmp_path: Path) -> None:
    program = (
        "import sys; from cleanroom.entry.near.ask import kill; import cleanroom.entry.cli.flag; print(*sys.modules)"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert {"sqlalchemy", "numpy", "scipy", "pydantic", "duckdb"}.isdisjoint(done.stdout.split())
