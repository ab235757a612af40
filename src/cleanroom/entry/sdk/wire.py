"""How does the SDK speak to the server? One client with open connections, for several threads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cleanroom.core.base import Misuse, Outside

SECONDS = 5.0
"""How long the server may take to answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    body: bytes
    etag: str


class Wire:
    """The server at `url`, asked with a token of the scope that is needed."""

    def __init__(self, url: str, token: str) -> None:
        try:
            import httpx
        except ImportError as error:
            raise Misuse("the SDK needs the package httpx", "pip install 'ai-cleanroom[sdk]'") from error
        if not _is_address(url) or not (token.isascii() and token.isprintable()):
            raise Misuse(f"{url[:200]!r} is no address, or the token no token", "For example https://cleanroom.example")
        headers = {"Authorization": f"Bearer {token}"}
        self._client = httpx.Client(base_url=url, headers=headers, timeout=SECONDS, follow_redirects=False)
        self._errors = (httpx.HTTPError, httpx.StreamError)

    def get(self, path: str, etag: str = "") -> Answer:
        """Ask; with the tag of what is there already. Raises Outside where nothing comes back."""
        return self._asked("GET", path, headers={"If-None-Match": etag} if etag else {})

    def post(self, path: str, content: Any) -> Answer:
        """Send JSON. Raises Outside where nothing comes back."""
        return self._asked("POST", path, json=content)

    @contextmanager
    def lines(self, path: str, silence: float) -> Iterator[Iterator[str]]:
        """The lines of an event stream. Raises Outside where it breaks, or says nothing for `silence` seconds."""
        import httpx

        try:
            timeout = httpx.Timeout(SECONDS, read=silence)
            with self._client.stream("GET", path, timeout=timeout) as answer:
                if answer.status_code != 200:
                    raise Outside(f"the server's stream says {answer.status_code}", "See docs/sdk.md.")
                yield answer.iter_lines()
        except self._errors as error:
            raise Outside(f"the server's stream broke: {type(error).__name__}", "It is opened again.") from error

    def close(self) -> None:
        """Hang up."""
        self._client.close()

    def _asked(self, method: str, path: str, **more: Any) -> Answer:
        try:
            answer = self._client.request(method, path, **more)
        except (*self._errors, RuntimeError) as error:  # RuntimeError: it was closed meanwhile
            raise Outside(f"the server does not answer: {type(error).__name__}", "What is known is used.") from error
        return Answer(answer.status_code, answer.content, answer.headers.get("etag", ""))


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
