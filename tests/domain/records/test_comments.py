"""Comments are notes among staff or replies to the requester, and part of the record's history."""

import pytest
from sqlalchemy.orm import Session

from app.domain.people.records import Person
from app.domain.records.comments import add_comment, comments_of
from app.domain.records.writer import Records, Trace
from app.errors import Invalid


def test_the_requester_gets_public_comments_alone(session: Session, records: Records, make, anna: Person) -> None:
    record = records.locked(session, "incident", make("incident", "Storage down"))
    add_comment(session, records, record, "Smells of a broken fan.", trace=Trace(anna.id))
    add_comment(session, records, record, " We are on it. ", trace=Trace(anna.id), public=True)
    assert [comment.body for comment in comments_of(session, record.id, public_only=False)] == [
        "Smells of a broken fan.",
        "We are on it.",
    ]
    assert [comment.body for comment in comments_of(session, record.id, public_only=True)] == ["We are on it."]
    verdict = records.journal.verify(session, f"record:{record.id}", head=record.journal_head)
    assert (verdict.sound, verdict.length) == (True, 3)


@pytest.mark.parametrize("body", ["", " \n", "\x00", "x" * 100_001])
def test_empty_and_endless_comments_are_refused(session: Session, records: Records, make, body: str) -> None:
    record = records.locked(session, "incident", make("incident", "Storage down"))
    with pytest.raises(Invalid):
        add_comment(session, records, record, body, trace=Trace())
    assert comments_of(session, record.id, public_only=False) == []
