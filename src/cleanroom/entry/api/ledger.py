"""/v1/ledger: what happened, and how anybody can check that it is still what was written."""

from __future__ import annotations

import json
from threading import Lock
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, ConfigDict, Field

from cleanroom.app import audit
from cleanroom.app.checkpoint import checkpoint as sign
from cleanroom.app.checkpoint import key_of
from cleanroom.core.base import Outside, plain
from cleanroom.core.ledger import Fault, LedgerEntry, Tampered
from cleanroom.entry.api.doors import Reading
from cleanroom.entry.api.problems import ALWAYS, problems
from cleanroom.wiring import verifies

router = APIRouter(prefix="/v1/ledger", tags=["ledger"], responses=ALWAYS)

_PAGE, _LONGEST_PAGE = 100, 500
_MOST = 2**53 - 1
_HASH = "sha256:" + "9f86d081884c7d65" * 4
_BODY = '{"fact":{"kind":"admitted"},"index":7,"subject":"people","version":1}'
_NOTE = "cleanroom/shop\n12\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\u2014 cleanroom/shop Az3grlgtzPICa5OS8npV...\n"
_verifying = Lock()

Hash = Annotated[str, Field(pattern="^sha256:[0-9a-f]{64}$", examples=[_HASH])]
Count = Annotated[int, Field(ge=0, le=_MOST)]


class Entry(BaseModel):
    """One line of the ledger. `fact` has a field `kind`, which says what its other fields mean."""

    index: int
    subject: str
    version: int
    fact: dict[str, Any]


class EntryPage(BaseModel):
    """Entries in their order. `next` is what to give as `after` for the ones that follow; null at the end."""

    size: int = Field(description="How many entries the ledger has.")
    entries: list[Entry]
    next: int | None


class Inclusion(BaseModel):
    """Entry `index` is among the first `size` entries, whose Merkle root is `root` (RFC 6962, section 2.1.1)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "index": 7,
                "size": 12,
                "body": _BODY,
                "entry": json.loads(_BODY),
                "leaf": _HASH,
                "root": _HASH,
                "proof": [_HASH],
            }
        }
    )

    index: int
    size: int
    body: str = Field(description="The stored bytes: canonical JSON (RFC 8785), in UTF-8.")
    entry: Entry
    leaf: Hash = Field(description="SHA-256 of a zero byte and the bytes of `body`.")
    root: Hash
    proof: list[Hash] = Field(description="The path from the leaf to the root, lowest sibling first.")


class Consistency(BaseModel):
    """The first `old` of the first `new` entries are unchanged (RFC 6962, section 2.1.2)."""

    old: int
    new: int
    old_root: Hash
    new_root: Hash
    proof: list[Hash]


class VerifierKey(BaseModel):
    """What is needed to check a checkpoint. Get it once, by a way that you trust, and keep it."""

    name: str = Field(examples=["cleanroom/shop"])
    id: str = Field(examples=["033de0ae"])
    key: str = Field(examples=["cleanroom/shop+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"])


class Whole(BaseModel):
    """Every entry is as it was written."""

    outcome: Literal["verified"] = "verified"
    size: int
    root: Hash


class Touched(BaseModel):
    """The first entry that is not as it was written, and how that shows."""

    outcome: Literal["touched"] = "touched"
    index: int
    subject: str
    fault: Fault
    because: str


@router.get("")
def entries(
    room: Reading,
    after: Annotated[int, Query(ge=-1, le=_MOST, description="Only entries with a higher index.")] = -1,
    limit: Annotated[int, Query(ge=1, le=_LONGEST_PAGE)] = _PAGE,
) -> EntryPage:
    """A page of the ledger, oldest first."""
    found = [_entry(e) for e in room.store.entries(after, limit)]
    size = room.store.size()
    more = bool(found) and found[-1].index + 1 < size
    return EntryPage(size=size, entries=found, next=found[-1].index if more else None)


@router.get("/entries/{index}", responses=problems(404))
def entry(
    room: Reading,
    index: Annotated[int, Path(ge=0, le=_MOST)],
    size: Annotated[
        Count | None, Query(description="In the tree of that many entries; all where it is left out.")
    ] = None,
) -> Inclusion:
    """An entry, and the proof that it is in the ledger. The proof was checked before it is sent."""
    found = audit.inclusion(room.store, index, size)
    said = json.loads(found.body)
    return Inclusion.model_validate({**plain(found), "entry": said})


@router.get("/consistency", responses=problems(404))
def consistency(
    room: Reading,
    old: Annotated[Count, Query(description="The size that you know.")],
    new: Annotated[Count | None, Query(description="A later size; that of now where it is left out.")] = None,
) -> Consistency:
    """The proof that the ledger only grew since it had `old` entries."""
    found = audit.consistency(room.store, old, room.store.size() if new is None else new)
    return Consistency.model_validate(plain(found))


@router.get(
    "/checkpoint",
    response_class=PlainTextResponse,
    responses={
        200: {"description": "A signed note (c2sp.org/tlog-checkpoint)", "content": {"text/plain": {"example": _NOTE}}}
    },
)
def checkpoint(room: Reading) -> str:
    """Size and root of the ledger, signed. What was added since the last checkpoint is verified first."""
    return sign(room, verifies, quick=True).note


@router.get("/key")
def key(room: Reading) -> VerifierKey:
    """The key that signs the checkpoints, as one word for those who verify."""
    ours = key_of(room.signer())
    return VerifierKey(name=ours.name, id=ours.id.hex(), key=ours.text)


@router.get("/verify")
def verify(room: Reading) -> Annotated[Whole | Touched, Field(discriminator="outcome")]:
    """Recompute every hash from the stored bytes. One at a time: it reads the whole ledger."""
    if not _verifying.acquire(blocking=False):
        raise Outside("the ledger is being verified already", "Ask again when that is done.")
    try:
        found = audit.verify(room.store)
    finally:
        _verifying.release()
    if isinstance(found, Tampered):
        return Touched(index=found.index, subject=found.subject, fault=found.fault, because=found.because)
    return Whole(size=found.size, root=found.root)


def _entry(found: LedgerEntry) -> Entry:
    return Entry(index=found.index, subject=found.subject, version=found.version, fact=plain(found.fact))
