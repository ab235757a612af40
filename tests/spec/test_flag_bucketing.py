"""Three generations of flagd spread keys in three ways; ours are those three, to the last key."""

from __future__ import annotations

import pytest
from tests.flag_samples import flag, keys

from cleanroom.core.flags import HASH_VERSIONS, HashVersion, Split, evaluate
from cleanroom.core.flags.bucketing import HEAVIEST, chosen, cuts, point
from cleanroom.core.flags.cbor import cbor
from cleanroom.core.flags.evaluate import arm_of
from cleanroom.core.flags.murmur import murmur3
from cleanroom.core.flags.targeting import applied

SUITS = [["clubs", 25], ["diamonds", 25], ["hearts", 25], ["spades", 25]]
BY_NAME = {"fractional": [{"cat": [{"var": "$flagd.flagKey"}, {"var": "user.name"}]}, *SUITS]}


@pytest.mark.parametrize(
    ("data", "seed", "hashed"),
    [
        (b"", 0, 0),
        (b"", 1, 0x514E28B7),
        (b"", 0xFFFFFFFF, 0x81F16F39),
        (b"\0\0\0\0", 0, 0x2362F9DE),
        (b"\xff\xff\xff\xff", 0, 0x76293B50),
        (b"\x21\x43\x65\x87", 0, 0xF55B516B),
        (b"\x21\x43\x65", 0, 0x7E4A8634),
        (b"\x21\x43", 0, 0xA0F7B07A),
        (b"\x21", 0, 0x72661CF4),
        (b"aaaa", 0x9747B28C, 0x5A97808A),
        (b"Hello, world!", 0x9747B28C, 0x24884CBA),
        (b"The quick brown fox jumps over the lazy dog", 0, 0x2E4FF723),
    ],
)
def test_the_published_vectors_of_murmur3(data: bytes, seed: int, hashed: int) -> None:
    assert murmur3(data, seed) == hashed


@pytest.mark.parametrize(
    ("version", "drawn"),
    [
        ("flagd-1", {"jack": "spades", "queen": "clubs", "ten": "diamonds", "nine": "hearts", "3": "diamonds"}),
        ("flagd-2", {"jack": "hearts", "queen": "spades", "ten": "clubs", "nine": "diamonds", "3": "clubs"}),
        ("flagd-3", {"jack": "diamonds", "queen": "diamonds", "ten": "clubs", "nine": "clubs", "3": "spades"}),
    ],
)
def test_the_cards_of_flagds_own_test_bed(version: HashVersion, drawn: dict[str, str]) -> None:
    for name, suit in drawn.items():
        assert applied(version, "fractional-flag", BY_NAME, {"user": {"name": name}}) == suit


@pytest.mark.parametrize(("key", "half"), [("ejOoVL", 0), ("bY9fO-", 0), ("SI7p-", 0), ("6LvT0", 1), ("ceQdGm", 1)])
def test_keys_whose_hash_lies_at_an_edge(key: str, half: int) -> None:
    assert chosen("flagd-2", (50, 50), point("flagd-2", key)) == half


def test_flagd_1_leaves_three_hashes_without_a_variant() -> None:
    """|int32| / (2**31 - 1) reaches 1 and beyond; flagd serves its default then, and the safe variant is ours."""
    assert chosen("flagd-1", (1, 1), 2**31 - 2) == 1
    assert chosen("flagd-1", (1, 1), 2**31 - 1) is None
    assert chosen("flagd-1", (1, 1), 2**31) is None
    assert arm_of("flagd-1", Split("new", 50_000), 2**31) == "safe"


def test_shares_are_told_apart_to_a_thousandth_of_a_percent() -> None:
    assert cuts("flagd-2", (1, 99_999)) == (42_950, 2**32)
    assert cuts("flagd-2", (0, 100_000))[0] == 0
    assert cuts("flagd-2", (1, HEAVIEST - 1))[0] == 3, "the smallest weight there is still has its keys"


def test_the_third_generation_hashes_values_and_not_their_text() -> None:
    assert point("flagd-3", 123) != point("flagd-3", "123")
    assert point("flagd-3", 1.0) == point("flagd-3", 1)
    assert point("flagd-3", {"a": 1, "b": 2}) == point("flagd-3", {"b": 2, "a": 1})
    assert cbor([1.5, -1, None, "é", {"z": 1, "aa": True}]).hex() == "85f93e0020f662c3a9a2617a01626161f5"


@pytest.mark.parametrize("version", ["flagd-1", "flagd-2"])
def test_the_first_two_hash_text_only(version: HashVersion) -> None:
    with pytest.raises(ValueError, match="text only"):
        point(version, 5)


def test_the_generations_disagree_and_so_a_flag_names_its_own() -> None:
    """Why the hash is frozen while a rollout runs: another one moves people in and out at the same share."""
    drawn: dict[HashVersion, list[str]] = {
        v: [evaluate(flag(50_000, hash=v), {"targetingKey": k}).variant for k in keys(2_000)] for v in HASH_VERSIONS
    }
    pairs: list[tuple[HashVersion, HashVersion]] = [("flagd-1", "flagd-2"), ("flagd-2", "flagd-3")]
    for one, other in pairs:
        stayed = sum(a == b for a, b in zip(drawn[one], drawn[other], strict=True))
        assert 800 < stayed < 1_200
