"""A person's own settings."""

import pytest

from app.domain.people import accounts
from tests.web.office import PASSWORD, Office, Seen

KEPT = {"locale": "de", "time_zone": "Asia/Tokyo", "single_keys": "1"}


def test_language_zone_and_keys_are_kept(office: Office) -> None:
    anna = office.browser("Anna Novak")
    assert anna.post("/account", KEPT | {"single_keys": ""}).status_code == 303
    page = anna.see("/account")
    assert page.tree.get("lang") == "de"
    assert page.all("//input[@name='time_zone']")[0].value == "Asia/Tokyo"
    assert not page.all("//body[@data-single-keys]")
    anna.post("/account", KEPT)
    assert anna.see("/work").all("//body[@data-single-keys]")


def test_an_unknown_zone_or_language_changes_nothing(office: Office) -> None:
    anna = office.browser("Anna Novak")
    answer = anna.post("/account", KEPT | {"time_zone": "Moon/Base"})
    assert answer.status_code == 422
    assert "Choose one of the time zones" in Seen(answer).text
    anna.post("/account", KEPT | {"locale": "xx"})
    assert anna.see("/account").tree.get("lang") == "en"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [("wrong", "another good pass phrase", "not your password"), (PASSWORD, "short", "at least")],
)
def test_a_password_is_changed_only_by_its_owner_and_by_the_rules(
    office: Office, old: str, new: str, told: str
) -> None:
    with office.parts.database.transaction() as session:
        accounts.set_password(session, office.people["Anna Novak"], PASSWORD)
    answer = office.browser("Anna Novak").post("/account/password", {"old": old, "new": new})
    assert answer.status_code == 422
    assert told in Seen(answer).text


def test_a_new_password_ends_all_other_sessions(office: Office) -> None:
    with office.parts.database.transaction() as session:
        accounts.set_password(session, office.people["Anna Novak"], PASSWORD)
    here, elsewhere = office.browser("Anna Novak"), office.browser("Anna Novak")
    here.post("/account/password", {"old": PASSWORD, "new": "another good pass phrase"})
    assert here.get("/work").status_code == 200
    assert elsewhere.get("/work").status_code == 303


def test_signing_out_everywhere_ends_all_sessions(office: Office) -> None:
    here, elsewhere = office.browser("Anna Novak"), office.browser("Anna Novak")
    assert len(here.see("/account").all("//ul[@id='sessions']/li")) == 2
    assert here.post("/account/sign-out-everywhere").headers["location"] == "/sign-in"
    assert here.get("/work").status_code == 303
    assert elsewhere.get("/work").status_code == 303
    assert office.browser("Ben Osei").get("/work").status_code == 200
