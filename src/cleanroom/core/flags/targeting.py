"""What does a targeting rule say of a context? A small total reader of flagd's rules: JsonLogic with flagd's own operators.

A rule is JSON and stays JSON: it is walked, never compiled. Every walk is bounded in depth, in steps and in the size of what it
makes, so that a rule that somebody else wrote can be slow or wrong, but not for long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from cleanroom.core.flags import custom
from cleanroom.core.flags.bucketing import HashVersion
from cleanroom.core.flags.operators import OPERATORS, lookup
from cleanroom.core.flags.reasons import Fault
from cleanroom.core.flags.values import CONTAINERS, truthy
from cleanroom.core.mistakes import Mistake, Path, did_you_mean

DEEPEST = 48
MOST_STEPS = 20_000
MOST_PARTS = 2_000
"""How many values a rule may be made of."""

Rule = Any
"""A rule as JSON: an object with one key, its operator; or a value that stands for itself."""


class Walk:
    """One evaluation of one rule: what it may see, and how many steps it has left."""

    __slots__ = ("flag_key", "left", "root", "version")

    def __init__(self, version: HashVersion, flag_key: str, context: Mapping[str, Any], at: int | None) -> None:
        self.version: HashVersion = version
        self.flag_key = flag_key
        self.left = MOST_STEPS
        # $flagd is the program's to say, whatever the context brought.
        self.root: dict[str, Any] = {**context, "$flagd": {"flagKey": flag_key, "timestamp": at}}

    def enter(self, depth: int, steps: int = 0) -> None:
        """Go `depth` deep into the rule. Raises Fault beyond DEEPEST, and when no step is left."""
        if depth > DEEPEST:
            raise Fault("PARSE_ERROR", f"the rule nests deeper than {DEEPEST} levels")
        self.spend(steps)

    def spend(self, steps: int) -> None:
        """Take `steps` off what is left. Raises Fault when nothing is."""
        self.left -= steps
        if self.left < 0:
            raise Fault("GENERAL", f"the rule takes more than {MOST_STEPS:,} steps")

    def value(self, rule: Rule, data: Any, depth: int = 0) -> Any:
        """What `rule` says of `data`. Raises Fault."""
        if isinstance(rule, dict):
            if len(rule) != 1:
                return rule
            self.left -= 1
            if self.left < 0 or depth > DEEPEST:
                self.enter(depth)
            [(name, args)] = rule.items()
            if name == "var" and isinstance(args, str):
                return lookup(data, args, None)
            args = args if isinstance(args, list) else [args]
            if chooser := _CHOOSERS.get(name):
                return chooser(self, args, data, depth + 1)
            values = [self.value(a, data, depth + 1) if isinstance(a, CONTAINERS) else a for a in args]
            if operator := OPERATORS.get(name):
                made = operator(values, data)
                if isinstance(made, list):
                    self.spend(len(made))
                return made
            if name in _CUSTOM:
                return self._custom(name, values)
            raise Fault("PARSE_ERROR", f"the rule has an unknown operator: {str(name)[:80]}")
        if isinstance(rule, list):
            self.enter(depth, 1 + len(rule))
            return [self.value(a, data, depth + 1) if isinstance(a, CONTAINERS) else a for a in rule]
        return rule

    def _custom(self, name: str, values: list[Any]) -> Any:
        match name:
            case "fractional":
                return custom.fractional(self.version, self.flag_key, self.root.get("targetingKey"), values)
            case "starts_with":
                return custom.starts_with(values)
            case "ends_with":
                return custom.ends_with(values)
            case _:
                return custom.sem_ver(values)


def applied(version: HashVersion, flag_key: str, rule: Rule, context: Mapping[str, Any], at: int | None = None) -> Any:
    """What `rule` says of `context`; `at`: seconds since 1970, for rules that read `$flagd.timestamp`. Raises Fault only."""
    walk = Walk(version, flag_key, context, at)
    return walk.value(rule, walk.root)


def mistakes_in(rule: Rule) -> tuple[Mistake, ...]:
    """What stops a rule from ever being applied: unknown operators, references that nobody resolved, too much of it."""
    found: list[Mistake] = []
    seen = 0
    stack: list[tuple[Path, Any]] = [((), rule)]
    while stack:
        path, part = stack.pop()
        seen += 1
        if seen > MOST_PARTS:
            return (
                *found,
                Mistake((), f"the rule has more than {MOST_PARTS:,} parts", "Split it, or make it shorter."),
            )
        if len(path) > DEEPEST:
            return (*found, Mistake(path[:DEEPEST], f"the rule nests deeper than {DEEPEST} levels", "Make it flatter."))
        if isinstance(part, list):
            stack += [((*path, i), v) for i, v in enumerate(part)]
        elif isinstance(part, dict) and len(part) == 1:
            [(name, args)] = part.items()
            if name not in KNOWN:
                hint = did_you_mean(str(name), KNOWN)
                found.append(Mistake((*path, name), f"unknown operator {str(name)[:80]!r}", hint, at="key"))
            else:
                stack.append(((*path, name), args))
    return tuple(found)


def _if(walk: Walk, args: list[Rule], data: Any, depth: int) -> Any:
    for i in range(0, len(args) - 1, 2):
        if truthy(walk.value(args[i], data, depth)):
            return walk.value(args[i + 1], data, depth)
    return walk.value(args[-1], data, depth) if len(args) % 2 else None


def _and(walk: Walk, args: list[Rule], data: Any, depth: int) -> Any:
    value = None
    for arg in args:
        value = walk.value(arg, data, depth)
        if not truthy(value):
            break
    return value


def _or(walk: Walk, args: list[Rule], data: Any, depth: int) -> Any:
    value = None
    for arg in args:
        value = walk.value(arg, data, depth)
        if truthy(value):
            break
    return value


def _each(walk: Walk, args: list[Rule], data: Any, depth: int) -> tuple[list[Any], Rule]:
    """The items that an operator runs over (none where there is no array), and the rule it runs."""
    items = walk.value(args[0], data, depth) if args else None
    items = items if isinstance(items, list) else []
    walk.spend(len(items))
    return items, args[1] if len(args) > 1 else None


def _map(walk: Walk, args: list[Rule], data: Any, depth: int) -> Any:
    items, rule = _each(walk, args, data, depth)
    return [walk.value(rule, item, depth) for item in items]


def _filter(walk: Walk, args: list[Rule], data: Any, depth: int) -> Any:
    items, rule = _each(walk, args, data, depth)
    return [item for item in items if truthy(walk.value(rule, item, depth))]


def _all(walk: Walk, args: list[Rule], data: Any, depth: int) -> Any:
    items, rule = _each(walk, args, data, depth)
    return bool(items) and all(truthy(walk.value(rule, item, depth)) for item in items)


def _some(walk: Walk, args: list[Rule], data: Any, depth: int) -> Any:
    items, rule = _each(walk, args, data, depth)
    return any(truthy(walk.value(rule, item, depth)) for item in items)


def _none(walk: Walk, args: list[Rule], data: Any, depth: int) -> Any:
    return not _some(walk, args, data, depth)


def _reduce(walk: Walk, args: list[Rule], data: Any, depth: int) -> Any:
    items, rule = _each(walk, args, data, depth)
    value = walk.value(args[2], data, depth) if len(args) > 2 else None
    for item in items:
        value = walk.value(rule, {"current": item, "accumulator": value}, depth)
    return value


_CHOOSERS: Mapping[str, Callable[[Walk, list[Rule], Any, int], Any]] = {
    "if": _if,
    "?:": _if,
    "and": _and,
    "or": _or,
    "map": _map,
    "filter": _filter,
    "reduce": _reduce,
    "all": _all,
    "some": _some,
    "none": _none,
}
"""Operators that choose what is looked at, or look at other data."""

_CUSTOM = ("fractional", "starts_with", "ends_with", "sem_ver")

KNOWN = (*_CHOOSERS, *OPERATORS, *_CUSTOM)
"""All operators that a rule may use."""
