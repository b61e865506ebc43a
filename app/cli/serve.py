"""Everything in one go: database, migrations, shipped processes, web, worker."""

import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from types import FrameType
from typing import TYPE_CHECKING

from app.cli.start import embedded_cluster
from app.cli.supervisor import Child, Supervisor
from app.errors import Unavailable
from app.settings import Settings

if TYPE_CHECKING:
    from app.bootstrap import Parts
    from app.database.embedded import Cluster

DATABASE_LOOK_SECONDS = 1.0


def serve(settings: Settings, *, demo: bool) -> None:
    """Run Stellwerk until it is told to stop.

    Args:
        settings: as read from the environment.
        demo: fill an empty database with a small organisation.

    Raises:
        Unavailable: the port is taken, or the database does not come up.
    """
    told = leave_when_told()
    # First, because a taken port is the likeliest mistake; all web processes then share this one socket.
    with listen(settings.host, settings.port) as listener:
        cluster = embedded_cluster(settings)
        try:
            if cluster:
                cluster.start()
                settings = settings.model_copy(update={"database_url": cluster.url()})
                if cluster.folder != settings.var.resolve():
                    sys.stdout.write(f"Root's PostgreSQL cannot use {settings.var}; it is in {cluster.folder}\n")
            if not in_order(settings, demo=demo):
                prepare(settings, demo=demo)
            # The signing key has to exist before several processes ask for it.
            _ = settings.secret
            Supervisor(
                children=children(settings, listener),
                environment=os.environ | {"STELLWERK_DATABASE_URL": settings.database_url},
                look_after=_keeping(cluster),
                ready=lambda: answers(settings),
                announce=lambda: announce(settings, demo=demo),
                stopping=told,
            ).run()
        finally:
            # Whoever presses Ctrl-C once more is impatient with us, and must not leave the database running.
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, signal.SIG_IGN)
            if cluster:
                cluster.stop()
    # The terminal has written ^C on this line.
    sys.stdout.write("\nStellwerk has ended.\n" if sys.stdout.isatty() else "Stellwerk has ended.\n")


def leave_when_told() -> threading.Event:
    """Leave at a signal that comes before the supervisor takes over, as that must end the database, too.

    Returns:
        What is set once a signal has come: Python drops the exception that leaves when it meets a destructor or
        another callback, and then this is all that remembers.
    """
    told = threading.Event()

    def leave(_number: int, _frame: FrameType | None) -> None:
        told.set()
        sys.exit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)
    return told


def listen(host: str, port: int) -> socket.socket:
    """Open the listening socket that the web processes inherit.

    Raises:
        Unavailable: somebody else listens there, or the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise Unavailable(
            f"Stellwerk cannot listen on {host}:{port}: {error.strerror}. Choose another port with STELLWERK_PORT"
            " (or `make run PORT=…`), or another address with STELLWERK_HOST."
        ) from error
    return listener


def in_order(settings: Settings, *, demo: bool) -> bool:
    """Tell whether nothing is left to do before the processes start, as at every start but the first.

    It asks in plain SQL, because what `prepare` imports takes as long to load as the web processes themselves.
    """
    import psycopg

    from app.processes.sources import read_sources

    newest = max(path.name for path in (settings.home / "migrations" / "versions").glob("[0-9]*.py")).partition("_")[0]
    shipped = {(source.kind, source.key) for source in read_sources(settings.home)}
    try:
        with psycopg.connect(settings.database_url.replace("+psycopg", ""), connect_timeout=10) as connection:
            migrated = connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(newest,)]
            published = set(connection.execute("SELECT kind, key FROM definition WHERE current").fetchall())
            peopled = connection.execute("SELECT EXISTS (SELECT FROM person)").fetchone() == (True,)
    except psycopg.Error:
        return False
    return migrated and shipped <= published and (peopled or not demo)


def prepare(settings: Settings, *, demo: bool) -> None:
    """Migrate, publish shipped files whose key is new, and fill an empty database when asked to."""
    from app.bootstrap import build
    from app.database.migrate import migrate
    from app.web.i18n import label_in

    migrate(settings.database_url)
    parts = build(settings, say=label_in)
    try:
        publish_new(parts)
        if demo:
            from app.showcase import make_demo

            make_demo(parts)
    finally:
        parts.database.close()


def publish_new(parts: "Parts") -> None:
    """Publish the shipped files whose key was never published; what people have published stays theirs."""
    from app.domain.journal.publishing import note_published
    from app.processes.publish import publish

    with parts.database.transaction() as session:
        sources = parts.library.unpublished(session)
        if sources:
            done = publish(
                session, parts.library, sources, parser=parts.parser, registry=parts.registry, note="shipped"
            )
            note_published(session, done, why="shipped")


def children(settings: Settings, listener: socket.socket) -> list[Child]:
    """Name the processes to run: as many web processes as set, and one worker with the scheduler in it."""
    descriptor = listener.fileno()
    web = [
        Child(f"Web process {number}", ["web", "--fd", str(descriptor)], (descriptor,))
        for number in range(1, settings.web_processes + 1)
    ]
    return [*web, Child("The worker", ["worker"])]


def answers(settings: Settings) -> bool:
    """Tell whether the pages are there."""
    everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - we ask there, we do not listen
    host = everywhere.get(settings.host, settings.host)
    if ":" in host:
        host = f"[{host}]"
    try:
        with urllib.request.urlopen(f"http://{host}:{settings.port}/healthz", timeout=1) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def announce(settings: Settings, *, demo: bool) -> None:
    """Say where the pages are, and who may sign in to the demo."""
    who = ""
    if demo:
        from app.domain.demo import OFFERED, PASSWORD

        people = "".join(f"  {login:<14} {what}\n" for login, what in OFFERED.items())
        who = f"Sign in with the password {PASSWORD} as\n{people}"
    elif is_empty(settings):
        from app.domain.founding import code

        # Nobody else on the network can know it, so nobody takes the empty installation over.
        code.keep(settings)
        who = f"Nobody is here yet. The set-up code is {code.code_of(settings)}\n"
    sys.stdout.write(f"Stellwerk is ready at {settings.address}\n{who}Ctrl-C ends it.\n")
    sys.stdout.flush()


def is_empty(settings: Settings) -> bool:
    """Tell whether the database has no people yet."""
    import psycopg

    with psycopg.connect(settings.database_url.replace("+psycopg", ""), connect_timeout=10) as connection:
        return connection.execute("SELECT EXISTS (SELECT FROM person)").fetchone() == (False,)


def _keeping(cluster: "Cluster | None") -> Callable[[], None]:
    """Return what starts the embedded server again should it have ended."""
    if cluster is None:
        return lambda: None
    last = 0.0

    def look() -> None:
        nonlocal last
        if time.monotonic() - last > DATABASE_LOOK_SECONDS:
            last = time.monotonic()
            if not cluster.alive():
                cluster.start()

    return look
