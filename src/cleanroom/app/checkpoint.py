"""What does the ledger say in public? Signed checkpoints: made after verifying, published outside, and held against it later."""

from __future__ import annotations

from cleanroom.app import audit
from cleanroom.app.appending import append_after_last
from cleanroom.app.notify import Delivered, deliver, tell
from cleanroom.app.room import Room
from cleanroom.core.base import Digest, Misuse, noun
from cleanroom.core.facts import CheckpointPublished
from cleanroom.core.ledger import Checkpoint, Tampered, Verified
from cleanroom.formats.signed_note import Note, NoteSignature, VerifierKey, open_note, write_note
from cleanroom.formats.tlog import LogProof, TreeHead, head_text, read_head, write_proof
from cleanroom.ports.signer import Signer, Verifies

SUBJECT = "checkpoints"
"""Where the ledger keeps what was published of it."""


@noun
class Signed:
    """A checkpoint: what it says, whose key signed it (`NAME+hex`), and the note as anybody can check it."""

    size: int
    root: Digest
    key: str
    note: str


@noun
class Proven:
    """An entry with everything that somebody else needs to check it: `text` is a file in the format tlog-proof."""

    entry: audit.Inclusion
    checkpoint: Signed
    text: str


def key_of(signer: Signer) -> VerifierKey:
    """The public half of the ledger's key."""
    return VerifierKey(signer.name, signer.public)


def checkpoint(room: Room, verifies: Verifies, *, quick: bool = False) -> Signed:
    """Verify the ledger, then sign its size and root. Nothing is published.

    It is verified from the first entry on; with `quick` from the last signed checkpoint on. Either way it must begin
    with what was signed last, since no key may ever sign two histories. Raises Refused when it does not verify.
    """
    signer = room.signer()
    last = _last(signer, verifies)
    found = audit.verify_since(room.store, last) if quick and last else audit.verify(room.store, last)
    if isinstance(found, Tampered):
        raise audit.refused(found)
    return _signed(signer, found, last)


def published(room: Room, made: Signed, to: str) -> None:
    """Write into the ledger that a checkpoint went out."""
    fact = CheckpointPublished(made.size, made.root, made.key, to, room.clock.now())
    append_after_last(room.store, SUBJECT, fact)


def publish_to_channel(room: Room, made: Signed, channel: str) -> Delivered:
    """Post it to a channel through the outbox, write that into the ledger, and try to deliver it at once."""
    tell(room, f"checkpoint/{made.size}/{made.root}", channel, f"Checkpoint of {made.size} entries", made.note)
    published(room, made, f"channel {channel}")
    return deliver(room)


def prove(room: Room, verifies: Verifies, index: int, *, quick: bool = False) -> Proven:
    """An entry, its way to the root, and a checkpoint signed for it, each checked before it is handed out."""
    made = checkpoint(room, verifies, quick=quick)
    entry = audit.inclusion(room.store, index, made.size)
    if entry.root != made.root:
        raise audit.refused(Tampered(index, "", "root", "its proof leads to another root than that of the entries"))
    text = write_proof(LogProof(index, entry.body.encode(), entry.proof, made.note.encode())).decode()
    return Proven(entry, made, text)


def opened(content: bytes, key: VerifierKey, verifies: Verifies) -> Checkpoint:
    """What a published checkpoint says. Raises Misuse when it is none, Refused unless `key` signed it for its own log."""
    head = read_head(open_note(content, key, verifies))
    if head.origin != key.name:
        raise Misuse(
            f"this checkpoint is of the log {head.origin!r:.120}, not of {key.name}", "Check the file and --key."
        )
    return Checkpoint(head.size, head.root)


def _last(signer: Signer, verifies: Verifies) -> Checkpoint | None:
    """What the key signed last; a note that it did not sign is not believed, and refused."""
    kept = signer.last()
    return None if kept is None else opened(kept, key_of(signer), verifies)


def _signed(signer: Signer, found: Verified, last: Checkpoint | None) -> Signed:
    key = key_of(signer)
    text = head_text(TreeHead(key.name, found.size, found.root))
    note = write_note(Note(text, (NoteSignature(key.name, key.id, signer.sign(text.encode())),)))
    if last is None or last.size < found.size:
        signer.remember(note)
    return Signed(found.size, found.root, key.label, note.decode())
