"""Who uses a calendar: teams, persons, agreements and schedules."""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.domain.calendars.records import Calendar
from app.domain.people.records import Person, Team
from app.domain.service_levels.records import Agreement, Target
from app.schedule.records import Schedule


def users(session: Session, calendar: Calendar) -> list[str]:
    """Return what those are called who would miss a calendar."""
    teams = session.scalars(select(Team.name).where(Team.calendar_id == calendar.id).order_by(Team.name))
    people = session.scalars(select(Person.name).where(Person.calendar_id == calendar.id).order_by(Person.name))
    by_target = select(Target.agreement_id).where(Target.calendar_id == calendar.id)
    agreed = or_(Agreement.calendar_id == calendar.id, Agreement.record_id.in_(by_target))
    agreements = session.execute(select(Agreement.number, Agreement.title).where(agreed).order_by(Agreement.number))
    in_force = func.coalesce(Schedule.override["calendar"].astext, Schedule.calendar)
    running = select(Schedule.diagram).where(in_force == calendar.key, Schedule.ended_at.is_(None))
    schedules = session.scalars(running.order_by(Schedule.diagram))
    return [*teams, *people, *(f"{row.number} {row.title}" for row in agreements), *dict.fromkeys(schedules)]
