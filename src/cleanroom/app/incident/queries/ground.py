"""Was the ground there: sources, retrieval, and cases that say what is right? By the register, the ledger and the files."""

from __future__ import annotations

from collections.abc import Iterator

from cleanroom.app.incident.queries.look import Look, Told, cannot, share
from cleanroom.app.incident.queries.record import changes
from cleanroom.app.sensors.files import files_of
from cleanroom.app.sensors.others import newest_of
from cleanroom.app.sensors.read import standing
from cleanroom.app.slo.read import facts_of
from cleanroom.core.base import DAY, HOUR, CleanroomError, instant, micros
from cleanroom.core.facts import SensorCleared, SensorFailed, SensorTripped, SourceAged
from cleanroom.core.register import Source
from cleanroom.core.sensors.standing import subject_of
from cleanroom.core.telemetry.metrics import REQUESTS

STALE_DAYS = 30
"""Days before an incident that the newest golden case may be old."""

_MOST_FILES = 2_000
_FALL = 0.9


def sources(look: Look) -> Told:
    """Each source of the register at that time: by its own rows, by what SLOs and sensors wrote down, else by its files."""
    system = look.registered
    if system is None or not system.sources:
        where = f"systems/{look.system}.yaml" if look.system else "the register"
        return cannot(f"{where} names no sources")
    found = [_source(look, source) for source in system.sources]
    lines = tuple(line for _, lines in found for line in lines)
    bad = [s.name for s, (ok, _) in zip(system.sources, found, strict=True) if ok is False]
    unknown = [s.name for s, (ok, _) in zip(system.sources, found, strict=True) if ok is None]
    if bad:
        return Told("no", f"missing or older than promised when it began: {', '.join(bad)}", lines)
    if unknown:
        return Told("cannot tell", f"nothing says how old they were when it began: {', '.join(unknown)}", lines)
    return Told("yes", f"all {len(found)} sources were there, and as fresh as promised", lines)


def _source(look: Look, source: Source) -> tuple[bool | None, tuple[str, ...]]:
    """Was it there and fresh at that time? None where nothing says so."""
    said = [*_promised(look, source), *_watched(look, source)]
    lines = tuple(line for _, line in said)
    if said:
        return all(ok for ok, _ in said), lines
    if not source.data:
        return None, (f"{source.name}: the register does not say where it lies",)
    try:
        found = newest_of(look.room, files_of(look.room, source.data), source.at, instant(look.began))
    except CleanroomError as error:
        return False, (f"{source.name}: {error.message}",)
    if found.moment is None:
        return None, (f"{source.name}: its file was written after it began; what it was before is not on record",)
    hours = (look.began - found.moment) / HOUR
    bound = f", {source.fresh_hours:g} promised" if source.fresh_hours else ""
    fresh = None if source.fresh_hours is None else hours <= source.fresh_hours
    return fresh, (f"{source.name}: {max(0.0, hours):,.1f} hours old when it began{bound}",)


def _promised(look: Look, source: Source) -> Iterator[tuple[bool, str]]:
    """What SLOs of its age wrote down last before the incident ended."""
    for slo in look.room.project.slos():
        facts = [
            f for f in facts_of(look.room, slo.name)
            if isinstance(f, SourceAged) and (f.system, f.source) == (look.system, source.name) and micros(f.since) <= look.until
        ]  # fmt: skip
        stale = [f for f in facts if f.stale and _lasted(facts, f) > look.began]
        if stale:
            yield False, f"{source.name}: too old since {stale[-1].since[:19]}Z, by the SLO {slo.name}"
        elif facts:
            yield True, f"{source.name}: fresh, by the SLO {slo.name}"


def _lasted(facts: list[SourceAged], fact: SourceAged) -> int:
    """Until when it was so."""
    later = facts[facts.index(fact) + 1 :]
    return micros(later[0].since) if later else 1 << 62


