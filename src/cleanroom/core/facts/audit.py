"""What was told to the outside about the ledger itself."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Digest, Instant, noun


@noun
class CheckpointPublished:
    """A signed checkpoint of the first `size` lines went to `to`. Subject `checkpoints`. `key` names the signer's key."""

    size: int
    root: Digest
    key: str
    to: str
    at: Instant
    kind: Literal["checkpoint_published"] = "checkpoint_published"
