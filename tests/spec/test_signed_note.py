"""Are our notes and keys those of everybody else? Published vectors, a second implementation, and every mangling refused."""

from __future__ import annotations

import base64
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.second_opinion import ed25519, signed_text

from cleanroom.adapters.signer import FileSigner, open_signer, verifies
from cleanroom.core.base import CleanroomError, Digest, Misuse, Outside, Refused
from cleanroom.formats.signed_note import (
    MAX_NOTE,
    Note,
    NoteSignature,
    VerifierKey,
    is_key_name,
    open_note,
    read_note,
    read_verifier_key,
    write_note,
)
from cleanroom.formats.tlog import LogProof, TreeHead, head_text, origin, read_head, read_proof, write_proof

# The example of the reference implementation (golang.org/x/mod/sumdb/note), and two real checkpoints of sum.golang.org.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
BY_PETER = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
BY_ENOCH = (
    "\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
SUMDB = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
SUMDB_HEADS = [
    (
        "go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n\u2014 sum.golang.org "
        "Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=\n",
        6476701,
    ),
    (
        "go.sum database tree\n65209736\n5+uGFjx6xBZG8ip1+wi77v+grwbhhukIrxEUS8PXvRo=\n\n\u2014 sum.golang.org "
        "Az3grnbssgK7ubgFX36gVETtNv0U23qxyAhAMai2QUfeGa3nB/akvkMdlUErfcZz7l/R3cVtYspg3dxXABkGZZKdsQ8=\n",
        65209736,
    ),
]


def note(*signatures: str) -> bytes:
    return (TEXT + "\n" + "".join(signatures)).encode()


def told(error: CleanroomError) -> str:
    assert "\n" not in error.message
    return error.message


@pytest.fixture
def peter(tmp_path: Path) -> FileSigner:
    (tmp_path / "keys").mkdir()
    file = tmp_path / "keys" / "ledger.key"
    file.write_text(PETER_SECRET + "\n")
    file.chmod(0o600)
    return open_signer(tmp_path / "keys", "ignored")


def test_the_published_key_gives_the_published_signature_byte_for_byte(peter: FileSigner) -> None:
    key = VerifierKey(peter.name, peter.public)
    assert key.text == PETER
    assert read_verifier_key(PETER) == key
    made = write_note(Note(TEXT, (NoteSignature(key.name, key.id, peter.sign(TEXT.encode())),)))
    assert made == note(BY_PETER)


@pytest.mark.parametrize(("head", "size"), SUMDB_HEADS)
def test_real_checkpoints_of_a_public_log_open_and_change_by_one_byte_they_do_not(head: str, size: int) -> None:
    key = read_verifier_key(SUMDB)
    text = open_note(head.encode(), key, verifies)
    found = read_head(text)
    assert (found.origin, found.size) == ("go.sum database tree", size)
    assert head_text(found) == text
    assert signed_text(head.encode(), SUMDB) == text
    with pytest.raises(Refused, match="does not fit"):
        open_note(head.replace(str(size), str(size + 1)).encode(), key, verifies)


def test_signatures_of_others_are_ignored_and_ours_must_fit() -> None:
    peter, enoch = read_verifier_key(PETER), read_verifier_key(ENOCH)
    for key in (peter, enoch):
        assert open_note(note(BY_PETER, BY_ENOCH), key, verifies) == TEXT
    stranger = BY_PETER.replace("PeterNeumann", "PeterNeuman")  # the id of a known key under another name
    assert open_note(note(stranger, stranger, BY_PETER), peter, verifies) == TEXT
    with pytest.raises(Refused, match="not signed by EnochRoot"):
        open_note(note(BY_PETER), enoch, verifies)
    with pytest.raises(Refused, match="several signatures"):
        open_note(note(BY_PETER, BY_PETER), peter, verifies)
    longer = BY_PETER.replace("kuBS", "kuBSABCD")
    with pytest.raises(Refused, match="does not fit"):
        open_note(note(longer), peter, verifies)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        TEXT.encode(),
        TEXT.encode() + b"\n",
        note(BY_PETER)[:-1],
        b"\x01" + note(BY_PETER),
        b"\xff" + note(BY_PETER),
        note(BY_PETER.replace("\n", "\r\n")),
        note(BY_PETER.replace("PeterNeumann", "Bad Name")),
        note(BY_PETER.replace("PeterNeumann", "Bad\u2003Name")),
        note(BY_PETER.replace("PeterNeumann", "a+b")),
        note(BY_PETER.replace("\u2014 ", "- ")),
        note(BY_PETER, "Unexpected line.\n"),
        note(BY_PETER, "\n"),
        note(BY_PETER.replace("AM=\n", "AN=\n")),  # bits behind the end of the signature
        note("\u2014 PeterNeumann x08gow==\n"),  # an id, and no signature
        note(*[BY_PETER] * 101),
        b"x" * MAX_NOTE + note(BY_PETER),
    ],
)
def test_what_is_no_note_is_called_so(content: bytes) -> None:
    with pytest.raises(Misuse, match="no signed note") as caught:
        open_note(content, read_verifier_key(PETER), verifies)
    assert told(caught.value)


