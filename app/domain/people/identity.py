"""Who asks: from a session's or a token's secret to a person with roles, in one statement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock
from app.database.direct import Direct
from app.domain.people import roles, secrets

# However busy a session is, after this time the person signs in again.
LONGEST_SESSION = timedelta(days=30)
# When a token was used last is told to this span: writing at every call would cost a row version each.
USE_NOTED = timedelta(minutes=5)


# Records are a layer above people; of them only this one column is wanted here.
_SERVICE = text("SELECT service_id FROM record WHERE id = :id")


@dataclass(frozen=True, slots=True)
class Token:
    """The API token with which a program asks, and what it may be used for."""

    id: int
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Limited:
    """A role that counts only for what concerns one service, or only for one record."""

    role: str
    service_id: int | None = None
    record_id: int | None = None

    def __str__(self) -> str:
        """Write it as one text, `incidents.process_staff@service:5`."""
        return f"{self.role}@record:{self.record_id}" if self.record_id else f"{self.role}@service:{self.service_id}"


@dataclass(frozen=True, slots=True)
class Identity:
    """A signed-in person with the role keys they hold now, teams (`team.<key>`) and vacant roles below included.

    `unread` notifications are counted for pages alone, up to a hundred. `limited` are the roles that they hold for some
    service or record alone; `stands_in_for` are the ids of absent
    people whose substitute they are; `token` is there when a program asks in their name.
    """

    person_id: int
    name: str
    login: str
    locale: str
    time_zone: str
    roles: frozenset[str]
    administrator: bool
    single_keys: bool
    limited: tuple[Limited, ...] = ()
    stands_in_for: frozenset[int] = frozenset()
    token: "Token | None" = None
    unread: int = 0

    def at(self, session: Session, record_id: int | None) -> "Identity":
        """Return the identity as it counts for one record; who has no limited roles costs no statement."""
        more = held_at(session, self.limited, record_id)
        return replace(self, roles=self.roles | more) if more else self


def held_at(session: Session, limited: Sequence[Limited], record_id: int | None) -> frozenset[str]:
    """Return which limited roles count for a record: by itself, by its service, or as the service itself."""
    if not limited or record_id is None:
        return frozenset()
    concerned = {record_id, session.scalar(_SERVICE, {"id": record_id})}
    return frozenset(
        one.role for one in limited if one.record_id == record_id or (one.service_id and one.service_id in concerned)
    )


_PERSON = """
    SELECT p.id, p.name, p.login, p.locale, p.time_zone, p.administrator, p.single_keys,
           own.roles AS own_roles, own.limited,
           ARRAY(
               SELECT a.person_id FROM absence a
               WHERE a.substitute_id = p.id AND a.starts_at <= :now AND a.ends_at > :now
           ) AS stands_in_for,
           CASE WHEN own.senior THEN ARRAY(
               SELECT DISTINCT a.role FROM role_assignment a
               LEFT JOIN team_member m ON m.team_id = a.team_id
               JOIN person holder ON holder.id = coalesce(a.person_id, m.person_id) AND holder.active
               WHERE a.valid_from <= :now AND (a.valid_until IS NULL OR a.valid_until > :now)
                 AND a.service_id IS NULL AND a.record_id IS NULL
           ) END AS held,
           CASE WHEN own.senior THEN ARRAY(
               SELECT 'team.' || t.key FROM team t WHERE NOT EXISTS (
                   SELECT FROM team_member m JOIN person holder ON holder.id = m.person_id AND holder.active
                   WHERE m.team_id = t.id)
           ) END AS empty_teams,
           {columns}
    FROM {source}
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(r.role) FILTER (WHERE r.everywhere), '{{}}') AS roles,
               coalesce(bool_or(r.everywhere AND split_part(r.role, '.', 2) = ANY(:senior)), false) AS senior,
               array_agg(ARRAY[r.role, r.service_id::text, r.record_id::text]) FILTER (WHERE NOT r.everywhere)
                   AS limited
        FROM (
            SELECT a.role, a.service_id, a.record_id, a.service_id IS NULL AND a.record_id IS NULL AS everywhere
            FROM role_assignment a
            WHERE a.person_id = p.id
              AND a.valid_from <= :now AND (a.valid_until IS NULL OR a.valid_until > :now)
            UNION ALL
            SELECT a.role, a.service_id, a.record_id, a.service_id IS NULL AND a.record_id IS NULL
            FROM team_member m JOIN role_assignment a ON a.team_id = m.team_id
            WHERE m.person_id = p.id
              AND a.valid_from <= :now AND (a.valid_until IS NULL OR a.valid_until > :now)
            UNION ALL
            SELECT 'team.' || t.key, NULL, NULL, true FROM team_member m JOIN team t ON t.id = m.team_id
            WHERE m.person_id = p.id
        ) r
    ) own
    WHERE p.active AND {condition}
