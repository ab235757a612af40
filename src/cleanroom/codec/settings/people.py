"""[roles] and [policy] of cleanroom.toml: who may act as what, which role each touched area asks for, what is done by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from cleanroom.codec.settings.keys import known, length, seconds
from cleanroom.core.alerts.acts import ACTS, Acts
from cleanroom.core.mistakes import Mistake, did_you_mean
from cleanroom.core.policy import AREAS, ROLE_OF, SIGNED, Need, Policy, Role

_ROLE = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_OTHERS = ("expires", "waiver", "act_on_critical")
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
    yield from _act_mistakes(keys.get("act_on_critical", []))
    for key in (*AREAS, "waiver"):
        value = keys.get(key, "-")
        off = value is False or (isinstance(value, str) and not value.strip())
        if off and (key in SIGNED or key == "waiver"):
            hint = f'Name the role that is to sign for it, for example {key} = "{_EXAMPLE[key]}".'
            yield Mistake((key,), f"{key!r} cannot be switched off, only given to another role", hint)
        elif not off and key in keys and not (isinstance(value, str) and _ROLE.fullmatch(value)):
            off_too = "" if key in SIGNED or key == "waiver" else ", or false to ask for nobody"
            yield Mistake((key,), f"{key!r} must name a role", f'For example {key} = "analytics"{off_too}.')


def _act_mistakes(said: object) -> Iterator[Mistake]:
    """`act_on_critical` is a list for all systems, or a table with a list for each; `default` is for all others."""
    for system, acts in (said if isinstance(said, dict) else {"": said}).items():
        path = ("act_on_critical", system) if system else ("act_on_critical",)
        if not isinstance(acts, list):
            hint = 'For example act_on_critical = ["kill-flag"].'
            yield Mistake(path, "what is to be done by itself must be a list", hint)
            continue
        for act in acts:
            if act not in ACTS:
                yield Mistake(path, f"nothing is called {str(act)[:60]!r}", did_you_mean(str(act), ACTS))


def acts(keys: dict[str, Any]) -> tuple[Acts, ...]:
    """What a [policy] without mistakes has done by itself when an alert is critical."""
    said = keys.get("act_on_critical", [])
    table = said if isinstance(said, dict) else {"default": said}
    return tuple(
        Acts("" if name == "default" else name, tuple(a for a in ACTS if a in acts)) for name, acts in table.items()
    )


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
