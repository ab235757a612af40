"""What does this YAML text say, and where? YAML 1.2 core scalars, positions, no tags, bounded aliases.

PyYAML parses the text into events; what a scalar means is decided here, as in YAML 1.2 (section 10.3): `no` and
`on` are text, dates are text, `0o17` is a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from cleanroom.codec.positions import MAX_BYTES, MAX_DEPTH, MAX_VALUES, Document, Place, Stop, decode
from cleanroom.core.mistakes import Path

_NULL = re.compile(r"(?:null|Null|NULL|~|)\Z")
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_INT = re.compile(r"[-+]?[0-9]+\Z")
_OCT = re.compile(r"0o[0-7]+\Z")
_HEX = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_INFINITE = re.compile(r"(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)\Z")

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True, eq=False)
class _Node:
    """A value in the text: a scalar, a list of nodes, or a tuple of pairs (a mapping). `size` counts the values in it;
    `open` while they are still read; `merges` marks an unquoted `<<`.
    """

    place: Place
    value: Any
    size: int = 1
    open: bool = False
    merges: bool = False


def scalar(text: str) -> str | int | float | bool | None:
    """What a plain (unquoted) scalar means in YAML 1.2 core. Text when it is nothing else."""
    if _NULL.match(text):
        return None
    if _BOOL.match(text):
        return text[0] in "tT"
    if _INT.match(text):
        return int(text) if len(text) <= 400 else text
    if _OCT.match(text):
        return int(text[2:], 8)
    if _HEX.match(text):
        return int(text[2:], 16)
    if _FLOAT.match(text):
        return float(text)
    if _INFINITE.match(text):
        return float(text.replace(".", "").lower())
    return text


def read_yaml(content: bytes, file: str, *, limit: int = MAX_BYTES) -> Document:
    """Read one YAML document. Never raises: what is wrong is in the document's findings."""
    document = Document(file)
    try:
        text = decode(content, limit)
        root = _Composer(text, document).compose()
        if root is not None:
            document.data = _plain(root, (), document)
    except Stop as stop:
        return document.stop(stop)
    return document


def read_documents(content: bytes, file: str, *, limit: int = MAX_BYTES) -> tuple[Document, ...]:
    """Read every document of a file, apart from empty ones. Never raises: where one cannot be read, it is the last."""
    found: list[Document] = []
    document = Document(file)
    try:
        composer = _Composer(decode(content, limit), document)
        for root in composer.roots():
            document.data = _plain(root, (), document)
            if document.data is not None:
                found.append(document)
            composer.document = document = Document(file)
    except Stop as stop:
        found.append(document.stop(stop))
    return tuple(found)


