"""The user's files and git, as nouns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from cleanroom.core.alerts.acts import Acts
from cleanroom.core.base import Digest
from cleanroom.core.change import Change, Mapping
from cleanroom.core.contract import Contract, LintFinding
from cleanroom.core.golden import GoldenCase
from cleanroom.core.policy import Policy
from cleanroom.core.prompt import Prompt
from cleanroom.core.prompt_case import PromptCase
from cleanroom.core.queue_rules import QueueRules
from cleanroom.core.register import System
from cleanroom.core.schedule import Schedule
from cleanroom.core.slo import Slo
from cleanroom.core.telemetry.prices import Prices

if TYPE_CHECKING:  # most commands ask no sensor, and a kill should not wait for what they need
    from cleanroom.core.sensors import Sensor


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """One `[models.NAME]` of cleanroom.toml. `api_key_env` names an environment variable; the key itself is never written."""

    name: str
    kind: str
    model: str = ""
    base_url: str = ""
    api_key_env: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Channel:
    """One `[notify.NAME]`: a webhook (its address in `url` or in the variable `url_env`), a file that is appended to, or a
    service that apprise knows (mail, Slack, Teams, PagerDuty ...; its address holds secrets).

    `secret_env` names the variable whose content signs each request. `people`: whose own channel it is; empty: everybody's.
    """

    name: str
    kind: str = "webhook"
    url: str = ""
    url_env: str = ""
    secret_env: str = ""
    file: str = ""
    people: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignalSource:
    """One `[signals.NAME]`: where outcomes or counts of them come from beside our own store.

    prometheus   counts: its address in `url` or in the variable `url_env`; `total` and `bad` in PromQL, with `$arm` and
                 `$window`; `token_env` names the variable that holds a bearer token
    sql          outcomes of `flag`: `data` is a file or a folder of files that the engine reads
    calls        calls of `system` in such files; `columns`: (field of a call, column) where they are called otherwise;
                 `scores`: columns with what evaluators said
    """

    name: str
    kind: str
    url: str = ""
    url_env: str = ""
    token_env: str = ""
    total: str = ""
    bad: str = ""
    data: str = ""
    flag: str = ""
    system: str = ""
    columns: tuple[tuple[str, str], ...] = ()
    scores: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """One `[trackers.NAME]`: where actions are filed as issues. `token_env` names the variable that holds the token.

    `project`: `owner/repo` of GitHub, `group/project` or a number of GitLab, a project's key of Jira. `email_env` makes a
    Jira one of Cloud. `people` pairs a person with their name there: a login, a username, an account id.
    """

    name: str
    kind: str
    project: str
    token_env: str
    url: str = ""
    email_env: str = ""
    issue_type: str = "Task"
    labels: tuple[str, ...] = ()
    people: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Oidc:
    """`[oidc]`: the identity provider. `name` is what the button says."""

    issuer: str
    client_id: str
    client_secret_env: str = ""
    name: str = "single sign-on"


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """`[store]`: where the ledger lies; both empty: in .cleanroom/ledger.db."""

    url: str = ""
    url_env: str = ""


class Project(Protocol):
    """A cleanroom project on disk. Every path it is given stays inside the project."""

    @property
    def root(self) -> Path:
        """The folder of cleanroom.toml."""
        ...

    def name(self) -> str:
        """`name` of cleanroom.toml."""
        ...

    def path(self, relative: str) -> Path:
        """A path inside the project. Raises Misuse when it leads outside."""
        ...

    def relative(self, path: Path) -> str:
        """The path below the root where it lies there, else the whole path."""
        ...

    def contract(self) -> Contract:
        """The plan and its schemas. Raises Misuse with the first mistakes when they do not lint."""
        ...

    def lint(self) -> tuple[LintFinding, ...]:
        """Every mistake in cleanroom.toml, contracts/, golden/, systems/, slos/ and sensors/, with file and line."""
        ...

    def golden(self) -> tuple[GoldenCase, ...]:
        """All cases of golden/*.jsonl."""
        ...

    def prompt_cases(self) -> Sequence[PromptCase]:
        """All cases of golden/prompts/*.jsonl. Raises Misuse with the first mistakes when they do not lint."""
        ...

    def change(self, name: str) -> tuple[Change, Mapping | None]:
        """A change and, for a mapping, its artifact. Raises Misuse when missing or edited since it was written."""
        ...

    def change_as_it_lies(self, name: str) -> tuple[Change, Mapping | None, Digest | None]:
        """A change with its mapping as that lies there, edited by hand or not, and the digest of the file's bytes.

        Mapping and digest are None for a dataset. Raises Misuse when missing or with mistakes in it.
        """
        ...

    def edited_mapping(self, name: str) -> tuple[Change, Mapping]:
        """A change and the mapping file as it lies there now, edited by hand or not."""
        ...

    def write_change(self, change: Change, mapping: Mapping | None) -> Path:
        """Write changes/<name>/ whole or not at all; returns the folder."""
        ...

    def artifact_digest(self, mapping: Mapping) -> Digest:
        """The digest that mapping.json will have when it is written."""
        ...

    def changes(self) -> Sequence[str]:
        """The names of the changes."""
        ...

    def models(self) -> Sequence[ModelSettings]:
        """What cleanroom.toml says of models."""
        ...

    def policy(self) -> Policy:
        """[roles] and [policy] of cleanroom.toml."""
        ...

    def queue_rules(self) -> QueueRules:
        """[queue] of cleanroom.toml."""
        ...

    def channels(self) -> Sequence[Channel]:
        """[notify.NAME] of cleanroom.toml."""
        ...

    def schedules(self) -> Sequence[Schedule]:
        """[schedules.NAME] of cleanroom.toml."""
        ...

    def acts(self) -> Sequence[Acts]:
        """What [policy] act_on_critical of cleanroom.toml says for each system; '' stands for every other one."""
        ...

    def signals(self) -> Sequence[SignalSource]:
        """[signals.NAME] of cleanroom.toml."""
        ...

    def trackers(self) -> Sequence[TrackerSettings]:
        """[trackers.NAME] of cleanroom.toml."""
        ...

    def oidc(self) -> Oidc | None:
        """[oidc] of cleanroom.toml; None where it is absent."""
        ...

    def store(self) -> StoreSettings:
        """[store] of cleanroom.toml."""
        ...

    def systems(self) -> Sequence[System]:
        """The register: systems/*.yaml, by name. Raises Misuse with the first mistakes when they do not lint."""
        ...

    def slos(self) -> Sequence[Slo]:
        """slos/*.yaml, by name. Raises Misuse with the first mistakes when they do not lint."""
        ...

    def sensors(self) -> Sequence[Sensor]:
        """sensors/*.yaml, by name. Raises Misuse with the first mistakes when they do not lint."""
        ...

    def lint_register(self, flags: Sequence[str] | None = None) -> tuple[LintFinding, ...]:
        """Every mistake in systems/ and slos/, what does not fit between them, and what they name that is not there.

        `flags`: the keys of those that there are; None where nobody knows.
        """
        ...

    def lint_sensors(self) -> tuple[LintFinding, ...]:
        """Every mistake in sensors/, and what these, schedules and sources name that is not there, with file and line."""
        ...

    def write_slo(self, name: str, text: str, *, replace: bool = False) -> str:
        """Write slos/<name>.yaml whole or not at all; its path in the project. Raises Misuse where another one is there."""
        ...

    def prices(self) -> Prices | None:
        """prices.yaml; None where it is absent. Raises Misuse with its mistakes."""
        ...

    def prompt(self, name: str) -> Prompt | None:
        """The project's own prompts/<name>.yaml; None where it has none. Raises Misuse with its mistakes."""
        ...

    def add_note(self, text: str) -> str:
        """Leave `text` at the commit of the repository as a git note; that commit. Raises Misuse outside git."""
        ...

    def commit(self) -> str:
        """The commit of the repository, with '+dirty' where files differ; '' outside git."""
        ...
