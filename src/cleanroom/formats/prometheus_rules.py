"""An SLO as rules for Prometheus: a recording rule for each window, and alerts on burn rates over two windows each.

Google, The Site Reliability Workbook (2018), chapter 5. What this server counts is read from its own /metrics
(entry/api/counted.py); what people label, and what lies in files and in the ledger, has no rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cleanroom.codec.yaml_writer import yaml_text
from cleanroom.core.base import noun
from cleanroom.core.slo import CallShare, Limit, PromShare, Slo, span_text
from cleanroom.core.stats.burn import BurnRule
from cleanroom.formats.promql import WINDOW

SHARE, LEFT = "cleanroom:slo_bad_share", "cleanroom:slo_budget_left:ratio"
"""Names of recorded series: the first is followed by `:rate` and the window."""

ALERT = "CleanroomSloBurn"

BUCKETS = ("0.05", "0.1", "0.25", "0.5", "1", "2", "4", "8", "15", "30", "60", "120")
"""Bounds in seconds of cleanroom_latency_seconds, as Prometheus has them in `le` but for a `.0` at their end."""


@noun
class Left:
    """An SLO for which there are no rules, and why."""

    slo: str
    because: str


def rules_text(slos: Sequence[Slo]) -> tuple[str, tuple[Left, ...]]:
    """The rules of all SLOs as one file, and those that have none."""
    groups, left = [], []
    for slo in slos:
        queries = _queries(slo)
        if isinstance(queries, str):
            left.append(Left(slo.name, queries))
        else:
            groups.append(_group(slo, *queries))
    return yaml_text({"groups": groups}), tuple(left)


def _queries(slo: Slo) -> tuple[str, str] | str:
    """(bad, total) in PromQL with $window; or why there are none."""
    match slo.indicator:
        case PromShare(total=total, good=good, bad=bad):
            return (bad or f"({total}) - ({good})", total)
        case CallShare(metric="error", limit=None):
            return _counter("errors_total", slo), _counter("requests_total", slo)
        case CallShare(metric="hallucination", limit=None):
            return _counter("hallucination_flags_total", slo), _counter("judged_total", slo)
        case CallShare(metric="latency_s", limit=Limit(op="lte", value=value)) if _bound(value):
            total = _counter("latency_seconds_count", slo)
            fast = _counter("latency_seconds_bucket", slo, f', le=~"{_bound(value)}"')
            return f"({total}) - ({fast})", total
        case CallShare(metric="latency_s"):
            return f"the limit must be lte one of the buckets of /metrics: {', '.join(BUCKETS)} seconds"
        case CallShare(metric=metric):
            return f"/metrics does not count {metric}"
        case other:
            what = {
                "labels": "people's labels",
                "freshness": "the age of a source",
                "table": "rows of a table",
                "delay": "alerts",
            }
            return f"Prometheus does not see {what.get(other.kind, other.kind)}; `cleanroom tick` watches it"


def _counter(name: str, slo: Slo, more: str = "") -> str:
    return f'sum(increase(cleanroom_{name}{{system="{_quoted(slo.system)}"{more}}}[{WINDOW}]))'


def _bound(value: float) -> str:
    """A bucket's bound as a pattern of its label: clients write 2 or 2.0."""
    text = f"{value:g}"
    if text not in BUCKETS:
        return ""
    return text.replace(".", "[.]") if "." in text else f"{text}([.]0)?"


def _group(slo: Slo, bad: str, total: str) -> dict[str, Any]:
    labels = {"slo": slo.name, "system": slo.system}
    windows = sorted({m for r in slo.burn_rules for m in (r.long, r.short)} | {slo.window // 60})
    recorded = [
        {
            "record": _series(minutes),
            "expr": f"({_asked(bad, minutes)}) / (({_asked(total, minutes)}) > 0)",
            "labels": labels,
        }
        for minutes in windows
    ]
    left = {
        "record": LEFT,
        "expr": f"1 - {_series(slo.window // 60)}{_chosen(slo)} / {slo.budget:.12g}",
        "labels": labels,
    }
    alerts = [_alert(slo, rule) for rule in slo.burn_rules]
    return {"name": f"cleanroom-slo-{slo.name}", "rules": [*recorded, left, *alerts]}


def _alert(slo: Slo, rule: BurnRule) -> dict[str, Any]:
    allowed = f"{rule.factor * slo.budget:.12g}"
    long, short = (f"{_series(m)}{_chosen(slo)}" for m in (rule.long, rule.short))
    long_text, short_text = span_text(rule.long * 60), span_text(rule.short * 60)
    return {
        "alert": ALERT,
        "expr": f"{long} > {allowed} and {short} > {allowed}",
        "labels": {
            "severity": "critical" if rule.pages else "warning",
            "slo": slo.name,
            "system": slo.system,
            "burn": f"{rule.factor:g}",
        },
        "annotations": {
            "summary": f"{slo.name} burns its budget more than {rule.factor:g} times as fast as it may",
            "description": f"{_plain(slo.says)}: too many were bad over {long_text} and over {short_text}; "
            "now {{ $value | humanizePercentage }}.",
            "runbook": "slo",
        },
    }


def _series(minutes: int) -> str:
    return f"{SHARE}:rate{_range(minutes)}"


def _chosen(slo: Slo) -> str:
    return f'{{slo="{_quoted(slo.name)}"}}'


def _asked(query: str, minutes: int) -> str:
    return query.replace(WINDOW, _range(minutes))


def _range(minutes: int) -> str:
    """A range as PromQL writes it; the same text is part of a series' name."""
    return span_text(minutes * 60)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _plain(text: str) -> str:
    """Without what the templates of Prometheus would act on."""
    return text.replace("{{", "{ {").replace("}}", "} }")
