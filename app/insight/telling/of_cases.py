"""News of cases that are stuck: for administrators, and for whoever manages the process."""

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.database.transaction import LOCKED
from app.domain.notifications.audience import people_of_role
from app.domain.notifications.news import News, Notifier
from app.domain.people.records import Person
from app.domain.records.records import Record
from app.engine.records import Case

MOST = 100


class StuckNews:
    """Tells of cases that have become stuck since people were last told of them."""

    def __init__(self, notifier: Notifier) -> None:
        self._notifier = notifier

    def __call__(self, session: Session) -> int:
        """Tell of what is news; returns of how many cases."""
        untold = or_(Case.told_stuck.is_(None), Case.told_stuck != Case.version)
        query = select(Case).where(Case.status == "stuck", untold).order_by(Case.id).limit(MOST)
        cases = session.scalars(query).all()
        for case in cases:
            record = session.get(Record, case.record_id) if case.record_id is not None else None
            administrators = session.scalars(select(Person.id).where(Person.administrator, Person.active))
            people = [*administrators, *people_of_role(session, f"{case.area}.process_manager", record)]
            news = News(
                event="case.stuck", key=f"stuck:{case.id}:{case.version}", text="case.stuck", number=case.number,
                path=f"/cases/{case.number}", case_id=case.id, record_id=case.record_id,
                element=case.stuck_element or "", values={"title": case.title},
                spoken=dict.fromkeys(("reason", "excerpt"), case.stuck_message or ""),
            )  # fmt: skip
            self._notifier.tell(session, news, people)
        # At the very end, so that nobody who mends a case waits for its news; what is locked is the next round's, in
        # which nobody is told twice.
        free = select(Case.id).where(Case.id.in_([case.id for case in cases])).order_by(Case.id)
        ids = set(session.scalars(free.with_for_update(skip_locked=True, **LOCKED)))
        for case in cases:
            if case.id in ids:
                # Not a step: the version of the case stays.
                session.execute(
                    update(Case).where(Case.id == case.id).values(told_stuck=case.version),
                    execution_options={"synchronize_session": False},
                )
        return len(cases)
