"""Whoever answers as SMS manager reads of new findings, once, in their language."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.notifications.news import SEND
from app.domain.notifications.of_roles import RoleLetters
from app.domain.notifications.records import Notification
from app.domain.people.directory import assign_role
from app.domain.people.records import Person
from app.jobs.queue import Queue
from app.settings import Settings
from app.web.i18n import label_in


def test_findings_are_mailed_once_in_the_readers_language(session: Session, anna: Person, ben: Person) -> None:
    anna.locale = "de"
    assign_role(session, "management.sms_owner", person_id=anna.id)
    queue, settings = Queue(), Settings(database_url="")
    queue.register(SEND, lambda arguments, attempt: None)
    letters = RoleLetters(settings, queue, label_in)
    assert letters(session) > 40
    [mail] = session.scalars(select(Notification)).all()
    assert (mail.person_id, mail.case_id) == (anna.id, None)
    assert "„SMS-Leitung“" in mail.body and "/administration/roles" in mail.body
    assert letters(session) == 0
    assign_role(session, "management.sms_manager", person_id=ben.id)
    # What is settled is forgotten; nothing is new.
    assert letters(session) == 0
    assert len(session.scalars(select(Notification)).all()) == 1
