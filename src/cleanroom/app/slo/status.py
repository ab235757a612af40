"""Where does each SLO stand now? Met, violated or cannot tell, the budget that is left, and how soon one would hear of a rise."""

from __future__ import annotations

from dataclasses import replace

from cleanroom.app.room import Room
from cleanroom.app.slo.ages import age_of, stale_time
from cleanroom.app.slo.counts import called, prometheus, prometheus_since, rows
from cleanroom.app.slo.delays import delays
from cleanroom.app.slo.labels import judged_by_people, labels_of
from cleanroom.app.slo.read import definition_of, last_judged, named
from cleanroom.app.slo.units import judged as judged_calls
from cleanroom.core.base import DAY, HOUR, MINUTE, CleanroomError, instant, micros
from cleanroom.core.call import EVENT
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.slo import (
    CallShare,
    Delay,
    LabelledShare,
    PromShare,
    Slo,
    SourceAge,
    TableShare,
    metric_of,
    span_text,
)
from cleanroom.core.slo_status import (
    Judged,
    Labels,
    Status,
    Tally,
    burning,
    counted,
    estimated,
    expected,
    missing_text,
    percent,
    rule_name,
    so_far,
)
from cleanroom.core.stats.burn import Burning
from cleanroom.ports.calls import SystemSeen


def every(room: Room) -> tuple[Status, ...]:
    """Every SLO of the project, by name. What cannot be asked is told in its own status."""
    return tuple(careful(room, slo) for slo in room.project.slos())


def status(room: Room, name: str) -> Status:
    """One SLO. Raises NotFound; what cannot be asked is told in its status."""
    return careful(room, named(room, name))


def careful(room: Room, slo: Slo) -> Status:
    """As `status`, for who has read the SLO already."""
    try:
        return status_of(room, slo)
    except CleanroomError as error:
        judged = Judged("cannot tell", error.message, None, 0.0, 1.0)
        return _status(room, slo, judged, Tally(0, 0, 0, 0), notes=(error.hint,) if error.hint else ())


def status_of(room: Room, slo: Slo) -> Status:
    """Where it stands. Raises Outside and Misuse where what it counts cannot be asked."""
    until = micros(room.clock.now())
    since = until - slo.window * 1_000_000
    match slo.indicator:
        case CallShare():
            return _of_calls(room, slo, since, until)
        case LabelledShare():
            return _of_labels(room, slo, since, until)
        case PromShare() as indicator:
            tally = prometheus(room, indicator, since, until)
            known = until - prometheus_since(room, indicator, since, until) if tally.n > 0 else 0
            judged, burns = counted(tally, slo, "that Prometheus counts"), burns_at(room, slo, until)
            return _status(room, slo, judged, tally, known=known, burns=burns)
        case TableShare() as indicator:
            tally, begin = rows(room, indicator, since, until)
            judged, note = counted(tally, slo, f"rows of {indicator.data}"), ("by whole UTC days",)
            return _status(room, slo, judged, tally, known=until - begin, notes=note)
        case SourceAge() as indicator:
            return _of_age(room, slo, indicator, since, until)
        case Delay() as indicator:
            return _of_delays(room, slo, indicator, since, until)


def _of_calls(room: Room, slo: Slo, since: int, until: int) -> Status:
    tally, seen = called(room, slo, since, until + MINUTE), _seen(room, slo)
    judged = _unsaid(room, slo, counted(tally, slo, "calls"), since, until)
    made = _status(room, slo, judged, tally, burns=burns_at(room, slo, until))
    hourly = _hourly(room, slo, until, seen)
    notes = _covered(slo, since, until, seen)
    return replace(made, hourly=hourly, expected=expected(slo, hourly, made.rate, None), notes=(*made.notes, *notes))


def _unsaid(room: Room, slo: Slo, judged: Judged, since: int, until: int) -> Judged:
    """Where calls came in and none has the metric: which ones they have, for it may be a slip."""
    if judged.rate is not None:
        return judged
    metric, names = metric_of(slo), room.calls.metrics(slo.system, since, until + MINUTE)
    if not names or metric in names:
        return judged
    hint = did_you_mean(metric, [n for n in names if not n.startswith(EVENT)])
    return replace(judged, because=f"{judged.because}: none of its calls says {metric}. {hint}".strip())


def _of_labels(room: Room, slo: Slo, since: int, until: int) -> Status:
    seen = _seen(room, slo)
    traffic = judged_calls(room, slo, since, until + MINUTE)
    hourly, notes = _hourly(room, slo, until, seen), _covered(slo, since, until, seen)
    if traffic.n <= 0:
        judged = _unsaid(room, slo, counted(traffic, slo, f"calls with {metric_of(slo)}"), since, until)
        return _status(room, slo, judged, traffic, notes=notes)
    labels = judged_by_people(slo, labels_of(room, slo), traffic, since, until + 1)
    judged = estimated(slo, labels.flagged, labels.unflagged)
    if judged.says == "cannot tell":
        lacks = missing_text(labels.missing)
        judged = replace(judged, because=judged.because + (f"; {lacks}" if lacks else ""))
    given = labels.flagged.labels + labels.unflagged.labels
    bad = labels.flagged.bad + labels.unflagged.bad
    made = _status(room, slo, judged, Tally(given, bad, bad, bad), labels=labels, notes=notes)
    notes = (f"the detector alone would say {percent(labels.flagged_rate)}", *made.notes)
    if labels.waiting:
        notes = (*notes, f"{labels.waiting:,} drawn calls are still undecided: if those are the hard ones, it is worse")
    foreseen = expected(slo, hourly, judged.rate, labels)
    if not foreseen:
        notes = (*notes, "how soon a rise is heard of is not known before both bad and good calls were labelled")
    return replace(made, hourly=hourly, expected=foreseen, notes=notes)


