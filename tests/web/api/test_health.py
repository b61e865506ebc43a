"""Health and figures."""

from app import __version__
from app.operations import OperationContext
from tests.stage import Stage


def test_healthz(desk: Stage) -> None:
    answer = desk.visitor().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": __version__})


def test_metrics_count_what_goes_on(desk: Stage, case_id: int) -> None:
    def broken(context: OperationContext) -> None:
        raise RuntimeError("disk full")

    desk.acts["act"] = broken
    desk.start("closed")
    desk.complete("look", title="x")
    answer = desk.api("Paul Okafor").get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = answer.text.splitlines()
    for line in (
        'stellwerk_cases{status="running"} 1.0', 'stellwerk_cases{status="stuck"} 1.0', "stellwerk_tasks_open 1.0",
        "stellwerk_tasks_overdue 0.0", "stellwerk_messages_waiting 0.0", "stellwerk_timer_lateness_seconds 0.0",
        "stellwerk_jobs_dead 0.0", "stellwerk_scheduler_silence_seconds -1.0",
    ):  # fmt: skip
        assert line in lines
