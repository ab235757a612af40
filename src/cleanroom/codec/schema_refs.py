"""What does a JSON Schema refer to, and does all of it lie inside the project? Bundles it into one document.

References are files relative to the schema's own (`money.json#/$defs/amount`) or stay inside the document. Nothing
is ever fetched: http(s), file and absolute references are refused, and so are paths that leave the project.
"""

from __future__ import annotations

import json
import posixpath
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urldefrag, urljoin, urlsplit

from cleanroom.codec.json_text import pointer_path, read_json
from cleanroom.codec.positions import Document, Stop
from cleanroom.core.base import CleanroomError
from cleanroom.core.contract import LintFinding
from cleanroom.core.mistakes import Mistake, Path

DRAFTS = {
    "http://json-schema.org/draft-07/schema": "draft 7",
    "https://json-schema.org/draft/2019-09/schema": "2019-09",
    "https://json-schema.org/draft/2020-12/schema": "2020-12",
}
NEWEST = "https://json-schema.org/draft/2020-12/schema"

HOME = "https://project.invalid/"
"""Where the project's files lie in the names of schemas; nothing is ever looked for there (RFC 2606)."""

MAX_FILES = 100

_MAPS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas", "dependencies")
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
_SINGLES = (
    "items", "additionalItems", "additionalProperties", "contains", "not", "if", "then", "else", "propertyNames",
    "unevaluatedItems", "unevaluatedProperties", "contentSchema",
)  # fmt: skip
_DYNAMIC = ("$dynamicRef", "$recursiveRef")