"""


_SENIOR = list(roles.SENIOR)


class _Found(NamedTuple):
    """A row of `_PERSON`; `more` are the columns of the session or the token."""

    id: int
    name: str
    login: str
    locale: str
    time_zone: str
    administrator: bool
    single_keys: bool
    own_roles: list[str]
    limited: list[list[str | None]] | None
    stands_in_for: list[int]
    held: list[str] | None
    empty_teams: list[str] | None
    more: tuple[Any, ...]


def _statement(columns: str, source: str, condition: str, before: str = "") -> Direct:
    return Direct(text(before + _PERSON.format(columns=columns, source=source, condition=condition)))


# Notifications are a layer above people; the number beside the bell is wanted with every page.
_UNREAD = """
    (SELECT count(*) FROM (
        SELECT FROM notification n WHERE n.person_id = p.id AND n.shown AND n.read_at IS NULL LIMIT 100
    ) unread) AS unread
"""
_BY_SESSION = _statement(
    f"s.seen_at, s.created_at, {_UNREAD}",
    "auth_session s JOIN person p ON p.id = s.person_id",
    "s.digest = :digest AND s.expires_at > :now",
)
_BY_TOKEN = _statement(
    "t.id AS token_id, t.scopes",
    "api_token t JOIN person p ON p.id = t.person_id",
    "t.digest = :digest AND t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > :now)",
    # Calls with the same token at the same time do not wait for each other to note it.
    """
    WITH used AS (
        UPDATE api_token SET last_used_at = :now WHERE id = (
            SELECT id FROM api_token
            WHERE digest = :digest AND revoked_at IS NULL AND (last_used_at IS NULL OR last_used_at < :noted_before)
            FOR NO KEY UPDATE SKIP LOCKED
        )
    )
    """,
)
_BY_ID = _statement("p.active", "person p", "p.id = :person_id")
_BY_IDS = _statement("p.active", "person p", "p.id = ANY(:person_ids)")
_MOVE_ON = Direct(text("UPDATE auth_session SET seen_at = :now, expires_at = :until WHERE digest = :digest"))


def by_session(session: Session, secret: str, *, hours: float) -> Identity | None:
    """Find who is signed in with this cookie and let the session live on for `hours` from now.

    Returns:
        Nothing when the session is unknown, expired, signed out, or the person may no longer sign in.
    """
    now, digest = clock.now(), secrets.digest(secret)
    row = _first(session, _BY_SESSION, now, digest=digest)
    if row is None:
        return None
    life, (seen_at, created_at, unread) = timedelta(hours=hours), row.more
    # Writing at every request would cost a row version each; a twentieth of the span is exact enough.
    if now - seen_at > life / 20:
        _MOVE_ON.run(session, {"now": now, "until": min(now + life, created_at + LONGEST_SESSION), "digest": digest})
    return replace(_identity(row), unread=unread)


def by_token(session: Session, token: str) -> Identity | None:
    """Find whose API token this is, and note that it is used; nothing when it is unknown, expired or revoked."""
    if not token.startswith(secrets.TOKEN_PREFIX):
        return None
    now = clock.now()
    row = _first(session, _BY_TOKEN, now, digest=secrets.digest(token), noted_before=now - USE_NOTED)
    if row is None:
        return None
    token_id, scopes = row.more
    return _identity(row, Token(token_id, frozenset(scopes)))


def of_person(session: Session, person_id: int, *, at: datetime | None = None) -> Identity | None:
    """Return the identity of an active person, for work that is done in their name.

    `at` asks by which assignments they held their roles then; teams are those of now.
    """
    row = _first(session, _BY_ID, at or clock.now(), person_id=person_id)
    return _identity(row) if row is not None else None


def of_people(session: Session, person_ids: Iterable[int]) -> dict[int, Identity]:
    """Return the identities of those of these people who are active, by id, in one statement."""
    wanted = sorted(set(person_ids))
    if not wanted:
        return {}
    rows = _BY_IDS.rows(session, {"now": clock.now(), "senior": _SENIOR, "person_ids": wanted})
    return {row[0]: _identity(_Found._make((*row[:12], row[12:]))) for row in rows}


def _first(session: Session, statement: Direct, now: datetime, **values: Any) -> _Found | None:
    row = statement.first(session, {"now": now, "senior": _SENIOR, **values})
    return _Found._make((*row[:12], row[12:])) if row else None


def _identity(row: _Found, token: Token | None = None) -> Identity:
    own = frozenset(row.own_roles)
    if row.held is not None:
        vacant_teams = frozenset(row.empty_teams or ())
        own |= roles.acting_for(own, frozenset(row.held), roles.AREA_ROLES | vacant_teams)
    return Identity(
        person_id=row.id,
        name=row.name,
        login=row.login,
        locale=row.locale,
        time_zone=row.time_zone,
        roles=own,
        administrator=row.administrator,
        single_keys=row.single_keys,
        limited=_limited(row.limited, own) if row.limited else (),
        stands_in_for=frozenset(row.stands_in_for),
        token=token,
    )


def _limited(rows: Sequence[Sequence[str | None]], own: frozenset[str]) -> tuple[Limited, ...]:
    """Read limited roles; one that the person holds everywhere says nothing more."""
    found = {
        Limited(role, int(service) if service else None, int(record) if record else None)
        for role, service, record in rows
        if role and role not in own
    }
    return tuple(sorted(found, key=str))
