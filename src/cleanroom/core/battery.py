"""Which checks does a contract ask for, and what do they say together?

`battery` reads a contract into checks, which say what they need; `decide` judges what the engine measured of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cleanroom.core.base import Digest, Instant, noun
from cleanroom.core.change import Mapping
from cleanroom.core.check import CheckResult, Family, Verdict, judged, verdict
from cleanroom.core.checks import AnyCheck
from cleanroom.core.checks.categories import Categories
from cleanroom.core.checks.counts import EventCount, OtherEvents
from cleanroom.core.checks.duplicates import Idempotent, Signature, UniqueKey
from cleanroom.core.checks.fields import ConsentGiven, Distinct, FieldRule, Fresh
from cleanroom.core.checks.funnels import FunnelOrder, FunnelShape
from cleanroom.core.checks.golden import CASE, GoldenCases
from cleanroom.core.checks.mapping import Agreement, Conserved, Coverage, Frequency, TargetsExist
from cleanroom.core.checks.numbers import Numbers
from cleanroom.core.checks.ratios import RatioBounds, RatioShift
from cleanroom.core.checks.references import OneOwner, Referred
from cleanroom.core.checks.schema import ColumnTypes, Declared, Payload
from cleanroom.core.checks.unasked import Unasked
from cleanroom.core.contract import Contract, Event, Field, Funnel, Plan
from cleanroom.core.golden import GoldenCase
from cleanroom.core.measure import Seen
from cleanroom.core.payload_schema import payload_schema
from cleanroom.core.rules import Castable, Filled, FullMatch, OneOf, Rule, Scope, Within
from cleanroom.core.vocabularies import vocabulary

_JUDGED_BY_VALUE = ("integer", "date")
"""Types that a column may hold without being stored so (see checks/schema.py): their values are looked at."""


@noun
class _Setting:
    """All that the checks depend on."""

    contract: Contract
    columns: frozenset[str]
    mapping: Mapping | None
    golden: tuple[GoldenCase, ...]
    has_baseline: bool
    now: Instant | None
    twice: tuple[Digest, Digest] | None

    @property
    def plan(self) -> Plan:
        """The contract's plan."""
        return self.contract.plan


def battery(
    contract: Contract,
    columns: frozenset[str],
    *,
    mapping: Mapping | None = None,
    golden: Sequence[GoldenCase] = (),
    has_baseline: bool = False,
    now: Instant | None = None,
    twice: tuple[Digest, Digest] | None = None,
) -> tuple[AnyCheck, ...]:
    """The checks that `contract` asks of a candidate whose columns are `columns`; their names are unique.

    mapping: the change, when it is one; its checks read the sides 'source' (before) and 'candidate' (after), and
    golden cases with an input are expected replayed on side 'golden'. has_baseline: a side 'baseline' can be measured;
    without it the comparisons are one UNKNOWN a family. now: the time of the check. twice: the digests of the outputs
    of two executions. Without an event or time column there is little to ask but for the columns themselves.
    """
    setting = _Setting(contract, columns, mapping, tuple(golden), has_baseline, now, twice)
    roles = contract.plan.roles
    families = [_mapping, _schema]
    if roles.event in columns and roles.time in columns:
        families += [_fields, _counts, _drift, _references, _funnels, _duplicates, _golden]
    return tuple(dict.fromkeys(check for family in families for check in family(setting)))


def decide(checks: Sequence[AnyCheck], seen: Seen[object], plan: Plan) -> Verdict:
    """Judge each check by what was seen; those that the plan calls advisory, by family or name, cannot stop a change."""
    return verdict(_marked(check, judged(check, seen), plan) for check in checks)


def _marked(check: AnyCheck, found: CheckResult, plan: Plan) -> CheckResult:
    names = check.checks if isinstance(check, Unasked) else (check.name,)
    advisory = check.family in plan.advisory or check.name in plan.advisory or all(n in plan.advisory for n in names)
    return replace(found, required=found.required and not advisory)


def _mapping(s: _Setting) -> Iterator[AnyCheck]:
    if s.mapping is None:
        return
    event, time, limits = s.plan.roles.event, s.plan.roles.time, s.plan.tolerances
    yield TargetsExist(s.mapping, event, s.plan.event_names)
    yield Coverage(s.mapping, event, limits.coverage)
    yield Frequency(s.mapping, event, time, limits.collapse, s.has_baseline)
    yield Agreement(s.mapping)
    yield Conserved(s.mapping, event, time)


