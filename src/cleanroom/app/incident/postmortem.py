"""Who writes it up, is the page good enough, who has read it, and when is it looked at again?

The page is `postmortems/incident-<id>.md` of the project. What is published is kept by its digest, which the ledger has, so
that it stays readable as it was.
"""

from __future__ import annotations

import re
from pathlib import Path

from cleanroom.app.alerts.read import systems_of
from cleanroom.app.incident.actions import postmortem_due
from cleanroom.app.incident.read import do, every, existing, folder_of
from cleanroom.app.incident.timeline import timeline
from cleanroom.app.room import Room
from cleanroom.core.alert import printable
from cleanroom.core.base import Digest, Instant, Misuse, NotFound, Outside, Refused, digest, micros, noun
from cleanroom.core.contract import LintFinding
from cleanroom.core.facts import PostmortemPublished, PostmortemRead, ReviewSet
from cleanroom.core.incident.state import Detected, Incident, base_of
from cleanroom.core.policy import same
from cleanroom.core.postmortem.draft import draft as drafted
from cleanroom.core.postmortem.lint import Known, lint

FOLDER = "postmortems"
MOST_BYTES = 262_144
MOST_READERS = 100
_ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
_DRAFT = "postmortem-draft.md"


@noun
class Standing:
    """How far the write-up of an incident is. `file`: where its page lies, '' where there is none.

    due, overdue   by when it is promised, and whether that has passed without one
    published      when, None where it is not; `edited`: the page in the project is another one since
    readers        who is to read it; empty where nobody was named
    read, unread   who has read the published page, and which readers have not
    review         when it is looked at again; `review_due`: that has come
    """

    id: str
    title: str
    file: str
    due: Instant
    overdue: bool
    published: Instant | None
    edited: bool
    readers: tuple[str, ...]
    read: tuple[str, ...]
    unread: tuple[str, ...]
    review: Instant | None
    review_due: bool


@noun
class ToRead:
    """Something for the person at work: a page that they have not read, or a review that is due."""

    id: str
    title: str
    what: str
    since: Instant


def draft(room: Room, id: str, *, replace: bool = False) -> Path:
    """Write the page from the facts. Raises NotFound; Refused where somebody has edited the one there, unless `replace`."""
    known = base_of(existing(room, id))
    file = _path(room, id)
    content = drafted(known, timeline(room, id)).encode()
    if not replace and file.exists():
        kept = folder_of(room, id) / _DRAFT
        if not kept.is_file() or kept.read_bytes() != file.read_bytes():
            raise Refused(
                f"{room.project.relative(file)} was written or edited by somebody",
                f"cleanroom postmortem lint {id} says what it lacks; --replace throws it away.",
            )
    room.artifacts.write(folder_of(room, id), _DRAFT, content)
    return room.artifacts.write(file.parent, file.name, content)


