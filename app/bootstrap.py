"""The one place where the parts meet: builds everything that a process needs from its settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import and_, false, or_, select
from sqlalchemy.orm import Session

from app.database.ids import number
from app.database.transaction import REFERRED, Database
from app.domain.calendars.working_time import CalendarTime
from app.domain.configuration.in_force import Configuration
from app.domain.journal import anchors
from app.domain.journal.chains import Journal
from app.domain.notifications import webhooks as hooks
from app.domain.notifications.letters import Say, as_drawn
from app.domain.notifications.news import Notifier
from app.domain.notifications.of_accounts import AccountLetters
from app.domain.notifications.of_roles import RoleLetters
from app.domain.notifications.of_tasks import TaskLetters
from app.domain.notifications.of_watchers import WatcherLetters
from app.domain.notifications.operations import notification_operations
from app.domain.notifications.webhook_sending import WebhookSender
from app.domain.notifications.webhooks import Webhooks
from app.domain.operations import groups, subjects
from app.domain.options.lists import Lists
from app.domain.people import sessions
from app.domain.people.credentials import limits, one_time
from app.domain.people.directory import Directory
from app.domain.record_kinds import KINDS
from app.domain.records import files, queries
from app.domain.records.records import Record, StoredFile
from app.domain.records.writer import Records
from app.domain.service_levels.waking import Waking
from app.engine import messages
from app.engine.engine import Engine
from app.engine.on_time import CaseOnTime, start_on_time
from app.engine.parser import EngineParser
from app.engine.ports import Actor
from app.forms import ReferenceCheck
from app.insight import loose_files, standing_in, verification
from app.insight.access import Viewer, inner_records, readable_files, visible_records
from app.insight.batches import batches
from app.insight.batches.batches import Batches
from app.insight.counting import CountedTime
from app.insight.telling import of_tasks as telling_of_tasks
from app.insight.telling.concerns import may_see, still_concerns
from app.insight.telling.of_cases import StuckNews
from app.insight.telling.of_comments import CommentNews
from app.insight.telling.of_tasks import TaskNews
from app.insight.watching import may_know
from app.integrations.email import Post
from app.integrations.ldap import LdapDirectory
from app.integrations.oidc import Provider
from app.integrations.webhook import Poster
from app.jobs import rescue
from app.jobs.queue import Queue
from app.operations import Registry
from app.processes.library import Library
from app.schedule import health
from app.schedule.duties import Duties, Duty
from app.schedule.ports import WorkingWeek
from app.schedule.schedules import Schedules
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that pages, API, worker and commands work with."""

    settings: Settings
    configuration: Configuration
    database: Database
    registry: Registry
    library: Library
    parser: EngineParser
    queue: Queue
    records: Records
    directory: Directory
    journal: Journal
    engine: Engine
    lists: Lists
    watchers: WatcherLetters
    notifier: Notifier
    webhooks: Webhooks
    poster: Poster
    account_letters: AccountLetters
    provider: Provider
    ldap: LdapDirectory
    role_letters: RoleLetters
    batches: Batches
    schedules: Schedules
    say: Say

    def _follow(self, session: Session) -> int:
        """Let schedules follow calendars that were changed."""
        self.schedules.follow(session, self.library.current(session).diagrams.values())
        return 0

    def duties(self, node: str) -> Duties:
        """Return what is to be done now and then, once for all nodes."""
        substitutes = partial(standing_in.tell_substitutes, self.engine, self.notifier)
        duties = [
            Duty("stalled jobs", timedelta(seconds=10), lambda session: rescue.rescue(session)),
            Duty("expired messages", timedelta(hours=1), messages.expire),
            Duty("expired sessions", timedelta(hours=1), sessions.forget_expired),
            Duty("expired links", timedelta(hours=1), one_time.forget_expired),
            Duty("old attempts", timedelta(hours=1), limits.forget_old),
            Duty("next times of schedules", timedelta(minutes=1), self._follow),
            Duty("silent nodes", timedelta(hours=1), health.forget_nodes),
            Duty("news of tasks", timedelta(seconds=5), TaskNews(self.configuration, self.notifier)),
            Duty("news of comments", timedelta(seconds=5), CommentNews(self.configuration, self.notifier)),
            Duty("news of stuck cases", timedelta(seconds=30), StuckNews(self.notifier)),
            Duty("news that is settled", timedelta(seconds=30), telling_of_tasks.settle_ended),
            Duty("old deliveries", timedelta(hours=1), hooks.forget_old),
            Duty("watchers", timedelta(seconds=30), self.watchers.tell),
            Duty("roles that ended", timedelta(minutes=1), partial(standing_in.settle_ended, self.engine)),
            Duty("tasks of absent people", timedelta(minutes=1), substitutes),
            Duty("findings about roles", timedelta(days=1), self.role_letters),
            Duty("old batches", timedelta(hours=1), batches.forget),
            Duty("loose files", timedelta(hours=1), partial(loose_files.remove, days=self.settings.loose_file_days)),
            Duty("journal anchors", timedelta(minutes=15), anchors.write),
            Duty("journal verification", timedelta(days=1), lambda session: verification.ask(self.queue, session)),
        ]
        return Duties(self.database, node, duties)


