"""Who must say yes to what? The project's policy: people, their roles, and the role that each touched area asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal
from unicodedata import normalize

from cleanroom.core.base import Digest, digest_of, noun

Area = Literal["taxonomy", "schema", "metrics", "billing", "legal", "identity", "prompt", "model"]
"""What a change may touch: event names; columns and their types; numbers that the business steers by (ratios, funnels);
money; consent and personal data; who is who; the words or the model behind an AI."""

ROLE_OF: Mapping[Area, str] = {
    "taxonomy": "analytics",
    "schema": "engineering",
    "metrics": "analytics",
    "billing": "finance",
    "legal": "legal",
    "identity": "identity",
    "prompt": "ml",
    "model": "ml",
}
"""The role that an area asks for where the policy does not say."""

AREAS: tuple[Area, ...] = tuple(ROLE_OF)

SIGNED: frozenset[Area] = frozenset({"metrics", "billing", "legal", "identity"})
"""Business metrics and customer data: the full battery and a sign-off by somebody who proved who they are, always."""

ADMIN = "admin"
"""The role that hands out tokens and sign-in links."""

DAY = 86_400


@noun
class Touch:
    """A change touches `area`; `because` says how the program found out."""

    area: Area
    because: str


@noun
class Role:
    """The people who may act in a role."""

    name: str
    people: tuple[str, ...]


@noun
class Need:
    """What touches `area` needs the yes of somebody in `role`."""

    area: Area
    role: str


@noun
class Policy:
    """`needs` holds at most one role an area; an area of SIGNED that is missing asks for its role of ROLE_OF.

    `expires`: seconds that an approval lasts. `waiver`: the role that may waive a required UNKNOWN.
    """

    roles: tuple[Role, ...] = ()
    needs: tuple[Need, ...] = tuple(Need(area, role) for area, role in ROLE_OF.items())
    expires: int = 14 * DAY
    waiver: str = "owner"
    version: Literal[1] = 1

    @property
    def digest(self) -> Digest:
        """Same policy, same digest."""
        return digest_of(self)

    def role_for(self, area: Area) -> str | None:
        """The role that must approve what touches `area`; None where the policy asks for nobody."""
        named = next((n.role for n in self.needs if n.area == area), None)
        return named or (ROLE_OF[area] if area in SIGNED else None)

    def people(self, role: str) -> tuple[str, ...]:
        """Who may act in `role`."""
        return tuple(dict.fromkeys(p for r in self.roles if r.name == role for p in r.people))

    def roles_of(self, person: str) -> tuple[str, ...]:
        """The roles that `person` may act in, in the policy's order."""
        return _roles(self, plain(person))

    def everybody(self) -> tuple[str, ...]:
        """Everybody who has a role, each once."""
        return tuple(dict.fromkeys(p for r in self.roles for p in r.people))


@lru_cache(4096)
def _roles(policy: Policy, person: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(r.name for r in policy.roles if any(plain(p) == person for p in r.people)))


@noun
class Required:
    """One role that a change needs, the areas that ask for it, and whether it must be a sign-off."""

    role: str
    areas: tuple[Area, ...]
    signed: bool


def same(one: str, other: str) -> bool:
    """Do two names mean the same person? Case, space around and forms of the same letters (NFKC) do not count."""
    return one == other or plain(one) == plain(other)


@lru_cache(4096)
def plain(name: str) -> str:
    """What all spellings of a person's name have in common: the key of whatever belongs to that person."""
    return normalize("NFKC", name).strip().casefold()


def required(policy: Policy, touches: Iterable[Touch]) -> tuple[Required, ...]:
    """The roles that must approve, each once, in the order of AREAS."""
    touched = {t.area for t in touches}
    areas: dict[str, list[Area]] = {}
    for area in AREAS:
        role = policy.role_for(area) if area in touched else None
        if role is not None:
            areas.setdefault(role, []).append(area)
    return tuple(Required(role, tuple(of), any(a in SIGNED for a in of)) for role, of in areas.items())


def smallest_team(policy: Policy) -> int:
    """The fewest people with whom any change can pass: one author, and one approver for each role that may be asked."""
    roles = {policy.role_for(area) for area in AREAS} - {None}
    return 1 + len(roles)


def assignment(roles: Iterable[str], people: Mapping[str, Iterable[str]]) -> dict[str, str] | None:
    """A different person for each role out of `people[role]`; None where there is no such choice.

    Augmenting paths (Kuhn 1955), since whoever could fill two roles must be kept for the one that has nobody else.
    """
    chosen: dict[str, str] = {}

    def place(role: str, tried: set[str]) -> bool:
        for person in people.get(role, ()):
            key = plain(person)
            if key in tried:
                continue
            tried.add(key)
            held = next((r for r, p in chosen.items() if same(p, person)), None)
            if held is None or place(held, tried):
                chosen[role] = person
                return True
        return False

    return dict(chosen) if all(place(role, set()) for role in dict.fromkeys(roles)) else None
