"""On thin real data the right mapping may go on, and each worse one is stopped by the right family."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.projects import checked, failed, thin_project, thin_source
from tests.shop_mappings import ABSENT, EVENTS, WORSE, by_hand

pytestmark = pytest.mark.skipif(not EVENTS.is_file(), reason=ABSENT)


def test_the_mapping_by_hand_passes_and_says_what_the_data_cannot_decide(tmp_path: Path) -> None:
    work = thin_project(tmp_path / "thin")
    done = checked(work, "by-hand", by_hand(), thin_source(work))
    assert done.report.outcome.value in ("PASS", "WARN"), failed(done)
    unknown = [e.result for e in done.report.evidence if e.result.outcome.value == "UNKNOWN"]
    assert unknown
    assert all(r.missing and not r.required for r in unknown)


@pytest.mark.parametrize("worse", WORSE)
def test_a_worse_mapping_is_stopped_by_the_right_family(worse: str, tmp_path: Path) -> None:
    make, family = WORSE[worse]
    work = thin_project(tmp_path / "thin")
    done = checked(work, worse.replace("_", "-"), make(), thin_source(work))
    assert done.report.outcome.value == "FAIL"
    assert family in failed(done).values(), failed(done)
    assert all(e.examples or e.result.witness is None for e in done.report.evidence if e.result.outcome.value == "FAIL")
