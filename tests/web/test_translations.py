"""German is complete, and what is shown is said in the language of whoever reads."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from app import clock
from app.domain.people.records import Person
from app.web import extract, i18n
from tests.web.office import Office

SHIPPED = [code for code in i18n.languages() if code != i18n.SOURCE]
HOLES = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


def holes(text: str) -> set[str]:
    return {first or second for first, second in HOLES.findall(text)}


def test_german_is_shipped() -> None:
    assert i18n.languages() == {"en": "English", "de": "Deutsch"}


@pytest.mark.parametrize("language", SHIPPED)
def test_every_text_is_translated(language: str) -> None:
    assert extract.missing(language) == []


@pytest.mark.parametrize("language", SHIPPED)
def test_translations_have_the_same_holes(language: str) -> None:
    spoken = i18n.translations(language)
    for key in extract.messages():
        one, many = (key, key) if isinstance(key, str) else key
        for count in (1, 2):
            said = spoken.gettext(one) if isinstance(key, str) else spoken.ngettext(one, many, count)
            assert holes(said) <= holes(one) | holes(many), said
            assert holes(said) >= holes(one), said


def test_extraction_sees_templates_python_and_names() -> None:
    found = extract.messages()
    assert "app/web/templates/work/head.html" in found["Assigned to me"]
    assert "app/engine/commands.py" in found["Somebody else has taken this task."]
    assert "Incidents" in found
    assert ("%(n)d day late", "%(n)d days late") in found


def test_a_person_reads_their_own_language(office: Office) -> None:
    task = office.task(office.report())
    with office.parts.database.transaction() as session:
        session.execute(update(Person).where(Person.name == "Anna Novak").values(locale="de"))
    anna = office.browser("Anna Novak")
    for path, words in (
        ("/work?tab=teams", "Meine Arbeit"),
        (f"/work/tasks/{task.id}", "Aufgabe abschließen"),
        ("/cases", "Bedingung hinzufügen"),
        ("/records/incident", "Störungen"),
        ("/account", "Zeitzone"),
        ("/start", "Prozess starten"),
    ):
        page = anna.see(path)
        assert words in page.text
        assert page.tree.get("lang") == "de"
    assert "Hier ist nichts" in anna.get("/cases/C-0").text


def test_times_are_those_of_the_persons_zone(office: Office) -> None:
    number = office.report()
    started = office.case(number).started_at
    with office.parts.database.transaction() as session:
        session.execute(update(Person).where(Person.name == "Anna Novak").values(time_zone="Asia/Kathmandu"))
    shown = (started + timedelta(hours=5, minutes=45)).strftime("%H:%M")
    assert f"{shown}" in office.browser("Anna Novak").see(f"/cases/{number}").text
    assert started.tzinfo is not None and clock.now() >= started
