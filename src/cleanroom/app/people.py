"""Who holds which role, and are there enough people for what the policy asks?"""

from __future__ import annotations

from dataclasses import dataclass

from cleanroom.app import access
from cleanroom.app.room import Room
from cleanroom.core.policy import ADMIN, AREAS, SIGNED, Area, Policy, assignment, smallest_team


@dataclass(frozen=True, slots=True)
class Held:
    """A role: who holds it, and the touched areas that ask for it. `signed`: it must always be a sign-off."""

    role: str
    people: tuple[str, ...]
    areas: tuple[Area, ...]
    signed: bool


@dataclass(frozen=True, slots=True)
class Staff:
    """`team`: the fewest people with whom any change can pass. `lacking`: why the policy cannot be staffed, or ''.

    `first_admin`: whom the one-time link of a fresh server let in, while the policy names no admin.
    """

    roles: tuple[Held, ...]
    team: int
    lacking: str
    waiver: str
    first_admin: str


def staff(room: Room) -> Staff:
    """The people of the policy as it is now. Raises Misuse for a cleanroom.toml with mistakes."""
    policy = room.project.policy()
    first = next((p for p in access.admitted(room) if access.is_admin(room, p)), "")
    return Staff(
        _held(policy), smallest_team(policy), lacking(policy), policy.waiver, "" if policy.people(ADMIN) else first
    )


def _held(policy: Policy) -> tuple[Held, ...]:
    asked = [role for role in (policy.role_for(area) for area in AREAS) if role]
    names = dict.fromkeys((*asked, *(r.name for r in policy.roles), policy.waiver, ADMIN))
    held = []
    for name in names:
        areas = tuple(a for a in AREAS if policy.role_for(a) == name)
        held.append(Held(name, policy.people(name), areas, any(a in SIGNED for a in areas)))
    return tuple(held)


def lacking(policy: Policy) -> str:
    """Why a change that touches everything could never pass, even with an author from outside; '' when it could."""
    asked = tuple(dict.fromkeys(role for role in (policy.role_for(area) for area in AREAS) if role))
    empty = [role for role in asked if not policy.people(role)]
    if empty:
        return f"nobody acts as {', '.join(empty)}"
    if assignment(asked, {role: policy.people(role) for role in asked}) is None:
        return f"{len(asked)} roles need as many different people: some hold several, and too few are left"
    return ""
