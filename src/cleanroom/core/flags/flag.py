"""What is a flag? Its variants, who gets which, and what may not move while a rollout runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any

from cleanroom.core.base import noun
from cleanroom.core.flags.bucketing import HASH_VERSIONS, STEPS, HashVersion
from cleanroom.core.flags.targeting import Rule, mistakes_in
from cleanroom.core.flags.values import is_number
from cleanroom.core.mistakes import Mistake

LONGEST_KEY = 200
MOST_VARIANTS = 100
MOST_OVERRIDES = 1_000


@noun
class Split:
    """`share` of the audience gets `candidate`, in STEPS of 0.001%; the last `holdout` steps never do, whatever the share.

    The candidate's interval grows from zero up and the holdout lies at the other end, so that nobody who is in leaves when
    the share grows. All between is the concurrent control.
    """

    candidate: str
    share: int
    holdout: int = 0


@noun
class Flag:
    """A choice among `variants`, JSON values of one type.

    safe        the variant of a killed or failing flag; the code's default must be the same
    control     what everybody gets who is not given the candidate; `safe` where it is empty
    targeting   a rule that names a variant, or null to go on
    audience    a rule; where it is not true the split does not apply and `control` is served
    split       the candidate and its share of the audience
    hash, space how and in which space keys are spread: the text that is hashed is `space` (the flag's key where it is empty)
                followed by the targeting key; flags of one space and hash put a key at the same point
    overrides   variants by targeting key, before anything but a kill
    metadata    told with every evaluation: text, numbers, booleans
    floats      its numbers are floats, also where they are whole: JSON does not say 10 and 10.0 apart, and callers do
    """

    key: str
    variants: Mapping[str, Any]
    safe: str
    control: str = ""
    split: Split | None = None
    targeting: Rule = None
    audience: Rule = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    hash: HashVersion = "flagd-2"
    space: str = ""
    killed: bool = False
    metadata: Mapping[str, str | float | bool] = field(default_factory=dict)
    floats: bool = False

    @property
    def rest(self) -> str:
        """The variant of everybody who is not given the candidate."""
        return self.control or self.safe

    @property
    def hash_space(self) -> str:
        """What is put before a targeting key when it is hashed."""
        return self.space or self.key


def given(split: Split) -> int:
    """The steps that the candidate really has: the holdout is never given away."""
    return max(0, min(split.share, STEPS - split.holdout))


def weights(split: Split) -> tuple[int, int]:
    """The candidate's steps and all others, as `fractional` reads them."""
    candidate = given(split)
    return candidate, STEPS - candidate


def killed(flag: Flag) -> Flag:
    """The flag, off for all: everybody gets the safe variant."""
    return replace(flag, killed=True)


def restored(flag: Flag) -> Flag:
    """The flag as it was before the kill."""
    return replace(flag, killed=False)


def ramped(flag: Flag, share: int) -> Flag:
    """The flag with `share` steps for its candidate. Raises ValueError without a split or beyond STEPS."""
    if flag.split is None:
        raise ValueError(f"flag {flag.key} has no split")
    if not 0 <= share <= STEPS:
        raise ValueError(f"a share lies between 0 and {STEPS:,} steps")
    return replace(flag, split=replace(flag.split, share=share))


def moved(before: Flag, after: Flag) -> tuple[str, ...]:
    """What differs that puts keys elsewhere than a ramp would: it must stay as it is while a rollout runs.

    Not among them: the share of the candidate, a kill, overrides (an overridden key is not of the comparison) and metadata.
    """
    names = ["variants", "safe", "rest", "targeting", "audience", "hash", "hash_space"]
    out = [name for name in names if getattr(before, name) != getattr(after, name)]
    if _frozen(before.split) != _frozen(after.split):
        out.append("split")
    return tuple({"rest": "control", "hash_space": "space"}.get(name, name) for name in out)


def _frozen(split: Split | None) -> tuple[str, int] | None:
    return None if split is None else (split.candidate, split.holdout)


def has_floats(flag: Flag) -> bool:
    """Are its numbers floats? They are all where one of them is."""
    return flag.floats or any(isinstance(value, float) for value in flag.variants.values())


def exact(flag: Flag) -> Flag:
    """The flag with the floats that its JSON lost: 10 becomes 10.0 where its numbers are floats."""
    if not flag.floats:
        return flag
    return replace(flag, variants={name: float(v) if is_number(v) else v for name, v in flag.variants.items()})


def mistakes(flag: Flag) -> tuple[Mistake, ...]:
    """What is wrong with a flag; with nothing wrong every evaluation of it finds its variant."""
    out: list[Mistake] = []
    if not 0 < len(flag.key) <= LONGEST_KEY:
        out.append(Mistake(("key",), f"the key must have 1 to {LONGEST_KEY} characters"))
    if not flag.key.isprintable() or not flag.space.isprintable():
        out.append(Mistake(("key",), "the key and the space must be printable text"))
    if flag.hash not in HASH_VERSIONS:
        out.append(Mistake(("hash",), f"unknown hash version {flag.hash!r}", f"Known: {', '.join(HASH_VERSIONS)}."))
    out += _of_variants(flag)
    out += _of_names(flag)
    out += _of_split(flag.split)
    for name, rule in (("targeting", flag.targeting), ("audience", flag.audience)):
        out += [mistake.under((name,)) for mistake in mistakes_in(rule)]
    out += [
        Mistake(("metadata", key), "metadata is text, a number or a boolean")
        for key, value in flag.metadata.items()
        if not isinstance(value, str | bool) and not is_number(value)
    ]
    return tuple(out)


def _of_variants(flag: Flag) -> list[Mistake]:
    if not 0 < len(flag.variants) <= MOST_VARIANTS:
        return [Mistake(("variants",), f"a flag has 1 to {MOST_VARIANTS} variants")]
    kinds = {kind_of(value) for value in flag.variants.values()}
    if None in kinds:
        return [Mistake(("variants",), "a variant is a boolean, a text, a number or an object")]
    if len(kinds) > 1:
        return [Mistake(("variants",), f"the variants are of several types: {', '.join(sorted(map(str, kinds)))}")]
    return [] if all(flag.variants) else [Mistake(("variants", ""), "a variant needs a name", at="key")]


def kind_of(value: Any) -> str | None:
    """`boolean`, `string`, `number` or `object`; None for what no flag may hold."""
    match value:
        case bool():
            return "boolean"
        case str():
            return "string"
        case int() | float():
            return "number"
        case Mapping():
            return "object"
        case _:
            return None


def _of_names(flag: Flag) -> list[Mistake]:
    named: list[tuple[tuple[str | int, ...], str]] = [(("safe",), flag.safe), (("control",), flag.rest)]
    if flag.split is not None:
        named.append((("split", "candidate"), flag.split.candidate))
    named += [(("overrides", key), variant) for key, variant in flag.overrides.items()]
    out = [Mistake(path, f"there is no variant {name!r}") for path, name in named if name not in flag.variants]
    if len(flag.overrides) > MOST_OVERRIDES:
        out.append(Mistake(("overrides",), f"more than {MOST_OVERRIDES:,} overrides", "Use a targeting rule."))
    return out


def _of_split(split: Split | None) -> list[Mistake]:
    if split is None:
        return []
    return [
        Mistake(("split", name), f"{name} lies between 0 and {STEPS:,} steps")
        for name, steps in (("share", split.share), ("holdout", split.holdout))
        if not 0 <= steps <= STEPS
    ]
