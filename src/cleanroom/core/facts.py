"""All that may be written into the ledger: Fact is the union of the kinds.

A written kind never changes its meaning; a new meaning is a new kind.
"""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Digest, Instant, noun


@noun
class Proposed:
    """Somebody proposed a change, or corrected one: a new version of it exists."""

    change: Digest
    name: str
    what: Literal["mapping", "dataset"]
    artifact: Digest
    author: str
    model: str
    corrects: Digest | None
    at: Instant
    kind: Literal["proposed"] = "proposed"


@noun
class InputSeen:
    """A file that a run read, by content."""

    role: str
    path: str
    digest: Digest
    rows: int | None = None


@noun
class Ran:
    """A shadow run of a change ended; production was the same before and after."""

    run: Digest
    change: Digest
    plan: Digest
    inputs: tuple[InputSeen, ...]
    outputs: tuple[InputSeen, ...]
    operator: str
    at: Instant
    kind: Literal["ran"] = "ran"


@noun
class Finding:
    """One check of a verdict, as evidence: what was counted and decided.

    No value of the data: a result's sentence may name some (a user id without a partner), so it stays in the report,
    which the run's outputs hold by digest.
    """

    check: str
    family: str
    outcome: Literal["PASS", "WARN", "UNKNOWN", "FAIL"]
    required: bool
    seen: str
    expected: str


@noun
class Judged:
    """The battery's verdict on a run."""

    run: Digest
    change: Digest
    outcome: Literal["PASS", "WARN", "UNKNOWN", "FAIL"]
    findings: tuple[Finding, ...]
    at: Instant
    kind: Literal["judged"] = "judged"


Fact = Proposed | Ran | Judged
