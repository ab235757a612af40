"""Signed notes (c2sp.org/signed-note): text with signature lines, and the keys that they name. Text <-> nouns, no cryptography.

    text, which ends in a line break
    (an empty line)
    — NAME base64(key id || signature)        one or more of these, each with a line break

The key id is the first 4 bytes of SHA-256(NAME || 0x0A || 0x01 || public key), where 0x01 says Ed25519. A verifier key
is written NAME+hex(key id)+base64(0x01 || public key).
"""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256

from cleanroom.core.base import Misuse, Refused, noun
from cleanroom.ports.signer import Verifies

MAX_NOTE = 256 * 1024
"""Bytes in a note, at most."""

MAX_SIGNATURES = 100
_ED25519 = b"\x01"
_DASH = "\u2014 "
_HINT = "Give the note as it was published, byte for byte."


@noun
class VerifierKey:
    """The public half of an Ed25519 key (32 bytes) and who it belongs to."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """The 4 bytes that signature lines carry."""
        return key_id(self.name, self.public)

    @property
    def label(self) -> str:
        """The name of the key in messages and in the ledger: NAME+hex(key id)."""
        return f"{self.name}+{self.id.hex()}"

    @property
    def text(self) -> str:
        """The key as one word, to be handed to whoever verifies."""
        return f"{self.label}+{base64.b64encode(_ED25519 + self.public).decode()}"


@noun
class NoteSignature:
    """A signature line. `key` is the 4-byte key id."""

    name: str
    key: bytes
    signature: bytes


@noun
class Note:
    """A text, which ends in a line break, and who says to have signed it: believed by nobody yet."""

    text: str
    signatures: tuple[NoteSignature, ...]


def key_id(name: str, public: bytes) -> bytes:
    """The 4 bytes that name an Ed25519 key."""
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def is_key_name(name: str) -> bool:
    """Can `name` stand in a signature line: not empty, no space of any kind, no plus, no control character?"""
    return bool(name) and not any(c.isspace() or c == "+" or c < " " or "\ud800" <= c <= "\udfff" for c in name)


def read_verifier_key(text: str) -> VerifierKey:
    """The key that `VerifierKey.text` wrote. Raises Misuse."""
    name, mark, rest = text.strip().partition("+")
    hashed, other, encoded = rest.partition("+")
    raw = exact_base64(encoded)
    if not mark or not other or not is_key_name(name) or raw is None:
        raise _no_key("it is not NAME+HASH+KEY")
    if raw[:1] != _ED25519 or len(raw) != 33:
        raise _no_key("it is no Ed25519 key")
    key = VerifierKey(name, raw[1:])
    if key.id.hex() != hashed:
        raise _no_key("its hash is not that of the key: it was cut or mistyped")
    return key


def _no_key(because: str) -> Misuse:
    return Misuse(f"this is no verifier key: {because}", "`cleanroom ledger key` prints it; copy the whole line.")


def read_note(content: bytes) -> Note:
    """The text and the signature lines of a note. Raises Misuse when it is malformed; nothing is verified."""
    if len(content) > MAX_NOTE:
        raise _no_note(f"it has more than {MAX_NOTE} bytes")
    try:
        whole = content.decode()
    except UnicodeDecodeError as error:
        raise _no_note("it is not UTF-8") from error
    if any(c < " " and c != "\n" for c in whole):
        raise _no_note("it has control characters")
    text, gap, lines = whole.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise _no_note("no signature lines follow its text")
    signatures = lines[:-1].split("\n")
    if len(signatures) > MAX_SIGNATURES:
        raise _no_note(f"it has more than {MAX_SIGNATURES} signatures")
    return Note(text + "\n", tuple(_signature(line) for line in signatures))


def _signature(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    raw = exact_base64(encoded)
    if not line.startswith(_DASH) or not space or not is_key_name(name) or raw is None or len(raw) < 5:
        raise _no_note("one of its last lines is no signature")
    return NoteSignature(name, raw[:4], raw[4:])


def _no_note(because: str) -> Misuse:
    return Misuse(f"this is no signed note: {because}", _HINT)


def write_note(note: Note) -> bytes:
    """The bytes of a note. Raises ValueError for one that `read_note` would refuse."""
    lines = (f"{_DASH}{s.name} {base64.b64encode(s.key + s.signature).decode()}\n" for s in note.signatures)
    content = f"{note.text}\n{''.join(lines)}".encode()
    try:
        same = read_note(content) == note
    except Misuse as error:
        raise ValueError(error.message) from error
    if not same:
        raise ValueError("the text of a note ends in one line break")
    return content


def open_note(content: bytes, key: VerifierKey, verifies: Verifies) -> str:
    """The text of a note that `key` signed; signatures of others are ignored.

    Raises Misuse when it is malformed, Refused when `key` did not sign it, or more than once.
    """
    note = read_note(content)
    ours = [s for s in note.signatures if (s.name, s.key) == (key.name, key.id)]
    if not ours:
        names = ", ".join(sorted({f"{s.name}+{s.key.hex()}" for s in note.signatures})[:3])
        raise Refused(
            f"the note is not signed by {key.label} but by {names:.200}", "Check which key you expect: --key."
        )
    if len(ours) > 1:
        raise Refused(f"the note has several signatures of {key.label}", _HINT)
    if not verifies(key.public, ours[0].signature, note.text.encode()):
        raise Refused(f"the signature of {key.label} does not fit: the note was changed", "Do not believe it.")
    return note.text


def exact_base64(text: str) -> bytes | None:
    """The bytes of standard base64 with padding; None for anything else that a lenient reader would take."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None
