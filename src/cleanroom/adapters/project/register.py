"""What do systems/ and slos/ hold? The register's systems, the SLOs that were promised for them, and every mistake in both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from cleanroom.adapters.project.files import MOST_FILES, yaml_files
from cleanroom.codec.plan import Reading
from cleanroom.codec.positions import ordered
from cleanroom.codec.system import read_system
from cleanroom.core.contract import LintFinding
from cleanroom.core.mistakes import Mistake, closest, did_you_mean
from cleanroom.core.mistakes import Path as Keys
from cleanroom.core.register import System
from cleanroom.core.slo import PromShare, Slo, unfitting
from cleanroom.ports.project import Channel, SignalSource

if TYPE_CHECKING:
    from cleanroom.adapters.project.misnamed import Names
    from cleanroom.formats.openslo import Read

SYSTEMS, SLOS = "systems", "slos"


@dataclass(frozen=True, slots=True)
class Around:
    """What systems and SLOs refer to: of cleanroom.toml, and the flags of the ledger; None where it cannot be read."""

    channels: tuple[Channel, ...] | None = None
    signals: tuple[SignalSource, ...] | None = None
    flags: Sequence[str] | None = None


class Register:
    """The files of both folders below `root`, read anew at every question; the same bytes are parsed once."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def systems(self) -> tuple[tuple[System, ...], tuple[LintFinding, ...]]:
        """Those without mistakes, by name; and every finding of systems/."""
        readings, findings = self._systems()
        return tuple(sorted((r.value for r in readings if r.value is not None), key=lambda s: s.name)), findings

    def slos(self) -> tuple[tuple[Slo, ...], tuple[LintFinding, ...]]:
        """Those without mistakes, by name; and every finding of slos/."""
        found, findings = self._slos()
        return tuple(sorted((p.slo for p in found.slos), key=lambda s: s.name)), findings

    def lint(self, around: Around, names: Names) -> tuple[LintFinding, ...]:
        """Every mistake in both folders, what does not fit between them and cleanroom.toml, and data that is not there."""
        from cleanroom.adapters.project.misnamed import in_slo, in_system  # loads what sensors and SLOs need

        readings, findings = self._systems()
        found, also = self._slos()
        named = (
            *(f for r in readings for f in in_system(r, names)),
            *(f for p in found.slos for f in in_slo(p, names)),
        )
        return ordered((*findings, *also, *_misfits(readings, found, around), *named))

    def _systems(self) -> tuple[tuple[Reading[System], ...], tuple[LintFinding, ...]]:
        contents, findings = yaml_files(self._root, SYSTEMS)
        readings = tuple(_system_of(content, name) for content, name in contents)
        twice = list(_twice(readings))
        return readings, ordered((*findings, *(f for r in readings for f in r.findings), *twice))

    def _slos(self) -> tuple[Read, tuple[LintFinding, ...]]:
        contents, findings = yaml_files(self._root, SLOS)
        found = _slos_of(contents)
        return found, ordered((*findings, *found.findings))


@lru_cache(maxsize=MOST_FILES)
def _system_of(content: bytes, file: str) -> Reading[System]:
    """Telemetry asks for the register with every request: the same bytes are parsed once."""
    return read_system(content, file)


@lru_cache(maxsize=8)
def _slos_of(contents: tuple[tuple[bytes, str], ...]) -> Read:
    from cleanroom.formats.openslo import read_openslo  # with what it leans on it takes longer than most commands

    return read_openslo(contents)


def _twice(readings: tuple[Reading[System], ...]) -> Iterator[LintFinding]:
    """Two files of one system: nobody could tell which counts."""
    seen: dict[str, str] = {}
    for reading in readings:
        if reading.draft is None or not reading.draft.name:
            continue
        first = seen.setdefault(reading.draft.name, reading.document.file)
        if first != reading.document.file:
            what = f"the system {reading.draft.name!r:.90} is in {first} already"
            yield reading.document.locate(Mistake(("name",), what, "One file a system."))


def _misfits(readings: tuple[Reading[System], ...], found: Read, around: Around) -> Iterator[LintFinding]:
    """What is named and is not there. Names that are nowhere would be silent where somebody relies on them."""
    drafts = {r.draft.name: r for r in readings if r.draft is not None}
    placed = {p.slo.name: p for p in found.slos}
    for who, what, hint in unfitting([p.slo for p in found.slos], [r.draft for r in readings if r.draft is not None]):
        kind, mark, rest = who.partition("/")
        if mark and kind == "system":
            name, _, slo = rest.partition("/")
            draft = drafts[name].draft
            place = draft.slos.index(slo) if draft is not None else 0
            yield drafts[name].document.locate(Mistake(("slos", place), what, hint))
        else:
            at = placed[who]
            yield LintFinding(at.file, at.line, 1, f"{who}: {what}", hint, "warning")
    if around.channels is not None:
        for reading in drafts.values():
            yield from _channels(reading, [c.name for c in around.channels])
    if around.flags is not None:
        for reading in drafts.values():
            yield from _flags(reading, around.flags)
    known = None if around.signals is None else [s.name for s in around.signals if s.kind == "prometheus"]
    for at in found.slos:
        source = at.slo.indicator.source if isinstance(at.slo.indicator, PromShare) else None
        if known is not None and source is not None and not (source.url or source.url_env) and source.name not in known:
            what = f"{at.slo.name}: there is neither a DataSource nor a [signals.{source.name}] of kind prometheus"
            yield LintFinding(at.file, at.line, 1, what, did_you_mean(source.name, known))


def _flags(reading: Reading[System], known: Sequence[str]) -> Iterator[LintFinding]:
    """A flag that is not there stops nothing on the day it is needed; it may still be set, and so is only warned of."""
    if reading.draft is None:
        return
    fallback = reading.draft.fallback
    named: list[tuple[Keys, str]] = [(("fallback", "flag"), fallback.flag)] if fallback is not None else []
    named += [(("sources", place, "flag"), s.flag) for place, s in enumerate(reading.draft.sources)]
    for path, key in named:
        if key.strip() and key not in known:
            hint = did_you_mean(key, known) if closest(key, known) else f"cleanroom flag set {key} ... makes it."
            yield reading.document.locate(Mistake(path, f"there is no flag {key[:60]!r} yet", hint, "warning"))


def _channels(reading: Reading[System], known: list[str]) -> Iterator[LintFinding]:
    if reading.draft is None:
        return
    for level in ("warning", "critical", "business"):
        for place, name in enumerate(getattr(reading.draft.channels, level)):
            if name not in known:
                mistake = Mistake(
                    ("channels", level, place), f"there is no channel {name[:60]!r}", did_you_mean(name, known)
                )
                yield reading.document.locate(mistake)
