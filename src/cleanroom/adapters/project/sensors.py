"""What does sensors/ hold? The sensors, each named by its file, and every mistake in them."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from cleanroom.adapters.project.files import MOST_FILES, yaml_files
from cleanroom.codec.plan import Reading
from cleanroom.codec.positions import ordered
from cleanroom.codec.sensor import read_sensor
from cleanroom.core.contract import LintFinding
from cleanroom.core.sensors import Sensor

SENSORS = "sensors"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def read_sensors(root: Path) -> tuple[tuple[Sensor, ...], tuple[LintFinding, ...]]:
    """Those without mistakes, by name; and every finding."""
    readings, findings = readings_of(root)
    return tuple(r.value for r in readings.values() if r.value is not None), findings


def readings_of(root: Path) -> tuple[dict[str, Reading[Sensor]], tuple[LintFinding, ...]]:
    """Every file that has the name of a sensor, by that, as far as it can be read; and every finding."""
    contents, unread = yaml_files(root, SENSORS)
    found: dict[str, Reading[Sensor]] = {}
    findings = list(unread)
    for content, path in contents:
        stem = Path(path).stem
        if not _NAME.fullmatch(stem) or stem in found:
            hint = "Use letters, digits, '.', '_' and '-', beginning with a letter or digit, and each name once."
            findings.append(LintFinding(path, 1, 1, f"{stem[:100]!r} cannot be the name of a sensor", hint))
            continue
        found[stem] = _sensor_of(content, path, stem)
        findings += found[stem].findings
    return {name: found[name] for name in sorted(found)}, ordered(findings)


@lru_cache(maxsize=MOST_FILES)
def _sensor_of(content: bytes, file: str, name: str) -> Reading[Sensor]:
    """Rollouts ask at every look: the same bytes are parsed once."""
    return read_sensor(content, file, name)
