"""The user's project as files: the Project port on disk."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from cleanroom.adapters.models import EMBEDDED
from cleanroom.adapters.project.contracts import Contracts
from cleanroom.adapters.project.files import inside, read, settle, write_folder
from cleanroom.adapters.project.git import add_note, commit
from cleanroom.adapters.project.outside import Outside
from cleanroom.adapters.project.prompt_cases import cases_of
from cleanroom.adapters.project.register import SLOS, Around, Register
from cleanroom.adapters.project.root import SETTINGS, find_root
from cleanroom.codec.change import MAX_MAPPING, change_yaml, mapping_json, read_change, read_mapping
from cleanroom.codec.plan import Reading
from cleanroom.codec.positions import MAX_BYTES, ordered
from cleanroom.codec.prices import read_prices
from cleanroom.codec.prompt import read_prompt
from cleanroom.codec.settings import Settings, located, read_settings
from cleanroom.core.alerts.acts import Acts
from cleanroom.core.base import Digest, Misuse, NotFound, digest
from cleanroom.core.change import Change, DatasetArtifact, Mapping, MappingArtifact
from cleanroom.core.contract import Contract, LintFinding
from cleanroom.core.golden import GoldenCase
from cleanroom.core.policy import Policy
from cleanroom.core.prompt import Prompt
from cleanroom.core.prompt_case import PromptCase
from cleanroom.core.queue_rules import QueueRules
from cleanroom.core.register import System
from cleanroom.core.schedule import Schedule
from cleanroom.core.slo import NAME as SLO_NAME
from cleanroom.core.slo import Slo
from cleanroom.core.telemetry.prices import Prices
from cleanroom.ports.project import Channel, ModelSettings, Oidc, SignalSource, StoreSettings, TrackerSettings
from cleanroom.ports.validator import Validator

if TYPE_CHECKING:
    from cleanroom.adapters.project.misnamed import Names
    from cleanroom.core.sensors import Sensor

T = TypeVar("T")

PLAN = "contracts/plan.yaml"
PRICES = "prices.yaml"
_CHANGE = "change.yaml"
_MAPPING = "mapping.json"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SHOWN = 3


def open_project(start: Path, validator: Validator, outside: Outside | None = None) -> DiskProject:
    """The project around `start`: a folder in it, or a plan file (which may also lie outside any project).

    `outside`: what a lint asks to find columns that are not there. Raises Misuse when there is none.
    """
    if start.is_file():
        plan = start.resolve()
        root = find_root(plan.parent) or (plan.parent.parent if plan.parent.name == "contracts" else plan.parent)
        return DiskProject(root, validator, plan.relative_to(root).as_posix(), outside)
    if not start.exists():
        raise Misuse(f"{start} does not exist", "Name a project's folder, or a plan file.")
    found = find_root(start)
    if found is None:
        hint = 'Run `cleanroom init` here, or write a cleanroom.toml with name = "shop".'
        raise Misuse(f"there is no {SETTINGS} in {start.resolve()} or above it", hint)
    return DiskProject(found, validator, outside=outside)


class DiskProject:
    """See ports/project.py. Files are read anew at every question, so that edits are seen."""

    def __init__(self, root: Path, validator: Validator, plan: str = PLAN, outside: Outside | None = None) -> None:
        self._root = root.resolve()
        self._outside = outside
        self._contracts = Contracts(self._root, plan, validator)
        self._register = Register(self._root)

    @property
    def root(self) -> Path:
        """See ports/project.py."""
        return self._root

    def path(self, relative: str) -> Path:
        """See ports/project.py."""
        return inside(self._root, relative)

    def relative(self, path: Path) -> str:
        """The path below the root where it is, else the whole path."""
        whole = path.resolve()
        return whole.relative_to(self._root).as_posix() if whole.is_relative_to(self._root) else str(whole)

    def contract(self) -> Contract:
        """See ports/project.py."""
        contract, findings = self._contracts.contract()
        if contract is None:
            raise _misuse(findings)
        return contract

    def lint(self) -> tuple[LintFinding, ...]:
        """See ports/project.py."""
        cases = self._prompt_cases()[1]
        return (*self._read_settings()[1], *self._contracts.lint(), *cases, *self.lint_register(), *self.lint_sensors())

    def golden(self) -> tuple[GoldenCase, ...]:
        """See ports/project.py. Raises Misuse with the first mistakes when they do not lint."""
        cases, findings = self._contracts.golden()
        if any(f.severity == "error" for f in findings):
            raise _misuse(findings)
        return cases

    def prompt_cases(self) -> Sequence[PromptCase]:
        """See ports/project.py."""
        return _all_sound(*self._prompt_cases())

    def change(self, name: str) -> tuple[Change, Mapping | None]:
        """See ports/project.py."""
        change, mapping, seen = self.change_as_it_lies(name)
        if mapping is not None and seen != change.artifact.digest:
            hint = f"Record the edit with `cleanroom correct {name} --edited --reason TEXT`, or restore the file."
            raise Misuse(f"changes/{name}/{_MAPPING} was edited since the change was written", hint)
        return change, mapping

    def change_as_it_lies(self, name: str) -> tuple[Change, Mapping | None, Digest | None]:
        """See ports/project.py."""
        change = self._change(name)
        return (change, None, None) if isinstance(change.artifact, DatasetArtifact) else (change, *self._mapping(name))

    def edited_mapping(self, name: str) -> tuple[Change, Mapping]:
        """See ports/project.py."""
        change = self._change(name)
        if not isinstance(change.artifact, MappingArtifact):
            raise Misuse(f"change {name!r} has no mapping: it is a dataset", "Only mappings can be edited by hand.")
        return change, self._mapping(name)[0]

    def write_change(self, change: Change, mapping: Mapping | None) -> Path:
        """See ports/project.py."""
        folder = self._folder(change.name)
        files = {_CHANGE: change_yaml(change).encode()}
        if mapping is not None:
            files[_MAPPING] = mapping_json(mapping).encode()
        write_folder(folder, files)
        return folder

    def artifact_digest(self, mapping: Mapping) -> Digest:
        """See ports/project.py."""
        return digest(mapping_json(mapping).encode())

    def changes(self) -> Sequence[str]:
        """See ports/project.py."""
        folder = self._root / "changes"
        found = [f.name for f in folder.iterdir() if (f / _CHANGE).is_file()] if folder.is_dir() else []
        return tuple(sorted(n for n in found if _NAME.fullmatch(n)))

    def name(self) -> str:
        """See ports/project.py."""
        return self._settings().name

    def models(self) -> Sequence[ModelSettings]:
        """See ports/project.py."""
        return tuple(ModelSettings(name, **keys) for name, keys in self._settings().models)

    def policy(self) -> Policy:
        """See ports/project.py."""
        return self._settings().policy

    def queue_rules(self) -> QueueRules:
        """See ports/project.py."""
        return self._settings().queue

    def channels(self) -> Sequence[Channel]:
        """See ports/project.py."""
        return tuple(
            Channel(name, **(keys | {"people": tuple(keys.get("people", ()))}))
            for name, keys in self._settings().notify
        )

    def schedules(self) -> Sequence[Schedule]:
        """See ports/project.py."""
        return self._settings().schedules

    def acts(self) -> Sequence[Acts]:
        """See ports/project.py."""
        return self._settings().acts

    def signals(self) -> Sequence[SignalSource]:
        """See ports/project.py."""
        return tuple(_source(name, keys) for name, keys in self._settings().signals)

    def trackers(self) -> Sequence[TrackerSettings]:
        """See ports/project.py."""
        return tuple(
            TrackerSettings(
                name,
                **(keys | {"labels": tuple(keys.get("labels", ())), "people": tuple(keys.get("people", {}).items())}),
            )
            for name, keys in self._settings().trackers
        )

    def oidc(self) -> Oidc | None:
        """See ports/project.py."""
        keys = dict(self._settings().oidc)
        return Oidc(**keys) if keys else None

    def store(self) -> StoreSettings:
        """See ports/project.py."""
        return StoreSettings(**dict(self._settings().store))

    def systems(self) -> Sequence[System]:
        """See ports/project.py."""
        return _all_sound(*self._register.systems())

    def slos(self) -> Sequence[Slo]:
        """See ports/project.py."""
        return _all_sound(*self._register.slos())

    def sensors(self) -> Sequence[Sensor]:
        """See ports/project.py."""
        return _all_sound(*self._sensors())

    def _prompt_cases(self) -> tuple[tuple[PromptCase, ...], tuple[LintFinding, ...]]:
        settings = self._read_settings()[0]
        return cases_of(self._root, (EMBEDDED.name, *(name for name, _ in settings.models)) if settings else None)

    def lint_register(self, flags: Sequence[str] | None = None) -> tuple[LintFinding, ...]:
        """See ports/project.py."""
        settings = self._read_settings()[0]
        around = Around(flags=flags)
        if settings is not None:
            around = Around(tuple(self.channels()), tuple(self.signals()), flags)
        return self._register.lint(around, self._names())

    def lint_sensors(self) -> tuple[LintFinding, ...]:
        """See ports/project.py."""
        settings, content = self._read_settings()[0], read(inside(self._root, SETTINGS), MAX_BYTES)
        there = (self._root / "sensors").is_dir()
        if not there and (settings is None or not (settings.schedules or settings.signals)):
            return ()
        from cleanroom.adapters.project.misnamed import in_schedule, in_sensor, in_signals
        from cleanroom.adapters.project.sensors import readings_of  # loads what judges them, which takes its time

        readings, findings = readings_of(self._root)
        names = self._names(tuple(readings))
        named = tuple(f for r in readings.values() for f in in_sensor(r, names))
        if settings is None or content is None:
            return ordered((*findings, *named))
        mistakes = [m for s in settings.schedules for m in in_schedule(s, names.sensors)]
        mistakes += [m for s in self.signals() for m in in_signals(s, names)]
        return (*located(content, mistakes, SETTINGS), *ordered((*findings, *named)))

    def write_slo(self, name: str, text: str, *, replace: bool = False) -> str:
        """See ports/project.py."""
        if not SLO_NAME.fullmatch(name):
            raise Misuse(f"{name[:100]!r} cannot be the name of an SLO", f"It fits {SLO_NAME.pattern}")
        file = f"{SLOS}/{name}.yaml"
        there = read(inside(self._root, file), MAX_BYTES)
        if there is not None and there != text.encode() and not replace:
            raise Misuse(f"{file} is there already, and differs", "Remove it first, or replace it: --replace.")
        write_folder(inside(self._root, SLOS), {f"{name}.yaml": text.encode()})
        return file

    def prices(self) -> Prices | None:
        """See ports/project.py."""
        content = read(inside(self._root, PRICES), MAX_BYTES)
        return None if content is None else _sound(read_prices(content, PRICES))

    def prompt(self, name: str) -> Prompt | None:
        """See ports/project.py."""
        file = f"prompts/{name}.yaml"
        content = read(inside(self._root, file), MAX_BYTES)
        return None if content is None else _sound(read_prompt(content, file))

    def add_note(self, text: str) -> str:
        """See ports/project.py."""
        return add_note(self._root, text)

    def commit(self) -> str:
        """See ports/project.py."""
        return commit(self._root)

    def _sensors(self) -> tuple[tuple[Sensor, ...], tuple[LintFinding, ...]]:
        if not (self._root / "sensors").is_dir():
            return (), ()
        from cleanroom.adapters.project.sensors import read_sensors  # loads what judges them, which takes its time

        return read_sensors(self._root)

    def _names(self, sensors: Sequence[str] = ()) -> Names:
        """What files may name."""
        from cleanroom.adapters.project.misnamed import Names

        signals = () if self._read_settings()[0] is None else self.signals()
        return Names(self._root, self._register.systems()[0], self.changes(), sensors, signals, self._outside)

    def _settings(self) -> Settings:
        settings, findings = self._read_settings()
        if settings is None:
            raise _misuse(findings)
        return settings

    def _read_settings(self) -> tuple[Settings | None, tuple[LintFinding, ...]]:
        content = read(inside(self._root, SETTINGS), MAX_BYTES)
        if content is None:  # a plan file outside any project
            return Settings(self._root.name), ()
        return _settings_of(content)

    def _folder(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            hint = "Use letters, digits, '.', '_' and '-', beginning with a letter or digit."
            raise Misuse(f"{name[:100]!r} cannot be the name of a change", hint)
        return inside(self._root, f"changes/{name}")

    def _change(self, name: str) -> Change:
        folder = self._folder(name)
        settle(folder)
        content = read(folder / _CHANGE, MAX_BYTES)
        if content is None:
            known = ", ".join(self.changes()) or "none yet"
            raise NotFound(f"there is no change {name!r}", f"Known: {known}. `cleanroom propose` makes one.")
        change = _sound(read_change(content, f"changes/{name}/{_CHANGE}"))
        if change.name != name:
            hint = "A change is renamed by proposing it again."
            raise Misuse(f"changes/{name}/{_CHANGE} is the change {change.name!r}, not {name!r}", hint)
        return change

    def _mapping(self, name: str) -> tuple[Mapping, Digest]:
        """The mapping file as it lies there, and the digest of its bytes."""
        file = f"changes/{name}/{_MAPPING}"
        content = read(inside(self._root, file), MAX_MAPPING)
        if content is None:
            raise Misuse(f"{file} is missing", "Restore it, or propose the change again.")
        return _sound(read_mapping(content, file)), digest(content)


@lru_cache(maxsize=8)
def _settings_of(content: bytes) -> tuple[Settings | None, tuple[LintFinding, ...]]:
    """A server asks for the policy at every click: the same bytes are parsed once."""
    return read_settings(content, SETTINGS)


def _all_sound(found: Sequence[T], findings: Sequence[LintFinding]) -> Sequence[T]:
    if any(f.severity == "error" for f in findings):
        raise _misuse(findings)
    return found


def _sound(reading: Reading[T]) -> T:
    if reading.value is None:
        raise _misuse(reading.findings)
    return reading.value


def _misuse(findings: Sequence[LintFinding]) -> Misuse:
    """The first mistakes in one line."""
    errors = [f for f in findings if f.severity == "error"]
    first = "; ".join(f"{f.file}:{f.line}:{f.column} {f.message}" for f in errors[:_SHOWN])
    more = f"; and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
    return Misuse(first + more, errors[0].hint or "`cleanroom contract lint` shows every mistake.")


def _source(name: str, keys: dict[str, Any]) -> SignalSource:
    """A [signals.NAME]; its table and its list as tuples."""
    columns, scores = keys.get("columns", {}), keys.get("scores", ())
    given = {key: value for key, value in keys.items() if key not in ("columns", "scores")}
    return SignalSource(name, **given, columns=tuple(columns.items()), scores=tuple(scores))
