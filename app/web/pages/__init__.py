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
    appearance,
    batches,
    bulk,
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
    records,
    references,
    reset,
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

# Room for the boundaries and names of a form with files.
MULTIPART_SPARE = 64 * 1024
MOST_FILES = 10


def include_pages(app: FastAPI, parts: Parts) -> None:
    """Add routes, static files, middleware and error handlers to the application.

    The parts must stand in `app.state.parts`.
    """
    settings = parts.settings
    app.state.parts = parts
    for module in (
        sign_in,
        sign_in_elsewhere,
        first_start,
        reset,
        work,
        task,
        task_actions,
        presence,
        bulk,
        workload,
        waiting,
        canned,
        cases,
        mend,
        start,
        records,
        lists,
        imports,
        batches,
        changing,
        record,
        record_talk,
        record_links,
        record_marks,
        record_merge,
        search,
        files,
        references,
        account,
        account_absence,
        account_codes,
        account_tokens,
        account_notifications,
        notifications,
        administration,
        journal,
        journal_erasure,
        options,
        tags,
        journal,
        journal_erasure,
        appearance,
    ):
        app.include_router(module.router, include_in_schema=False)
    for router in (webhooks.own, webhooks.ours):
        app.include_router(router, include_in_schema=False)
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
