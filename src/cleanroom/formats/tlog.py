"""What a log signs (c2sp.org/tlog-checkpoint), and a proof of one entry in one file (c2sp.org/tlog-proof). Text <-> nouns.

checkpoint: ORIGIN          proof: c2sp.org/tlog-proof@v1
            SIZE                   extra base64(the entry's stored bytes)
            base64(ROOT)           index INDEX
                                   base64(HASH)     one a line, the leaf's sibling first
                                   (an empty line)
                                   the signed checkpoint
"""

from __future__ import annotations

import base64
import re
import unicodedata

from cleanroom.core.base import Digest, Misuse, noun
from cleanroom.formats.signed_note import exact_base64, is_key_name

_PROOF = "c2sp.org/tlog-proof@v1"
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")
_LONGEST = 100
_HINT = "Give the checkpoint as it was published, byte for byte."


@noun
class TreeHead:
    """A log's state: whose log (`origin`), how many entries, and their Merkle root (RFC 6962)."""

    origin: str
    size: int
    root: Digest


@noun
class LogProof:
    """An entry with its way to the root of a signed checkpoint (`note`), both as published."""

    index: int
    body: bytes
    path: tuple[Digest, ...]
    note: bytes


def origin(project: str) -> str:
    """The name of a project's log and of its key: cleanroom/PROJECT, in characters that a signature line takes."""
    plain = unicodedata.normalize("NFC", project)[:_LONGEST]
    safe = "".join(c if c.isalnum() or c in "._~-" else "-" for c in plain)
    name = f"cleanroom/{safe or '-'}"
    return name if is_key_name(name) else "cleanroom/-"


def head_text(head: TreeHead) -> str:
    """The text that is signed."""
    return f"{head.origin}\n{head.size}\n{_encoded(head.root)}\n"


def read_head(text: str) -> TreeHead:
    """The tree head of a checkpoint's text; extension lines are passed over. Raises Misuse."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):
        raise _no_head("it needs three lines: origin, size and root")
    if not _NUMBER.fullmatch(lines[1]):
        raise _no_head("its second line is no size")
    return TreeHead(lines[0], int(lines[1]), _root(lines[2]))


def write_proof(proof: LogProof) -> bytes:
    """The proof as one file, to be kept as NAME.tlog-proof."""
    extra = base64.b64encode(proof.body).decode()
    lines = [_PROOF, f"extra {extra}", f"index {proof.index}", *map(_encoded, proof.path), "", ""]
    return "\n".join(lines).encode() + proof.note


def read_proof(content: bytes) -> LogProof:
    """What `write_proof` wrote. Raises Misuse; nothing is verified."""
    head, gap, note = content.partition(b"\n\n")
    lines = head.decode("utf-8", "replace").split("\n")
    fits = gap and len(lines) >= 3 and lines[0] == _PROOF and lines[1].startswith("extra ")
    if not fits or not lines[2].startswith("index "):
        raise Misuse("this is no proof of a ledger entry", "`cleanroom ledger proof INDEX` writes one.")
    body = exact_base64(lines[1].removeprefix("extra "))
    index = lines[2].removeprefix("index ")
    if body is None or not _NUMBER.fullmatch(index):
        raise Misuse("this proof is damaged: its entry or its index cannot be read", "Get it again.")
    return LogProof(int(index), body, tuple(_root(line) for line in lines[3:]), note)


def _root(line: str) -> Digest:
    raw = exact_base64(line)
    if raw is None or len(raw) != 32:
        raise _no_head("a hash in it is not 32 bytes in base64")
    return Digest("sha256:" + raw.hex())


def _encoded(digest: Digest | str) -> str:
    return base64.b64encode(bytes.fromhex(digest.removeprefix("sha256:"))).decode()


def _no_head(because: str) -> Misuse:
    return Misuse(f"this is no checkpoint: {because}", _HINT)
