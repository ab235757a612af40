"""What does a plot look like? Small SVG pictures of a Series, before beside after, without scripts or fixed colours.

Colours come from the page's CSS classes, so that light and dark both work; before is dashed or pale and after is solid
or full, and both are named in words, so that nothing rests on colour. Every picture has a title and a description.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape

from cleanroom.core.run import Series
from cleanroom.entry.report.view import number, shown

_WIDTH, _HEIGHT = 360, 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 30, 26
_FEW = 8
"""Up to so many groups get a bar each, with their names."""

_MOST_BARS = 24

Values = Sequence[float | None]


def plot(series: Series, ident: str) -> Markup:
    """The picture of `series`; `ident` makes its ids unique on the page."""
    labels = tuple(shown(x, 40) for x in series.labels)
    before, after = _finite(series.before), _finite(series.after)
    if not any(v is not None for v in (*before, *after)):
        body, height = [_text(_WIDTH / 2, 40, "no data", "middle")], 60.0
    elif series.kind == "funnel" or (series.kind == "drift" and len(labels) <= _FEW):
        body, height = _bars(labels, before, after, series.unit)
    else:
        body, height = _curves(_frame(series, before, after), labels, before, after), float(_HEIGHT)
    title, told = shown(series.title, 120), description(series)
    head = (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_n(height)}" role="img" aria-labelledby="{escape(ident)}-t {escape(ident)}-d">'
        f'<title id="{escape(ident)}-t">{escape(title)}</title><desc id="{escape(ident)}-d">{escape(told)}</desc>'
    )
    return Markup(head + "".join(body) + "</svg>")  # noqa: S704 - every piece of text above and below is escaped


def description(series: Series) -> str:
    """The plot in words: the totals or ranges, and where the two sides differ most."""
    before, after = _finite(series.before), _finite(series.after)
    if not any(v is not None for v in (*before, *after)):
        return "No data."
    parts = []
    for side, values in (("Before", before), ("After", after)):
        there = [v for v in values if v is not None]
        low, high = (value(f(there), series.unit) for f in (min, max)) if there else ("", "")
        parts.append(f"{side}: from {low} to {high}." if there else f"{side}: none.")
    gaps = [
        (abs(a - b), i) for i, (b, a) in enumerate(zip(before, after, strict=False)) if b is not None and a is not None
    ]
    if gaps:
        gap, i = max(gaps, key=lambda g: (g[0], -g[1]))
        if gap > 0:
            parts.append(
                f"They differ most at {shown(series.labels[i], 40)}: "
                f"{value(before[i] or 0, series.unit)} before, {value(after[i] or 0, series.unit)} after."
            )
        else:
            parts.append("Both are the same.")
    return " ".join(parts)


def value(x: float, unit: str) -> str:
    """A number with its unit: shares in percent, counts with thousands, never more digits than help."""
    if unit == "share":
        return f"{100 * x:.1f}%"
    return number(x if abs(x) < 1000 else round(x))


def share_bar(part: float, fate: str) -> Markup:
    """A thin bar for a share from 0 to 1 in a table; the number stands beside it, so it is hidden from readers aloud."""
    width = max(1.0, 100 * min(1.0, max(0.0, part))) if part > 0 else 0.0
    return Markup(  # noqa: S704 - numbers and one of our own words
        f'<svg class="bar {escape(fate.replace(" ", "-"))}" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect class="track" width="100" height="8"/><rect class="fill" width="{_n(width)}" height="8"/></svg>'
    )


def proportions(parts: Iterable[tuple[str, int]]) -> Markup:
    """One bar of several parts, each (class, count), side by side. Hidden from readers aloud: the counts are in text."""
    there = [(name, n) for name, n in parts if n > 0]
    whole, x = sum(n for _, n in there) or 1, 0.0
    out = []
    for name, n in there:
        width = 100 * n / whole
        gap = 0.3 if x + width < 99.9 else 0.0
        out.append(f'<rect class="{escape(name)}" x="{x:.2f}" width="{max(width - gap, 0.2):.2f}" height="6"/>')
        x += width
    return Markup(  # noqa: S704 - numbers and our own words
        f'<svg class="proportions" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">{"".join(out)}</svg>'
    )


# --- curves and steps --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where a number lies in the picture. Steps give each label a width; points stand on it."""

    n: int
    low: float
    high: float
    unit: str
    steps: bool

    def x(self, i: float) -> float:
        wide = _WIDTH - _LEFT - _RIGHT
        if self.steps:
            return _LEFT + wide * i / self.n
        return _LEFT + (wide * i / (self.n - 1) if self.n > 1 else wide / 2)

    def y(self, v: float) -> float:
        return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - (v - self.low) / (self.high - self.low))


def _frame(series: Series, before: Values, after: Values) -> _Frame:
    there = [v for v in (*before, *after) if v is not None]
    low, high = min(0.0, *there), max(0.0, *there)
    low = -_nice(-low) if low < 0 else 0.0
    high = _nice(high) if high > 0 or low == 0 else 0.0
    return _Frame(len(series.labels), low, high, series.unit, series.kind == "drift")


def _curves(frame: _Frame, labels: Sequence[str], before: Values, after: Values) -> list[str]:
    out = _legend(any(v is not None for v in before), "area" if frame.steps else "line")
    for tick in (frame.low, (frame.low + frame.high) / 2, frame.high):
        y = _n(frame.y(tick))
        out.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
        out.append(_text(_LEFT - 6, frame.y(tick) + 4, _tick(tick, frame.unit), "end"))
    draw = _steps if frame.steps else _line
    return [*out, *draw(frame, before, "before"), *draw(frame, after, "after"), *_below(labels)]


