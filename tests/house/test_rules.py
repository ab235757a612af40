"""The rules of the house, as far as a program can see them."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LONGEST_FILE = 400
LONGEST_FUNCTION = 45


def tracked() -> list[Path]:
    """The files of the repository; all of them where git is absent."""
    found = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    names = [n for n in found.stdout.decode().split("\0") if n] if found.returncode == 0 else []
    return [ROOT / n for n in names if (ROOT / n).is_file()]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_says_what_it_answers_and_fits_a_mind(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if not text.strip():
        return
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "the first line of a file says what the file answers"
    assert text.count("\n") <= LONGEST_FILE, f"longer than {LONGEST_FILE} lines: split it by topic"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} has {length} lines"


def test_public_things_have_docstrings() -> None:
    bare = []
    for path in SOURCES:
        if "migrations" in path.parts:
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            if not ast.get_docstring(node):
                bare.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.name}")
    assert not bare


def test_no_text_is_spliced_into_sql() -> None:
    """Statements come from the builder: no f-string or % goes into execute()."""
    spliced = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
                continue
            if node.func.attr in {"execute", "executemany", "sql"} and isinstance(node.args[0], ast.JoinedStr):
                spliced.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert not spliced


def test_what_files_bring_is_never_run() -> None:
    banned = {"eval", "exec", "compile", "__import__"}
    found = []
    for path in SOURCES:
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in banned:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.func.id}")
        if re.search(r"\b(pickle|marshal|shelve)\b|yaml\.(load|unsafe_load|full_load)\(", text):
            found.append(f"{path.relative_to(ROOT)}: an unsafe reader")
    assert not found


GAPS = ROOT / "src" / "cleanroom" / "core" / "postmortem" / "gaps.py"


def test_no_unfinished_work_and_no_secret_place_is_named() -> None:
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    # Lock-like files must not carry download addresses, and nothing may carry a path of one machine.
    address = re.compile(r"https?://")
    found = []
    for path in tracked():
        # The words that the lint of postmortems refuses have one place.
        if path in (Path(__file__), GAPS) or path.suffix in {".png", ".parquet"}:
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        name = str(path.relative_to(ROOT))
        if path.suffix == ".py" and unfinished.search(text):
            found.append(f"{name}: unfinished")
        if "requirements" in name and address.search(text):
            found.append(f"{name}: a download address")
    assert not found


def test_large_files_stay_out() -> None:
    assert not [str(p) for p in tracked() if p.stat().st_size > 1024 * 1024]
