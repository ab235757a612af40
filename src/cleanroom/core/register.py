"""What AI systems are there, and who answers for them? One System for each systems/NAME.yaml: the AI decision register."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from cleanroom.core.base import DAY, Instant, micros, noun
from cleanroom.core.mistakes import Mistake
from cleanroom.core.telemetry import redaction
from cleanroom.core.telemetry.metrics import LIMIT

Tier = Literal["minimal", "limited", "high"]
"""What may go wrong: nothing that matters; annoyance or money; rights, health or safety (EU AI Act, chapters III and IV)."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
"""What a system may be called, here as among outputs (core.output.SYSTEM)."""

_LONGEST = 200
_MOST_DAYS = 3650
_MOST_SCORE = 100.0


@noun
class Oncall:
    """Who is called, by turns: `rota` in order, each for `days` from `since` on; the next in line after `escalate` minutes."""

    rota: tuple[str, ...] = ()
    days: int = 7
    since: Instant = Instant("2026-01-05T00:00:00.000000Z")
    escalate: int = 15


@noun
class Fallback:
    """What is safe: the flag to kill, so that everybody gets its safe variant, and what that means in words."""

    flag: str
    means: str = ""


@noun
class Source:
    """Data that the system leans on: a file, a folder or a table of the project, and how old it may be in hours.

    `at`: the column with the moment of a row, '' to go by the file. `flag`: whose kill turns the source off; one that is not
    `essential` is turned off when an incident is contained.
    """

    name: str
    data: str = ""
    at: str = ""
    fresh_hours: float | None = None
    essential: bool = True
    flag: str = ""


@noun
class Retention:
    """Days for which calls are kept, and, of those, the texts in them; rollups are kept."""

    calls_days: int = 90
    texts_days: int = 14


@noun
class Detector:
    """The score from which on a detector says hallucination; a score of groundedness says so below it. A label goes before it."""

    threshold: float = LIMIT


@noun
class Channels:
    """Channels of cleanroom.toml by the level of an alert; empty: all of them."""

    warning: tuple[str, ...] = ()
    critical: tuple[str, ...] = ()
    business: tuple[str, ...] = ()


@noun
class System:
    """One use of AI. `name`: as telemetry says it (service.name).

    capabilities   tools that it may call and kinds of output that it may make, by name
    sources        data that it leans on
    slos           names of slos/*.yaml that were promised for it
    redact         kinds of personal data that are taken out of texts before they are kept (core/telemetry/redaction.py);
                   empty: all of them; [none]: none
    keep_texts     whether texts of calls are kept at all
    channels       channels of cleanroom.toml for warnings, critical alerts and business impact; empty: all
    detector       from which score on the detectors of hallucinations that judge it count as saying so
    """

    name: str
    does: str
    owners: tuple[str, ...]
    tier: Tier
    oncall: Oncall = Oncall()
    capabilities: tuple[str, ...] = ()
    fallback: Fallback | None = None
    sources: tuple[Source, ...] = ()
    slos: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    retention: Retention = Retention()
    redact: tuple[str, ...] = ()
    keep_texts: bool = True
    stakeholders: tuple[str, ...] = ()
    channels: Channels = Channels()
    detector: Detector = Detector()

    @property
    def flags(self) -> frozenset[str]:
        """The flags that it stands behind: its features, and the one of its fallback."""
        return frozenset((*self.features, *((self.fallback.flag,) if self.fallback else ())))


def in_line(system: System, at: Instant) -> tuple[str, ...]:
    """Who is called at that moment, then who is next, and so on: the rota from its turn on, then the owners; each once."""
    rota = system.oncall.rota
    turn = (micros(at) - micros(system.oncall.since)) // (system.oncall.days * DAY) % len(rota) if rota else 0
    return tuple(dict.fromkeys((*rota[turn:], *rota[:turn], *system.owners)))


