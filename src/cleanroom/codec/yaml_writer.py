"""How does plain data become YAML that a person likes to read? Small things on one line, air between sections.

What is written reads back equal under YAML 1.2, and under 1.1 too: text that either would take for something else
(`no`, 2024-01-01, 0o17) is put in quotes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from cleanroom.codec.positions import Place
from cleanroom.codec.yaml_text import read_yaml, scalar
from cleanroom.core.mistakes import Path

_WIDTH = 110
_STR, _SEQ, _MAP = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))
_OLD: Any = yaml.resolver.Resolver()


class _Dumper(yaml.emitter.Emitter, yaml.serializer.Serializer, yaml.resolver.BaseResolver):
    """PyYAML's writer with no idea of what a plain scalar means: _scalar() decides that."""

    def __init__(self, stream: io.StringIO) -> None:
        yaml.emitter.Emitter.__init__(self, stream, width=_WIDTH, allow_unicode=True)
        yaml.serializer.Serializer.__init__(self)
        yaml.resolver.BaseResolver.__init__(self)

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """List items stand two spaces further in than their key."""
        super().increase_indent(flow, False)


def yaml_text(data: Any, *, notes: Mapping[Path, str] | None = None, spaced: Sequence[str] = ()) -> str:
    """Plain data as YAML. A blank line stands before every big section and every entry of the `spaced` sections."""
    stream = io.StringIO()
    dumper = _Dumper(stream)
    dumper.open()
    dumper.serialize(_node(data, 0))
    dumper.close()
    text = stream.getvalue()
    if text.endswith("\n...\n"):  # the writer's mark after a bare scalar
        text = text[:-4]
    return _laid_out(text, notes or {}, spaced) if isinstance(data, dict) else text


def _node(value: Any, depth: int) -> yaml.Node:
    if isinstance(value, dict):
        pairs = [(_scalar(str(k)), _node(v, depth + 1)) for k, v in value.items()]
        return yaml.MappingNode(_MAP, pairs, flow_style=_flat(value, depth))
    if isinstance(value, list | tuple):
        return yaml.SequenceNode(_SEQ, [_node(v, depth + 1) for v in value], flow_style=_flat(value, depth))
    return _scalar(value)


def _flat(value: Any, depth: int) -> bool:
    """Whether a collection goes on one line: it is empty, or short and holds nothing deeper than short lists."""
    if not value:
        return True
    inner = list(value.values()) if isinstance(value, dict) else list(value)
    if depth == 0 or any(isinstance(v, dict) or (isinstance(v, list | tuple) and not _leaves(v)) for v in inner):
        return False
    return len(str(value)) + 2 * depth < 100 and "\\n" not in repr(value)


def _leaves(values: Sequence[Any]) -> bool:
    return not any(isinstance(v, dict | list | tuple) for v in values)


def _scalar(value: Any) -> yaml.ScalarNode:
    """Tagged as text, so that the writer never adds a tag; quoted when it is text that a reader would not take so."""
    if isinstance(value, str):
        taken = not isinstance(scalar(value), str) or _OLD.resolve(yaml.ScalarNode, value, (True, False)) != _STR
        style = "'" if taken else None
        return yaml.ScalarNode(_STR, value, style=style if value.isprintable() else '"')
    if value is None or isinstance(value, bool):
        return yaml.ScalarNode(_STR, {None: "null", True: "true", False: "false"}[value])
    return yaml.ScalarNode(_STR, _number(value))


def _number(value: int | float) -> str:
    """A number as every reader takes it: YAML 1.1 wants a point before an exponent."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    mantissa, e, exponent = repr(value).partition("e")
    return f"{mantissa}.0e{exponent}" if e and "." not in mantissa else repr(value)


def _laid_out(text: str, notes: Mapping[Path, str], spaced: Sequence[str]) -> str:
    """The text with blank lines and comments, put in front of the lines on which their keys stand."""
    keys = read_yaml(text.encode(), "", limit=len(text) * 4 + 1).keys
    lines = text.splitlines()
    before: dict[int, list[str]] = {}
    for path, place in keys.items():
        entry = len(path) == 2 and path[0] in spaced and place.line > keys[path[:1]].line + 1
        if place.line > 1 and (len(path) == 1 or entry) and _is_big(lines, place):
            before.setdefault(place.line, []).append("")
        if path in notes:
            margin = " " * (place.column - 1)
            before.setdefault(place.line, []).extend(f"{margin}# {line}" for line in notes[path].splitlines())
    out = [f"# {line}".rstrip() for line in notes.get((), "").splitlines()]
    for number, line in enumerate(lines, start=1):
        out += [*before.get(number, ()), line]
    return "\n".join(out) + "\n"


def _is_big(lines: Sequence[str], place: Place) -> bool:
    """Whether what begins here, or what ends right above, takes several lines."""
    deeper = (" " * place.column, " " * (place.column - 1) + "-")
    below = lines[place.line] if place.line < len(lines) else ""
    return below.startswith(deeper) or lines[place.line - 2].startswith(deeper)
