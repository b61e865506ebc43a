"""Tables of credentials: second factors, recovery codes, secrets for one use, spent attempts, accounts elsewhere."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database.base import Base, Id


class SecondFactor(Base):
    """A person's authenticator; it is asked for as soon as one code has confirmed it.

    `secret` is encrypted. `last_step` is the 30-second step of the last accepted code: none is accepted twice.
    """

    __tablename__ = "second_factor"

    person_id: Mapped[int] = mapped_column(
        ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_step: Mapped[int] = mapped_column(server_default="0")


class RecoveryCode(Base):
    """A code on paper for whoever has lost the authenticator; it is deleted when it is used."""

    __tablename__ = "recovery_code"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)


class OneTimeSecret(Base):
    """Something that was begun and is finished once by whoever brings the secret, or never.

    `kind` says what: `second_factor` (the password was right), `reset` (of a password), `oidc` (on the way to a
    provider and back).
    """

    __tablename__ = "one_time_secret"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    kind: Mapped[str]
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    data: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SpentAttempts(Base):
    """How many attempts somebody has spent until when; see `limits`."""

    __tablename__ = "spent_attempts"

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    until: Mapped[datetime] = mapped_column(index=True)


class ExternalIdentity(Base):
    """A person's account at a provider: `subject` is what the provider (`issuer`) calls them for good."""

    __tablename__ = "external_identity"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    linked_at: Mapped[datetime]


class GroupRole(Base):
    """Whoever is in this group at the provider holds this role."""

    __tablename__ = "group_role"
    __table_args__ = (UniqueConstraint("group_name", "role"),)

    id: Mapped[Id]
    group_name: Mapped[str]
    role: Mapped[str]
