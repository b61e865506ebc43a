"""A record's history reads like sentences: names instead of ids, before and after."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.incidents.kind import INCIDENT
from app.domain.people.records import Person
from app.domain.records.comments import add_comment
from app.domain.records.history import history_of
from app.domain.records.writer import Records, Trace


def test_changes_are_shown_with_labels(
    session: Session, records: Records, make, anna: Person, chiara: Person, team
) -> None:
    network = team("network", level=2)
    record_id = make("incident", "Storage down", requester=chiara)
    record = records.locked(session, "incident", record_id)
    records.change(
        session, record,
        {"team": network.id, "status": "in_progress", "major": True, "description": "Disk full", "room": "B 2"},
        Trace(anna.id, 17, "classify"),
    )  # fmt: skip
    newest, created = history_of(session, INCIDENT, record_id)
    assert (newest.actor, newest.element, newest.case_id) == ("Anna Novak", "classify", 17)
    assert {(change.title, change.before, change.after) for change in newest.changes} == {
        ("Team", "", "Network"),
        ("Status", "Open", "In progress"),
        ("Major incident", "no", "yes"),
        ("Description", "", "Disk full"),
        ("Room", "", "B 2"),
    }
    assert created.event == "record.created"
    assert ("Caller", "", "Chiara Ricci") in {(item.title, item.before, item.after) for item in created.changes}


def test_comments_stand_in_the_history_and_erased_texts_say_so(
    session: Session, records: Records, make, anna: Person
) -> None:
    record = records.locked(session, "incident", make("incident", "Storage down"))
    add_comment(session, records, record, "We are on it.", trace=Trace(anna.id), public=True)
    assert history_of(session, INCIDENT, record.id)[0].details["body"] == "We are on it."
    session.execute(text("DELETE FROM journal_payload"))
    comment, created = history_of(session, INCIDENT, record.id)
    assert comment.details["text"] == "(erased)"
    assert ("Title", "(erased)") in {(change.title, change.after) for change in created.changes}
