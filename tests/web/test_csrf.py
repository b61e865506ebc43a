"""Forms count only when they come from a page of the same session."""

import pytest

from app.domain.people import sessions
from app.domain.people.secrets import csrf_token
from tests.web.office import Office, Seen

UNSAFE = ["/sign-out", "/account", "/start/incident", "/work/tasks/1", "/work/tasks/1/claim", "/cases/C-1/cancel"]


@pytest.mark.parametrize("path", UNSAFE)
def test_a_form_without_its_token_is_refused(office: Office, path: str) -> None:
    answer = office.browser("Anna Novak").post(path, {"_csrf": ""})
    assert answer.status_code == 403
    assert "earlier sign-in" in answer.text


def test_a_replayed_token_of_an_older_session_is_refused(office: Office) -> None:
    old = office.browser("Anna Novak")
    token = old.see("/account").all("//input[@name='_csrf']")[0].value
    old.post("/sign-out")
    new = office.browser("Anna Novak")
    answer = new.post("/account", {"_csrf": token, "locale": "de", "time_zone": "Europe/Berlin"})
    assert answer.status_code == 403
    assert new.see("/account").all("//html[@lang='en']")


def test_the_token_of_another_person_is_refused(office: Office) -> None:
    token = csrf_token(office.session_secret("Ben Osei"))
    assert office.browser("Anna Novak").post("/sign-out", {"_csrf": token}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://elsewhere.example"}],
)
def test_a_request_from_another_site_is_refused_even_with_the_token(office: Office, headers: dict[str, str]) -> None:
    answer = office.browser("Anna Novak").post("/sign-out", headers=headers)
    assert answer.status_code == 403
    assert "another site" in answer.text


def test_a_request_of_our_own_page_passes(office: Office) -> None:
    own = {"sec-fetch-site": "same-origin", "origin": "http://testserver"}
    assert office.browser("Anna Novak").post("/sign-out", headers=own).status_code == 303


def test_a_form_of_a_session_that_has_ended_leads_to_signing_in(office: Office) -> None:
    browser = office.browser("Anna Novak")
    with office.parts.database.transaction() as session:
        sessions.sign_out_everywhere(session, office.people["Anna Novak"])
    assert browser.post("/account").headers["location"].startswith("/sign-in")


def test_what_was_typed_in_a_session_that_has_ended_can_be_copied(office: Office) -> None:
    browser = office.browser("Chiara Ricci")
    with office.parts.database.transaction() as session:
        sessions.sign_out_everywhere(session, office.people["Chiara Ricci"])
    answer = browser.post("/start/incident", {"title": "Mail is slow", "description": "A long <story>"})
    assert answer.status_code == 401
    page = Seen(answer)
    assert [area.text for area in page.all("//textarea[@readonly]")] == ["Mail is slow", "A long <story>"]
    assert "nothing was stored" in page.text


def test_what_was_typed_on_a_page_of_an_earlier_session_can_be_copied(office: Office) -> None:
    answer = office.browser("Chiara Ricci").post("/start/incident", {"title": "Mail is slow", "_csrf": "0" * 64})
    assert answer.status_code == 403
    assert [area.text for area in Seen(answer).all("//textarea[@readonly]")] == ["Mail is slow"]


def test_passwords_are_never_shown_again(office: Office) -> None:
    secrets = {"old": "correct horse battery", "new": "staple and another"}
    answer = office.browser("Anna Novak").post("/account/password", {**secrets, "_csrf": "0" * 64})
    assert answer.status_code == 403
    assert "horse" not in answer.text and "staple" not in answer.text
