"""Who is told of an incident, and what? Drafts from the facts; what is sent is on record with its digest, and sent once."""

from __future__ import annotations

from cleanroom.app.alerts.read import systems_of
from cleanroom.app.incident.postmortem import people
from cleanroom.app.incident.read import do, existing, folder_of
from cleanroom.app.notify import tell
from cleanroom.app.room import Room
from cleanroom.core.base import Digest, Misuse, Refused, digest, is_valid, noun
from cleanroom.core.facts import IncidentTold
from cleanroom.core.incident.messages import AUDIENCES, MOST, Audience, unfit
from cleanroom.core.incident.messages import draft as drafted
from cleanroom.core.incident.state import Detected, Incident, base_of
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.telemetry.redaction import GRAVE


@noun
class Sent:
    """What came of it. `channels`: through which it goes now; empty: a person sends it on. `before`: those that had it already.

    `text`: its digest; `new`: whether anything was written down.
    """

    text: Digest
    channels: tuple[str, ...]
    before: tuple[str, ...]
    new: bool


def draft(room: Room, id: str, audience: Audience) -> str:
    """The message as the facts allow it now. Raises NotFound."""
    return drafted(existing(room, id), _audience(audience), room.clock.now())


def send(room: Room, id: str, audience: Audience, text: str, channels: tuple[str, ...] = ()) -> Sent:
    """Tell people, and write it down. Inside: through `channels`, else all shared ones; customers: only through those named.

    The same text through the same channel is once. Raises NotFound; Misuse for a text that is none or a channel that is not
    there; Refused for customers where the text says what is not theirs.
    """
    text = ready(room, id, audience, text, channels)
    wanted = _channels(room, audience, channels)
    made = digest(text.encode())
    room.artifacts.write(folder_of(room, id), f"told-{made.removeprefix('sha256:')[:16]}.txt", text.encode())
    title, _, body = text.partition("\n")
    key = f"incident/{id}/told/{audience}/{made.removeprefix('sha256:')[:16]}"
    for name in wanted:
        tell(room, key, name, title[:200], body.strip() or title)
    return _recorded(room, id, audience, made, wanted)


def ready(room: Room, id: str, audience: Audience, text: str, channels: tuple[str, ...] = ()) -> str:
    """The text as it would go out. Raises as `send` does, and sends nothing."""
    known = base_of(existing(room, id))
    text = text.replace("\r\n", "\n").strip()
    if not text or len(text) > MOST or not is_valid(text):
        raise Misuse(f"a message has 1 to {MOST:,} characters of valid text", "Name a file that has one: --file FILE")
    if _audience(audience) == "customers":
        why = tuple(unfit(text, _names(room, known), [f.kind for f in room.redactor.find(text, sorted(GRAVE))]))
        if why:
            raise Refused(
                f"this cannot go to customers: {'; '.join(why[:5])}", "Take it out; --file FILE has your own text."
            )
    _channels(room, audience, channels)
    return text


def _recorded(room: Room, id: str, audience: Audience, made: Digest, wanted: tuple[str, ...]) -> Sent:
    sent = Sent(made, wanted, (), new=True)

    def fact(now: Incident) -> tuple[IncidentTold, ...]:
        nonlocal sent
        known = base_of(now)
        same = [t for t in known.told if (t.audience, t.text) == (audience, made)]
        before = tuple(dict.fromkeys(c for t in same for c in t.channels))
        fresh = tuple(c for c in wanted if c not in before)
        new = not same or bool(fresh)
        sent = Sent(made, fresh, before, new)
        return (IncidentTold(known.id, audience, made, fresh, room.by, room.clock.now()),) if new else ()

    do(room, id, fact)
    return sent


def _channels(room: Room, audience: Audience, named: tuple[str, ...]) -> tuple[str, ...]:
    there = room.project.channels()
    names = [c.name for c in there]
    for name in named:
        if name not in names:
            raise Misuse(
                f"there is no channel {name!r:.80}", did_you_mean(name, names) or "cleanroom.toml has none yet."
            )
    if named or audience == "customers":
        return tuple(dict.fromkeys(named))
    return tuple(c.name for c in there if not c.people) or tuple(names)


def _names(room: Room, known: Detected) -> tuple[str, ...]:
    """What of our inside has a name: systems, flags, changes, variants, sources, alerts, channels, people."""
    systems = systems_of(room.project)
    opened = known.opened
    return (
        *known.systems,
        *known.alerts,
        *(x for x in (opened.flag, opened.change, opened.variant) if x),
        *(c.target for c in known.contained if c.target),
        *(f.fix for f in known.mitigated),
        *(f.fix.partition("/")[2] for f in known.mitigated),
        *(n for s in systems for n in (s.name, *s.flags, *s.slos, *(x.name for x in s.sources))),
        *(p for p in people(room) if "@" in p),
    )


def _audience(audience: str) -> Audience:
    found = next((a for a in AUDIENCES if a == audience), None)
    if found is None:
        raise Misuse(f"there is no audience {audience!r:.40}", f"One of: {', '.join(AUDIENCES)}.")
    return found
