"""sensors/*.yaml as a Sensor, with every mistake at its line."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from typing import Any, get_args

from cleanroom.codec.plan import Reading
from cleanroom.codec.positions import ordered
from cleanroom.codec.settings.keys import seconds
from cleanroom.codec.shape import build, without_followers
from cleanroom.codec.yaml_text import read_yaml
from cleanroom.core.mistakes import Mistake, did_you_mean
from cleanroom.core.sensors import AnyWatch, Sensor
from cleanroom.core.sensors.lint import faults

KINDS: dict[str, type] = {kind.__dataclass_fields__["kind"].default: kind for kind in get_args(AnyWatch)}
"""The kinds of sensor, as files name them."""

_COMMON = ("every", "blocks", "level", "system", "runbook")
_LENGTHS = ("every", "max_age", "delay", "window")


def read_sensor(content: bytes, file: str, name: str) -> Reading[Sensor]:
    """Read one file. Never raises: all mistakes, of text, shape and sense, are findings in one go."""
    document = read_yaml(content, file)
    if document.broken:
        return Reading(None, ordered(document.findings), document)
    data, mistakes = _in_shape(document.data, name)
    sensor: Sensor | None = None
    if data is not None:
        sensor, complaints = build(Sensor, data)
        mistakes += without_followers((_in_file(c) for c in complaints), mistakes)
        if sensor is not None and not mistakes:
            mistakes += faults(sensor)
    findings = ordered((*document.findings, *(document.locate(m) for m in mistakes)))
    failed = any(f.severity == "error" for f in findings)
    return Reading(None if failed else sensor, findings, document, sensor)


def _in_shape(data: Any, name: str) -> tuple[dict[str, Any] | None, list[Mistake]]:
    """The file's flat keys as a Sensor with what it watches; None where it does not even say of which kind it is."""
    if not isinstance(data, dict):
        return None, [Mistake((), "the file is not a mapping of keys to values", "A sensor begins with kind: counts")]
    given = {k: v for k, v in data.items() if v is not None}
    kind = given.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        if kind is None:
            return None, [Mistake(("kind",), "'kind' is missing", f"One of {', '.join(KINDS)}.")]
        return None, [
            Mistake(("kind",), f"there is no kind of sensor {str(kind)[:60]!r}", did_you_mean(str(kind), KINDS))
        ]
    mistakes = []
    for key in _LENGTHS:
        if key in given:
            given[key], wrong = _length(given[key])
            mistakes += [Mistake((key,), f"{key!r} must be a length of time", "For example 30m, 6h or 1d.")] * wrong
    fields = {f.name for f in dataclasses.fields(KINDS[kind])}
    unknown = [k for k in given if k not in fields and k not in _COMMON]
    mistakes += [
        Mistake((k,), f"unknown key {k!r}", did_you_mean(k, sorted({*fields, *_COMMON})), at="key") for k in unknown
    ]
    told_only = (
        {"system"} if given.get("data") or given.get("flag") else set()
    )  # beside data or a flag, it says whose people hear of it, and nothing else
    watch = {k: v for k, v in given.items() if k in fields - told_only}
    return {"name": name, "watch": watch, **{k: v for k, v in given.items() if k in _COMMON}}, mistakes


def _length(value: Any) -> tuple[float, bool]:
    """Seconds, and whether that is wrong."""
    found = seconds(value)
    return float(found or 86_400), not found


def _in_file(complaint: Mistake) -> Mistake:
    """Where it lies in the file, whose keys are all at the top."""
    path = complaint.path[1:] if complaint.path[:1] == ("watch",) else complaint.path
    return replace(complaint, path=path, message=complaint.message.replace(" in 'watch'", ""))