def _of_age(room: Room, slo: Slo, indicator: SourceAge, since: int, until: int) -> Status:
    age = age_of(room, slo, indicator)
    tally = stale_time(room, slo, indicator, since, until)
    judged = counted(tally, slo, f"minutes of {indicator.source}")
    if age.newest is None:
        now = f"{indicator.source} holds nothing"
    else:
        now = f"{indicator.source} is {(until - age.newest) / HOUR:.1f} h old now, too old" * age.stale
        now = now or f"{indicator.source} is {(until - age.newest) / HOUR:.1f} h old now"
    now += age.says
    if tally.n <= 0:
        judged = replace(judged, because=f"{now}; how it was before is known from the first `cleanroom tick` on")
    return _status(room, slo, judged, tally, known=round(tally.n * MINUTE), notes=(now,))


def _of_delays(room: Room, slo: Slo, indicator: Delay, since: int, until: int) -> Status:
    found = delays(room, slo, indicator, since, until)
    judged = counted(found.tally, slo, f"alerts about {slo.system}")
    notes = [] if found.mean is None else [f"mean: {found.mean:.2g} h"]
    if found.undecided:
        notes.append(f"{found.undecided} are not over yet")
    return _status(room, slo, judged, found.tally, notes=tuple(notes))


def burns_at(room: Room, slo: Slo, until: int) -> tuple[Burning, ...]:
    """What the burn-rate rules of an SLO that counts calls, or what Prometheus has, say; each window is asked for once."""
    rules = slo.burn_rules
    found: dict[int, Tally] = {}
    for minutes in {m for r in rules for m in (r.long, r.short)}:
        begin = until - minutes * MINUTE
        if isinstance(slo.indicator, PromShare):
            found[minutes] = prometheus(room, slo.indicator, begin, until)
        else:
            found[minutes] = called(room, slo, begin + MINUTE, until + MINUTE)
    return tuple(burning(r, found[r.long], found[r.short], slo.budget) for r in rules)


def _seen(room: Room, slo: Slo) -> SystemSeen | None:
    return next((s for s in room.calls.seen() if s.system == slo.system), None)


def _hourly(room: Room, slo: Slo, until: int, seen: SystemSeen | None) -> float:
    """Calls an hour in the last day, from the first of them on."""
    if seen is None:
        return 0.0
    begin = max(until - DAY, min(seen.first, until - HOUR))
    return called(room, slo, begin, until + MINUTE).n / ((until - begin) / HOUR)


def _covered(slo: Slo, since: int, until: int, seen: SystemSeen | None) -> tuple[str, ...]:
    """A note where calls began to come in later than the window begins."""
    if seen is None or seen.first <= since + HOUR:
        return ()
    hours = max(1, round((until - seen.first) / HOUR))
    known = span_text(hours * 3600 if hours < 48 else round(hours / 24) * 86_400)
    return (f"calls are known for the last {known} only, of {span_text(slo.window)}",)


def _status(
    room: Room,
    slo: Slo,
    judged: Judged,
    tally: Tally,
    *,
    known: int | None = None,
    burns: tuple[Burning, ...] = (),
    labels: Labels | None = None,
    notes: tuple[str, ...] = (),
) -> Status:
    """`known`: microseconds of the window that a source tells of; None where what it tells is all there was."""
    at = room.clock.now()
    share = 1.0 if known is None else min(1.0, known / (slo.window * 1_000_000))
    judged = so_far(judged, slo, share)
    last = last_judged(room, slo.name)
    kept = last.firing if last is not None and last.definition == definition_of(slo) else ()
    firing = (*(rule_name(b.rule) for b in burns if b.fires), *(f for f in kept if not f.startswith("burn ")))
    return Status(
        name=slo.name,
        system=slo.system,
        title=slo.title or slo.name,
        promise=slo.says,
        says=judged.says,
        because=judged.because,
        budget=slo.budget,
        window=slo.window,
        since=instant(micros(at) - slo.window * 1_000_000),
        at=at,
        n=round(tally.n),
        bad=round(tally.bad),
        rate=judged.rate,
        lower=judged.lower,
        upper=judged.upper,
        budget_left=None if judged.rate is None else 1 - judged.rate * share / slo.budget,
        burning=burns,
        firing=firing,
        labels=labels,
        notes=notes,
    )
