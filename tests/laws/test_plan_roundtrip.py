"""What is written reads back equal; random text never crashes a reader; equal contracts do not differ."""

from __future__ import annotations

import json
from typing import Any, get_args

import jsonschema_rs
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cleanroom.codec.change import change_yaml, mapping_json, read_change, read_mapping
from cleanroom.codec.golden import golden_line, read_golden
from cleanroom.codec.json_text import read_json
from cleanroom.codec.plan import plan_yaml, read_plan
from cleanroom.codec.plan_schema import plan_schema
from cleanroom.codec.plan_shape import keyed
from cleanroom.codec.settings import read_settings
from cleanroom.codec.yaml_text import read_yaml
from cleanroom.codec.yaml_writer import yaml_text
from cleanroom.core.base import Digest, Instant
from cleanroom.core.change import (
    Change,
    Correction,
    DatasetArtifact,
    Disagreement,
    MappedName,
    Mapping,
    MappingArtifact,
    Provenance,
)
from cleanroom.core.contract import (
    Area,
    Cardinality,
    Consent,
    Contract,
    Event,
    Field,
    Freshness,
    Funnel,
    Plan,
    Ratio,
    Reference,
    Roles,
    Stitch,
    Tolerances,
    Unique,
    Vocabulary,
)
from cleanroom.core.golden import GoldenCase
from cleanroom.core.lint import lint
from cleanroom.core.plan_diff import diff
from cleanroom.core.rules import TypeName

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
TRICKY = st.sampled_from(
    ["no", "on", "null", "~", "1", "1.5", "0o7", "1e3", "2024-01-01", "<<", "- a", "a: b", "#x", "'", '"', " "]
)
NAMES = st.one_of(TEXT, TRICKY)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
MAYBE = st.none() | NUMBERS
TEXTS = st.lists(NAMES, max_size=3).map(tuple)
AREAS = st.lists(st.sampled_from(get_args(Area)), max_size=2).map(tuple)

FIELDS = st.builds(
    Field,
    name=NAMES,
    type=st.sampled_from(get_args(TypeName)),
    description=NAMES,
    required=st.booleans(),
    min=MAYBE,
    max=MAYBE,
    pattern=st.none() | NAMES,
    vocabulary=st.none() | NAMES,
    values=TEXTS,
    drift=st.sampled_from([None, True, False]),
    touches=AREAS,
)


def named(things: st.SearchStrategy[Any], key: str = "name") -> st.SearchStrategy[Any]:
    """Some of them, each name once: names are keys of the file."""
    return st.lists(things, max_size=3, unique_by=lambda t: getattr(t, key)).map(tuple)


EVENTS = st.builds(
    Event,
    name=NAMES,
    owner=NAMES,
    description=NAMES,
    parameters=named(FIELDS),
    schema=st.none() | NAMES,
    sampling=NUMBERS,
    consent=st.booleans(),
    touches=AREAS,
)
COUNTS = st.integers(-(2**60), 2**60)
PLANS = st.builds(
    Plan,
    name=NAMES,
    roles=st.builds(Roles, NAMES, NAMES, *[st.none() | NAMES] * 5),
    events=named(EVENTS),
    columns=named(FIELDS),
    vocabularies=named(st.builds(Vocabulary, NAMES, TEXTS)),
    consent=st.none() | st.builds(Consent, NAMES, TEXTS),
    ratios=named(st.builds(Ratio, NAMES, NAMES, NAMES, MAYBE, MAYBE, MAYBE)),
    funnels=named(st.builds(Funnel, NAMES, TEXTS, st.sampled_from(["session", "user"]), NUMBERS)),
    keys=st.lists(st.builds(Unique, TEXTS, NUMBERS), max_size=2).map(tuple),
    references=st.lists(st.builds(Reference, NAMES, NAMES, NAMES, NUMBERS), max_size=2).map(tuple),
    stitching=st.lists(st.builds(Stitch, NAMES, NAMES, NUMBERS), max_size=2).map(tuple),
    freshness=st.none() | st.builds(Freshness, NUMBERS | st.sampled_from([60.0, 21_600.0, 86_400.0, 90_061.5])),
    cardinality=named(st.builds(Cardinality, NAMES, COUNTS, COUNTS), "column"),
    tolerances=st.builds(Tolerances, counts=NUMBERS, alpha=NUMBERS, min_count=COUNTS),
    advisory=TEXTS,
)

PAIRS = st.lists(st.tuples(NAMES, COUNTS), max_size=2).map(tuple)
DIGESTS = st.binary(min_size=32, max_size=32).map(lambda b: Digest(f"sha256:{b.hex()}"))
AT = st.just(Instant("2026-11-21T23:20:00.000000Z"))
PROVENANCE = st.builds(
    Provenance,
    operator=NAMES,
    at=AT,
    tool=NAMES,
    parameters=st.lists(st.tuples(NAMES, NAMES), max_size=2).map(tuple),
    seed=COUNTS,
    refusals=TEXTS,
    disagreements=st.lists(st.builds(Disagreement, NAMES, PAIRS, st.none() | NAMES, NAMES), max_size=2).map(tuple),
    inputs=st.lists(st.tuples(NAMES, DIGESTS), max_size=2).map(tuple),
    corrections=st.lists(st.builds(Correction, NAMES, AT, NAMES, NAMES, NAMES, NAMES), max_size=2).map(tuple),
)
ARTIFACTS = st.builds(MappingArtifact, NAMES, DIGESTS, NAMES) | st.builds(DatasetArtifact, NAMES, DIGESTS)
CHANGES = st.builds(Change, NAMES, ARTIFACTS, PROVENANCE, st.none() | DIGESTS)
MAPPINGS = st.builds(Mapping, named(st.builds(MappedName, NAMES, NAMES, NAMES, PAIRS, st.none() | NAMES), "legacy"))
SCALARS = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | NUMBERS | NAMES
CELLS = st.dictionaries(NAMES, SCALARS, max_size=3).map(lambda d: tuple(d.items()))

