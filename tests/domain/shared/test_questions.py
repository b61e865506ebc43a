"""Questions to the user: the work waits, and what was said stays in the record."""

import pytest
from sqlalchemy.orm import Session

from app.domain.incidents.records import Incident
from app.domain.people.records import Person
from app.domain.records.comments import comments_of
from app.errors import BusinessError


def test_an_incident_waits_for_the_answer(session: Session, call, make, anna: Person, chiara: Person) -> None:
    record_id = make("incident", "Storage down", requester=chiara)
    incident = session.get_one(Incident, record_id)
    call("question.ask", record_id, actor=anna, question="Which folder?")
    assert incident.status == "waiting"
    call("question.answer", record_id, actor=chiara, answered=True, reply="The one of the archive.")
    assert incident.status == "in_progress"
    said = [(comment.author_id, comment.body) for comment in comments_of(session, record_id, public_only=True)]
    assert said == [(anna.id, "Which folder?"), (chiara.id, "The one of the archive.")]


def test_without_an_answer_the_work_goes_on(session: Session, call, make) -> None:
    record_id = make("incident", "Storage down")
    call("question.ask", record_id, question="Which folder?")
    call("question.answer", record_id, answered=False, reply="")
    assert session.get_one(Incident, record_id).status == "in_progress"
    assert len(comments_of(session, record_id, public_only=True)) == 1


def test_kinds_without_waiting_keep_their_status(session: Session, call, make) -> None:
    service = make("service", "Mail")
    call("question.ask", service, question="Still needed?")
    call("question.answer", service, reply="Yes.")
    assert len(comments_of(session, service, public_only=True)) == 2


def test_a_case_without_a_record_keeps_question_and_answer_in_its_journal(call) -> None:
    call("question.ask", question="Which one?")
    call("question.answer", reply="This one.")
    assert [line[0] for line in call.lines] == ["question.asked", "question.answered"]


def test_an_empty_question_is_refused(call, make) -> None:
    with pytest.raises(BusinessError, match="write the question"):
        call("question.ask", make("incident", "Storage down"), question=" ")
