"""Signing in and out in a browser."""

import pytest

from app.domain.people import accounts
from app.web import csrf
from tests.web.office import PASSWORD, Office, Seen


@pytest.fixture
def with_password(office: Office) -> Office:
    with office.parts.database.transaction() as session:
        accounts.set_password(session, office.people["Anna Novak"], PASSWORD)
    return office


def sign_in(office: Office, login: str, password: str, back: str = "/work") -> tuple[int, str, str]:
    """Fill in the sign-in page; returns status, where it leads, and the session's secret."""
    browser = office.visitor()
    token = browser.see("/sign-in").all("//input[@name='_csrf']")[0].value
    data = {"login": login, "password": password, "back": back, "_csrf": token}
    answer = browser.post("/sign-in", data)
    return answer.status_code, answer.headers.get("location", ""), browser.cookies.get(csrf.SESSION, "")


def test_whoever_is_not_signed_in_is_asked_to_and_goes_on_where_they_wanted(with_password: Office) -> None:
    answer = with_password.visitor().get("/cases?status=stuck")
    assert answer.headers["location"] == "/sign-in?back=%2Fcases%3Fstatus%3Dstuck"
    assert sign_in(with_password, "Anna.Novak", PASSWORD, "/cases?status=stuck")[:2] == (303, "/cases?status=stuck")


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(with_password: Office) -> None:
    browser = with_password.visitor()
    token = browser.see("/sign-in").all("//input[@name='_csrf']")[0].value
    answer = browser.post("/sign-in", {"login": "anna.novak", "password": PASSWORD, "_csrf": token})
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(csrf.SESSION))
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie


def test_a_wrong_password_and_an_unknown_login_look_the_same(with_password: Office) -> None:
    browser = with_password.visitor()
    token = browser.see("/sign-in").all("//input[@name='_csrf']")[0].value
    pages = []
    for login in ("anna.novak", "nobody.here"):
        answer = browser.post("/sign-in", {"login": login, "password": "wrong", "_csrf": token})
        assert answer.status_code == 401
        pages.append(Seen(answer).text.replace(login, ""))
    assert pages[0] == pages[1]
    assert "wrong" in pages[0]


def test_after_several_wrong_passwords_the_right_one_does_not_help_either(with_password: Office) -> None:
    for _ in range(5):
        assert sign_in(with_password, "anna.novak", "wrong")[0] == 401
    assert sign_in(with_password, "anna.novak", PASSWORD)[0] == 401


@pytest.mark.parametrize("back", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "x"])
def test_signing_in_never_leads_to_another_site(with_password: Office, back: str) -> None:
    assert sign_in(with_password, "anna.novak", PASSWORD, back)[1] == "/work"


def test_signing_out_ends_the_session_on_the_server(office: Office) -> None:
    browser = office.browser("Anna Novak")
    assert browser.get("/work").status_code == 200
    assert browser.post("/sign-out").headers["location"] == "/sign-in"
    stolen = office.visitor()
    stolen.cookies.set(csrf.SESSION, browser.secret)
    assert stolen.get("/work").headers["location"].startswith("/sign-in")


def test_the_language_of_the_browser_is_spoken_before_signing_in(office: Office) -> None:
    answer = office.visitor().get("/sign-in", headers={"accept-language": "fr, de-AT;q=0.9, en;q=0.5"})
    assert '<html lang="de">' in answer.text
    assert "Anmelden" in answer.text
