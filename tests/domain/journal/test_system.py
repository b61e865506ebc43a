"""The system's lines: one chain per subject, whoever writes at the same time."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.transaction import Database
from app.domain.journal import system
from app.domain.journal.chains import Journal, newest_of
from app.domain.journal.records import JournalEntry, JournalPayload


def test_a_line_stands_in_the_chain_of_its_subject(session: Session) -> None:
    system.note(session, "person.signed_in", subject="person:17", actor_id=17, payload={"address": "192.0.2.7"})
    system.note(session, "person.signed_out", subject="person:17", actor_id=17)
    system.note(session, "settings.changed", subject="settings", data={"name": "locale"})
    newest = newest_of(session, "system:person:17", 10)
    assert [(entry.position, entry.event, content) for entry, content in newest] == [
        (2, "person.signed_out", None),
        (1, "person.signed_in", {"address": "192.0.2.7"}),
    ]
    assert (newest[1][0].actor_id, newest[1][0].case_id, newest[1][0].record_id) == (17, None, None)
    assert Journal().verify(session, "system:person:17").length == 2
    assert Journal().verify(session, "system:settings").sound


def test_what_the_transaction_gives_up_is_not_noted(database: Database) -> None:
    with pytest.raises(LookupError), database.transaction() as session:
        system.note(session, "settings.changed", subject="settings", payload={"name": "x"})
        raise LookupError
    with database.transaction() as session:
        assert session.scalars(select(JournalEntry)).all() == []
        assert session.scalars(select(JournalPayload)).all() == []


def test_two_at_once_stand_behind_each_other(database: Database) -> None:
    def write(number: int) -> None:
        with database.transaction() as session:
            system.note(session, "export.made", subject="export", data={"number": number})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(20)))
    with database.transaction() as session:
        verdict = Journal().verify(session, "system:export")
        numbers = {entry.data["number"] for entry, _ in newest_of(session, "system:export", 50)}
    assert (verdict.sound, verdict.length, numbers) == (True, 20, set(range(20)))


def test_hostile_texts_are_stored_as_they_can_be(session: Session) -> None:
    system.note(session, "person.sign_in_failed", subject="sign_in", payload={"login": "a\x00b\ud800" + "x" * 9000})
    assert newest_of(session, "system:sign_in", 1)[0][1] == {"login": "ab" + "x" * 9000}
    assert Journal().verify(session, "system:sign_in").sound


@pytest.mark.parametrize("subject", ["", "x" * 201])
def test_a_subject_is_short_and_not_empty(session: Session, subject: str) -> None:
    with pytest.raises(ValueError, match="subject"):
        system.note(session, "settings.changed", subject=subject)
