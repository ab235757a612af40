"""Mistakes in the files around a plan are found with file and line: schemas, golden cases, cleanroom.toml."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cleanroom.adapters.jsonschema_rs.validator import JsonSchemaRs
from cleanroom.adapters.project.disk import open_project
from cleanroom.app.contract import diff, lint
from cleanroom.codec.golden import golden_line, read_golden
from cleanroom.codec.settings import read_settings
from cleanroom.core.base import Misuse
from cleanroom.core.contract import LintFinding
from cleanroom.core.golden import GoldenCase

PLAN = """\
version: 1
name: shop
roles: {event: event, time: ts, payload: payload}
events:
  view_item: {owner: a@b.example, description: Seen.}
  purchase:
    owner: a@b.example
    description: Paid.
    schema: schemas/purchase.json
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    home = tmp_path / "shop"
    write(home, "cleanroom.toml", 'name = "shop"\n')
    write(home, "contracts/plan.yaml", PLAN)
    write(home, "contracts/schemas/purchase.json", '{"type": "object"}')
    return home


def write(root: Path, name: str, content: str | bytes) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


def found(root: Path) -> list[str]:
    """The findings as `file:line:column message`."""
    return [told(f) for f in lint(open_project(root, JsonSchemaRs()))]


def told(f: LintFinding) -> str:
    return f"{f.file}:{f.line}:{f.column} {f.message}"


def test_a_sound_project_has_no_findings(root: Path) -> None:
    assert found(root) == []


def test_a_project_without_a_plan_says_how_to_get_one(root: Path) -> None:
    (root / "contracts" / "plan.yaml").unlink()
    [finding] = lint(open_project(root, JsonSchemaRs()))
    assert told(finding) == "contracts/plan.yaml:1:1 there is no plan"
    assert "cleanroom contract infer DATA --out contracts/plan.yaml" in finding.hint
    with pytest.raises(Misuse, match="there is no plan"):
        open_project(root, JsonSchemaRs()).contract()


def test_a_directory_for_a_plan_is_told(root: Path) -> None:
    (root / "contracts" / "plan.yaml").unlink()
    (root / "contracts" / "plan.yaml").mkdir()
    [message] = found(root)
    assert "is a directory, not a file" in message


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ("schemas/missing.json", "there is no schema 'schemas/missing.json'"),
        ("../../../etc/passwd", "leads outside the project"),
        ("/etc/passwd", "leads outside the project"),
        ("https://shop.example/purchase.json", "is not a path inside the project"),
        ("schemas", "there is no schema 'schemas'"),
    ],
)
def test_a_schema_that_is_not_there_is_told_in_the_plan(root: Path, schema: str, message: str) -> None:
    write(root, "contracts/plan.yaml", PLAN.replace("schemas/purchase.json", schema))
    [finding] = found(root)
    assert finding.startswith("contracts/plan.yaml:9:13 ")
    assert message in finding


def test_a_schema_behind_a_link_that_leads_out_is_refused(root: Path, tmp_path: Path) -> None:
    write(tmp_path, "secret.json", '{"secret": 1}')
    (root / "contracts" / "schemas" / "purchase.json").unlink()
    (root / "contracts" / "schemas" / "purchase.json").symlink_to(tmp_path / "secret.json")
    assert any("contracts/plan.yaml:9:13" in f and "leads outside the project" in f for f in found(root))
    write(root, "contracts/schemas/other.json", '{\n"$ref": "purchase.json"}')
    [finding] = [f for f in found(root) if "other.json" in f]
    assert finding.startswith("contracts/schemas/other.json:2:9 the reference 'purchase.json' cannot be followed")
    assert "leads outside the project" in finding


