"""Which payloads that followed the old JSON Schema may not follow the new one? Keyword by keyword, erring to 'breaking'."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Literal
from urllib.parse import unquote

from cleanroom.core.contract import PlanDifference

Differences = Iterator[PlanDifference]

_QUIET = {
    "title",
    "description",
    "$comment",
    "examples",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$id",
    "$anchor",
}
_LOWER = {"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"}
_UPPER = {"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"}
_INVERTING = (
    "not",
    "if",
    "oneOf",
    "contains",
    "dependentSchemas",
    "dependencies",
)
_SHELVES = ("$defs", "definitions")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_MAX_DEPTH = 64
_DECIDES_NOTHING = "it decides nothing"

Handler = Callable[[str, Any, Any], Differences]
_GONE: Any = object()


def schema_differences(old: str, new: str, where: str) -> tuple[PlanDifference, ...]:
    """The differences of two schemas, given as JSON text. Places are pointers behind `where#`."""
    before, after = json.loads(old), json.loads(new)
    if _same(before, after):
        return ()
    found = tuple(_whole(where, before, after))
    lead = _reached(before, bare=True)
    unchanged = lead is not None and _same(lead, _reached(after, bare=True))
    quiet = found and all(d.because.endswith(_DECIDES_NOTHING) for d in found)
    told = any(d.verdict == "breaking" for d in found)
    if unchanged or quiet or told or not _entangled(before, after):
        return found
    why = "parts changed on which 'not', 'if', 'oneOf' or the like may depend: what that means is not understood"
    return (*found, _breaking(f"{where}#", why))


def _whole(where: str, old: Any, new: Any) -> Differences:
    """The schema itself, then each definition that it leads to: those that nothing refers to decide nothing."""
    yield from _schema(f"{where}#", old, new, 0)
    before, after = _reached(old), _reached(new)
    if before is None or after is None:
        for shelf in _SHELVES:
            if not _same(_or_empty(old).get(shelf), _or_empty(new).get(shelf)):
                yield _breaking(f"{where}#/{shelf}", "definitions changed, and what refers to them is not understood")
        return
    for pointer, schema in before.items():
        if pointer and pointer in after:
            yield from _schema(f"{where}#{pointer}", schema, after[pointer], 0)


def _reached(root: Any, *, bare: bool = False) -> dict[str, Any] | None:
    """The schemas that references lead to, by their pointers; None when there are references that are no pointers.

    `bare`: each without its own definitions.
    """
    found: dict[str, Any] = {"": root}
    todo = [root]
    while todo:
        for reference in _references(todo.pop()):
            pointer = unquote(reference.removeprefix("#"))
            if not reference.startswith("#") or (pointer and not pointer.startswith("/")):
                return None
            if pointer not in found:
                found[pointer] = _at(root, pointer)
                todo.append(found[pointer])
    return {pointer: _bare(schema) for pointer, schema in found.items()} if bare else found


def _bare(schema: Any) -> Any:
    return {k: v for k, v in schema.items() if k not in _SHELVES} if isinstance(schema, dict) else schema


def _references(schema: Any) -> Iterator[str]:
    """All references in a schema, but for those in its own definitions."""
    todo = [_bare(schema)]
    while todo:
        value = todo.pop()
        if isinstance(value, dict):
            yield from (v for k, v in value.items() if k in _REFERENCES and isinstance(v, str))
            todo += value.values()
        elif isinstance(value, list):
            todo += value


def _at(root: Any, pointer: str) -> Any:
    """What a JSON pointer names; None when there is no such thing."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(root, list) and name.isdigit() and int(name) < len(root):
            root = root[int(name)]
        elif isinstance(root, dict) and name in root:
            root = root[name]
        else:
            return None
    return root


def _entangled(old: Any, new: Any) -> bool:
    """Whether allowing more in one place may allow less in another, through a reference or an unevaluated keyword."""
    text = json.dumps([old, new])
    refers = any(f'"{keyword}"' in text for keyword in _REFERENCES)
    return '"unevaluated' in text or (refers and any(f'"{keyword}"' in text for keyword in _INVERTING))


def _schema(where: str, old: Any, new: Any, depth: int) -> Differences:
    if _same(old, new):
        return
    if new is True or new == {} or old is False:
        yield _compatible(where, "anything is allowed now" if old is not False else "something is allowed now")
        return
    if not _both_objects(old, new) or depth > _MAX_DEPTH:
        if old is True and isinstance(new, dict):
            yield _breaking(where, "anything was allowed, now a schema must be followed")
        else:
            yield _breaking(
                where, "nothing is allowed now" if new is False else "changed in a way that is not understood"
            )
        return
    for keyword in dict.fromkeys((*old, *new)):
        before, after = old.get(keyword, _GONE), new.get(keyword, _GONE)
        if not _same(before, after):
            yield from _keyword(f"{where}/{keyword}", keyword, before, after, (old, new), depth)


