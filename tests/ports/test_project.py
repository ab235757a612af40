"""Does the Project keep the promises of its port? Paths stay inside, changes are written whole, edits are noticed."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs
from cleanroom.adapters.project.disk import DiskProject, open_project
from cleanroom.adapters.project.files import settle, write_folder
from cleanroom.core.base import Instant, Misuse, Outside, digest
from cleanroom.core.change import Change, Correction, DatasetArtifact, MappedName, Mapping, MappingArtifact, Provenance
from cleanroom.ports.project import ModelSettings, Project

PLAN = """\
version: 1
name: shop
roles: {event: event, time: ts, payload: payload}
events:
  purchase: {owner: a@b.example, description: Paid., schema: schemas/purchase.json}
"""
SCHEMA = '{"type": "object", "properties": {"value": {"$ref": "money.json"}}}'
MAPPING = Mapping((MappedName("order_ok", "purchase", votes=(("purchase", 3),)), MappedName("dbg", "none", "no use")))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    home = tmp_path / "shop"
    files = {
        "cleanroom.toml": 'name = "shop"\n[models.big]\nkind = "openai"\nmodel = "m-1"\napi_key_env = "KEY"\n',
        "contracts/plan.yaml": PLAN,
        "contracts/schemas/purchase.json": SCHEMA,
        "contracts/schemas/money.json": '{"type": "number"}',
        "golden/mapping.jsonl": '{"id": "g1", "input": {"event": "order_ok"}, "expect": {"event": "purchase"}}\n',
    }
    for name, text in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")
    return home


@pytest.fixture
def project(root: Path) -> Project:
    return open_project(root, JsonSchemaRs())


def names(folder: Path) -> list[str]:
    return sorted(f.name for f in folder.iterdir())


def change_of(project: Project, mapping: Mapping = MAPPING, name: str = "legacy") -> Change:
    made = Provenance(
        "ann@shop.example", Instant("2026-11-21T23:20:00.000000Z"), "cleanroom 0.1.0", parameters=(("t", "0"),)
    )
    artifact = MappingArtifact("mapping.json", project.artifact_digest(mapping), "data/events.parquet")
    return Change(name, artifact, made)


def test_a_project_is_found_from_any_folder_in_it(root: Path) -> None:
    assert open_project(root / "contracts" / "schemas", JsonSchemaRs()).root == root
    with pytest.raises(Misuse, match=r"there is no cleanroom\.toml in .* or above it") as refused:
        open_project(root.parent, JsonSchemaRs())
    assert "cleanroom init" in refused.value.hint
    with pytest.raises(Misuse, match="does not exist"):
        open_project(root / "nowhere", JsonSchemaRs())


def test_a_plan_file_may_lie_outside_any_project(tmp_path: Path) -> None:
    lone = tmp_path / "old-plan.yaml"
    lone.write_text(PLAN.replace(", schema: schemas/purchase.json", ""), encoding="utf-8")
    project = open_project(lone, JsonSchemaRs())
    assert project.lint() == ()
    assert project.contract().plan.event_names == ("purchase",)


def test_the_contract_holds_the_plan_and_self_contained_schemas(project: Project) -> None:
    contract = project.contract()
    assert contract.plan.event_names == ("purchase",)
    [(event, schema)] = contract.schemas
    assert event == "purchase"
    alone = JsonSchemaRs().compile(schema)
    assert alone.finding('{"value": "x"}') == "type at /value"
    assert alone.finding('{"value": 1}') is None


def test_golden_cases_and_models_are_read(project: Project) -> None:
    assert [(c.id, c.expect) for c in project.golden()] == [("g1", (("event", "purchase"),))]
    assert project.models() == (ModelSettings("big", "openai", "m-1", api_key_env="KEY"),)
    assert project.lint() == ()


def test_paths_stay_inside(project: Project, root: Path, tmp_path: Path) -> None:
    (root / "link").symlink_to(tmp_path)
    (root / "loop").symlink_to(root / "loop")
    assert project.path("data/a.parquet") == root / "data" / "a.parquet"
    assert project.path("contracts/../data") == root / "data"
    for outside in ("..", "../other", "/etc/passwd", "link/x", "data/../../x", "a\0b"):
        with pytest.raises(Misuse):
            project.path(outside)


@pytest.mark.parametrize("name", ["", ".", "..", "../up", "a/b", ".hidden", "a\nb", "x" * 101, "é", "-f"])
def test_a_change_has_a_plain_name(project: Project, name: str) -> None:
    with pytest.raises(Misuse, match="cannot be the name of a change"):
        project.write_change(replace(change_of(project), name=name), MAPPING)
    with pytest.raises(Misuse, match="cannot be the name of a change"):
        project.change(name)


def test_a_change_reads_back_equal(project: Project, root: Path) -> None:
    change = change_of(project)
    folder = project.write_change(change, MAPPING)
    assert folder == root / "changes" / "legacy"
    assert project.change("legacy") == (change, MAPPING)
    assert project.change("legacy")[0].digest == change.digest
    assert project.changes() == ("legacy",)
    content = (folder / "mapping.json").read_bytes()
    assert digest(content) == change.artifact.digest
    assert content.endswith(b"}\n")
    assert names(root / "changes") == ["legacy"], "nothing else is left"


def test_a_dataset_has_no_mapping(project: Project) -> None:
    change = replace(change_of(project), artifact=DatasetArtifact("data/new.parquet", digest(b"rows")))
    project.write_change(change, None)
    assert project.change("legacy") == (change, None)
    with pytest.raises(Misuse, match="has no mapping"):
        project.edited_mapping("legacy")


def test_an_edit_by_hand_is_noticed(project: Project, root: Path) -> None:
    change = change_of(project)
    file = project.write_change(change, MAPPING) / "mapping.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"purchase"', '"refund"', 1), encoding="utf-8")
    with pytest.raises(Misuse, match=r"changes/legacy/mapping\.json was edited since") as refused:
        project.change("legacy")
    assert "cleanroom correct legacy --edited" in refused.value.hint
    same, edited = project.edited_mapping("legacy")
    assert (same, edited.target("order_ok")) == (change, "refund")


def test_a_new_version_replaces_the_old_one_and_leaves_other_files(project: Project) -> None:
    first = change_of(project)
    folder = project.write_change(first, MAPPING)
    (folder / "notes.md").write_text("why we did it", encoding="utf-8")
    (folder / "more").mkdir()
    (folder / "more" / "x.txt").write_text("x", encoding="utf-8")
    better = Mapping((MappedName("order_ok", "purchase"),))
    fixed = Correction("bob", Instant("2026-11-22T00:00:00.000000Z"), "dbg", "none", "", "left out")
    again = change_of(project, better)
    second = replace(again, provenance=replace(again.provenance, corrections=(fixed,)), corrects=first.digest)
    project.write_change(second, better)
    assert project.change("legacy") == (second, better)
    assert (folder / "notes.md").read_text(encoding="utf-8") == "why we did it"
    assert (folder / "more" / "x.txt").read_text(encoding="utf-8") == "x"


def test_a_change_that_is_not_there_is_told_with_those_that_are(project: Project) -> None:
    project.write_change(change_of(project), MAPPING)
    with pytest.raises(Misuse, match="there is no change 'other'") as refused:
        project.change("other")
    assert "legacy" in refused.value.hint


@pytest.mark.parametrize(
    ("file", "before", "after", "message"),
    [
        ("change.yaml", "name: legacy", "name: other", "is the change 'other', not 'legacy'"),
        ("change.yaml", "operator: ann", "oprator: ann", r"change\.yaml:10:3 unknown key 'oprator'"),
        ("change.yaml", "kind: mapping", "kind: mappin", "'mappin' is not one of: mapping, dataset"),
        ("mapping.json", '"legacy": "dbg"', '"legacy": "order_ok"', "legacy name 'order_ok' is there twice"),
        ("mapping.json", '"target": "none"', '"target": 5', "'target' must be text, not the number 5"),
        ("mapping.json", '"events"', '"event"', r"mapping\.json:2:3 unknown key 'event'"),
    ],
)
def test_a_fault_in_a_change_is_one_line_with_its_place(
    project: Project, file: str, before: str, after: str, message: str
) -> None:
    path = project.write_change(change_of(project), MAPPING) / file
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1
    path.write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(Misuse, match=message) as refused:
        project.change("legacy")
    assert "\n" not in refused.value.message


FULL_DISK = """
import resource, sys
from pathlib import Path
from cleanroom.adapters.project.files import write_folder
from cleanroom.core.base import Outside
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_folder(Path(sys.argv[1]), {"change.yaml": b"new", "mapping.json": b"x" * 5000})
except Outside as error:
    print(error.message)
    sys.exit(error.code)
