"""At which address is a model asked? Known without loading the client, which takes its time."""

from __future__ import annotations

from urllib.parse import urlsplit

DEFAULT_URL = "https://api.openai.com/v1"


def endpoint(base_url: str) -> str:
    """The address without credentials or query; OpenAI's own for ''."""
    url = urlsplit(base_url or DEFAULT_URL)
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{url.hostname}{port}{url.path}"