def _keyword(
    where: str, keyword: str, old: Any, new: Any, around: tuple[dict[str, Any], dict[str, Any]], depth: int
) -> Differences:
    """One keyword that differs; `_GONE` stands for one that is not there."""
    if keyword in _QUIET:
        yield _compatible(where, f"{keyword} was changed; {_DECIDES_NOTHING}")
    elif keyword in _LOWER | _UPPER:
        yield from _bound(where, keyword, old, new)
    elif keyword == "properties":
        yield from _properties(where, _or_empty(old), _or_empty(new), around, depth)
    elif keyword in _SHELVES:
        return  # compared where they are referred to
    elif keyword in ("additionalProperties", "items", "additionalItems"):
        yield from _schema(where, True if old is _GONE else old, True if new is _GONE else new, depth + 1)
    elif keyword in ("allOf", "anyOf", "prefixItems") and isinstance(old, list) and isinstance(new, list):
        yield from _list(where, keyword, old, new, depth)
    elif keyword in _HANDLERS:
        yield from _HANDLERS[keyword](where, old, new)
    elif new is _GONE and keyword in ("pattern", "format", "multipleOf", "uniqueItems", "not", "propertyNames"):
        yield _compatible(where, f"{keyword} is no longer asked for")
    elif old is _GONE:
        yield _breaking(where, f"{keyword} is asked for now")
    else:
        yield _breaking(where, f"{keyword} changed, and what that means is not understood")


def _bound(where: str, keyword: str, old: Any, new: Any) -> Differences:
    if new is _GONE:
        yield _compatible(where, f"{keyword} {_shown(old)} is no longer asked for")
        return
    numbers = all(isinstance(v, int | float) for v in (old, new))
    looser = numbers and (new < old if keyword in _LOWER else new > old)
    why = f"{keyword} went from {_shown(old)} to {_shown(new)}"
    yield _compatible(where, why) if looser else _breaking(where, f"{why}: the range is narrower")


def _type(where: str, old: Any, new: Any) -> Differences:
    if new is _GONE:
        yield _compatible(where, "any type is allowed now")
        return
    before, after = ({t} if isinstance(t, str) else set(t) if isinstance(t, list) else None for t in (old, new))
    allowed = after | ({"integer"} if after and "number" in after else set()) if after is not None else set()
    why = f"the type went from {_shown(old)} to {_shown(new)}"
    wider = before is not None and before <= allowed
    yield _compatible(where, why) if wider else _breaking(where, why)


def _required(where: str, old: Any, new: Any) -> Differences:
    before, after = _texts(old), _texts(new)
    for name in after:
        if name not in before:
            yield _breaking(where, f"{name!r} is required now")
    for name in before:
        if name not in after:
            yield _compatible(where, f"{name!r} is optional now")


def _enum(where: str, old: Any, new: Any) -> Differences:
    """`enum` and `const`: which values are allowed."""
    if new is _GONE:
        yield _compatible(where, "any value is allowed now")
    elif old is _GONE:
        yield _breaking(where, f"only these values are allowed now: {_shown(new)}")
    else:
        before, after = _values(old), _values(new)
        gone, added = [v for v in before if v not in after], [v for v in after if v not in before]
        if gone:
            yield _breaking(where, f"no longer allowed: {', '.join(gone)[:200]}")
        if added:
            yield _compatible(where, f"newly allowed: {', '.join(added)[:200]}")


def _const(where: str, old: Any, new: Any) -> Differences:
    yield from _enum(where, old if old is _GONE else [old], new if new is _GONE else [new])


def _properties(
    where: str, old: dict[str, Any], new: dict[str, Any], around: tuple[dict[str, Any], dict[str, Any]], depth: int
) -> Differences:
    for name, before in old.items():
        if name not in new:
            yield _breaking(f"{where}/{name}", "the property was removed: whoever reads it finds nothing")
        else:
            yield from _schema(f"{where}/{name}", before, new[name], depth + 1)
    closed = around[0].get("additionalProperties") is False
    for name in new:
        if name not in old:
            required = name in _texts(around[1].get("required", ()))
            why = "a new property" if closed else "a new property; where old payloads had one of that name, it must fit"
            yield (
                _breaking(f"{where}/{name}", "a new required property")
                if required
                else _compatible(f"{where}/{name}", why)
            )


def _list(where: str, keyword: str, old: list[Any], new: list[Any], depth: int) -> Differences:
    """Lists of schemas, compared one by one; only an anyOf may grow, only an allOf may shrink."""
    for i, (before, after) in enumerate(zip(old, new, strict=False)):
        yield from _schema(f"{where}/{i}", before, after, depth + 1)
    if len(new) > len(old):
        yield (
            _compatible(where, "there is another alternative")
            if keyword == "anyOf"
            else _breaking(where, "another schema has to be followed")
        )
    elif len(new) < len(old):
        yield (
            _compatible(where, "one schema less has to be followed")
            if keyword == "allOf"
            else _breaking(where, f"{keyword} is shorter, and what that means is not understood")
        )


_HANDLERS: dict[str, Handler] = {"type": _type, "required": _required, "enum": _enum, "const": _const}


def _breaking(where: str, because: str) -> PlanDifference:
    return _made(where, "breaking", because)


def _compatible(where: str, because: str) -> PlanDifference:
    return _made(where, "compatible", because)


def _made(where: str, verdict: Literal["breaking", "compatible"], because: str) -> PlanDifference:
    return PlanDifference(where, verdict, because)


def _both_objects(old: Any, new: Any) -> bool:
    return isinstance(old, dict) and isinstance(new, dict)


def _or_empty(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list | tuple) else []


def _values(values: Any) -> list[str]:
    """As JSON text: in Python 1 and true are equal, in JSON they are not."""
    return [_written(v) for v in values] if isinstance(values, list) else [_written(values)]


def _same(old: Any, new: Any) -> bool:
    if old is _GONE or new is _GONE:
        return old is new
    return _written(old) == _written(new)


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _shown(value: Any) -> str:
    return "nothing" if value is _GONE else _written(value)[:100]
