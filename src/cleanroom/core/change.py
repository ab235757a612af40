"""A change: a candidate that an AI or a person made, with its provenance. Its digest is its name."""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Digest, Instant, digest_of, noun

NONE = "none"
"""The target of a legacy name that has no counterpart in the plan."""


@noun
class MappedName:
    """One legacy event name and what becomes of it: an event of the plan, or `none` with a reason.

    `votes` counts how often each target was answered over the runs of the model; `similar` is what the
    deterministic cross-check would have chosen, where it disagrees.
    """

    legacy: str
    target: str
    reason: str = ""
    votes: tuple[tuple[str, int], ...] = ()
    similar: str | None = None


@noun
class Mapping:
    """An event mapping: what `mapping.json` holds."""

    events: tuple[MappedName, ...]
    version: Literal[1] = 1

    def target(self, legacy: str) -> str | None:
        """The target of a legacy name; None when the mapping does not speak of it."""
        return next((m.target for m in self.events if m.legacy == legacy), None)


@noun
class Correction:
    """A person changed one entry of the artifact, and why; or doubts it (`flagged`); or found a doubted one right."""

    by: str
    at: Instant
    legacy: str
    before: str
    after: str
    reason: str
    what: Literal["corrected", "flagged", "cleared"] = "corrected"


@noun
class Disagreement:
    """Runs of the model, or the cross-check, did not agree on a name."""

    legacy: str
    votes: tuple[tuple[str, int], ...]
    similar: str | None
    chosen: str


@noun
class Provenance:
    """Who and what made it. Secrets never enter: endpoints are written without credentials."""

    operator: str
    at: Instant
    tool: str
    model: str = ""
    model_version: str = ""
    endpoint: str = ""
    prompt: str = ""
    prompt_version: str = ""
    prompt_digest: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    seed: int = 0
    runs: int = 0
    calls: int = 0
    refusals: tuple[str, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    commit: str = ""
    inputs: tuple[tuple[str, Digest], ...] = ()
    corrections: tuple[Correction, ...] = ()


@noun
class MappingArtifact:
    """The change applies a mapping to `source`."""

    file: str
    digest: Digest
    source: str
    kind: Literal["mapping"] = "mapping"


@noun
class DatasetArtifact:
    """The change is a dataset that some other tool produced. Its own rows are judged, against a baseline."""

    file: str
    digest: Digest
    kind: Literal["dataset"] = "dataset"


Artifact = MappingArtifact | DatasetArtifact


@noun
class Change:
    """What `change.yaml` holds. The digest covers the artifact (by its digest) and the provenance."""

    name: str
    artifact: Artifact
    provenance: Provenance
    corrects: Digest | None = None
    version: Literal[1] = 1

    @property
    def digest(self) -> Digest:
        """Same content, same digest."""
        return digest_of(self)

    @property
    def authors(self) -> tuple[str, ...]:
        """The operator who proposed and everybody who corrected, each once."""
        people = (self.provenance.operator, *(c.by for c in self.provenance.corrections))
        return tuple(dict.fromkeys(people))

    @property
    def flagged(self) -> tuple[Correction, ...]:
        """The doubts that nobody has answered since: no correction of the name, and nobody cleared it."""
        last = {c.legacy: c for c in self.provenance.corrections}
        return tuple(c for c in last.values() if c.what == "flagged")
