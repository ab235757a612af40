"""What does sensors/ hold? The sensors, each named by its file, and every mistake in them."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from cleanroom.adapters.project.files import inside, read
from cleanroom.codec.plan import Reading
from cleanroom.codec.positions import MAX_BYTES
from cleanroom.codec.sensor import read_sensor
from cleanroom.core.base import Misuse
from cleanroom.core.contract import LintFinding
from cleanroom.core.sensors import Sensor

SENSORS = "sensors"
_MOST = 1000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def read_sensors(root: Path) -> tuple[tuple[Sensor, ...], tuple[LintFinding, ...]]:
    """Those without mistakes, by name; and every finding."""
    folder = root / SENSORS
    names = sorted(p.name for p in folder.iterdir() if p.suffix in (".yaml", ".yml")) if folder.is_dir() else []
    found: dict[str, Sensor] = {}
    findings: list[LintFinding] = []
    if len(names) > _MOST:
        findings.append(LintFinding(SENSORS, 1, 1, f"sensors/ holds {len(names):,} files: {_MOST:,} are read"))
    for file in names[:_MOST]:
        stem, path = Path(file).stem, f"{SENSORS}/{file}"
        if not _NAME.fullmatch(stem) or stem in found:
            hint = "Use letters, digits, '.', '_' and '-', beginning with a letter or digit, and each name once."
            findings.append(LintFinding(path, 1, 1, f"{stem[:100]!r} cannot be the name of a sensor", hint))
            continue
        try:
            content = read(inside(root, path), MAX_BYTES)
        except Misuse as error:
            findings.append(LintFinding(path, 1, 1, error.message, error.hint))
            continue
        reading = _sensor_of(content or b"", path, stem)
        findings += reading.findings
        if reading.value is not None:
            found[stem] = reading.value
    return tuple(found[name] for name in sorted(found)), tuple(findings)


@lru_cache(maxsize=_MOST)
def _sensor_of(content: bytes, file: str, name: str) -> Reading[Sensor]:
    """Rollouts ask at every look: the same bytes are parsed once."""
    return read_sensor(content, file, name)
