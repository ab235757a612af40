"""Which burn-rate alerts do OpenSLO alert policies ask for?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from cleanroom.codec.shape import build
from cleanroom.core.mistakes import Mistake, Path, did_you_mean
from cleanroom.core.stats.burn import BurnRule
from cleanroom.formats.openslo_shape import Burn, Condition, ConditionSpec, Policy, seconds_of

PAGES = ("page", "critical", "sev1", "sev2", "high", "p1", "p2", "fatal", "error")
"""Severities that wake somebody; every other one is a warning."""

_SHORT = 12
"""Where nothing is said, the short window is that part of the long one, as in the SRE workbook."""


class Found(Protocol):
    """Objects by kind and name."""

    def find(self, kind: str, name: str) -> Any:
        """(object, document), or None."""
        ...

    def names(self, kind: str) -> tuple[str, ...]:
        """What there is of a kind."""
        ...


def rules_of(policies: Sequence[Any], objects: Found) -> tuple[tuple[BurnRule, ...], list[Mistake]]:
    """The rules of an SLO's alert policies: names, references or whole policies. Mistakes lie below `spec`."""
    rules: list[BurnRule] = []
    mistakes: list[Mistake] = []
    for place, given in enumerate(policies):
        path: Path = ("spec", "alertPolicies", place)
        policy, wrong = _one(given, "AlertPolicy", "alertPolicyRef", Policy, objects)
        mistakes += [m.under(path) for m in wrong]
        if policy is None:
            continue
        inside: Path = path if isinstance(given, dict) and "spec" in given else ()
        for number, condition in enumerate(policy.spec.conditions):
            found, wrong = _one(condition, "AlertCondition", "conditionRef", Condition, objects)
            at = (*inside, "spec", "conditions", number) if inside else path
            mistakes += [m.under(at) if inside else Mistake(at, m.message, m.hint, m.severity) for m in wrong]
            if found is not None:
                rule, wrong = _rule(found.spec, policy)
                mistakes += [Mistake(at, m.message, m.hint, m.severity) for m in wrong]
                rules += [rule] if rule is not None else []
    return tuple(sorted(rules, key=lambda r: -r.factor)), mistakes


def _one(given: Any, kind: str, key: str, shape: type[Any], objects: Found) -> tuple[Any, list[Mistake]]:
    """The object that is given: by its name, by a reference, or whole."""
    if isinstance(given, str) or (isinstance(given, dict) and key in given):
        name = given if isinstance(given, str) else given[key]
        found = objects.find(kind, name) if isinstance(name, str) else None
        if found is None:
            where: Path = () if isinstance(given, str) else (key,)
            hint = did_you_mean(str(name)[:60], objects.names(kind))
            return None, [Mistake(where, f"there is no {kind} {str(name)[:60]!r} in these files", hint)]
        return found[0], []
    if not isinstance(given, dict):
        return None, [Mistake((), f"this is no {kind}", f"Write its name, {key}: NAME, or the whole object.")]
    found, mistakes = build(shape, given)
    errors = [m for m in mistakes if not m.message.startswith("unknown key")]
    return (None if errors else found), errors


def _rule(spec: ConditionSpec, policy: Policy) -> tuple[BurnRule | None, list[Mistake]]:
    burn: Burn = spec.condition
    long, short = seconds_of(burn.lookbackWindow), seconds_of(burn.alertAfter)
    mistakes = list(_unsound(burn, long, short))
    if mistakes or long is None or short is None:
        return None, mistakes
    if not policy.spec.alertWhenBreaching:
        return None, [
            Mistake((), f"{policy.metadata.name}: alertWhenBreaching is false, so it never fires", "", "warning")
        ]
    minutes = long // 60
    inside = short // 60 or max(1, round(minutes / _SHORT))
    return BurnRule(burn.threshold, minutes, min(inside, minutes), spec.severity.strip().casefold() in PAGES), []


def _unsound(burn: Burn, long: int | None, short: int | None) -> Iterator[Mistake]:
    if not 0 < burn.threshold <= 10_000:
        yield Mistake((), f"a burn rate of {burn.threshold:g} cannot be alerted on", "For example threshold: 14.4.")
    if long is None or long < 120:
        yield Mistake((), f"{burn.lookbackWindow[:40]!r} is no lookbackWindow", "At least two minutes, for example 1h.")
    if short is None:
        yield Mistake((), f"{burn.alertAfter[:40]!r} is no length of time", "For example alertAfter: 5m.")
