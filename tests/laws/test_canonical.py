"""Canonical bytes: one form a value, whatever the order of its keys, equal to RFC 8785's; digests name content."""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from cleanroom.core.base import Digest, Instant, canonical, digest, digest_of, instant, micros, plain
from cleanroom.core.change import Change, DatasetArtifact, Provenance
from cleanroom.core.check import Outcome

text = st.text(st.characters(codec="utf-8"))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | text
)
documents = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(text, inner), max_leaves=20)


@given(documents)
@example({"\ue000": 1, "\U0001f600": 2, 'a\x00\n"\\': "\x7f\u2028"})
def test_equal_to_the_reference_implementation(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def whole_beyond_integers(value: Any) -> bool:
    """A whole double of 2**53 or more is written as an integer, which no reader may take for one."""
    if isinstance(value, dict | list):
        return any(map(whole_beyond_integers, value.values() if isinstance(value, dict) else value))
    return isinstance(value, float) and 2**53 <= abs(value) < 1e21


@given(documents.filter(lambda v: not whole_beyond_integers(v)))
def test_reading_back_and_writing_again_changes_nothing(value: Any) -> None:
    once = canonical(value)
    assert canonical(json.loads(once)) == once


@given(st.dictionaries(text, documents), st.randoms())
def test_the_order_of_keys_does_not_matter(value: dict[str, Any], chance: Any) -> None:
    keys = list(value)
    chance.shuffle(keys)
    assert canonical({k: value[k] for k in keys}) == canonical(value)
    assert digest_of({k: value[k] for k in keys}) == digest_of(value) == digest(canonical(value))


@given(st.binary(min_size=8, max_size=8))
@example(struct.pack(">d", 1e21))
@example(struct.pack(">d", 1e-7))
@example(struct.pack(">d", 5e-324))
@example(struct.pack(">d", -0.0))
def test_every_finite_double_is_written_as_ecmascript_does(raw: bytes) -> None:
    (x,) = struct.unpack(">d", raw)
    if math.isfinite(x):
        assert canonical(x) == rfc8785.dumps(x)
        assert float(canonical(x)) == x


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**53 + 1, "\ud800", {"\udfff": 1}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"canonical|beyond"):
        canonical(value)


def test_other_things_are_refused_too() -> None:
    with pytest.raises(TypeError, match="no canonical form for object"):
        canonical(object())


def change(**made: Any) -> Change:
    provenance = Provenance("ann@shop", instant(0), "cleanroom", **made)
    return Change("c", DatasetArtifact("out.parquet", Digest("sha256:" + "0" * 64)), provenance)


def test_nouns_are_named_by_their_content() -> None:
    assert change().digest == change().digest
    assert change().digest.startswith("sha256:")
    assert len(change().digest) == 71
    assert change(seed=1).digest != change().digest
    assert change(model="m").digest != change(prompt="m").digest


def test_plain_data_of_a_noun() -> None:
    got = plain(change(parameters=(("temperature", "0"),)))
    assert got["provenance"]["parameters"] == [["temperature", "0"]]
    assert plain(Outcome.FAIL) == "FAIL"
    assert plain(frozenset({"b", "a"})) == ["a", "b"]


@given(st.integers(-2_000_000_000_000_000, 250_000_000_000_000_000))
def test_instants_round_trip_and_their_text_order_is_their_time_order(at: int) -> None:
    assert micros(instant(at)) == at
    assert len(instant(at)) == 27
    assert instant(at) < instant(at + 1)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        micros(Instant("2026-01-01T00:00:00"))
