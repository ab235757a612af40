"""How does a program read a report? As `report.json`, which `report.schema.json` describes."""

from __future__ import annotations

import json
import math
from collections import Counter
from importlib.resources import files
from typing import Any

from cleanroom.core.base import plain
from cleanroom.core.check import Outcome
from cleanroom.core.run import Report
from cleanroom.entry.report import view

DERIVED = ("headline", "because", "counts", "run_digest")
"""Said for the reader's convenience; all else is the Report itself, field by field."""


def report_json(report: Report) -> bytes:
    """`report` as UTF-8 JSON, indented, verdict first. The same report gives the same bytes.

    Numbers that JSON cannot hold (NaN, infinities) are null, and half characters that UTF-8 cannot hold are `?`.
    """
    worst = view.counting_as(report, report.outcome)
    found = Counter(e.result.outcome for e in report.evidence)
    body: dict[str, Any] = {
        "version": report.version,
        "outcome": report.outcome.value,
        "headline": view.headline(report),
        "because": worst[0].result.because if worst and report.outcome is not Outcome.PASS else "",
        "counts": {o.value: found[o] for o in view.WORST_FIRST},
        "run_digest": report.run.digest,
    }
    body |= {k: v for k, v in plain(report).items() if k not in body}
    text = json.dumps(_finite(body), indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "replace")


def report_schema() -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12) of what `report_json` writes."""
    schema: dict[str, Any] = json.loads((files("cleanroom.entry.report") / "report.schema.json").read_text("utf-8"))
    return schema


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {k: _finite(v) for k, v in value.items()}
    return [_finite(v) for v in value] if isinstance(value, list) else value
