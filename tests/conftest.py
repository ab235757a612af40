"""What all tests share: the long profile of the laws, and skips that fail where continuous integration has everything."""

from __future__ import annotations

import os
from collections.abc import Generator
from functools import cache

import pytest
import typer.testing
from hypothesis import HealthCheck, settings
from tests.postgres import postgres_server, postgres_url
from tests.stores import database, one_store, opened

__all__ = ["database", "one_store", "opened", "postgres_server", "postgres_url"]

if hasattr(typer.testing, "_get_command"):
    typer.testing._get_command = cache(typer.testing._get_command)
"""The same command line for the same app: to build it anew at each call took a tenth of the time of all tests."""

settings.register_profile("default", deadline=None, max_examples=40)
settings.register_profile("soak", deadline=None, max_examples=20_000, suppress_health_check=list(HealthCheck))
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

LONG = (
    "test_kills",
    "test_openapi",
    "test_flag_bench",
    "test_docs",
    "test_pages_look",
    "test_pages",
    "test_calls_killed",
)
"""Files whose tests take longest."""

ALLOWED_TO_SKIP = ("root",)
"""Reasons that are true of the machine and not of a missing tool: some tests cannot be run as root."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI set, a skip is a failure: what a test needs must be there."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not any(word in reason for word in ALLOWED_TO_SKIP):
            report.outcome = "failed"
            report.longrepr = f"skipped where nothing may be missing: {reason}"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no worker waits for another at the end."""
    items.sort(key=lambda item: item.path.stem not in LONG)
