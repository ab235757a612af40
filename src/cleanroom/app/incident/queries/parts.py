"""Are another model, another prompt, other users or another caution at work since it began? By the parts of calls."""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.app.incident.queries.look import Look, Told, cannot, share
from cleanroom.core.call import EVENT
from cleanroom.core.incident.compare import LEAST, Mix, mixed, rose
from cleanroom.core.telemetry.metrics import REQUESTS
from cleanroom.ports.calls import Part

_BAD = ("hallucination", "hallucination_overlap", "escalated", "pii", "misclassified", "refused", "error")
_MOST = 8
_FACTOR = 1.5
_VOLUME = 2.0


def models(look: Look) -> Told:
    """Which models answered, before and since."""
    return _part(look, "model", "models")


def prompts(look: Look) -> Told:
    """Which prompts, by their versions."""
    return _part(look, "prompt", "prompts")


def _part(look: Look, part: Part, what: str) -> Told:
    before, now = look.counts(REQUESTS, part, now=False), look.counts(REQUESTS, part, now=True)
    if not {name for name in (*before, *now) if name}:
        return cannot(f"calls do not say which {part} they used")
    mix = mixed(before, now)
    if mix is None:
        return cannot(_few(before, now))
    lines = (*_mix_lines(before, now), *_rates(look, part))
    if mix.differs:
        return Told("yes", f"other {what} answer since it began: {_how(mix)}", lines)
    return Told("no", f"the same {what} answer as in the days before (shares moved by {mix.moved:.0%})", lines)


def users(look: Look) -> Told:
    """What is asked for: features, how much, and how long inputs are."""
    before, now = look.counts(REQUESTS, "feature", now=False), look.counts(REQUESTS, "feature", now=True)
    mix = mixed(before, now)
    if mix is None:
        return cannot(_few(before, now))
    found = [f"features moved: {_how(mix)}"] if mix.differs else []
    lines = [*_mix_lines(before, now)]
    usual, seen = sum(before.values()) * look.ratio, sum(now.values())
    if usual > 0:
        lines.append(f"requests: {seen:,.0f} since it began, {usual:,.0f} usual in as much time")
        if not 1 / _VOLUME <= seen / usual <= _VOLUME:
            found.append(f"{seen / usual:.1f} times as many requests as usual")
    length, longer = (_mean(look, "input_tokens", now=now) for now in (False, True))
    if length and longer:
        lines.append(f"input tokens a request: {length:,.0f} before, {longer:,.0f} since")
        if not 1 / _FACTOR <= longer / length <= _FACTOR:
            found.append(f"inputs are {longer / length:.1f} times as long")
    if found:
        return Told("yes", f"users ask for something else: {'; '.join(found)}", tuple(lines))
    return Told("no", "features, volume and length of inputs are as in the days before", tuple(lines))


def edges(look: Look) -> Told:
    """Does one feature make up most of what is passed on more than before?"""
    told = bool(look.rate("escalated", now=True)[0])
    metric = "escalated" if told else f"{EVENT}escalation"
    asked = [look.counts("escalated" if told else REQUESTS, "feature", now=now) for now in (False, True)]
    passed = [
        {f: float(bad if told else n) for f, (n, bad, _) in look.sums(metric, "feature", now=now).items()}
        for now in (False, True)
    ]
    if not any(passed[1].values()):
        return cannot("no call and no user event says that anything went to a person since it began")
    if sum(asked[0].values()) < LEAST or len(asked[1]) < 2:
        return cannot("there is one feature only, or too little from before to compare with")
    beyond = {
        f: passed[1].get(f, 0.0) - n * passed[0].get(f, 0.0) / asked[0].get(f, 1.0) for f, n in asked[1].items() if n
    }
    whole = sum(v for v in beyond.values() if v > 0)
    lines = tuple(
        f"{f or '(no feature)'}: {passed[1].get(f, 0.0):,.0f} of {n:,.0f} ({share(passed[1].get(f, 0.0), n)}), "
        f"{share(passed[0].get(f, 0.0), asked[0].get(f, 0.0))} before"
        for f, n in sorted(asked[1].items(), key=lambda p: -beyond.get(p[0], 0.0))[:_MOST]
    )
    worst = max(beyond, key=lambda f: beyond[f])
    then, since = ((round(passed[i].get(worst, 0.0)), round(asked[i].get(worst, 0.0))) for i in (0, 1))
    if whole > 0 and beyond[worst] >= 0.5 * whole and (rose(*then, *since) or then[1] < LEAST <= since[0]):
        return Told(
            "yes",
            f"{worst or 'calls without a feature'}: {share(beyond[worst], whole)} of what is passed on more",
            lines,
        )
    return Told("no", "no feature passes on more than before, beyond chance, and makes up half of it", lines)