"""


def test_a_full_disk_leaves_nothing_half_written(project: Project, root: Path) -> None:
    """The operating system itself refuses to write more than 1,000 bytes to a file."""
    change = change_of(project)
    folder = project.write_change(change, MAPPING)
    for target in (folder, root / "changes" / "other"):
        done = subprocess.run(
            [sys.executable, "-c", FULL_DISK, str(target)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (4, "")
        assert "the disk is full" in done.stdout
    assert project.change("legacy") == (change, MAPPING)
    assert names(root / "changes") == ["legacy"]


KILLED = """
import os, sys
from pathlib import Path
from cleanroom.adapters.project.files import write_folder
real, count = os.rename, [0]
def rename(*args, **kwargs):
    if count[0] == int(sys.argv[2]):
        os._exit(9)
    count[0] += 1
    return real(*args, **kwargs)
os.rename = rename
write_folder(Path(sys.argv[1]), {"a": b"new"})
"""


@pytest.mark.parametrize("survived", [0, 1])
def test_killed_at_any_rename_the_folder_is_old_or_new(tmp_path: Path, survived: int) -> None:
    folder = tmp_path / "change"
    write_folder(folder, {"a": b"old"})
    done = subprocess.run([sys.executable, "-c", KILLED, str(folder), str(survived)], check=False, capture_output=True)
    assert done.returncode == 9
    settle(folder)
    assert (folder / "a").read_bytes() == b"old"
    for left in tmp_path.glob(".new-*"):
        os.utime(left, (0, 0))
    write_folder(folder, {"a": b"newer"})
    assert (folder / "a").read_bytes() == b"newer"
    assert names(tmp_path) == ["change"], "what the killed program left is swept up a day later"


def test_a_place_that_may_not_be_written_is_outside_our_power(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(Outside):
        write_folder(tmp_path / "file" / "change", {"a": b""})


@pytest.fixture
def git(root: Path) -> None:
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "first"]):
        who = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *who, *command], cwd=root, check=True)


def test_the_commit_is_named_and_dirt_is_told(project: Project, root: Path, git: None) -> None:
    clean = project.commit()
    assert len(clean) == 40
    (root / ".cleanroom").mkdir()
    (root / ".cleanroom" / "ledger.db").write_text("x", encoding="utf-8")
    assert project.commit() == clean, "our own state is no difference"
    (root / "contracts" / "plan.yaml").write_text(PLAN + "\n", encoding="utf-8")
    assert project.commit() == clean + "+dirty"


def test_outside_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert DiskProject(tmp_path, JsonSchemaRs()).commit() == ""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    assert DiskProject(tmp_path, JsonSchemaRs()).commit() == "", "nothing is committed yet"


def test_programs_that_a_repository_names_are_not_run(project: Project, root: Path, git: None) -> None:
    trap = root / "trap.sh"
    trap.write_text(f"#!/bin/sh\ntouch {root}/sprung\n", encoding="utf-8")
    trap.chmod(0o755)
    subprocess.run(["git", "config", "core.fsmonitor", str(trap)], cwd=root, check=True)
    assert project.commit().endswith("+dirty")
    assert not (root / "sprung").exists()
