"""Measures what is looked at as a whole: how new data is, golden cases, personal data in outputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from cleanroom.app.room import Room
from cleanroom.app.sensors import kept
from cleanroom.app.sensors.files import File, files_of
from cleanroom.app.sensors.looks import AHEAD, Look, begin_of, call_line, minutes_around, today, window_of
from cleanroom.codec.change import MAX_MAPPING, read_mapping
from cleanroom.core.base import DAY, HOUR, Instant, Misuse, NotFound, instant, micros, plain
from cleanroom.core.change import Mapping, MappingArtifact
from cleanroom.core.checks.golden import CASE, GoldenCases
from cleanroom.core.measure import Unseen
from cleanroom.core.register import System
from cleanroom.core.sensors.daily import REST, Asked, named
from cleanroom.core.sensors.freshness import Freshness
from cleanroom.core.sensors.golden import Golden, Passed, better
from cleanroom.core.sensors.privacy import Leaks, Privacy
from cleanroom.core.sensors.standing import Standing
from cleanroom.core.telemetry.redaction import GRAVE
from cleanroom.ports.engine import Newest, Table

_HOUR = 3600.0
_ROWS = 20_000
_WHERE = 12
_PII = "pii"


def freshness(room: Room, sensor: str, watch: Freshness, standing: Standing, now: Instant) -> Look:
    """How new the newest of it is. What claims to be of the future does not count: one such row would hide all that is old."""
    data, time, bound = watch.data, watch.time, watch.max_age
    if watch.source:
        source = next((s for s in _system(room, watch.system).sources if s.name == watch.source), None)
        if source is None:
            raise NotFound(f"{watch.system} has no source {watch.source!r}", f"See systems/{watch.system}.yaml.")
        data, time = source.data, source.at
        bound = bound or (source.fresh_hours or 0.0) * _HOUR
        if not data or not bound:
            raise Misuse(
                f"the register does not say where {watch.source!r} lies, or how old it may be",
                "Add data and fresh_hours.",
            )
    if not data:
        last = next((s.last for s in room.calls.seen() if s.system == watch.system), None)
        return Look(today(now), watch.judge(last, bound, now))
    found = newest_of(room, files_of(room, data), time, now)
    if found.moment is None and kept.judged(room, sensor, standing):
        what = f"column {time!r} of {data}" if time else data
        future = f", {found.later:,} are of a time that has not come yet" if found.later else ""
        raise Misuse(f"{what} has no moment that has been any more{future}", "Write moments as 2026-01-31T09:30:00Z.")
    return Look(today(now), watch.judge(found.moment, bound, now, found.later))


def newest_of(room: Room, files: Sequence[File], time: str, now: Instant) -> Newest:
    """The last moment of all the files up to now, by column `time`, or ('') by when they were written."""
    until = micros(now) + AHEAD
    if time:
        found = [room.engine.newest(f.table, time, until) for f in files]
    else:
        found = [Newest(None, 1) if f.written > until else Newest(f.written, 0) for f in files]
    return Newest(max((f.moment for f in found if f.moment is not None), default=None), sum(f.later for f in found))


def _system(room: Room, name: str) -> System:
    found = next((s for s in room.project.systems() if s.name == name), None)
    if found is None:
        raise NotFound(f"there is no system {name!r} in the register", "It is written as systems/NAME.yaml.")
    return found


def golden(room: Room, sensor: str, watch: Golden, standing: Standing, now: Instant) -> Look:
    """Golden cases under the mapping that is in production, else under the change's; and production's names."""
    mapping, source = _mapping(room, watch.change)
    found = _replayed(room, mapping, source)
    if watch.data:
        found = _sampled(room, watch, mapping, found, now)
    key = f"best:{begin_of(standing)}"
    noted = kept.note(room, sensor, key)
    before = None if noted is None else Passed(**{**noted, "wrong": ()})
    kept.set_note(room, sensor, key, plain(better(before, found)))
    return Look(today(now), watch.judge(before, found, now))


def _mapping(room: Room, name: str) -> tuple[Mapping, str]:
    """What is published under that name, else the mapping of the change as it lies; and the data that it is for."""
    change, lies, _ = room.project.change_as_it_lies(name)
    if not isinstance(change.artifact, MappingArtifact) or lies is None:
        raise Misuse(
            f"{name} is no mapping", "Golden cases are run on mappings; a dataset is checked: cleanroom check."
        )
    file = room.project.path(f"published/{name}/mapping.json")
    if not file.is_file():
        return lies, change.artifact.source
    with file.open("rb") as opened:
        reading = read_mapping(opened.read(MAX_MAPPING + 1), f"published/{name}/mapping.json")
    if reading.value is None:
        raise Misuse(f"published/{name}/mapping.json cannot be read: {reading.findings[0].message}", "Publish it anew.")
    return reading.value, change.artifact.source


def _replayed(room: Room, mapping: Mapping, source: str) -> Passed:
    cases = tuple(c for c in room.project.golden() if c.input)
    if not cases:
        return Passed(0, 0)
    check = GoldenCases(CASE, cases)
    roles = room.project.contract().plan.roles
    with (
        room.artifacts.draft() as draft,
        room.engine.open(draft.folder, roles, source=Table.named(source, room.project.root)) as workspace,
    ):
        workspace.replay(cases, mapping)
        try:
            found = check.judge(workspace.measure(check.needs()))
        except Unseen as why:
            raise Misuse(f"the golden cases could not be run: {why}") from why
    wrong = int(dict(found.figures)["wrong"])
    return Passed(len(cases) - wrong, len(cases), wrong=(found.because,) if wrong else ())


def _sampled(room: Room, watch: Golden, mapping: Mapping, found: Passed, now: Instant) -> Passed:
    """With the rows of the last whole day whose name the mapping knows."""
    roles = room.project.contract().plan.roles
    names = tuple(m.legacy for m in mapping.events)
    day = named(micros(now) // DAY - 1)
    known = rows = 0
    for file in files_of(room, watch.data):
        tally = room.engine.days(file.table, Asked(roles.time, ((roles.event, names),))).get(day)
        if tally is not None:
            rows += tally.rows
            known += sum(n for v, n in tally.values.get(roles.event, {}).items() if v != REST)
    return Passed(found.right, found.cases, known, rows, found.wrong)


def privacy(room: Room, watch: Privacy, now: Instant) -> Look:
    """Outputs of the window: what was found when calls came in, or what stands in columns of a table."""
    since, until = window_of(now, watch.window)
    found = _of_calls(room, watch, since, until) if watch.system else _of_rows(room, watch, since, until)
    return Look(today(now), watch.judge(found, now))


def _of_calls(room: Room, watch: Privacy, since: int, until: int) -> Leaks:
    """By the metric that is set before texts are redacted and kept."""
    cells = room.calls.cells(watch.system, _PII, *minutes_around(since, until), HOUR)
    bad, of = sum(c.bad for c in cells), sum(c.n for c in cells)
    worst = room.calls.rows(watch.system, since, until, {}, _PII, _WHERE) if bad else ()
    where = tuple(map(call_line, worst))
    begun = next((instant(c.start) for c in cells if c.bad), None)
    return Leaks(bad, of, {}, where, begun)


def _of_rows(room: Room, watch: Privacy, since: int, until: int) -> Leaks:
    kinds = watch.kinds or tuple(sorted(GRAVE))
    by_kind: Counter[str] = Counter()
    of = bad = 0
    where: list[str] = []
    begun: int | None = None
    for file in files_of(room, watch.data):
        span = room.engine.span(file.table, watch.columns, watch.time, since, until, _ROWS)
        for row in span.rows:
            of += 1
            hits = {f.kind for text in row.texts if text for f in room.redactor.find(text, kinds)}
            if hits:
                bad += 1
                by_kind.update(hits)
                begun = row.at if begun is None else min(begun, row.at)
                where.append(f"{file.name}, row of {instant(row.at)[:19]}Z: {', '.join(sorted(hits))}")
    return Leaks(bad, of, by_kind, tuple(where[:_WHERE]), None if begun is None else instant(begun))
