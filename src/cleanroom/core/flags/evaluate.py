"""Which variant does this key get, and why? Never raises: whatever goes wrong, the safe variant is served."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from cleanroom.core.base import noun
from cleanroom.core.flags.bucketing import STEPS, HashVersion, cuts, point
from cleanroom.core.flags.flag import Flag, Split, weights
from cleanroom.core.flags.reasons import Arm, ErrorCode, Fault, Reason
from cleanroom.core.flags.targeting import applied
from cleanroom.core.flags.values import is_number, text, truthy

TARGETING_KEY = "targetingKey"

Wanted = Literal["boolean", "string", "integer", "float", "object"]


@noun
class Evaluation:
    """What a flag says. `variant` is empty only where there is no flag; `error` and `details` say what went wrong."""

    key: str
    value: Any
    variant: str
    reason: Reason
    arm: Arm
    error: ErrorCode | None
    details: str
    metadata: Mapping[str, str | float | bool]


def evaluate(flag: Flag, context: Any, at: int | None = None) -> Evaluation:
    """The variant of `flag` for an OpenFeature context: `targetingKey` and attributes, plain JSON data (dicts and lists).

    `at`: seconds since 1970, for rules that read `$flagd.timestamp`. Never raises.
    """
    try:
        return _served(flag, flag.safe, "DISABLED", "safe") if flag.killed else _decided(flag, context, at)
    except Fault as fault:
        return _failed(flag, fault.code, str(fault))
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        # A flag is asked in the middle of somebody's request: a fault of ours must not become theirs.
        return _failed(flag, "GENERAL", f"the flag could not be evaluated: {type(error).__name__}")


def not_found(key: str) -> Evaluation:
    """What is said of a flag that is not there."""
    return Evaluation(key, None, "", "ERROR", "safe", "FLAG_NOT_FOUND", f"there is no flag {key[:200]!r}", {})


def stale(flag: Flag, because: str) -> Evaluation:
    """What is said of a flag that nobody has heard of for too long: the safe variant."""
    if flag.safe not in flag.variants:
        return _failed(flag, "GENERAL", f"there is no variant {flag.safe[:200]!r}")
    return Evaluation(
        flag.key, flag.variants[flag.safe], flag.safe, "STALE", "safe", None, because, _told(flag, "safe")
    )


def typed(found: Evaluation, wanted: Wanted) -> Evaluation:
    """The evaluation as a caller wants it, who asked for a type; TYPE_MISMATCH without a value where it is another.

    Numbers become what was asked for as long as nothing is lost.
    """
    value = found.value
    match wanted:
        case "boolean" if isinstance(value, bool):
            return found
        case "string" if isinstance(value, str):
            return found
        case "object" if isinstance(value, Mapping):
            return found
        case "float" if is_number(value):
            return _with_value(found, float(value))
        case "integer" if is_number(value) and value == value // 1:
            return _with_value(found, int(value))
        case _ if found.error is not None:
            return found
        case _:
            details = f"the flag holds no {wanted}"
            return Evaluation(found.key, None, found.variant, "ERROR", "safe", "TYPE_MISMATCH", details, found.metadata)


def _with_value(found: Evaluation, value: float) -> Evaluation:
    return Evaluation(
        found.key, value, found.variant, found.reason, found.arm, found.error, found.details, found.metadata
    )


def _decided(flag: Flag, context: Any, at: int | None) -> Evaluation:
    if not isinstance(context, dict) and not isinstance(context, Mapping):  # the plain case is checked faster
        raise Fault("INVALID_CONTEXT", "the context is not an object")
    key = context.get(TARGETING_KEY)
    if key is not None and not isinstance(key, str):
        raise Fault("INVALID_CONTEXT", "the targeting key is not text")
    if key is not None and key in flag.overrides:
        return _served(flag, flag.overrides[key], "TARGETING_MATCH", "override")
    if flag.targeting is not None:
        named = applied(flag.hash, flag.key, flag.targeting, context, at)
        if named is not None:
            return _served(flag, text(named), "TARGETING_MATCH", "targeting")
    if flag.audience is not None and not truthy(applied(flag.hash, flag.key, flag.audience, context, at)):
        return _served(flag, flag.rest, "DEFAULT", "outside")
    if flag.split is None:
        ruled = flag.targeting is not None or flag.audience is not None
        return _served(flag, flag.rest, "DEFAULT" if ruled else "STATIC", "none")
    if not key:
        raise Fault("TARGETING_KEY_MISSING", "the context has no targeting key")
    arm = arm_of(flag.hash, flag.split, _point(flag, key))
    match arm:
        case "candidate":
            return _served(flag, flag.split.candidate, "SPLIT", arm)
        case "safe":
            return _served(flag, flag.safe, "DEFAULT", arm)
        case _:
            return _served(flag, flag.rest, "SPLIT", arm)


def _point(flag: Flag, key: str) -> int:
    try:
        return point(flag.hash, flag.hash_space + key)
    except ValueError as error:
        raise Fault("INVALID_CONTEXT", "the targeting key holds half of a surrogate pair") from error


def arm_of(version: HashVersion, split: Split, at: int) -> Arm:
    """The arm of the point `at`. `safe`: flagd-1 leaves it without a variant."""
    candidate, end = cuts(version, weights(split))
    if at < candidate:
        return "candidate"
    if at >= end:
        return "safe"
    if split.holdout and at >= cuts(version, (STEPS - split.holdout, split.holdout))[0]:
        return "holdout"
    return "control"


def _served(flag: Flag, variant: str, reason: Reason, arm: Arm) -> Evaluation:
    if variant not in flag.variants:
        raise Fault("GENERAL", f"there is no variant {variant[:200]!r}")
    return Evaluation(flag.key, flag.variants[variant], variant, reason, arm, None, "", _told(flag, arm))


def _told(flag: Flag, arm: Arm) -> Mapping[str, str | float | bool]:
    return {**flag.metadata, "arm": arm, "hash": flag.hash}


def _failed(flag: Flag, code: ErrorCode, details: str) -> Evaluation:
    value = flag.variants.get(flag.safe)
    return Evaluation(flag.key, value, flag.safe, "ERROR", "safe", code, details, _told(flag, "safe"))
