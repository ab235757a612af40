"""cleanroom.toml: the project's name and its models, with every mistake at its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cleanroom.codec.positions import Document, Place, Stop, decode, ordered
from cleanroom.core.contract import LintFinding
from cleanroom.core.mistakes import Mistake, Path, did_you_mean

MODEL_KINDS = ("local", "openai", "replay")
"""The embedded model, any OpenAI-compatible endpoint, recorded replies."""

_TOP = ("name", "models")
_MODEL = ("kind", "model", "base_url", "api_key_env", "file")
_NEEDED = {"openai": "model", "replay": "file"}

_TABLE = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]\s*(?:#.*)?")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=\s*""")
_PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
_AT = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)")


@dataclass(frozen=True, slots=True)
class Settings:
    """What cleanroom.toml says. `models` pairs a name with its keys (kind, model, base_url, api_key_env, file)."""

    name: str
    models: tuple[tuple[str, dict[str, str]], ...] = ()


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
    models = tuple((name, dict(keys)) for name, keys in document.data.get("models", {}).items())
    return Settings(document.data["name"], models), ()


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
    models = data.get("models", {})
    if not isinstance(models, dict):
        yield Mistake(("models",), "'models' must hold a table for each model", "Write [models.NAME].")
        return
    for model, keys in models.items():
        if not isinstance(keys, dict):
            yield Mistake(("models", model), f"model {model!r} must be a table", f"Write [models.{model}].")
            continue
        for mistake in _model(keys):
            yield mistake.under(("models", model))


def _model(keys: dict[str, Any]) -> Iterator[Mistake]:
    for key, value in keys.items():
        if key in ("api_key", "key", "token", "secret", "password"):
            hint = "Put it into an environment variable and name that: api_key_env = ..."
            yield Mistake((key,), f"{key!r} is refused: secrets do not belong into files", hint, at="key")
        elif key not in _MODEL:
            yield Mistake((key,), f"unknown key {key!r}", did_you_mean(key, _MODEL), at="key")
        elif not isinstance(value, str):
            yield Mistake((key,), f"{key!r} must be text", "Put it in quotes.")
    kind = keys.get("kind")
    if kind is None:
        yield Mistake(("kind",), "'kind' is missing", f"One of {', '.join(MODEL_KINDS)}.")
    elif isinstance(kind, str) and kind not in MODEL_KINDS:
        yield Mistake(("kind",), f"there is no kind of model {kind!r}", did_you_mean(kind, MODEL_KINDS))
    needed = _NEEDED.get(str(kind))
    if needed and not keys.get(needed):
        yield Mistake((needed,), f"{needed!r} is missing: a model of kind {kind} needs it")
    yield from _address(keys.get("base_url", ""), str(keys.get("api_key_env", "")))


def _address(base_url: Any, variable: str) -> Iterator[Mistake]:
    if isinstance(base_url, str) and base_url:
        try:
            address = urlsplit(base_url)
            good = address.scheme in ("http", "https") and bool(address.hostname)
        except ValueError:
            good, address = False, urlsplit("")
        if not good:
            yield Mistake(("base_url",), "'base_url' must be an http or https address", "https://host/v1")
        elif address.username or address.password:
            hint = "Name the environment variable that holds the key: api_key_env = ..."
            yield Mistake(("base_url",), "'base_url' holds credentials, which do not belong into files", hint)
    if variable and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", variable):
        hint = "The name of the variable, not the key itself."
        yield Mistake(("api_key_env",), "'api_key_env' is not the name of an environment variable", hint)
