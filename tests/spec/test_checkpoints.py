"""The way out: a signed checkpoint is published, the ledger is damaged by hand, and whoever kept the checkpoint sees where."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.second_opinion import proven_entry, signed_text
from typer.testing import CliRunner, Result

from cleanroom.app import audit
from cleanroom.app.checkpoint import SUBJECT, checkpoint
from cleanroom.codec.ledger import decode, encode
from cleanroom.core.base import Instant, Refused, digest
from cleanroom.core.facts import CheckpointPublished, Proposed
from cleanroom.core.ledger import Write, sealed
from cleanroom.core.merkle import Frontier
from cleanroom.entry.cli.root import app
from cleanroom.wiring import room, verifies

AT = Instant("2026-11-21T23:20:00.000000Z")
SIZE = 23
SETTINGS = 'name = "shop"\n\n[notify.log]\nkind = "file"\nfile = "told/log.jsonl"\n'


def fact(i: int) -> Proposed:
    return Proposed(digest(b"%d" % i), f"names {i}", "mapping", digest(b"a"), "ann", "model", None, AT)


def run(*arguments: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, list(arguments), input=given)


def right(*arguments: str, given: str | None = None) -> str:
    done = run(*arguments, given=given)
    assert done.exit_code == 0, done.output
    return done.stdout


def one_line(done: Result) -> str:
    errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
    assert len(errors) == 1, done.output
    return errors[0]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "cleanroom.toml").write_text(SETTINGS)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("CLEANROOM_OPERATOR", "ana@shop.example")
    monkeypatch.delenv("CLEANROOM_SIGNING_KEY", raising=False)
    room(folder).store.append([Write(f"subject {i % 4}", i // 4, fact(i)) for i in range(SIZE)])
    return folder


def published(project: Path) -> list[CheckpointPublished]:
    return [e.fact for e in room(project).store.history(SUBJECT) if isinstance(e.fact, CheckpointPublished)]


# Publishing.


def test_without_a_place_a_checkpoint_is_printed_and_nothing_is_recorded(project: Path) -> None:
    note = right("ledger", "checkpoint")
    key = right("ledger", "key").strip()
    text = signed_text(note.encode(), key)
    assert text is not None
    assert text.splitlines()[:2] == ["cleanroom/shop", str(SIZE)]
    assert published(project) == []
    said = json.loads(right("ledger", "key", "--json"))
    assert said == {"name": "cleanroom/shop", "id": key.split("+")[1], "key": key}


def test_a_checkpoint_in_a_file_is_recorded_and_holds_while_the_ledger_grows(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere" / "checkpoint.txt"
    made = json.loads(right("ledger", "checkpoint", "--to", str(outside), "--json"))
    assert outside.read_text("utf-8") == made["note"]
    fact_ = published(project)[0]
    assert (fact_.size, fact_.root, fact_.key) == (SIZE, made["root"], made["key"])
    assert fact_.to == f"file {outside}"
    right("ledger", "checkpoint", "--to", str(outside))  # a newer one takes its place
    assert outside.read_text("utf-8").splitlines()[1] == str(SIZE + 1)
    room(project).store.append([Write("more", i, fact(i)) for i in range(9)])
    key = right("ledger", "key").strip()
    assert "begins with the 24 entries" in right("ledger", "verify", "--checkpoint", str(outside), "--key", key)
    assert "34 entries" in right("ledger", "verify", "--checkpoint", str(outside))
    assert "34 entries" in right("ledger", "verify", "--checkpoint", "-", given=made["note"])
    assert json.loads(right("ledger", "verify", "--checkpoint", str(outside), "--json"))["size"] == 34


def test_a_checkpoint_goes_to_a_channel_through_the_outbox(project: Path) -> None:
    made = json.loads(right("ledger", "checkpoint", "--to", "log", "--json"))
    assert made["waits"] is False
    (line,) = (project / "told" / "log.jsonl").read_text("utf-8").splitlines()
    said = json.loads(line)
    assert said["body"] == made["note"]
    assert said["title"] == f"Checkpoint of {SIZE} entries"
    assert published(project)[0].to == "channel log"


def test_a_checkpoint_that_cannot_be_delivered_waits_and_says_so(project: Path) -> None:
    (project / "told").write_text("a file where a folder has to be")
    done = run("ledger", "checkpoint", "--to", "log")
    assert done.exit_code == 0, done.output
    assert "waits for log" in done.stdout
    assert "`cleanroom tick` tries again" in done.stderr
    assert [m.tries for m in room(project).outbox.waiting()] == [1]
    (project / "told").unlink()
    assert "messages delivered: 1" in right("tick", "--at", "2999-01-01T00:00:00Z")
    assert room(project).outbox.waiting() == ()


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), "-c", "user.name=Ana", "-c", "user.email=ana@shop.example", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_checkpoint_becomes_a_git_note(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no git repository" in one_line(run("ledger", "checkpoint", "--to", "git-note"))
    assert published(project) == []
    git(project, "init", "--quiet")
    for name, value in (("user.name", "Ana"), ("user.email", "ana@shop.example"), ("commit.gpgSign", "true")):
        git(project, "config", name, value)
    (project / ".gitignore").write_text(".cleanroom/\n")
    git(project, "add", ".")
    git(project, "-c", "commit.gpgSign=false", "commit", "--quiet", "--message", "first")
    for _ in range(2):  # the second one takes the place of the first
        right("ledger", "checkpoint", "--to", "git-note")
    note = git(project, "notes", "--ref=cleanroom", "show", "HEAD")
    assert f"begins with the {SIZE + 1} entries" in right("ledger", "verify", "--checkpoint", "-", given=note)
    assert note.splitlines()[1] == str(SIZE + 1)
    assert published(project)[1].to == f"git-note {git(project, 'rev-parse', 'HEAD').strip()}"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("checkpoint", "--to", "lok"), "there is no channel 'lok'"),
        (("checkpoint", "--to", "../"), "is a folder"),
        (("checkpoint", "--to", "cleanroom.toml"), "is no checkpoint: it is left as it is"),
        (("verify", "--checkpoint", "no.txt"), "no.txt cannot be read"),
        (("verify", "--checkpoint", "cleanroom.toml"), "no signed note"),
        (("verify", "--key", "x"), "--key needs a checkpoint"),
        (("verify", "--checkpoint", "x", "--expect", "1:sha256:00"), "say the same"),
        (("proof", "99"), "no entry 99"),
        (("export", "--json"), "--out"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_2(project: Path, arguments: tuple[str, ...], says: str) -> None:
    done = run("ledger", *arguments)
    assert done.exit_code == 2, done.output
    assert says in one_line(done)


def test_a_checkpoint_of_somebody_else_is_not_believed(project: Path, tmp_path: Path) -> None:
    note = right("ledger", "checkpoint")
    other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    done = run("ledger", "verify", "--checkpoint", "-", "--key", other, given=note)
    assert done.exit_code == 1
    assert "not signed by PeterNeumann" in one_line(done)
    done = run("ledger", "verify", "--checkpoint", "-", given=note.replace(f"\n{SIZE}\n", f"\n{SIZE - 1}\n"))
    assert done.exit_code == 1
    assert "the note was changed" in one_line(done)


# Damage, by somebody who can write the file.

ALL = "idx, subject, version, kind, body, leaf, peak, root"


def flip_a_byte(raw: sqlite3.Connection) -> None:
    (body,) = raw.execute("SELECT body FROM ledger WHERE idx = 7").fetchone()
    raw.execute("UPDATE ledger SET body = ? WHERE idx = 7", (body[:60] + bytes([body[60] ^ 1]) + body[61:],))


def delete_one(raw: sqlite3.Connection) -> None:
    raw.execute("DELETE FROM ledger WHERE idx = 11")


def delete_and_close_the_gap(raw: sqlite3.Connection) -> None:
    raw.execute("DELETE FROM ledger WHERE idx = 11")
    for index in range(12, SIZE):
        raw.execute("UPDATE ledger SET idx = ? WHERE idx = ?", (index - 1, index))


def swap_two(raw: sqlite3.Connection) -> None:
    for old, new in ((4, 1000), (9, 4), (1000, 9)):
        raw.execute("UPDATE ledger SET idx = ? WHERE idx = ?", (new, old))


def cut_the_tail(raw: sqlite3.Connection) -> None:
    raw.execute("DELETE FROM ledger WHERE idx >= 20")


def rewrite_with_all_hashes(raw: sqlite3.Connection) -> None:
    tree = Frontier()
    for index, body in raw.execute("SELECT idx, body FROM ledger ORDER BY idx").fetchall():
        entry = decode(body)
        if index == 3:
            entry = replace(entry, fact=replace(fact(3), author="eve"))
        line, tree = sealed(entry, encode(entry), tree)
        values = (line.body, line.leaf, line.peak, line.root, index)
        raw.execute("UPDATE ledger SET body = ?, leaf = ?, peak = ?, root = ? WHERE idx = ?", values)


DAMAGE: dict[str, tuple[Callable[[sqlite3.Connection], None], int, str, bool]] = {
    "one byte": (flip_a_byte, 7, "bytes", True),
    "a deletion": (delete_one, 11, "missing", True),
    "a deletion with its gap closed": (delete_and_close_the_gap, 11, "order", True),
    "a reorder": (swap_two, 4, "order", True),
    "a truncated tail": (cut_the_tail, 20, "missing", False),
    "a new history": (rewrite_with_all_hashes, SIZE - 1, "checkpoint", False),
}
"""What is done, the entry that is named, the fault, and whether that shows without a checkpoint."""


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_located(project: Path, tmp_path: Path, name: str) -> None:
    damage, index, fault, shows_alone = DAMAGE[name]
    key = right("ledger", "key").strip()
    outside = tmp_path / "checkpoint.txt"
    outside.write_text(right("ledger", "checkpoint"), encoding="utf-8")
    with closing(sqlite3.connect(project / ".cleanroom" / "ledger.db", isolation_level=None)) as raw:
        damage(raw)
    done = run("ledger", "verify", "--checkpoint", str(outside), "--key", key, "--json")
    assert done.exit_code == 1
    found = json.loads(done.stdout)
    assert (found["index"], found["fault"]) == (index, fault)
    assert f"entry {index}" in one_line(done)
    assert run("ledger", "verify").exit_code == (1 if shows_alone else 0)
    # The key remembers what it signed: it signs no other history, wherever it is asked.
    for command in (("checkpoint",), ("proof", "0"), ("checkpoint", "--to", str(tmp_path / "new.txt"))):
        done = run("ledger", *command)
        assert done.exit_code == 1, (command, done.output)
        assert one_line(done)
    assert not (tmp_path / "new.txt").exists()


def test_a_quick_checkpoint_reads_only_what_is_new_and_is_the_same(project: Path) -> None:
    right("ledger", "checkpoint")
    work = room(project)
    work.store.append([Write("more", i, fact(i)) for i in range(9)])
    read: list[int] = []

    class Watched:
        def __getattr__(self, name: str) -> object:
            return getattr(work.store, name)

        def stored(self, after: int = -1) -> object:
            for line in work.store.stored(after):
                read.append(line.index)
                yield line

    quick = checkpoint(replace(work, store=Watched()), verifies, quick=True)  # type: ignore[arg-type]
    assert read == list(range(SIZE, SIZE + 9))
    assert quick == checkpoint(work, verifies)


def test_a_quick_checkpoint_of_a_touched_ledger_is_refused_or_extends_what_was_signed(project: Path) -> None:
    right("ledger", "checkpoint")
    with closing(sqlite3.connect(project / ".cleanroom" / "ledger.db", isolation_level=None)) as raw:
        rewrite_with_all_hashes(raw)
    done = run("ledger", "checkpoint", "--quick")
    assert done.exit_code == 1
    assert "do not give the root of the checkpoint" in one_line(done)


# Proofs for somebody who has nothing else, and the export.


def test_a_proof_is_checked_by_a_program_that_has_none_of_our_code(project: Path) -> None:
    key = right("ledger", "key").strip()
    lines = list(room(project).store.stored())
    for index in (0, 1, 7, SIZE - 1):
        document = right("ledger", "proof", str(index)).encode()
        assert proven_entry(document, key) == lines[index].body
        assert proven_entry(document.replace(f"index {index}\n".encode(), b"index 2\n"), key) is None
        assert proven_entry(document.replace(b"\nextra ey", b"\nextra ez"), key) is None
    said = json.loads(right("ledger", "proof", "7", "--json"))
    assert said["body"].encode() == lines[7].body
    assert said["leaf"] == "sha256:" + lines[7].leaf.hex()
    assert said["root"] == said["checkpoint"]["root"]
    assert signed_text(said["checkpoint"]["note"].encode(), key) is not None


def test_the_export_is_the_stored_bytes_and_gives_the_root(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "ledger.jsonl"
    said = json.loads(right("ledger", "export", "--out", str(out), "--json"))
    lines = list(room(project).store.stored())
    assert out.read_bytes() == b"".join(line.body + b"\n" for line in lines)
    assert said == {"size": SIZE, "root": audit.as_digest(lines[-1].root), "file": str(out)}
    assert right("ledger", "export").encode() == out.read_bytes()


def test_a_touched_ledger_is_not_exported_as_if_it_were_whole(project: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(project / ".cleanroom" / "ledger.db", isolation_level=None)) as raw:
        flip_a_byte(raw)
    done = run("ledger", "export", "--out", str(tmp_path / "ledger.jsonl"))
    assert done.exit_code == 1
    assert "entry 7" in one_line(done)
    assert list(tmp_path.glob("*.jsonl")) == list(tmp_path.glob(".*partial")) == []
    with pytest.raises(Refused, match="entry 7"):
        audit.export(room(project).store, lambda _: None)
