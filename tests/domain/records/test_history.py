"""A record's history reads like sentences: names instead of ids, before and after."""

from sqlalchemy import false, true
from sqlalchemy.orm import Session

from app.domain.incidents.kind import INCIDENT
from app.domain.journal.erasure import Named, erase
from app.domain.people.records import Person
from app.domain.records.comments import add_comment
from app.domain.records.history import HIDDEN, history_of
from app.domain.records.link_types import LINK_TYPES
from app.domain.records.links import add_link
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
    erase(session, Named(anna.id, ("We are on it.", "Storage down")), reason="They asked for it.", actor_id=None)
    comment, created = history_of(session, INCIDENT, record.id)
    assert comment.details["text"] == "(erased)"
    assert ("Title", "(erased)") in {(change.title, change.after) for change in created.changes}


def test_what_one_may_not_know_of_is_not_named_in_the_history(
    session: Session, records: Records, make, anna: Person
) -> None:
    incident, service = make("incident", "Storage down"), make("service", "Secret storage")
    record = records.locked(session, "incident", incident)
    records.change(session, record, {"service": service}, Trace(anna.id))
    add_link(session, records, LINK_TYPES["affects"], incident, service, Trace(anna.id))
    link, change = history_of(session, INCIDENT, incident, visible=false())[:2]
    assert (link.details["record"], change.changes[0].after) == (HIDDEN, HIDDEN)
    link, change = history_of(session, INCIDENT, incident, visible=true())[:2]
    assert "Secret storage" in link.details["record"] and change.changes[0].after == "Secret storage"
