"""How often may somebody knock? A bound on failed attempts by network and by token, in fixed memory."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from cleanroom.core.base import Refused, micros
from cleanroom.ports.clock import Clock


class TooMany(Refused):
    """Too many failed attempts; `seconds` until the next one is looked at."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many failed attempts", f"Wait {seconds} seconds, then try again.")
        self.seconds = seconds


class Limit:
    """`allowance` failures at once, and one more every `seconds`, for each key (GCRA, ITU-T I.371).

    Remembers at most `most` keys and forgets the one that failed longest ago. Safe to use from several threads.
    """

    def __init__(self, clock: Clock, allowance: int, seconds: int, most: int = 4096) -> None:
        self._clock, self._each, self._most = clock, seconds * 1_000_000, most
        self._room = (allowance - 1) * self._each
        self._free: OrderedDict[str, int] = OrderedDict()  # when the key will have paid for all its failures
        self._lock = Lock()

    def wait(self, key: str) -> int:
        """Whole seconds until the key may try again; 0 when it may now."""
        with self._lock:
            debt = self._free.get(key, 0) - micros(self._clock.now()) - self._room
        return -(-debt // 1_000_000) if debt > 0 else 0

    def failed(self, key: str) -> None:
        """Count a failure of that key."""
        now = micros(self._clock.now())
        with self._lock:
            self._free[key] = max(self._free.get(key, 0), now) + self._each
            self._free.move_to_end(key)
            while len(self._free) > self._most:
                self._free.popitem(last=False)


class Limits:
    """The bounds of one server: 10 failures a network and 30 a token at once, then one each half minute.

    `noted`: the ledger takes at most 100 failures at once and then 2 a minute, however many networks they come from.
    """

    def __init__(self, clock: Clock) -> None:
        self._networks = Limit(clock, 10, 30)
        self._tokens = Limit(clock, 30, 30)
        self._noted = Limit(clock, 100, 30)

    def wait(self, network: str, token: str = "") -> int:
        """Seconds until somebody from there, with that token, may try again; 0 when they may now."""
        return max(self._networks.wait(network), self._tokens.wait(token) if token else 0)

    def check(self, network: str, token: str = "") -> None:
        """Raises TooMany while they have to wait."""
        if seconds := self.wait(network, token):
            raise TooMany(seconds)

    def kept(self, network: str, token: str = "") -> bool:
        """Would the ledger still take a failure of theirs?"""
        return not self.wait(network, token) and not self._noted.wait("")

    def failed(self, network: str, token: str = "") -> None:
        """Count a failure."""
        self._networks.failed(network)
        self._noted.failed("")
        if token:
            self._tokens.failed(token)