def _below(labels: Sequence[str]) -> list[str]:
    base, right = _HEIGHT - 8, _WIDTH - _RIGHT
    out = [_text(_LEFT, base, _clip(labels[0], 16), "start")]
    if len(labels) > 1:
        out.append(_text(right, base, _clip(labels[-1], 16), "end"))
    if len(labels) > 4 and max(len(labels[0]), len(labels[-1])) <= 12:
        out.append(_text((_LEFT + right) / 2, base, _clip(labels[len(labels) // 2], 12), "middle"))
    return out


def _line(frame: _Frame, values: Values, name: str) -> list[str]:
    out = []
    for run in _runs(values):
        points = [(_n(frame.x(i)), _n(frame.y(v))) for i, v in run]
        if len(points) == 1:
            out.append(f'<circle class="{name}" cx="{points[0][0]}" cy="{points[0][1]}" r="3"/>')
        else:
            out.append(f'<polyline class="{name}" points="{" ".join(f"{x},{y}" for x, y in points)}"/>')
    return out


def _steps(frame: _Frame, values: Values, name: str) -> list[str]:
    out, base = [], _n(frame.y(frame.low))
    for run in _runs(values):
        path = f"M{_n(frame.x(run[0][0]))} {base}"
        for i, v in run:
            path += f"L{_n(frame.x(i))} {_n(frame.y(v))}L{_n(frame.x(i + 1))} {_n(frame.y(v))}"
        path += f"L{_n(frame.x(run[-1][0] + 1))} {base}"
        out.append(f'<path class="{name} area" d="{path}"/>')
    return out


def _runs(values: Values) -> list[list[tuple[int, float]]]:
    """Stretches without a gap: where nothing was measured, nothing is drawn."""
    out: list[list[tuple[int, float]]] = []
    last = -2
    for i, v in enumerate(values):
        if v is None:
            continue
        if i != last + 1:
            out.append([])
        out[-1].append((i, v))
        last = i
    return out


# --- bars --------------------------------------------------------------------------------------------------

_BAR, _PITCH, _BETWEEN, _VALUE = 9, 13, 16, 64


def _bars(labels: Sequence[str], before: Values, after: Values, unit: str) -> tuple[list[str], float]:
    """A row for each label: its name, a bar before, a bar after, each with its number. Also the height."""
    top = max((v for v in (*before, *after) if v is not None), default=0.0) or 1.0
    compared = any(v is not None for v in before)
    sides = (("before", before), ("after", after)) if compared else (("after", after),)
    out, y = _legend(compared, "bar"), 40.0
    for i, name in enumerate(labels[:_MOST_BARS]):
        out.append(_text(0, y, _clip(name, 44), "start", "name"))
        y += 6
        for side, values in sides:
            out += _bar(side, values[i], top, y, unit)
            y += _PITCH
        y += _BETWEEN
    if len(labels) > _MOST_BARS:
        out.append(_text(0, y, f"and {len(labels) - _MOST_BARS:,} more", "start"))
        y += _BETWEEN
    return out, y - _BETWEEN + 2


def _bar(side: str, v: float | None, top: float, y: float, unit: str) -> list[str]:
    if v is None:
        return [_text(0, y + 8.5, "not measured", "start")]
    width = max(1.0, (_WIDTH - _VALUE) * max(0.0, v) / top)
    box = f'<rect class="{side}" x="0.5" y="{_n(y)}" width="{_n(width)}" height="{_BAR}" rx="1.5"/>'
    return [box, _text(width + 7, y + 8.5, value(v, unit), "start")]


# --- small parts -------------------------------------------------------------------------------------------


def _legend(compared: bool, sign: Literal["line", "area", "bar"]) -> list[str]:
    out, x = [], 0.0
    for side in ("before", "after") if compared else ("after",):
        if sign == "line":
            out.append(f'<polyline class="{side}" points="{_n(x)},9 {_n(x + 20)},9"/>')
        else:
            kind = f"{side} area" if sign == "area" else side
            out.append(f'<rect class="{kind}" x="{_n(x + 1)}" y="4.5" width="18" height="9" rx="1.5"/>')
        out.append(_text(x + 26, 13, side, "start"))
        x += 86
    return out


def _text(x: float, y: float, words: str, anchor: str, name: str = "") -> str:
    kind = f' class="{name}"' if name else ""
    return f'<text x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}"{kind}>{escape(words)}</text>'


def _clip(words: str, most: int) -> str:
    return words if len(words) <= most else words[: most - 1] + "…"


def _n(x: float) -> str:
    """A coordinate, with at most one decimal: the same picture everywhere, and small."""
    return f"{x:.1f}".removesuffix(".0")


def _finite(values: Values) -> Values:
    return tuple(v if v is not None and math.isfinite(v) else None for v in values)


def _nice(x: float) -> float:
    """The least round number at or above x > 0: 1, 1.5, 2, 3, 4, 5, 6 or 8 times a power of ten."""
    if x <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(x))
    return next(m * power for m in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 15) if m * power >= x * 0.999999)


def _tick(x: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * x:.3g}%"
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(x) >= size:
            return f"{x / size:.3g}{letter}"
    return f"{x:.3g}"
