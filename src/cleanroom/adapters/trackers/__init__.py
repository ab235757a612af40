"""The trackers of cleanroom.toml: GitHub, GitLab, Jira."""

from __future__ import annotations

from collections.abc import Sequence

from cleanroom.adapters.trackers.github import GitHub
from cleanroom.adapters.trackers.gitlab import GitLab
from cleanroom.adapters.trackers.jira import Jira
from cleanroom.ports.clock import Clock
from cleanroom.ports.project import TrackerSettings
from cleanroom.ports.tracker import Tracker


def trackers(settings: Sequence[TrackerSettings], clock: Clock) -> tuple[Tracker, ...]:
    """A tracker for each. No variable is read and nothing is asked before one is used."""
    return tuple(_tracker(one, clock) for one in settings)


def _tracker(settings: TrackerSettings, clock: Clock) -> Tracker:
    match settings.kind:
        case "gitlab":
            return GitLab(settings, clock)
        case "jira":
            return Jira(settings, clock)
        case _:
            return GitHub(settings, clock)
