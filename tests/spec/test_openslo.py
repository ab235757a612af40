"""Are OpenSLO v1 files read as they are meant, and is what cannot be promised told with file and line?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.slo_samples import ERRORS, SYSTEM, ratio, slo_text, threshold, ward
from typer.testing import CliRunner

from cleanroom.core.slo import CallShare, Delay, LabelledShare, Limit, Prometheus, PromShare, Slo, SourceAge, TableShare
from cleanroom.core.stats.burn import BurnRule
from cleanroom.entry.cli.root import app
from cleanroom.formats.openslo import Read, read_openslo
from cleanroom.formats.openslo_writer import openslo_text
from cleanroom.formats.promql import windowed

# Written from the specification: every kind of object, references and inlined ones, both ways to give a target.
PUBLISHED = """
apiVersion: openslo/v1
kind: DataSource
metadata: {name: metrics, displayName: The metrics store}
spec:
  type: Prometheus
  connectionDetails: {url: "http://prometheus.example:9090", tokenEnv: PROM_TOKEN}
---
apiVersion: openslo/v1
kind: Service
metadata:
  name: checkout
  labels: {team: [payments, web], costCentre: "12"}
  annotations: {openslo.example/board: payments}
spec: {description: Takes orders.}
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: checkout-answers}
spec:
  description: Answers without an error of ours
  ratioMetric:
    counter: true
    good:
      metricSource:
        metricSourceRef: metrics
        spec: {query: 'sum(rate(http_requests_total{job="checkout", code!~"5.."}[5m]))'}
    total:
      metricSource:
        metricSourceRef: metrics
        spec: {query: 'http_requests_total{job="checkout"}'}
