"""Tables of people: persons, organisations, teams, role assignments, sessions and tokens."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.database.base import Base, Id


class Organisation(Base):
    """An organisation that provides or uses services."""

    __tablename__ = "organisation"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)


class Person(Base):
    """Somebody who signs in, reports, or is written to; without a password nobody signs in as them."""

    __tablename__ = "person"
    __table_args__ = (
        Index("uq_person_login", func.lower(text("login")), unique=True),
        Index("ix_person_email", func.lower(text("email"))),
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
    single_keys: Mapped[bool] = mapped_column(server_default="true")
    active: Mapped[bool] = mapped_column(server_default="true")
    administrator: Mapped[bool] = mapped_column(server_default="false")
    failed_logins: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    organisation: Mapped[Organisation | None] = relationship(lazy="raise")


class Team(Base):
    """People who take work together; its role key is `team.<key>`."""

    __tablename__ = "team"

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    level: Mapped[int | None]
    email: Mapped[str | None]


class TeamMember(Base):
    """A person in a team."""

    __tablename__ = "team_member"

    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    leads: Mapped[bool] = mapped_column(server_default="false")


class RoleAssignment(Base):
    """A person or a team holds a role (`incidents.process_staff`) for a span of time."""

    __tablename__ = "role_assignment"
    __table_args__ = (UniqueConstraint("role", "person_id", "team_id"),)

    id: Mapped[Id]
    role: Mapped[str] = mapped_column(index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), index=True)
    valid_from: Mapped[datetime] = mapped_column(server_default=func.now())
    valid_until: Mapped[datetime | None]


class AuthSession(Base):
    """A signed-in browser; the cookie carries a secret of which only the digest is kept."""

    __tablename__ = "auth_session"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str | None]
    user_agent: Mapped[str | None]


class ApiToken(Base):
    """A bearer token for the API; only its digest is kept."""

    __tablename__ = "api_token"

    id: Mapped[Id]
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
