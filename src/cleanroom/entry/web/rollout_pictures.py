"""What do the pages of rollouts draw? The way up the ramp, and the evidence over time against its thresholds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from cleanroom.core.base import Instant, micros
from cleanroom.entry.rollouts import Told, amount

_WIDE, _HIGH = 720, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 96, 14, 30
_LOWEST, _HIGHEST = -2.0, 3.0
"""Powers of ten that the picture shows; what lies beyond stays at its edge."""


@dataclass(frozen=True, slots=True)
class Point:
    """Evidence at a moment: e-values, and the candidate's share of traffic (0 to 1)."""

    at: Instant
    harm: float
    safe: float
    share: float


def ramp(one: Told) -> Markup:
    """The phases side by side, as wide as their share grows; the one that it is in stands out."""
    count, gap = len(one.phases), 4
    width = (_WIDE - gap * (count - 1)) / count
    out = []
    for place, share in enumerate(one.phases):
        kind = "past" if place + 1 < one.phase else "now" if place + 1 == one.phase else "ahead"
        x, tall = place * (width + gap), 10 + 34 * math.sqrt(share)
        out.append(
            f'<rect class="{kind}" x="{x:.1f}" y="{46 - tall:.1f}" width="{width:.1f}" height="{tall:.1f}" rx="3"/>'
        )
        out.append(
            f'<text class="{kind}" x="{x + width / 2:.1f}" y="64" text-anchor="middle">{share * 100:.4g}%</text>'
        )
    title = f"Phase {one.phase} of {count}: {one.share * 100:.4g}% of traffic has the candidate."
    return Markup(  # noqa: S704 - numbers and our own words
        f'<svg class="ramp {escape(one.state.lower())}" viewBox="0 0 {_WIDE} 70" role="img" aria-label="{escape(title)}">'
        f"{''.join(out)}</svg>"
    )


def evidence(points: Sequence[Point], bar: float, begin: Instant, end: Instant) -> Markup:
    """E-values for harm and for safety over time, on a logarithmic scale, with the bar that either must reach."""
    first, last = micros(begin), max(micros(end), micros(begin) + 1)

    def x(at: Instant) -> float:
        return _LEFT + (_WIDE - _LEFT - _RIGHT) * (micros(at) - first) / (last - first)

    out = [_grid(bar), *_steps(points, x)]
    for name, values in (("safe", [p.safe for p in points]), ("harm", [p.harm for p in points])):
        path = " ".join(f"{x(p.at):.1f},{_y(v):.1f}" for p, v in zip(points, values, strict=True))
        out.append(f'<polyline class="{name}" points="{path}"/>')
        if points:
            out.append(_end(name, x(points[-1].at), values[-1]))
    hours = (last - first) / 3.6e9
    out.append(f'<text x="{_LEFT}" y="{_HIGH - 6}">start</text>')
    out.append(f'<text x="{_WIDE - _RIGHT}" y="{_HIGH - 6}" text-anchor="end">{hours:,.0f} hours</text>')
    said = f"{points[-1].harm:.3g} for harm and {points[-1].safe:.3g} for safety" if points else "none yet"
    title = f"Evidence over time as e-values: {said}; {bar:g} decides."
    return Markup(  # noqa: S704 - numbers and our own words
        f'<svg class="evidence" viewBox="0 0 {_WIDE} {_HIGH}" role="img" aria-label="{escape(title)}">{"".join(out)}</svg>'
    )


def _y(value: float) -> float:
    power = min(_HIGHEST, max(_LOWEST, math.log10(max(value, 1e-12))))
    return _TOP + (_HIGH - _TOP - _BOTTOM) * (_HIGHEST - power) / (_HIGHEST - _LOWEST)


def _grid(bar: float) -> str:
    right = _WIDE - _RIGHT
    out = []
    for power in range(int(_LOWEST), int(_HIGHEST) + 1):
        y, said = _y(10.0**power), f"{10.0**power:,g}"
        out.append(f'<line class="grid" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        out.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{said}</text>')
    y = _y(bar)
    out.append(f'<line class="bar" x1="{_LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
    out.append(f'<text class="bar" x="{_LEFT + 6}" y="{y - 6:.1f}">{bar:g} decides</text>')
    return "".join(out)


def _steps(points: Sequence[Point], x: Callable[[Instant], float]) -> list[str]:
    """A line where the share changed, with the new one."""
    out, before = [], points[0].share if points else 0.0
    for point in points:
        if point.share != before:
            at = x(point.at)
            out.append(f'<line class="step" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP}" y2="{_HIGH - _BOTTOM}"/>')
            out.append(f'<text x="{at + 4:.1f}" y="{_HIGH - _BOTTOM - 5}">{point.share * 100:.4g}%</text>')
            before = point.share
    return out


def _end(name: str, x: float, value: float) -> str:
    word, beside = {"harm": "harm", "safe": "safety"}[name], min(x + 9, _WIDE - _RIGHT + 9)
    return (
        f'<circle class="{name}" cx="{x:.1f}" cy="{_y(value):.1f}" r="3.5"/>'
        f'<text class="{name}" x="{beside:.1f}" y="{_y(value) + 4:.1f}">{word} {escape(amount(value))}</text>'
    )
