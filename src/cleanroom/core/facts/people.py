"""Who did it, how do we know, and who was let in or turned away?"""

from __future__ import annotations

from typing import Literal

from cleanroom.core.base import Instant, noun
from cleanroom.core.policy import Policy

How = Literal["claimed", "token", "session"]
"""`claimed`: the person was named on the command line. The others proved it: a personal token, a signed-in session."""


@noun
class By:
    """A person, and how we know that it was them."""

    person: str
    how: How

    @property
    def proven(self) -> bool:
        """Did they prove who they are?"""
        return self.how != "claimed"


@noun
class PolicySet:
    """The policy in force from now on, whole, so that an auditor needs no other file. Subject `policy`."""

    policy: Policy
    by: By
    at: Instant
    kind: Literal["policy_set"] = "policy_set"


@noun
class Admitted:
    """The first admin, let in by the one-time link of a fresh server. Subject `people`."""

    person: str
    at: Instant
    kind: Literal["admitted"] = "admitted"


@noun
class TokenMade:
    """A machine or personal token exists. `token` is its public half; the secret is kept nowhere. Subject `people`."""

    token: str
    person: str
    scopes: tuple[str, ...]
    expires: Instant
    by: By
    at: Instant
    kind: Literal["token_made"] = "token_made"


@noun
class TokenRevoked:
    """A token stops working. Subject `people`."""

    token: str
    person: str
    by: By
    at: Instant
    kind: Literal["token_revoked"] = "token_revoked"


@noun
class LinkMade:
    """A one-time sign-in link for a person exists. Subject `people`."""

    person: str
    expires: Instant
    by: By
    at: Instant
    kind: Literal["link_made"] = "link_made"


@noun
class SignedIn:
    """A person signed in. `through`: link, token or oidc. Subject `access`."""

    person: str
    through: Literal["link", "token", "oidc"]
    at: Instant
    kind: Literal["signed_in"] = "signed_in"


@noun
class SignInFailed:
    """Somebody was turned away. `origin` is the network of their address, cut to /24 or /48. Subject `access`."""

    through: Literal["link", "token", "oidc", "bearer"]
    because: str
    origin: str
    at: Instant
    kind: Literal["sign_in_failed"] = "sign_in_failed"
