"""Who does the identity provider say it is? OpenID Connect: authorization code, PKCE, state and nonce (Core 1.0, RFC 7636)."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from cleanroom.core.base import Misuse, Outside, Refused
from cleanroom.ports.identity import Errand
from cleanroom.ports.project import Oidc

PATIENCE = 10.0
"""Seconds to wait for an answer, and to leave the provider alone after there was none."""

_LEEWAY = 60  # seconds that two clocks may differ
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA", "Ed25519"]  # nothing with a shared key
_SCOPE = "openid email"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class OidcProvider:
    """The Identity port over one issuer. What it says of itself (discovery) is asked for once, its keys when they change."""

    def __init__(self, settings: Oidc, secret: str = "", patience: float = PATIENCE) -> None:
        self._settings, self._secret, self._patience = settings, secret, patience
        self._told: dict[str, Any] = {}
        self._keys: dict[str, Any] = {}
        self._lock = Lock()
        self._rest = 0.0  # until when nobody asks again, after it did not answer

    @property
    def name(self) -> str:
        """What the button says."""
        return self._settings.name

    def start(self, redirect: str) -> Errand:
        """Where to send the browser; see the port."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._client() as client:
            url, _ = client.create_authorization_url(
                self._metadata()["authorization_endpoint"],
                state=state,
                code_verifier=verifier,
                nonce=nonce,
                redirect_uri=redirect,
            )
        return Errand(url, state, nonce, verifier)

    def finish(self, redirect: str, errand: Errand, code: str, issuer: str = "") -> str:
        """The verified email; see the port."""
        if issuer and issuer != self._settings.issuer:  # RFC 9207: an answer of another provider
            raise Refused("the answer came from another identity provider", "Start again from the sign-in page.")
        told = self._metadata()
        with self._client() as client, _explained(self._settings.issuer):
            token = client.fetch_token(
                told["token_endpoint"],
                grant_type="authorization_code",
                code=code,
                redirect_uri=redirect,
                code_verifier=errand.verifier,
            )
            claims = self._claims(str(token.get("id_token", "")), str(token.get("access_token", "")), errand.nonce)
            if "email" not in claims and told.get("userinfo_endpoint"):
                claims = _same_person(claims, _json(client.get(told["userinfo_endpoint"])))
        return _email(claims)

    def _claims(self, id_token: str, access_token: str, nonce: str) -> dict[str, Any]:
        try:
            decoded = jwt.decode(id_token, KeySet.import_key_set(self._key_set(fresh=False)), _ALGORITHMS)
        except InvalidKeyIdError:
            decoded = jwt.decode(id_token, KeySet.import_key_set(self._key_set(fresh=True)), _ALGORITHMS)
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            {"iss": {"essential": True, "value": self._settings.issuer}, "aud": {"value": self._settings.client_id}},
            {"nonce": nonce, "client_id": self._settings.client_id, "access_token": access_token},
        )
        claims.validate(leeway=_LEEWAY)
        return dict(claims)

    def _client(self) -> OAuth2Client:
        told = self._told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        basic = "client_secret_basic" in told or "client_secret_post" not in told
        return OAuth2Client(
            client_id=self._settings.client_id,
            client_secret=self._secret or None,
            token_endpoint_auth_method=("client_secret_basic" if basic else "client_secret_post")
            if self._secret
            else "none",
            scope=_SCOPE,
            code_challenge_method="S256",
            timeout=self._patience,
        )

    def _metadata(self) -> dict[str, Any]:
        if not self._told:
            with self._alone():
                told = self._get(self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
                self._told = _fit(told, self._settings.issuer)
        return self._told

    def _key_set(self, *, fresh: bool) -> Any:
        told = self._metadata()
        if fresh or not self._keys:
            with self._alone():
                self._keys = self._get(str(told["jwks_uri"]))
        return self._keys

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One asks at a time, and nobody right after a failure: a provider that hangs must not hold up the server."""
        if time.monotonic() < self._rest or not self._lock.acquire(timeout=1.0):
            raise Outside(
                f"the identity provider {self._settings.issuer} did not answer just now",
                "Wait a moment, or sign in with a token.",
            )
        try:
            yield
        except Outside:
            self._rest = time.monotonic() + PATIENCE
            raise
        finally:
            self._lock.release()

    def _get(self, url: str) -> dict[str, Any]:
        with _explained(self._settings.issuer), httpx2.Client(timeout=self._patience) as client:
            return _json(client.get(url))


def _json(response: httpx2.Response) -> dict[str, Any]:
    response.raise_for_status()
    found = response.json()
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def _fit(told: dict[str, Any], issuer: str) -> dict[str, Any]:
    """Discovery, if it speaks for that issuer and names what is needed, all of it through TLS or on this machine."""
    if told.get("issuer") != issuer:
        raise Misuse(
            f"the identity provider calls itself {str(told.get('issuer'))[:200]!r}, cleanroom.toml calls it {issuer!r}",
            "Write [oidc] issuer exactly as the provider does.",
        )
    for key in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        parts = urlsplit(str(told.get(key, "")))
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOOPBACK):
            raise Outside(f"the identity provider names no safe {key}", "Ask whoever runs it.")
    return told


def _same_person(claims: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    if more.get("sub") != claims.get("sub"):
        raise Refused("the identity provider gave two different people", "Start again from the sign-in page.")
    return {**more, **claims}


def _email(claims: dict[str, Any]) -> str:
    email = claims.get("email")
    if not isinstance(email, str) or not email or claims.get("email_verified") is not True:
        raise Refused(
            "the identity provider does not vouch for an email address (claims email, email_verified)",
            "Confirm your address there, or ask whoever runs it to send both claims.",
        )
    return email


@contextmanager
def _explained(issuer: str) -> Iterator[None]:
    """Errors of the libraries leave as ours; what the provider said in them stays out of sight."""
    try:
        yield
    except (AuthlibBaseError, JoseError) as error:
        what = getattr(error, "error", "") or type(error).__name__
        raise Refused(
            f"the identity provider's answer proves nothing ({str(what)[:60]})", "Start again from the sign-in page."
        ) from error
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError) as error:
        raise Outside(
            f"the identity provider {issuer} cannot be asked ({type(error).__name__})",
            "Check the network and [oidc] in cleanroom.toml, or sign in with a token.",
        ) from error
