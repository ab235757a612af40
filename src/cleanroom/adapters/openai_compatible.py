"""Any endpoint that speaks OpenAI's chat completions: OpenAI itself, vLLM, Ollama, llama.cpp's server, and others."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import openai

from cleanroom.adapters.endpoint import DEFAULT_URL, endpoint
from cleanroom.core.base import CleanroomError, Misuse, Outside
from cleanroom.ports.model import Ask, Reply

DEFAULT_KEY = "OPENAI_API_KEY"

TIMEOUT = 120.0
"""Seconds for one answer."""

RETRIES = 4
"""Tries after the first one, with growing pauses, where the network or the server fails or asks to wait."""


class OpenAICompatible:
    """The Model port over HTTP. Not every server takes every parameter: what one refuses is left out from then on."""

    def __init__(
        self,
        name: str,
        model: str,
        base_url: str = "",
        api_key_env: str = "",
        *,
        environ: Mapping[str, str] = os.environ,
        timeout: float = TIMEOUT,
        retries: int = RETRIES,
    ) -> None:
        """`api_key_env` names an environment variable. Without one, only OpenAI itself is given OPENAI_API_KEY.

        Raises Misuse when the variable is not set.
        """
        self._name = name
        self._model = model
        self._url = base_url or DEFAULT_URL
        self._variable = api_key_env or ("" if base_url else DEFAULT_KEY)
        self._key = environ.get(self._variable, "").strip() if self._variable else "none"
        if not self._key:
            raise Misuse(
                f"model {name!r} needs an API key, and ${self._variable} is not set",
                f"Set it: export {self._variable}=... (the key is never written anywhere).",
            )
        self._client = openai.OpenAI(api_key=self._key, base_url=self._url, timeout=timeout, max_retries=retries)
        self._timeout = timeout
        self._strict = True
        self._renamed: dict[str, str] = {}

    @property
    def name(self) -> str:
        """As the project calls it."""
        return self._name

    @property
    def endpoint(self) -> str:
        """The address without credentials or query."""
        return endpoint(self._url)

    def ask(self, ask: Ask) -> Reply:
        """Raises Misuse for a refused key or an unknown model, Outside for everything else that goes wrong."""
        while True:
            try:
                answer = self._client.chat.completions.create(**self._request(ask))
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                if not self._adapt(error):
                    raise self._told(error) from error
            except openai.OpenAIError as error:
                raise self._told(error) from error
            else:
                return self._reply(answer)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _request(self, ask: Ask) -> dict[str, Any]:
        system = ask.system
        if self._strict:
            described = {"name": "reply", "strict": True, "schema": dict(ask.schema)}
            form: dict[str, Any] = {"type": "json_schema", "json_schema": described}
        else:
            form = {"type": "json_object"}
            schema = json.dumps(ask.schema, ensure_ascii=False)
            system = (
                f"{system}\n\nReply with one JSON object that follows this JSON Schema, and nothing else:\n{schema}"
            )
        drawn = {"temperature": ask.temperature, "seed": ask.seed, "max_tokens": ask.max_tokens}
        return {
            "model": self._model,
            "messages": [{"role": "system", "content": system.strip()}, {"role": "user", "content": ask.user}],
            "response_format": form,
            **{self._renamed.get(k, k): v for k, v in drawn.items() if self._renamed.get(k, k)},
        }

    def _adapt(self, error: openai.APIStatusError) -> bool:
        """Leave out, or say otherwise, what the server refused. False when nothing is left to try."""
        said = f"{error.message} {getattr(error, 'param', '')}"
        if "max_completion_tokens" in said and "max_tokens" not in self._renamed:
            self._renamed["max_tokens"] = "max_completion_tokens"
            return True
        for parameter in ("temperature", "seed"):
            if parameter in said and parameter not in self._renamed:
                self._renamed[parameter] = ""
                return True
        if self._strict and _is_about_format(said):
            self._strict = False
            return True
        return False

    def _reply(self, answer: Any) -> Reply:
        choice = answer.choices[0] if getattr(answer, "choices", None) else None
        text = (choice.message.content or "") if choice else ""
        if not text.strip():
            why = getattr(choice.message, "refusal", None) if choice else None
            reason = f": {self._line(why)}" if why else ""
            raise Outside(
                f"model {self._name!r} answered nothing{reason}",
                "Try again, raise reply_tokens in the prompt's settings, or choose another model.",
            )
        usage = answer.usage
        fingerprint = f" {answer.system_fingerprint}" if getattr(answer, "system_fingerprint", None) else ""
        return Reply(
            text,
            model=self._model,
            version=f"{answer.model or self._model}{fingerprint}",
            tokens_in=usage.prompt_tokens if usage else 0,
            tokens_out=usage.completion_tokens if usage else 0,
        )

    def _told(self, error: openai.OpenAIError) -> CleanroomError:
        match error:
            case openai.APITimeoutError():
                return Outside(f"model {self._name!r} did not answer within {self._timeout:g} s", "Try again later.")
            case openai.APIConnectionError():
                return Outside(
                    f"model {self._name!r} cannot be reached at {self.endpoint}",
                    "Check the network and base_url in cleanroom.toml.",
                )
            case openai.AuthenticationError() | openai.PermissionDeniedError():
                where = f"the key in ${self._variable}" if self._variable else "a request without a key"
                return Misuse(f"{self.endpoint} refused {where}", "Set api_key_env to a variable with a valid key.")
            case openai.NotFoundError():
                return Misuse(
                    f"{self.endpoint} does not know the model {self._model!r}",
                    "Check model and base_url in cleanroom.toml.",
                )
            case openai.RateLimitError():
                return Outside(f"{self.endpoint} asks to wait: {self._line(error.message)}", "Try again later.")
            case openai.APIStatusError():
                return Outside(f"{self.endpoint} answered {error.status_code}: {self._line(error.message)}")
            case _:
                return Outside(f"{self.endpoint} answered what cannot be read: {self._line(error)}")

    def _line(self, error: object) -> str:
        """A server's words on one line, without the key, should it repeat it."""
        return " ".join(str(error).replace(self._key, "***").split())[:300]


def _is_about_format(said: str) -> bool:
    return any(word in said.lower() for word in ("response_format", "json_schema", "schema", "format", "grammar"))
