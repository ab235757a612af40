"""How does a reviewer read a report? One HTML file with everything in it: no script, no request, light, dark and print."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from cleanroom.core.check import Outcome
from cleanroom.core.run import DiffCell, Evidence, Report
from cleanroom.entry import style
from cleanroom.entry.report import svg, view
from cleanroom.entry.style import icons

_FLOWS, _CELLS = 40, 30
"""Rows of the two tables that may grow without bound; report.json holds them all."""

_CELL = 200
"""Characters of a cell of an example row."""


@dataclass(frozen=True, slots=True)
class Group:
    """Findings that weigh the same in the verdict."""

    outcome: Outcome
    title: str
    lead: str
    evidence: tuple[Evidence, ...]


_GROUPS = (
    (Outcome.FAIL, "What stops it", "Each of these is required by the plan and was not met."),
    (Outcome.UNKNOWN, "What could not be told", "Required by the plan, but the evidence is too thin to decide."),
    (
        Outcome.WARN,
        "What deserves a look",
        "None of these stops the change; a reviewer decides whether they are wanted.",
    ),
)


def html(report: Report) -> str:
    """`report` as one self-contained page."""
    css = _css()
    flows = view.flow_lines(report.diff, report.what)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            r=report,
            css=Markup(css),  # noqa: S704 - our own file
            css_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
            counts=[(o, sum(e.result.outcome is o for e in report.evidence)) for o in view.WORST_FIRST],
            bar=[(o.lower(), sum(e.result.outcome is o for e in report.evidence)) for o in view.WORST_FIRST],
            groups=groups(report),
            passed=view.counting_as(report, Outcome.PASS),
            places=places(report),
            flows=flows[:_FLOWS],
            more_flows=flows[_FLOWS:],
            segments=_largest(report.diff.by_segment),
            days=_largest(report.diff.by_day),
            plots=[(s, svg.plot(s, f"plot-{i}")) for i, s in enumerate(report.series)],
        )
    )


def groups(report: Report) -> tuple[Group, ...]:
    """The findings that are more than a pass, worst first."""
    found = (Group(o, title, lead, view.counting_as(report, o)) for o, title, lead in _GROUPS)
    return tuple(g for g in found if g.evidence)


def places(report: Report) -> dict[str, str]:
    """The anchor of each finding that has one, by the name of its check."""
    told = [e for e in view.ordered(report.evidence) if e.result.counts_as is not Outcome.PASS]
    return {e.result.check: f"finding-{i}" for i, e in enumerate(told, 1)}


def _largest(cells: Sequence[DiffCell]) -> tuple[DiffCell, ...]:
    """The cells that change most, at most as many as a page bears."""
    moved = [c for c in cells if c.before != c.after]
    return tuple(sorted(moved, key=lambda c: (-abs(c.after - c.before), c.event, c.where))[:_CELLS])


def _cell(text: str) -> str:
    return view.shown(text, _CELL)


def _change(cell: DiffCell) -> str:
    """`+12%`, `new`, `gone`."""
    if not cell.before:
        return "new"
    return f"{100 * (cell.after - cell.before) / cell.before:+,.0f}%" if cell.after else "gone"


@cache
def _css() -> str:
    return style.css() + (files("cleanroom.entry.report") / "templates" / "report.css").read_text("utf-8")


@cache
def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("cleanroom.entry.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(view=view, svg=svg, Outcome=Outcome, change=_change, symbols=icons.symbols)
    made.filters.update(shown=view.shown, cell=_cell, block=view.block, number=view.number)
    return made
