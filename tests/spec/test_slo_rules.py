"""Does Prometheus take the rules that are made of SLOs, and do they fire when they should? Its own promtool says so."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cleanroom.core.slo import (
    CallShare,
    Delay,
    LabelledShare,
    Limit,
    Prometheus,
    PromShare,
    Slo,
    SourceAge,
    TableShare,
)
from cleanroom.core.stats.burn import BurnRule
from cleanroom.entry.api import counted
from cleanroom.formats.prometheus_rules import ALERT, BUCKETS, LEFT, rules_text

DAY = 86_400
PROM = PromShare(Prometheus("p"), "sum(increase(r[$window]))", "sum(increase(g[$window]))")
SLOS = (
    Slo("no-errors", "shop", CallShare("error"), 0.995),
    Slo("short", "shop", CallShare("error"), 0.9, DAY, title='quoted "title" {{ .x }}'),
    Slo("long", 'odd"system\\', CallShare("error"), 0.9999, 90 * DAY),
    Slo("fast", "shop", CallShare("latency_s", Limit("lte", 2)), 0.99),
    Slo("quick", "shop", CallShare("latency_s", Limit("lte", 0.25)), 0.99),
    Slo("flags", "shop", CallShare("hallucination"), 0.97),
    Slo("web", "shop", PROM, 0.999, 28 * DAY, rules=(BurnRule(10, 120, 10, pages=True),)),
    Slo("bad", "shop", PromShare(Prometheus("p"), PROM.total, bad="sum(increase(b[$window]))"), 0.99),
)
NONE = (
    Slo("true", "shop", LabelledShare("hallucination"), 0.995),
    Slo("fresh", "shop", SourceAge("s", Limit("lt", 6)), 0.99),
    Slo("rows", "shop", TableShare("a.csv", "x"), 0.99),
    Slo("mttd", "shop", Delay("detect", 1), 0.9),
    Slo("odd", "shop", CallShare("latency_s", Limit("lte", 3)), 0.99),
    Slo("escalated", "shop", CallShare("escalated"), 0.99),
)


def promtool(*arguments: str, folder: Path) -> str:
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is absent: make system")
    done = subprocess.run([found, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def test_promtool_takes_every_rule(tmp_path: Path) -> None:
    text, left = rules_text(SLOS)
    assert not left
    (tmp_path / "rules.yml").write_text(text, "utf-8")
    said = promtool("check", "rules", "--lint-fatal", "rules.yml", folder=tmp_path)
    groups = yaml.safe_load(text)["groups"]
    assert f"{sum(len(g['rules']) for g in groups)} rules found" in said
    alerts = [r for g in groups for r in g["rules"] if "alert" in r]
    assert len(alerts) == 7 * 4 + 1
    long = next(g for g in groups if g["name"].endswith("long"))
    windows = {r["record"].rpartition("rate")[2] for r in long["rules"] if "record" in r and r["record"] != LEFT}
    assert windows == {"3h", "15m", "18h", "90m", "3d", "6h", "9d", "90d"}, "scaled to a window of 90 days"


def test_what_prometheus_cannot_see_is_said() -> None:
    text, left = rules_text(NONE)
    assert yaml.safe_load(text) == {"groups": []}
    assert [one.slo for one in left] == [s.name for s in NONE]
    assert "people's labels" in left[0].because
    assert "0.05, 0.1" in left[4].because


def test_the_buckets_are_those_of_the_server() -> None:
    assert [float(b) for b in BUCKETS] == list(counted._BUCKETS)


def fires(minute: str, *alerts: tuple[str, str]) -> dict[str, Any]:
    """What promtool expects of `alertname` then: (burn, severity) each."""
    labels = [{"severity": s, "slo": "no-errors", "system": "shop", "burn": b} for b, s in alerts]
    return {"eval_time": minute, "alertname": ALERT, "exp_alerts": [{"exp_labels": one} for one in labels]}


def test_they_fire_and_stop_as_the_workbook_has_it(tmp_path: Path) -> None:
    text, _ = rules_text(SLOS[:1])
    rules = yaml.safe_load(text)
    for rule in rules["groups"][0]["rules"]:
        rule.pop("annotations", None)  # promtool would compare their words
    (tmp_path / "rules.yml").write_text(yaml.safe_dump(rules), "utf-8")
    series = 'cleanroom_{}_total{{system="shop", model="m"}}'
    # 100 requests a minute; a day with .1% errors, an hour with 10%, then .1% again.
    case = {
        "interval": "1m",
        "input_series": [
            {"series": series.format("requests"), "values": "0+100x1800"},
            {"series": series.format("errors"), "values": "0+0.1x1440 154+10x59 744.1+0.1x298"},
        ],
        "alert_rule_test": [
            fires("1430m"),
            fires("1470m"),
            fires("1490m", ("14.4", "critical")),
            fires("1510m"),
        ],
        "promql_expr_test": [
            {
                "expr": "round(cleanroom:slo_bad_share:rate1h, 0.0005)",
                "eval_time": "1430m",
                "exp_samples": [{"labels": '{slo="no-errors", system="shop"}', "value": 0.001}],
            }
        ],
    }
    suite = {"rule_files": ["rules.yml"], "evaluation_interval": "5m", "tests": [case]}
    (tmp_path / "test.yml").write_text(yaml.safe_dump(suite), "utf-8")
    assert "SUCCESS" in promtool("test", "rules", "test.yml", folder=tmp_path)
