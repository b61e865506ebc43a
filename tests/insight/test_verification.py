"""Whoever has all rights on the database can change the journal, but not unseen."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import anchors, erasure, system
from app.domain.journal.chains import line_hash
from app.domain.journal.erasure import Named
from app.insight import verification
from app.insight.verification import Verification
from tests.engine.drawings import end, extensions, flows, start, user
from tests.stage import Stage, draw, form
from tests.stage import text as text_field


@pytest.fixture
def office(stage: Stage) -> Stage:
    """Two cases with records and evidence, a line of the system, and two anchors."""
    look = user("look", extensions(activity="ISRM-A1.2, ISRM-A1.3"))
    body = start() + look + user("next") + end() + flows("s look next e")
    stage.publish(draw("walk", body, record="incident"), form("look", text_field("title")), form("next"))
    for title in ("Storage is gone", "Chiara Ricci cannot sign in"):
        stage.start()
        stage.complete("look", title=title)
        with stage.parts.database.transaction() as session:
            system.note(session, "settings.changed", subject="settings", payload={"by": title})
            anchors.write(session)
    return stage


def tamper(office: Stage, *statements: str) -> None:
    """Do what the triggers would refuse, as somebody can who owns the database."""
    with office.parts.database.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            assert session.execute(text(statement.replace(":", "\\:"))).rowcount


def verify(office: Stage, **more: Any) -> Verification:
    return verification.verify(office.parts.database, **more)


def told(found: Verification) -> list[tuple[str, int, str]]:
    return [(fault.chain, fault.position, fault.reason) for fault in found.faults]


def test_a_journal_that_nobody_touched_is_sound(office: Stage) -> None:
    found = verify(office)
    assert told(found) == []
    assert (found.sound, found.broken, found.anchors, found.evidence) == (True, 0, 2, 4)
    with office.parts.database.transaction() as session:
        assert found.lines == session.scalar(text("SELECT count(*) FROM journal_entry"))
        assert found.chains == session.scalar(text("SELECT count(DISTINCT chain) FROM journal_entry"))


def test_an_empty_journal_is_sound(stage: Stage) -> None:
    assert verify(stage).sound


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (
            "UPDATE journal_entry SET actor_id = 99 WHERE chain = 'case:1' AND position = 3",
            [("case:1", 3, "it was changed")],
        ),
        (
            "DELETE FROM journal_entry WHERE chain = 'record:1' AND position = 1",
            [("record:1", 1, "this line is missing")],
        ),
        (
            "DELETE FROM journal_entry WHERE chain = 'system:settings' AND position = 2",
            [("system:settings", 2, "it is not what anchor 2 saw")],
        ),
        (
            "UPDATE journal_payload SET content = '{}' WHERE chain = 'system:settings' AND position = 1",
            [("system:settings", 1, "its payload was changed")],
        ),
        (
            "UPDATE journal_payload a SET salt = b.salt, content = b.content FROM journal_payload b"
            " WHERE a.chain = 'system:settings' AND b.chain = a.chain AND a.position = 1 AND b.position = 2",
            [("system:settings", 1, "its payload was changed")],
        ),
        (
            "DELETE FROM journal_payload WHERE chain = 'system:settings' AND position = 2",
            [("system:settings", 2, "its payload is gone and no erasure is noted")],
        ),
        ("UPDATE evidence SET person_id = 7 WHERE id = 2", [("case:1", 4, "its evidence was changed or is missing")]),
        ("DELETE FROM evidence WHERE id = 3", [("case:2", 4, "its evidence was changed or is missing")]),
        (
            "INSERT INTO evidence (identifier, case_id, element, diagram, diagram_version, values_hash, at)"
            " VALUES ('ISRM-A1.4', 1, 'look', 'walk', 1, '', now())",
            [("case:1", 5, "there is evidence that no line vouches for")],
        ),
        (
            "UPDATE process_case SET journal_length = journal_length + 1 WHERE id = 1",
            [("case:1", 6, "the end is missing")],
        ),
        (
            "UPDATE record SET journal_head = '\\x00' WHERE id = 1",
            [("record:1", 2, "its end is not the one that is remembered")],
        ),
        (
            "UPDATE journal_anchor SET chains = 7 WHERE position = 1",
            [("anchors", 1, "this anchor was changed")],
        ),
        ("DELETE FROM journal_anchor WHERE position = 1", [("anchors", 1, "this anchor is missing")]),
        ("DELETE FROM journal_anchor WHERE position = 2", [("anchors", 2, "this anchor is missing")]),
        (
            "DELETE FROM journal_anchor_head WHERE anchor = 1 AND chain = 'case:1'",
            [("anchors", 1, "this anchor was changed")],
        ),
        (
            "UPDATE journal_anchor SET previous = NULL WHERE position = 2",
            [("anchors", 2, "it does not follow the anchor before")],
        ),
        (
            "INSERT INTO journal_entry (chain, position, at, event, data, hash)"
            " VALUES ('nobody:1', 1, now(), 'x', '{}', '')",
            [("nobody:1", 1, "it was changed")],
        ),
    ],
)
def test_tampering_is_told_with_its_place(office: Stage, statement: str, expected: list[Any]) -> None:
    tamper(office, statement)
    found = verify(office)
    assert told(found) == expected
    assert (found.sound, found.broken) == (False, len(expected))


def test_the_end_of_a_case_cannot_be_cut_off(office: Stage) -> None:
    tamper(office, "DELETE FROM journal_entry WHERE chain = 'case:2' AND position >= 5")
    assert told(verify(office)) == [
        ("case:2", 5, "the end is missing"),
        ("case:2", 5, "it is not what anchor 2 saw"),
    ]


def test_a_chain_that_is_gone_altogether_is_missed(office: Stage) -> None:
    tamper(office, "DELETE FROM journal_entry WHERE chain = 'case:2'")
    assert ("case:2", 1, "the whole chain is missing") in told(verify(office))


def test_a_chain_without_what_it_is_about_is_told(office: Stage) -> None:
    tamper(office, "DELETE FROM process_case WHERE id = 2")
    assert told(verify(office)) == [("case:2", 1, "what this chain is about is missing")]


def rewrite(session: Session, chain: str) -> None:
    """Write a whole chain anew, hashes and all, with somebody else as the actor."""
    session.execute(text("SET LOCAL session_replication_role = replica"))
    rows = session.execute(
        text("SELECT * FROM journal_entry WHERE chain = :chain ORDER BY position"), {"chain": chain}
    ).all()
    previous: bytes | None = None
    for row in rows:
        line = {**row._mapping, "actor_id": 99, "at": row.at.isoformat(timespec="microseconds")}
        line["payload_digest"] = row.payload_digest.hex() if row.payload_digest else None
        forged = line_hash(chain, line, previous)
        session.execute(
            text("UPDATE journal_entry SET actor_id = 99, previous = :previous, hash = :hash WHERE id = :id"),
            {"previous": previous, "hash": forged, "id": row.id},
        )
        previous = forged
    kind, _, number = chain.partition(":")
    if kind == "case":
        session.execute(
            text("UPDATE process_case SET journal_head = :head WHERE id = :id"), {"head": previous, "id": int(number)}
        )


@pytest.mark.parametrize("chain", ["case:1", "system:settings"])
def test_a_chain_that_was_written_anew_is_not_what_the_anchors_saw(office: Stage, chain: str) -> None:
    with office.parts.database.transaction() as session:
        rewrite(session, chain)
    reasons = {(fault.chain, fault.reason) for fault in verify(office).faults}
    assert (chain, "it is not what anchor 1 saw") in reasons
    assert {name for name, _reason in reasons} == {chain}


def test_an_anchor_kept_elsewhere_shows_what_was_written_anew_with_all_anchors(office: Stage) -> None:
    with office.parts.database.transaction() as session:
        kept = [anchors.line_of(anchor) for anchor in anchors.listed(session, 10)]
    assert verify(office, kept=kept).sound

    with office.parts.database.transaction() as session:
        rewrite(session, "case:1")
        for table in ("journal_anchor", "journal_anchor_head"):
            session.execute(text(f"DELETE FROM {table}"))
        session.execute(text("DELETE FROM journal_entry WHERE chain = 'system:anchors'"))
        session.execute(text("SET LOCAL session_replication_role = origin"))
        anchors.write(session)

    assert verify(office).sound
    assert told(verify(office, kept=kept)) == [
        ("anchors", 1, "it is not the anchor that was kept elsewhere"),
        ("anchors", 2, "this anchor is missing"),
    ]


def test_erased_payloads_are_counted_and_no_fault(office: Stage) -> None:
    with office.parts.database.transaction() as session:
        gone = erasure.erase(session, Named(5, ("Chiara Ricci",)), reason="asked", actor_id=1)
    assert gone == {"case": 1, "record": 1, "system": 1}
    found = verify(office)
    assert told(found) == []
    assert found.erased == 3


def test_only_chains_that_have_grown_since_are_read(office: Stage) -> None:
    later = clock.now() + timedelta(days=1)
    assert verify(office, since=later).chains == 0
    # Roles were given on the stage long before.
    lately, ever = verify(office, since=later - timedelta(days=2)), verify(office, since=later - timedelta(days=99_999))
    assert 0 < lately.chains < ever.chains == verify(office).chains


def test_what_is_verified_is_of_one_moment(office: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    compare = verification._compare

    def work_goes_on(*arguments: Any) -> None:
        office.complete(office.task("next").id)
        compare(*arguments)

    monkeypatch.setattr(verification, "_compare", work_goes_on)
    assert verify(office).sound


def test_a_hundred_faults_are_told_and_all_are_counted(office: Stage) -> None:
    with office.parts.database.transaction() as session:
        for number in range(120):
            system.note(session, "settings.changed", subject=f"setting:{number}")
    tamper(office, "UPDATE journal_entry SET actor_id = 99 WHERE chain LIKE 'system:setting:%'")
    found = verify(office)
    assert (found.broken, len(found.faults)) == (120, 100)


def test_its_outcome_stands_in_the_journal(office: Stage) -> None:
    tamper(office, "UPDATE journal_entry SET actor_id = 99 WHERE chain = 'case:1' AND position = 3")
    found = verify(office)
    with office.parts.database.transaction() as session:
        verification.note(session, found, actor_id=1)
        line = session.execute(text("SELECT * FROM journal_entry WHERE chain = 'system:verification'")).one()
    assert line.data["sound"] is False
    assert line.data["faults"] == [{"chain": "case:1", "position": 3, "reason": "it was changed", "values": {}}]


@pytest.fixture
def fetched(office: Stage) -> Iterator[list[int]]:
    """How many rows each fetch from the server brought."""
    sizes: list[int] = []

    def note(_connection: Any, cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM journal_entry LEFT OUTER JOIN journal_payload" in statement:
            sizes.append(getattr(cursor, "itersize", -1))

    event.listen(office.parts.database.engine, "after_cursor_execute", note)
    yield sizes
    event.remove(office.parts.database.engine, "after_cursor_execute", note)


def test_lines_are_streamed(office: Stage, fetched: list[int]) -> None:
    verify(office)
    assert len(fetched) == 1
    # A cursor on the server has an itersize; one that holds all rows in memory has none.
    assert fetched[0] > 0
