"""What is wrong with a key of a table in cleanroom.toml? Text, addresses, lengths of time, names of variables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from cleanroom.core.mistakes import Mistake, did_you_mean

_SECRETS = ("api_key", "key", "token", "secret", "password", "client_secret")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LENGTH = re.compile(r"([0-9]{1,6})\s*([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def name_mistakes(name: str, what: str) -> Iterator[Mistake]:
    """What is wrong with the name of a table that is named elsewhere; `what` has one."""
    if not _NAME.fullmatch(name):
        hint = "Use letters, digits, '.', '_' and '-', beginning with a letter or digit."
        yield Mistake((), f"{name[:100]!r} cannot be the name of {what}", hint, at="key")


def known(keys: dict[str, Any], names: Sequence[str], env: str = "") -> Iterator[Mistake]:
    """Keys that are not among `names`, and secrets, which go into the variable that `env` names."""
    for key in keys:
        if key in _SECRETS and key not in names:
            hint = f"Put it into an environment variable and name that: {env or key + '_env'} = ..."
            yield Mistake((key,), f"{key!r} is refused: secrets do not belong into files", hint, at="key")
        elif key not in names:
            yield Mistake((key,), f"unknown key {key!r}", did_you_mean(key, names), at="key")


def texts(keys: dict[str, Any], names: Sequence[str], env: str = "") -> Iterator[Mistake]:
    """As `known`, and every value must be text."""
    yield from known(keys, names, env)
    for key, value in keys.items():
        if key in names and not isinstance(value, str):
            yield Mistake((key,), f"{key!r} must be text", "Put it in quotes.")


def address(keys: dict[str, Any], key: str, env: str, schemes: Sequence[str] = ("http", "https")) -> Iterator[Mistake]:
    """`key`, where it is given, must be an address without credentials."""
    text = keys.get(key, "")
    if not isinstance(text, str) or not text:
        return
    try:
        found = urlsplit(text)
        good = found.scheme in schemes and bool(found.hostname or found.scheme not in ("http", "https"))
    except ValueError:
        good, found = False, urlsplit("")
    if not good:
        kinds = " or ".join(schemes[:2])
        yield Mistake((key,), f"{key!r} must be an {kinds} address", f"{schemes[-1]}://host/...")
    elif found.password or (found.username and found.scheme in ("http", "https")):
        hint = f"Name the environment variable that holds it: {env} = ..."
        yield Mistake((key,), f"{key!r} holds credentials, which do not belong into files", hint)


def variable(keys: dict[str, Any], key: str) -> Iterator[Mistake]:
    """`key`, where it is given, must be the name of an environment variable."""
    name = keys.get(key, "")
    if isinstance(name, str) and name and not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        hint = "The name of the variable, not what it holds."
        yield Mistake((key,), f"{key!r} is not the name of an environment variable", hint)


def length(keys: dict[str, Any], key: str) -> Iterator[Mistake]:
    """`key`, where it is given, must be a length of time such as "14d"."""
    if key in keys and not seconds(keys[key]):
        yield Mistake((key,), f"{key!r} must be a length of time above 0", 'For example "30m", "12h" or "14d".')


def seconds(text: object) -> int:
    """The seconds of "90s", "30m", "12h", "14d"; 0 for anything else."""
    found = _LENGTH.fullmatch(text.strip()) if isinstance(text, str) else None
    return int(found.group(1)) * _SECONDS[found.group(2)] if found else 0
