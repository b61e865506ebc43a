"""A scratch cluster with the measured diagrams, one person who works on them, and their ways in."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.bootstrap import Parts, build
from app.database.embedded import Cluster
from app.database.migrate import migrate
from app.domain.people import identity, sign_in, tokens
from app.domain.people.accounts import create_person
from app.domain.people.directory import assign_role
from app.domain.people.identity import Identity
from app.engine import commands
from app.engine.program import Program
from app.processes.bundle import contents, pin
from app.processes.publish import publish
from app.settings import Settings
from tests.bench import drawings

PLAIN, RECORD, AUTOMATIC, TIMED = "bench_plain", "bench_record", "bench_automatic", "bench_timed"


@dataclass(slots=True)
class World:
    """Everything that measurements share; `token` and `cookie` belong to the one `person`."""

    cluster: Cluster
    parts: Parts
    person: Identity
    token: str
    cookie: str

    @property
    def url(self) -> str:
        """The database as psycopg wants it."""
        return self.cluster.url().replace("+psycopg", "")

    def program(self, key: str) -> Program:
        """Return a diagram's program, compiled."""
        with self.parts.database.transaction() as session:
            return Program.of(contents(session, pin(session, self.parts.library, key)))

    def start(self, key: str, cases: int) -> list[int]:
        """Start cases of a diagram; return the id of the first task of each."""
        first: list[int] = []
        for _ in range(cases):
            with self.parts.database.transaction() as session:
                outcome = commands.start_case(self.parts.engine, session, key, self.person, {"title": "Measured"})
                first += outcome.fresh_task_ids
        return first


@contextmanager
def world(*, durable: bool) -> Iterator[World]:
    """Make the cluster, and remove it afterwards.

    Args:
        durable: let commits wait for the disk, as in production. Ratios then say more about the disk than about us.
    """
    folder = Path(tempfile.mkdtemp(prefix="stellwerk-"))
    folder.chmod(0o711)
    cluster = Cluster(folder, durable=durable)
    try:
        cluster.start()
        migrate(cluster.url())
        parts = build(Settings(database_url=cluster.url(), var=folder, api_calls_per_minute=0))
        try:
            yield _furnish(cluster, parts)
        finally:
            parts.database.close()
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _furnish(cluster: Cluster, parts: Parts) -> World:
    files = [*drawings.sources(PLAIN), *drawings.sources(RECORD, record="incident"), drawings.automatic(AUTOMATIC)]
    files.append(drawings.timed(TIMED))
    with parts.database.transaction() as session:
        publish(session, parts.library, files, parser=parts.parser, registry=parts.registry)
        anna = create_person(session, login="anna", name="Anna Novak")
        session.flush()
        assign_role(session, drawings.ROLE, person_id=anna.id)
        token = tokens.create_token(session, anna.id, "bench").token
        cookie = sign_in.open_session(session, anna.id, hours=12)
        person = identity.of_person(session, anna.id)
    assert person is not None
    return World(cluster, parts, person, token, cookie)
