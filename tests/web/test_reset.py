"""A new password by mail, through a real mail server."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from app.bootstrap import build
from app.domain.notifications.records import Notification
from app.domain.people import accounts, sign_in
from app.domain.people.sign_in import Lockout
from app.jobs.runner import carry_out_due
from app.main import create_app
from app.settings import Settings
from tests.integrations.post_office import Letterbox, post_office
from tests.web.office import PASSWORD, Browser, Office, Seen

NEW = "another good pass phrase"
LINK = re.compile(r"http://testserver(/sign-in/reset\?token=[\w-]+)")


@pytest.fixture
def letterbox() -> Letterbox:
    """Where the mails arrive."""
    return Letterbox()


@pytest.fixture
def desk(office: Office, letterbox: Letterbox, tmp_path: Path) -> Iterator[Office]:
    """The office with a mail server; Anna has a password."""
    with post_office(letterbox) as (port, _box):
        yield from _desk(office, tmp_path, f"smtp://127.0.0.1:{port}")


def _desk(office: Office, tmp_path: Path, mail_url: str) -> Iterator[Office]:
    settings = Settings(var=tmp_path, secret_key="a test's own", base_url="http://testserver", mail_url=mail_url)  # type: ignore[arg-type]
    parts = build(settings, office.parts.database.engine.url.render_as_string(hide_password=False))
    with parts.database.transaction() as session:
        accounts.set_password(session, office.people["Anna Novak"], PASSWORD)
    yield Office(parts, create_app(parts), office.people)
    parts.database.close()


def ask(desk: Office, who: str) -> str:
    """Ask for a new password and let the worker do its part; returns what the page says."""
    visitor = desk.visitor()
    token = visitor.see("/sign-in/forgotten").all("//input[@name='_csrf']")[0].value
    answer = visitor.post("/sign-in/forgotten", {"who": who, "_csrf": token})
    assert answer.status_code == 200
    carry_out_due(desk.parts.queue, desk.parts.database)
    return Seen(answer).text


def choose(desk: Office, link: str, new: str) -> tuple[int, str]:
    """Follow a link and type a new password; returns status and what the page says."""
    visitor = desk.visitor()
    form = dict(visitor.see(link).tree.forms[0].form_values())
    answer = visitor.post("/sign-in/reset", form | {"new": new})
    return answer.status_code, Seen(answer).text


def link_in(letterbox: Letterbox) -> str:
    """Where the newest mail's link leads."""
    found = LINK.search(letterbox.mails[-1].get_content())
    assert found
    return found[1]


@pytest.mark.parametrize("who", ["anna.novak", "Anna.Novak@example.org", "  ANNA.NOVAK "])
def test_a_link_lets_its_owner_choose_a_new_password(desk: Office, letterbox: Letterbox, who: str) -> None:
    elsewhere = desk.browser("Anna Novak")
    ask(desk, who)
    [mail] = letterbox.mails
    assert mail["To"] == "anna.novak@example.org"
    status, said = choose(desk, link_in(letterbox), NEW)
    assert status == 200 and "Your password was changed" in said
    assert elsewhere.get("/work").status_code == 303
    with desk.parts.database.transaction() as session:
        assert sign_in.sign_in(session, "anna.novak", PASSWORD, hours=1, lockout=Lockout()) is None
        assert sign_in.sign_in(session, "anna.novak", NEW, hours=1, lockout=Lockout()) is not None


def test_the_page_says_the_same_whoever_was_asked_for(desk: Office, letterbox: Letterbox) -> None:
    said = {ask(desk, who) for who in ("anna.novak", "nobody.here", "ben.osei", "", "x" * 5000, "anna'; --")}
    assert len(said) == 1
    # Ben signs in elsewhere: a password of ours would let him in past that.
    assert [mail["To"] for mail in letterbox.mails] == ["anna.novak@example.org"]


def test_a_link_works_once_and_only_the_newest_change_counts(desk: Office, letterbox: Letterbox) -> None:
    ask(desk, "anna.novak")
    first = link_in(letterbox)
    ask(desk, "anna.novak")
    second = link_in(letterbox)
    assert first != second
    # Looking does not use it up, and a password against the rules does not either.
    desk.visitor().see(first)
    assert choose(desk, first, "short")[0] == 422
    assert choose(desk, first, NEW)[0] == 200
    for link in (first, second):
        assert desk.visitor().get(link).status_code == 404


def test_the_database_does_not_hold_what_opens_the_account(desk: Office, letterbox: Letterbox) -> None:
    ask(desk, "anna.novak")
    token = link_in(letterbox).partition("=")[2]
    with desk.parts.database.transaction() as session:
        [kept] = session.scalars(select(Notification)).all()
        assert token not in kept.body and "/sign-in/reset?token=<" in kept.body


def test_one_person_is_mailed_three_times_an_hour_at_most(desk: Office, letterbox: Letterbox) -> None:
    for _ in range(5):
        ask(desk, "anna.novak")
    assert len(letterbox.mails) == 3


def test_one_address_asks_twenty_times_an_hour_at_most(desk: Office) -> None:
    visitor = desk.visitor()
    token = visitor.see("/sign-in/forgotten").all("//input[@name='_csrf']")[0].value
    answers = [visitor.post("/sign-in/forgotten", {"who": f"n{turn}", "_csrf": token}) for turn in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize("token", ["", "made-up", "x" * 10_000, "%00", "'; --"])
def test_a_made_up_link_leads_nowhere(desk: Office, token: str) -> None:
    answer = Browser(desk.app, "").get(f"/sign-in/reset?token={token}")
    assert answer.status_code in (400, 404)


def test_a_germans_mail_is_german(desk: Office, letterbox: Letterbox) -> None:
    desk.browser("Anna Novak").post("/account", {"locale": "de", "time_zone": "Europe/Berlin"})
    ask(desk, "anna.novak")
    assert "Der Link gilt einmal, bis" in letterbox.mails[-1].get_content()
