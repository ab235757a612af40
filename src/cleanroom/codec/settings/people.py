"""[roles] and [policy] of cleanroom.toml: who may act as what, and which role each touched area asks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cleanroom.codec.settings.keys import known, length, seconds
from cleanroom.core.mistakes import Mistake
from cleanroom.core.policy import AREAS, ROLE_OF, SIGNED, Need, Policy, Role

_ROLE = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_OTHERS = ("expires", "waiver")
_MOST = 200
_EXAMPLE: dict[str, str] = {**{str(area): role for area, role in ROLE_OF.items()}, "waiver": "owner"}


def role_mistakes(keys: dict[str, Any]) -> Iterator[Mistake]:
    """What is wrong with [roles]: each is a list of people."""
    for role, people in keys.items():
        if not _ROLE.fullmatch(role):
            hint = "Use small letters, digits, '_' and '-', for example finance."
            yield Mistake((role,), f"{role!r} cannot be the name of a role", hint, at="key")
        if not isinstance(people, list) or not all(_person(p) for p in people):
            hint = f'For example {role} = ["ana@shop.example"].'
            yield Mistake((role,), f"{role!r} must be a list of people, each text on one line", hint)


def _person(name: object) -> bool:
    return isinstance(name, str) and 0 < len(name.strip()) <= _MOST and name.isprintable()


def policy_mistakes(keys: dict[str, Any]) -> Iterator[Mistake]:
    """What is wrong with [policy]: an area names a role; only some can be switched off."""
    yield from known(keys, (*AREAS, *_OTHERS))
    yield from length(keys, "expires")
    for key in (*AREAS, "waiver"):
        value = keys.get(key, "-")
        off = value is False or (isinstance(value, str) and not value.strip())
        if off and (key in SIGNED or key == "waiver"):
            hint = f'Name the role that is to sign for it, for example {key} = "{_EXAMPLE[key]}".'
            yield Mistake((key,), f"{key!r} cannot be switched off, only given to another role", hint)
        elif not off and key in keys and not (isinstance(value, str) and _ROLE.fullmatch(value)):
            off_too = "" if key in SIGNED or key == "waiver" else ", or false to ask for nobody"
            yield Mistake((key,), f"{key!r} must name a role", f'For example {key} = "analytics"{off_too}.')


def policy(roles: dict[str, list[str]], keys: dict[str, Any]) -> Policy:
    """The policy of two tables without mistakes."""
    plain = Policy()
    asked = ((area, keys.get(area, ROLE_OF[area])) for area in AREAS)
    return Policy(
        roles=tuple(Role(name, tuple(p.strip() for p in people)) for name, people in roles.items()),
        needs=tuple(Need(area, role) for area, role in asked if role),
        expires=seconds(keys["expires"]) if "expires" in keys else plain.expires,
        waiver=keys.get("waiver", plain.waiver),
    )