Read = Callable[[str], bytes | None]
"""The bytes of a file by its path in the project; None when there is none. May raise CleanroomError."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """One self-contained schema (None when there are findings), every finding, and the files it is made of."""

    text: str | None
    findings: tuple[LintFinding, ...]
    files: tuple[str, ...]


def bundle(path: str, read: Read) -> Bundle:
    """The schema at `path` with all that it refers to, as the text of one document.

    `path` is relative to the project, with `/`. In the text every reference is a JSON pointer from the root (`#/...`);
    referenced files lie under `$defs` (`definitions` in draft 7); of names, only an absolute `$id` of the root is left,
    and it has one whenever there is a reference, so that the text may be embedded in another schema of its draft.
    """
    loader = _Loader(read)
    root = loader.load(path, None)
    loader.follow()
    loader.refuse_dynamic()
    findings = tuple(f for file in loader.files.values() for f in file.document.findings) + tuple(loader.lost)
    files = tuple(loader.files)
    if findings or root is None:
        return Bundle(None, findings, files)
    return Bundle(json.dumps(_whole(loader, root), ensure_ascii=False, separators=(",", ":")), (), files)


def subschemas(schema: Any, path: Path = ()) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Every schema in a schema, itself first; values that are data (enum, const, default, examples) are not looked at."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for key, value in schema.items():
        if key in _MAPS and isinstance(value, dict):
            for name, inner in value.items():
                yield from subschemas(inner, (*path, key, name))
        elif key in _LISTS and isinstance(value, list):
            for i, inner in enumerate(value):
                yield from subschemas(inner, (*path, key, i))
        elif key in _SINGLES:
            yield from subschemas(value, (*path, key))


@dataclass(slots=True)
class _File:
    """A schema file: its draft, the schemas in it, and what they are called.

    `resources` has the path of each schema with a name of its own (`$id`) by its URI; `anchors` by (URI, anchor).
    """

    path: str
    document: Document
    draft: str = NEWEST
    uri: str = ""
    schemas: dict[Path, dict[str, Any]] = field(default_factory=dict)
    resources: dict[str, Path] = field(default_factory=dict)
    anchors: dict[tuple[str, str], Path] = field(default_factory=dict)

    @property
    def is_draft_7(self) -> bool:
        return DRAFTS[self.draft] == "draft 7"

    def base(self, at: Path) -> str:
        """The URI that a reference at `at` is relative to: that of the nearest named schema around it."""
        around = [(len(path), uri) for uri, path in self.resources.items() if at[: len(path)] == path]
        return max(around)[1]

    def name_schemas(self) -> None:
        """Find the names. Drafts later than 7 name anchors by their own keyword."""
        own = _text(self.document.data, "$id")
        self.uri = urldefrag(own)[0] if own and _is_absolute(own) else HOME + quote(self.path)
        self.schemas = dict(subschemas(self.document.data))
        self.resources[self.uri] = ()
        for path, schema in self.schemas.items():
            given = _text(schema, "$id")
            if path and given and not given.startswith("#"):
                self.resources[urldefrag(urljoin(self.base(path[:-1]), given))[0]] = path
        for path, schema in self.schemas.items():
            given = _text(schema, "$id")
            anchors = [given[1:]] if given and given.startswith("#") else []
            anchors += [a for a in (_text(schema, "$anchor"), _text(schema, "$dynamicAnchor")) if a]
            self.anchors.update({(self.base(path), a): path for a in anchors})

    def find(self, uri: str, fragment: str) -> Path | None:
        """The path of what a URI of this file, with its fragment, names; None when there is no such thing."""
        start = self.resources[uri]
        if not fragment:
            return start
        if not fragment.startswith("/"):
            return self.anchors.get((uri, fragment))
        found = pointer_path(unquote(fragment), self.at(start))
        return (*start, *found) if len(found) == fragment.count("/") else None

    def at(self, path: Path) -> Any:
        """What lies at `path`."""
        data = self.document.data
        for part in path:
            data = data[part]
        return data


class _Loader:
    """Reads the root and all that it refers to, each file once. `targets` has what each reference means."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self.files: dict[str, _File] = {}
        self.lost: list[LintFinding] = []
        self.targets: dict[tuple[str, Path], tuple[_File, Path]] = {}
        self.queue: deque[tuple[_File, Path, str]] = deque()

    def load(self, path: str, referrer: _File | None) -> _File | None:
        """The file at `path`, its references queued. None when there is none."""
        if path in self.files:
            return self.files[path]
        content = self.read(path)
        if content is None:
            if referrer is None:
                self.lost.append(LintFinding(path, 1, 1, "there is no such file", "Check the name of the schema."))
            return None
        file = _File(path, read_json(content, path), referrer.draft if referrer else NEWEST)
        self.files[path] = file
        if file.document.broken:
            return file
        if not isinstance(file.document.data, dict | bool):
            file.document.report(file.document.place(()), "a JSON Schema is an object, or true or false")
            return file
        if len(self.files) > MAX_FILES:
            file.document.stop(Stop(file.document.place(()), f"the schema is made of more than {MAX_FILES} files"))
            return file
        self._settle_draft(file, referrer)
        file.name_schemas()
        for shelf in ("$defs", "definitions"):
            if isinstance(file.document.data, dict) and not isinstance(file.document.data.get(shelf, {}), dict):
                _wrong(file, (shelf,), f"{shelf} must be an object: names with their schemas", "")
        self._enqueue(file, file.schemas)
        return file

    def follow(self) -> None:
        """Follow every reference, and those behind it, each once."""
        while self.queue:
            self._follow(*self.queue.popleft())

    def _enqueue(self, file: _File, schemas: dict[Path, dict[str, Any]]) -> None:
        for at, schema in schemas.items():
            if isinstance(schema.get("$ref"), str):
                self.queue.append((file, (*at, "$ref"), schema["$ref"]))

    def refuse_dynamic(self) -> None:
        """Dynamic references stay in their document, and mean something else once files are merged."""
        for file in self.files.values():
            for at, schema in file.schemas.items():
                for keyword in _DYNAMIC:
                    if keyword not in schema:
                        continue
                    if len(self.files) > 1 or not str(schema[keyword]).startswith("#"):
                        hint = "Use $ref, or put everything into one file."
                        _wrong(file, (*at, keyword), f"{keyword} is not followed across files", hint)

    def _settle_draft(self, file: _File, referrer: _File | None) -> None:
        said = file.document.data.get("$schema") if isinstance(file.document.data, dict) else None
        if said is None:
            return
        draft = str(said).removesuffix("#")
        if draft not in DRAFTS:
            hint = f"Use one of: {', '.join(DRAFTS)}."
            _wrong(file, ("$schema",), f"{str(said)[:100]!r} is not a draft that is understood", hint)
        elif referrer and draft != referrer.draft:
            message = (
                f"this file is {DRAFTS[draft]}, but {referrer.path}, which refers to it, is {DRAFTS[referrer.draft]}"
            )
            _wrong(file, ("$schema",), message, "Write both in the same draft.")
        else:
            file.draft = draft

    def _follow(self, file: _File, at: Path, reference: str) -> None:
        """Note what the reference means; a finding when it leads out, or to nothing."""
        target, fragment = urldefrag(reference)
        uri = urljoin(file.base(at), target)
        found: _File | None = file
        if target.removesuffix("#") in DRAFTS:
            return
        if uri not in file.resources:
            found = self._other(file, at, target)
            if found is None or found.document.broken or not found.uri:
                return
            uri = found.uri
        path = found.find(uri, fragment) if found else None
        if found is None or path is None:
            where = "the schema" if found is file else str(found and found.path)
            _wrong(file, at, f"there is no {fragment[:200]!r} in {where}", "Check what stands behind the '#'.")
            return
        self.targets[(file.path, at)] = (found, path)
        if path not in found.schemas:  # it stands below a keyword that no draft has
            more = {p: schema for p, schema in subschemas(found.at(path), path) if p not in found.schemas}
            found.schemas.update(more)
            self._enqueue(found, more)

    def _other(self, file: _File, at: Path, target: str) -> _File | None:
        parts = urlsplit(target)
        if parts.scheme or parts.netloc or target.startswith("/"):
            hint = "Put the schema into the project and refer to it by a relative path; nothing is fetched."
            _wrong(file, at, f"the schema refers outside the project: {target[:200]!r}", hint)
            return None
        path = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), unquote(parts.path)))
        if path.startswith("../") or path == ".." or "\\" in path or "\0" in path:
            _wrong(
                file, at, f"the reference {target[:200]!r} leaves the project", "References stay inside the project."
            )
            return None
        try:
            found = self.load(path, file)
        except CleanroomError as error:
            _wrong(file, at, f"the reference {target[:200]!r} cannot be followed: {error.message}", error.hint)
            return None
        if found is None:
            _wrong(file, at, f"the schema refers to {path!r}, which does not exist", "Check the path.")
        return found


