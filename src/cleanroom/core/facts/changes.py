"""What happens to a change, from its proposal to its approval."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Digest, Instant, noun
from cleanroom.core.facts.people import By
from cleanroom.core.policy import Touch


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


@noun
class Checked:
    """A run of `check` on a change: what it touches, and what of the battery could not be asked. It voids approvals.

    Written under the change, so that an approval and a new run cannot pass each other unseen. `plan` is the digest of
    the contract that was checked against; `missing` names the checks that lacked what they need (a baseline).
    """

    change: Digest
    run: Digest
    plan: Digest
    outcome: Literal["PASS", "WARN", "UNKNOWN", "FAIL"]
    touches: tuple[Touch, ...]
    missing: tuple[str, ...]
    operator: str
    at: Instant
    kind: Literal["checked"] = "checked"


@noun
class Approved:
    """A person's yes in a role, to this change as this run showed it; `policy` is the one it was given under."""

    change: Digest
    run: Digest
    role: str
    by: By
    policy: Digest
    comment: str
    expires: Instant
    at: Instant
    kind: Literal["approved"] = "approved"


@noun
class Rejected:
    """A person's no: it stands until there is a new version of the change."""

    change: Digest
    role: str
    by: By
    policy: Digest
    reason: str
    at: Instant
    kind: Literal["rejected"] = "rejected"


@noun
class Waived:
    """A person lets a run pass although a required check could not tell, and says why."""

    change: Digest
    run: Digest
    role: str
    by: By
    policy: Digest
    reason: str
    at: Instant
    kind: Literal["waived"] = "waived"


@noun
class Looked:
    """A reviewer found one mapped name right."""

    change: Digest
    run: Digest
    legacy: str
    by: By
    at: Instant
    kind: Literal["looked"] = "looked"
