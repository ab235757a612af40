"""The server as a process of its own, for tests."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.doors import ROOT


@dataclass
class Served:
    """A server that runs. `lines`: what it printed."""

    process: subprocess.Popen[str]
    project: Path
    lines: list[str] = field(default_factory=list)

    def line(self, pattern: str, seconds: float = 30) -> re.Match[str]:
        """Wait for a line."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for line in list(self.lines):
                if found := re.search(pattern, line):
                    return found
            assert self.process.poll() is None, self.lines
            time.sleep(0.02)
        raise AssertionError(self.lines)

    @property
    def url(self) -> str:
        return self.line(r" on (http://\S+)")[1]


@contextmanager
def serving(folder: Path, settings: str, *options: str) -> Iterator[Served]:
    """`cleanroom serve` in a process of its own, on a free port."""
    (folder / "cleanroom.toml").write_text(settings, "utf-8")
    environment = {**os.environ, "CLEANROOM_OPERATOR": ROOT, "PYTHONUNBUFFERED": "1"}
    environment.pop("CLEANROOM_TOKEN", None)
    command = [sys.executable, "-m", "cleanroom", "serve", "--port", "0", *options]
    process = subprocess.Popen(
        command, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    made = Served(process, folder)
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: made.lines.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        yield made
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()
