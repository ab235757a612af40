"""How is a tracker's REST API asked? One request, bounded in time and size, its errors in our words and without secrets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from functools import lru_cache
from time import monotonic
from typing import Any

from cleanroom.adapters.trackers.texts import line, moment
from cleanroom.adapters.variables import variable
from cleanroom.core.base import CleanroomError, Instant, Misuse, NotFound, Outside, after, instant
from cleanroom.ports.clock import Clock
from cleanroom.ports.project import TrackerSettings

_SECONDS = 10.0
"""How long it may take to accept the connection, and for each step of its answer."""

_TOGETHER = 20.0
"""How long an answer may take as a whole."""

_LONGEST = 8 * 1024 * 1024
"""Bytes of an answer: 30 issues of the longest kind."""

_PAUSE, _LONGEST_PAUSE = 60, 86_400
"""Seconds to wait where a tracker does not say how long (which is what GitHub asks for), and at most."""

_REASONS = ("message", "error", "errorMessages", "errors")
"""Where GitHub, GitLab and Jira say why they refuse."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status that the caller can deal with, and the JSON; None where there is no text."""

    status: int
    data: Any


class Line:
    """The way to one tracker. `headers` makes the secret ones of the token and the email; both are read at each request."""

    def __init__(
        self, settings: TrackerSettings, clock: Clock, base: str, headers: Callable[[str, str], dict[str, str]]
    ) -> None:
        self._settings, self._clock, self._headers = settings, clock, headers
        self._base = base.rstrip("/")
        self._who = f"tracker {settings.name}"

    def ask(
        self,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        params: Mapping[str, str | int] | None = None,
        *,
        fine: tuple[int, ...] = (200,),
    ) -> Answer:
        """What it answers, where that has a `fine` status. Raises as ports/tracker.py says, for every other one."""
        token, email = self._secrets()
        secret = self._headers(token, email)
        status, headers, text = self._sent(method, path, body, dict(params or {}), secret)
        data = _json(text)
        if status in fine:
            if data is None and text.strip():
                hint = f"Is url in [trackers.{self._settings.name}] right?"
                raise Outside(f"{self._who}: it answers {status} without JSON", hint)
            return Answer(status, data)
        hidden = [token, email, *(word for value in secret.values() for word in value.split(" "))]
        raise self._refused(status, headers, _why(data, hidden))

    def _secrets(self) -> tuple[str, str]:
        """The token and the email, '' where none is asked for. Raises Outside where a variable holds what no header can."""
        found = []
        for name in (self._settings.token_env, self._settings.email_env):
            value = variable(self._who, name) if name else ""
            if not (value.isascii() and value.isprintable()) or " " in value:
                raise Outside(f"{self._who}: {name} holds no token", f"Set the environment variable {name} anew.")
            found.append(value)
        return found[0], found[1]

    def _sent(
        self, method: str, path: str, body: dict[str, Any] | None, params: dict[str, str | int], secret: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and text of the answer. Redirects are not followed: they could lead anywhere, with the token."""
        httpx = _httpx()
        plain = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "ai-cleanroom"}
        headers = {**plain, **secret}
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        if content is not None:
            headers["content-type"] = "application/json"
        until = monotonic() + _TOGETHER
        with (
            self._explained(),
            httpx.Client(timeout=_SECONDS, follow_redirects=False, verify=_tls()) as client,
            client.stream(
                method, f"{self._base}{path}", content=content, params=params or None, headers=headers
            ) as answer,
        ):
            parts, size = [], 0
            for part in answer.iter_raw():  # what a few bytes unpack to has no bound
                parts.append(part)
                size += len(part)
                if size > _LONGEST:
                    raise Outside(f"{self._who}: its answer is too long")
                if monotonic() > until:
                    raise Outside(f"{self._who}: no whole answer within {_TOGETHER:.0f} s", "Try again later.")
            return answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, b"".join(parts)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Errors of the library as ours, and without it as their cause: it may hold headers."""
        httpx = _httpx()
        try:
            yield
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise Outside(f"{self._who}: its address is no http or https address") from None
        except httpx.TimeoutException:
            raise Outside(f"{self._who}: no answer within {_SECONDS:.0f} s", "Try again later.") from None
        except (httpx.HTTPError, OSError, ValueError) as error:
            raise Outside(f"{self._who}: no connection ({type(error).__name__})", "Try again later.") from None

    def _refused(self, status: int, headers: dict[str, str], why: str) -> CleanroomError:
        table = f"[trackers.{self._settings.name}] of cleanroom.toml"
        because = f": {why}" if why else ""
        if _asks_to_wait(status, headers, why):
            until = _until(headers, self._clock.now())
            return Outside(f"{self._who}: it asks to wait ({status})", f"Try again after {until}.")
        if 300 <= status < 400:
            return Misuse(
                f"{self._who}: it answers {status}, a redirect", f"Name the final address and project in {table}."
            )
        match status:
            case 401:
                hint = f"Set the environment variable {self._settings.token_env} to a valid token."
                return Misuse(f"{self._who}: it refuses the token{because}", hint)
            case 403:
                return Misuse(f"{self._who}: the token may not do this{because}", "Give it the right to write issues.")
            case 404 | 410:
                hint = f"Check project in {table}, and whether the token may see it."
                return NotFound(f"{self._who}: not there, or not for this token{because}", hint)
            case _ if 400 <= status < 500 and status not in (408, 425):
                return Misuse(f"{self._who}: it refuses ({status}){because}", f"Check {table}.")
        return Outside(f"{self._who}: it answers {status}{because}", "Try again later.")


def _httpx() -> Any:
    try:
        import httpx
    except ImportError as error:
        raise Outside("trackers need the package httpx", "pip install 'ai-cleanroom[server]'") from error
    return httpx


@lru_cache(1)
def _tls() -> Any:
    """Certificates are verified. They are read once: that takes longer than most answers."""
    return _httpx().create_ssl_context()


def _json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _why(data: Any, hidden: list[str]) -> str:
    """Why it refuses, in its words, on one line, without the secrets, should it repeat them."""
    said = [data[key] for key in _REASONS if data.get(key)] if isinstance(data, dict) else []
    text = "; ".join(one if isinstance(one, str) else json.dumps(one, ensure_ascii=False) for one in said)[:10_000]
    for word in sorted((w for w in hidden if len(w) > 3), key=len, reverse=True):
        text = text.replace(word, "***")
    return line(text)


def _asks_to_wait(status: int, headers: dict[str, str], why: str) -> bool:
    """429; 403 as GitHub answers at its limits; 503 with a time."""
    if status == 403:
        spent = headers.get("x-ratelimit-remaining", "").strip() == "0"
        return spent or "retry-after" in headers or "rate limit" in why.lower()
    return status == 429 or (status == 503 and "retry-after" in headers)


def _until(headers: dict[str, str], now: Instant) -> Instant:
    """When to try again: Retry-After (seconds or a date), else the limit's reset (seconds since 1970, or ISO 8601)."""
    said = headers.get("retry-after", "").strip()
    if said.isdecimal() and len(said) < 10:
        return after(now, min(int(said), _LONGEST_PAUSE))
    for found in (_date(said), *(_reset(headers.get(key, "")) for key in ("x-ratelimit-reset", "ratelimit-reset"))):
        if found is not None and now <= found <= after(now, _LONGEST_PAUSE):
            return found
    return after(now, _PAUSE)


def _date(said: str) -> Instant | None:
    try:
        found = parsedate_to_datetime(said)
        return instant(round(found.replace(tzinfo=found.tzinfo or UTC).timestamp()) * 1_000_000)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _reset(said: str) -> Instant | None:
    text = said.strip()
    return instant(int(text) * 1_000_000) if text.isdecimal() and len(text) < 11 else moment(text)