def _schema(s: _Setting) -> Iterator[AnyCheck]:
    plan, payload = s.plan, s.plan.roles.payload
    homeless = () if payload else tuple(f"{e.name}.{p.name}" for e, p in _in_payload(s) if p.required)
    yield ColumnTypes(_declared(s), homeless)
    if payload is None or not {payload, plan.roles.event} <= s.columns:
        return
    own = dict(s.contract.schemas)
    parameters = {e.name: [p for f, p in _in_payload(s) if f.name == e.name] for e in plan.events}
    texts = {
        e.name: payload_schema(parameters[e.name], own.get(e.name), lambda f: _values(plan, f)) for e in plan.events
    }
    schemas = tuple((name, text) for name, text in texts.items() if text is not None)
    for name, _ in schemas:
        empty_ok = name not in own and not any(p.required for p in parameters[name])
        yield Payload(payload, plan.roles.event, name, schemas, empty_ok)


def _in_payload(s: _Setting) -> Iterator[tuple[Event, Field]]:
    """Parameters that are not columns of the data, with their events."""
    return ((e, p) for e in s.plan.events for p in e.parameters if p.name not in s.columns)


def _declared(s: _Setting) -> tuple[Declared, ...]:
    """Every column that the plan speaks of, once: roles first, then columns, then parameters that are columns."""
    roles, plan = s.plan.roles, s.plan
    out = {roles.event: Declared(roles.event, "string", True, "event")}
    out[roles.time] = Declared(roles.time, "timestamp", True, "event time")
    for part in ("user", "session", "id", "payload", "segment"):
        column = getattr(roles, part)
        if column is not None:
            out.setdefault(column, Declared(column, "string", True, part))
    for field in plan.columns:
        known = out.get(field.name)
        kind = "timestamp" if known and known.part == "event time" else field.type
        out[field.name] = Declared(field.name, kind, bool(known) or field.required, known.part if known else "")
    for event in plan.events:
        for p in event.parameters:
            if p.name in s.columns:
                out.setdefault(p.name, Declared(p.name, p.type, p.required))
    if plan.consent is not None and any(e.consent for e in plan.events):
        out.setdefault(plan.consent.column, Declared(plan.consent.column, "string", True, "consent"))
    return tuple(out.values())


def _values(plan: Plan, field: Field) -> tuple[str, ...]:
    """What the field may hold; () when anything. An unknown vocabulary is found by lint."""
    return (vocabulary(plan, field.vocabulary) or ()) if field.vocabulary else field.values


def _rules(plan: Plan, field: Field) -> Iterator[Rule]:
    """The rules of a field that is a column."""
    if field.required:
        yield Filled(field.name)
    if field.type in _JUDGED_BY_VALUE:
        yield Castable(field.name, field.type)
    if field.min is not None or field.max is not None:
        yield Within(field.name, field.min, field.max)
    if field.vocabulary or field.values:
        yield OneOf(field.name, _values(plan, field))
    if field.pattern is not None:
        yield FullMatch(field.name, field.pattern)


def _fields(s: _Setting) -> Iterator[AnyCheck]:
    plan, roles = s.plan, s.plan.roles
    everywhere: list[Rule] = [Filled(roles.event), OneOf(roles.event, plan.event_names), Filled(roles.time)]
    everywhere += [r for f in plan.columns if f.name in s.columns for r in _rules(plan, f)]
    for rule in dict.fromkeys(everywhere):
        yield FieldRule(rule, rule.column, roles.event, roles.time)
    spoken: dict[Rule, list[str]] = {}
    for event in plan.events:
        for parameter in event.parameters:
            for rule in _rules(plan, parameter) if parameter.name in s.columns else ():
                if rule not in everywhere:
                    spoken.setdefault(rule, []).append(event.name)
    for rule, events in spoken.items():
        label = f"{','.join(events)}.{rule.column}"
        yield FieldRule(rule, label, roles.event, roles.time, Scope(roles.event, tuple(events)))
    asking = tuple(e.name for e in plan.events if e.consent)
    if plan.consent is not None and asking and plan.consent.column in s.columns:
        yield ConsentGiven(roles.event, plan.consent.column, plan.consent.granted, asking)
    for c in plan.cardinality:
        yield Distinct(c.column, c.min, c.max)
    if plan.freshness is not None:
        yield Fresh(roles.time, plan.freshness.max_age, s.now)


