"""How do other programs read our flags, and we theirs? As a flagd definition file (schema v0), text in and text out."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from cleanroom.codec.json_text import read_json
from cleanroom.codec.positions import Document
from cleanroom.core.base import noun
from cleanroom.core.contract import LintFinding
from cleanroom.core.flags.bucketing import HASH_VERSIONS, HashVersion
from cleanroom.core.flags.flag import Flag, mistakes, weights
from cleanroom.core.flags.targeting import DEEPEST, MOST_PARTS, Rule
from cleanroom.core.mistakes import Mistake, Path

HASH = "hash"
"""The metadata key that names the generation of `fractional` that a flag was made for."""

_FLAG_KEYS = {"state", "variants", "defaultVariant", "targeting", "metadata"}
_FILE_KEYS = {"$schema", "flags", "$evaluators", "metadata"}
_KEY: Rule = {"var": "targetingKey"}


@noun
class Imported:
    """The flags of a file that we can serve as flagd would, and what stood in the way of the others."""

    flags: tuple[Flag, ...]
    findings: tuple[LintFinding, ...]


def export(flags: Iterable[Flag]) -> str:
    """The flags as a flagd definition file.

    A program that reads it must spread keys as the flag's `hash` says (docs/flags.md names them); each flag's metadata has it.
    """
    definitions = {flag.key: definition(flag) for flag in sorted(flags, key=lambda f: f.key)}
    return json.dumps({"flags": definitions}, indent=2, ensure_ascii=False) + "\n"


def definition(flag: Flag) -> dict[str, Any]:
    """One flag as flagd knows it. Of a killed flag nothing but the safe variant is left, so that no reader can get it wrong."""
    rule = None if flag.killed else targeting(flag)
    out: dict[str, Any] = {
        "state": "ENABLED",
        "variants": dict(flag.variants),
        "defaultVariant": flag.safe if flag.killed or rule is not None else flag.rest,
        "metadata": {**flag.metadata, HASH: flag.hash},
    }
    return out if rule is None else {**out, "targeting": rule}


def targeting(flag: Flag) -> Rule:
    """The one rule that says all of the flag: overrides, targeting, audience, split. None where there is nothing to say."""
    rule = _split(flag)
    if flag.audience is not None:
        rule = {"if": [flag.audience, flag.rest if flag.split is None else rule, flag.rest]}
    if flag.targeting is not None:
        rest = flag.rest if rule is None else rule
        rule = {"if": [{"===": [flag.targeting, None]}, rest, flag.targeting]}
    named: dict[str, list[str]] = {}
    for key, variant in flag.overrides.items():
        named.setdefault(variant, []).append(key)
    for variant, keys in named.items():
        rule = {"if": [{"in": [_KEY, keys]}, variant, flag.rest if rule is None else rule]}
    return rule


def _split(flag: Flag) -> Rule:
    if flag.split is None:
        return None
    candidate, others = weights(flag.split)
    by = {"cat": [flag.hash_space, _KEY]}
    shares = {"fractional": [by, [flag.split.candidate, candidate], [flag.rest, others]]}
    # Without a key to spread by nobody is of the split: null is the default, the safe variant.
    return {"if": [_KEY, shares, None]}


def read(content: bytes, file: str, default_hash: HashVersion = "flagd-2") -> Imported:
    """The flags of a flagd definition file, as rules that evaluate as flagd does. Never raises.

    `default_hash`: the generation that the file was made for, where a flag's metadata does not name it. Not supported, and
    reported: flags without a default variant, operators beyond flagd's documented ones, flags given as an array.
    """
    document = read_json(content, file)
    flags: list[Flag] = []
    found: list[Mistake] = []
    if not document.broken:
        data = document.data if isinstance(document.data, dict) else {}
        definitions = data.get("flags")
        if not isinstance(definitions, dict):
            found.append(Mistake(("flags",), "a flagd file has an object 'flags'", at="key"))
            definitions = {}
        found += [_ignored((key,), key) for key in data if key not in _FILE_KEYS]
        shared = data.get("$evaluators")
        for key, value in definitions.items():
            flag, wrong = _flag(key, value, shared if isinstance(shared, dict) else {}, default_hash)
            found += [mistake.under(("flags", key)) for mistake in wrong]
            if flag is not None and not any(m.severity == "error" for m in wrong):
                flags.append(flag)
    return Imported(tuple(flags), _located(document, found))


def _located(document: Document, found: Iterable[Mistake]) -> tuple[LintFinding, ...]:
    return (*document.findings, *(document.locate(mistake) for mistake in found))


def _ignored(path: Path, key: str) -> Mistake:
    return Mistake(path, f"{key[:80]!r} is not known and is left out", severity="warning", at="key")


def _flag(
    key: str, value: Any, shared: Mapping[str, Any], default_hash: HashVersion
) -> tuple[Flag | None, tuple[Mistake, ...]]:
    if not isinstance(value, dict):
        return None, (Mistake((), "a flag is an object"),)
    wrong = [_ignored((k,), k) for k in value if k not in _FLAG_KEYS]
    variants, default = value.get("variants"), value.get("defaultVariant")
    if value.get("state") not in ("ENABLED", "DISABLED"):
        wrong.append(Mistake(("state",), "the state is ENABLED or DISABLED"))
    if not isinstance(variants, dict):
        return None, (*wrong, Mistake(("variants",), "the variants are an object"))
    if isinstance(default, bool):
        default = "true" if default else "false"
    if not isinstance(default, str):
        hint = "Name the variant that is safe to serve when all else fails."
        return None, (*wrong, Mistake(("defaultVariant",), "a flag without a default variant is not supported", hint))
    rule, unresolved = _resolved(value.get("targeting") or None, shared)
    if rule is not None and not isinstance(rule, dict):
        unresolved = (*unresolved, Mistake((), "the targeting is an object"))
    metadata = value.get("metadata")
    metadata = dict(metadata) if isinstance(metadata, dict) else {}
    said = metadata.pop(HASH, default_hash)
    flag = Flag(
        key=key,
        variants=variants,
        safe=default,
        targeting=rule,
        hash=said if said in HASH_VERSIONS else default_hash,
        killed=value.get("state") == "DISABLED",
        metadata=metadata,
    )
    wrong += [mistake.under(("targeting",)) for mistake in unresolved]
    return flag, (*wrong, *mistakes(flag))


class _TooLarge(Exception):
    """A rule, its shared rules written out, is beyond what is ever walked."""


def _resolved(rule: Any, shared: Mapping[str, Any]) -> tuple[Any, tuple[Mistake, ...]]:
    """The rule with every `{"$ref": name}` replaced by that shared rule, and what could not be."""
    wrong: dict[Mistake, None] = {}
    parts = 0

    def walk(part: Any, path: Path, depth: int, within: tuple[str, ...]) -> Any:
        nonlocal parts
        parts += 1
        if parts > MOST_PARTS or depth > DEEPEST:
            raise _TooLarge

        def under(key: str | int) -> Path:  # what a shared rule holds is reported where the flag names it
            return path if within else (*path, key)

        if isinstance(part, list):
            return [walk(item, under(i), depth + 1, within) for i, item in enumerate(part)]
        if not isinstance(part, dict):
            return part
        if len(part) != 1 or "$ref" not in part:
            return {k: walk(v, under(k), depth + 1, within) for k, v in part.items()}
        name = part["$ref"]
        if isinstance(name, str) and name in shared and name not in within:
            return walk(shared[name], under("$ref"), depth + 1, (*within, name))
        why = "refers to itself" if name in within else "is not among the $evaluators"
        wrong[Mistake(under("$ref"), f"the shared rule {str(name)[:80]!r} {why}")] = None
        return None

    try:
        return walk(rule, (), 0, ()), tuple(wrong)
    except _TooLarge:
        return None, (*wrong, Mistake((), "the rule is too large or too deep", "Split it, or make it shorter."))