class _Composer:
    """Makes nodes of PyYAML's events, so that every bound is checked before anything is built."""

    def __init__(self, text: str, document: Document) -> None:
        self.text = text
        self.document = document
        self.anchors: dict[str, _Node] = {}
        self.events = self._events()

    def compose(self) -> _Node | None:
        """The root of the only document; None when the file is empty."""
        root: _Node | None = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if root is not None:
                    raise Stop(_place(event), "a second document begins here", "Keep one document in the file.")
                root = self._node(next(self.events), 0)
        return root

    def roots(self) -> Iterator[_Node]:
        """The root of each document; an alias does not reach into another one."""
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors = {}
                yield self._node(next(self.events), 0)

    def _events(self) -> Iterator[Any]:
        try:
            yield from yaml.parse(self.text, Loader=_Loader)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Place(mark.line + 1, mark.column + 1) if mark else Place()
            raise Stop(place, *_explained(error, self._line(place.line))) from error
        except yaml.reader.ReaderError as error:
            place = self._unreadable()
            raise Stop(place, f"character {_code(error.character)} is not allowed in YAML", "Remove it.") from error

    def _line(self, number: int) -> str:
        lines = self.text.splitlines()
        return lines[number - 1] if number <= len(lines) else ""

    def _unreadable(self) -> Place:
        """The first character that YAML does not allow; the parser's own count depends on its buffers."""
        match = yaml.reader.Reader.NON_PRINTABLE.search(self.text)
        before = self.text[: match.start()] if match else ""
        return Place(before.count("\n") + 1, len(before) - before.rfind("\n"))

    def _node(self, event: Any, depth: int) -> _Node:
        place = _place(event)
        if depth > MAX_DEPTH:
            raise Stop(place, f"values nest deeper than {MAX_DEPTH} levels", "Make it flatter.")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), place)
        if event.tag is not None:
            self.document.report(
                place, f"tag {event.tag!r} is refused: a plan holds plain data only", "Remove the tag."
            )
        node = _Node(place, None, open=True)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        if isinstance(event, yaml.ScalarEvent):
            text = self.document.text(event.value, place)
            node.value = text if event.style else scalar(text)
            node.merges = text == "<<" and not event.style
        elif isinstance(event, yaml.SequenceStartEvent):
            node.value = self._sequence(node, depth)
        else:
            node.value = self._mapping(node, depth)
        node.open = False
        return node

    def _alias(self, name: str, place: Place) -> _Node:
        target = self.anchors.get(name)
        if target is None:
            raise Stop(
                place, f"alias *{name} names nothing above it", f"Write &{name} at the value that it stands for."
            )
        if target.open:
            raise Stop(place, f"alias *{name} stands inside the value that it names", "Write the value out.")
        return target

    def _sequence(self, node: _Node, depth: int) -> list[_Node]:
        items: list[_Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._grow(node, self._node(event, depth + 1)))
        return items

    def _mapping(self, node: _Node, depth: int) -> tuple[tuple[_Node, _Node], ...]:
        pairs: list[tuple[_Node, _Node]] = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._grow(node, self._node(event, depth + 1))
            pairs.append((key, self._grow(node, self._node(next(self.events), depth + 1))))
        return tuple(pairs)

    def _grow(self, node: _Node, child: _Node) -> _Node:
        node.size += child.size
        if node.size > MAX_VALUES:
            message = f"aliases or entries expand to more than {MAX_VALUES:,} values"
            raise Stop(node.place, message, "An alias bomb is refused; write the values out, or split the file.")
        return child


def _plain(node: _Node, path: Path, document: Document) -> Any:
    if len(path) > MAX_DEPTH:
        raise Stop(node.place, f"values nest deeper than {MAX_DEPTH} levels", "Make it flatter.")
    document.values[path] = node.place
    match node.value:
        case list():
            return [_plain(item, (*path, i), document) for i, item in enumerate(node.value)]
        case tuple():
            return _pairs(node.value, path, document)
        case _:
            return node.value


def _pairs(pairs: tuple[tuple[_Node, _Node], ...], path: Path, document: Document) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for key, value in pairs:
        name = _key(key, document)
        if name is None:
            continue
        if name in out:
            first = document.keys[(*path, name)]
            document.report(key.place, f"key {name!r} is given twice (first on line {first.line})", "Keep one of them.")
            continue
        document.keys[(*path, name)] = key.place
        out[name] = _plain(value, (*path, name), document)
    return out


def _key(key: _Node, document: Document) -> str | None:
    if isinstance(key.value, list | tuple):
        document.report(key.place, "a key must be text, not a list or a mapping")
        return None
    if key.merges:
        document.report(key.place, "merge keys (<<) are not part of YAML 1.2", "Write the keys out.")
        return None
    if not isinstance(key.value, str):
        shown = "null" if key.value is None else str(key.value).lower()
        document.report(key.place, f"key {shown} is not text", "Put it in quotes.")
        return shown
    return key.value


def _place(event: Any) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


def _code(character: object) -> str:
    return f"U+{character:04X}" if isinstance(character, int) else f"U+{ord(str(character)[:1] or '?'):04X}"


def _explained(error: yaml.MarkedYAMLError, line: str) -> tuple[str, str]:
    """PyYAML's complaint as one line, and what to do."""
    problem = " ".join((error.problem or "the text is not YAML").split())
    if "\t" in line[: len(line) - len(line.lstrip())] or "'\\t'" in problem:
        return "a tab is used where YAML wants spaces", "Indent with spaces."
    context = f" ({error.context})" if error.context else ""
    hint = "Put the text in quotes." if "mapping values are not allowed" in problem else ""
    return f"not valid YAML: {problem}{context}", hint
