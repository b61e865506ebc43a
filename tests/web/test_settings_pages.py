"""Settings, mail, appearance, calendars, licences and about, as an administrator uses them."""

import re
from email import message_from_bytes

import pytest
from sqlalchemy import select

from app.domain.calendars.records import Calendar
from app.domain.people.records import Person
from app.schedule.records import Node
from tests.domain.configuration.pictures import png
from tests.integrations.post_office import Letterbox, post_office
from tests.web.house import ADMIN, REQUESTER
from tests.web.office import Browser, Office, Seen

SETTINGS, MAIL, LOOK = (f"/administration/{name}" for name in ("settings", "mail", "appearance"))
HOURS = {"name": "Night", "key": "night", "time_zone": "Europe/Berlin", "fri": "22:00-24:00", "sat": "00:00-06:00"}


@pytest.fixture
def admin(house: Office) -> Browser:
    """An administrator's browser; he has an address to send mails to."""
    with house.parts.database.transaction() as session:
        session.get_one(Person, house.people[ADMIN]).email = "marek@example.org"
    return house.browser(ADMIN)


def test_a_new_name_stands_on_every_page_at_once_and_says_where_it_comes_from(house: Office, admin: Browser) -> None:
    seen = admin.see(SETTINGS)
    version = seen.all("//input[@name='version']/@value")[0]
    assert admin.post(SETTINGS, {"organisation": "Nordwind <b>", "version": version}).status_code == 303
    assert "Nordwind <b>" in house.visitor().see("/sign-in").text
    row = next(text for text in admin.see(SETTINGS).texts("//tr") if text.startswith("Name of the organisation"))
    assert row.endswith("Nordwind <b>set on a page")


def test_secrets_are_never_shown(admin: Browser) -> None:
    text = admin.see(SETTINGS).answer.text
    assert "STELLWERK_SECRET_KEY" in text
    assert admin.app.state.parts.settings.secret.decode() not in text  # type: ignore[attr-defined]
    admin.post(MAIL, {"mail_host": "mail.example", "mail_password": "s3cret-word", "version": "0"})
    for path in (SETTINGS, MAIL):
        assert "s3cret-word" not in admin.get(path).text
    assert "One is kept, encrypted" in admin.see(MAIL).text


def test_what_will_not_do_is_said_beside_its_field_and_what_was_typed_stays(admin: Browser) -> None:
    answer = admin.post(
        SETTINGS, {"default_locale": "xx", "default_calendar": "none", "base_url": "no", "version": "0"}
    )
    assert answer.status_code == 422
    for field in ("default_locale", "base_url"):
        assert f'id="{field}-error"' in answer.text
    assert 'value="no"' in answer.text


def test_a_stale_page_stores_nothing(admin: Browser) -> None:
    admin.post(SETTINGS, {"organisation": "First", "version": "0"})
    answer = admin.post(SETTINGS, {"organisation": "Second", "version": "0"})
    assert answer.status_code == 409
    assert "Somebody else changed the settings" in answer.text
    assert admin.post(SETTINGS, {"organisation": "Third", "version": "x"}).status_code == 409
    assert "First" in admin.see(SETTINGS).all("//input[@name='organisation']/@value")


def test_the_test_mail_shows_what_the_server_really_says(admin: Browser) -> None:
    with post_office() as (port, box):
        values = {"mail_host": "127.0.0.1", "mail_port": str(port), "mail_security": "offered", "version": "0"}
        assert admin.post(MAIL, values).status_code == 303
        told = admin.post(f"{MAIL}/test")
        assert "250 Taken" in told.text and [mail["To"] for mail in box.mails] == ["marek@example.org"]
    assert "does not answer" in admin.post(f"{MAIL}/test").text
    with post_office(Letterbox(refuses={"marek@example.org": "550 No such user <here>"})) as (port, _box):
        admin.post(MAIL, {**values, "mail_port": str(port), "version": "1"})
        assert "550 No such user &lt;here&gt;" in admin.post(f"{MAIL}/test").text


def test_without_a_server_the_mail_lies_in_a_file_and_without_an_address_there_is_none(
    house: Office, admin: Browser
) -> None:
    assert "was written to a file" in admin.post(f"{MAIL}/test").text
    [file] = (house.parts.settings.var / "mail").glob("*.eml")
    assert message_from_bytes(file.read_bytes())["To"] == "marek@example.org"
    with house.parts.database.transaction() as session:
        session.get_one(Person, house.people[ADMIN]).email = None
    assert "You have no e-mail address" in admin.post(f"{MAIL}/test").text


