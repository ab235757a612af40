"""The ledger's own Ed25519 key: made on first use, kept in a file that nobody else can read, or brought by a variable."""

from __future__ import annotations

import base64
import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from cleanroom.adapters.artifacts import told
from cleanroom.core.base import Misuse, Outside
from cleanroom.formats.signed_note import MAX_NOTE, VerifierKey, exact_base64, is_key_name

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED_ENV = "CLEANROOM_SIGNING_KEY"
"""The variable that may hold the key: its 32-byte seed (RFC 8032) in base64."""

_KEY = "ledger.key"
_MARK = "PRIVATE+KEY"
_ED25519 = b"\x01"
_RESTORE = "Restore it from a backup, or move it away to begin with a new key, and tell those who verify."


class FileSigner:
    """See ports/signer.py. `folder` is where the last note is remembered."""

    def __init__(self, name: str, key: Ed25519PrivateKey, folder: Path) -> None:
        self.name = name
        self.public = key.public_key().public_bytes_raw()
        self._key = key
        self._folder = folder

    def sign(self, message: bytes) -> bytes:
        """See ports/signer.py."""
        return self._key.sign(message)

    def last(self) -> bytes | None:
        """See ports/signer.py."""
        return _read(self._last)

    def remember(self, note: bytes) -> None:
        """See ports/signer.py."""
        try:
            _written(self._folder, note).replace(self._last)
        except OSError as error:
            raise told(error, self._last) from error

    @property
    def _last(self) -> Path:
        """A key that is changed for another begins without a memory."""
        return self._folder / f"last-{VerifierKey(self.name, self.public).id.hex()}.note"


def open_signer(folder: Path, name: str) -> FileSigner:
    """The key in `folder`, or of the variable CLEANROOM_SIGNING_KEY where that is set; made on first use.

    `name` is the log's name, which a new key takes for good: a file's key keeps the name that it was made with. Raises
    Misuse when others can read the file or it is no key, Outside when the disk refuses.
    """
    ed25519 = _ed25519()
    seed = os.environ.get(SEED_ENV, "").strip()
    if seed:
        raw = exact_base64(seed)
        if raw is None or len(raw) != 32:
            raise Misuse(f"{SEED_ENV} holds no key", "It takes 32 random bytes in base64: openssl rand -base64 32")
        return FileSigner(name, ed25519.Ed25519PrivateKey.from_private_bytes(raw), folder)
    file = folder / _KEY
    kept = _read(file, secret=True)
    if kept is None:
        _make(file, name, ed25519.Ed25519PrivateKey.generate())
        kept = _read(file, secret=True) or b""
    found, raw = _parsed(file, kept)
    signer = FileSigner(found, ed25519.Ed25519PrivateKey.from_private_bytes(raw), folder)
    if _line(signer.name, signer.public, raw) != kept:
        raise Misuse(f"{file} is damaged: its hash is not that of the key", _RESTORE)
    return signer


def verifies(public: bytes, signature: bytes, message: bytes) -> bool:
    """Did the holder of that Ed25519 key (32 bytes) sign this message? Raises Misuse where `cryptography` is absent."""
    ed25519 = _ed25519()
    from cryptography.exceptions import InvalidSignature

    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _ed25519() -> ModuleType:
    """The module, imported when it is first needed: most commands sign nothing."""
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        raise Misuse("signing needs the package cryptography", "pip install 'ai-cleanroom[server]'") from error
    return ed25519


def _make(file: Path, name: str, key: Ed25519PrivateKey) -> None:
    """Write a new key under its name at once; of several processes that do so, the first one's stays."""
    content = _line(name, key.public_key().public_bytes_raw(), key.private_bytes_raw())
    made = None
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = _written(file.parent, content)
        with suppress(FileExistsError):
            os.link(made, file)
        _flush(file.parent)
    except OSError as error:
        raise told(error, file) from error
    finally:
        if made is not None:
            made.unlink(missing_ok=True)


def _written(folder: Path, content: bytes) -> Path:
    """A new file beside its final place, which only its owner can read (mode 0600), on the disk."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".new-", dir=folder)
    with open(handle, "wb") as file:  # noqa: PTH123 - a handle, not a path
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(file: Path, *, secret: bool = False) -> bytes | None:
    """The bytes of a file, not through a link; None when there is none. A secret is refused when others can read it."""
    try:
        handle = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Outside(
            f"{file} cannot be opened: {error.strerror}", "Check its permissions; a link is not followed."
        ) from error
    with open(handle, "rb") as opened:  # noqa: PTH123 - a handle, not a path
        mode = stat.S_IMODE(os.fstat(handle).st_mode)
        if secret and mode & 0o077:
            raise Misuse(
                f"others can read the signing key {file} (mode {mode:04o})", f"chmod 600 {file}; or make a new one."
            )
        return opened.read(MAX_NOTE)


def _line(name: str, public: bytes, seed: bytes) -> bytes:
    """The key as one line, as other tools for signed notes write it: PRIVATE+KEY+NAME+HASH+base64(0x01 || seed)."""
    encoded = base64.b64encode(_ED25519 + seed).decode()
    return f"{_MARK}+{VerifierKey(name, public).label}+{encoded}\n".encode()


def _parsed(file: Path, kept: bytes) -> tuple[str, bytes]:
    """Name and seed of a key file."""
    parts = kept.decode("utf-8", "replace").removesuffix("\n").removeprefix(f"{_MARK}+").split("+", 2)
    raw = exact_base64(parts[2]) if len(parts) == 3 else None
    if raw is None or len(raw) != 33 or raw[:1] != _ED25519 or not is_key_name(parts[0]):
        raise Misuse(f"{file} is no signing key", _RESTORE)
    return parts[0], raw[1:]
