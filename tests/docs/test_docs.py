"""The manual is run: every command it shows works as it says, and no command is missing from it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cleanroom.entry.cli.root import app

ROOT = Path(__file__).resolve().parents[2]
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def commands(group: Any, prefix: str = "cleanroom") -> Iterator[str]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def tour() -> list[tuple[str, int]]:
    block = re.search(r"```console\n(.*?)```", (ROOT / "docs" / "cli.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block
    found = []
    for line in block[1].splitlines():
        command, _, code = line.removeprefix("$ ").partition("# exit ")
        found.append((command.strip(), int(code or 0)))
    return found


def test_every_command_is_documented_and_every_documented_one_exists() -> None:
    headings = set(re.findall(r"^## `(cleanroom [^`]+)`", (ROOT / "docs" / "cli.md").read_text("utf-8"), re.MULTILINE))
    assert headings == set(commands(typer.main.get_command(app)))


def test_the_tour_goes_as_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CLEANROOM_OPERATOR", "ana@shop.example")
    for line, code in tour():
        done = CliRunner().invoke(app, shlex.split(line)[1:])
        assert done.exit_code == code, f"$ {line}\n{done.output}"


@pytest.mark.parametrize("page", DOCS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


def test_the_examples_of_the_register_and_of_slos_make_one_project_without_mistakes(tmp_path: Path) -> None:
    pages = [(ROOT / "docs" / name).read_text("utf-8") for name in ("register.md", "slo.md")]
    files = [block for page in pages for block in re.findall(r"```(?:yaml|toml)\n# (\S+)\n(.*?)```", page, re.DOTALL)]
    assert [name for name, _ in files] == [
        "systems/shop-assistant.yaml",
        "cleanroom.toml",
        "slos/answers-true.yaml",
        "slos/shop-assistant.yaml",
    ]
    for name, text in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    done = CliRunner().invoke(app, ["register", "lint", "--project", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert len(re.findall("warning: .*there is no data at ", done.output)) == 2, done.output
    assert "0 errors, 2 warnings" in done.output
    listed = CliRunner().invoke(app, ["slo", "list", "--project", str(tmp_path)])
    assert {"answers-true", "no-errors", "orders-right"} <= set(listed.output.split())
