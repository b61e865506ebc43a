"""Signing in at an OpenID Connect provider: authorization code with PKCE, state and nonce; by Authlib."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlencode

import httpx2
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import SecretStr

from app import clock
from app.errors import StellwerkError, Unavailable

SECONDS = 10.0
# Keys of providers change seldom; one that is not known is looked up at once.
REMEMBERED = timedelta(hours=1)
# Signed by the provider's own key: `none`, or our secret as a key, would let others sign.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
LEEWAY = 60
MOST_GROUPS = 1000


class Refused(StellwerkError):
    """The provider's answer does not show who somebody is; the message is for the log, never for the page."""


class OpenIdSettings(Protocol):
    """The settings that signing in elsewhere needs; see `app.settings.Settings`."""

    @property
    def oidc_issuer(self) -> str: ...

    @property
    def oidc_client_id(self) -> str: ...

    @property
    def oidc_client_secret(self) -> SecretStr: ...

    @property
    def oidc_scopes(self) -> str: ...

    @property
    def oidc_groups_claim(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Begun:
    """Somebody is sent to `url`; the other values are kept until they come back."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """Who the provider says somebody is; `groups` is None where no claim tells them."""

    issuer: str
    subject: str
    name: str
    login: str
    email: str
    email_verified: bool
    groups: frozenset[str] | None
    id_token: str


@dataclass
class Provider:
    """One provider, known by its issuer; what it says of itself is remembered for a while."""

    settings: OpenIdSettings
    _known: dict[str, Any] = field(default_factory=dict)
    _keys: dict[str, Any] = field(default_factory=dict)
    _until: datetime | None = None
    _turn: Lock = field(default_factory=Lock)

    @property
    def is_set(self) -> bool:
        """Tell whether people may sign in there."""
        return bool(self.settings.oidc_issuer and self.settings.oidc_client_id)

    def begin(self, redirect: str) -> Begun:
        """Return where to send somebody; the provider sends them back to `redirect`.

        Raises:
            Unavailable: the provider does not answer.
        """
        known = self._metadata()
        nonce, verifier = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
        with self._client(redirect) as client:
            url, state = client.create_authorization_url(
                known["authorization_endpoint"], nonce=nonce, code_verifier=verifier
            )
        return Begun(url, state, nonce, verifier)

    def finish(self, redirect: str, code: str, *, nonce: str, verifier: str) -> Claims:
        """Exchange a code for what the provider says of somebody, and check every word of it.

        Raises:
            Refused: the code or the token is not good.
            Unavailable: the provider does not answer.
        """
        known = self._metadata()
        try:
            with self._client(redirect) as client:
                token = client.fetch_token(known["token_endpoint"], code=code, code_verifier=verifier)
                claims = self._checked(token, nonce)
                wanted = {"email", "name", self.settings.oidc_groups_claim} - {""}
                if wanted - claims.keys() and known.get("userinfo_endpoint"):
                    answer = client.get(known["userinfo_endpoint"])
                    answer.raise_for_status()
                    more = answer.json()
                    # The user info must be about the same person as the signed token (Core 1.0, 5.3.2).
                    if more.get("sub") != claims["sub"]:
                        raise Refused("The user info is about somebody else.")
                    claims = {**more, **claims}
        except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
            raise Refused(f"The provider's answer is not good: {error}") from error
        except httpx2.HTTPError as error:
            raise Unavailable("The sign-in provider does not answer. Please try again.") from error
        return self._claims(claims, str(token["id_token"]))

    def logout_url(self, id_token: str, back: str) -> str:
        """Return where somebody signs out at the provider, too; empty where it offers nothing."""
        end = self._metadata().get("end_session_endpoint", "")
        values = {"post_logout_redirect_uri": back, "client_id": self.settings.oidc_client_id}
        if id_token:
            values["id_token_hint"] = id_token
        return f"{end}{'&' if '?' in end else '?'}{urlencode(values)}" if end else ""

    def _client(self, redirect: str) -> Any:
        settings, secret = self.settings, self.settings.oidc_client_secret.get_secret_value()
        return OAuth2Client(
            settings.oidc_client_id,
            secret or None,
            token_endpoint_auth_method="client_secret_basic" if secret else "none",
            scope=settings.oidc_scopes,
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=SECONDS,
        )

    def _metadata(self) -> dict[str, Any]:
        with self._turn:
            if self._until is None or self._until <= clock.now():
                issuer = self.settings.oidc_issuer
                known = _fetch(issuer.rstrip("/") + "/.well-known/openid-configuration")
                if known.get("issuer") != issuer:
                    raise Unavailable("The sign-in provider calls itself by another name; ask an administrator.")
                self._known, self._keys = known, _fetch(str(known["jwks_uri"]))
                self._until = clock.now() + REMEMBERED
            return self._known

    def _checked(self, token: dict[str, Any], nonce: str) -> dict[str, Any]:
        registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
        try:
            found = jwt.decode(token["id_token"], KeySet.import_key_set(self._keys), registry=registry)  # type: ignore[arg-type]
        except InvalidKeyIdError:
            self._keys = _fetch(str(self._known["jwks_uri"]))
            found = jwt.decode(token["id_token"], KeySet.import_key_set(self._keys), registry=registry)  # type: ignore[arg-type]
        options = {
            "iss": {"essential": True, "values": [self.settings.oidc_issuer]},
            "aud": {"essential": True, "values": [self.settings.oidc_client_id]},
        }
        given = {"nonce": nonce, "client_id": self.settings.oidc_client_id, "access_token": token.get("access_token")}
        claims = CodeIDToken(found.claims, found.header, options, given)
        claims.validate(now=int(clock.now().timestamp()), leeway=LEEWAY)
        return dict(claims)

    def _claims(self, claims: dict[str, Any], id_token: str) -> Claims:
        def text(name: str) -> str:
            value = claims.get(name)
            return " ".join(value.replace("\0", "").split())[:200] if isinstance(value, str) else ""

        groups: frozenset[str] | None = None
        if wanted := self.settings.oidc_groups_claim:
            # Providers leave the claim out where somebody is in no group; one name may stand without a list.
            found = claims.get(wanted) or []
            names = [found] if isinstance(found, str) else found if isinstance(found, list) else []
            groups = frozenset(str(name) for name in names[:MOST_GROUPS])
        subject = str(claims["sub"])
        if not subject or len(subject) > 255 or "\0" in subject:
            raise Refused("The provider names nobody.")
        return Claims(
            issuer=self.settings.oidc_issuer,
            subject=subject,
            name=text("name"),
            login=text("preferred_username"),
            email=text("email"),
            email_verified=claims.get("email_verified") is True,
            groups=groups,
            id_token=id_token,
        )


def _fetch(url: str) -> dict[str, Any]:
    try:
        answer = httpx2.get(url, timeout=SECONDS)
        answer.raise_for_status()
        found = answer.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise Unavailable("The sign-in provider does not answer. Please try again.") from error
    if not isinstance(found, dict):
        raise Unavailable("The sign-in provider does not answer. Please try again.")
    return found
