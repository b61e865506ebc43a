"""The JSON twin of the pages: `/api/v1`, bearer tokens, OpenAPI, problem details (RFC 9457)."""

from fastapi import FastAPI

from app.web.api import (
    account,
    agreements,
    answers,
    batches,
    bulk,
    calendar,
    calendars,
    cases,
    diagrams,
    files,
    health,
    journal,
    lists,
    messages,
    notifications,
    options,
    people,
    record_comments,
    record_history,
    record_links,
    record_marks,
    record_times,
    records,
    schedules,
    search,
    settings,
    tasks,
    waiting,
    webhooks,
    workload,
)
from app.web.routing import add_routes

# Requests try them in this order.
MODULES = (
    tasks,
    bulk,
    messages,
    cases,
    records,
    record_links,
    record_marks,
    record_comments,
    record_history,
    record_times,
    files,
    diagrams,
    lists,
    batches,
    search,
    people,
    calendars,
    options,
    notifications,
    waiting,
    workload,
    calendar,
    schedules,
    answers,
    agreements,
    account,
    settings,
    journal,
    health,
)


def include_api(app: FastAPI) -> None:
    """Add all API routes."""
    add_routes(app, (module.router for module in MODULES))
    add_routes(app, (webhooks.own, webhooks.ours))
