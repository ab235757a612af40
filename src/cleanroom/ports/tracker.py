"""Where else is an action followed? An issue in somebody's tracker: made once, asked after, changed."""

from __future__ import annotations

from typing import Literal, Protocol

from cleanroom.core.base import Instant, noun

Left = Literal["owner", "due", "labels"]
"""What a tracker may leave out of an issue: it does not know the person, has no such field, or its workflow has none."""


@noun
class Filing:
    """An issue to be made. Its owner is a person as we call them; `people` of the tracker's settings says who that is there.

    `key` makes it unique: filing it twice makes one issue. Who can guess the key of an issue that is not there yet, and may
    open issues, can be taken for it: where a tracker is public, take a digest (of the fact that asks for the action).
    """

    key: str
    title: str
    body: str
    owner: str = ""
    due: Instant | None = None
    labels: tuple[str, ...] = ()


@noun
class Filed:
    """The issue, by its name in the tracker; `made`: just now. `left_out` is what was asked for and is not in it."""

    ref: str
    url: str
    made: bool = True
    left_out: tuple[Left, ...] = ()


@noun
class TrackedState:
    """How an issue stands. `dropped`: closed, and not because it was done (not planned, a duplicate), where that is said.

    `assignee` and `closed_by` are people as we call them where `people` names them, else as the tracker does; '' where
    nobody is, or it does not say. `due` is a day, `2026-12-01`: trackers know no hours.
    """

    ref: str
    url: str
    title: str
    state: Literal["open", "closed"]
    dropped: bool = False
    assignee: str = ""
    due: str | None = None
    closed_by: str = ""
    closed_at: Instant | None = None


@noun
class Revision:
    """What to change of an issue; None leaves it. An `owner` of '' is nobody.

    With a `state`, the comment is why it changes: it is not written where the issue is in that state already, so that
    trying again says nothing twice.
    """

    owner: str | None = None
    due: Instant | None = None
    state: Literal["open", "closed"] | None = None
    comment: str = ""


class Tracker(Protocol):
    """A tracker of cleanroom.toml. Texts of the outside come back short and on one line; tokens never do.

    Every method raises Outside where it did not answer or asks to wait (the hint says until when), Misuse where it
    refuses (the token, the project, what is asked), NotFound where the project or the issue is not there.
    """

    @property
    def name(self) -> str:
        """As cleanroom.toml calls it."""
        ...

    @property
    def kind(self) -> str:
        """github, gitlab, jira."""
        ...

    def file(self, filing: Filing) -> Filed:
        """Make the issue, or find the one that was made for this key."""
        ...

    def state(self, ref: str) -> TrackedState:
        """How it stands."""
        ...

    def update(self, ref: str, revision: Revision) -> TrackedState:
        """Change it; how it stands then. Raises Misuse for an owner whom `people` does not name."""
        ...


def day(at: Instant) -> str:
    """The day of a moment, in UTC."""
    return at[:10]