---
apiVersion: openslo/v1
kind: AlertNotificationTarget
metadata: {name: pager}
spec: {target: pagerduty}
---
apiVersion: openslo/v1
kind: AlertCondition
metadata: {name: fast}
spec:
  severity: page
  condition: {kind: burnrate, threshold: 14.4, lookbackWindow: 1h, alertAfter: 5m}
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: fast-burn}
spec:
  alertWhenBreaching: true
  alertWhenNoData: false
  alertWhenResolved: true
  conditions: [{conditionRef: fast}]
  notificationTargets: [{targetRef: pager}]
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: checkout-works, displayName: Checkout works}
spec:
  description: Nearly all orders go through.
  service: checkout
  indicatorRef: checkout-answers
  timeWindow: [{duration: 4w, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{displayName: Most, targetPercent: 99.9}]
  alertPolicies:
    - alertPolicyRef: fast-burn
    - kind: AlertPolicy
      metadata: {name: slow-burn}
      spec:
        alertWhenBreaching: true
        alertWhenNoData: false
        alertWhenResolved: false
        conditions:
          - kind: AlertCondition
            metadata: {name: slow}
            spec:
              severity: ticket
              condition: {kind: burnrate, threshold: 2, lookbackWindow: 1d, alertAfter: 0m}
        notificationTargets: [{targetRef: pager}]
"""


def read(text: str) -> Read:
    return read_openslo([(text.encode(), "a.yaml")])


def errors(found: Read) -> list[str]:
    return [f"{f.line}:{f.column} {f.message}" for f in found.findings if f.severity == "error"]


def test_a_file_written_from_the_specification_is_read() -> None:
    found = read(PUBLISHED)
    assert not errors(found)
    (placed,) = found.slos
    assert (placed.file, placed.line) == ("a.yaml", 57)
    job = 'job="checkout"'
    assert placed.slo == Slo(
        name="checkout-works",
        system="checkout",
        indicator=PromShare(
            Prometheus("metrics", url="http://prometheus.example:9090", token_env="PROM_TOKEN"),
            total=f"sum(increase(http_requests_total{{{job}}}[$window]))",
            good=f'sum(increase(http_requests_total{{{job}, code!~"5.."}}[$window]))',
        ),
        target=0.999,
        window=28 * 86_400,
        title="Checkout works",
        description="Nearly all orders go through.",
        rules=(BurnRule(14.4, 60, 5, pages=True), BurnRule(2, 1440, 120, pages=False)),
    )
    assert found.services == ("checkout",)
    notes = [f.message for f in found.findings]
    assert len(notes) == 2
    assert all("the query is asked as sum(increase(" in n for n in notes), "what is read otherwise than written is said"


def test_what_cannot_be_promised_is_said_where_it_stands() -> None:
    head = f"apiVersion: openslo/v1\nkind: SLO\nmetadata: {{name: x}}\nspec:\n  service: {SYSTEM}\n"
    sli = "  indicator: {metadata: {name: x}, spec: " + ratio("metric: error") + "}\n"
    rest = "  budgetingMethod: Occurrences\n  objectives: [{target: 0.9}]\n"
    rolling = "  timeWindow: [{duration: 30d, isRolling: true}]\n"
    assert not errors(read(head + sli + rolling + rest))
    calendar = "  timeWindow: [{duration: 1M, calendar: {startTime: 2026-01-01 00:00:00, timeZone: Europe/Berlin}}]\n"
    cases = {
        head + sli + calendar + rest: "7:31 a calendar-aligned window is not supported",
        head + sli + rolling + rest.replace("Occurrences", "Timeslices"): "8:20 Timeslices are not supported",
        head + sli + rolling + rest.replace("[{target: 0.9}]", "[{target: 0.9}, {target: 0.99}]"): "9:15 2 objectives",
        head + sli + rolling + rest.replace("0.9", "1"): "9:25 'target' must lie between 0 and 1",
        head + sli + rolling + rest.replace("target: 0.9", "targetPercent: 99, target: 0.99"): "9:16 an objective has",
        head + rolling + rest: "5:3 an SLO has either 'indicator' or 'indicatorRef'",
        head + "  indicatorRef: y\n" + rolling + rest: "6:17 there is no SLI 'y' in these files",
        head
        + sli.replace("type: cleanroom", "type: Datadog")
        + rolling
        + rest: "metric sources of type 'Datadog' are not",
        head + sli.replace("metric: error", "metrics: error") + rolling + rest: "unknown key 'metrics'",
        head
        + sli.replace("counter: true, bad", "counter: true, good")
        + rolling
        + rest: "a source of ours counts bad ones",
        head
        + sli.replace("ratioMetric", "ratiometric")
        + rolling
        + rest: "has either 'ratioMetric' or 'thresholdMetric'",
        head + sli + rolling.replace("30d", "30 days") + rest: "7:27 '30 days' cannot be the window",
        head.replace("name: x", "name: X_1") + sli + rolling + rest: "3:18 the name 'X_1' is not supported",
        head
        + sli
        + rolling
        + rest
        + "  alertPolicies: [fast]\n": "10:19 there is no AlertPolicy 'fast' in these files",
        head.replace("v1", "v1alpha"): "1:13 'openslo/v1alpha' is not read",
        head.replace("SLO", "SLOs"): "2:7 'SLOs' is no kind of OpenSLO object",
        "just text": "1:1 this is no OpenSLO object",
    }
    for text, expected in cases.items():
        said = errors(read(text))
        assert any(expected in e for e in said), (expected, said)


def test_secrets_and_double_names_are_refused() -> None:
    secret = PUBLISHED.replace("tokenEnv: PROM_TOKEN", "accessToken: abc")
    assert any("'accessToken' is refused: secrets do not belong into files" in e for e in errors(read(secret)))
    assert not read(secret).slos
    inside = PUBLISHED.replace("http://prometheus", "http://me:pw@prometheus")
    assert any("without credentials" in e for e in errors(read(inside)))
    assert not any("pw" in e for e in errors(read(inside)))
    other = ERRORS.replace("target: 0.995", "target: 0.9")
    found = read_openslo([(ERRORS.encode(), "a.yaml"), (other.encode(), "b.yaml"), (ERRORS.encode(), "c.yaml")])
    assert [e.partition(" ")[2] for e in errors(found)] == ["there is a SLO 'no-errors' already (a.yaml:3)"]


@pytest.mark.parametrize(
    ("query", "asked"),
    [
        ("sum(rate(a[5m]))", "sum(increase(a[$window]))"),
        ("sum(increase(a[{{.window}}]))", "sum(increase(a[$window]))"),
        ("sum(increase(a[$window]))", "sum(increase(a[$window]))"),
        ('a{b="}"}', 'sum(increase(a{b="}"}[$window]))'),
        ("sum(a)", "sum(increase(a[$window]))"),
        ("sum(rate(a[5m])) / sum(rate(a[1h]))", None),
        ("a + b", None),
        ("sum(a", None),
        ("x" * 6000, None),
    ],
)
def test_a_query_is_asked_over_any_window_or_not_at_all(query: str, asked: str | None) -> None:
    assert windowed(query, counter=True)[0] == asked
    if "[" not in query:
        assert windowed(query, counter=False)[0] is None, "a gauge cannot be added up"


def test_what_is_written_reads_back_equal() -> None:
    rules = (BurnRule(10, 120, 10, pages=True), BurnRule(1, 4320, 360, pages=False))
    for slo in (
        Slo("a", "s", CallShare("error"), 0.995, rules=rules),
        Slo("b", "s", CallShare("latency_s", Limit("lte", 2)), 0.9, 3600),
        Slo("c", "s", LabelledShare("hallucination", None, ("wrong_fact",)), 0.995, detector="warning"),
        Slo("d", "s", LabelledShare("score/overlap", Limit("gte", 0.5)), 0.99, title="no: [1]", description="x\ny"),
        Slo("e", "s", SourceAge("profiles", Limit("lt", 6)), 0.99),
        Slo("f", "s", TableShare("d/x.csv", "wrong"), 0.99),
        Slo("g", "s", TableShare("d/x.csv", "n", "ts", Limit("gt", -1)), 0.99),
        Slo("h", "s", Delay("repair", 6), 0.9),
        Slo("i", "s", PromShare(Prometheus("p"), "a[$window]", bad="b[$window]"), 0.99),
        Slo("j", "s", PromShare(Prometheus("p", url_env="U"), "a[$window]", good='b{c="$"}[$window]'), 0.99),
    ):
        found = read(openslo_text(slo))
        assert not errors(found), found.findings
        assert [p.slo for p in found.slos] == [slo]


def test_they_come_in_and_go_out_on_the_command_line(tmp_path: Path) -> None:
    ward(tmp_path, ERRORS)
    runner, where = CliRunner(), ["--project", str(tmp_path)]
    (tmp_path / "published.yaml").write_text(PUBLISHED, "utf-8")
    mixed = slo_text("fast", threshold("metric: latency_s"), 0.9, ", op: lte, value: 2")
    odd = slo_text("odd", ratio("metric: error")).replace("type: cleanroom", "type: Redshift")
    (tmp_path / "mixed.yaml").write_text(mixed + "---\n" + odd, "utf-8")
    done = runner.invoke(app, ["slo", "import", str(tmp_path / "published.yaml"), *where])
    assert done.exit_code == 0, done.output
    assert "wrote slos/checkout-works.yaml" in done.output
    part = runner.invoke(app, ["slo", "import", str(tmp_path / "mixed.yaml"), "--json", *where])
    assert part.exit_code == 1, "a part came in, and it is said which did not"
    said = json.loads(part.output)
    assert (said["names"], said["files"]) == (["fast"], ["slos/fast.yaml"])
    assert any("Redshift" in f["message"] and f["line"] > 10 for f in said["findings"])
    again = runner.invoke(app, ["slo", "import", str(tmp_path / "published.yaml"), *where])
    assert "0 came in, 1 there already" in again.output
    (tmp_path / "other.yaml").write_text(PUBLISHED.replace("99.9", "99"), "utf-8")
    clash = runner.invoke(app, ["slo", "import", str(tmp_path / "other.yaml"), *where])
    assert clash.exit_code == 2
    assert "there is another SLO 'checkout-works' already" in clash.output
    assert runner.invoke(app, ["slo", "import", str(tmp_path / "other.yaml"), "--replace", *where]).exit_code == 0
    listed = json.loads(runner.invoke(app, ["slo", "list", "--json", *where]).output)
    assert {s["name"]: s["target"] for s in listed} == {"checkout-works": 0.99, "fast": 0.9, "no-errors": 0.995}
    out = runner.invoke(app, ["slo", "export", *where]).output
    assert [p.slo.name for p in read(out).slos] == ["checkout-works", "fast", "no-errors"]
    lint = runner.invoke(app, ["slo", "lint", *where])
    assert lint.exit_code == 0
    assert "there is no system 'checkout' in the register" in lint.output
    rules = runner.invoke(app, ["slo", "rules", "checkout-works", *where])
    assert yaml.safe_load(rules.stdout)["groups"][0]["name"] == "cleanroom-slo-checkout-works"
