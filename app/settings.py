"""Everything that can be set from outside, by environment variables that begin with `STELLWERK_`."""

import os
import secrets
import tempfile
from contextlib import suppress
from functools import cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


def shipped_folder() -> Path:
    """Return the folder that holds `bpmn/`, `forms/` and `migrations/`: the clone, or the installed package's copy."""
    beside = Path(__file__).resolve().parent.parent
    return beside if (beside / "migrations" / "env.py").is_file() else Path(__file__).resolve().parent / "shipped"


def with_driver(url: str) -> str:
    """Name the driver in a PostgreSQL URL that leaves it open (`postgres://`, `postgresql://`)."""
    for scheme in ("postgres://", "postgresql://"):
        if url.startswith(scheme):
            return "postgresql+psycopg://" + url.removeprefix(scheme)
    return url


class Settings(BaseSettings):
    """What an operator decides; docs/settings.md lists it all with its defaults."""

    model_config = SettingsConfigDict(env_prefix="STELLWERK_", extra="ignore", frozen=True)

    database_url: str = Field("", description="PostgreSQL server to use; empty runs an embedded one in `var/postgres`.")
    home: Path = Field(
        default_factory=shipped_folder, description="Folder with the shipped `bpmn/`, `forms/` and `migrations/`."
    )
    var: Path = Field(Path("var"), description="Folder for what Stellwerk writes: embedded database, secret, mails.")
    host: str = Field("127.0.0.1", description="Address that the web server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port that the web server listens on.")
    base_url: str = Field("", description="Address under which people reach the pages; stands in mails.")
    secret_key: SecretStr = Field(
        SecretStr(""),
        description=(
            "Key that encrypts what is stored secret and makes the links of password resets; empty makes one, kept in"
            " `var/secret`."
        ),
    )
    mail_url: str = Field(
        "",
        description=(
            "Mail server: `smtp://`, `smtp+starttls://` or `smtps://` with `user:password@host:port`;"
            " empty writes mails to `var/mail` as .eml files."
        ),
    )
    mail_from: str = Field("stellwerk@localhost", description="Sender of all mails.")
    organisation: str = Field("Stellwerk", description="Name of your organisation, shown on pages and in mails.")
    default_locale: str = Field("en", description="Language for people who chose none.")
    default_time_zone: str = Field("Europe/Berlin", description="Time zone for people who chose none.")
    session_hours: int = Field(12, ge=1, description="Hours after which a sign-in ends.")
    lockout_attempts: int = Field(5, ge=1, description="Wrong passwords in a row before sign-in is locked.")
    lockout_minutes: int = Field(15, ge=1, description="Minutes for which sign-in stays locked.")
    oidc_issuer: str = Field(
        "", description="Address of an OpenID Connect provider where people sign in; empty offers none."
    )
    oidc_client_id: str = Field("", description="What the provider calls this installation.")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), description="Secret that the provider gave to this installation; empty for a public client."
    )
    oidc_name: str = Field("OpenID Connect", description="What the sign-in page calls the provider.")
    oidc_scopes: str = Field("openid profile email", description="Scopes that are asked for, by blank.")
    oidc_groups_claim: str = Field(
        "groups", description="Claim that names a person's groups; empty leaves roles alone."
    )
    oidc_create_people: bool = Field(
        True, description="Whether somebody who signs in there for the first time becomes a person here."
    )
    oidc_link_by_email: bool = Field(
        False,
        description="Whether they become the person who is here with the same address, if the provider verified it.",
    )
    ldap_url: str = Field(
        "", description="LDAP directory whose passwords people may sign in with: `ldaps://` or `ldap://`; empty: none."
    )
    ldap_start_tls: bool = Field(True, description="Whether a connection with `ldap://` is protected by StartTLS.")
    ldap_ca_file: str = Field(
        "", description="File with the certificates that the directory's one is checked by; empty: the system's."
    )
    ldap_bind_dn: str = Field("", description="Account that looks people up there; empty asks without signing in.")
    ldap_bind_password: SecretStr = Field(SecretStr(""), description="Its password.")
    ldap_user_dn: str = Field(
        "", description="Name of people's entries with `{login}` in it; they are then not looked up before."
    )
    ldap_search_base: str = Field("", description="Entry below which people are looked up.")
    ldap_search_filter: str = Field("(uid={login})", description="How people are looked up by what they type.")
    ldap_id_attribute: str = Field("entryUUID", description="What never changes of an entry (`objectGUID` with AD).")
    ldap_login_attribute: str = Field("uid", description="Attribute with the login.")
    ldap_name_attribute: str = Field("cn", description="Attribute with the name that people read.")
    ldap_email_attribute: str = Field("mail", description="Attribute with the e-mail address.")
    ldap_groups_attribute: str = Field("memberOf", description="Attribute with the groups of a person; empty: none.")
    ldap_group_base: str = Field("", description="Entry below which groups are looked up; empty looks up none.")
    ldap_group_filter: str = Field(
        "(member={dn})", description="How the groups of a person are looked up; `{dn}` or `{login}` stands for them."
    )
    ldap_create_people: bool = Field(
        True, description="Whether somebody who signs in with it for the first time becomes a person here."
    )
    ldap_link_by_email: bool = Field(
        False, description="Whether they become the person who is here with the same address."
    )
    api_calls_per_minute: int = Field(
        1200, ge=0, description="Calls that one API token may make in a minute, per web process; 0 allows any number."
    )
    webhook_networks: str = Field(
        "",
        description=(
            "Networks that webhooks may reach although they are private, by comma, like `10.20.0.0/16`, also without"
            " TLS; empty allows public addresses alone."
        ),
    )
    edit_minutes: int = Field(
        15, ge=0, description="Minutes for which the author of a comment may edit or withdraw it; 0 allows neither."
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses of reverse proxies whose `X-Forwarded-*` headers are believed, by comma."
    )
    upload_limit_mb: int = Field(20, ge=1, description="Largest file that may be uploaded, in megabytes.")
    loose_file_days: int = Field(
        7,
        ge=0,
        description=(
            "Days after which a file is removed that was sent with a form or over the API and has become part of"
            " nothing; 0 keeps them."
        ),
    )
    form_limit_kb: int = Field(1024, ge=1, description="Largest form or API body apart from files, in kilobytes.")
    step_limit: int = Field(10_000, ge=10, description="Elements that one step may pass before its case is stuck.")
    step_seconds: float = Field(10.0, gt=0, description="Seconds that one step may compute before its case is stuck.")
    demo_days: int = Field(90, ge=0, description="Days of history that the demo organisation begins with.")
    web_processes: int = Field(1, ge=1, description="Web processes that `stellwerk serve` starts.")
    threads: int = Field(3, ge=1, description="Requests that one web process works on at the same time.")
    worker_concurrency: int = Field(4, ge=1, description="Jobs that one worker carries out at the same time.")
    tick_seconds: float = Field(1.0, gt=0, description="Seconds between two looks at what is due.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged.")

    @field_validator("webhook_networks")
    @classmethod
    def _networks_only(cls, text: str) -> str:
        for one in text.split(","):
            if one.strip():
                # Raises a ValueError that names what is wrong.
                ip_network(one.strip(), strict=False)
        return text

    @field_validator("database_url")
    @classmethod
    def _postgresql_only(cls, url: str) -> str:
        url = with_driver(url)
        if url and not url.startswith("postgresql+psycopg://"):
            raise ValueError("must begin with postgresql://")
        return url

    @field_validator("ldap_url")
    @classmethod
    def _ldap_only(cls, url: str) -> str:
        if url and not url.startswith(("ldap://", "ldaps://")):
            raise ValueError("must begin with ldaps:// or ldap://")
        return url

    @cached_property
    def address(self) -> str:
        """Where people reach the pages, without a slash at the end."""
        return self.base_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @cached_property
    def secret(self) -> bytes:
        """The secret key: the one set, else the one in `var/secret`, which is made at first need."""
        if given := self.secret_key.get_secret_value():
            return given.encode()
        path = self.var / "secret"
        if not path.exists():
            self.var.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=self.var, prefix=".secret-")
            draft = Path(name)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
            # A link appears complete or not at all: of two processes that start together one makes the key.
            with suppress(FileExistsError):
                path.hardlink_to(draft)
            draft.unlink()
        return path.read_text().strip().encode()
