"""The SDK as an application holds it: one connection to the server, a copy of its flags, what waits to be told."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from cleanroom.core.base import Instant, Misuse
from cleanroom.core.outcome import Outcome, faults
from cleanroom.entry.sdk.copy import Copy, Settings
from cleanroom.entry.sdk.mapping import MappingOf, Mappings
from cleanroom.entry.sdk.outcomes import Outcomes
from cleanroom.entry.sdk.wire import Wire
from cleanroom.wiring import TOKEN, clock

if TYPE_CHECKING:
    from cleanroom.entry.sdk.provider import CleanroomProvider


class Sdk:
    """Flags, mappings and outcomes of one server. Safe to use from several threads; make it after a fork, not before.

    url, token   of the server; the token (else CLEANROOM_TOKEN) needs the scopes `flags` and, for outcomes, `outcomes`
    every        seconds between two looks at the server's flags
    oldest       seconds after which a copy that the server did not confirm serves the safe variants
    stream       hear of changes by an event stream instead of by polling
    """

    def __init__(
        self, url: str, token: str | None = None, *, every: float = 1.0, oldest: float = 300.0, stream: bool = False
    ) -> None:
        text = token or os.environ.get(TOKEN, "").strip()
        if not text:
            raise Misuse("the SDK needs a token", f"Give one, or set {TOKEN}: cleanroom token create --scope flags")
        if not 0.05 <= every <= oldest:
            raise Misuse("flags are looked at between 20 times a second and before they are too old", "every=1.0")
        self._clock = clock()
        self._wire = Wire(url, text)
        self._mappings = Mappings(self._wire)
        self._copy = Copy(self._wire, self._clock, Settings(every, oldest, stream), self._mappings.prepare)
        self._outcomes = Outcomes(self._wire)
        self._copy.start()

    def wait(self, seconds: float = 5.0) -> bool:
        """Wait for the server's first answer; was there one?"""
        return self._copy.wait(seconds)

    def provider(self) -> CleanroomProvider:
        """An OpenFeature provider over these flags. Needs the package openfeature-sdk."""
        try:
            from cleanroom.entry.sdk.provider import CleanroomProvider
        except ImportError as error:
            raise Misuse("the provider needs the package openfeature-sdk", "pip install 'ai-cleanroom[sdk]'") from error
        return CleanroomProvider(self._copy)

    def mapping(self, flag: str, *, by: str = "user_id", event: str = "event") -> MappingOf:
        """The mapping behind a flag. `by`: the field with the targeting key; `event`: that with the event's name."""
        return MappingOf(self._copy, self._mappings, flag, by, event)

    def outcome(
        self,
        flag: str,
        variant: str,
        key: str,
        metrics: Mapping[str, bool | float],
        *,
        id: str = "",
        at: Instant | None = None,
        source: str = "application",
        context: Mapping[str, Any] | None = None,
    ) -> str:
        """Tell how it went: booleans (true is bad) and numbers by name. Returns the id at once; sent in the background.

        `id`: your own, where you may tell the same outcome twice; `context`: what the flag was asked with, where it has rules.
        Nothing is sent, and '' returned, where no variant was served or there is no key. Raises Misuse for what no server
        would take.
        """
        if not variant or not key:
            return ""
        made = Outcome(
            id or secrets.token_hex(16),
            flag,
            variant,
            key,
            at or self._clock.now(),
            dict(metrics),
            source,
            dict(context or {}),
        )
        if wrong := next(faults(made), ""):
            raise Misuse(f"this is no outcome: {wrong}", "See docs/outcomes.md.")
        self._outcomes.add(made)
        return made.id

    @property
    def dropped(self) -> int:
        """Outcomes that were given up, since the server took none for too long."""
        return self._outcomes.dropped

    def flush(self, seconds: float = 5.0) -> bool:
        """Wait until all outcomes were taken; False where some still wait."""
        return self._outcomes.flush(seconds)

    def close(self, seconds: float = 5.0) -> bool:
        """Send what waits, and stop; False where some outcomes were left."""
        done = self._outcomes.close(seconds)
        self._copy.close()
        self._wire.close()
        return done

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
