"""Forms in a real browser: conditions, rows, files and references, with and without a script."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from app.forms import initial_values
from app.web.forms import Post, parse_post, post_errors, render
from tests.browser import axe
from tests.forms.pages import ENVIRONMENT
from tests.forms.samples import classify, everything_exists

FORM = classify()
STATIC = Path(__file__).parents[2] / "app/web/static"
SERVICES = [("12", "Data storage"), ("13", "Data storage archive"), ("20", "E-mail")]
LABELS = {("service", key): label for key, label in SERVICES} | {("file", "1"): "error.png"}
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'"
KNOWN = {"title": "Storage is slow", "impact": "team", "urgency": "today", "service": "12", "screenshots": ["1"]}


def lookup(_: str, text: str) -> list[tuple[str, str]]:
    return [service for service in SERVICES if text.casefold() in service[1].casefold()]


def shown(post: Post, errors: dict[str, list[str]] | None = None) -> HTMLResponse:
    fields = render(ENVIRONMENT, FORM, post.values, errors, labels_of_references=LABELS, post=post)
    sheets = "".join(f'<link rel="stylesheet" href="/static/css/{name}.css">' for name in ("base", "forms"))
    scripts = "".join(f'<script type="module" src="/static/js/{name}.js"></script>' for name in ("forms", "reference"))
    return HTMLResponse(
        f'<!doctype html><html lang="en"><head><title>Classify</title>{sheets}{scripts}</head><body><main>'
        f'<h1>Classify</h1><form method="post" action="/" enctype="multipart/form-data" novalidate>{fields}'
        "<button>Complete</button></form></main></body></html>",
        headers={"Content-Security-Policy": POLICY},
    )


async def begin(_: Request) -> Response:
    return shown(Post(initial_values(FORM, KNOWN)))


async def posted(request: Request) -> Response:
    async with request.form() as data:
        post = parse_post(FORM, data.multi_items(), lookup=lookup, store=lambda _: "1")
    if post.action:
        return shown(post)
    errors = post_errors(FORM, post, references=everything_exists)
    return shown(post, errors) if errors else JSONResponse(post.values)


async def search(request: Request) -> Response:
    found = lookup("service", request.query_params["q"])
    return JSONResponse({"items": [{"id": key, "label": label, "detail": f"SVC-{key}"} for key, label in found]})


async def nothing(_: Request) -> Response:
    return Response(status_code=204)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    routes = [
        Route("/", begin),
        Route("/", posted, methods=["POST"]),
        Route("/references/service", search),
        Route("/favicon.ico", nothing),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    server.should_exit = True
    thread.join()
    listener.close()


def test_conditions_change_the_form_and_nothing_that_was_typed_is_lost(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Title").fill("Typed before")
    page.get_by_label("Screenshots").set_input_files([{"name": "a.png", "mimeType": "image/png", "buffer": b"1"}])
    page.get_by_label("Whole site").check()
    major = page.get_by_label("This is a major incident")
    expect(major).to_be_visible()
    expect(page.get_by_label("Whole site")).to_be_focused()
    expect(page.get_by_label("Title")).to_have_value("Typed before")
    assert page.locator("input[type=file]").evaluate("input => input.files.length") == 1
    major.check()
    page.get_by_label("Major reason").fill("All of building C")
    major.uncheck()
    expect(page.get_by_label("Major reason")).to_have_count(0)
    major.check()
    expect(page.get_by_label("Major reason")).to_have_value("All of building C")
    assert not axe.look(page)


def test_rows_come_and_go_and_the_others_keep_their_answers(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("[name='affected[0].name']").fill("Anna Novak")
    page.get_by_role("button", name="Add a row Affected people").click()
    second = page.locator("[name='affected[1].name']")
    expect(second).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="A row was added.")).to_have_count(1)
    second.fill("Ben Osei")
    page.locator("[name='affected[1].absent']").check()
    page.locator("[name='affected[1].deputy']").fill("Chiara Ricci")
    page.get_by_role("button", name="Remove Affected people 1").click()
    expect(second).to_have_count(0)
    expect(page.locator("[name='affected[0].name']")).to_have_value("Ben Osei")
    expect(page.locator("[name='affected[0].deputy']")).to_have_value("Chiara Ricci")


def test_a_reference_is_found_with_the_keyboard(page: Page, address: str) -> None:
    page.goto(address)
    box = page.get_by_role("combobox", name="Affected service")
    box.fill("data")
    options = page.get_by_role("listbox").get_by_role("option")
    expect(options).to_have_count(2)
    expect(box).to_have_attribute("aria-expanded", "true")
    box.press("ArrowDown")
    box.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.nth(1).get_attribute("id")
    assert not axe.look(page)
    box.press("Enter")
    expect(box).to_have_value("Data storage archive")
    expect(box).to_have_attribute("aria-expanded", "false")
    assert page.locator("input[name=service]").input_value() == "13"
    box.fill("x")
    box.fill("")
    assert page.locator("input[name=service]").input_value() == ""


def test_errors_are_summed_up_where_the_focus_is(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Title").fill("")
    page.get_by_role("combobox", name="Affected service").fill("data")
    page.get_by_role("button", name="Complete", exact=True).click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary.get_by_role("listitem")).to_have_count(2)
    assert not axe.look(page)
    summary.get_by_role("link").first.click()
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type("Storage is down")
    page.get_by_label("Data storage archive").check()
    page.get_by_role("button", name="Complete", exact=True).click()
    page.wait_for_function('document.body.innerText.includes(\'"service":"13"\')')


def test_everything_works_without_a_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.get_by_label("Whole site").check()
    page.get_by_role("button", name="Update form").first.click()
    page.get_by_label("This is a major incident").check()
    page.get_by_role("button", name="Add a row Affected people").click()
    assert page.get_by_role("group", name="Affected people ").count() >= 2
    page.get_by_role("button", name="Remove Affected people 2").click()
    page.get_by_label("Affected service").fill("mail")
    page.get_by_label("Major reason").fill("All of building C")
    page.get_by_label("Title").press("Enter")
    text = page.locator("body").inner_text()
    assert '"service":"20"' in text and '"major_reason":"All of building C"' in text
    context.close()
