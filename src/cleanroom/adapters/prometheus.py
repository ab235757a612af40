"""The Counts port over Prometheus's HTTP API: an instant query at the end of a block, over its length."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any

from cleanroom.adapters.variables import variable
from cleanroom.core.base import Misuse, Outside
from cleanroom.ports.project import SignalSource

_SECONDS = 5.0
"""How long it may take to accept the connection, and for each step of its answer."""

_TOGETHER = 10.0
"""How long an answer may take as a whole."""

_LONGEST = 1_000_000
"""Bytes of an answer."""

_MOST = 1e15


class PrometheusCounts:
    """See ports/counts.py. `sources`: what cleanroom.toml says now. Neither address nor token is ever in an error."""

    def __init__(self, sources: Callable[[], Sequence[SignalSource]]) -> None:
        self._sources = sources

    def counted(self, source: str, arm: str, begin: int, end: int) -> tuple[int, int]:
        """See ports/counts.py. What `increase` extrapolates is rounded, and bad ones are at most all."""
        found = next((s for s in self._sources() if s.name == source and s.kind == "prometheus"), None)
        if found is None:
            hint = f'Add [signals.{source}] with kind = "prometheus" to cleanroom.toml.'
            raise Misuse(f"there is no source of counts {source!r:.100}", hint)
        if not (found.total and found.bad):
            hint = f"Write `total` and `bad`, with $arm and $window, into [signals.{source}]."
            raise Misuse(f"source {source!r:.100} does not say what to count of an arm", hint)
        total, bad = (self.amount(found, query.replace("$arm", arm), begin, end) for query in (found.total, found.bad))
        return total, min(bad, total)

    def amount(self, source: SignalSource, query: str, begin: int, end: int) -> int:
        """See ports/counts.py."""
        window = f"{max(1, round((end - begin) / 1e6))}s"
        return self._asked(source, query.replace("$window", window), end)

    def _asked(self, source: SignalSource, query: str, at: int) -> int:
        data = {"query": query, "time": f"{at / 1e6:.3f}", "timeout": f"{_SECONDS:.0f}s"}
        status, body = self._post(source, data)
        try:
            said = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Outside(f"source {source.name}: it answers {status} without JSON; is it Prometheus?") from error
        if not isinstance(said, dict) or said.get("status") != "success":
            raise _refused(source, status, said)
        if said.get("warnings"):
            raise Outside(f"source {source.name}: it answers with warnings, so that something may be missing")
        return _count(source, said.get("data"))

    def _post(self, source: SignalSource, data: dict[str, str]) -> tuple[int, bytes]:
        """Status and text of the answer. Redirects are not followed: they could lead anywhere, with the token."""
        try:
            import httpx
        except ImportError as error:
            raise Outside("Prometheus needs the package httpx", "pip install 'ai-cleanroom[server]'") from error
        address = (variable(f"source {source.name}", source.url_env) if source.url_env else source.url).rstrip("/")
        headers = {"accept": "application/json", "user-agent": "ai-cleanroom"}
        if source.token_env:
            token = variable(f"source {source.name}", source.token_env)
            headers["authorization"] = f"Bearer {token}"
        until = monotonic() + _TOGETHER
        try:
            with (
                httpx.Client(timeout=_SECONDS, follow_redirects=False) as client,
                client.stream("POST", f"{address}/api/v1/query", data=data, headers=headers) as answer,
            ):
                body = b""
                for part in answer.iter_bytes():
                    body += part
                    if len(body) > _LONGEST:
                        raise Misuse(
                            f"source {source.name}: its answer is too long", "Write sum(...) around the query."
                        )
                    if monotonic() > until:
                        raise Outside(f"source {source.name}: no whole answer within {_TOGETHER:.0f} s")
                return answer.status_code, body
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Outside(f"source {source.name}: its address is no http or https address") from error
        except httpx.TimeoutException as error:
            raise Outside(f"source {source.name}: no answer within {_SECONDS:.0f} s") from error
        except (httpx.HTTPError, OSError, ValueError) as error:
            raise Outside(f"source {source.name}: no connection ({type(error).__name__})") from error


def _refused(source: SignalSource, status: int, said: Any) -> Misuse | Outside:
    """A query that cannot be is a mistake in cleanroom.toml; anything else may pass."""
    kind = said.get("errorType") if isinstance(said, dict) else None
    if kind == "bad_data":
        because = " ".join(str(said.get("error", "")).split())[:200]
        return Misuse(f"source {source.name}: it refuses the query: {because}", "Correct `total` and `bad`.")
    if 300 <= status < 400:
        return Misuse(f"source {source.name}: it answers {status}, a redirect; name the final address")
    return Outside(f"source {source.name}: it answers {status}" + (f" ({kind})" if isinstance(kind, str) else "")[:60])


def _count(source: SignalSource, data: Any) -> int:
    """The number of an instant vector of one element, or of a scalar; nothing and NaN are 0."""
    try:
        values = [data["result"]] if data["resultType"] == "scalar" else [one["value"] for one in data["result"]]
        numbers = [float(value[1]) for value in values]
    except (TypeError, KeyError, IndexError, ValueError) as error:
        hint = "An instant vector of one element, such as sum(increase(...))."
        raise Misuse(f"source {source.name}: what it answers is no count", hint) from error
    if len(numbers) > 1:
        hint = "Write sum(...) around the query, so that there is one for each arm."
        raise Misuse(f"source {source.name}: it answers {len(numbers)} series for one arm", hint)
    number = numbers[0] if numbers else 0.0
    if math.isnan(number):
        return 0
    if not -_MOST <= number <= _MOST:
        raise Misuse(f"source {source.name}: {number:g} is no count", "Use increase(...) of a counter.")
    return max(0, round(number))
