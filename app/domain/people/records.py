"""Tables of people: persons, organisations, teams, roles, absences, sessions and tokens."""

from datetime import datetime
from typing import Any

from sqlalchemy import Computed, ForeignKey, Identity, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database.base import Base, Id

# Logins and addresses have no blanks where their words end.
_WORDS = "to_tsvector('simple', translate(name || ' ' || login || ' ' || coalesce(email, ''), '._-+@', '     '))"


class Organisation(Base):
    """An organisation that provides or uses services; `kind` is one of `organisations.KINDS`."""

    __tablename__ = "organisation"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(server_default="own")
    email: Mapped[str | None]
    phone: Mapped[str | None]
    address: Mapped[str | None]
    note: Mapped[str | None]
    active: Mapped[bool] = mapped_column(server_default="true")
    version: Mapped[int] = mapped_column(server_default="1")


class Person(Base):
    """Somebody who signs in, reports, or is written to; without a password nobody signs in as them."""

    __tablename__ = "person"
    __table_args__ = (
        Index("uq_person_login", func.lower(text("login")), unique=True),
        Index("ix_person_email", func.lower(text("email"))),
        Index("ix_person_words", "words", postgresql_using="gin"),
    )

    id: Mapped[Id]
    login: Mapped[str]
    name: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    department: Mapped[str | None]
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisation.id"))
    password_hash: Mapped[str | None]
    locale: Mapped[str] = mapped_column(server_default="en")
    time_zone: Mapped[str] = mapped_column(server_default="Europe/Berlin")
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendar.id"))
    single_keys: Mapped[bool] = mapped_column(server_default="true")
    active: Mapped[bool] = mapped_column(server_default="true")
    administrator: Mapped[bool] = mapped_column(server_default="false")
    failed_logins: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    version: Mapped[int] = mapped_column(server_default="1")

    # Read only where somebody is looked for.
    words: Mapped[Any] = mapped_column(TSVECTOR, Computed(_WORDS, persisted=True), deferred=True, nullable=True)

    organisation: Mapped[Organisation | None] = relationship(lazy="raise")


class Team(Base):
    """People who take work together; its role key is `team.<key>`."""

    __tablename__ = "team"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    level: Mapped[int | None]
    email: Mapped[str | None]
    calendar_id: Mapped[int | None] = mapped_column(ForeignKey("calendar.id"))
    version: Mapped[int] = mapped_column(server_default="1")


class TeamMember(Base):
    """A person in a team."""

    __tablename__ = "team_member"

    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    leads: Mapped[bool] = mapped_column(server_default="false")


class RoleAssignment(Base):
    """A person or a team holds a role (`incidents.process_staff`) for a span of time.

    With `service_id` it counts only for what concerns that service, with `record_id` only for that record.
    `settled_at` is when tasks that were lost by its end went back to the role. `source` is the provider whose groups
    gave it (`oidc`, `ldap`): it ends when the group is gone; people gave all others.
    """

    __tablename__ = "role_assignment"

    id: Mapped[Id]
    role: Mapped[str] = mapped_column(index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), index=True)
    service_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    valid_from: Mapped[datetime] = mapped_column(server_default=func.now())
    valid_until: Mapped[datetime | None]
    assigned_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    reason: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    source: Mapped[str | None]


class RoleConflict(Base):
    """Two roles that one person should not hold together; `*` in place of an area means any."""

    __tablename__ = "role_conflict"
    __table_args__ = (UniqueConstraint("first", "second"),)

    id: Mapped[Id]
    first: Mapped[str]
    second: Mapped[str]
    reason: Mapped[str]


class RoleFinding(Base):
    """Something wrong with how roles are held that somebody was told of; it goes when it is wrong no longer."""

    __tablename__ = "role_finding"

    key: Mapped[str] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]


class RefusedRole(Base):
    """A role that a person's groups at a provider (`source`) would give, but a rule of segregation does not."""

    __tablename__ = "refused_role"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    refused_at: Mapped[datetime]


class Absence(Base):
    """Somebody is away; the substitute sees and may do what is assigned to them meanwhile.

    `told_at` is until when the substitute has been told of tasks.
    """

    __tablename__ = "absence"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    substitute_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    note: Mapped[str | None]
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="SET NULL"))
    told_at: Mapped[datetime | None]


class AuthSession(Base):
    """A signed-in browser; the cookie carries a secret of which only the digest is kept.

    `method` is how the person has shown who they are (`password`, `oidc`, `ldap`); `hint` is what the provider wants
    to be reminded of at signing out, encrypted.
    """

    __tablename__ = "auth_session"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str | None]
    user_agent: Mapped[str | None]
    id: Mapped[int] = mapped_column(Identity(), unique=True)
    method: Mapped[str] = mapped_column(server_default="password")
    hint: Mapped[bytes | None] = mapped_column(LargeBinary)


class ApiToken(Base):
    """A bearer token for the API; only its digest is kept. `last_used_at` is exact to some minutes."""

    __tablename__ = "api_token"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    scopes: Mapped[list[str]]
    last_used_at: Mapped[datetime | None]


class CalendarFeed(Base):
    """The secret address at which calendar programs fetch what is due for a person; only its digest is kept."""

    __tablename__ = "calendar_feed"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
