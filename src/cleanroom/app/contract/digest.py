"""Which contract is it? One digest of all that says what correct looks like."""

from __future__ import annotations

from cleanroom.core.base import Digest, digest_of
from cleanroom.core.contract import Contract
from cleanroom.core.golden import GoldenCase


def contract_digest(contract: Contract, golden: tuple[GoldenCase, ...]) -> Digest:
    """The digest of plan, schemas and golden cases: an edit of any of them makes another contract."""
    return digest_of((digest_of(contract), digest_of(golden)))
