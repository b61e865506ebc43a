"""The commands do what they say, and say what is wrong without a traceback."""

import io
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import select, text

from app import clock
from app.cli.commands import main
from app.database.embedded import Cluster
from app.database.transaction import Database
from app.domain.journal import anchors, system
from app.domain.people.records import ApiToken, Person
from app.schedule.records import Node
from app.settings import shipped_folder


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


Stellwerk = Callable[..., Said]


@pytest.fixture
def stellwerk(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Stellwerk:
    """Call the command line with an empty database."""
    monkeypatch.setenv("STELLWERK_DATABASE_URL", database_url)
    monkeypatch.setenv("STELLWERK_VAR", str(tmp_path / "var"))

    def call(*arguments: str, typed: str = "") -> Said:
        monkeypatch.setattr("sys.argv", ["stellwerk", *arguments])
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return call


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A copy of the shipped files in which one diagram calls an operation that is not there."""
    home = tmp_path / "mine"
    for name in ("bpmn", "forms"):
        shutil.copytree(shipped_folder() / name, home / name)
    call = re.compile(r'(serviceTaskOperator id=)"[^"]+"')
    diagram = next(path for path in sorted(home.rglob("*.bpmn")) if call.search(path.read_text()))
    diagram.write_text(call.sub(r'\1"incident.mispelt"', diagram.read_text(), count=1))
    return home


def test_shipped_files_have_no_problems(stellwerk: Stellwerk) -> None:
    assert stellwerk("check") == Said(0, "No problems.\n", "")


def test_check_names_element_and_line(stellwerk: Stellwerk, broken: Path) -> None:
    said = stellwerk("check", str(broken), "--json")
    assert said.code == 1
    found = [problem for problem in json.loads(said.out) if "incident.mispelt" in problem["message"]]
    assert found
    assert all(problem["element"] and problem["line"] > 0 and problem["severity"] == "error" for problem in found)


def test_publishing_is_all_or_nothing(stellwerk: Stellwerk, broken: Path, database: Database) -> None:
    said = stellwerk("publish", str(broken))
    assert said.code == 1
    assert "incident.mispelt" in said.err
    assert "Traceback" not in said.err
    with database.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM definition")) == 0


def test_publish_then_export_gives_the_same_files(stellwerk: Stellwerk, tmp_path: Path) -> None:
    assert "diagram incident: version 1" in stellwerk("publish").out
    assert "diagram incident: version 1 (unchanged)" in stellwerk("publish").out
    assert stellwerk("publish", "--new").out == ""
    stellwerk("export", str(tmp_path / "out"))
    for path in (tmp_path / "out").rglob("*.*"):
        assert path.read_bytes() == (shipped_folder() / path.relative_to(tmp_path / "out")).read_bytes()
    assert (tmp_path / "out" / "bpmn" / "incidents" / "incident.bpmn").is_file()


def test_a_path_that_is_not_there(stellwerk: Stellwerk) -> None:
    said = stellwerk("publish", "/nowhere/x.bpmn")
    assert (said.code, said.err) == (1, "There is no file or folder /nowhere/x.bpmn.\n")


def test_a_person_is_created_signs_in_and_gets_a_token(stellwerk: Stellwerk, database: Database) -> None:
    said = stellwerk(
        "person", "create", "anna", "Anna Novak", "--role", "incidents.process_staff", "--password-stdin",
        typed="correct horse battery\n",
    )  # fmt: skip
    assert said == Said(0, "Anna Novak was created with the login anna.\n", "")
    assert stellwerk("person", "list").out == "anna\tAnna Novak\tincidents.process_staff\n"
    token = stellwerk("token", "anna", "--days", "30").out.strip()
    with database.transaction() as session:
        stored = session.scalars(select(ApiToken)).one()
        assert token.encode() not in stored.digest
        assert stored.expires_at is not None
        assert timedelta(days=29) < stored.expires_at - clock.now() <= timedelta(days=30)
        before = session.scalars(select(Person.password_hash)).one()
    assert stellwerk("person", "set-password", "anna", "--password-stdin", typed="another long one\n").code == 0
    with database.transaction() as session:
        assert session.scalars(select(Person.password_hash)).one() != before


@pytest.mark.parametrize(
    ("arguments", "typed", "told"),
    [
        (("person", "create", "anna", "Anna Novak", "--role", "incidents.boss"), "\n", "no role “incidents.boss”"),
        (("person", "create", "an na", "Anna Novak"), "\n", "login: Please use"),
        (("person", "create", "anna", "Anna Novak"), "short\n", "password:"),
        (("person", "set-password", "nobody"), "correct horse battery\n", "Nobody has the login “nobody”"),
    ],
)
def test_what_will_not_do_is_said(stellwerk: Stellwerk, arguments: tuple[str, ...], typed: str, told: str) -> None:
    said = stellwerk(*arguments, "--password-stdin", typed=typed)
    assert said.code == 1
    assert told in said.err
    assert "Traceback" not in said.err


def test_the_doctor_finds_a_fresh_installation_in_order(stellwerk: Stellwerk) -> None:
    stellwerk("publish")
    said = stellwerk("doctor")
    assert said.code == 0, said.out
    assert "ok   Migrations: The tables are at revision" in said.out
    assert "diagrams are published" in said.out


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SECRET_KEY", "qx7-zv", "is shorter than 32 characters"),
        ("SECRET_KEY", "ab" * 20, "repeats few characters"),
        ("OIDC_ISSUER", "http://sign-in.example", "does not begin with https://"),
    ],
)
def test_the_doctor_sees_weak_secrets_and_never_says_them(
    stellwerk: Stellwerk, monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    monkeypatch.setenv(f"STELLWERK_{name}", value)
    said = stellwerk("doctor")
    assert said.code == 1
    assert told in said.out
    assert name == "OIDC_ISSUER" or value not in said.out + said.err


def test_the_doctor_sees_that_others_can_read_the_secret(
    stellwerk: Stellwerk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STELLWERK_VAR", str(tmp_path))
    monkeypatch.delenv("STELLWERK_SECRET_KEY", raising=False)
    (tmp_path / "secret").write_text("s" * 64)
    (tmp_path / "secret").chmod(0o644)
    assert "Others on this machine can read" in stellwerk("doctor").out
    (tmp_path / "secret").chmod(0o600)
    assert "Others on this machine can read" not in stellwerk("doctor").out


def test_the_doctor_sees_that_no_worker_runs(stellwerk: Stellwerk, database: Database) -> None:
    then = clock.now() - timedelta(minutes=10)
    with database.transaction() as session:
        session.add(Node(name="desk-1", started_at=then, ticked_at=then, fired=0))
    said = stellwerk("doctor")
    assert said.code == 1
    assert "BAD  Scheduler: Its last tick was 600 s ago: no worker runs" in said.out


def test_the_doctor_says_that_the_database_is_away(stellwerk: Stellwerk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STELLWERK_DATABASE_URL", "postgresql://stellwerk@/stellwerk?host=/nowhere")
    said = stellwerk("doctor")
    assert said.code == 1
    assert "BAD  Database:" in said.out


def test_the_doctor_notes_a_locale_that_knows_no_umlauts(
    stellwerk: Stellwerk, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Its locale" not in stellwerk("doctor").out
    with psycopg.connect(cluster.url().replace("+psycopg", ""), autocommit=True) as server:
        server.execute("CREATE DATABASE plain TEMPLATE template0 LOCALE_PROVIDER libc LOCALE 'C'")
    try:
        monkeypatch.setenv("STELLWERK_DATABASE_URL", cluster.url("plain"))
        said = stellwerk("doctor")
        assert "note Database: Its locale knows no letters beyond A to Z" in said.out, said
    finally:
        with psycopg.connect(cluster.url().replace("+psycopg", ""), autocommit=True) as server:
            server.execute("DROP DATABASE plain WITH (FORCE)")


def test_the_doctor_wants_a_long_secret(stellwerk: Stellwerk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STELLWERK_SECRET_KEY", "short")
    said = stellwerk("doctor")
    assert said.code == 1
    assert "STELLWERK_SECRET_KEY is shorter than 32 characters" in said.out


def test_the_journal_is_verified(stellwerk: Stellwerk, database: Database) -> None:
    with database.transaction() as session:
        system.note(session, "settings.changed", subject="settings", payload={"name": "Chiara Ricci"})
        anchors.write(session)
        kept = str(anchors.line_of(anchors.listed(session, 1)[0]))
    said = stellwerk("verify", "--anchor", kept, "--since", "2020-01-01")
    assert (said.code, said.out.splitlines()[-1]) == (0, "The journal is sound.")
    found = json.loads(stellwerk("verify", "--json").out)
    assert (found["sound"], found["lines"], found["anchors"], found["faults"]) == (True, 2, 1, [])


def test_a_broken_journal_is_told_with_chain_and_place(stellwerk: Stellwerk, database: Database) -> None:
    with database.transaction() as session:
        for _ in range(3):
            system.note(session, "settings.changed", subject="settings", payload={"name": "Chiara Ricci"})
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE journal_entry SET actor_id = 7 WHERE position = 2"))
    said = stellwerk("verify")
    assert said.code == 1
    assert said.out.splitlines()[0] == "broken: system:settings, 2: it was changed"
    assert said.out.splitlines()[-1] == "Faults: 1. The journal is broken."
    said = stellwerk("verify", "--json")
    assert said.code == 1
    assert json.loads(said.out)["faults"] == [{"chain": "system:settings", "position": 2, "reason": "it was changed"}]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["--since", "soon"], "since: Give a date"), (["--anchor", "12"], "anchor: not the line of an anchor: 12")],
)
def test_what_verify_cannot_read_is_said(stellwerk: Stellwerk, arguments: list[str], told: str) -> None:
    said = stellwerk("verify", *arguments)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(told)


def test_what_is_done_on_the_command_line_is_noted(stellwerk: Stellwerk, database: Database) -> None:
    stellwerk("publish", "--new")
    stellwerk("person", "create", "anna.novak", "Anna Novak", "--role", "incidents.process_staff", "--password-stdin")
    stellwerk("person", "set-password", "anna.novak", "--password-stdin", typed="correct horse battery\n")
    stellwerk("token", "anna.novak")
    with database.transaction() as session:
        noted = session.execute(
            text("SELECT event FROM journal_entry WHERE chain LIKE 'system:%' ORDER BY id")
        ).scalars()
        assert list(noted) == [
            "processes.published", "person.added", "role.assigned", "person.password_changed", "person.token_made",
        ]  # fmt: skip
        kept = session.execute(text("SELECT data::text || coalesce(content::text, '') FROM journal_entry"
                                    " LEFT JOIN journal_payload USING (chain, position)")).scalars().all()  # fmt: skip
    assert "horse" not in " ".join(kept)
