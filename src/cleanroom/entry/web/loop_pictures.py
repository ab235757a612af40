"""What does the page of the loop draw? Incidents over time with their repeats, and what they left behind so far."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate

from markupsafe import Markup, escape

from cleanroom.app.incident.loop import Turn
from cleanroom.core.base import Instant, micros
from cleanroom.core.facts.incidents import Category
from cleanroom.core.incident.categories import PATHS

_WIDE = 720
_LEFT, _RIGHT, _TOP = 178, 24, 20
_LANE = 40
_APART = 27
"""From dot to dot, so that none lies on another."""
_DEEP = 4
"""Dots of a lane below one another; what there is more of at that time is one mark that counts them."""
_MOST = 200
"""Incidents that are drawn, the newest: the table below has all of them."""

_TONES = {"detected": "fail", "contained": "warn", "mitigated": "wait", "closed": "pass"}
_PARTS = (
    ("cases", "case", "cases"),
    ("monitors", "monitor", "monitors"),
    ("fixes", "fix", "fixes"),
    ("docs", "doc", "docs"),
)
_BESIDE = {"cases": -3, "monitors": -1, "fixes": 1, "docs": 3}
"""Lines at the same height lie side by side."""
_HIGH, _BASE = 200, 170


def over_time(turns: Sequence[Turn], now: Instant) -> Markup:
    """A lane for each category that there is, a dot for each incident, and an arc from each repeat to the one it repeats."""
    shown = sorted(turns[:_MOST], key=lambda t: t.opened)
    lanes = [c for c in PATHS if any(t.category == c for t in shown)]
    rows: list[Category | None] = [*lanes, None] if any(t.category is None for t in shown) else [*lanes]
    x = _scale(shown, now, _LEFT, _WIDE - _RIGHT)
    swarms = {row: _swarm([(t.id, x(t.opened)) for t in shown if t.category == row]) for row in rows}
    highs = [_LANE + _APART * max(depth for _, depth in swarms[row].values()) for row in rows]
    y = {row: _TOP + before + _LANE // 2 for row, before in zip(rows, accumulate(highs, initial=0), strict=False)}
    high = _TOP + sum(highs) + 30
    out = [_lane(row, y[row]) for row in rows]
    spots = {id: (at, y[row] + _APART * depth) for row in rows for id, (at, depth) in swarms[row].items()}
    for turn in shown:
        near = max(turn.repeats, key=lambda r: int(r.id) if r.id.isdecimal() else 0, default=None)
        if near is not None and near.id in spots:
            out.append(_arc(spots[near.id], spots[turn.id]))
    out += _dots(shown, spots)
    out += _ends(shown[0].opened, now, _LEFT, _WIDE - _RIGHT, high - 6)
    again = sum(bool(t.repeats) for t in shown)
    title = f"{len(shown)} incidents over time, by category; {again} of them repeat an earlier one."
    return _svg("loop", _WIDE, high, title, out, "group")


def left_behind(turns: Sequence[Turn], now: Instant) -> Markup:
    """How many cases, monitors, fixes and docs there are thanks to incidents, adding up from the oldest to the newest."""
    oldest = sorted(turns, key=lambda t: t.opened)
    sums = {part: list(accumulate(getattr(t.added, part) for t in oldest)) for part, *_ in _PARTS}
    top = max(1, *(s[-1] for s in sums.values() if s))
    left, right = 40, _WIDE - 110
    x = _scale(oldest, now, left, right)

    def y(value: float) -> float:
        return float(_BASE - (_BASE - _TOP) * value / top)

    out = []
    for value in sorted({0, (top + 1) // 2, top}):
        out.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{y(value):.1f}" y2="{y(value):.1f}"/>')
        out.append(f'<text x="{left - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value}</text>')
    for part, *_ in _PARTS:
        points = _stairs(oldest, sums[part], (x, y), _BESIDE[part], right)
        out.append(f'<polyline class="{part}" points="{points}"/>')
    out += _names(sums, y, right)
    out += _ends(oldest[0].opened, now, left, right, _HIGH - 8)
    said = ", ".join(_counted(sums[part][-1], one, more) for part, one, more in _PARTS)
    return _svg("behind", _WIDE, _HIGH, f"What incidents left behind so far: {said}.", out)


def _scale(turns: Sequence[Turn], now: Instant, left: float, right: float) -> Callable[[Instant], float]:
    """A margin on both sides keeps dots off the edges."""
    first = micros(turns[0].opened)
    span = max(micros(now) - first, 1)

    def place(at: Instant) -> float:
        return left + 10 + (right - left - 20) * min(1.0, max(0.0, (micros(at) - first) / span))

    return place


def _lane(row: Category | None, y: float) -> str:
    name = PATHS[row].title if row is not None else "Not sorted yet"
    return (
        f'<line class="grid" x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="name" x="{_LEFT - 12}" y="{y + 4:.1f}" text-anchor="end">{escape(name)}</text>'
    )


def _arc(a: tuple[float, float], b: tuple[float, float]) -> str:
    (x0, y0), (x1, y1) = a, b
    rise = min(30.0, 8 + (x1 - x0) / 10)
    return (
        f'<path class="again" d="M{x0:.1f} {y0:.1f}Q{(x0 + x1) / 2:.1f} {min(y0, y1) - rise:.1f} {x1:.1f} {y1:.1f}"/>'
    )


def _swarm(dots: Sequence[tuple[str, float]]) -> dict[str, tuple[float, int]]:
    """Where each goes: across, and how many rows down, the first with room. `dots`: ids, from left to right.

    What finds no room in _DEEP rows shares a place in the row below them with the others around it.
    """
    ends = [-math.inf] * (_DEEP + 1)
    made = {}
    for id, x in dots:
        row = next((n for n, end in enumerate(ends[:_DEEP]) if x - end >= _APART), _DEEP)
        if row < _DEEP or x - ends[_DEEP] >= _APART:
            ends[row] = x
        made[id] = ends[row], row
    return made


def _dots(turns: Sequence[Turn], spots: Mapping[str, tuple[float, float]]) -> list[str]:
    """A dot each, and one mark for all that share a place."""
    at: dict[tuple[float, float], list[Turn]] = defaultdict(list)
    for turn in turns:
        at[spots[turn.id]].append(turn)
    return [_dot(those[0], *spot) if len(those) == 1 else _crowd(those, *spot) for spot, those in at.items()]


def _crowd(turns: Sequence[Turn], x: float, y: float) -> str:
    named = ", ".join(t.id for t in turns[:20]) + (" ..." if len(turns) > 20 else "")
    return (
        f'<g class="crowd"><circle cx="{x:.1f}" cy="{y:.1f}" r="13"/><text class="id" x="{x:.1f}" y="{y + 4:.1f}" '
        f'text-anchor="middle">+{len(turns)}</text><title>{escape(f"{len(turns)} more: {named}")}</title></g>'
    )


def _dot(turn: Turn, x: float, y: float) -> str:
    """The table below leads to the same pages by keyboard, so these take no focus."""
    tone = _TONES[turn.state]
    tip = f"{turn.id}: {turn.title} ({turn.state}, {turn.opened[:10]})"
    return (
        f'<a href="/incidents/{escape(turn.id)}" tabindex="-1" aria-hidden="true"><circle class="{tone}" cx="{x:.1f}" '
        f'cy="{y:.1f}" r="11"/><text class="id" x="{x:.1f}" y="{y + 4:.1f}" text-anchor="middle">{escape(turn.id)}</text>'
        f"<title>{escape(tip)}</title></a>"
    )


def _ends(first: Instant, now: Instant, left: int, right: int, y: int) -> list[str]:
    return [
        f'<text x="{left}" y="{y}">{escape(_day(first))}</text>',
        f'<text x="{right}" y="{y}" text-anchor="end">{escape(_day(now))}</text>',
    ]


def _stairs(
    turns: Sequence[Turn],
    sums: Sequence[int],
    scales: tuple[Callable[[Instant], float], Callable[[float], float]],
    beside: int,
    right: float,
) -> str:
    x, y = scales
    points, before = [], 0
    for turn, value in zip(turns, sums, strict=True):
        points += [f"{x(turn.opened) + beside:.1f},{y(n) + beside:.1f}" for n in (before, value)]
        before = value
    return " ".join([*points, f"{right:.1f},{y(before) + beside:.1f}"])


def _names(sums: dict[str, list[int]], y: Callable[[float], float], right: float) -> list[str]:
    """At the end of each line, at least 17 apart from one another, and none above the picture."""
    wanted = sorted(
        ((y(sums[part][-1]), part, _counted(sums[part][-1], one, more)) for part, one, more in _PARTS), reverse=True
    )
    places, below = [], _BASE + 30.0
    for at, _, _ in wanted:
        below = min(at + 4, below - 17)
        places.append(below)
    down = max(0.0, 14 - below)
    return [
        f'<text class="{part}" x="{right + 10}" y="{place + down:.1f}">{said}</text>'
        for place, (_, part, said) in zip(places, wanted, strict=True)
    ]


def _counted(n: int, one: str, more: str) -> str:
    return f"{n} {one if n == 1 else more}"


def _day(at: Instant) -> str:
    return at[:10]


def _svg(kind: str, wide: int, high: int, title: str, parts: Sequence[str], role: str = "img") -> Markup:
    return Markup(  # noqa: S704 - numbers, our own words, and text that was escaped
        f'<svg class="{kind}" viewBox="0 0 {wide} {high}" role="{role}" aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )
