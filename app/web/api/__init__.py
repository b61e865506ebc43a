"""The JSON twin of the pages: `/api/v1`, bearer tokens, OpenAPI, problem details (RFC 9457)."""

from fastapi import FastAPI

from app.web.api import (
    account,
    batches,
    cases,
    diagrams,
    health,
    journal,
    lists,
    messages,
    options,
    people,
    record_links,
    record_marks,
    records,
    search,
    tasks,
)


def include_api(app: FastAPI) -> None:
    """Add all API routes."""
    for module in (
        account,
        diagrams,
        cases,
        tasks,
        messages,
        options,
        records,
        record_links,
        record_marks,
        journal,
        people,
        lists,
        batches,
        search,
    ):
        app.include_router(module.router, prefix="/api/v1")
    app.include_router(health.router)
