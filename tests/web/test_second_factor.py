"""The second factor on the pages: set up, asked for at signing in, switched off."""

from datetime import timedelta

import pyotp
import pytest

from app import clock
from app.domain.people import accounts
from app.web import csrf
from tests.web.office import PASSWORD, Browser, Office, Seen

CREDENTIALS = {"login": "anna.novak", "password": PASSWORD, "back": "/cases"}


@pytest.fixture
def with_password(office: Office) -> Office:
    with office.parts.database.transaction() as session:
        accounts.set_password(session, office.people["Anna Novak"], PASSWORD)
    return office


def set_up(anna: Browser) -> tuple[pyotp.TOTP, list[str]]:
    """Go through the pages as Anna does; returns what her authenticator has scanned, and her recovery codes."""
    assert anna.post("/account/second-factor", {"password": PASSWORD}).status_code == 303
    page = anna.see("/account/second-factor")
    device = pyotp.parse_uri(page.all("//a[starts-with(@href, 'otpauth:')]/@href")[0])
    assert isinstance(device, pyotp.TOTP)
    done = Seen(anna.post("/account/second-factor/confirm", {"code": device.at(clock.now())}))
    return device, done.all("//pre")[0].text.split()


def step_one(office: Office) -> tuple[Browser, str]:
    """A browser in which login and password were right, and its form token."""
    browser = office.visitor()
    token = browser.see("/sign-in").all("//input[@name='_csrf']")[0].value
    answer = browser.post("/sign-in", CREDENTIALS | {"_csrf": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/code?back=%2Fcases")
    assert csrf.SESSION not in browser.cookies
    return browser, token


def test_signing_in_asks_for_a_code_and_takes_it_once(with_password: Office) -> None:
    device, _codes = set_up(with_password.browser("Anna Novak"))
    with clock.at(clock.now() + timedelta(seconds=30)):
        browser, token = step_one(with_password)
        assert "One more step" in browser.see("/sign-in/code?back=/cases").text
        # The first step alone opens nothing.
        assert browser.get("/work").headers["location"].startswith("/sign-in")
        sent = {"code": device.at(clock.now()), "back": "/cases", "_csrf": token}
        wrong = browser.post("/sign-in/code", sent | {"code": "12345"})
        assert wrong.status_code == 401 and "This code is wrong" in wrong.text
        answer = browser.post("/sign-in/code", sent)
        assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
        assert browser.get("/work").status_code == 200
        again, token = step_one(with_password)
        assert again.post("/sign-in/code", sent | {"_csrf": token}).status_code == 401


def test_many_wrong_codes_close_the_second_step_for_a_while(with_password: Office) -> None:
    device, codes = set_up(with_password.browser("Anna Novak"))
    browser, token = step_one(with_password)
    answers = [browser.post("/sign-in/code", {"code": "x", "_csrf": token}) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 4 + [429] * 2
    assert int(answers[-1].headers["retry-after"]) > 600
    # Neither the right code nor another sign-in gets around it.
    browser, token = step_one(with_password)
    assert browser.post("/sign-in/code", {"code": codes[0], "_csrf": token}).status_code == 429


def test_the_second_step_without_the_first_leads_back(office: Office) -> None:
    visitor = office.visitor()
    assert visitor.get("/sign-in/code?back=/cases").headers["location"] == "/sign-in?back=%2Fcases"
    visitor.cookies.set("stellwerk_step", "made up")
    assert visitor.get("/sign-in/code").headers["location"].startswith("/sign-in?")


def test_the_picture_keeps_to_the_content_security_policy(with_password: Office) -> None:
    anna = with_password.browser("Anna Novak")
    anna.post("/account/second-factor", {"password": PASSWORD})
    page = anna.see("/account/second-factor")
    assert page.all("//svg//path")
    assert not page.all("//@style | //style | //*[local-name()='style']")
    # The same secret until it is confirmed, so that a page loaded twice fits what was scanned.
    secret = page.all("//code")[0].text
    assert anna.see("/account/second-factor").all("//code")[0].text == secret


def test_nobody_sets_it_up_or_switches_it_off_at_an_open_browser(with_password: Office) -> None:
    anna = with_password.browser("Anna Novak")
    assert anna.post("/account/second-factor", {"password": "wrong"}).status_code == 422
    device, codes = set_up(anna)
    off = {"password": PASSWORD, "code": codes[0]}
    assert anna.post("/account/second-factor/off", off | {"password": "wrong"}).status_code == 422
    assert anna.post("/account/second-factor/off", off | {"code": "wrong"}).status_code == 422
    assert anna.post("/account/second-factor/codes", {"code": device.at(clock.now())}).status_code == 422
    assert anna.post("/account/second-factor/off", off).status_code == 303
    assert "Set it up" in anna.see("/account/second-factor").text


def test_who_has_no_password_here_has_no_second_factor_here(office: Office) -> None:
    ben = office.browser("Ben Osei")
    assert "You sign in elsewhere" in ben.see("/account/second-factor").text
    assert ben.post("/account/second-factor", {"password": ""}).status_code == 403
