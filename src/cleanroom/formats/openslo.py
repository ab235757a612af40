"""OpenSLO v1 files as Slos: what validates is read, and what we cannot promise is said with file and line.

Objects of all files are read together, since they refer to one another by name. What a program must not overlook is an error;
what changes nothing here (labels, notification targets) is let pass, or is a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from cleanroom.codec.positions import Document, ordered
from cleanroom.codec.shape import build, without_followers
from cleanroom.codec.yaml_text import read_documents
from cleanroom.core.contract import LintFinding
from cleanroom.core.mistakes import Mistake, Path, did_you_mean
from cleanroom.core.slo import DAY, LONGEST, NAME, SHORTEST, Slo, span_text
from cleanroom.formats.openslo_indicator import DETECTOR, indicator_of
from cleanroom.formats.openslo_rules import rules_of
from cleanroom.formats.openslo_shape import API, KINDS, Objective, SloObject, TimeWindow, seconds_of

_DETECTOR = ("critical", "warning", "off")


@dataclass(frozen=True, slots=True)
class Placed:
    """An SLO and where it stands."""

    slo: Slo
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Read:
    """What files say: the SLOs that can be kept, and every finding. `services`: the names and what is said of them."""

    slos: tuple[Placed, ...]
    findings: tuple[LintFinding, ...]
    services: tuple[str, ...] = ()


@dataclass(slots=True)
class Objects:
    """All objects by kind and name, with the document that each stands in; `mistakes` of the one that is being read."""

    by_kind: dict[str, dict[str, tuple[Any, Document]]] = field(default_factory=dict)

    def find(self, kind: str, name: str) -> tuple[Any, Document] | None:
        """The object of that kind and name."""
        return self.by_kind.get(kind, {}).get(name)

    def names(self, kind: str) -> tuple[str, ...]:
        """What there is of a kind."""
        return tuple(self.by_kind.get(kind, {}))


def read_openslo(files: Iterable[tuple[bytes, str]]) -> Read:
    """Read files of (content, name) together. Never raises: mistakes are findings."""
    objects, findings = Objects(), list[LintFinding]()
    documents = [d for content, name in files for d in read_documents(content, name)]
    for document in documents:
        findings += document.findings
        if not document.broken:
            findings += _taken(document, objects)
    placed: list[Placed] = []
    for name, (found, document) in objects.by_kind.get("SLO", {}).items():
        slo, wrong = _slo(found, objects)
        findings += [document.locate(m) for m in wrong]
        if slo is not None:
            placed.append(Placed(slo, document.file, document.place(("metadata", "name")).line))
        elif not any(m.severity == "error" for m in wrong):
            findings.append(document.locate(Mistake((), f"SLO {name!r} cannot be read")))
    return Read(tuple(placed), ordered(findings), objects.names("Service"))


def _taken(document: Document, objects: Objects) -> Iterator[LintFinding]:
    """Keep the object of a document, and say what is wrong with it."""
    data = document.data
    if not isinstance(data, dict):
        hint = f"It begins with apiVersion: {API}, kind: ..., metadata: ... and spec: ..."
        yield document.locate(Mistake((), "this is no OpenSLO object", hint))
        return
    if data.get("apiVersion") != API:
        said = str(data.get("apiVersion", "nothing"))[:40]
        yield document.locate(Mistake(("apiVersion",), f"{said!r} is not read: apiVersion must be {API}", at="value"))
        return
    kind = str(data.get("kind"))
    if kind not in KINDS:
        what = f"{kind[:60]!r} is no kind of OpenSLO object"
        yield document.locate(Mistake(("kind",), what, did_you_mean(kind[:60], KINDS)))
        return
    shape: type[Any] = KINDS[kind]
    found, mistakes = build(shape, data)
    softened = [_softened(m) for m in mistakes]
    yield from (document.locate(m) for m in softened)
    if found is None or any(m.severity == "error" for m in softened):
        return
    of_kind = objects.by_kind.setdefault(kind, {})
    name = found.metadata.name
    if name in of_kind:
        same, first = of_kind[name]
        if same == found:
            return
        place = f"{first.file}:{first.place(('metadata', 'name')).line}"
        message = f"there is a {kind} {name!r} already ({place})"
        yield document.locate(Mistake(("metadata", "name"), message, "Names are unique within a kind."))
        return
    of_kind[name] = found, document


def _softened(mistake: Mistake) -> Mistake:
    """The schema lets unknown keys pass: they mean nothing, which is worth a warning."""
    if not mistake.message.startswith("unknown key"):
        return mistake
    what = f"{mistake.message} means nothing in {API} and is ignored"
    return replace(mistake, message=what, severity="warning")


def _slo(found: SloObject, objects: Objects) -> tuple[Slo | None, list[Mistake]]:
    """The SLO of an object, or why there is none."""
    mistakes: list[Mistake] = []
    spec = found.spec
    mistakes += _basics(found)
    target, wrong = _target(spec.objectives, spec.budgetingMethod)
    mistakes += wrong
    indicator, wrong = indicator_of(found, objects)
    mistakes += wrong
    window, wrong = _window(spec.timeWindow)
    mistakes += wrong
    rules, wrong = rules_of(spec.alertPolicies, objects)
    mistakes += wrong
    detector = str((found.metadata.annotations or {}).get(DETECTOR, "critical"))
    if detector not in _DETECTOR:
        path: Path = ("metadata", "annotations", DETECTOR)
        mistakes.append(Mistake(path, f"{detector[:40]!r} is not one of: {', '.join(_DETECTOR)}"))
    mistakes = without_followers(mistakes, ())
    if indicator is None or target is None or window is None or any(m.severity == "error" for m in mistakes):
        return None, mistakes
    slo = Slo(
        name=found.metadata.name,
        system=spec.service,
        indicator=indicator,
        target=target,
        window=window,
        title=found.metadata.displayName,
        description=spec.description,
        rules=rules,
        detector=detector,  # type: ignore[arg-type]
    )
    return slo, mistakes


def _basics(found: SloObject) -> Iterator[Mistake]:
    if not NAME.fullmatch(found.metadata.name):
        hint = "Small letters, digits, '-' and '.', at most 63 of them: it names a file and stands in labels."
        yield Mistake(("metadata", "name"), f"the name {found.metadata.name[:80]!r} is not supported", hint)
    if not found.spec.service:
        yield Mistake(("spec", "service"), "'service' is empty", "The name of the system in the register.")
    if len(found.spec.description) > 1050:
        yield Mistake(("spec", "description"), "a description has at most 1050 characters")


def _target(objectives: Sequence[Objective], method: str) -> tuple[float | None, list[Mistake]]:
    """The share that must be good."""
    path: Path = ("spec", "objectives")
    if len(objectives) != 1:
        what = "no objective is given" if not objectives else f"{len(objectives)} objectives: only one is supported"
        return None, [Mistake(path, what, "Write an SLO for each.")]
    one = objectives[0]
    mistakes: list[Mistake] = []
    if method == "Timeslices":
        hint = "Occurrences counts calls; the age of a source is measured by time in any case."
        mistakes.append(Mistake(("spec", "budgetingMethod"), "Timeslices are not supported", hint))
    for key in ("timeSliceTarget", "timeSliceWindow"):
        if getattr(one, key) is not None:
            mistakes.append(Mistake((*path, 0, key), f"{key!r} belongs to Timeslices", "", "warning", "key"))
    if (one.target is None) == (one.targetPercent is None):
        return None, [*mistakes, Mistake((*path, 0), "an objective has either 'target' or 'targetPercent'")]
    key = "target" if one.target is not None else "targetPercent"
    share = one.target if one.target is not None else round(float(one.targetPercent or 0) / 100, 12)
    if not 0 < share < 1:
        hint = "target: 0.995 and targetPercent: 99.5 are the same; 0 and all of it leave no budget to speak of."
        return None, [*mistakes, Mistake((*path, 0, key), f"{key!r} must lie between 0 and 1", hint)]
    return share, mistakes


def _window(windows: Sequence[TimeWindow]) -> tuple[int | None, list[Mistake]]:
    """Its seconds; 30 days where nothing is said."""
    path: Path = ("spec", "timeWindow")
    if not windows:
        return 30 * DAY, [Mistake(("spec",), "no 'timeWindow' is given: a rolling 30d is taken", "", "warning")]
    if len(windows) > 1:
        return None, [Mistake(path, f"{len(windows)} time windows: there may be one")]
    one, here = windows[0], (*path, 0)
    if one.calendar is not None or not one.isRolling:
        at: Path = (*here, "calendar") if one.calendar is not None else here
        hint = "Only rolling windows: isRolling: true, and no calendar."
        return None, [Mistake(at, "a calendar-aligned window is not supported", hint, at="key")]
    seconds = seconds_of(one.duration)
    if seconds is None or not SHORTEST <= seconds <= LONGEST:
        hint = "A whole number and m, h, d, w, M, Q or Y, from 1h to 400d: 30d."
        return None, [Mistake((*here, "duration"), f"{one.duration[:40]!r} cannot be the window", hint)]
    rough = one.duration[-1] in "MQY"
    note = Mistake((*here, "duration"), f"{one.duration} is taken as {span_text(seconds)}", "", "warning")
    return seconds, [note] if rough else []
