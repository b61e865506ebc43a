"""What every answer carries, and how much a request may bring."""

import re

import pytest

from app.web import static_files
from app.web.headers import CONTENT_SECURITY_POLICY
from tests.web.office import Browser, Office, Seen


@pytest.mark.parametrize(
    "path", ["/work", "/sign-in", "/nowhere", "/api/v1/tasks", "/static/x/css/base.css", "/files/1"]
)
def test_every_answer_is_guarded(office: Office, path: str) -> None:
    headers = office.browser("Anna Novak").get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" not in headers


def test_pages_have_the_policy_as_it_is_written_down(office: Office) -> None:
    assert office.browser("Anna Novak").get("/work").headers["content-security-policy"] == CONTENT_SECURITY_POLICY


def test_https_is_asked_for_again_next_time(office: Office) -> None:
    browser = office.visitor()
    browser.base_url = "https://testserver"
    assert "max-age" in browser.get("/sign-in").headers["strict-transport-security"]


def test_no_page_has_a_script_or_style_of_its_own(office: Office) -> None:
    number = office.report()
    browser = office.browser("Anna Novak")
    for path in ("/work?tab=teams", f"/work/tasks/{office.task(number).id}", f"/cases/{number}", "/start", "/account"):
        text = browser.see(path).answer.text
        assert not re.search(r"<style|<script(?![^>]*src=)|\sstyle=|\son[a-z]+=|javascript:", text), path


def test_assets_are_kept_for_ever_under_an_address_of_their_content(office: Office) -> None:
    browser = office.visitor()
    address = static_files.address("css/base.css")
    assert "immutable" in browser.get(address).headers["cache-control"]
    old = browser.get("/static/0123456789ab/css/base.css")
    assert old.status_code == 200
    assert old.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["%2e%2e/static_files.py", "..%2f..%2fsettings.py", "css", "", "css/none.css"])
def test_nothing_else_is_given_out_as_an_asset(office: Office, name: str) -> None:
    assert office.visitor().get(f"/static/x/{name}").status_code == 404


def test_a_text_of_five_megabytes_is_refused(office: Office) -> None:
    answer = office.browser("Chiara Ricci").post("/start/incident", {"title": "x" * 5_000_000})
    assert answer.status_code == 413
    assert "larger than may be sent" in Seen(answer).text


def test_a_long_text_beside_a_file_is_refused(office: Office) -> None:
    answer = office.browser("Chiara Ricci").post(
        "/start/incident", {"description": "x" * 2_000_000}, files={"attachments~upload": ("a.txt", b"x")}
    )
    assert answer.status_code == 413
    assert "larger than may be sent" in Seen(answer).text


def test_an_unknown_page_is_told_in_the_look_of_the_product(office: Office) -> None:
    answer = office.browser("Anna Novak").get("/nowhere")
    assert answer.status_code == 404
    assert Seen(answer).texts("//h1") == ["There is nothing here"]


def test_programs_get_problem_details(office: Office) -> None:
    answer = office.visitor().get("/api/v1/tasks")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["status"] == 401


def test_a_fault_is_told_with_a_mark_and_nothing_of_its_inside(office: Office) -> None:
    browser = office.browser("Anna Novak")
    with office.parts.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE task RENAME TO task_gone")
    try:
        answer = Browser(office.app, browser.secret, raise_faults=False).get("/work")
    finally:
        with office.parts.database.engine.begin() as connection:
            connection.exec_driver_sql("ALTER TABLE task_gone RENAME TO task")
    assert answer.status_code == 500
    page = Seen(answer)
    assert re.fullmatch(r"[0-9a-f]{8}", page.texts("//p/b")[0])
    assert "task_gone" not in page.text and "SELECT" not in page.text
