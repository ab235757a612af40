"""A browser, and small shops with a server, for the tests of the pages."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from tests.page_shop import ANA, serving, write

from cleanroom.app.room import Room
from cleanroom.wiring import room

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def _absent(why: str) -> NoReturn:
    """A test that could not look is skipped with the reason, but a build must look."""
    if os.environ.get("CI") == "true":
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        _absent("no chromium: install it with `apt-get install --no-install-recommends chromium`")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        _absent("no playwright: install the extra `dev`")
    with sync_playwright() as tool:
        made = tool.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    write(folder)
    return folder


@pytest.fixture(scope="module")
def looked_at(written: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str]]:
    """A server that tests only look at."""
    folder = tmp_path_factory.mktemp("looked_at") / "shop"
    shutil.copytree(written, folder)
    work = room(folder, ANA)
    with serving(work) as address:
        yield work, address


@pytest.fixture
def shop(written: Path, tmp_path: Path) -> Iterator[tuple[Room, str]]:
    """A server of its own, on a copy, for tests that decide."""
    shutil.copytree(written, tmp_path / "shop")
    work = room(tmp_path / "shop", ANA)
    with serving(work) as address:
        yield work, address
