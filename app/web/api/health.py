"""Is it well? For load balancers (`/healthz`) and Prometheus (`/metrics`)."""

from datetime import timedelta

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app import __version__, clock
from app.engine.records import Case, Message, Task, Timer
from app.errors import Forbidden, StellwerkError
from app.jobs import dead_letters
from app.schedule import health
from app.schedule.records import Node, Occurrence
from app.web.api.call import bearer, call, parts_of, problems

router = APIRouter(tags=["health"])
STANDSTILLS_OF = timedelta(days=7)


@router.get("/healthz", responses={503: {"description": "The database does not answer.", "model": dict[str, str]}})
def healthz(request: Request, response: Response) -> dict[str, str]:
    """Tell whether this process reaches its database."""
    try:
        with parts_of(request).database.transaction() as session:
            session.execute(text("SELECT 1"))
    except StellwerkError:
        response.status_code = 503
        return {"status": "database unreachable", "version": __version__}
    return {"status": "ok", "version": __version__}


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    dependencies=[Depends(bearer)],
    responses={name: value for name, value in problems(403).items() if name != 422},
)
def metrics(request: Request) -> Response:
    """Figures for Prometheus on work, cases, messages, jobs and timers; for overseers and administrators."""
    with call(request) as it:
        if not it.viewer.sees_all:
            raise Forbidden("Figures are for administrators and for those who oversee the SMS.")
        return Response(generate_latest(_collect(it.session)), media_type=CONTENT_TYPE_LATEST)


def _collect(session: Session) -> CollectorRegistry:
    registry = CollectorRegistry()
    now = clock.now()

    def gauge(name: str, help_: str, value: float) -> None:
        Gauge(f"stellwerk_{name}", help_, registry=registry).set(value)

    cases = Gauge("stellwerk_cases", "Cases by status.", ["status"], registry=registry)
    running = select(Case.status, func.count()).where(Case.status.in_(["running", "stuck"])).group_by(Case.status)
    for status, count in session.execute(running):
        cases.labels(status).set(count)
    open_tasks = select(func.count(), func.count().filter(Task.due_at < now)).where(Task.status == "open")
    open_count, overdue = session.execute(open_tasks).one()
    gauge("tasks_open", "Open tasks.", open_count)
    gauge("tasks_overdue", "Open tasks whose due date has passed.", overdue)
    late = session.scalar(select(func.min(Timer.due_at)).join(Case).where(Timer.due_at < now, Case.status == "running"))
    gauge(
        "timer_lateness_seconds",
        "Age of the oldest due timer that has not fired.",
        (now - late).total_seconds() if late else 0,
    )
    waiting = session.scalar(select(func.count()).where(Message.status == "waiting")) or 0
    gauge("messages_waiting", "Messages that nothing has matched yet.", waiting)
    queue = dead_letters.figures(session)
    for name in ("due", "later", "running", "dead", "workers"):
        gauge(f"jobs_{name}", f"Job queue: {name}.", getattr(queue, name))
    beat = session.scalar(select(func.max(Node.ticked_at)))
    gauge(
        "scheduler_silence_seconds",
        "Seconds since a scheduler ticked last.",
        (now - beat).total_seconds() if beat else -1,
    )
    still = health.standstills(session, 1000, since=now - STANDSTILLS_OF)
    lost = sum((one.ended_at - one.began_at).total_seconds() for one in still)
    gauge("scheduler_standstill_seconds", "Seconds of the last seven days' standstills of all schedulers.", lost)
    schedules = health.schedule_figures(session)
    gauge("schedules_active", "Schedules that are due some time.", schedules.active)
    gauge("schedules_late", "Schedules that are due and have not fired.", schedules.late)
    gauge("schedules_broken", "Schedules that cannot tell their next time.", schedules.broken)
    gauge("schedule_lateness_seconds", "Age of the oldest due schedule.", schedules.lateness.total_seconds())
    subjects = session.scalar(select(func.count()).where(Occurrence.status == "waiting")) or 0
    gauge("schedule_subjects_waiting", "Subjects of schedules whose case has not been started yet.", subjects)
    return registry