@pytest.mark.parametrize(
    ("schema", "findings"),
    [
        (b"{", ["1:2 expected a key in double quotes"]),
        (b'{"title":\n"Caf\xe9"}', ["2:5 the file is not UTF-8: byte 0xe9 does not belong here"]),
        (b'{"type":\n  "strin",\n "required": 5}', [
            '2:3 not a valid JSON Schema: "strin" is not valid under any of the schemas listed in the \'anyOf\' keyword',
            '3:14 not a valid JSON Schema: 5 is not of type "array"',
        ]),
        (b'{"properties": {\n"a": {"$ref": "http://shop.example/a.json"},\n"b": {"$ref": "file:///etc/passwd"},\n'
         b'"c": {"$ref": "../../../secret.json"}}}', [
            "2:15 the schema refers outside the project: 'http://shop.example/a.json'",
            "3:15 the schema refers outside the project: 'file:///etc/passwd'",
            "4:15 the reference '../../../secret.json' leaves the project",
        ]),
        (b'{"$ref": "#/$defs/a",\n"$defs": {"b": {}}}', ["1:10 there is no '/$defs/a' in the schema"]),
        (b'{"$schema": "http://json-schema.org/draft-04/schema#"}',
         ["1:13 'http://json-schema.org/draft-04/schema#' is not a draft that is understood"]),
        (b'{"a": 1,\n"a": 2}', ["2:1 key 'a' is given twice (first on line 1)"]),
        (b"[" * 5000, ["1:34 values nest deeper than 32 levels"]),
    ],
)  # fmt: skip
def test_every_mistake_of_a_schema_is_told_at_its_line(root: Path, schema: bytes, findings: list[str]) -> None:
    write(root, "contracts/schemas/purchase.json", schema)
    assert found(root) == [f"contracts/schemas/purchase.json:{f}" for f in findings]
    with pytest.raises(Misuse, match=r"contracts/schemas/purchase\.json"):
        open_project(root, JsonSchemaRs()).contract()


def test_a_mistake_in_a_schema_that_another_one_refers_to_is_told_in_its_own_file(root: Path) -> None:
    write(root, "contracts/schemas/purchase.json", '{"$ref": "parts/money.json"}')
    write(root, "contracts/schemas/parts/money.json", '{\n"$ref": "https://shop.example/x"}')
    assert found(root) == [
        "contracts/schemas/parts/money.json:2:9 the schema refers outside the project: 'https://shop.example/x'"
    ]
    write(root, "contracts/schemas/parts/money.json", '{\n"type": "strin"}')
    assert [f.split(": ")[0] for f in found(root)] == [
        "contracts/schemas/parts/money.json:2:9 not a valid JSON Schema",
        "contracts/schemas/purchase.json:1:1 a schema that it refers to is not valid",
    ]


def test_schemas_that_no_event_names_are_linted_too(root: Path) -> None:
    write(root, "contracts/schemas/later.json", "{]")
    assert found(root) == ["contracts/schemas/later.json:1:2 expected a key in double quotes"]


def test_drafts_are_not_mixed(root: Path) -> None:
    write(root, "contracts/schemas/purchase.json", '{"$ref": "old.json"}')
    write(root, "contracts/schemas/old.json", '{"$schema": "http://json-schema.org/draft-07/schema#"}')
    assert found(root) == [
        "contracts/schemas/old.json:1:13 this file is draft 7, but contracts/schemas/purchase.json, "
        "which refers to it, is 2020-12"
    ]


def test_a_broken_plan_does_not_hide_mistakes_elsewhere(root: Path) -> None:
    write(root, "contracts/plan.yaml", PLAN.replace("name: shop", "nme: shop"))
    write(root, "contracts/schemas/purchase.json", "{")
    write(root, "golden/a.jsonl", '{"id": 5}\n{"id": "a", "input": {"event": "x"}, "expect": {"event": "purchse"}}\n')
    write(root, "cleanroom.toml", "nam = 1\n")
    places = [f.split(" ")[0] for f in found(root)]
    assert places == [
        "cleanroom.toml:1:1",
        "cleanroom.toml:1:1",
        "contracts/plan.yaml:1:1",
        "contracts/plan.yaml:2:1",
        "contracts/schemas/purchase.json:1:2",
        "golden/a.jsonl:1:8",
        "golden/a.jsonl:2:58",
    ]


