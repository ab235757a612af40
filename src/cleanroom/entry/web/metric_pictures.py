"""What does a metric over time look like? A line, what was promised, what changed meanwhile, and a way into every step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from cleanroom.core.base import DAY, instant

_WIDE, _HIGH = 720, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 16, 26, 30
_MOST_MARKS = 20


@dataclass(frozen=True, slots=True)
class Step:
    """A metric in a step of time that began at `start` (microseconds since 1970 UTC): None where no call had it.

    `href` leads to the calls of the step; '' to nowhere.
    """

    start: int
    value: float | None
    href: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that changed at that moment: its number in the list below the picture, and what it was."""

    at: int
    number: int
    says: str
    tone: str


@dataclass(frozen=True, slots=True)
class Frame:
    """From when to when (microseconds since 1970 UTC), the length of a step, and how a value is written."""

    begin: int
    end: int
    step: int
    write: Callable[[float], str]


def over_time(
    name: str, steps: Sequence[Step], marks: Sequence[Mark], frame: Frame, promised: float | None = None
) -> Markup:
    """The picture of one metric; `promised`: where a dashed line is drawn."""
    there = [s.value for s in steps if s.value is not None]
    top = _ceiling(max([*there, promised or 0.0, 0.0]))
    x, y = _scale_x(frame), _scale_y(top)
    out = [_grid(top, y, frame), *_marked(marks, x)]
    if promised is not None:
        out.append(
            f'<line class="bar" x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{y(promised):.1f}" y2="{y(promised):.1f}"/>'
        )
        out.append(
            f'<text class="bar" x="{_LEFT + 6}" y="{y(promised) - 6:.1f}">promised: {escape(frame.write(promised))}</text>'
        )
    for run in _runs(steps, frame.step):
        points = " ".join(f"{x(s.start + frame.step / 2):.1f},{y(s.value or 0.0):.1f}" for s in run)
        out.append(f'<polyline class="line" points="{points}"/>')
        if len(run) == 1:
            out.append(
                f'<circle class="line" cx="{x(run[0].start + frame.step / 2):.1f}" cy="{y(run[0].value or 0.0):.1f}" r="2.5"/>'
            )
    out += _doors(steps, frame, x)
    said = f"from {frame.write(min(there))} to {frame.write(max(there))}" if there else "no calls had it"
    title = f"{name} from {instant(frame.begin)[:16]} to {instant(frame.end)[:16]} UTC: {said}; {len(marks)} changes meanwhile."
    return Markup(  # noqa: S704 - numbers, and text that was escaped
        f'<svg class="over-time" viewBox="0 0 {_WIDE} {_HIGH}" role="group" aria-label="{escape(title)}">{"".join(out)}</svg>'
    )


def sparkline(values: Sequence[float | None]) -> Markup:
    """A small line without words; hidden from readers aloud, since the figures stand beside it."""
    there = [v for v in values if v is not None]
    if len(there) < 2:
        return Markup("")
    top = max(there) or 1.0
    wide = 100 / (len(values) - 1)
    points = " ".join(f"{i * wide:.1f},{22 - 20 * v / top:.1f}" for i, v in enumerate(values) if v is not None)
    return Markup(  # noqa: S704 - numbers
        f'<svg class="spark" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true">'
        f'<polyline points="{points}"/></svg>'
    )


def _scale_x(frame: Frame) -> Callable[[float], float]:
    span = max(frame.end - frame.begin, 1)
    return lambda at: _LEFT + (_WIDE - _LEFT - _RIGHT) * min(1.0, max(0.0, (at - frame.begin) / span))


def _scale_y(top: float) -> Callable[[float], float]:
    return lambda value: _HIGH - _BOTTOM - (_HIGH - _TOP - _BOTTOM) * min(1.0, max(0.0, value / top))


def _ceiling(most: float) -> float:
    """The next round number above: 1, 2 or 5 times a power of ten."""
    if not most > 0 or not math.isfinite(most):
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(factor * power for factor in (1, 2, 5, 10) if most <= factor * power * (1 + 1e-9))


def _grid(top: float, y: Callable[[float], float], frame: Frame) -> str:
    out = []
    for part in (0.0, 0.5, 1.0):
        at = y(top * part)
        out.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDE - _RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        out.append(f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{escape(frame.write(top * part))}</text>')
    begin, end = (_clock(at, frame) for at in (frame.begin, frame.end))
    out.append(f'<text x="{_LEFT}" y="{_HIGH - 8}">{begin}</text>')
    out.append(f'<text x="{_WIDE - _RIGHT}" y="{_HIGH - 8}" text-anchor="end">{end}</text>')
    return "".join(out)


def _clock(at: int, frame: Frame) -> str:
    said = instant(at)
    return said[5:10] + " " + said[11:16] if frame.end - frame.begin < 8 * DAY else said[:10]


def _marked(marks: Sequence[Mark], x: Callable[[float], float]) -> list[str]:
    out = []
    for mark in marks[:_MOST_MARKS]:
        at = x(mark.at)
        out.append(
            f'<line class="mark {escape(mark.tone)}" x1="{at:.1f}" x2="{at:.1f}" y1="{_TOP - 4}" y2="{_HIGH - _BOTTOM}"/>'
        )
        out.append(f'<circle class="mark {escape(mark.tone)}" cx="{at:.1f}" cy="{_TOP - 13}" r="9"/>')
        out.append(f'<text class="mark" x="{at:.1f}" y="{_TOP - 9}" text-anchor="middle">{mark.number}</text>')
    return out


def _runs(steps: Sequence[Step], length: int) -> list[list[Step]]:
    """Steps one after the other that have a value: the line has a gap where there was nothing."""
    out: list[list[Step]] = []
    for step in steps:
        if step.value is None:
            continue
        if out and step.start - out[-1][-1].start <= length:
            out[-1].append(step)
        else:
            out.append([step])
    return out


def _doors(steps: Sequence[Step], frame: Frame, x: Callable[[float], float]) -> list[str]:
    """A click on a step leads to its calls. By keyboard the list of the worst steps does, so these take no focus."""
    out = []
    for step in steps:
        if step.value is None or not step.href:
            continue
        left, right = x(step.start), x(step.start + frame.step)
        tip = f"{instant(step.start)[:16].replace('T', ' ')}: {frame.write(step.value)}"
        out.append(
            f'<a href="{escape(step.href)}" tabindex="-1" aria-hidden="true"><rect class="door" x="{left:.1f}" y="{_TOP}" '
            f'width="{max(right - left, 1.5):.1f}" height="{_HIGH - _TOP - _BOTTOM}"><title>{escape(tip)}</title></rect></a>'
        )
    return out