def on_call(system: System, at: Instant, waited: float = 0) -> str:
    """Who is called at `at` about an alert that nobody has acknowledged for `waited` minutes: the next one in line each
    time that `escalate` minutes have passed, and whoever is last from then on.
    """
    line = in_line(system, at)
    return line[min(int(waited // system.oncall.escalate), len(line) - 1)]


def lint(system: System) -> Iterator[Mistake]:
    """What is wrong with one entry of the register, apart from its shape."""
    if not NAME.fullmatch(system.name):
        hint = "Use letters, digits, '.', '_' and '-', beginning with a letter or digit, as telemetry's service.name says it."
        yield Mistake(("name",), f"{system.name[:80]!r} cannot be the name of a system", hint)
    if not system.does.strip():
        yield Mistake(("does",), "'does' is empty", "Say in one sentence what the system decides or makes.")
    if not system.owners:
        yield Mistake(("owners",), "nobody answers for this system", "owners: [somebody@example.org]")
    yield from _people(system)
    yield from _numbers(system)
    yield from _sources(system)
    for wrong in redaction.faults(system.redact):
        yield Mistake(("redact",), wrong, f"There are: {', '.join(redaction.KINDS)}; or [{redaction.NONE}].")
    if system.fallback is not None and not system.fallback.flag.strip():
        yield Mistake(("fallback", "flag"), "'flag' is empty", "Name the flag whose kill is the safe fallback.")
    if system.tier == "high" and system.fallback is None:
        hint = "fallback: {flag: NAME, means: people answer}"
        yield Mistake((), f"{system.name}: a system of tier high has no safe fallback", hint, "warning")


def _people(system: System) -> Iterator[Mistake]:
    lists = (
        (("owners",), system.owners),
        (("oncall", "rota"), system.oncall.rota),
        (("stakeholders",), system.stakeholders),
    )
    for path, people in lists:
        for place, person in enumerate(people):
            if not 0 < len(person.strip()) <= _LONGEST or not person.isprintable():
                yield Mistake((*path, place), f"{person[:60]!r} cannot be a person", "For example ana@shop.example.")
    if not system.oncall.rota:
        yield Mistake(
            (), f"{system.name}: nobody is on call", "oncall: {rota: [...]}; until then the owners are.", "warning"
        )


def _numbers(system: System) -> Iterator[Mistake]:
    for path, number in (
        (("oncall", "days"), system.oncall.days),
        (("oncall", "escalate"), system.oncall.escalate),
        (("retention", "calls_days"), system.retention.calls_days),
    ):
        if not 1 <= number <= _MOST_DAYS:
            yield Mistake(path, f"{path[-1]!r} must be a whole number from 1 to {_MOST_DAYS}")
    if not 0 < system.detector.threshold <= _MOST_SCORE:
        hint = "The score from which on an answer counts as flagged; of groundedness, below which. For example 0.7."
        yield Mistake(("detector", "threshold"), f"'threshold' must lie above 0, up to {_MOST_SCORE:g}", hint)
    if system.retention.texts_days < 0 or system.retention.texts_days > system.retention.calls_days:
        hint = "Texts lie in calls: keep them from 0 days to as long as the calls."
        yield Mistake(("retention", "texts_days"), "'texts_days' must lie between 0 and 'calls_days'", hint)


def _sources(system: System) -> Iterator[Mistake]:
    seen: set[str] = set()
    for place, source in enumerate(system.sources):
        path = ("sources", place)
        if not source.name.strip():
            yield Mistake((*path, "name"), "a source needs a name")
        elif source.name in seen:
            yield Mistake((*path, "name"), f"there are two sources {source.name!r}", "Give each a name of its own.")
        seen.add(source.name)
        if not source.essential and not source.flag.strip():
            hint = "flag: NAME; killing that flag is what turns it off."
            yield Mistake((*path, "essential"), f"{source.name!r} is not essential, and nothing turns it off", hint)
        if source.fresh_hours is not None and source.fresh_hours <= 0:
            yield Mistake((*path, "fresh_hours"), "'fresh_hours' must be above 0", "How old it may be, in hours.")
        if source.fresh_hours is not None and not source.data:
            hint = "data: FILE, FOLDER or FILE.duckdb::TABLE of the project"
            yield Mistake((*path, "fresh_hours"), f"nothing says where {source.name!r} lies", hint)
