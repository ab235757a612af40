"""How does a page become HTML? The templates, what every page shows, and the sentences that follow a deed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, RedirectResponse

from cleanroom import __version__
from cleanroom.core.alerts.state import base_of, state_of
from cleanroom.core.base import CleanroomError, instant
from cleanroom.core.policy import SIGNED, same
from cleanroom.core.span import span
from cleanroom.entry.api.doors import Visit
from cleanroom.entry.api.problems import status_of
from cleanroom.entry.incidents import ACTS, took
from cleanroom.entry.report import svg, view
from cleanroom.entry.rollouts import amount
from cleanroom.entry.sensors import WORDS
from cleanroom.entry.style import icons
from cleanroom.entry.web import pictures, seen, static

PLACES = (
    ("/", "For me", "home"),
    ("/systems", "Systems", "system"),
    ("/alerts", "Alerts", "bell"),
    ("/incidents", "Incidents", "incident"),
    ("/changes", "Changes", "change"),
    ("/rollouts", "Rollouts", "rollout"),
    ("/queue", "Queue", "queue"),
    ("/ledger", "Ledger", "ledger"),
    ("/people", "People", "people"),
)
"""The pages that every page leads to: address, name, sign."""

_MARK = Markup(
    '<svg viewBox="0 0 32 32" fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round" '
    'aria-hidden="true"><path d="M16 3.500l10.800 6.250v12.500L16 28.500 5.200 22.250V9.750z" stroke-width="2.400"/>'
    '<path d="M11 16.300l3.600 3.600 6.600-7.400" stroke-width="3"/></svg>'
)

_CELL = 200


@dataclass(frozen=True, slots=True)
class Me:
    """Whose page it is."""

    person: str
    roles: tuple[str, ...]
    csrf: str
    project: str
    admin: bool


@dataclass(frozen=True, slots=True)
class Flash:
    """What was just done."""

    says: str
    tone: str = "pass"


_DONE = {
    "approved": Flash("Signed. It counts for exactly this change and this run."),
    "rejected": Flash("Rejected. Only a new version of the change is looked at again."),
    "waived": Flash("Waived. The run may pass although a check could not tell."),
    "looked": Flash("Noted as right."),
    "flagged": Flash("Flagged. There is a new version of the change, and you are one of its authors.", "warn"),
    "corrected": Flash("Corrected. There is a new version of the change; run check on it.", "warn"),
    "cleared": Flash("Doubt answered. There is a new version of the change; run check on it.", "warn"),
    "right": Flash("Noted as right."),
    "output-corrected": Flash("Corrected. It goes out with the next export."),
    "output-rejected": Flash("Rejected."),
    "skipped": Flash("Skipped. You are not offered it again.", "plaintone"),
    "escalated": Flash("Passed on. Somebody else decides."),
    "nothing": Flash("Nothing waits in the queue that you could take.", "plaintone"),
    "revoked": Flash("The token no longer works."),
    "started": Flash("Started. The first phase bakes, and what happens to people is weighed as it comes in."),
    "held": Flash("Held. It stays at its share until somebody says how to go on.", "warn"),
    "resumed": Flash("It goes on, with its whole time limit once more."),
    "aborted": Flash("Rolled back. Everybody gets the control.", "warn"),
    "killed": Flash("Killed. Everybody gets the safe variant from now on.", "fail"),
    "restored": Flash("Restored. The flag serves what it served before."),
    "acknowledged": Flash("Noted: you are on it. It is not escalated any more."),
    "resolved": Flash("Noted as over. What goes on opens a new alert when it is said again."),
    "silenced": Flash("Silent. Nobody is told of it until then.", "warn"),
    "lifted": Flash("Lifted. What goes on is told."),
    "tried-again": Flash("Everything that was given up on is tried again."),
    "unblocked": Flash("What it held up may go on, until it goes over its bound anew.", "warn"),
    "rebased": Flash("Noted. What came before is compared with no more.", "warn"),
    "incident-opened": Flash("Opened. Stop the harm first: it needs no diagnosis.", "fail"),
    "contained": Flash("Contained. The harm has stopped; now find out why."),
    "lead-named": Flash("Noted. They lead the write-up."),
    "graded": Flash("Noted. Its severity is another one now."),
    "sorted": Flash("Noted. That is the path it takes."),
    "noted": Flash("Noted in the timeline."),
    "asked": Flash("Asked. What the queries found stands with each question."),
    "answered": Flash("Noted as your answer."),
    "checked-off": Flash("Checked off."),
    "fixed": Flash("Noted: a fix is in place. It is closed once it is proven."),
    "case-named": Flash("Named. The proof runs it on the bad version and on the fix."),
    "monitor-named": Flash("Named. The proof replays it over recorded telemetry."),
    "action-added": Flash("Added."),
    "action-done": Flash("Closed, with its evidence."),
    "action-moved": Flash("Moved. Who has it now is told when it is due."),
    "action-filed": Flash("Filed. It is closed here once it is closed there."),
    "proven": Flash("Proven. The case is in the golden set; the incident may be closed."),
    "waiver-asked": Flash("Asked. A second person has to agree, and everybody can read it.", "unknown"),
    "waiver-agreed": Flash("Agreed. It may be closed without proof, and says so forever.", "unknown"),
    "incident-closed": Flash("Closed."),
    "reopened": Flash("Opened again. What it was proven by no longer counts.", "warn"),
    "drafted": Flash("Drafted. What the facts do not know is yours to write."),
    "published": Flash("Published, and kept as it is by its digest."),
    "review-set": Flash("Noted. Those who are to read it find it among what waits for them."),
    "told-people": Flash("Sent, and on record."),
    "read": Flash("Noted: you have read it."),
    "verified": Flash("Every entry is as it was written."),
}
"""What may stand behind ?done= in an address: never a text of its own."""


def done(where: str, code: str, place: str = "") -> RedirectResponse:
    """After a deed: see that page, with the sentence of `code`. `place` is an anchor on it."""
    assert code in _DONE, code  # noqa: S101 - a sentence of ours
    joint = "&" if "?" in where else "?"
    return RedirectResponse(f"{where}{joint}done={code}{place}", 303)


def render(
    request: Request, visit: Visit | None, template: str, *, alert: CleanroomError | None = None, **context: Any
) -> HTMLResponse:
    """A template as a page. `visit` is None where nobody is signed in. `alert` is shown on top, and gives the status."""
    shown = {"alert": alert, "here": "", "live": "", "flash": _flash(request)} | context
    if visit is not None:
        state = seen.state(request)
        now = seen.now_of(request, visit.room)
        shown |= {
            "me": Me(visit.person, visit.roles, visit.csrf, now.project, visit.admin),
            "size": now.size,
            "counts": {"/": state.tasks(now, visit), "/queue": now.waiting, "/incidents": state.incidents(now, visit)},
        }
    else:
        shown |= {"me": None}
    text = environment().get_template(template).render(shown)
    return HTMLResponse(text, status_of(alert) if alert else 200, {"Cache-Control": "no-store"})


def fragment(request: Request, key: object, template: str, context: Callable[[], dict[str, Any]]) -> Markup:
    """A piece of a page that is the same for all who look, written once for this key, which names what it depends on."""

    def write() -> Markup:
        return Markup(environment().get_template(template).render(context()))  # noqa: S704 - it was escaped while written

    return seen.state(request).kept(("fragment", template, key), write)


def _flash(request: Request) -> Flash | None:
    return _DONE.get(request.query_params.get("done", ""))


@cache
def environment() -> Environment:
    """The templates, each compiled once."""
    made = Environment(
        loader=PackageLoader("cleanroom.entry.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals.update(
        static=static.address,
        symbols=icons.symbols(icons.EVERY),
        mark=_MARK,
        places=PLACES,
        version=__version__,
        signed=SIGNED,
        view=view,
        svg=svg,
        pictures=pictures,
    )
    made.filters.update(_FILTERS)
    return made


def _cell(text: str) -> str:
    return view.shown(text, _CELL)


def _columns(rows: list[Mapping[str, str | None]], first: str = "") -> tuple[str, ...]:
    """The columns of all the rows, in the order in which they come up, that one first."""
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    return (first, *(n for n in names if n != first)) if first in names else names


def _shortened(text: str, most: int) -> str:
    """Cut at `most` characters without saying how many there were: all of it stands elsewhere."""
    safe = view.shown(text, 600)
    return safe if len(safe) <= most else safe[: most - 1] + "…"


def _flat(text: str) -> str:
    """Words on one line."""
    return " ".join(text.split())


def _coded(text: str) -> Markup:
    """What stands between backticks is code."""
    parts = enumerate(view.shown(text, 600).split("`"))
    return Markup("").join(Markup("<code>{}</code>").format(p) if n % 2 else p for n, p in parts)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


_FILTERS: dict[str, Any] = {
    "act_word": ACTS.get,
    "alert_state": state_of,
    "coded": _coded,
    "took": took,
    "base_of": base_of,
    "instant": instant,
    "sensor_word": WORDS.get,
    "capital": _capital,
    "flat": _flat,
    "shortened": _shortened,
    "length_of": span,
    "shown": view.shown,
    "block": view.block,
    "number": view.number,
    "moment": view.moment,
    "short": view.short,
    "several": view.several,
    "listed": view.listed,
    "same": same,
    "amount": amount,
    "cell": _cell,
    "columns": _columns,
}