def test_a_password_stays_until_it_is_taken_away(admin: Browser) -> None:
    values = {"mail_host": "mail.example", "mail_user": "me"}
    admin.post(MAIL, {**values, "mail_password": " a:b ", "version": "0"})
    admin.post(MAIL, {**values, "mail_port": "25", "mail_password": "", "version": "1"})
    configuration = admin.app.state.parts.configuration  # type: ignore[attr-defined]
    assert configuration.mail_url == "smtp+starttls://me:%20a%3Ab%20@mail.example:25"
    admin.post(MAIL, {**values, "mail_port": "25", "without_password": "1", "version": "2"})
    assert configuration.mail_url == "smtp+starttls://me@mail.example:25"


def test_colours_and_logo_come_from_an_address_that_changes_with_them(house: Office, admin: Browser) -> None:
    assert "/appearance/" not in admin.see("/work").answer.text
    values = {"product": "Nordwind", "accent": "#7A1FA2", "navigation": "#2a1033", "version": "0"}
    files = {"logo": ("logo.png", png(), "image/png")}
    assert admin.post(LOOK, values, files=files).status_code == 303
    seen = admin.see("/work")
    [sheet] = [href for href in seen.all("//link[@rel='stylesheet']/@href") if href.startswith("/appearance/")]
    style = house.visitor().get(sheet)
    assert "--action: #7a1fa2;" in style.text and "--nav: #2a1033;" in style.text
    assert style.headers["content-type"].startswith("text/css") and "immutable" in style.headers["cache-control"]
    assert "immutable" not in house.visitor().get("/appearance/old/colours.css").headers["cache-control"]
    [logo] = seen.all("//a[@class='logo']/img/@src")
    picture = house.visitor().get(logo)
    assert (picture.content, picture.headers["content-type"]) == (png(), "image/png")
    assert seen.texts("//a[@class='logo']") == ["Nordwind"]
    assert admin.post(LOOK, {**values, "accent": "", "without_logo": "1", "version": "1"}).status_code == 303
    assert sheet not in admin.see("/work").answer.text


def test_unreadable_colours_and_other_files_than_pictures_are_refused(admin: Browser) -> None:
    values = {"accent": "#ffff00", "navigation": "#eeeeee", "version": "0"}
    files = {"logo": ("logo.svg", b"<svg onload='alert(1)'/>", "image/png")}
    answer = admin.post(LOOK, values, files=files)
    assert answer.status_code == 422
    for field in ("accent", "navigation", "logo"):
        assert f'id="{field}-error"' in answer.text
    assert admin.post(LOOK, {**values, "accent": "#000}*{x:y"}).status_code == 422


def test_a_calendar_is_looked_at_before_it_is_kept(house: Office, admin: Browser) -> None:
    path = "/administration/calendars"
    seen = admin.post(f"{path}/new", {**HOURS, "exceptions": "2026-02-07 a party", "month": "2026-02", "do": "preview"})
    assert seen.status_code == 200 and "22:00–24:00" in seen.text and "February 2026" in seen.text
    assert len(re.findall("00:00–06:00", seen.text)) == 3
    with house.parts.database.transaction() as session:
        assert session.scalar(select(Calendar.id).where(Calendar.key == "night")) is None
    assert admin.post(f"{path}/new", HOURS).status_code == 303
    assert "22:00-24:00" in admin.see(path).text
    assert admin.post(f"{path}/night", {**HOURS, "name": "Nights", "version": "1"}).status_code == 303
    assert admin.post(f"{path}/night", {**HOURS, "name": "Days", "version": "1"}).status_code == 409
    assert admin.post(f"{path}/new", HOURS).status_code == 422
    assert admin.see(f"{path}/night").all("//input[@name='name']/@value") == ["Nights"]


