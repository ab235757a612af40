"""What does an operator of a rule make of its values? JsonLogic's operators, all but those that choose what is looked at."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from cleanroom.core.flags.values import equal, join, leading_number, less, number, same, text, tidy, truthy

Args = list[Any]


def lookup(data: Any, name: Any, default: Any) -> Any:
    """The value at a dotted path; `default` where there is none, or null."""
    if name is None or name == "":
        return data
    name = name if isinstance(name, str) else text(name)
    for part in name.split(".") if "." in name else (name,):
        if isinstance(data, dict):
            data = data.get(part)
        elif isinstance(data, list) and part.isdecimal() and part.isascii() and len(part) < 10:
            data = data[int(part)] if int(part) < len(data) else None
        else:
            data = None
        if data is None:
            return default
    return data


def _at(args: Args, index: int) -> Any:
    return args[index] if index < len(args) else None


def _missing(args: Args, data: Any) -> Args:
    names = args[0] if args and isinstance(args[0], list) else args
    return [name for name in names if lookup(data, name, None) in (None, "")]


def _missing_some(args: Args, data: Any) -> Args:
    names = _at(args, 1)
    names = names if isinstance(names, list) else []
    gone = _missing([names], data)
    return [] if len(names) - len(gone) >= number(_at(args, 0)) else gone


def _in(args: Args) -> bool:
    what, where = _at(args, 0), _at(args, 1)
    if isinstance(where, str):
        return text(what) in where
    if not isinstance(where, list):
        return False
    return what in where if isinstance(what, str) else any(same(what, item) for item in where)


def _substr(args: Args) -> str:
    """JavaScript's substr; a negative third argument leaves that many off the end."""
    whole, start = text(_at(args, 0)), _whole(_at(args, 1))
    rest = whole[max(0, len(whole) + start) if start < 0 else start :]
    if _at(args, 2) is None:
        return rest
    many = _whole(args[2])
    return rest[: max(0, len(rest) + many)] if many < 0 else rest[:many]


def _whole(value: Any) -> int:
    found = number(value)
    return 0 if math.isnan(found) else int(max(-1e9, min(1e9, found)))


def _cat(args: Args) -> str:
    return join(tuple("" if arg is None else text(arg) for arg in args))


def _merge(args: Args) -> Args:
    return [item for arg in args for item in (arg if isinstance(arg, list) else (arg,))]


def _plus(args: Args) -> float:
    total = 0.0
    for arg in args:  # one by one, since sum() rounds differently from one Python to the next
        total += leading_number(arg)
    return tidy(total)


def _minus(args: Args) -> float:
    first = number(_at(args, 0))
    return tidy(-first if len(args) < 2 else first - number(args[1]))


def _product(args: Args) -> float:
    return tidy(math.prod(map(leading_number, args), start=1.0))


def _quotient(args: Args) -> float:
    above, below = number(_at(args, 0)), number(_at(args, 1))
    if below:
        return tidy(above / below)
    return math.copysign(math.inf, above) if above and not math.isnan(above) else math.nan


def _remainder(args: Args) -> float:
    """JavaScript's %, which takes the sign of what is divided."""
    try:
        return tidy(math.fmod(number(_at(args, 0)), number(_at(args, 1))))
    except ValueError:
        return math.nan


def _extreme(args: Args, choose: Callable[[list[float]], float], empty: float) -> float:
    found = [number(arg) for arg in args]
    return math.nan if any(map(math.isnan, found)) else tidy(choose(found)) if found else empty


def _between(args: Args, *, or_equal: bool) -> bool:
    first = less(_at(args, 0), _at(args, 1), or_equal=or_equal)
    return first and (len(args) < 3 or less(args[1], args[2], or_equal=or_equal))


OPERATORS: Mapping[str, Callable[[Args, Any], Any]] = {
    "var": lambda args, data: lookup(data, _at(args, 0), _at(args, 1)),
    "missing": _missing,
    "missing_some": _missing_some,
    "==": lambda args, _: equal(_at(args, 0), _at(args, 1)),
    "!=": lambda args, _: not equal(_at(args, 0), _at(args, 1)),
    "===": lambda args, _: same(_at(args, 0), _at(args, 1)),
    "!==": lambda args, _: not same(_at(args, 0), _at(args, 1)),
    "!": lambda args, _: not truthy(_at(args, 0)),
    "!!": lambda args, _: truthy(_at(args, 0)),
    "<": lambda args, _: _between(args, or_equal=False),
    "<=": lambda args, _: _between(args, or_equal=True),
    ">": lambda args, _: less(_at(args, 1), _at(args, 0)),
    ">=": lambda args, _: less(_at(args, 1), _at(args, 0), or_equal=True),
    "in": lambda args, _: _in(args),
    "cat": lambda args, _: _cat(args),
    "substr": lambda args, _: _substr(args),
    "merge": lambda args, _: _merge(args),
    "max": lambda args, _: _extreme(args, max, -math.inf),
    "min": lambda args, _: _extreme(args, min, math.inf),
    "+": lambda args, _: _plus(args),
    "-": lambda args, _: _minus(args),
    "*": lambda args, _: _product(args),
    "/": lambda args, _: _quotient(args),
    "%": lambda args, _: _remainder(args),
}
"""Each takes its values, worked out already, and the data that the rule looks at."""