def build(
    settings: Settings, database_url: str | None = None, *, say: Say = as_drawn, database: Database | None = None
) -> Parts:
    """Build the parts of one process; nothing is connected before it is used.

    Args:
        settings: what the operator decided.
        database_url: where the embedded PostgreSQL listens, when `settings` name no server.
        say: what the shipped processes call something in a language, for mails.
        database: one that is there already, instead of a URL.
    """
    url = database_url or settings.database_url
    if not url and database is None:
        raise ValueError("no database: start the embedded one first, or set STELLWERK_DATABASE_URL")
    # A job may hold two connections: its own, and that of an operation that notes each thing it did outside.
    database = database or Database(url, pool_size=max(settings.threads, 2 * settings.worker_concurrency) + 2)
    configuration = Configuration(settings, database)
    post = Post(configuration)
    registry = Registry()
    for group in (*groups(), notification_operations(database, post, configuration, say)):
        registry.add(group)
    for found in subjects():
        registry.subjects.add(found)
    journal = Journal()
    records = Records(KINDS, journal)
    lists = Lists(settings.home)

    def start(
        session: Session, diagram: str, element: str, *, record_id: int | None, data: Mapping[str, Any]
    ) -> CaseOnTime:
        return start_on_time(engine, session, diagram, element, record_id=record_id, data=data)

    schedules = Schedules(database, start, registry.subjects, partial(_calendars, configuration))
    library = Library(settings.home, record_kinds=records.prefixes, lists=lists.current, follow=schedules.follow)
    queue = Queue()
    directory = Directory()
    webhooks = Webhooks(configuration, queue)
    notifier = Notifier(database, post, configuration, queue, still_concerns, webhooks, say)
    notifier.register_jobs()
    poster = Poster(settings)
    WebhookSender(database, poster, settings, notifier, may_see).register_jobs(queue)
    letters = TaskLetters(configuration, queue, notifier, say)
    watchers = WatcherLetters(configuration, queue, KINDS, may_know, notifier)
    account_letters = AccountLetters(database, post, configuration, queue)
    account_letters.register_jobs()
    engine = Engine(
        database=database,
        settings=settings,
        library=library,
        registry=registry,
        queue=queue,
        records=records,
        directory=directory,
        journal=journal,
        working_time=lambda session, record: CountedTime(session, configuration.default_calendar, record),
        reference_check=_reference_check,
        attach_files=files.attach,
        tell_of_task=letters,
        lists=lists,
    )
    engine.register_jobs()
    engine.clockworks.append(Waking(database, records, partial(_tell_cases, engine)))
    verification.register_jobs(queue, database)
    changes_of_many = Batches(database, queue, records, lists)
    changes_of_many.register_jobs()
    return Parts(
        settings=settings,
        configuration=configuration,
        database=database,
        registry=registry,
        library=library,
        parser=EngineParser(),
        queue=queue,
        records=records,
        directory=directory,
        journal=journal,
        engine=engine,
        lists=lists,
        watchers=watchers,
        notifier=notifier,
        webhooks=webhooks,
        poster=poster,
        account_letters=account_letters,
        provider=Provider(settings),
        ldap=LdapDirectory(settings),
        role_letters=RoleLetters(configuration, queue, say),
        batches=changes_of_many,
        schedules=schedules,
        say=say,
    )


def _calendars(configuration: Configuration, session: Session) -> Callable[[str], WorkingWeek]:
    """What finds calendars for schedules; without a key the default one."""
    time = CalendarTime(session, configuration.default_calendar)
    return lambda key: time.week(key or configuration.default_calendar)


def _tell_cases(engine: Engine, session: Session, name: str, key: str, payload: dict[str, str], identity: str) -> None:
    """Let cases hear of what a clock has brought about."""
    messages.send(engine, session, name, key, dict(payload), identity=identity)


def _reference_check(session: Session, actor: Actor | None, record_id: int | None) -> ReferenceCheck:
    """What a person may point to: what they may know of, and files that they sent or that the record has."""
    viewer = Viewer(actor.person_id or 0, actor.roles, actor.administrator) if actor else None

    def check(entity: str, identity: str) -> bool:
        if entity != "file":
            # The filter is built only where something is referred to; most forms refer to nothing.
            visible = visible_records(viewer) if viewer else None
            return queries.exists(session, entity, identity, visible=visible)
        file_id = number(identity)
        if file_id is None:
            return False
        # Without an actor or a record nothing is theirs; a comparison with None would find the files of all others.
        theirs = StoredFile.uploaded_by_id == viewer.person_id if viewer else false()
        inner = StoredFile.record_id.in_(select(Record.id).where(inner_records(viewer))) if viewer else false()
        of_record = and_(StoredFile.record_id == record_id, readable_files(inner)) if record_id is not None else false()
        query = select(StoredFile.id).where(StoredFile.id == file_id, or_(theirs, of_record))
        # What is named from now on is not removed at the same moment as loose.
        return session.scalar(query.with_for_update(**REFERRED, of=StoredFile)) is not None

    return check