def test_months_are_turned_over_without_losing_what_is_typed(admin: Browser) -> None:
    path = "/administration/calendars/new"
    typed = {
        **HOURS, "name": "Nights & <days>", "region": "DE-BY", "month": "2026-12",
        "exceptions": "2027-01-04 – 2027-01-05 <Move>\n2027-01-06 10:00-12:00 Stocktaking",
    }  # fmt: skip
    seen = Seen(admin.post(path, {**typed, "do": "next"}))
    assert seen.all("//input[@name='month']/@value") == ["2027-01"] and "January 2027" in seen.text
    assert seen.all("//input[@name='name']/@value") == [typed["name"]]
    assert seen.all("//textarea[@name='exceptions']/text()") == [typed["exceptions"]]
    cells = [" ".join(" ".join(cell.itertext()).split()) for cell in seen.all("//td")]
    days = {cell.split()[0]: cell for cell in cells if cell}
    assert days["1"] == "1 New Year's Day –" and days["4"] == "4 closed <Move> –"
    assert days["6"] == "6 Epiphany special hours Stocktaking 10:00–12:00" and days["8"] == "8 22:00–24:00"
    assert "November 2026" in admin.post(path, {**typed, "do": "previous"}).text
    refused = admin.post(path, {**typed, "exceptions": "soon", "region": "XX", "do": "next"})
    assert refused.status_code == 422 and "A month can be shown once" in refused.text


def test_teams_and_people_work_by_a_calendar_that_then_stays(house: Office, admin: Browser) -> None:
    path, me = "/administration/calendars", house.people[ADMIN]
    admin.post(f"{path}/new", HOURS)
    team = {"name": "Nights", "key": "nights", "calendar": "night"}
    assert admin.post("/administration/teams/new", team | {"calendar": "none"}).status_code == 422
    at = admin.post("/administration/teams/new", team).headers["location"].split("?")[0]
    person = admin.see(f"/administration/people/{me}")
    typed = {str(one.get("name")): one.value for one in person.all("//form[.//*[@id='login']]//*[@name]")}
    values = {name: value for name, value in typed.items() if value and name != "_csrf"}
    assert admin.post(f"/administration/people/{me}", values | {"calendar": "night"}).status_code == 303
    for place in (at, f"/administration/people/{me}"):
        assert admin.see(place).all("//select[@name='calendar']/option[@selected]/@value") == ["night"]
    assert "Calendar: Night" in admin.see("/account").text
    assert f"Used by: Nights, {ADMIN}" in admin.see(f"{path}/night").text
    refused = admin.post(f"{path}/night/remove", {**HOURS, "version": "1"})
    assert refused.status_code == 409 and f"used by Nights, {ADMIN}" in refused.text
    values = {**values, "calendar": "", "version": str(int(values["version"]) + 1)}
    assert admin.post(f"/administration/people/{me}", values).status_code == 303
    assert admin.post(at, {**team, "calendar": "", "version": "1"}).status_code == 303
    assert admin.post(f"{path}/night/remove", {**HOURS, "version": "2"}).status_code == 409
    assert admin.post(f"{path}/night/remove", {**HOURS, "version": "1"}).status_code == 303
    assert admin.get(f"{path}/night").status_code == 404


@pytest.mark.parametrize("month", ["2026-13", "x", "0001-01", "9999-12", "2026-02-02"])
def test_an_odd_month_is_this_month(admin: Browser, month: str) -> None:
    admin.post("/administration/calendars/new", HOURS)
    assert admin.get(f"/administration/calendars/night?month={month}").status_code == 200


def test_a_calendar_may_count_where_none_is_named(house: Office, admin: Browser) -> None:
    admin.post("/administration/calendars/new", HOURS)
    assert admin.post(SETTINGS, {"default_calendar": "night", "version": "0"}).status_code == 303
    assert "counts where none is named" in admin.see("/administration/calendars").text
    assert house.parts.configuration.default_calendar == "night"


def test_licences_name_every_package_and_whose_standard_it_is(admin: Browser) -> None:
    text = admin.see("/administration/licences").text
    for word in ("CC BY 4.0", "ITEMO e.V.", "SpiffWorkflow", "LGPL", "bpmn-js"):
        assert word in text


def test_about_says_what_runs(house: Office, admin: Browser) -> None:
    assert "No worker runs" in admin.see("/administration/about").text
    with house.parts.database.transaction() as session:
        now = session.scalars(select(Person.created_at)).first()
        session.add(Node(name="host-1", started_at=now, ticked_at=now, fired=0))
    text = admin.see("/administration/about").text
    assert "host-1" in text and "PostgreSQL" in text


def test_in_german_nothing_is_left_in_english(house: Office, admin: Browser) -> None:
    with house.parts.database.transaction() as session:
        session.get_one(Person, house.people[ADMIN]).locale = "de"
    for path, word in ((SETTINGS, "Einstellungen"), (MAIL, "Mailserver"), ("/administration/calendars/new", "Montag")):
        assert word in admin.see(path).text


def test_others_may_change_nothing(house: Office) -> None:
    assert house.browser(REQUESTER).post(SETTINGS, {"organisation": "Mine", "version": "0"}).status_code == 403
