"""What could it reach, and what did it use? Tools, kinds of output, and where a text with orders came from."""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.app.incident.queries.look import Look, Told, cannot, share
from cleanroom.app.sensors.scope import TOOL, used_of
from cleanroom.core.call import Call
from cleanroom.core.sensors.scope import OUTPUTS, Used, undeclared

_MOST = 8
_READ = 200
_SIGNS = ("injection", "canary", "jailbreak")


def tools(look: Look) -> Told:
    """Tools called and kinds of output seen, against what the register declares."""
    system = look.registered
    if system is None:
        return cannot(f"{look.system} is not in the register: nothing is declared of it")
    if not system.capabilities:
        return cannot(f"systems/{look.system}.yaml declares no capabilities")
    used = used_of(look.room, look.system, *look.span(now=True))
    if not used.calls and not used.outputs:
        return cannot("no calls of tools and no outputs are kept since it began")
    before = used_of(look.room, look.system, *look.span(now=False)) if look.before < look.began else Used({}, {})
    beyond = undeclared(used, system.capabilities)
    old = undeclared(before, system.capabilities)
    lines = [
        f"{name}: {use.n:,} times since {use.since[:19]}Z{'' if name in old else ', never in the days before'}, call {use.call}"
        for name, use in list(beyond.items())[:_MOST]
    ]
    lines.append(f"declared: {', '.join(system.capabilities)}")
    if not set(system.capabilities) & set(OUTPUTS):
        lines.append("kinds of output are not declared, and not judged")
    if used.unread:
        lines.append(f"{used.unread:,} calls were not read: too many, or their texts are not kept")
    if beyond:
        return Told("yes", f"not declared: {', '.join(list(beyond)[:4])}", tuple(lines))
    return Told("no", f"all of {used.calls:,} calls of tools and {used.outputs:,} outputs are declared", tuple(lines))


def came_from(look: Look) -> Told:
    """Of the flagged calls, those that read sources; and where signs of orders stand."""
    flagged = _flagged(look)
    if flagged is None:
        return cannot(
            "no detector of injections judged any call since it began (a metric with injection or canary in its name)"
        )
    if not flagged:
        return cannot("no call since it began is flagged")
    sourced = [c for c in flagged if c.sources]
    typed = [c for c in flagged if not c.sources and c.input]
    if not sourced and not typed:
        return cannot(f"{len(flagged):,} calls are flagged, and the texts of none of them are kept")
    lines = [f"{len(sourced):,} of {len(flagged):,} flagged calls read sources"]
    talks = {c.conversation or c.trace for c in flagged}
    who = {c.who for c in flagged if c.who}
    lines.append(
        f"{len(talks):,} conversations, {len(who):,} users"
        if who
        else f"{len(talks):,} conversations; users are not told"
    )
    shared = _shared(sourced)
    lines += [f"the same source in {n:,} of them, such as call {id}" for id, n in shared[:3]]
    lines += [f"call {c.id} at {look.when(c.at)}, {c.feature or 'no feature'}" for c in flagged[:_MOST]]
    if sourced and len(sourced) >= len(typed):
        return Told(
            "yes", f"with a source: {share(len(sourced), len(flagged))} of flagged calls read sources", tuple(lines)
        )
    return Told("no", f"from users: {share(len(typed), len(flagged))} of flagged calls had no source", tuple(lines))


def capability(look: Look) -> Told:
    """Tools that ran in the traces of flagged calls; where none is flagged, tools that are new since it began."""
    flagged = _flagged(look) or ()
    traces = {c.trace for c in flagged if c.trace}
    ran = look.rows({"operation": TOOL}, now=True)
    if traces:
        used = [c for c in ran if c.trace in traces]
        if not used:
            return Told("no", f"no tool ran in the traces of {len(flagged):,} flagged calls")
        return Told("yes", f"in the traces of flagged calls ran {_names(used)}", _lines(look, used))
    if not ran:
        return cannot("no call is flagged, and no calls of tools are kept since it began")
    before = {c.tool for c in look.rows({"operation": TOOL}, now=False)}
    new = [c for c in ran if c.tool not in before]
    if new:
        return Told(
            "yes", f"no call is flagged; tools that never ran in the days before: {_names(new)}", _lines(look, new)
        )
    return Told("no", f"no call is flagged, and the tools are those of before: {_names(ran)}", _lines(look, ran))


def _flagged(look: Look) -> tuple[Call, ...] | None:
    """Calls that a detector flagged, newest first; None where none judged any."""
    since, until = look.span(now=True)
    metrics = [m for m in look.room.calls.metrics(look.system, since, until) if any(s in m for s in _SIGNS)]
    if not metrics:
        return None
    found = {c.id: c for m in metrics for c in look.rows(bad=m, now=True, limit=_READ)}
    return tuple(sorted(found.values(), key=lambda c: (-c.at, c.id)))


def _shared(calls: Sequence[Call]) -> list[tuple[str, int]]:
    """Sources that several calls have: one of the calls, and how many they are. The text itself stays where it can be erased."""
    found: dict[str, list[str]] = {}
    for call in calls:
        for text in {" ".join(s.split()) for s in call.sources}:
            found.setdefault(text, []).append(call.id)
    return sorted(((ids[0], len(ids)) for ids in found.values() if len(ids) > 1), key=lambda p: (-p[1], p[0]))


def _names(calls: Sequence[Call]) -> str:
    count: dict[str, int] = {}
    for call in calls:
        count[call.tool or "(no name)"] = count.get(call.tool or "(no name)", 0) + 1
    ordered = sorted(count.items(), key=lambda p: (-p[1], p[0]))
    return ", ".join(f"{name} ({n:,})" for name, n in ordered[:4])


def _lines(look: Look, calls: Sequence[Call]) -> tuple[str, ...]:
    declared = look.registered.capabilities if look.registered else ()
    beyond = ["" if not declared or c.tool in declared else ", not declared" for c in calls]
    return tuple(
        f"{c.tool or '(no name)'} at {look.when(c.at)}, call {c.id}{word}"
        for c, word in zip(calls[:_MOST], beyond, strict=False)
    )
