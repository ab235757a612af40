"""What does the indicator of an OpenSLO SLO measure? Metric sources of type cleanroom (calls, labels, sources, tables,
alerts) and Prometheus; any other source is told apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from cleanroom.codec.shape import build
from cleanroom.core.base import noun
from cleanroom.core.mistakes import Mistake, Path
from cleanroom.core.queue import REASONS
from cleanroom.core.slo import (
    CallShare,
    Delay,
    Indicator,
    LabelledShare,
    Limit,
    Prometheus,
    PromShare,
    SourceAge,
    TableShare,
)
from cleanroom.formats.openslo_shape import DataSource, Metric, Op, RatioMetric, Sli, SloObject
from cleanroom.formats.promql import windowed

T = TypeVar("T")

OURS = "cleanroom"
"""The type of metric source that stands for what this program sees itself."""

DETECTOR = "ai-cleanroom.example/detector"
"""The annotation that says what an alarm of the per-request detector is: critical, warning or off."""

_SECRETS = ("key", "token", "secret", "password", "credential")


@noun
class RatioSpec:
    """`spec` of a bad or total of ours: a metric of calls, or a column of a table. op and value say what is good."""

    metric: str = ""
    labelled: bool = False
    reasons: tuple[str, ...] = ()
    data: str = ""
    column: str = ""
    at: str = "at"
    op: Op | None = None
    value: float | None = None


@noun
class ThresholdSpec:
    """`spec` of a threshold of ours: a metric of calls, a source's age in hours, hours of alerts, or a column of a table."""

    metric: str = ""
    source: str = ""
    alerts: str = ""
    data: str = ""
    column: str = ""
    at: str = "at"


def indicator_of(found: SloObject, objects: Any) -> tuple[Indicator | None, list[Mistake]]:
    """The indicator, and what is wrong with it, by paths of the SLO's own document."""
    spec = found.spec
    if (spec.indicator is None) == (not spec.indicatorRef):
        return None, [Mistake(("spec",), "an SLO has either 'indicator' or 'indicatorRef'")]
    if spec.indicator is not None:
        indicator, mistakes = _read(spec.indicator, found, objects)
        return indicator, [_moved(m, ("spec", "indicator")) for m in mistakes]
    there = objects.find("SLI", spec.indicatorRef)
    if there is None:
        known = ", ".join(objects.names("SLI")) or "none"
        what = f"there is no SLI {spec.indicatorRef[:60]!r} in these files"
        return None, [Mistake(("spec", "indicatorRef"), what, f"There are: {known}.")]
    sli, document = there
    indicator, mistakes = _read(sli, found, objects)
    said = []
    for mistake in mistakes:
        if mistake.path[:1] == ("objectives",):
            said.append(_moved(mistake, ()))
            continue
        place = document.place(mistake.path, mistake.at)
        what = f"{document.file}:{place.line}:{place.column} {mistake.message}"
        said.append(Mistake(("spec", "indicatorRef"), what, mistake.hint, mistake.severity))
    return indicator, said


def _moved(mistake: Mistake, path: Path) -> Mistake:
    """Mistakes of the objective lie in the SLO, not in its indicator."""
    return mistake.under(("spec",)) if mistake.path[:1] == ("objectives",) else mistake.under(path)


def _read(sli: Sli, found: SloObject, objects: Any) -> tuple[Indicator | None, list[Mistake]]:
    """Paths begin at the indicator; those of the objective with 'objectives'."""
    ratio, threshold = sli.spec.ratioMetric, sli.spec.thresholdMetric
    if ratio is not None and threshold is None:
        indicator, mistakes = _ratio(ratio, objects)
        mistakes += _unused(found)
        return indicator, [m if m.path[:1] == ("objectives",) else m.under(("spec", "ratioMetric")) for m in mistakes]
    if threshold is None or ratio is not None:
        return None, [Mistake(("spec",), "an indicator has either 'ratioMetric' or 'thresholdMetric'")]
    indicator, mistakes = _threshold(threshold, found, objects)
    return indicator, [m if m.path[:1] == ("objectives",) else m.under(("spec", "thresholdMetric")) for m in mistakes]


def _unused(found: SloObject) -> Iterator[Mistake]:
    for place, objective in enumerate(found.spec.objectives):
        if objective.op is not None or objective.value is not None:
            path: Path = ("objectives", place)
            yield Mistake(path, "'op' and 'value' belong to a thresholdMetric and are ignored", "", "warning")


# --- ratios -----------------------------------------------------------------------------------------------


