"""Let the duties run that tell people what is news, and their mails go out."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app import clock
from app.domain.notifications.records import Notification
from app.insight.telling.of_cases import StuckNews
from app.insight.telling.of_comments import CommentNews
from app.insight.telling.of_tasks import TaskNews, settle_ended
from app.jobs.runner import carry_out_due


def tell(house: Any) -> None:
    """Tell what is news, as the worker does every few seconds."""
    parts = house.parts
    for duty in (
        TaskNews(parts.configuration, parts.notifier), CommentNews(parts.configuration, parts.notifier),
        StuckNews(parts.notifier), settle_ended, parts.watchers.tell,
    ):  # fmt: skip
        with parts.database.transaction() as session:
            duty(session)


def send(house: Any, after: timedelta = timedelta(minutes=1)) -> None:
    """Carry out the jobs that are due a moment later: the mails that have waited long enough."""
    with clock.at(clock.now() + after):
        carry_out_due(house.parts.queue, house.parts.database)


def told(house: Any, who: str = "", *events: str) -> list[Notification]:
    """What was told to somebody (or to all), oldest first, of these events or of all."""
    query = select(Notification).where(Notification.event.is_not(None)).order_by(Notification.id)
    if who:
        query = query.where(Notification.person_id == house.people[who])
    if events:
        query = query.where(Notification.event.in_(events))
    with house.parts.database.transaction() as session:
        return list(session.scalars(query))
