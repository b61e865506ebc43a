"""Looks whether an installation is in order and says in plain words what is not."""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import clock
from app.cli.start import embedded_cluster
from app.database.migrate import head, revision
from app.database.transaction import Database
from app.errors import StellwerkError
from app.jobs.dead_letters import figures
from app.processes.library import Library
from app.schedule.health import duty_turns, nodes, schedule_figures, standstills
from app.settings import Settings

OLDEST_SERVER = 150000
MANY_DUE = 1000
# A random key of 32 hexadecimal digits has about fourteen different ones.
FEW_SIGNS = 8
LOOKED_BACK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `bad` keeps Stellwerk from working, `note` does not."""

    level: Literal["good", "note", "bad"]
    subject: str
    message: str

    @property
    def mark(self) -> str:
        """A short mark in front of the line."""
        return {"good": "ok  ", "note": "note", "bad": "BAD "}[self.level]


def examine(settings: Settings) -> list[Finding]:
    """Look at settings, files, database, migrations, jobs and scheduler; changes nothing."""
    findings = [*_settings(settings), *_files(settings)]
    cluster = embedded_cluster(settings)
    try:
        if cluster:
            if not cluster.data.exists():
                return [*findings, Finding("note", "Database", "None yet; `stellwerk serve` makes one.")]
            cluster.start()
            settings = settings.model_copy(update={"database_url": cluster.url()})
        database = Database(settings.database_url, pool_size=1)
        try:
            with database.transaction() as session:
                findings.extend(_database(session))
                if findings[-1].level != "bad":
                    for look in (_library(settings), _jobs, _scheduler):
                        findings.extend(look(session))
        finally:
            database.close()
    except StellwerkError as error:
        findings.append(Finding("bad", "Database", error.message))
    finally:
        if cluster:
            cluster.stop()
    return findings


def _settings(settings: Settings) -> Iterator[Finding]:
    open_to_others = settings.host not in ("127.0.0.1", "::1", "localhost")
    if open_to_others and not settings.address.startswith("https://"):
        yield Finding(
            "note",
            "Settings",
            f"Others can reach {settings.host}:{settings.port}, but STELLWERK_BASE_URL does not begin with https://:"
            " passwords would travel readable. Put a reverse proxy with TLS in front.",
        )
    key = settings.secret_key.get_secret_value()
    if key and len(key) < 32:
        yield Finding("bad", "Settings", "STELLWERK_SECRET_KEY is shorter than 32 characters; take a longer one.")
    elif key and len(set(key)) < FEW_SIGNS:
        yield Finding("bad", "Settings", "STELLWERK_SECRET_KEY repeats few characters; take a random one.")
    kept = settings.var / "secret"
    if not key and kept.exists() and stat.S_IMODE(kept.stat().st_mode) & 0o077:
        yield Finding("bad", "Settings", f"Others on this machine can read {kept}: `chmod 600` it.")
    if settings.oidc_issuer and not settings.oidc_issuer.startswith("https://"):
        yield Finding("bad", "Settings", "STELLWERK_OIDC_ISSUER does not begin with https://: others could sign in.")
    if settings.ldap_url.startswith("ldap://") and not settings.ldap_start_tls:
        yield Finding("bad", "Settings", "STELLWERK_LDAP_START_TLS is off: others can read the passwords.")
    if settings.ldap_url and not (settings.ldap_user_dn or settings.ldap_search_base):
        yield Finding("bad", "Settings", "Set STELLWERK_LDAP_SEARCH_BASE or STELLWERK_LDAP_USER_DN: where people are.")
    if not settings.mail_url:
        yield Finding("note", "Mail", f"No server is set (STELLWERK_MAIL_URL): mails go to {settings.var / 'mail'}.")
    else:
        yield Finding("good", "Mail", "A server is set.")


def _files(settings: Settings) -> Iterator[Finding]:
    place = settings.var if settings.var.exists() else settings.var.absolute().parent
    if os.access(place, os.W_OK):
        yield Finding("good", "Files", f"{settings.var.absolute()} can be written.")
    else:
        yield Finding(
            "bad", "Files", f"{settings.var.absolute()} cannot be written; change its owner or STELLWERK_VAR."
        )
    missing = [name for name in ("bpmn", "forms", "migrations") if not (settings.home / name).is_dir()]
    if missing:
        yield Finding("bad", "Files", f"{settings.home} has no {', '.join(missing)}; set STELLWERK_HOME.")


def _database(session: Session) -> Iterator[Finding]:
    number = int(session.execute(text("SHOW server_version_num")).scalar_one())
    name = session.execute(text("SHOW server_version")).scalar_one()
    if number < OLDEST_SERVER:
        yield Finding("bad", "Database", f"PostgreSQL {name} is too old; Stellwerk needs 15 or later.")
        return
    yield Finding("good", "Database", f"PostgreSQL {name} answers.")
    if not session.execute(text("SELECT lower('Ä') = 'ä'")).scalar_one():
        yield Finding(
            "note", "Database",
            "Its locale knows no letters beyond A to Z: searching for “änderung” misses “Änderung”. Make the database"
            " with a UTF-8 locale, such as the built-in C.UTF-8 of PostgreSQL 17.",
        )  # fmt: skip
    found = revision(session.connection())
    if found == head():
        yield Finding("good", "Migrations", f"The tables are at revision {found}.")
    else:
        yield Finding(
            "bad", "Migrations", f"The tables are at revision {found or 'none'}, not {head()}: run `stellwerk migrate`."
        )


def _library(settings: Settings) -> Callable[[Session], Iterator[Finding]]:
    def look(session: Session) -> Iterator[Finding]:
        library = Library(settings.home)
        snapshot = library.current(session)
        waiting = library.unpublished(session)
        if waiting:
            yield Finding(
                "note",
                "Processes",
                f"{len(waiting)} shipped files are not published; `stellwerk serve` publishes them at its start.",
            )
        level: Literal["good", "note"] = "good" if snapshot.diagrams else "note"
        yield Finding(level, "Processes", f"{len(snapshot.diagrams)} diagrams are published.")

    return look


def _jobs(session: Session) -> Iterator[Finding]:
    now = figures(session)
    if now.dead:
        yield Finding(
            "note", "Jobs", f"{now.dead} were given up after all attempts; they wait to be looked at and retried."
        )
    if now.due > MANY_DUE:
        yield Finding("note", "Jobs", f"{now.due} are due; more workers or STELLWERK_WORKER_CONCURRENCY would help.")
    yield Finding("good", "Jobs", f"{now.due} due, {now.running} running, {now.later} for later.")
    stuck = session.scalar(text("SELECT count(*) FROM process_case WHERE status = 'stuck'"))
    if stuck:
        yield Finding("note", "Cases", f"{stuck} are stuck and need somebody; their pages say where and why.")


def _scheduler(session: Session) -> Iterator[Finding]:
    known = nodes(session)
    living = [node for node in known if not node.late]
    if not known:
        yield Finding("note", "Scheduler", "It has never ticked: no worker was started yet (`stellwerk serve`).")
    elif not living:
        last = max(node.ticked_at for node in known)
        yield Finding(
            "bad",
            "Scheduler",
            f"Its last tick was {(clock.now() - last).total_seconds():.0f} s ago: no worker runs (`stellwerk worker`).",
        )
    else:
        yield Finding("good", "Scheduler", f"{len(living)} workers tick.")
    for node in living:
        if node.error:
            yield Finding("note", "Scheduler", f"{node.name} reports: {node.error}")
    for still in standstills(session, 3, since=clock.now() - LOOKED_BACK):
        began, ended = (f"{moment:%Y-%m-%d %H:%M} UTC" for moment in (still.began_at, still.ended_at))
        yield Finding("note", "Scheduler", f"Nothing ticked from {began} to {ended}.")
    found = schedule_figures(session)
    if found.late:
        yield Finding(
            "note", "Schedules", f"{found.late} are late, the oldest by {found.lateness.total_seconds():.0f} s."
        )
    if found.broken:
        yield Finding("note", "Schedules", f"{found.broken} cannot tell their next time; their pages say why.")
    yield Finding("good", "Schedules", f"{found.active} are active.")
    for duty in duty_turns(session):
        if duty.error:
            yield Finding("note", "Duties", f"“{duty.name}” failed last time: {duty.error}")
