"""What a line of the tamper-evident log is, where a new line belongs, and which stored line is not as it was written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Literal, TypeGuard

from cleanroom.core.base import CleanroomError, Digest, Misuse, Refused, is_valid, noun
from cleanroom.core.facts import Fact, Proposed, Ran
from cleanroom.core.merkle import Frontier, grown, leaf_hash, root

MAX_SUBJECT = 500
"""Characters in a subject, at most: it is an index key in every database."""


_DECODER = json.JSONDecoder()


def can_be_kept(subject: str) -> bool:
    """Is `subject` text that every database takes as a key: not empty, not too long, with a UTF-8 form, no NUL?"""
    return 0 < len(subject) <= MAX_SUBJECT and is_valid(subject)


@noun
class LedgerEntry:
    """One line: `index` is global and gapless from 0, `version` counts within `subject` from 1."""

    index: int
    subject: str
    version: int
    fact: Fact


@noun
class Write:
    """A wish to append `fact` to `subject`, which the writer saw at `after_version` (0: not there yet).

    Raises Misuse for a subject that no database could keep.
    """

    subject: str
    after_version: int
    fact: Fact

    def __post_init__(self) -> None:
        if not can_be_kept(self.subject):
            shown = ascii(self.subject[:60])
            raise Misuse(
                f"the ledger cannot keep the subject {shown}", f"use 1 to {MAX_SUBJECT} characters of valid text"
            )


@noun
class StoredLine:
    """A line as it lies in the store, believed by nobody yet.

    `body`: the canonical bytes of the LedgerEntry, which is all that is hashed; `index`, `subject`, `version`
    and `kind` repeat what it says. `leaf`: its leaf hash. `peak`: the hash of the largest complete subtree
    that ends in this line. `root`: the Merkle root of all lines up to and including this one. 32 raw bytes each.
    """

    index: int
    subject: str
    version: int
    kind: str
    body: bytes
    leaf: bytes
    peak: bytes
    root: bytes


@noun
class Checkpoint:
    """What somebody remembers of the ledger: how many lines it had, and their Merkle root."""

    size: int
    root: Digest


@noun
class Verified:
    """Every line is as it was written."""

    size: int
    root: Digest


Fault = Literal["missing", "order", "bytes", "leaf", "rewritten", "columns", "version", "peak", "root", "checkpoint"]


@noun
class Tampered:
    """The first line that is not as it was written, and how that shows. `subject` as its column has it."""

    index: int
    subject: str
    fault: Fault
    because: str


class Conflict(CleanroomError):
    """Somebody else wrote to the subject first (exit 4). `first` is their line, where there is one."""

    code = 4

    def __init__(self, write: Write, at: int, first: LedgerEntry | None) -> None:
        self.subject = write.subject
        self.first = first
        if first is None:
            message = f"{write.subject!r} is at version {at}, not {write.after_version}: nothing was written"
        else:
            message = (
                f"{write.subject!r} has changed meanwhile: {_who(first)} wrote its version {first.version} "
                f"first (entry {first.index}, {first.fact.kind}, {first.fact.at}); nothing was written"
            )
        super().__init__(message, "look at what has changed, then run the command again")


def _who(entry: LedgerEntry) -> str:
    match entry.fact:
        case Proposed(author=name) | Ran(operator=name) if name:
            return repr(name)
        case _:
            return "somebody else"


def placed(
    writes: Sequence[Write],
    size: int,
    versions: Mapping[str, int],
    taken: Callable[[str, int], LedgerEntry | None],
) -> tuple[LedgerEntry, ...]:
    """The entries that `writes` become in a ledger of `size` lines, all or none: the compare-and-swap.

    `versions` holds the latest version of each subject that is there; `taken(subject, version)` finds who was
    first. Raises Conflict when a subject is not where its writer saw it.
    """
    now = dict(versions)
    entries: list[LedgerEntry] = []
    for write in writes:
        at = now.get(write.subject, 0)
        if at != write.after_version:
            first = taken(write.subject, write.after_version + 1) if 0 <= write.after_version < at else None
            raise Conflict(write, at, first)
        now[write.subject] = at + 1
        entries.append(LedgerEntry(size + len(entries), write.subject, at + 1, write.fact))
    return tuple(entries)


def sealed(entry: LedgerEntry, body: bytes, before: Frontier) -> tuple[StoredLine, Frontier]:
    """The line that `entry`, with its canonical bytes `body`, adds to the tree `before`; and the tree then."""
    leaf = leaf_hash(body)
    tree = grown(before, leaf)
    line = StoredLine(
        entry.index, entry.subject, entry.version, entry.fact.kind, body, leaf, tree.peaks[-1], root(tree)
    )
    return line, tree


def resealed(
    bodies: Sequence[bytes], before: Frontier, versions: Callable[[Sequence[str]], Mapping[str, int]]
) -> tuple[tuple[StoredLine, ...], Frontier]:
    """The lines that `bodies`, written by another ledger, are in this one: byte for byte, with every hash taken anew.

    `versions` finds the latest version of each of the subjects that is there. Raises Refused, naming the entry,
    when one of them does not follow what stands before it.
    """
    said = [_said(body) for body in bodies]
    now = dict(versions([s[1] for s in said if s is not None and _is_key(s[1])]))
    lines: list[StoredLine] = []
    tree = before
    for body, parts in zip(bodies, said, strict=True):
        line = None if parts is None else _follows(body, parts, tree, now)
        if line is None:
            raise Refused(
                f"the bytes do not follow as entry {tree.size}: nothing of them was added",
                "run `cleanroom ledger verify` where they came from",
            )
        tree = grown(tree, line.leaf)
        now[line.subject] = line.version
        lines.append(replace(line, peak=tree.peaks[-1], root=root(tree)))
    return tuple(lines), tree


def _follows(
    body: bytes, said: tuple[object, object, object, object], tree: Frontier, latest: Mapping[str, int]
) -> StoredLine | None:
    """The line of these bytes, still without the hashes of the tree; None when they do not follow it."""
    index, subject, version, kind = said
    if not _is_key(subject) or not _is_key(kind):
        return None
    if (type(index), type(version)) != (int, int) or (index, version) != (tree.size, latest.get(subject, 0) + 1):
        return None  # true is 1 in Python, and no number in a database
    return StoredLine(tree.size, subject, latest.get(subject, 0) + 1, kind, body, leaf_hash(body), b"", b"")


def _is_key(said: object) -> TypeGuard[str]:
    return isinstance(said, str) and can_be_kept(said)


NOTHING = Frontier()
"""The tree before the first line."""


def judge(
    lines: Iterable[StoredLine], expected: Checkpoint | None = None, start: Frontier = NOTHING
) -> Verified | Tampered:
    """Is every line as it was written? Recomputes everything from the stored bytes, in one pass.

    `lines`: all of the ledger after the tree `start`, which is believed, in the order of the store. Any single edit,
    deletion or move of lines is found at or before the line it touched. Lines cut off the end, and a ledger
    rewritten from some line on with all its hashes, agree with themselves: only `expected`, remembered elsewhere,
    shows them.
    """
    tree = start
    versions: dict[str, int] = {}
    if (odd := _departure(tree, expected)) is not None:
        return odd
    for line in lines:
        leaf = leaf_hash(line.body)
        before, tree = tree, grown(tree, leaf)
        latest = versions.get(line.subject, line.version - 1 if start.size and _counts(line.version) else 0)
        fault = _fault(line, leaf, before, tree, latest)
        if fault is not None:
            return Tampered(before.size, str(line.subject)[:MAX_SUBJECT], *fault)
        if (odd := _departure(tree, expected)) is not None:
            return odd
        versions[line.subject] = line.version
    if expected is not None and tree.size < expected.size:
        said = f"{_lines(tree.size, expected.size)} missing: the checkpoint counts {expected.size}"
        return Tampered(tree.size, "", "missing", said)
    return Verified(tree.size, _named(root(tree)))


def _counts(version: object) -> bool:
    """Could it be a later version, whose predecessors lie before the lines that are looked at?"""
    return isinstance(version, int) and version >= 1


def _departure(tree: Frontier, expected: Checkpoint | None) -> Tampered | None:
    """The ledger agrees with itself so far; does it with what somebody remembers?"""
    if expected is None or tree.size != expected.size or _named(root(tree)) == expected.root:
        return None
    because = (
        f"the first {tree.size} entries agree with each other, but not with the checkpoint: "
        "one or more of them were rewritten together with all hashes that follow"
    )
    return Tampered(max(tree.size - 1, 0), "", "checkpoint", because)


def _fault(line: StoredLine, leaf: bytes, before: Frontier, after: Frontier, latest: int) -> tuple[Fault, str] | None:
    """How `line` is not what follows `before`; None when it is. Ordered so that the cause comes before its effects."""
    if line.index != before.size:
        return _misplaced(line.index, before.size)
    if line.leaf != leaf:
        return _torn(line, before, after)
    said = _said(line.body)
    if said is None:
        return "rewritten", "its bytes are no ledger entry: they were rewritten together with their leaf"
    if said != (line.index, line.subject, line.version, line.kind):
        return _disagreement(line, said)
    if line.version != latest + 1:
        return "version", f"version {line.version} of {line.subject!r:.120} follows version {latest}"
    peak_fits, root_fits = line.peak == after.peaks[-1], line.root == root(after)
    if peak_fits and root_fits:
        return None
    if peak_fits:
        return "root", "its root was edited: it is not the root of the entries up to here"
    if root_fits:
        return "peak", "its subtree hash (peak) was edited: it is not that of the entries up to here"
    return "rewritten", "its bytes were rewritten together with their leaf: neither subtree nor root follows"


def _misplaced(found: object, index: int) -> tuple[Fault, str]:
    if isinstance(found, int) and found > index:
        return "missing", f"{_lines(index, found)} missing: entry {found} follows"
    return "order", f"entry {found!r:.120} stands where entry {index} belongs"


def _torn(line: StoredLine, before: Frontier, after: Frontier) -> tuple[Fault, str]:
    """Bytes and leaf do not match; the root tells which of them it was built on."""
    if line.root == root(after):
        return "leaf", "its leaf hash was edited: its bytes still give its root"
    if line.root == root(grown(before, line.leaf)):
        return "bytes", "its bytes were edited: they no longer have the hash that was taken when it was written"
    return "bytes", "its bytes do not have its leaf hash, and neither of them gives its root"


def _said(body: bytes) -> tuple[object, object, object, object] | None:
    """Index, subject, version and kind as the bytes say; of any kind, also those of a later release."""
    try:
        text = body.decode()
        said, end = _DECODER.raw_decode(text)
        if end != len(text):
            return None
        return said["index"], said["subject"], said["version"], said["fact"]["kind"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def _disagreement(line: StoredLine, said: tuple[object, object, object, object]) -> tuple[Fault, str]:
    if said[0] != line.index:
        return "order", f"its bytes are those of entry {said[0]!r:.120}: entries were moved"
    columns = {"subject": line.subject, "version": line.version, "kind": line.kind}
    odd = [
        f"{k} {has!r:.120} but its bytes say {says!r:.120}"
        for (k, has), says in zip(columns.items(), said[1:], strict=True)
        if has != says
    ]
    return "columns", "its columns were edited: " + ", ".join(odd)


def _lines(start: int, stop: int) -> str:
    return f"entry {start} is" if stop == start + 1 else f"entries {start} to {stop - 1} are"


def _named(raw: bytes) -> Digest:
    return Digest("sha256:" + raw.hex())
