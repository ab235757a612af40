"""OpenSLO files in, and out; and the rules that Prometheus takes."""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.app.room import Room
from cleanroom.app.slo.read import named
from cleanroom.core.base import Misuse, noun
from cleanroom.core.contract import LintFinding
from cleanroom.core.slo import Slo
from cleanroom.formats.openslo import read_openslo
from cleanroom.formats.openslo_writer import openslo_text
from cleanroom.formats.prometheus_rules import Left, rules_text


@noun
class Imported:
    """What came in: the names of the SLOs and their files; `findings`: what is not supported, with file and line."""

    names: tuple[str, ...]
    files: tuple[str, ...]
    findings: tuple[LintFinding, ...]

    @property
    def errors(self) -> int:
        """How many findings kept something out."""
        return sum(f.severity == "error" for f in self.findings)


def import_openslo(room: Room, files: Sequence[tuple[bytes, str]], *, replace: bool = False) -> Imported:
    """Bring the SLOs of OpenSLO v1 files into slos/, a file each; what cannot be promised stays out and is said.

    Raises Misuse where another SLO of that name is there, before anything is written, unless `replace`.
    """
    found = read_openslo(files)
    there = {s.name: s for s in room.project.slos()}
    for placed in found.slos:
        name = placed.slo.name
        if there.get(name, placed.slo) == placed.slo:
            continue
        if not replace or not room.project.path(f"slos/{name}.yaml").is_file():
            hint = "Rename one of them, or replace slos/NAME.yaml: --replace."
            raise Misuse(f"{placed.file}:{placed.line} there is another SLO {name!r} already", hint)
    new = [p.slo for p in found.slos if there.get(p.slo.name) != p.slo]
    files_ = tuple(room.project.write_slo(s.name, openslo_text(s), replace=replace) for s in new)
    return Imported(tuple(p.slo.name for p in found.slos), files_, found.findings)


def export_openslo(room: Room, names: Sequence[str] = ()) -> str:
    """The SLOs of that name, or all, as one OpenSLO v1 text. Raises NotFound."""
    return "---\n".join(openslo_text(slo) for slo in _chosen(room, names))


def prometheus_rules(room: Room, names: Sequence[str] = ()) -> tuple[str, tuple[Left, ...]]:
    """Recording and alerting rules of the SLOs of that name, or of all; and those that have none. Raises NotFound."""
    return rules_text(_chosen(room, names))


def _chosen(room: Room, names: Sequence[str]) -> Sequence[Slo]:
    return [named(room, name) for name in names] if names else room.project.slos()
