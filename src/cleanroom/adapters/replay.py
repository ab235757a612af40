"""Recorded replies: ask a model once, then replay what it said, in tests and demonstrations, without it.

A recording is a file of JSON lines: {"request": digest, "about": what was asked, "reply": text, "model", "version",
"tokens_in", "tokens_out"}. The digest covers all that decides a reply: system and user text, schema, temperature,
seed and length. The prompt itself is not written, because it holds rows of data.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from cleanroom.adapters.artifacts import told
from cleanroom.core.base import Digest, Misuse, digest_of
from cleanroom.ports.model import Ask, Model, Reply

_KEYS = {f.name for f in fields(Reply)}
_TYPES = {"model": str, "version": str, "tokens_in": int, "tokens_out": int}


def request_digest(ask: Ask) -> Digest:
    """Names a request: the same question, drawn the same way."""
    return digest_of(asdict(ask))


class Recorder:
    """Passes questions on to a model and writes its replies to a file, each as soon as it came.

    A file that exists is added to; where a request was recorded before, the newer reply counts.
    """

    def __init__(self, inner: Model, file: Path) -> None:
        self._inner = inner
        self._file = file

    @property
    def name(self) -> str:
        """The model's."""
        return self._inner.name

    @property
    def endpoint(self) -> str:
        """The model's."""
        return self._inner.endpoint

    def ask(self, ask: Ask) -> Reply:
        """Raises what the model raises, and Outside when the file cannot be written."""
        reply = self._inner.ask(ask)
        line = {"request": request_digest(ask), "about": _about(ask)}
        said = asdict(reply)
        line |= {"reply": said.pop("text"), **said}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=True) + "\n")
        except OSError as error:
            raise told(error, self._file) from error
        return reply


class Replay:
    """The Model port over a recording."""

    def __init__(self, name: str, file: Path) -> None:
        """Raises Misuse when the file is missing or is no recording."""
        self._name = name
        self._file = file
        self._replies = _read(file)

    @property
    def name(self) -> str:
        """As the project calls it."""
        return self._name

    @property
    def endpoint(self) -> str:
        """Nothing is called."""
        return "replay"

    def ask(self, ask: Ask) -> Reply:
        """The recorded reply. Raises Misuse when this very request was never recorded."""
        reply = self._replies.get(request_digest(ask))
        if reply is None:
            raise Misuse(
                f"{self._file.name} has no reply to this request ({_about(ask)})",
                "A recording replays only the data, plan, prompt, model name and runs that it was made with. "
                "Record again: cleanroom propose mapping ... --model NAME --record FILE",
            )
        return reply


def _about(ask: Ask) -> str:
    return f"{ask.schema.get('title', 'a question')}, temperature {ask.temperature:g}, seed {ask.seed}"


def check(content: bytes) -> None:
    """Raises Misuse for what is no recording, with the line."""
    try:
        _replies(io.StringIO(content.decode("utf-8")), "the recording")
    except UnicodeDecodeError as error:
        raise Misuse("the recording is no text", "Name a file that --record wrote.") from error


def _read(file: Path) -> dict[str, Reply]:
    try:
        with file.open(encoding="utf-8") as lines:
            return _replies(lines, str(file))
    except FileNotFoundError as error:
        raise Misuse(
            f"the recording {file} does not exist",
            "Make one: cleanroom propose mapping ... --model NAME --record FILE",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise Misuse(f"{file} cannot be read as a recording", "Name a file that --record wrote.") from error


def _replies(lines: Iterable[str], file: str) -> dict[str, Reply]:
    """By request; of several replies to one the last."""
    return dict(_line(line, file, number) for number, line in enumerate(lines, 1))


def _line(line: str, file: str, number: int) -> tuple[str, Reply]:
    try:
        value: Any = json.loads(line)
        request = str(value["request"])
        said = {k: v for k, v in value.items() if k in _KEYS}
        reply = Reply(str(value["reply"]), **said)
        if not all(type(getattr(reply, k)) is kind for k, kind in _TYPES.items()):
            raise TypeError
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise Misuse(f"{file}:{number} is no recorded reply", "Remove the line, or record again.") from error
    return request, reply
