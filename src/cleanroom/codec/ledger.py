"""A ledger entry as bytes, and bytes as a ledger entry."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from cleanroom.core.base import Misuse, Outside, canonical, noun
from cleanroom.core.facts import Fact
from cleanroom.core.ledger import LedgerEntry


@noun
class _Line:
    """A LedgerEntry, with what pydantic must know to name a wrong fact: that `kind` tells them apart."""

    index: Annotated[int, Field(ge=0)]
    subject: str
    version: Annotated[int, Field(ge=1)]
    fact: Annotated[Fact, Field(discriminator="kind")]


@cache
def _lines() -> TypeAdapter[_Line]:
    """Built on first use: a command that reads no entry does not wait for it."""
    return TypeAdapter(_Line)


def encode(entry: LedgerEntry) -> bytes:
    """The canonical bytes (RFC 8785) of an entry. Raises Misuse when the fact holds what has none, such as NaN."""
    try:
        return canonical(entry)
    except (ValueError, TypeError) as error:
        raise Misuse(
            f"the fact {entry.fact.kind!r} about {entry.subject!r} cannot be written: {error}",
            "correct the value; nothing was written",
        ) from error


def decode(body: bytes, index: int | None = None) -> LedgerEntry:
    """The entry that `encode` wrote. `index` is only for the message.

    Raises Outside for a kind or a field that this release does not know, and for bytes that are no entry.
    """
    try:
        return _decoded(body)
    except ValidationError as error:
        raise _refusal(error, "a ledger entry" if index is None else f"ledger entry {index}") from error


@lru_cache(maxsize=1024)
def _decoded(body: bytes) -> LedgerEntry:
    """Entries never change, so that those of a subject that is looked at again and again are read once."""
    line = _lines().validate_json(body, strict=True)
    return LedgerEntry(line.index, line.subject, line.version, line.fact)


def _refusal(error: ValidationError, name: str) -> Outside:
    first = error.errors(include_url=False, include_context=True)[0]
    where = ".".join(str(part) for part in first["loc"])
    newer = "a newer release may have written it: upgrade, or run `cleanroom ledger verify`"
    match first["type"]:
        case "union_tag_invalid":
            tag = str(first["ctx"]["tag"])[:80]
            return Outside(f"{name} is of kind {tag!r}, which this release does not know", newer)
        case "extra_forbidden" | "unexpected_keyword_argument":
            return Outside(f"{name} has the field {where[:120]!r}, which this release does not know", newer)
        case _:
            said = f"{where}: {first['msg']}" if where else first["msg"]
            return Outside(f"{name} cannot be read: {said[:200]!r}", "run `cleanroom ledger verify`")
