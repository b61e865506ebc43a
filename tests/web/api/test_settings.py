"""Settings over the API: read with where they come from, changed all or none, journalled, never a secret."""

from base64 import b64encode
from functools import partial
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select

from app.domain.journal.records import JournalEntry, JournalPayload
from app.settings import Settings
from app.web import configured
from tests.at_once import at_once
from tests.domain.configuration.pictures import png
from tests.stage import Stage
from tests.web.api.conftest import problem

MAREK, PLACE = "Marek Dvorak", "/api/v1/settings"


def by_key(told: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["key"]: one for one in told["items"]}


def test_settings_are_read_changed_and_led_back_and_the_journal_knows_by_whom(stage: Stage) -> None:
    marek = stage.api(MAREK)
    before = marek.get(PLACE).json()
    assert by_key(before)["product"] | {"title": ""} == {
        "key": "product", "title": "", "value": "Stellwerk", "kept": True, "origin": "default", "changeable": True
    }  # fmt: skip
    assert not by_key(before)["demo"]["changeable"]
    logo = b64encode(png()).decode()
    values = {"product": "Werk", "mail_host": "mail.example", "mail_password": "s3cret-word ", "logo": logo}
    answer = marek.patch(PLACE, json={"version": before["version"], "values": values})
    after = by_key(answer.json())
    assert (after["product"]["value"], after["product"]["origin"]) == ("Werk", "page")
    assert (after["mail_password"]["value"], after["mail_password"]["kept"]) == (None, True)
    assert "s3cret-word" not in answer.text + marek.get(PLACE).text
    assert stage.parts.configuration.mail_url == "smtp+starttls://mail.example" and after["logo"]["value"]
    [line] = [one for one in stage.rows(JournalEntry) if one.event == "settings.changed"]
    assert line.actor_id == stage.people[MAREK] and line.data["keys"] == sorted(values)
    with stage.parts.database.transaction() as session:
        assert not any("s3cret" in str(told) for told in session.scalars(select(JournalPayload.content)))
    version = answer.json()["version"]
    back = marek.patch(PLACE, json={"version": version, "values": {"product": None, "logo": ""}}).json()
    assert by_key(back)["product"]["origin"] == "default" and not by_key(back)["logo"]["kept"]
    assert by_key(back)["mail_host"]["value"] == "mail.example", "what is not named stays"


def test_what_will_not_do_is_refused_as_a_whole(stage: Stage) -> None:
    marek = stage.api(MAREK)
    for wrong in (
        {"base_url": "no"}, {"default_locale": "xx"}, {"default_calendar": "none"}, {"mail_port": "²"},
        {"logo": "=no base64="}, {"logo": "ü"}, {"logo": b64encode(b"GIF89a").decode()}, {"accent": "#ffffff"},
        {"demo": "1"}, {"secret_key": "x"}, {"organisation": "x" * 201}, {"navigation": "red; }"},
    ):  # fmt: skip
        told = problem(marek.patch(PLACE, json={"version": 0, "values": {"product": "Werk", **wrong}}), 422)
        assert list(told["fields"]) == list(wrong), wrong
    for hostile in ({"values": {}}, {"version": -1, "values": {}}, {"version": 0, "values": {"product": 1}}):
        problem(marek.patch(PLACE, json=hostile), 422)
    problem(marek.patch(PLACE, json={"version": 2**64, "values": {}}), 422)
    assert marek.get(PLACE).json()["version"] == 0


def test_of_two_at_once_one_is_told_that_it_was_too_late(stage: Stage) -> None:
    bodies = [{"version": 0, "values": {"product": name}} for name in ("One", "Two", "Three")]
    answers = at_once(*[partial(stage.api(MAREK).patch, PLACE, json=body) for body in bodies])
    assert sorted(one.status_code for one in answers) == [200, 409, 409]
    problem(stage.api(MAREK).patch(PLACE, json=bodies[0]), 409)


def test_no_variable_that_holds_a_password_is_shown() -> None:
    secret = {
        name: SecretStr("geheim-1") for name, field in Settings.model_fields.items() if field.annotation is SecretStr
    }
    urls = {"mail_url": "smtps://me:geheim-1@mail.example", "database_url": "postgresql://me:geheim-1@db.example/x"}
    shown = {one.name: one for one in configured.outside(Settings(**secret, **urls, organisation="Nordhafen"))}  # type: ignore[arg-type]
    assert len(secret) >= 3 and "geheim" not in str(shown)
    assert shown["STELLWERK_LDAP_BIND_PASSWORD"].value == configured.HIDDEN
    assert shown["STELLWERK_ORGANISATION"] == ("STELLWERK_ORGANISATION", "Nordhafen", "environment")
