"""The program of docs/audit.md, as an auditor would copy it: it lets a true proof through and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cleanroom.core.base import Instant, digest
from cleanroom.core.facts import Proposed
from cleanroom.core.ledger import Write
from cleanroom.entry.cli.root import app
from cleanroom.wiring import room

PAGE = Path(__file__).resolve().parents[2] / "docs" / "audit.md"
AT = Instant("2026-11-21T23:20:00.000000Z")


def test_the_program_on_the_page_checks_a_proof(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CLEANROOM_SIGNING_KEY", raising=False)
    (tmp_path / "cleanroom.toml").write_text('name = "shop"\n')
    facts = [Proposed(digest(b"c"), f"n {i}", "mapping", digest(b"a"), "ann", "m", None, AT) for i in range(13)]
    store = room(tmp_path).store
    store.append([Write("x", i, fact) for i, fact in enumerate(facts)])
    program = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert program
    (tmp_path / "check.py").write_text(program[1], "utf-8")
    key = CliRunner().invoke(app, ["ledger", "key"]).stdout.strip()
    proof = CliRunner().invoke(app, ["ledger", "proof", "6"]).stdout

    def check(document: str, by: str = key) -> subprocess.CompletedProcess[str]:
        (tmp_path / "entry.tlog-proof").write_text(document, "utf-8")
        command = [sys.executable, "check.py", "entry.tlog-proof", by]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    done = check(proof)
    line = store.line(6)
    assert line is not None
    assert (done.returncode, done.stdout.encode()) == (0, line.body + b"\n"), done.stderr
    other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    wrong = [
        proof.replace("index 6", "index 7"),
        proof.replace("extra ey", "extra ez"),
        proof.replace("\n13\n", "\n12\n"),
    ]
    assert [check(document).returncode for document in wrong] == [1, 1, 1]
    assert "not signed by that key" in check(proof, other).stderr
