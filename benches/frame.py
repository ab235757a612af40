"""How does a bench begin and end? With --quick and --json, and its figures in a file, with the machine they are of."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any


def options(description: str, quick: str) -> argparse.ArgumentParser:
    """The options that every bench has; `quick` says what --quick leaves out."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help=f"{quick}; ends within a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE")
    return parser


def given(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """What was asked for. A file that could not be written is told now, and not after an hour."""
    found = parser.parse_args()
    if found.json and not found.json.resolve().parent.is_dir():
        parser.error(f"--json {found.json}: there is no such folder")
    return found


def written(file: Path | None, name: str, figures: Mapping[str, Any]) -> int:
    """Write the figures of benches/<name>.py where a file is wanted; the exit code: 0, or 4 where the disk refuses."""
    if file is None:
        return 0
    command = shlex.join(["python", f"benches/{name}.py", *sys.argv[1:]])
    result = {"figures": dict(figures), "machine": machine(), "command": command}
    try:
        file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        print(f"cannot write {file}: {error.strerror}", file=sys.stderr)
        return 4
    return 0


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    versions = {}
    for package in ("ai-cleanroom", "duckdb", "numpy", "sqlglot", "jsonschema-rs"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1024**2
    return {
        "system": platform.platform(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "memory_mib": memory,
        "python": platform.python_version(),
        "packages": versions,
    }


def run(main: Callable[[], int]) -> None:
    """Run a bench to its exit code; Ctrl-C is 130."""
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
