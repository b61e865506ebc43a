"""The pages that people work with."""

from fastapi import FastAPI
from starlette.routing import Route

from app.bootstrap import Parts
from app.web import static_files
from app.web.headers import BodyLimit, PlainAddress, SecurityHeaders
from app.web.pages import (
    account,
    account_absence,
    account_codes,
    account_notifications,
    account_tokens,
    administration,
    agreements,
    appearance,
    batches,
    bulk,
    calendar,
    canned,
    cases,
    changing,
    files,
    first_start,
    imports,
    lists,
    mend,
    notifications,
    presence,
    record,
    record_links,
    record_marks,
    record_merge,
    record_talk,
    record_times,
    records,
    references,
    reset,
    schedules,
    search,
    sign_in,
    sign_in_elsewhere,
    start,
    task,
    task_actions,
    waiting,
    webhooks,
    work,
    workload,
)
from app.web.pages.administration import journal, journal_erasure, options, tags
from app.web.problems import add_error_handlers
from app.web.routing import add_routes

# Requests try them in this order.
MODULES = (
    work,
    task,
    task_actions,
    presence,
    cases,
    record,
    record_talk,
    record_links,
    record_marks,
    record_merge,
    record_times,
    agreements,
    lists,
    imports,
    batches,
    changing,
    records,
    references,
    files,
    search,
    start,
    bulk,
    workload,
    waiting,
    calendar,
    schedules,
    canned,
    mend,
    sign_in,
    sign_in_elsewhere,
    first_start,
    reset,
    account,
    account_absence,
    account_codes,
    account_tokens,
    account_notifications,
    notifications,
    appearance,
    journal,
    journal_erasure,
    options,
    tags,
)
# Room for the boundaries and names of a form with files.
MULTIPART_SPARE = 64 * 1024
MOST_FILES = 10


def include_pages(app: FastAPI, parts: Parts) -> None:
    """Add routes, static files, middleware and error handlers to the application.

    The parts must stand in `app.state.parts`.
    """
    settings = parts.settings
    app.state.parts = parts
    add_routes(app, (module.router for module in MODULES), described=False)
    add_routes(app, (webhooks.own, webhooks.ours, *administration.ROUTERS), described=False)
    app.router.routes.append(Route("/static/{version}/{name:path}", static_files.serve, methods=["GET", "HEAD"]))
    add_error_handlers(app)
    plain = settings.form_limit_kb * 1024
    app.add_middleware(
        BodyLimit,
        plain=plain,
        multipart=plain + MULTIPART_SPARE + MOST_FILES * settings.upload_limit_mb * 1_000_000,
    )
    app.add_middleware(PlainAddress)
    app.add_middleware(SecurityHeaders)