def _ratio(ratio: RatioMetric, objects: Any) -> tuple[Indicator | None, list[Mistake]]:
    if ratio.raw is not None:
        hint = "Write bad (or good) and total: a budget is spent by counts."
        return None, [Mistake(("raw",), "a ratio that was computed elsewhere (raw) is not supported", hint, at="key")]
    key, part = ("bad", ratio.bad) if ratio.bad is not None else ("good", ratio.good)
    if part is None or (ratio.good is not None and ratio.bad is not None):
        return None, [Mistake((), "a ratio has either 'good' or 'bad'")]
    if ratio.total is None:
        return None, [Mistake(("total",), "'total' is missing", at="key")]
    kind, wrong = _type(part, objects)
    other, also = _type(ratio.total, objects)
    mistakes = [m.under((key,)) for m in wrong] + [m.under(("total",)) for m in also]
    if kind is None or other is None:
        return None, mistakes
    if kind != other:
        what = f"{key} comes from {kind} and total from {other}: both must come from one source"
        return None, [Mistake(("total", "metricSource"), what)]
    if kind == "prometheus":
        return _prometheus(key, part, ratio.total, ratio.counter, objects)
    indicator, wrong = _ours(key, part)
    return indicator, [m.under((key,)) for m in wrong]


def _type(metric: Metric, objects: Any) -> tuple[str | None, list[Mistake]]:
    """Of which kind a metric source is: ours, or prometheus."""
    source = metric.metricSource
    given = source.type
    path: Path = ("metricSource", "type")
    if not given:
        there = objects.find("DataSource", source.metricSourceRef)
        if there is None:
            hint = f"type: {OURS} or Prometheus, or the name of a DataSource in metricSourceRef."
            return None, [Mistake(("metricSource",), "nothing says of which type the metric source is", hint)]
        given, path = there[0].spec.type, ("metricSource", "metricSourceRef")
    kind = given.strip().casefold()
    if kind in (OURS, "prometheus"):
        return kind, []
    hint = f"There are {OURS} (calls, labels, sources, tables, alerts) and Prometheus."
    return None, [Mistake(path, f"metric sources of type {given[:40]!r} are not supported", hint)]


def _ours(key: str, part: Metric) -> tuple[Indicator | None, list[Mistake]]:
    path: Path = ("metricSource", "spec")
    if key == "good":
        return None, [Mistake(path, "a source of ours counts bad ones: write 'bad' in place of 'good'")]
    spec, mistakes = _built(RatioSpec, part.metricSource.spec, path)
    if spec is None:
        return None, mistakes
    limit, wrong = _limit(spec.op, spec.value, path)
    unknown = [r for r in spec.reasons if r not in REASONS]
    if unknown:
        wrong.append(Mistake((*path, "reasons"), f"{unknown[0][:40]!r} is no reason", f"One of: {', '.join(REASONS)}."))
    if bool(spec.metric) == bool(spec.data):
        hint = "metric: error counts calls; data: FILE with column: NAME counts rows."
        wrong.append(Mistake(path, "a source of ours has either 'metric' or 'data'", hint))
    elif spec.data and not spec.column:
        wrong.append(Mistake((*path, "column"), "'column' is missing: which rows are bad?", at="key"))
    elif spec.reasons and not spec.labelled:
        wrong.append(Mistake((*path, "reasons"), "'reasons' are those of labels: labelled: true", at="key"))
    if wrong or mistakes:
        return None, [*mistakes, *wrong]
    if spec.data:
        return TableShare(spec.data, spec.column, spec.at, limit), []
    return (LabelledShare(spec.metric, limit, spec.reasons) if spec.labelled else CallShare(spec.metric, limit)), []


def _limit(op: Op | None, value: float | None, path: Path) -> tuple[Limit | None, list[Mistake]]:
    if (op is None) != (value is None):
        return None, [
            Mistake(path, "'op' and 'value' go together", "op: lte and value: 0.5 say which values are good.")
        ]
    return (None if op is None or value is None else Limit(op, value)), []


def _built(kind: type[T], given: Mapping[str, Any], path: Path) -> tuple[T | None, list[Mistake]]:
    spec, mistakes = build(kind, dict(given))
    return (None if mistakes else spec), [m.under(path) for m in mistakes]


# --- Prometheus -------------------------------------------------------------------------------------------


