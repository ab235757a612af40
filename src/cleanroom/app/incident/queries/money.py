"""Where does the spending come from? The excess over what was usual, by feature, and what of it are loops, retries and tests."""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.app.incident.queries.look import ROWS, Look, Told, cannot, share
from cleanroom.core.incident.compare import Asked, Excess, Why, excess, reasons, rose, usual_length
from cleanroom.core.telemetry.metrics import REQUESTS

_MOST = 8
_LARGE = 0.5
_NOTABLE = 0.1
_UNITS = {"cost": "money", "output_tokens": "output tokens", REQUESTS: "requests"}
_WHAT: dict[Why, str] = {"test": "test traffic", "loop": "loops", "retry": "retries"}


def features(look: Look) -> Told:
    """By feature, from all calls."""
    if not look.ratio:
        return cannot("there is no telemetry from before it began to compare with")
    found = excess(_by_feature(look, now=False), _by_feature(look, now=True), look.ratio)
    lines = [_whole(look, found)]
    shares = found.shares
    for part in list(shares)[:_MOST]:
        now, usual = found.by_part[part]
        lines.append(f"{part or '(no feature)'}: {now:,.4g}, {usual:,.4g} usual, {shares[part]:.0%} of the excess")
    unpriced = sum(bad for _, bad, _ in look.sums("unpriced", now=True).values())
    lines += [f"{unpriced:,} requests have no price, and are not in it"] if unpriced else []
    if not found.grew:
        return Told("no", f"it does not spend more than before: {lines[0]}", tuple(lines))
    worst = next(iter(shares))
    if shares[worst] >= _LARGE:
        return Told("yes", f"{worst or 'calls without a feature'}: {shares[worst]:.0%} of the excess", tuple(lines))
    return Told("no", "no feature makes up half of the excess", tuple(lines))


def loops(look: Look) -> Told:
    """The same asked again and again in one conversation."""
    return _reason(look, "loop")


def retries(look: Look) -> Told:
    """Asked again, or after what went wrong; and whether more goes wrong than before."""
    told = _reason(look, "retry")
    worse: list[str] = []
    for metric in (REQUESTS, "hallucination", "refused", "cut_off"):
        (n0, bad0), (n, bad) = look.rate(metric, now=False), look.rate(metric, now=True)
        if rose(bad0, n0, bad, n):
            worse.append(f"{metric} rose from {share(bad0, n0)} to {share(bad, n)} of calls")
    if told.says == "yes" and worse:
        return Told("yes", f"{told.answer}; quality got worse: {worse[0]}", (*told.evidence, *worse))
    return Told(told.says, told.answer, (*told.evidence, *worse))


def tests(look: Look) -> Told:
    """What calls itself a test."""
    return _reason(look, "test")


def _by_feature(look: Look, *, now: bool) -> dict[str, float]:
    return (
        look.counts(REQUESTS, "feature", now=now)
        if look.unit == REQUESTS
        else look.spent(look.unit, "feature", now=now)
    )


def _whole(look: Look, found: Excess) -> str:
    times = f", {found.now / found.usual:.1f} times the usual" if found.usual else ", nothing usual before"
    return f"{_UNITS[look.unit]}: {found.now:,.4g} since it began{times} ({found.usual:,.4g} in as much time)"


def _reason(look: Look, why: Why) -> Told:
    """How much of the excess has that reason, by the newest requests of before and since."""
    now, before = look.asked(now=True), look.asked(now=False)
    if not now:
        return cannot("no requests are kept since it began: only figures are left of them")
    usual = usual_length(before)
    spent: dict[str, float] = {}
    talks: dict[str, float] = {}
    for one, reason in zip(now, reasons(now, usual), strict=True):
        spent[reason] = spent.get(reason, 0.0) + one.spent
        if reason == why:
            talks[one.talk] = talks.get(one.talk, 0.0) + 1
    then: dict[str, float] = {}
    for one, reason in zip(before, reasons(before, usual), strict=True):
        then[reason] = then.get(reason, 0.0) + one.spent
    whole, part = sum(spent.values()), spent.get(why, 0.0)
    part_before, whole_before = then.get(why, 0.0), sum(then.values())
    found = excess(_scaled(look, then, now=False), _scaled(look, spent, now=True), look.ratio)
    of_excess = found.shares.get(why, 0.0) if found.grew else 0.0
    lines = [
        f"{_WHAT[why]}: {share(part, whole)} of what is spent since it began, {share(part_before, whole_before)} before",
        f"{of_excess:.0%} of the excess" if found.grew else "nothing is spent beyond what is usual",
        *(f"{talk[:80]}: {n:,.0f} such requests" for talk, n in sorted(talks.items(), key=lambda t: -t[1])[:_MOST]),
        *_read(now, before),
    ]
    large = part > 0 and part >= _NOTABLE * whole and part * max(whole_before, 1e-12) > 1.5 * part_before * whole
    if large or of_excess >= _NOTABLE:
        return Told("yes", f"{_WHAT[why]}: {of_excess:.0%} of the excess" if found.grew else lines[0], tuple(lines))
    return Told("no", f"{_WHAT[why]}: {share(part, whole)} of what is spent, which does not explain it", tuple(lines))


def _scaled(look: Look, found: dict[str, float], *, now: bool) -> dict[str, float]:
    """What the requests that were read say, for all of them."""
    read = sum(found.values())
    every = sum(_by_feature(look, now=now).values())
    return {k: v * every / read for k, v in found.items()} if read else {}


def _read(now: Sequence[Asked], before: Sequence[Asked]) -> tuple[str, ...]:
    texts = sum(bool(a.text) for a in now)
    lines = [f"of the newest {len(now):,} requests since, and {len(before):,} before"] if len(now) + 1 >= ROWS else []
    if texts < len(now):
        lines.append(
            f"{len(now) - texts:,} of {len(now):,} requests have no text that is kept: the same asked again is not seen"
        )
    return tuple(lines)
