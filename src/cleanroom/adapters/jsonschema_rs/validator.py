"""Does a JSON text follow its schema? The Validator port on jsonschema-rs, which never fetches anything here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

import jsonschema_rs

from cleanroom.codec.schema_refs import DRAFTS, NEWEST, bundle
from cleanroom.core.base import Misuse
from cleanroom.ports.validator import InvalidSchema

_LONGEST = 200
"""Characters of a finding: keys of the data stand in it, and findings are counted."""


class JsonSchemaRs:
    """Compiles schemas of drafts 7, 2019-09 and 2020-12 (without `$schema`: 2020-12). Formats are asserted."""

    def __init__(self) -> None:
        self._drafts: dict[str, jsonschema_rs.Validator] = {}

    def compile(self, schema: str, resources: Mapping[str, str] | None = None) -> _Compiled:
        """`resources` maps paths, relative to the schema, to the texts of the schemas that it may refer to.

        Raises Misuse when the schema is not JSON or refers to anything else, InvalidSchema when it breaks its
        draft's rules.
        """
        texts = {"schema": schema, **(resources or {})}
        whole = bundle("schema", lambda path: texts[path].encode() if path in texts else None)
        if whole.text is None:
            first = whole.findings[0]
            where = f"{first.file}, line {first.line}" if len(whole.files) > 1 else f"the schema, line {first.line}"
            raise Misuse(f"{where}: {first.message}", first.hint)
        document = json.loads(whole.text)
        self._check(document)
        try:
            validator = jsonschema_rs.validator_for(
                document, validate_formats=True, ignore_unknown_formats=True, retriever=_refuse
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            pointer = _pointer(getattr(error, "instance_path", []))
            message = _sentence(str(getattr(error, "message", error)))
            raise InvalidSchema(f"the schema does not compile: {message}", ((pointer, message),)) from error
        return _Compiled(validator)

    def _check(self, document: Any) -> None:
        """Against the metaschema of its draft, which is built in: all violations at once."""
        draft = str(document.get("$schema", NEWEST)).removesuffix("#") if isinstance(document, dict) else NEWEST
        if draft not in self._drafts:
            name = draft + ("#" if DRAFTS[draft] == "draft 7" else "")
            meta = {"$schema": name, "$ref": name}
            self._drafts[draft] = jsonschema_rs.validator_for(meta, validate_formats=True, retriever=_refuse)
        found = {
            (_pointer(e.instance_path), _sentence(e.message)): None for e in self._drafts[draft].iter_errors(document)
        }
        if found:
            mistakes = tuple(found)
            pointer, message = mistakes[0]
            raise InvalidSchema(
                f"the schema is not valid {DRAFTS[draft]} at {pointer or 'its root'}: {message}", mistakes
            )


class _Compiled:
    def __init__(self, validator: jsonschema_rs.Validator) -> None:
        self._validator = validator

    def finding(self, document: str) -> str | None:
        """None, 'empty', 'malformed' or '<keyword> at <pointer>' of the first violation in the order of the document.

        A missing or unexpected property is named by its own pointer; the document itself is '(root)'.
        """
        if not document or document.isspace():
            return "empty"
        try:
            instance = _STRICT.decode(document)
            if self._validator.is_valid(instance):
                return None
            errors = list(self._validator.iter_errors(instance))
        except (ValueError, RecursionError):  # not JSON, NaN, half a surrogate pair, a number of 5,000 digits
            return "malformed"
        spots = [(_spot(error), error.kind.name) for error in errors]
        path, keyword = min(spots, key=lambda spot: _order(spot[0], instance))
        return f"{keyword} at {_pointer(path) or '(root)'}"[:_LONGEST]


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_STRICT = json.JSONDecoder(parse_constant=_refuse_constant)


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is outside the project, and nothing is fetched")


def _spot(error: jsonschema_rs.ValidationError) -> list[str | int]:
    """What the violation speaks of: the value, or the property that lacks or should not be there."""
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(property=name):
            return [*error.instance_path, name]
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected=names):
            return [*error.instance_path, *names[:1]]
        case jsonschema_rs.ValidationErrorKind.UnevaluatedProperties(unexpected=names):
            return [*error.instance_path, *names[:1]]
    return error.instance_path


def _order(path: list[str | int], instance: Any) -> tuple[int, ...]:
    """The place of a path in the document: the position of each step among its neighbours, -1 for what is missing."""
    out: list[int] = []
    for step in path:
        if isinstance(instance, dict):
            names = list(instance)
            out.append(names.index(str(step)) if step in instance else -1)
            instance = instance.get(step)
        elif isinstance(instance, list) and isinstance(step, int) and step < len(instance):
            out.append(step)
            instance = instance[step]
        else:
            out.append(-1)
    return tuple(out)


def _pointer(path: list[str | int]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _sentence(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= 300 else line[:300] + "..."