def _prometheus(
    key: str, part: Metric, total: Metric, counter: bool, objects: Any
) -> tuple[Indicator | None, list[Mistake]]:
    texts: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for name, metric in ((key, part), ("total", total)):
        path: Path = (name, "metricSource", "spec")
        query = metric.metricSource.spec.get("query")
        if not isinstance(query, str) or not query.strip():
            mistakes.append(Mistake((*path, "query"), "'query' is missing: PromQL", at="key"))
            continue
        text, note = windowed(query, counter)
        if text is None:
            hint = "Write $window for the range: sum(increase(requests_total[$window]))."
            mistakes.append(Mistake((*path, "query"), note, hint))
            continue
        if note:
            mistakes.append(Mistake((*path, "query"), note, "", "warning"))
        texts[name] = text
    refs = {m.metricSource.metricSourceRef for m in (part, total)}
    if len(refs) > 1:
        mistakes.append(Mistake(("total", "metricSource", "metricSourceRef"), "both must come from one Prometheus"))
    if not part.metricSource.metricSourceRef:
        hint = "metricSourceRef: the name of a DataSource, or of a [signals.NAME] of cleanroom.toml."
        mistakes.append(Mistake((key, "metricSource"), "nothing says which Prometheus", hint))
    source, wrong = _source(part.metricSource.metricSourceRef, objects)
    mistakes += [replace(m, path=(key, "metricSource", "metricSourceRef")) for m in wrong]
    if source is None or any(m.severity == "error" for m in mistakes):
        return None, mistakes
    good, bad = (texts[key], "") if key == "good" else ("", texts[key])
    return PromShare(source, texts["total"], good, bad), mistakes


def _source(name: str, objects: Any) -> tuple[Prometheus | None, list[Mistake]]:
    """Where Prometheus is: as a DataSource says, else as cleanroom.toml does under that name."""
    there = objects.find("DataSource", name)
    if there is None:
        return Prometheus(name), []
    found: DataSource = there[0]
    details = dict(found.spec.connectionDetails or {})
    place = there[1].place(("spec", "connectionDetails"))
    where = f"DataSource {name!r} ({there[1].file}:{place.line})"
    known = {
        "url": details.pop("url", ""),
        "url_env": details.pop("urlEnv", ""),
        "token_env": details.pop("tokenEnv", ""),
    }
    mistakes = []
    for key in details:
        secret = any(word in key.casefold() for word in _SECRETS)
        what = "is refused: secrets do not belong into files" if secret else "is not used"
        hint = "tokenEnv names the variable that holds a bearer token." if secret else "url, urlEnv and tokenEnv are."
        mistakes.append(Mistake((), f"{where}: {key[:40]!r} {what}", hint, "error" if secret else "warning"))
    if not all(isinstance(v, str) for v in known.values()) or not (known["url"] or known["url_env"]):
        mistakes.append(Mistake((), f"{where} has no url", "connectionDetails: {url: 'http://prometheus:9090'}"))
        return None, mistakes
    address = str(known["url"])
    if address and (not address.startswith(("http://", "https://")) or "@" in address):
        mistakes.append(Mistake((), f"{where}: the url must be an http or https address without credentials"))
        return None, mistakes
    return Prometheus(name, **known), mistakes


# --- thresholds -------------------------------------------------------------------------------------------


def _threshold(metric: Metric, found: SloObject, objects: Any) -> tuple[Indicator | None, list[Mistake]]:
    kind, mistakes = _type(metric, objects)
    if kind is None:
        return None, mistakes
    if kind != OURS:
        hint = "Write a ratioMetric: how many were good, of how many."
        return None, [Mistake(("metricSource",), "a threshold on values of Prometheus is not supported", hint)]
    path: Path = ("metricSource", "spec")
    spec, mistakes = _built(ThresholdSpec, metric.metricSource.spec, path)
    objective = found.spec.objectives[0] if found.spec.objectives else None
    if spec is None or objective is None:
        return None, mistakes
    if objective.op is None or objective.value is None:
        what = "a thresholdMetric needs 'op' and 'value': which values are good?"
        return None, [*mistakes, Mistake(("objectives", 0), what, "For example op: lte and value: 2.")]
    return _of_threshold(spec, Limit(objective.op, objective.value), path)


def _of_threshold(spec: ThresholdSpec, limit: Limit, path: Path) -> tuple[Indicator | None, list[Mistake]]:
    given = [k for k in ("metric", "source", "alerts", "data") if getattr(spec, k)]
    if len(given) != 1:
        hint = "metric: latency_s, source: profiles, alerts: detect, or data: FILE with column: NAME."
        return None, [Mistake(path, "a source of ours has one of metric, source, alerts and data", hint)]
    match given[0]:
        case "metric":
            return CallShare(spec.metric, limit), []
        case "data" if spec.column:
            return TableShare(spec.data, spec.column, spec.at, limit), []
        case "data":
            return None, [Mistake((*path, "column"), "'column' is missing: which number is compared?", at="key")]
    if limit.op not in ("lte", "lt") or limit.value <= 0:
        what = "hours are good while they are few: op: lte (or lt) and a value above 0"
        return None, [Mistake(("objectives", 0), what)]
    if given[0] == "source":
        return SourceAge(spec.source, limit), []
    match spec.alerts:
        case "detect":
            return Delay("detect", limit.value), []
        case "repair":
            return Delay("repair", limit.value), []
        case other:
            hint = "detect: until an alert was found; repair: until it was over."
            return None, [Mistake((*path, "alerts"), f"{other[:40]!r} is not one of: detect, repair", hint)]
