"""A person lets what a sensor holds up go on, or says that things are right as they are now; the ledger keeps both."""

from __future__ import annotations

from collections.abc import Callable

from cleanroom.app.appending import retried
from cleanroom.app.room import Room
from cleanroom.app.sensors.read import sensor_of, standing
from cleanroom.core.base import Instant, Refused
from cleanroom.core.facts import Fact, SensorRebased, SensorUnblocked
from cleanroom.core.ledger import Write
from cleanroom.core.policy import same
from cleanroom.core.reason import reason
from cleanroom.core.sensors.standing import Standing, subject_of
from cleanroom.core.signing import PROVE


def unblock(room: Room, name: str, because: str) -> Standing:
    """Let what it holds up go on, although it is or was over its bound. Raises Refused, NotFound.

    As with a waiver, only those whom the policy lets waive may, and only if they proved who they are.
    """

    def fact(now: Standing) -> Fact:
        if now.tripped is None:
            what = (
                f"{name} failed, and holds up nothing once it looks again"
                if now.state == "failed"
                else f"{name} holds up nothing"
            )
            raise Refused(what, f"See it: cleanroom sensor show {name}")
        return SensorUnblocked(name, reason(because), _role(room), room.by, room.clock.now())

    return _decided(room, name, because, "unblocked", fact)


def rebase(room: Room, name: str, because: str, since: Instant | None = None) -> Standing:
    """From `since` (now) on, how things are is what is right: what came before is compared with no more. Raises as `unblock`."""

    def fact(_: Standing) -> Fact:
        now = room.clock.now()
        if since is not None and since > now:
            raise Refused("a baseline cannot begin in the future", "Name a moment that has been.")
        return SensorRebased(name, since or now, reason(because), _role(room), room.by, now)

    return _decided(room, name, because, "given a new baseline", fact)


def _role(room: Room) -> str:
    """The role that whoever is at work decides in."""
    policy = room.project.policy()
    people = policy.people(policy.waiver)
    if not any(same(room.operator, p) for p in people):
        acting = ", ".join(people) or "nobody yet, see [roles] in cleanroom.toml"
        raise Refused(f"only {policy.waiver} may let a sensor's finding pass", f"Acting as {policy.waiver}: {acting}.")
    if not room.by.proven:
        raise Refused(f"that needs a sign-off: {room.operator} was only claimed", PROVE)
    return policy.waiver


def _decided(room: Room, name: str, because: str, what: str, make: Callable[[Standing], Fact]) -> Standing:
    sensor_of(room, name)
    if not reason(because):
        raise Refused(f"a sensor is {what} for a reason", "Say why: --because TEXT")

    def once() -> None:
        now = standing(room, name)
        room.store.append([Write(subject_of(name), now.version, make(now))])

    retried(once)
    return standing(room, name)
