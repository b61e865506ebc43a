"""The embedded PostgreSQL is found again, outlives its clients, and comes back after a crash."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from app.database.embedded import SOCKET_PATH_LIMIT, Cluster
from app.database.unprivileged import Owner
from app.errors import Unavailable

START_AND_WAIT = """
import sys, time
from pathlib import Path
from app.database.embedded import Cluster
cluster = Cluster(Path(sys.argv[1]), durable=False)
cluster.start()
print("ready", flush=True)
time.sleep(600)
"""


START_UNTIL_TOLD = """
import signal, sys
from pathlib import Path
from app.database.embedded import Cluster
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
cluster = Cluster(Path(sys.argv[1]), durable=False)
try:
    cluster.start()
    signal.pause()
finally:
    cluster.stop()
"""


def ask(cluster: Cluster, statement: str, url: str = "") -> object:
    """Run one statement in the cluster and return the first value."""
    with psycopg.connect((url or cluster.url()).replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def server_pid(cluster: Cluster) -> int:
    """Return the postmaster's process id."""
    return int((cluster.data / "postmaster.pid").read_text().splitlines()[0])


def child_processes(pid: int) -> list[int]:
    """Return the process ids of what a process has started."""
    return [int(number) for number in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_second_start_finds_the_running_server(new_cluster: Cluster) -> None:
    new_cluster.start()
    pid = server_pid(new_cluster)
    second = Cluster(new_cluster.folder, durable=False)
    second.start()
    assert server_pid(second) == pid
    assert not second.stop(), "the first one still uses it"
    assert new_cluster.running()
    assert new_cluster.stop()
    assert not new_cluster.running()


def test_the_last_to_leave_stops_it_even_if_it_did_not_start_it(new_cluster: Cluster) -> None:
    new_cluster.start()
    second = Cluster(new_cluster.folder, durable=False)
    second.start()
    assert not new_cluster.stop()
    assert second.stop()
    assert not second.running()


def test_a_killed_client_does_not_take_it_along_and_does_not_keep_it_alive(new_cluster: Cluster) -> None:
    client = subprocess.Popen(
        [sys.executable, "-c", START_AND_WAIT, str(new_cluster.folder)], stdout=subprocess.PIPE, text=True
    )
    with client:
        assert client.stdout is not None
        assert client.stdout.readline() == "ready\n"
        pid = server_pid(new_cluster)
        client.send_signal(signal.SIGKILL)
    assert new_cluster.running()
    new_cluster.start()
    assert server_pid(new_cluster) == pid
    assert new_cluster.stop(), "the dead client must not count as a user"


def test_whoever_is_told_to_end_while_it_starts_leaves_no_server_behind(new_cluster: Cluster) -> None:
    new_cluster.start()
    new_cluster.stop()
    client = subprocess.Popen([sys.executable, "-c", START_UNTIL_TOLD, str(new_cluster.folder)])
    with client:
        # As soon as the server's process is there, which is well before it answers.
        while not (children := child_processes(client.pid)):
            assert client.poll() is None
        client.terminate()
    assert client.returncode == 0
    assert not new_cluster.alive()
    assert not any(Path(f"/proc/{number}").exists() for number in children)


def test_data_survive_stop_and_start(new_cluster: Cluster) -> None:
    new_cluster.start()
    ask(new_cluster, "CREATE TABLE kept (note text)")
    ask(new_cluster, "INSERT INTO kept VALUES ('still here')")
    new_cluster.stop()
    new_cluster.start()
    assert ask(new_cluster, "SELECT note FROM kept") == "still here"


def test_it_recovers_from_a_crash(folder: Path) -> None:
    cluster = Cluster(folder)
    try:
        cluster.start()
        ask(cluster, "CREATE TABLE kept AS SELECT * FROM generate_series(1, 1000) AS number")
        cluster.halt(crash=True)
        assert not cluster.running()
        cluster.start()
        assert ask(cluster, "SELECT count(*) FROM kept") == 1000
    finally:
        cluster.stop()


def test_a_stale_process_number_of_somebody_else_is_not_mistaken_for_the_server(new_cluster: Cluster) -> None:
    new_cluster.start()
    new_cluster.stop()
    (new_cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{new_cluster.data}\n0\n5432\n")
    new_cluster.halt()
    assert not new_cluster.running()


def test_checksums_are_on_and_nobody_else_reaches_the_socket(new_cluster: Cluster) -> None:
    new_cluster.start()
    assert ask(new_cluster, "SELECT current_setting('data_checksums')") == "on"
    assert stat.S_IMODE(new_cluster.socket_folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(new_cluster.password_file.stat().st_mode) == 0o600


def test_a_long_path_gets_a_short_socket(folder: Path) -> None:
    cluster = Cluster(folder / ("a" * 60) / ("b" * 60), durable=False)
    for part in (cluster.folder, cluster.folder.parent):
        part.chmod(0o711)
    try:
        cluster.start()
        assert len(os.fsencode(cluster.socket_folder / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT
        assert ask(cluster, "SELECT 1") == 1
    finally:
        cluster.stop()
        cluster.socket_folder.rmdir()


def test_over_tcp_it_wants_the_password(folder: Path, free_port: int) -> None:
    cluster = Cluster(folder, port=free_port, durable=False)
    try:
        cluster.start()
        assert ask(cluster, "SELECT 1", cluster.tcp_url()) == 1
        assert ask(cluster, "SELECT 1") == 1, "the socket works beside TCP"
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            ask(cluster, "SELECT 1", f"postgresql://stellwerk:wrong@127.0.0.1:{free_port}/stellwerk")
    finally:
        cluster.stop()


def test_an_interrupted_set_up_is_begun_again(new_cluster: Cluster) -> None:
    (new_cluster.folder / "postgres.new" / "base").mkdir(parents=True)
    new_cluster.start()
    assert ask(new_cluster, "SELECT 1") == 1


def test_data_of_another_version_are_left_alone(new_cluster: Cluster) -> None:
    new_cluster.start()
    new_cluster.stop()
    (new_cluster.data / "PG_VERSION").write_text("12\n")
    with pytest.raises(Unavailable, match="made by PostgreSQL 12"):
        new_cluster.start()


def test_a_folder_that_postgresql_may_not_enter_is_left_for_another(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    inner = closed / "project" / "var"
    inner.mkdir(parents=True)
    owner = Owner(uid=65534, gid=65534, switch=True)
    assert not owner.can_enter(inner)
    closed.chmod(0o711)
    assert owner.can_enter(inner)
    assert Owner(uid=os.geteuid(), gid=os.getegid(), switch=False).can_enter(inner)


def test_programs_that_its_user_may_not_enter_are_copied_and_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Owner, "can_enter", lambda self, place: place == folder)
    cluster = Cluster(folder, durable=False)
    try:
        cluster.start()
        running = Path(f"/proc/{server_pid(cluster)}/exe").resolve()
        assert running.is_relative_to(folder)
        assert ask(cluster, "SELECT 1") == 1
    finally:
        cluster.stop()


def test_capital_letters_of_all_languages_are_found_as_small_ones(database_url: str) -> None:
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT to_tsvector('simple', 'ÄNDERUNG Größe') @@ to_tsquery('änderung')").fetchone()
    assert row == (True,)