def check(room: Room, id: str) -> tuple[LintFinding, ...]:
    """What is wrong with the page as it lies there; empty where it may be published. Raises NotFound where there is none."""
    known = base_of(existing(room, id))
    content = _content(room, id)
    name = room.project.relative(_path(room, id))
    if len(content) > MOST_BYTES:
        return (
            LintFinding(
                name, 1, 1, f"the file has more than {MOST_BYTES:,} bytes, and is not read", "A page is enough."
            ),
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return (LintFinding(name, line, 1, "this is no UTF-8 text", "Save the file as UTF-8."),)
    systems = systems_of(room.project)
    things = {*known.systems, known.opened.flag, *(s.name for s in systems), *(f for s in systems for f in s.flags)}
    return lint(text, name, Known(known, timeline(room, id), people(room), room.clock.now(), tuple(sorted(things))))


def publish(room: Room, id: str) -> Standing:
    """Put it out; the same page twice is once. Raises Refused where it does not lint, NotFound."""
    content = _content(room, id)
    findings = check(room, id)
    if findings or content != _content(room, id):
        first = findings[0] if findings else None
        what = f"{first.file}:{first.line}: {first.message}" if first else "the page was edited meanwhile"
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise Refused(
            f"the postmortem of incident {id} is not published: {what}{more}", f"cleanroom postmortem lint {id}"
        )
    page = digest(content)
    room.artifacts.write(folder_of(room, id), _name(page), content)

    def fact(now: Incident) -> tuple[PostmortemPublished, ...]:
        known = base_of(now)
        if known.postmortem is not None and known.postmortem.page == page:
            return ()
        return (PostmortemPublished(known.id, page, room.by, room.clock.now()),)

    do(room, id, fact)
    return standing(room, id)


def read(room: Room, id: str) -> tuple[str, Standing]:
    """The published page, which the person at work has read from now on. Raises NotFound, Refused where none is published."""
    published = _published(base_of(existing(room, id)))
    text = _kept(room, id, published.page)

    def fact(now: Incident) -> tuple[PostmortemRead, ...]:
        known = base_of(now)
        page = _published(known).page
        if page != published.page:
            raise Refused(f"the postmortem of incident {id} was published anew just now", "Read it again.")
        if any(r.page == page and same(r.by.person, room.operator) for r in known.reads):
            return ()
        return (PostmortemRead(known.id, page, room.by, room.clock.now()),)

    do(room, id, fact)
    return text, standing(room, id)


def review(room: Room, id: str, day: Instant, readers: tuple[str, ...]) -> Standing:
    """Set when people look at it again, and who is to read it by then. Raises Misuse for a day that has passed, or nobody."""
    named = tuple(dict.fromkeys(printable(r)[:200] for r in readers if printable(r)))
    now = room.clock.now()
    if not named or len(named) > MOST_READERS:
        raise Misuse(f"a review has 1 to {MOST_READERS} readers", "--reader ana@shop.example, once for each")
    if micros(day) <= micros(now):
        raise Misuse(f"{day[:10]} has passed: nobody can read it by then", "--on DAY")
    do(room, id, lambda found: ReviewSet(base_of(found).id, day, named, room.by, now))
    return standing(room, id)


def text_of(room: Room, id: str) -> str:
    """The published page, else the one that lies in the project; nobody has read it by that. Raises NotFound."""
    known = base_of(existing(room, id))
    if known.postmortem is not None:
        return _kept(room, id, known.postmortem.page)
    return _content(room, id).decode("utf-8-sig", "replace")


def standing(room: Room, id: str) -> Standing:
    """How far the write-up of that incident is. Raises NotFound."""
    return _standing(room, base_of(existing(room, id)))


def standings(room: Room, limit: int | None = None) -> tuple[Standing, ...]:
    """Of all incidents, or of the newest `limit`, the newest first: each looks at its page on disk."""
    return tuple(_standing(room, base_of(i)) for i in every(room)[:limit])


def reading_list(room: Room) -> tuple[ToRead, ...]:
    """What the person at work has not read yet, and the reviews that are due, the oldest first.

    A page without named readers is for everybody; who published it has read it.
    """
    found: list[ToRead] = []
    for incident in every(room):
        known = base_of(incident)
        page, set_ = known.postmortem, known.review
        mine = set_ is None or any(same(r, room.operator) for r in set_.readers)
        if page is not None and mine and not any(same(p, room.operator) for p in _readers_of(known)):
            found.append(ToRead(known.id, known.title, "read", page.at))
        leads = known.lead is not None and same(known.lead.person, room.operator)
        if set_ is not None and set_.review <= room.clock.now() and (mine or leads):
            found.append(ToRead(known.id, known.title, "review", set_.review))
    return tuple(sorted(found, key=lambda t: (t.since, t.id)))


def people(room: Room) -> tuple[str, ...]:
    """Everybody and every role that cleanroom.toml and the register name: who an action may belong to."""
    policy = room.project.policy()
    of_systems = (p for s in systems_of(room.project) for p in (*s.owners, *s.oncall.rota, *s.stakeholders))
    of_channels = (p for c in room.project.channels() for p in c.people)
    return tuple(dict.fromkeys((*policy.everybody(), *(r.name for r in policy.roles), *of_systems, *of_channels)))


def is_known(room: Room, person: str) -> bool:
    """Does any role, rota or channel name them, so that they can be reached by name?"""
    return any(same(person, known) for known in people(room))


def _standing(room: Room, known: Detected) -> Standing:
    now, due = room.clock.now(), postmortem_due(known)
    page, set_ = known.postmortem, known.review
    read = _readers_of(known)
    readers = set_.readers if set_ is not None else ()
    file = _path(room, known.id)
    there = file.is_file()
    edited = page is not None and (not there or room.artifacts.digest_unless_touched(file) != page.page)
    return Standing(
        known.id,
        known.title,
        room.project.relative(file) if there else "",
        due,
        page is None and micros(now) > micros(due),
        page.at if page is not None else None,
        edited,
        readers,
        read,
        tuple(r for r in readers if page is not None and not any(same(r, p) for p in read)),
        set_.review if set_ is not None else None,
        set_ is not None and set_.review <= now,
    )


def _readers_of(known: Detected) -> tuple[str, ...]:
    """Who has read the page that is published now, its publisher first."""
    page = known.postmortem
    if page is None:
        return ()
    read = (r.by.person for r in known.reads if r.page == page.page and not same(r.by.person, page.by.person))
    return (page.by.person, *read)


def _published(known: Detected) -> PostmortemPublished:
    if known.postmortem is None:
        hint = f"cleanroom postmortem draft {known.id} begins it; then lint and publish."
        raise Refused(f"the postmortem of incident {known.id} is not published yet", hint)
    return known.postmortem


def _kept(room: Room, id: str, page: Digest) -> str:
    """The published page: as it was kept, else the one in the project, where it is the same."""
    for file in (folder_of(room, id) / _name(page), _path(room, id)):
        if file.is_file() and digest(content := file.read_bytes()) == page:
            return content.decode("utf-8-sig")
    hint = f"The ledger has its digest only: {page}. Fetch the file from where it was published."
    raise NotFound(f"the published page of incident {id} is not on this machine", hint)


def _content(room: Room, id: str) -> bytes:
    existing(room, id)
    file = _path(room, id)
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound(f"{room.project.relative(file)} is not there", f"cleanroom postmortem draft {id}") from error
    except IsADirectoryError as error:
        raise Misuse(f"{room.project.relative(file)} is a folder", "A postmortem is a Markdown file.") from error
    except OSError as error:
        raise Outside(f"{room.project.relative(file)} cannot be read: {error.strerror}", "Check the file.") from error


def _path(room: Room, id: str) -> Path:
    if not _ID.fullmatch(id):
        raise NotFound(f"no page can be named after the incident {id!r:.60}")
    return room.project.path(f"{FOLDER}/incident-{id}.md")


def _name(page: Digest) -> str:
    return f"postmortem-{page.removeprefix('sha256:')[:16]}.md"