def _watched(look: Look, source: Source) -> Iterator[tuple[bool, str]]:
    """What sensors of its freshness found in that time."""
    for sensor in look.room.project.sensors():
        watch = sensor.watch
        if watch.kind != "freshness" or (watch.system, watch.source) != (look.system, source.name):
            continue
        over = ""
        for entry in look.room.store.history(subject_of(sensor.name)):
            match entry.fact:
                case SensorTripped(what=what, at=at) if micros(at) <= look.until + DAY:
                    over = what
                case SensorFailed(why=why, at=at) if micros(at) <= look.until + DAY:
                    over = why
                case SensorCleared(at=at) if micros(at) <= look.began:
                    over = ""
                case _:
                    pass
        looked = standing(look.room, sensor.name).looked
        if looked is not None:
            yield not over, f"{source.name}: {over or 'within its bound'}, by the sensor {sensor.name}"


def retrieved(look: Look) -> Told:
    """Did calls come without sources, or without a search, that had them before?"""
    read = [look.rows(now=now) for now in (False, True)]
    asked = [[c for c in calls if REQUESTS in c.metrics] for calls in read]
    if not asked[1]:
        return cannot("no requests are kept since it began")
    searched = [{c.trace for c in calls if c.operation == "retrieval"} for calls in read]
    grounded = [
        [c for c in calls if c.sources or (c.trace and c.trace in with_search)]
        for calls, with_search in zip(asked, searched, strict=True)
    ]
    shares = [len(g) / len(a) if a else None for g, a in zip(grounded, asked, strict=True)]
    if not any(grounded[0]) and not any(grounded[1]):
        return cannot("neither sources nor searches (operation retrieval) are told of any call, before or since")
    with_ground = {c.id for c in grounded[1]}
    bare = [c for c in asked[1] if c.id not in with_ground]
    lines = [f"with sources or a search: {share(len(grounded[1]), len(asked[1]))} since, "
             f"{share(len(grounded[0]), len(asked[0])) if asked[0] else 'nothing'} before"]  # fmt: skip
    bad = [c for c in bare if c.metrics.get("hallucination")]
    flagged = sum(bool(c.metrics.get("hallucination")) for c in asked[1])
    lines += [f"{len(bad):,} of {flagged:,} flagged answers had neither"] if flagged else []
    lines += [f"without: call {c.id}" for c in (bad or bare)[:4]]
    usual = shares[0] if shares[0] is not None else 1.0
    if bare and shares[1] is not None and shares[1] < _FALL * usual:
        return Told("yes", f"{share(len(bare), len(asked[1]))} of requests had no sources and no search", tuple(lines))
    return Told("no", f"{share(len(grounded[1]), len(asked[1]))} of requests had sources or a search", tuple(lines))


def golden(look: Look) -> Told:
    """The newest file of golden cases against the beginning, and against the last change before it."""
    folder = look.room.project.path("golden")
    files = sorted(folder.glob("*.jsonl"))[:_MOST_FILES] if folder.is_dir() else []
    if not files:
        return Told("yes", "there is no golden set: golden/ holds no cases")
    try:
        newest, name = max((p.stat().st_mtime_ns // 1000, p.name) for p in files)
    except OSError as error:
        return cannot(f"golden/ cannot be read: {error.strerror}")
    days = (look.began - newest) / DAY
    lines = [f"golden/{name}: the newest of {len(files)} files, written {instant(newest)[:10]}"]
    later = [c for c in changes(look) if micros(c.at) > newest]
    lines += [f"{c.at[:16].replace('T', ' ')} UTC: {c.what}" for c in later[:4]]
    if days > STALE_DAYS:
        return Told(
            "yes", f"its newest file was {days:,.0f} days old when it began ({STALE_DAYS} may be)", tuple(lines)
        )
    if later:
        return Told(
            "yes", f"changed since its newest file was written: {len(later)} time{'s' * (len(later) > 1)}", tuple(lines)
        )
    when = f"{max(0.0, days):,.0f} days before it began" if days > 0 else "since it began"
    return Told("no", f"its newest file was written {when}, after the last change", tuple(lines))