def _counts(s: _Setting) -> Iterator[AnyCheck]:
    event, time, limits = s.plan.roles.event, s.plan.roles.time, s.plan.tolerances
    rates, many = {e.name: e.sampling for e in s.plan.events}, len(s.plan.events)
    compared: list[AnyCheck] = [
        EventCount(event, time, e.name, limits.counts, limits.min_count, limits.alpha, many, e.sampling)
        for e in s.plan.events
    ]
    compared.append(OtherEvents(event, time, s.plan.event_names, limits.alpha))
    for r in s.plan.ratios:
        tolerance = limits.ratios if r.tolerance is None else r.tolerance
        if r.min is not None or r.max is not None:
            sampling = rates.get(r.of, 1.0), rates.get(r.to, 1.0)
            yield RatioBounds(event, time, r.name, r.of, r.to, r.min, r.max, tolerance, limits.alpha, sampling)
        compared.append(
            RatioShift(event, time, r.name, r.of, r.to, tolerance, limits.min_count, limits.alpha, len(s.plan.ratios))
        )
    yield from _with_baseline(s, "counts", compared)


def _with_baseline(s: _Setting, family: Family, checks: Sequence[AnyCheck]) -> Iterator[AnyCheck]:
    """The checks, or one UNKNOWN for all of them where no baseline was given."""
    if s.has_baseline:
        yield from checks
    elif checks:
        names = tuple(c.name for c in checks)
        yield Unasked(family, "baseline", names, "No baseline was given", "a baseline (--baseline DATA)")


def _drift(s: _Setting) -> Iterator[AnyCheck]:
    plan, limits = s.plan, s.plan.tolerances
    every = {f.name: f for f in (*(p for e in plan.events for p in e.parameters), *plan.columns)}
    fields = [f for f in every.values() if f.name in s.columns and f.name != plan.roles.event and f.drift is not False]
    numbers = [f for f in fields if f.type in ("integer", "number")]
    categories = [f for f in fields if f not in numbers and (f.vocabulary or f.values or f.drift)]
    many = len(numbers) + len(categories)
    event, time = plan.roles.event, plan.roles.time
    checks: list[AnyCheck] = [Numbers(f.name, event, time, limits.ks, limits.psi, limits.alpha, many) for f in numbers]
    checks += [Categories(f.name, time, limits.js, limits.psi, limits.alpha, many) for f in categories]
    yield from _with_baseline(s, "drift", checks)


def _references(s: _Setting) -> Iterator[AnyCheck]:
    roles = s.plan.roles
    for r in s.plan.references:
        yield Referred(r.column, r.to, r.key, r.max_share, roles.event, roles.time)
    for st in s.plan.stitching:
        yield OneOwner(st.column, st.owner, st.max_share)


def _funnels(s: _Setting) -> Iterator[AnyCheck]:
    lost: list[Funnel] = []
    for funnel in s.plan.funnels:
        who = s.plan.roles.session if funnel.by == "session" else s.plan.roles.user
        if who is None:
            lost.append(funnel)
            continue
        yield from _funnel(s, funnel, who)
    if lost:
        roles = " and ".join(sorted({f"roles.{f.by}" for f in lost}))
        names = tuple(f"funnels.order({f.name})" for f in lost)
        yield Unasked("funnels", "roles", names, f"The plan does not name {roles}", f"{roles} in contracts/plan.yaml")


def _funnel(s: _Setting, funnel: Funnel, who: str) -> Iterator[AnyCheck]:
    event, time, alpha, many = s.plan.roles.event, s.plan.roles.time, s.plan.tolerances.alpha, len(s.plan.funnels)
    rates = {e.name: e.sampling for e in s.plan.events}
    sampling = tuple(rates.get(step, 1.0) for step in funnel.steps)
    where = funnel.name, who, event, time, funnel.steps
    yield FunnelOrder(*where, funnel.max_skips, alpha, s.has_baseline, many, sampling)
    yield FunnelShape(*where, alpha, many, sampling)


def _duplicates(s: _Setting) -> Iterator[AnyCheck]:
    roles, limits = s.plan.roles, s.plan.tolerances
    for key in s.plan.keys:
        yield UniqueKey(key.columns, key.max_share)
    if roles.id is not None and roles.id in s.columns and not any(k.columns == (roles.id,) for k in s.plan.keys):
        yield UniqueKey((roles.id,))
    who = roles.session or roles.user
    if who is not None and who in s.columns:
        yield Signature((who, roles.time, roles.event), s.has_baseline, limits.counts, limits.alpha)
    if s.twice is not None:
        yield Idempotent(*s.twice)


def _golden(s: _Setting) -> Iterator[AnyCheck]:
    replayed = tuple(c for c in s.golden if c.input)
    keyed: dict[str, list[GoldenCase]] = {}
    for case in s.golden:
        if case.key and not case.input:
            keyed.setdefault(case.key[0][0], []).append(case)
    if s.mapping is not None and replayed:
        yield GoldenCases(CASE, replayed)
    for column, cases in keyed.items():
        yield GoldenCases(column, tuple(cases), "candidate")
    if s.mapping is None and replayed and not keyed:
        yield GoldenCases(CASE, (), unasked=len(replayed))