def cautious(look: Look) -> Told:
    """Did a new prompt come, and does it refuse or pass on more than those before?"""
    before, now = look.counts(REQUESTS, "prompt", now=False), look.counts(REQUESTS, "prompt", now=True)
    if not {name for name in (*before, *now) if name}:
        return cannot("calls do not say which prompt they used")
    mix = mixed(before, now)
    if mix is None:
        return cannot(_few(before, now))
    lines: list[str] = []
    found: list[str] = []
    for metric in ("escalated", "refused"):
        n_before, bad_before = look.rate(metric, now=False)
        for prompt, (n, bad, _) in look.sums(metric, "prompt", now=True).items():
            lines.append(f"{prompt}: {metric} {share(bad, n)} of {n:,}, {share(bad_before, n_before)} before")
            if prompt in mix.new and rose(bad_before, n_before, bad, n):
                found.append(f"{prompt} is new, and {metric} at {share(bad, n)} ({share(bad_before, n_before)} before)")
    if not lines:
        return cannot("no call says whether it was refused or passed on (metrics refused, escalated)")
    if found:
        return Told("yes", "; ".join(found), tuple(lines[:_MOST]))
    why = "no prompt is new" if not mix.new else f"the new ones ({', '.join(mix.new)}) refuse and pass on no more"
    return Told("no", why, tuple(lines[:_MOST]))


def _mean(look: Look, metric: str, *, now: bool) -> float | None:
    n, _, total = look.sums(metric, now=now).get("", (0, 0, 0.0))
    return total / n if n >= LEAST else None


def _how(mix: Mix) -> str:
    parts = [f"new: {', '.join(n or '(none said)' for n in mix.new[:4])}"] if mix.new else []
    parts += [f"gone: {', '.join(n or '(none said)' for n in mix.gone[:4])}"] if mix.gone else []
    return "; ".join((*parts, f"shares moved by {mix.moved:.0%}"))


def _few(before: dict[str, float], now: dict[str, float]) -> str:
    return f"too few requests to compare: {sum(before.values()):,.0f} before, {sum(now.values()):,.0f} since it began"


def _mix_lines(before: dict[str, float], now: dict[str, float]) -> Iterator[str]:
    n, m = sum(before.values()), sum(now.values())
    for name in sorted({*before, *now}, key=lambda k: (-now.get(k, 0.0), k))[:_MOST]:
        yield f"{name or '(none said)'}: {share(before.get(name, 0), n)} before, {share(now.get(name, 0), m)} since"


def _rates(look: Look, part: Part) -> Iterator[str]:
    """Which of them the bad calls come from, by the first metric that has any."""
    for metric in _BAD:
        found = {name: (n, bad) for name, (n, bad, _) in look.sums(metric, part, now=True).items() if n}
        if len(found) > 1 and any(bad for _, bad in found.values()):
            for name, (n, bad) in sorted(found.items(), key=lambda p: -p[1][1] / p[1][0])[:4]:
                yield f"{metric} of {name or '(none said)'}: {bad:,} of {n:,} ({share(bad, n)})"
            return