def test_an_alias_bomb_is_one_line(root: Path) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{c}: &{c} [{', '.join(['*' + b] * 9)}]\n" for b, c in zip("abcdefgh", "bcdefghi", strict=True)
    )
    write(root, "contracts/plan.yaml", bomb)
    [finding] = found(root)
    assert finding == "contracts/plan.yaml:6:4 aliases or entries expand to more than 100,000 values"
    with pytest.raises(Misuse) as refused:
        open_project(root, JsonSchemaRs()).contract()
    assert "\n" not in refused.value.message


def test_a_warning_does_not_stop_a_contract(root: Path) -> None:
    write(root, "contracts/plan.yaml", PLAN.replace("owner: a@b.example, d", "owner: unassigned, d"))
    assert found(root) == ["contracts/plan.yaml:5:22 event 'view_item' has no owner yet"]
    assert open_project(root, JsonSchemaRs()).contract().plan.name == "shop"


def test_two_projects_are_compared(root: Path, tmp_path: Path) -> None:
    for name, minimum in (("old", 0), ("new", 1)):
        for file in ("cleanroom.toml", "contracts/plan.yaml"):
            write(tmp_path / name, file, (root / file).read_text(encoding="utf-8"))
        schema = {"properties": {"value": {"$ref": "money.json"}}}
        write(tmp_path / name, "contracts/schemas/purchase.json", json.dumps(schema))
        write(tmp_path / name, "contracts/schemas/money.json", json.dumps({"type": "number", "minimum": minimum}))
    old, new = (open_project(tmp_path / name, JsonSchemaRs()) for name in ("old", "new"))
    assert diff(old, old) == ()
    [difference] = diff(old, new)
    assert difference.verdict == "breaking"
    assert "minimum went from 0 to 1" in difference.because


# --- golden cases -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "place", "message"),
    [
        ('{"id": "a", "input": {"event": "x"}, "expect": {"event": "purchase"}}', "", ""),
        ('{"id": "a", "input": {"event": "x"}, "dropped": true}', "", ""),
        ('{"id": "a", "key": {"event_id": "e1"}, "expect": {"value": 12.5}}', "", ""),
        ('{"id": "a", "inptu": {}}', "1:13", "unknown key 'inptu'"),
        ('{"input": {"event": "x"}}', "1:1", "'id' is missing"),
        ('{"id": 7}', "1:8", "'id' must be text"),
        ('{"id": "a", "input": [1], "expect": {"a": 1}}', "1:22", "'input' must be an object"),
        ('{"id": "a", "input": {"event": {"a": 1}}, "expect": {"a": 1}}', "1:32", "'event' must be text, a number"),
        ('{"id": "a", "expect": {"a": 1}}', "1:1", "has neither input nor key"),
        ('{"id": "a", "input": {"event": 1}, "key": {"a": 1}, "expect": {"a": 1}}', "1:1", "has both input and key"),
        ('{"id": "a", "input": {"event": 1}}', "1:1", "expects nothing"),
        ('{"id": "a", "input": {"event": 1}, "expect": {"a": 1}, "dropped": true}', "1:36", "a row that is dropped"),
        ('{"id": "a", "key": {"event": 1}, "dropped": true}', "1:34", "has a key and dropped"),
        ('{"id": "a", "input": {"evnt": "x"}, "expect": {"event": "purchase"}}', "1:22", "has no 'event' in its input"),
        ('{"id": "a", "input": {"event": "x"}, "expect": {"event": "purchse"}}', "1:58", "expects event 'purchse'"),
        ('{"id": "a", "input": {"event": "x"}, "expect": {"event": "none"}}', "1:58", "expects event 'none'"),
        ('{"id": " ", "key": {"a": 1}, "expect": {"b": 1}}', "1:8", "has an empty id"),
        ('{"id": "a"', "1:11", "expected ',' or '}'"),
        ("[1]", "1:1", "a golden case is a JSON object"),
    ],
)
def test_each_mistake_of_a_golden_case_is_told(root: Path, line: str, place: str, message: str) -> None:
    write(root, "golden/cases.jsonl", line + "\n")
    findings = found(root)
    if not message:
        assert findings == []
        return
    assert len(findings) == 1, findings
    assert findings[0].startswith(f"golden/cases.jsonl:{place} ")
    assert message in findings[0]
    with pytest.raises(Misuse, match=r"golden/cases\.jsonl"):
        open_project(root, JsonSchemaRs()).golden()


