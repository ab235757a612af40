"""Which personal data or secrets came out, since when, to whom, in which outputs? Never the data itself."""

from __future__ import annotations

import re
from collections import Counter

from cleanroom.app.incident.queries.look import Look, Told, cannot
from cleanroom.core.base import HOUR
from cleanroom.core.call import Call
from cleanroom.core.telemetry.redaction import KINDS

PII = "pii"
_MOST = 12
_READ = 2_000
_MARK = re.compile(r"\[(" + "|".join(KINDS) + r")\]")


def leaked(look: Look) -> Told:
    """The kinds that were taken out of flagged outputs before they were kept, by the marks that stand there instead."""
    if (why := _unjudged(look)) is not None:
        return why
    calls = _calls(look)
    texts = [c.output for c in calls if c.output]
    if calls and not texts:
        return cannot(f"{len(calls):,} outputs hold some, and the texts of none of them are kept")
    count = Counter(kind for text in texts for kind in set(_MARK.findall(text)))
    kinds = sorted(count.items(), key=lambda k: (-k[1], k[0]))  # the same again is no news
    lines = tuple(f"{kind}: in {n:,} of {len(texts):,} flagged outputs" for kind, n in kinds)
    if kinds:
        return Told(
            "shown",
            f"{', '.join(k for k, _ in kinds)}, in {len(texts):,} flagged outputs that are kept",
            lines,
        )
    return Told("no", f"no kind stands in {len(texts):,} flagged outputs that are kept", lines)


def leak_since(look: Look) -> Told:
    """The first hour with one, from a week before the beginning on."""
    if (why := _unjudged(look)) is not None:
        return why
    cells = look.room.calls.cells(look.system, PII, look.before, look.until, HOUR)
    bad = [c for c in cells if c.bad]
    if not bad:
        return Told("no", f"none of {sum(c.n for c in cells):,} outputs holds any")
    first = look.when(bad[0].start)
    earlier = " (before the incident is said to have begun)" if bad[0].start < look.began // HOUR * HOUR else ""
    count = sum(c.bad for c in bad)
    lines = tuple(f"{look.when(c.start)}: {c.bad:,} of {c.n:,} outputs" for c in bad[:_MOST])
    return Told("shown", f"since the hour of {first}{earlier}: {count:,} of {sum(c.n for c in cells):,} outputs", lines)


def leak_to(look: Look) -> Told:
    """How many conversations and users got one; who they are stays where it can be erased."""
    if (why := _unjudged(look)) is not None:
        return why
    calls = _calls(look)
    if not calls:
        return Told("no", "no output that holds any is kept")
    talks = {c.conversation or c.trace for c in calls}
    who = {c.who for c in calls if c.who}
    unknown = sum(not c.who for c in calls)
    users = f"{len(who):,} users" if who else "users are not told"
    parts = Counter(c.feature or "no feature" for c in calls)
    lines = [f"{part}: {n:,} outputs" for part, n in parts.most_common(_MOST // 2)]
    lines += [f"{unknown:,} outputs do not say to whom"] if unknown and who else []
    lines.append(f"which they are, as keyed hashes: cleanroom telemetry calls {look.system} --bad {PII}")
    return Told("shown", f"{len(talks):,} conversations; {users}", tuple(lines))


def leak_outputs(look: Look) -> Told:
    """The calls, by their ids."""
    if (why := _unjudged(look)) is not None:
        return why
    calls = _calls(look)
    if not calls:
        return Told("no", "no output that holds any is kept")
    lines = tuple(
        f"call {c.id} at {look.when(c.at)}, {c.feature or 'no feature'}, {c.prompt or 'no prompt'}"
        for c in calls[:_MOST]
    )
    more = f"; the newest {_MOST} are named" if len(calls) > _MOST else ""
    return Told("shown", f"{len(calls):,} outputs hold personal data or a secret{more}", lines)


def _unjudged(look: Look) -> Told | None:
    n = look.rate(PII, now=True)[0] + look.rate(PII, now=False)[0]
    return (
        None if n else cannot("no output was searched for personal data (the metric pii): none came in with its text")
    )


def _calls(look: Look) -> tuple[Call, ...]:
    """From a week before the beginning on, newest first."""
    return look.room.calls.rows(look.system, look.before, look.until, {}, PII, _READ)
