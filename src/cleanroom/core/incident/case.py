"""What is a regression case? A golden case of a change to data, or a case of a prompt."""

from __future__ import annotations

from cleanroom.core.base import Digest, digest_of
from cleanroom.core.golden import GoldenCase
from cleanroom.core.prompt_case import PromptCase

Case = GoldenCase | PromptCase


def digest_of_case(case: Case) -> Digest:
    """Same case, same digest."""
    return digest_of(case)