def _whole(loader: _Loader, root: _File) -> Any:
    """The root with the other files on a shelf in it, every reference rewritten to a pointer from the root."""
    data = root.document.data
    if not isinstance(data, dict):
        return data
    dynamic = any(keyword in schema for schema in root.schemas.values() for keyword in _DYNAMIC)
    head = {"$schema": root.draft + ("#" if root.is_draft_7 else "")}
    if loader.targets or dynamic:
        head["$id"] = root.uri
    if dynamic:  # a single file, left as it is
        return {**head, **{k: v for k, v in data.items() if k not in head}}
    shelf = "definitions" if root.is_draft_7 else "$defs"
    taken = data.get(shelf, {})
    keys = {path: f"{path}{'_' * (path in taken)}" for path in loader.files if path != root.path}
    for (path, at), (target, inner) in loader.targets.items():
        start: Path = () if target is root else (shelf, keys[target.path])
        pointer = quote(_pointer((*start, *inner)), safe="/~!$&'()*+,;=:@-._?")
        loader.files[path].at(at[:-1])["$ref"] = f"#{pointer}"
    for file in loader.files.values():
        _drop_names(file)
    if root.is_draft_7 and "$ref" in data:  # it would hide what stands beside it
        kept = {k: v for k, v in data.items() if k in ("definitions", "title", "description")}
        data = {**kept, "allOf": [{"$ref": data["$ref"]}]}
    others = {keys[path]: file.document.data for path, file in loader.files.items() if file is not root}
    return {**head, **data, shelf: {**taken, **others}} if others else {**head, **data}


def _drop_names(file: _File) -> None:
    """Remove the names that no reference uses any more: merged into one document, they could clash."""
    for schema in file.schemas.values():
        for keyword in ("$id", "$anchor", "$dynamicAnchor", "$schema"):
            if isinstance(schema.get(keyword), str):
                del schema[keyword]


def _wrong(file: _File, at: Path, message: str, hint: str) -> None:
    file.document.findings.append(file.document.locate(Mistake(at, message, hint)))


def _text(schema: Any, keyword: str) -> str | None:
    given = schema.get(keyword) if isinstance(schema, dict) else None
    return given if isinstance(given, str) else None


def _pointer(path: Path) -> str:
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _is_absolute(uri: str) -> bool:
    parts = urlsplit(uri)
    return bool(parts.scheme and (parts.netloc or parts.scheme == "urn"))
