"""What do a system's figures say? Requests, errors, latency, tokens, cost, what detectors and users said; by its parts.

All of it comes from minute rollups, whatever the length of the time, but for what belongs to a session: distinct
conversations cannot be added up, so that they are counted from the calls themselves, up to MOST_COUNTED of them, and by
sketches beyond.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan

import numpy as np

from cleanroom.app.room import Room
from cleanroom.core.base import MINUTE, Misuse, NotFound, micros
from cleanroom.core.call import EVENT, Call
from cleanroom.core.mistakes import did_you_mean
from cleanroom.core.telemetry.histogram import merged, quantile
from cleanroom.core.telemetry.metrics import REQUESTS
from cleanroom.ports.calls import PARTS, Cell, Part, SessionsSeen, SystemSeen

MOST_COUNTED = 300_000
"""Calls from which sessions are counted one by one, at most; more of them are counted by sketches, within 3%."""

QUANTILES = (0.5, 0.9, 0.99)

_LABELLED = ("false_discovery/", "missed/")


@dataclass(frozen=True, slots=True)
class Rate:
    """`bad` of `n`."""

    n: int = 0
    bad: int = 0

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None of nothing."""
        return self.bad / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Line:
    """A system, or what of it has these values of the parts that were asked for.

    rates      of booleans by metric: error, refused, pii, hallucination, hallucination_overlap, score/... are not among them
    means      of numbers by metric: latency_s, input_tokens, output_tokens, cost, score/NAME ...: the mean, and how many had it
    latency    seconds at 50, 90 and 99 of 100 requests; None without requests
    money      cost of all requests; `unpriced`: requests whose model has no price, so that it is not all
    users      user events by what happened
    earned     money of the conversions
    """

    parts: tuple[str, ...]
    requests: int
    rates: Mapping[str, Rate]
    means: Mapping[str, tuple[float, int]]
    latency: tuple[float, ...] | None
    money: float
    unpriced: int
    users: Mapping[str, int]
    earned: float = 0.0

    @property
    def tokens(self) -> float:
        """Of all requests, in and out."""
        return sum(mean * n for name, (mean, n) in self.means.items() if name in ("input_tokens", "output_tokens"))

    @property
    def cost_per_request(self) -> float | None:
        """Of those that have a price."""
        return self.means["cost"][0] if "cost" in self.means else None

    @property
    def cost_per_conversion(self) -> float | None:
        """What was spent for each conversion."""
        return self.money / self.users["conversion"] if self.users.get("conversion") else None

    def per_request(self, happened: str) -> float | None:
        """User events for each request: correction rate, ticket rate, conversion rate ..."""
        return self.users.get(happened, 0) / self.requests if self.requests else None

    @property
    def escalated(self) -> float | None:
        """The share of requests that a person took over: as the calls say, else as user events do."""
        told = self.rates.get("escalated")
        return told.share if told and told.n else self.per_request("escalation")

    def precision(self, label: str) -> float | None:
        """Of what was given the class, the share that is of it."""
        return _complement(self.rates.get(f"false_discovery/{label}"))

    def recall(self, label: str) -> float | None:
        """Of what is of the class, the share that was given it."""
        return _complement(self.rates.get(f"missed/{label}"))

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes that labels speak of."""
        found = {name.removeprefix(start) for name in self.rates for start in _LABELLED if name.startswith(start)}
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True)
class Sessions:
    """Conversations with at least one request: how many, and what each took on average; None where that is not known.

    `estimated`: there were too many to count them one by one; what is said is within 3%.
    """

    conversations: int
    requests: float
    tokens: float | None
    cost: float | None
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A system from `since` to `until` (microseconds). `metrics`: names of all that came in, in order.

    `sessions`: None where the calls are too many to count them.
    """

    system: str
    since: int
    until: int
    by: tuple[Part, ...]
    total: Line
    lines: tuple[Line, ...]
    metrics: tuple[str, ...]
    sessions: Sessions | None


def panel(room: Room, system: str, since: int, until: int, by: Sequence[Part] = (), *, sessions: bool = True) -> Panel:
    """The figures of a system, all of it and by parts, most requests first. Raises NotFound for one nothing came from."""
    check_system(room, system)
    if any(part not in PARTS for part in by) or len(set(by)) < len(by):
        raise Misuse(f"cannot tell apart by {', '.join(by)}", f"By one or several of {', '.join(PARTS)}, each once.")
    since, until = since // MINUTE * MINUTE, -(-until // MINUTE) * MINUTE
    found: dict[tuple[str, ...], _Sums] = {}
    if since < until:
        for metric, cells in room.calls.all_cells(system, since, until, until - since, by).items():
            for cell in cells:
                found.setdefault(cell.parts, _Sums()).add(metric, cell)
    total = _Sums()
    for sums in found.values():
        total.merge(sums)
    lines = sorted((sums.line(parts) for parts, sums in found.items()), key=lambda x: (-x.requests, x.parts))
    whole = total.line(())
    counted = _sessions(room, system, since, until, whole.requests) if sessions else None
    return Panel(system, since, until, tuple(by), whole, tuple(lines) if by else (), tuple(sorted(total.n)), counted)


