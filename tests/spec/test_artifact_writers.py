"""Do two who write the same file at once both get through, and is the file one of the two?"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from cleanroom.adapters.artifacts import FileArtifacts

WRITERS, TURNS = 4, 10


def test_writers_of_the_same_file_do_not_disturb_each_other(tmp_path: Path) -> None:
    made, barrier = FileArtifacts(tmp_path / "runs"), Barrier(WRITERS)
    bodies = [str(n).encode() * 10_000 for n in range(WRITERS)]

    def write(body: bytes) -> None:
        for _ in range(TURNS):
            barrier.wait()
            with made.stream(tmp_path, "report.html") as out:
                out(body[:5_000])
                barrier.wait()  # all of them are in the middle of it
                out(body[5_000:])

    with ThreadPoolExecutor(WRITERS) as threads:
        list(threads.map(write, bodies))
    assert (tmp_path / "report.html").read_bytes() in bodies
    assert [f.name for f in tmp_path.iterdir()] == ["report.html"]


def test_a_write_that_fails_leaves_the_file_as_it_was_and_nothing_beside_it(tmp_path: Path) -> None:
    made = FileArtifacts(tmp_path / "runs")
    made.write(tmp_path, "report.html", b"before")
    with pytest.raises(TypeError), made.stream(tmp_path, "report.html") as out:
        out("no bytes")  # type: ignore[arg-type]
    assert [(f.name, f.read_bytes()) for f in tmp_path.iterdir()] == [("report.html", b"before")]
