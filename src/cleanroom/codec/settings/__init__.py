"""cleanroom.toml: name, models, roles, policy, store, queue, server, channels and sources, with every mistake at its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cleanroom.codec.positions import Document, Place, Stop, decode, ordered
from cleanroom.codec.settings import models, people, schedules, services, signals, trackers
from cleanroom.codec.settings.keys import name_mistakes
from cleanroom.codec.settings.models import MODEL_KINDS
from cleanroom.core.alerts.acts import Acts
from cleanroom.core.contract import LintFinding
from cleanroom.core.mistakes import Mistake, Path, did_you_mean
from cleanroom.core.policy import Policy
from cleanroom.core.queue_rules import QueueRules
from cleanroom.core.schedule import Schedule

__all__ = ["MODEL_KINDS", "Settings", "located", "read_settings"]

_TOP = ("name", "models", "roles", "policy", "store", "queue", "oidc", "notify", "signals", "schedules", "trackers")

_TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=\s*""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_AT = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")


_POLICY, _QUEUE = Policy(), QueueRules()


_MANY = (
    ("models", models.mistakes, ""),
    ("notify", services.notify_mistakes, ""),
    ("signals", signals.mistakes, "a source"),
    ("schedules", schedules.mistakes, "a schedule"),
    ("trackers", trackers.mistakes, "a tracker"),
)
"""The tables that hold a table for each, with what finds the mistakes of one, and what has its name; '' where any name does."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What cleanroom.toml says. `models`, `notify`, `signals`, `trackers` pair names with keys; `store` and `oidc` are keys."""

    name: str
    models: tuple[tuple[str, dict[str, str]], ...] = ()
    policy: Policy = _POLICY
    queue: QueueRules = _QUEUE
    store: tuple[tuple[str, str], ...] = ()
    oidc: tuple[tuple[str, str], ...] = ()
    notify: tuple[tuple[str, dict[str, Any]], ...] = ()
    signals: tuple[tuple[str, dict[str, str]], ...] = ()
    schedules: tuple[Schedule, ...] = ()
    acts: tuple[Acts, ...] = ()
    trackers: tuple[tuple[str, dict[str, Any]], ...] = ()


def read_settings(content: bytes, file: str = "cleanroom.toml") -> tuple[Settings | None, tuple[LintFinding, ...]]:
    """The settings (None when there is an error) and every finding."""
    document = Document(file)
    text = ""
    try:
        text = decode(content)
        document.data = tomllib.loads(text)
    except Stop as stop:
        return None, tuple(document.stop(stop).findings)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        return None, tuple(document.stop(_explained(error, text)).findings)
    _find_keys(text, document)
    mistakes = list(_mistakes(document.data))
    findings = ordered(document.locate(m) for m in mistakes)
    if findings:
        return None, findings
    return _settings(document.data), ()


def located(content: bytes, mistakes: Iterable[Mistake], file: str = "cleanroom.toml") -> tuple[LintFinding, ...]:
    """Mistakes that only the rest of the project shows, at their lines in settings that were read."""
    document = Document(file)
    _find_keys(decode(content), document)
    return ordered(document.locate(m) for m in mistakes)


def _settings(data: dict[str, Any]) -> Settings:
    def named(table: str) -> tuple[tuple[str, dict[str, str]], ...]:
        return tuple((name, dict(keys)) for name, keys in data.get(table, {}).items())

    return Settings(
        name=data["name"],
        models=named("models"),
        policy=people.policy(data.get("roles", {}), data.get("policy", {})),
        queue=services.queue(data.get("queue", {})),
        store=tuple(data.get("store", {}).items()),
        oidc=tuple(data.get("oidc", {}).items()),
        notify=named("notify"),
        signals=named("signals"),
        schedules=tuple(schedules.schedule(name, keys) for name, keys in data.get("schedules", {}).items()),
        acts=people.acts(data.get("policy", {})),
        trackers=named("trackers"),
    )


def _explained(error: Exception, text: str) -> Stop:
    match = _AT.fullmatch(str(error))
    hint = 'For example name = "shop".'
    if match is None:
        return Stop(Place(), "not valid TOML: it cannot be read", hint)
    end = Place(text.count("\n") + 1, len(text) - text.rfind("\n"))
    place = Place(int(match.group(2)), int(match.group(3))) if match.group(2) else end
    return Stop(place, f"not valid TOML: {match.group(1)}", hint)


def _find_keys(text: str, document: Document) -> None:
    """The places of keys that stand on lines of their own, which is how people write TOML."""
    document.keys[()] = Place()
    table: Path = ()
    for number, line in enumerate(text.splitlines(), start=1):
        header = _TABLE.fullmatch(line)
        if header:
            table = _parts(header.group(1))
            for end in range(1, len(table) + 1):
                document.keys.setdefault(table[:end], Place(number, line.index("[") + 1))
            continue
        key = _KEY.match(line)
        if key:
            path = (*table, *_parts(key.group(1)))
            document.keys.setdefault(path, Place(number, key.start(1) + 1))
            document.values.setdefault(path, Place(number, key.end() + 1))


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _mistakes(data: dict[str, Any]) -> Iterator[Mistake]:
    for key in data:
        if key not in _TOP:
            yield Mistake((key,), f"unknown key {key!r}", did_you_mean(key, _TOP), at="key")
    name = data.get("name")
    if name is None:
        yield Mistake(("name",), "'name' is missing", 'For example name = "shop".')
    elif not isinstance(name, str) or not name.strip() or not name.isprintable():
        yield Mistake(("name",), "'name' must be text on one line", 'For example name = "shop".')
    yield from _tables(data)


def _tables(data: dict[str, Any]) -> Iterator[Mistake]:
    """The mistakes of each table that is there."""
    for table, look in (("roles", people.role_mistakes), ("policy", people.policy_mistakes), *services.TABLES):
        keys = data.get(table, {})
        if not isinstance(keys, dict):
            yield Mistake((table,), f"{table!r} must be a table", f"Write [{table}].")
            continue
        for mistake in look(keys):
            yield mistake.under((table,))
    for table, look, named in _MANY:
        tables = data.get(table, {})
        if not isinstance(tables, dict):
            yield Mistake((table,), f"{table!r} must hold a table for each", f"Write [{table}.NAME].")
            continue
        for name, keys in tables.items():
            if not isinstance(keys, dict):
                yield Mistake((table, name), f"{name!r} must be a table", f"Write [{table}.{name}].")
                continue
            for mistake in (*look(keys), *(name_mistakes(name, named) if named else ())):
                yield mistake.under((table, name))
