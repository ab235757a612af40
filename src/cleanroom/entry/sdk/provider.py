"""The flags for OpenFeature's Python SDK, evaluated in this process."""

# ruff: noqa: ARG002 - the SDK hands every default over, and we answer without it

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import ErrorCode, FlagNotFoundError, OpenFeatureError, ProviderNotReadyError
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType, Reason
from openfeature.provider import AbstractProvider, Metadata

from cleanroom.core.flags import typed
from cleanroom.core.flags.evaluate import TARGETING_KEY, Wanted
from cleanroom.entry.sdk.copy import Copy, News

_WAITS = 5.0  # seconds for the server's first answer, before the provider says that it is not ready

Values = Sequence[FlagValueType] | Mapping[str, FlagValueType]


class CleanroomProvider(AbstractProvider):
    """Asks the copy, never the server. Where it cannot say anything the caller's default is used: make it the safe variant."""

    def __init__(self, copy: Copy) -> None:
        super().__init__()
        self._copy = copy
        copy.hears.append(self._hear)

    def get_metadata(self) -> Metadata:
        """Its name."""
        return Metadata(name="cleanroom")

    def initialize(self, evaluation_context: EvaluationContext) -> None:
        """Wait for the server's first answer. Raises ProviderNotReadyError; it is ready as soon as there is one."""
        if not self._copy.wait(_WAITS):
            raise ProviderNotReadyError("the server has not answered yet")

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        """A boolean flag."""
        return self._resolved(flag_key, "boolean", evaluation_context)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """A flag of texts."""
        return self._resolved(flag_key, "string", evaluation_context)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """A flag of whole numbers."""
        return self._resolved(flag_key, "integer", evaluation_context)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """A flag of numbers."""
        return self._resolved(flag_key, "float", evaluation_context)

    def resolve_object_details(
        self, flag_key: str, default_value: Values, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[Values]:
        """A flag of objects."""
        return self._resolved(flag_key, "object", evaluation_context)

    def _resolved(self, key: str, wanted: Wanted, given: EvaluationContext | None) -> FlagResolutionDetails[Any]:
        context: dict[str, Any] = {} if given is None else dict(given.attributes)
        if given is not None and given.targeting_key is not None:
            context[TARGETING_KEY] = given.targeting_key
        found = self._copy.evaluation(key, context)
        if found is None:
            raise ProviderNotReadyError("the server has not answered yet")
        found = typed(found, wanted)
        if found.error == "FLAG_NOT_FOUND":
            raise FlagNotFoundError(found.details)
        if found.error is not None:
            raise OpenFeatureError(ErrorCode(found.error), found.details)
        return FlagResolutionDetails(
            value=found.value, reason=Reason(found.reason), variant=found.variant, flag_metadata=found.metadata
        )

    def _hear(self, news: News) -> None:
        match news:
            case "ready":
                self.emit_provider_ready(ProviderEventDetails())
            case "changed":
                self.emit_provider_configuration_changed(ProviderEventDetails())
            case "stale":
                self.emit_provider_stale(ProviderEventDetails(message="the server does not confirm the flags"))
