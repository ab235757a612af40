"""An Slo as an OpenSLO v1 object, which reads back equal."""

from __future__ import annotations

from typing import Any

from cleanroom.codec.yaml_writer import yaml_text
from cleanroom.core.base import plain
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
    span_text,
)
from cleanroom.core.stats.burn import BurnRule
from cleanroom.formats.openslo_indicator import DETECTOR, OURS
from cleanroom.formats.openslo_shape import API


def openslo_text(slo: Slo) -> str:
    """The YAML of an SLO, with its source in front of it where it is a Prometheus that it names itself."""
    parts = [yaml_text(o) for o in (*_source(slo), _slo(slo))]
    return "---\n".join(parts)


def _slo(slo: Slo) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": slo.name}
    if slo.title:
        metadata["displayName"] = slo.title
    if slo.detector != "critical":
        metadata["annotations"] = {DETECTOR: slo.detector}
    spec: dict[str, Any] = {"description": slo.description} if slo.description else {}
    indicator, objective = _indicator(slo)
    spec |= {
        "service": slo.system,
        "indicator": {"metadata": {"name": slo.name}, "spec": indicator},
        "timeWindow": [{"duration": span_text(slo.window), "isRolling": True}],
        "budgetingMethod": "Occurrences",
        "objectives": [{**objective, "target": slo.target}],
    }
    if slo.rules:
        spec["alertPolicies"] = [_policy(slo, rule) for rule in slo.rules]
    return {"apiVersion": API, "kind": "SLO", "metadata": metadata, "spec": spec}


def _indicator(slo: Slo) -> tuple[dict[str, Any], dict[str, Any]]:
    """The spec of the indicator, and what the objective says of its values."""
    match slo.indicator:
        case CallShare(metric=metric, limit=None):
            return _ratio("bad", {"metric": metric}, {"metric": metric}), {}
        case CallShare(metric=metric, limit=limit):
            return _threshold({"metric": metric}), _compared(limit)
        case LabelledShare(metric=metric, limit=limit, reasons=reasons):
            spec = {"metric": metric, "labelled": True, **({"reasons": list(reasons)} if reasons else {})}
            return _ratio("bad", {**spec, **_compared(limit)}, {"metric": metric}), {}
        case SourceAge(source=source, limit=limit):
            return _threshold({"source": source}), _compared(limit)
        case Delay(what=what, hours=hours):
            return _threshold({"alerts": what}), {"op": "lte", "value": hours}
        case TableShare(data=data, column=column, at=at, limit=None):
            spec = {"data": data, "column": column, "at": at}
            return _ratio("bad", spec, {"data": data, "at": at}), {}
        case TableShare(data=data, column=column, at=at, limit=limit):
            return _threshold({"data": data, "column": column, "at": at}), _compared(limit)
        case PromShare(source=source, total=total, good=good, bad=bad):
            key, query = ("good", good) if good else ("bad", bad)
            return _ratio(key, {"query": query}, {"query": total}, source), {}


def _ratio(key: str, part: dict[str, Any], total: dict[str, Any], source: Prometheus | None = None) -> dict[str, Any]:
    def metric(spec: dict[str, Any]) -> dict[str, Any]:
        head = {"type": "Prometheus", "metricSourceRef": source.name} if source else {"type": OURS}
        return {"metricSource": {**head, "spec": spec}}

    return {"ratioMetric": {"counter": True, key: metric(part), "total": metric(total)}}


def _threshold(spec: dict[str, Any]) -> dict[str, Any]:
    return {"thresholdMetric": {"metricSource": {"type": OURS, "spec": spec}}}


def _compared(limit: Limit | None) -> dict[str, Any]:
    return {} if limit is None else dict(plain(limit))


def _policy(slo: Slo, rule: BurnRule) -> dict[str, Any]:
    """`alertAfter` is the short window: the burn must have gone on for that long."""
    name = f"{slo.name}-burn-{rule.factor:g}".replace(".", "-")
    condition = {
        "kind": "burnrate",
        "threshold": rule.factor,
        "lookbackWindow": span_text(rule.long * 60),
        "alertAfter": span_text(rule.short * 60),
    }
    inside = {"severity": "page" if rule.pages else "ticket", "condition": condition}
    return {
        "kind": "AlertPolicy",
        "metadata": {"name": name},
        "spec": {
            "alertWhenNoData": False,
            "alertWhenResolved": True,
            "alertWhenBreaching": True,
            "conditions": [{"kind": "AlertCondition", "metadata": {"name": name}, "spec": inside}],
            "notificationTargets": [{"targetRef": "on-call"}],
        },
    }


def _source(slo: Slo) -> list[dict[str, Any]]:
    if not isinstance(slo.indicator, PromShare):
        return []
    source = slo.indicator.source
    details = {"url": source.url, "urlEnv": source.url_env, "tokenEnv": source.token_env}
    given = {k: v for k, v in details.items() if v}
    if not given:
        return []  # a [signals.NAME] of cleanroom.toml
    spec = {"type": "Prometheus", "connectionDetails": given}
    return [{"apiVersion": API, "kind": "DataSource", "metadata": {"name": source.name}, "spec": spec}]