def test_an_id_is_given_once_over_all_files(root: Path) -> None:
    case = '{"id": "g1", "key": {"a": 1}, "expect": {"b": 2}}\n'
    write(root, "golden/a.jsonl", case)
    write(root, "golden/b.jsonl", "\n\n" + case)
    assert found(root) == ["golden/b.jsonl:3:8 golden case 'g1' is there twice"]


def test_golden_cases_in_latin_1_are_one_line(root: Path) -> None:
    write(root, "golden/a.jsonl", '{"id": "ok"}\n{"id": "é"}\n'.encode("latin-1"))
    assert found(root) == ["golden/a.jsonl:2:9 the file is not UTF-8: byte 0xe9 does not belong here"]


def test_a_line_of_a_golden_file_is_bounded(root: Path) -> None:
    write(root, "golden/a.jsonl", b'{"id": "' + b"x" * 2_000_000 + b'"}\n')
    [finding] = found(root)
    assert "larger than the 1,048,576 bytes" in finding


def test_a_case_is_written_as_it_is_read() -> None:
    case = GoldenCase("g1", (("event", "purchase"),), (("event", "ordér"), ("n", 1.5), ("x", None)), because="paid")
    line = golden_line(case)
    assert line == (
        '{"id": "g1", "input": {"event": "ordér", "n": 1.5, "x": null}, "expect": {"event": "purchase"}, '
        '"because": "paid"}\n'
    )
    [read], findings = read_golden(line.encode(), "g.jsonl")
    assert (read.case, findings) == (case, ())


# --- cleanroom.toml -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("", (1, 1), "'name' is missing"),
        ("name = 5", (1, 8), "'name' must be text on one line"),
        ('name = "a"\nnaem = 1', (2, 1), "unknown key 'naem'"),
        ("name = ", (1, 8), "not valid TOML"),
        ('name = "a"\nname = "b"', (2, 11), "not valid TOML"),
        ('name = "a"\n[models.x]', (2, 1), "'kind' is missing"),
        ('name = "a"\n[models.x]\nkind = "opnai"', (3, 8), "there is no kind of model 'opnai'"),
        ('name = "a"\n[models.x]\nkind = "replay"', (2, 1), "'file' is missing"),
        ('name = "a"\n[models."x.y"]\nkind = "local"\nmodle = "b"', (4, 1), "unknown key 'modle'"),
        ('name = "a"\n[models.x]\nkind = "local"\nfile = 7', (4, 8), "'file' must be text"),
        ('name = "a"\n[models.x]\nkind = "local"\napi_key = "sk-1"', (4, 1), "secrets do not belong into files"),
        ('name = "a"\n[models.x]\nkind = "local"\nbase_url = "https://u:p@h/v1"', (4, 12), "holds credentials"),
        ('name = "a"\n[models.x]\nkind = "local"\nbase_url = "file:///x"', (4, 12), "must be an http or https address"),
        (
            'name = "a"\n[models.x]\nkind = "local"\napi_key_env = "sk-1"',
            (4, 15),
            "not the name of an environment variable",
        ),
        ('name = "a"\nmodels = 1', (2, 10), "'models' must hold a table"),
    ],
)
def test_each_mistake_of_the_settings_is_told(text: str, place: tuple[int, int], message: str) -> None:
    settings, findings = read_settings(text.encode())
    assert settings is None
    assert [(f.line, f.column) for f in findings] == [place], findings
    assert message in findings[0].message
    assert "sk-1" not in findings[0].message + findings[0].hint, "a secret is never repeated"
