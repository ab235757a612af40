"""Which adapter stands behind a `[models.NAME]` of cleanroom.toml?"""

from __future__ import annotations

import os
from pathlib import Path

from cleanroom.adapters.artifacts import digest_of_file
from cleanroom.adapters.endpoint import endpoint
from cleanroom.core.base import Misuse
from cleanroom.ports.model import Model
from cleanroom.ports.project import ModelSettings, Project

EMBEDDED = ModelSettings("local", "local")


class ProjectModels:
    """The Models port over cleanroom.toml, which is read anew at every question."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def known(self) -> tuple[ModelSettings, ...]:
        """See ports/model.py."""
        return (EMBEDDED, *self._project.models())

    def named(self, name: str) -> ModelSettings:
        """See ports/model.py."""
        found = {m.name: m for m in self.known()}
        if name not in found:
            raise Misuse(f"there is no model {name!r:.80}", f"cleanroom.toml names: {', '.join(sorted(found))}.")
        return found[name]

    def unready(self, settings: ModelSettings) -> str:
        """See ports/model.py."""
        return unready(settings, self._project.root)

    def exact(self, settings: ModelSettings) -> str:
        """See ports/model.py."""
        return exact(settings, self._project.root)

    def check_recording(self, content: bytes) -> None:
        """See ports/model.py."""
        from cleanroom.adapters.replay import check

        check(content)

    def open(self, settings: ModelSettings, record: Path | None = None) -> Model:
        """See ports/model.py."""
        return model_for(settings, self._project.root, record)


def model_for(settings: ModelSettings, root: Path, record: Path | None = None) -> Model:
    """The model, recording into `record` where that is given. Paths in the settings are relative to `root`.

    Raises Misuse for settings that lack something, a missing key, or a missing recording.
    """
    model = _model(settings, root)
    if record is None:
        return model
    from cleanroom.adapters.replay import Recorder

    return Recorder(model, record)


def _model(settings: ModelSettings, root: Path) -> Model:
    match settings.kind:
        case "local":
            from cleanroom.adapters.llamacpp import LlamaCpp

            return LlamaCpp(settings.name, root / settings.file if settings.file else None)
        case "openai":
            from cleanroom.adapters.openai_compatible import OpenAICompatible

            return OpenAICompatible(settings.name, settings.model, settings.base_url, settings.api_key_env)
        case "replay":
            from cleanroom.adapters.replay import Replay

            return Replay(settings.name, root / settings.file)
        case other:
            raise Misuse(f"model {settings.name!r} is of kind {other!r}", "Known kinds: local, openai, replay.")


def unready(settings: ModelSettings, root: Path) -> str:
    """Why this model cannot be asked just now, as far as can be seen without asking it; '' when nothing is missing."""
    match settings.kind:
        case "local" if not settings.file:
            from cleanroom.adapters.llamacpp import available

            return available()
        case "local" | "replay":
            return "" if (root / settings.file).is_file() else f"{settings.file} is missing"
        case _:
            variable = settings.api_key_env or ("" if settings.base_url else "OPENAI_API_KEY")
            return "" if not variable or os.environ.get(variable, "").strip() else f"${variable} is not set"


def exact(settings: ModelSettings, root: Path) -> str:
    """Which model that is: the digest of its file, else its name and address without credentials; whatever it is called here."""
    match settings.kind:
        case "local":
            from cleanroom.adapters.llamacpp import bundled_weights

            return f"weights {digest_of_file(root / settings.file if settings.file else bundled_weights())}"
        case "replay":
            return f"recording {digest_of_file(root / settings.file)}"
        case _:
            return f"{settings.model} at {endpoint(settings.base_url)}"