def check_system(room: Room, system: str) -> None:
    """Raises NotFound where nothing ever came from the system."""
    names = [s.system for s in room.calls.seen()]
    if system not in names:
        raise NotFound(
            f"nothing has come in from {system!r:.100}", did_you_mean(system, names) or "Send it some telemetry."
        )


def check_metric(room: Room, system: str, metric: str, since: int, until: int) -> None:
    """Raises NotFound where no call of the system in that time has the metric: none of them can be bad by it."""
    names = [n for n in room.calls.metrics(system, since, until) if not n.startswith(EVENT)]
    if metric not in names:
        hint = did_you_mean(metric, names) or "No call came in within that time: --hours looks farther back."
        raise NotFound(f"no call of {system} has the metric {metric!r:.100} in that time", hint)


def seen(room: Room) -> tuple[SystemSeen, ...]:
    """The systems that anything came from, the newest first."""
    return tuple(sorted(room.calls.seen(), key=lambda s: (-s.last, s.system)))


def found_call(room: Room, id: str) -> tuple[Call, tuple[Call, ...]]:
    """A call, and the others of its trace within an hour of it. Raises NotFound."""
    call = room.calls.call(id)
    if call is None:
        raise NotFound(
            f"there is no call {id!r:.100}",
            "It is trace id and span id in hex with - between them, and may be forgotten.",
        )
    hour = 60 * MINUTE
    beside: tuple[Call, ...] = ()
    if call.trace:
        beside = room.calls.rows(call.system, call.at - hour, call.at + hour, {"trace": call.trace}, limit=200)
    return call, tuple(sorted((c for c in beside if c.id != call.id), key=lambda c: (c.at, c.id)))


def window(room: Room, hours: float) -> tuple[int, int]:
    """The last hours, until now."""
    now = micros(room.clock.now())
    return now - int(hours * 60 * MINUTE), now + 1


@dataclass(slots=True)
class _Sums:
    """What the cells of one combination of parts add up to, by metric."""

    n: dict[str, int] = field(default_factory=dict)
    bad: dict[str, int] = field(default_factory=dict)
    total: dict[str, float] = field(default_factory=dict)
    histogram: dict[str, dict[int, int]] = field(default_factory=dict)

    def add(self, metric: str, cell: Cell) -> None:
        self._plus(metric, cell.n, cell.bad, cell.total, cell.histogram)

    def merge(self, other: _Sums) -> None:
        for metric, n in other.n.items():
            self._plus(metric, n, other.bad[metric], other.total[metric], other.histogram[metric])

    def _plus(self, metric: str, n: int, bad: int, total: float, histogram: Mapping[int, int]) -> None:
        self.n[metric] = self.n.get(metric, 0) + n
        self.bad[metric] = self.bad.get(metric, 0) + bad
        self.total[metric] = self.total.get(metric, 0.0) + total
        self.histogram[metric] = merged((self.histogram.get(metric, {}), histogram))

    def line(self, parts: tuple[str, ...]) -> Line:
        own = [m for m in self.n if not m.startswith(EVENT)]
        numbers = [m for m in own if self.histogram[m]]
        users = {m.removeprefix(EVENT): n for m, n in self.n.items() if m.startswith(EVENT)}
        return Line(
            parts=parts,
            requests=self.n.get(REQUESTS, 0),
            rates={m: Rate(self.n[m], self.bad[m]) for m in own if m not in numbers},
            means={m: (self.total[m] / self.n[m], self.n[m]) for m in numbers if self.n[m]},
            latency=_quantiles(self.histogram.get("latency_s", {})),
            money=self.total.get("cost", 0.0),
            unpriced=self.bad.get("unpriced", 0),
            users=users,
            earned=self.total.get(f"{EVENT}conversion", 0.0),
        )


def _quantiles(histogram: Mapping[int, int]) -> tuple[float, ...] | None:
    return tuple(quantile(histogram, q) for q in QUANTILES) if histogram else None


def _complement(rate: Rate | None) -> float | None:
    return None if rate is None or rate.share is None else 1 - rate.share


def _estimated(seen: SessionsSeen | None) -> Sessions | None:
    if seen is None or not seen.conversations:
        return None if seen is None else Sessions(0, 0.0, None, None)
    n = seen.conversations
    tokens, cost = (None if whole is None else whole / n for whole in (seen.tokens, seen.cost))
    return Sessions(n, seen.asked / n, tokens, cost, estimated=True)


def _sessions(room: Room, system: str, since: int, until: int, requests: int) -> Sessions | None:
    if requests > MOST_COUNTED:
        return _estimated(room.calls.sessions(system, since, until))
    columns = room.calls.columns(system, since, until, (REQUESTS, "input_tokens", "output_tokens", "cost"))
    asked = ~np.isnan(columns.metrics[REQUESTS]) & (columns.conversation != "")
    count = len(np.unique(columns.conversation[asked]))
    if not count:
        return Sessions(0, 0.0, None, None)

    def each(*names: str) -> float | None:
        sums = [columns.metrics[name][asked] for name in names]
        told: Iterable[bool] = (bool((~np.isnan(values)).any()) for values in sums)
        found = float(sum(np.nansum(values) for values in sums)) / count
        return found if any(told) and not isnan(found) else None

    return Sessions(count, float(asked.sum()) / count, each("input_tokens", "output_tokens"), each("cost"))
