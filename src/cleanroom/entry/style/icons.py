"""Which signs do the report and the pages draw? Each is strokes on a grid of 16; CSS gives width and colour."""

from __future__ import annotations

from functools import cache

from markupsafe import Markup

_PATHS = {
    "fail": "M4 4l8 8M12 4l-8 8",
    "unknown": "M5 6a3 3 0 1 1 4.6 2.5C8.5 9.2 8 9.6 8 10.5M8 13v.3",
    "warn": "M8 2.8v6.700M8 12.8v.3",
    "pass": "M3 8.5l3.5 3.5L13 4.8",
    "wait": "M8 1.700a6.3 6.3 0 1 0 .01 0M8 4.600V8l2.4 1.6",
    "next": "M6 3.5L10.5 8 6 12.5",
    "back": "M10 3.500L5.5 8 10 12.5",
    "clock": "M8 1.700a6.3 6.3 0 1 0 .01 0M8 4.600V8l2.4 1.6",
    "person": "M8 2.200a2.7 2.7 0 1 0 .01 0M2.8 14c.4-3 2.4-4.6 5.2-4.600s4.8 1.6 5.2 4.6",
    "flag": "M4 14.300V2.500h7.800L10 5.700l1.8 3.200H4",
    "pen": "M10.5 3l2.5 2.500L5.6 12.900l-3.2.7.7-3.200zM9 4.500L11.5 7",
    "skip": "M3.5 3.500L9 8l-5.5 4.500zM12.5 3.500v9",
    "up": "M8 13.500v-10M3.8 7.500L8 3.300l4.2 4.2",
    "copy": "M5.5 5.500h7.500v8H5.500zM10.5 5.300v-3H3v8h2.3",
    "home": "M2.5 7.500L8 2.700l5.5 4.800M4 6.500v7h8v-7",
    "change": "M2.5 5h9.500M9.3 2.300L12 5 9.3 7.700M13.5 11H4M6.7 8.300L4 11l2.7 2.7",
    "queue": "M2.5 9.500h3.200l1 1.800h2.600l1-1.800h3.200M2.5 9.500L4.3 3h7.400l1.8 6.500v3.800h-11z",
    "rollout": "M2.5 13.500h2.600v-2.500H8V8.300h2.900V5.500h2.600V2.500",
    "ledger": (
        "M6.5 9.500l3-3M7 4.700l1.6-1.600a2.9 2.9 0 0 1 4.2 4.200L11.2 8.900"
        "M9 11.300l-1.6 1.600a2.9 2.9 0 0 1-4.2-4.200L4.8 7.1"
    ),
    "people": (
        "M6 3a2.3 2.3 0 1 0 .01 0M1.7 13.300c.3-2.7 1.9-4.2 4.3-4.200s4 1.5 4.3 4.200"
        "M10.8 3.200a2.2 2.2 0 0 1 0 4.200M12 9.400c1.4.5 2.2 1.9 2.4 3.9"
    ),
    "key": "M10.5 2.300a3.2 3.2 0 1 0 .01 0M8.2 7.800L2.5 13.500M4.5 11.500l1.8 1.8",
    "bell": "M3.5 11.500h9c-1-1-1.300-2-1.300-4.200a3.200 3.200 0 0 0-6.400 0c0 2.200-.3 3.200-1.300 4.200M6.700 13.800h2.6",
    "incident": "M8 2.300l6.300 11H1.700zM8 6.700v3M8 11.500v.2",
    "system": "M3 3.500h10v4H3zM3 9.500h10v4H3zM5.300 5.500h.01M5.300 11.500h.01",
    "sensor": "M1.800 8.500h2.800l1.700-5 3 9.500 2-4.500h2.900",
    "lock": "M3.5 7.300h9v6.400h-9zM5.3 7.300V5a2.7 2.7 0 0 1 5.4 0v2.3",
}

OUTCOMES = ("fail", "unknown", "warn", "pass")
"""The signs of a verdict: colour never stands alone."""

EVERY = tuple(_PATHS)


@cache
def symbols(names: tuple[str, ...] = OUTCOMES) -> Markup:
    """The definitions that `<use href="#i-NAME"/>` on the same page draws."""
    each = "".join(f'<symbol id="i-{n}" viewBox="0 0 16 16"><path d="{_PATHS[n]}"/></symbol>' for n in names)
    head = '<svg width="0" height="0" class="symbols" aria-hidden="true" focusable="false">'
    return Markup(f"{head}{each}</svg>")  # noqa: S704 - our own constants
