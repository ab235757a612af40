"""Flags, rules and contexts that the tests of flags share."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from cleanroom.core.flags import HASH_VERSIONS, STEPS, Flag, Split

VARIANTS = {"legacy": "map-0", "old": "map-1", "new": "map-2"}
REGION = {"in": [{"var": "region"}, ["eu", "us"]]}
NEW_APP = {"sem_ver": [{"var": "app"}, ">=", "2.1.0"]}
CONTEXT = {"targetingKey": "user-1", "region": "eu", "app": "2.4.1"}


def flag(share: int = 5_000, **more: Any) -> Flag:
    """The mapping of checkout events: `new` for a share, `old` for the rest, `legacy` when all else fails."""
    split = Split(more.pop("candidate", "new"), share, more.pop("holdout", 0))
    plain: dict[str, Any] = {
        "key": "checkout",
        "variants": VARIANTS,
        "safe": "legacy",
        "control": "old",
        "split": split,
    }
    return Flag(**plain | more)


def keys(many: int) -> list[str]:
    """Targeting keys as they come: short and long, plain and not."""
    odd = [f"{'日本é😀'[: i % 5]}{i}" for i in range(many // 100)]
    return odd + [f"user-{i:x}" + "-" * (i % 40) for i in range(many - len(odd))]


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["", "0", "1", "eu", "2.1.0", "v3", "Infinity", "0x1f", "a.b"]),
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
shares = st.integers(0, STEPS)
versions = st.sampled_from(HASH_VERSIONS)