VALIDATOR = jsonschema_rs.validator_for(plan_schema())


@given(PLANS)
@settings(max_examples=50, deadline=None)
def test_a_plan_reads_back_equal(plan: Plan) -> None:
    text = plan_yaml(plan)
    reading = read_plan(text.encode())
    assert reading.draft == plan
    assert reading.document.findings == []
    assert yaml.safe_load(text) == keyed(plan), "and readers of YAML 1.1 take it for the same"


@given(PLANS, st.dictionaries(st.sampled_from([(), ("events",), ("roles",), ("name",)]), TEXT, max_size=3))
@settings(max_examples=25, deadline=None)
def test_comments_do_not_change_a_plan(plan: Plan, notes: dict[tuple[str, ...], str]) -> None:
    assert read_plan(plan_yaml(plan, {k: v for k, v in notes.items() if v.isprintable()}).encode()).draft == plan


@given(PLANS)
@settings(max_examples=40, deadline=None)
def test_what_lints_follows_the_published_schema_and_equal_plans_do_not_differ(plan: Plan) -> None:
    assert diff(Contract(plan), Contract(plan)) == ()
    mistakes = lint(plan)
    assert mistakes == lint(plan)
    if not mistakes:
        VALIDATOR.validate(keyed(plan))


@given(PLANS, PLANS)
@settings(max_examples=25, deadline=None)
def test_a_removed_event_is_always_breaking(old: Plan, new: Plan) -> None:
    broken = {d.where for d in diff(Contract(old), Contract(new)) if d.verdict == "breaking"}
    assert {f"events.{name}" for name in old.event_names if new.event(name) is None} <= broken


@given(CHANGES, MAPPINGS)
@settings(max_examples=40, deadline=None)
def test_changes_and_mappings_read_back_equal_with_the_same_digest(change: Change, mapping: Mapping) -> None:
    reading = read_change(change_yaml(change).encode(), "change.yaml")
    assert (reading.value, reading.findings) == (change, ())
    again = read_mapping(mapping_json(mapping).encode(), "mapping.json")
    assert (again.value, again.findings) == (mapping, ())


@given(st.builds(GoldenCase, NAMES, CELLS, CELLS, CELLS, st.booleans(), NAMES))
def test_golden_cases_read_back_equal(case: GoldenCase) -> None:
    read, findings = read_golden(golden_line(case).encode(), "g.jsonl")
    assert ([r.case for r in read], findings) == ([case], ())


# --- what anybody may have written --------------------------------------------------------------------------

YAMLISH = st.text(st.sampled_from(list("ab1:-[]{},&*!#|>'\"\n \t?%@~.é\x00")), max_size=60).map(str.encode)
PIECES = """\
name: shop
roles: {event: e, time: t}
roles: &r {event: *r}
events:
events: {1: 2}
  a: {owner: o, description: d}
  a:
    owner: 5
  b: [x]
  - x
columns: [1]
ratios: {r: {of: a}}
funnels: {f: 1}
keys: {}
freshness: 5
vocabularies: {v: w}
version: x
advisory: a
consent: {}
cardinality: {a: {max: a}}
tolerances: {psi: .nan, ks: 99999999999999999999999}
references: [{to: [a]}]
""".splitlines()
LINES = st.lists(st.sampled_from(PIECES), max_size=10).map(lambda lines: "\n".join(lines).encode())


@given(st.binary(max_size=80) | YAMLISH | LINES)
@settings(max_examples=200, deadline=None)
def test_random_text_never_crashes_a_reader(content: bytes) -> None:
    readings: list[Any] = [
        read_plan(content),
        read_change(content, "f"),
        read_mapping(content, "f"),
    ]
    for reading in readings:
        assert reading.value is not None or reading.findings
    read_golden(content, "f")
    settings_read, findings = read_settings(content)
    assert (settings_read is None) == bool(findings)
    lines = content.count(b"\n") + content.count(b"\r") + 2
    for finding in [f for r in readings for f in r.findings]:
        assert "\n" not in finding.message + finding.hint, "one line each"
        assert finding.line >= 1
        assert finding.column >= 1
        assert finding.line <= lines + content.decode("utf-8", "replace").count("\u2028") + content.count(b"\xc2\x85")


@given(
    st.recursive(
        SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
    )
)
@settings(max_examples=100, deadline=None)
def test_plain_data_survives_yaml_and_json(value: Any) -> None:
    written = read_yaml(yaml_text(value).encode(), "f")
    assert (written.findings, written.data) == ([], value)
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=1)):
        document = read_json(text.encode(), "f")
        assert (document.findings, document.data) == ([], value)


def refuse(name: str) -> None:
    raise ValueError(name)


@given(st.text(st.sampled_from(list('{}[]:,"\\u00e9 tru enlfas-+.1eE\n')), max_size=30))
@settings(max_examples=200, deadline=None)
def test_the_json_reader_accepts_what_the_standard_library_accepts(text: str) -> None:
    document = read_json(text.encode(), "f")
    try:
        expected = json.loads(text, parse_constant=refuse)
    except ValueError:
        assert document.broken
        return
    if not document.findings:
        assert document.data == expected
    assert not document.broken
