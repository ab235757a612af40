"""What do the pages draw? Small SVG pictures that take their colours from the style sheet."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from cleanroom.core.base import Digest

_STEP, _WIDE, _MIDDLE = 42, 400, 200


def meter(part: float, whole: float, kind: str = "on") -> Markup:
    """A thin bar of `part` in `whole`; the numbers stand beside it, so it is hidden from readers aloud."""
    share = min(1.0, max(0.0, part / whole)) if whole else 0.0
    bar = f'<rect class="{escape(kind)}" width="{100 * share:.1f}" height="6"/>' if share else ""
    return Markup(  # noqa: S704 - numbers and our own words
        '<svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="100" height="6"/>{bar}</svg>'
    )


def path(index: int, size: int, leaf: Digest, siblings: Sequence[Digest], root: Digest) -> Markup:
    """The way from an entry to the root of the tree: each step joins what we have with a sibling's hash.

    The entry is at the bottom, the root on top; a sibling stands on the side on which it is hashed.
    """
    height = 30 + _STEP * (len(siblings) + 2)
    base = height - 16
    out = [f'<line class="spine" x1="{_MIDDLE}" y1="{base}" x2="{_MIDDLE}" y2="16"/>']
    for level, ((side, first, last), sibling) in enumerate(zip(_steps(index, size), siblings, strict=False), 1):
        y, x = base - _STEP * level, 66 if side == "left" else _WIDE - 66
        what = f"entry {first:,}" if first == last else f"{first:,} to {last:,}"
        out.append(f'<line x1="{x}" y1="{y}" x2="{_MIDDLE}" y2="{y}"/>')
        out.append(f'<circle class="knot" cx="{_MIDDLE}" cy="{y}" r="4.5"/>')
        out.append(_named(x, y, 62, "box", what, sibling))
    out.append(_named(_MIDDLE, base, 96, "leaf", f"entry {index:,}", leaf))
    out.append(_named(_MIDDLE, 16, 96, "leaf", f"root of {size:,} entries", root))
    title = (
        f"The proof that entry {index:,} is among the first {size:,}: {len(siblings)} hashes lead from it to the root."
    )
    return Markup(  # noqa: S704 - numbers, hex digits and our own words
        f'<svg class="proof" viewBox="-2 -2 {_WIDE + 4} {height + 4}" role="img" aria-label="{escape(title)}">'
        f"{''.join(out)}</svg>"
    )


def _steps(index: int, size: int) -> list[tuple[str, int, int]]:
    """Side, first and last leaf of each sibling, lowest first (RFC 6962 section 2.1.1)."""
    lo, hi, found = 0, size, []
    while hi - lo > 1:
        split = lo + (1 << (hi - lo - 1).bit_length() - 1)
        if index < split:
            found.append(("right", split, hi - 1))
            hi = split
        else:
            found.append(("left", lo, split - 1))
            lo = split
    return found[::-1]


def _named(x: float, y: float, half: float, kind: str, name: str, digest: Digest) -> str:
    """A box around (x, y) with a name and a hash."""
    strong = "label strong" if kind == "leaf" else "label"
    return (
        f'<rect class="{kind}" x="{x - half}" y="{y - 15}" width="{2 * half}" height="30" rx="6"/>'
        f'<text x="{x}" y="{y - 2}" text-anchor="middle" class="{strong}">{escape(name)}</text>'
        f'<text x="{x}" y="{y + 10}" text-anchor="middle">{_short(digest)}</text>'
    )


def _short(digest: str) -> str:
    return digest.removeprefix("sha256:")[:14] + "…"
