"""systems/*.yaml as a System of the register, with every mistake at its line."""

from __future__ import annotations

from typing import Any

from cleanroom.codec.plan import Reading
from cleanroom.codec.positions import ordered
from cleanroom.codec.shape import build, without_followers
from cleanroom.codec.yaml_text import read_yaml
from cleanroom.core.base import instant, micros
from cleanroom.core.mistakes import Mistake
from cleanroom.core.register import System, lint


def read_system(content: bytes, file: str) -> Reading[System]:
    """Read one entry of the register. Never raises: all mistakes, of text, shape and sense, are findings in one go."""
    document = read_yaml(content, file)
    if document.broken:
        return Reading(None, ordered(document.findings), document)
    data, mistakes = _in_shape(document.data)
    system: System | None = None
    if isinstance(document.data, dict):
        system, complaints = build(System, data)
        mistakes += without_followers(complaints, mistakes)
    if system is not None:
        mistakes += without_followers(lint(system), mistakes)
    findings = ordered((*document.findings, *(document.locate(m) for m in mistakes)))
    failed = any(f.severity == "error" for f in findings)
    return Reading(None if failed else system, findings, document, system)


def _in_shape(data: Any) -> tuple[Any, list[Mistake]]:
    """The data with its moment in full, an empty section as good as none; and what could not be turned."""
    if not isinstance(data, dict):
        what = "the file is empty" if data is None else "the file is not a mapping of keys to values"
        return {}, [Mistake((), what, "A system begins with name: ..., does: ..., owners: [...] and tier: ...")]
    out = {k: v for k, v in data.items() if v is not None}
    rota = out.get("oncall")
    if not isinstance(rota, dict) or not isinstance(rota.get("since"), str):
        return out, []
    text = rota["since"]
    try:
        since = instant(micros(text if len(text) > 10 else f"{text}T00:00:00Z"))  # type: ignore[arg-type]
    except (ValueError, OverflowError):
        mistake = Mistake(
            ("oncall", "since"), f"{text[:40]!r} is no moment", "For example 2026-01-05, or 2026-01-05T09:00:00Z."
        )
        return {**out, "oncall": {k: v for k, v in rota.items() if k != "since"}}, [mistake]
    return {**out, "oncall": {**rota, "since": since}}, []