def test_every_part_and_every_mangling_of_a_verifier_key_is_refused() -> None:
    pieces = {PETER[i:j] for i in range(len(PETER)) for j in range(i + 1, len(PETER) + 1)} - {PETER}
    mangled = {PETER[:i] + chr(ord(c) + 1) + PETER[i + 1 :] for i, c in enumerate(PETER)}
    others = {
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",  # too long, with its own hash
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",  # another kind of key
    }
    for text in pieces | mangled | others:
        with pytest.raises(Misuse, match="no verifier key"):
            read_verifier_key(text)


names = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=20).filter(is_key_name)
texts = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20), min_size=1, max_size=6)


@given(names, texts, st.lists(st.tuples(names, st.binary(min_size=5, max_size=80)), min_size=1, max_size=20))
def test_a_note_survives_its_bytes(name: str, lines: list[str], signatures: list[tuple[str, bytes]]) -> None:
    made = Note("\n".join(lines) + "\n", tuple(NoteSignature(n, raw[:4], raw[4:]) for n, raw in signatures))
    assert read_note(write_note(made)) == made
    key = VerifierKey(name, bytes(range(32)))
    assert read_verifier_key(key.text) == key


@given(st.binary(max_size=200))
def test_any_bytes_are_a_note_or_are_refused(content: bytes) -> None:
    try:
        read = read_note(content)
    except Misuse:
        return
    assert write_note(read) == content


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=60), st.integers(0, 63), st.integers(0, 255))
def test_two_implementations_agree_on_signatures(seed: bytes, message: bytes, at: int, byte: int) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(seed)
    public, right = key.public_key().public_bytes_raw(), key.sign(message)
    tried = right[:at] + bytes([byte]) + right[at + 1 :]
    assert verifies(public, tried, message) == ed25519(public, tried, message) == (tried == right)


def test_a_note_whose_text_has_no_end_is_never_written() -> None:
    signature = NoteSignature("a", b"1234", b"5")
    for text in ("", "no line break", "a\tb\n"):
        with pytest.raises(ValueError, match="no signed note"):
            write_note(Note(text, (signature,)))
    with pytest.raises(ValueError, match="no signature lines"):
        write_note(Note(TEXT, ()))


# Checkpoints and proofs.

ROOT = Digest("sha256:" + "ab" * 32)


@pytest.mark.parametrize(
    "text",
    [
        "origin\n12\n",
        "origin\n12\nAAAA\n",
        "\n12\n" + "A" * 43 + "=\n",
        "origin\n012\n" + "A" * 43 + "=\n",
        "origin\n-1\n" + "A" * 43 + "=\n",
        "origin\n\u0661\n" + "A" * 43 + "=\n",
        "origin\n99999999999999999999\n" + "A" * 43 + "=\n",
        "origin\n12\n" + "A" * 43 + "=",
        "origin\n12\n" + "A" * 43 + "=\n\nextension\n",
        "origin\n12\n" + "A" * 42 + "B=\n",
    ],
)
def test_what_is_no_checkpoint_is_called_so(text: str) -> None:
    with pytest.raises(Misuse, match="no checkpoint"):
        read_head(text)


@given(st.text(max_size=120))
def test_any_project_has_a_log_whose_name_can_stand_in_a_note(project: str) -> None:
    name = origin(project)
    assert is_key_name(name)
    assert read_head(head_text(TreeHead(name, 7, ROOT))) == TreeHead(name, 7, ROOT)


def test_the_name_of_a_log_is_that_of_its_project() -> None:
    assert origin("shop") == "cleanroom/shop"
    assert origin("My shop + caf\u00e9") == "cleanroom/My-shop---caf\u00e9"
    assert origin("") == "cleanroom/-"


def test_extension_lines_are_passed_over() -> None:
    text = head_text(TreeHead("cleanroom/shop", 0, ROOT))
    assert read_head(text + "more\nand more\n") == TreeHead("cleanroom/shop", 0, ROOT)


