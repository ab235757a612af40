"""What becomes of an event under the mapping that this user's variant says?"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any
from urllib.parse import quote

from cleanroom.codec.change import read_mapping
from cleanroom.codec.flags import Told
from cleanroom.core.base import Outside, digest, noun
from cleanroom.core.flags import Evaluation
from cleanroom.core.mapped import mapped, targets
from cleanroom.entry.sdk.copy import LOG, Copy
from cleanroom.entry.sdk.wire import Wire

PREFIX = "sha256:"
_MOST = 256


@noun
class Applied:
    """An event as its user shall have it. `event`: None where the mapping drops it.

    flag, variant, key   what to say with its outcome; `variant` is '' where the server never answered
    mapping              the digest of what was applied, '' for the event as it came
    run                  the digest of the run that the mapping was approved with, '' where there was none
    reason               OpenFeature's reason for the variant; ERROR where the safe one stands in, `details` says why
    """

    event: dict[str, Any] | None
    flag: str
    variant: str
    key: str
    mapping: str
    run: str
    reason: str
    details: str

    @property
    def metadata(self) -> dict[str, str]:
        """What to keep with the event, under the names that the files of a run have."""
        named = {"flag": self.flag, "variant": self.variant, "mapping": self.mapping, "run": self.run}
        return {f"cleanroom.{name}": value for name, value in named.items()}


class Mappings:
    """Mappings by their digest, each verified against it before it is used."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._kept: dict[str, dict[str, str]] = {}
        self._lock = Lock()

    def prepare(self, flags: Mapping[str, Told]) -> None:
        """Fetch what the variants of these flags name and is not here yet; what cannot be had is tried again later."""
        named = [v for told in flags.values() for v in told.flag.variants.values() if is_digest(v)]
        for name in dict.fromkeys(named):
            try:
                self._fetch(name)
            except Outside as error:
                LOG.warning("mapping %s: %s", name, error.message)

    def get(self, name: str) -> dict[str, str] | None:
        """What becomes of each legacy name; None where it is not here. Asks nobody."""
        return self._kept.get(name)

    def _fetch(self, name: str) -> None:
        if name in self._kept:
            return
        answer = self._wire.get(f"/v1/mappings/{quote(name, safe=':')}")
        if answer.status != 200:
            raise Outside(f"the server says {answer.status}", "Events go the safe way meanwhile.")
        if digest(answer.body) != name:
            raise Outside("what came has another digest: it is not used", "Look after what is between us.")
        read = read_mapping(answer.body, name)
        if read.value is None:
            raise Outside("it is no mapping", "Check the change.")
        with self._lock:
            while len(self._kept) >= _MOST:
                self._kept.pop(next(iter(self._kept)))
            self._kept[name] = targets(read.value)


class MappingOf:
    """The mapping behind one flag. `by`: the field of an event whose value is the targeting key; `event`: that with its name.

    The other fields of the event are attributes for the flag's rules.
    """

    def __init__(self, copy: Copy, kept: Mappings, flag: str, by: str, event: str) -> None:
        self._copy, self._kept, self._flag, self._by, self._event = copy, kept, flag, by, event

    def apply(self, event: Mapping[str, Any], key: str | None = None) -> Applied:
        """The event under the mapping of its user's variant. Never raises, and asks nobody.

        `key`: the targeting key, where it is not in the event. Where something is wrong, the safe variant is applied; where
        the server never answered, or the safe mapping is not here, the event is as it came.
        """
        key = _text(event.get(self._by)) if key is None else key
        context = {**event, "targetingKey": key}
        if not key:
            del context["targetingKey"]
        said = self._copy.evaluation(self._flag, context)
        if said is None:
            return self._as_it_came(event, key, "", "ERROR", "the server has not answered yet")
        if not said.variant:
            return self._as_it_came(event, key, "", "ERROR", said.details)
        return self._applied(event, key, said)

    def _applied(self, event: Mapping[str, Any], key: str, said: Evaluation) -> Applied:
        made = self._with(event, said.value)
        if made is not None:
            return self._done(made[0], key, said.variant, str(said.value), said.reason, said.details)
        told = self._copy.told(self._flag)
        safe = "" if told is None else told.flag.safe
        value = None if told is None else told.flag.variants.get(safe)
        made = self._with(event, value)
        because = f"the mapping of variant {said.variant} is not here"
        if made is None:
            return self._as_it_came(event, key, "", "ERROR", because)
        return self._done(made[0], key, safe, str(value), "ERROR", because)

    def _with(self, event: Mapping[str, Any], value: Any) -> tuple[dict[str, Any] | None] | None:
        """The event under that mapping, in a tuple since it may be dropped; None where the mapping is not here."""
        if value == "":
            return (dict(event),)
        kept = self._kept.get(value) if isinstance(value, str) else None
        return None if kept is None else (mapped(kept, event, self._event),)

    def _as_it_came(self, event: Mapping[str, Any], key: str, variant: str, reason: str, details: str) -> Applied:
        return self._done(dict(event), key, variant, "", reason, details)

    def _done(
        self, event: dict[str, Any] | None, key: str, variant: str, name: str, reason: str, details: str
    ) -> Applied:
        told = self._copy.told(self._flag)
        rollout = None if told is None else told.rollout
        run = str(rollout.run) if rollout is not None and name == rollout.artifact else ""
        return Applied(event, self._flag, variant, key, name, run, reason, details)


def is_digest(value: object) -> bool:
    """Does a variant name a mapping?"""
    return isinstance(value, str) and value.startswith(PREFIX) and len(value) == len(PREFIX) + 64


def _text(value: object) -> str:
    """A targeting key as text; '' for none."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