@given(st.integers(0, 10**18), st.binary(max_size=90), st.lists(st.binary(min_size=32, max_size=32), max_size=5))
def test_a_proof_survives_its_bytes(index: int, body: bytes, path: list[bytes]) -> None:
    made = LogProof(index, body, tuple(Digest("sha256:" + raw.hex()) for raw in path), note(BY_PETER))
    assert read_proof(write_proof(made)) == made


@pytest.mark.parametrize("cut", [b"", b"c2sp.org/tlog-proof@v1\n\n", b"c2sp.org/tlog-proof@v1\nindex 0\n\nx"])
def test_what_is_no_proof_is_called_so(cut: bytes) -> None:
    with pytest.raises(Misuse, match="proof"):
        read_proof(cut)
    with pytest.raises(Misuse, match="damaged"):
        read_proof(b"c2sp.org/tlog-proof@v1\nextra =\nindex 0\n\nx")


# The key's file.


def test_a_key_is_made_once_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "keys"
    first = open_signer(folder, "cleanroom/shop")
    file = folder / "ledger.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    again = open_signer(folder, "cleanroom/renamed")
    assert (again.name, again.public) == (first.name, first.public) == ("cleanroom/shop", first.public)
    assert [f.name for f in folder.iterdir()] == ["ledger.key"], "no half-made file stays"
    assert verifies(first.public, first.sign(b"x"), b"x")
    assert first.public.hex() not in repr(first)


def test_of_many_that_make_the_key_at_once_all_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: open_signer(tmp_path / "keys", "cleanroom/shop").public, range(16)))
    assert len(set(made)) == 1


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    open_signer(tmp_path, "cleanroom/shop")
    for mode in (0o640, 0o604, 0o660):
        (tmp_path / "ledger.key").chmod(mode)
        with pytest.raises(Misuse, match="others can read") as caught:
            open_signer(tmp_path, "cleanroom/shop")
        assert "chmod 600" in caught.value.hint
    (tmp_path / "ledger.key").chmod(0o600)
    assert open_signer(tmp_path, "cleanroom/shop")


@pytest.mark.parametrize("content", ["", "nothing", PETER_SECRET.replace("Peter", "Petra"), PETER_SECRET[:-4], PETER])
def test_a_damaged_key_is_refused_and_not_shown(tmp_path: Path, content: str) -> None:
    (tmp_path / "ledger.key").write_text(content + "\n")
    (tmp_path / "ledger.key").chmod(0o600)
    with pytest.raises(Misuse, match=r"no signing key|damaged") as caught:
        open_signer(tmp_path, "cleanroom/shop")
    assert "AYEK" not in caught.value.message + caught.value.hint


def test_a_link_is_not_followed_to_a_key(tmp_path: Path) -> None:
    open_signer(tmp_path / "a", "x")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "ledger.key").symlink_to(tmp_path / "a" / "ledger.key")
    with pytest.raises(Outside, match="cannot be opened"):
        open_signer(tmp_path / "b", "x")


def test_a_key_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = base64.b64decode(PETER_SECRET.split("+", 4)[4])[1:]
    monkeypatch.setenv("CLEANROOM_SIGNING_KEY", base64.b64encode(seed).decode())
    key = open_signer(tmp_path / "keys", "PeterNeumann")
    assert VerifierKey(key.name, key.public).text == PETER
    assert not (tmp_path / "keys").exists(), "nothing is written for it"
    for wrong in ("short", base64.b64encode(seed[1:]).decode()):
        monkeypatch.setenv("CLEANROOM_SIGNING_KEY", wrong)
        with pytest.raises(Misuse, match="holds no key") as caught:
            open_signer(tmp_path, "x")
        assert wrong not in caught.value.message + caught.value.hint


def test_what_was_signed_last_is_remembered_for_each_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = open_signer(tmp_path, "cleanroom/shop")
    assert ours.last() is None
    ours.remember(b"one")
    ours.remember(b"two")
    assert open_signer(tmp_path, "cleanroom/shop").last() == b"two"
    monkeypatch.setenv("CLEANROOM_SIGNING_KEY", base64.b64encode(b"k" * 32).decode())
    assert open_signer(tmp_path, "cleanroom/shop").last() is None


def test_without_the_package_a_person_is_told_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric", None)
    with pytest.raises(Misuse, match="cryptography") as caught:
        open_signer(tmp_path, "x")
    assert caught.value.hint == "pip install 'ai-cleanroom[server]'"
