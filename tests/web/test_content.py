"""Shipped processes and forms speak German to those who read German; an organisation's own words stay as written."""

import ast
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from lxml import etree
from sqlalchemy import select, update

from app.domain.notifications import outbox
from app.domain.notifications.audience import Recipient
from app.domain.notifications.templates import Letter
from app.domain.people.records import Person
from app.errors import Message
from app.forms import load_form
from app.processes.definition import read_diagram
from app.processes.sources import read_sources
from app.web import extract, i18n
from app.web.content import diagram_here, diagram_said, form_here
from app.web.drawings import drawing_here
from tests.web.office import Office

APP = Path(extract.__file__).parents[1]
GERMAN = i18n.place("de", "Europe/Berlin")
ENGLISH = i18n.place("en", "Europe/Berlin")
# Errors whose message a page shows; what an operator reads at the command line is English.
SHOWN = frozenset({"Conflict", "Forbidden", "NotFound", "BusinessError", "Invalid"})


def catalogue(name: str) -> dict[str, object]:
    with (extract.LOCALES / "de" / "LC_MESSAGES" / f"{name}.po").open("rb") as file:
        read = read_po(file, locale="de")
    assert not [entry.id for entry in read if entry.fuzzy and entry.id]
    assert not read.obsolete
    return {entry.id if isinstance(entry.id, str) else entry.id[0]: entry.string for entry in read if entry.id}


@pytest.mark.parametrize("name", sorted(extract.CATALOGUES))
def test_german_says_everything_and_nothing_else(name: str) -> None:
    wanted = {key if isinstance(key, str) else key[0] for key in extract.CATALOGUES[name]()}
    assert extract.missing("de", name) == []
    assert set(catalogue(name)) == wanted


def test_guidance_keeps_its_emphasis_and_paragraphs() -> None:
    for text, said in catalogue(i18n.CONTENT).items():
        assert isinstance(said, str)
        for mark in ("**", "\n", "\n* "):
            assert said.count(mark) == text.count(mark), said


def test_all_errors_that_pages_show_can_be_said_in_another_language() -> None:
    """A sentence put together with an f-string could not be looked up; `Message` keeps template and values apart."""
    found = [
        f"{path.relative_to(APP.parent)}:{call.lineno}"
        for path in APP.rglob("*.py")
        if "cli" not in path.parts
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in SHOWN
        for part in _outside_of_messages(call)
        if isinstance(part, ast.JoinedStr)
    ]
    assert found == []


def _outside_of_messages(call: ast.AST) -> list[ast.AST]:
    inner = [
        child for child in ast.iter_child_nodes(call) if getattr(getattr(child, "func", None), "id", "") != "Message"
    ]
    return [*inner, *(part for child in inner for part in _outside_of_messages(child))]


def test_a_message_is_said_with_its_values() -> None:
    message = Message("Use at most {limit} characters; this has {length}.", limit=4000, length=4321)
    assert str(message) == "Use at most 4,000 characters; this has 4,321."
    with i18n.at(GERMAN):
        assert i18n.tell(message) == "Schreiben Sie höchstens 4.000 Zeichen; dies sind 4.321."
        move = Message("{number} is “{status}” and cannot become “{to}”.", number="INC-2026-0001",
                       status=Message("Resolved"), to=Message("Waiting for the user"))  # fmt: skip
        assert i18n.tell(move) == "INC-2026-0001 ist „Gelöst“ und kann nicht „Wartet auf die meldende Person“ werden."
        assert i18n.tell(Message("Only {braces} of an owner's own")) == "Only {braces} of an owner's own"
        assert i18n.tell("Somebody else has taken this task.") == "Jemand anderes hat diese Aufgabe übernommen."


def test_a_form_is_said_in_german_and_asks_the_same() -> None:
    source = next(one for one in read_sources(APP.parent) if one.key == "incidents/classify")
    form = load_form(source.content, source.key)
    with i18n.at(ENGLISH):
        assert form_here(form) is form
    with i18n.at(GERMAN):
        german = form_here(form)
        assert form_here(form) is german
    assert german.title == "Einordnen und priorisieren"
    assert german.section.inputs["impact"].label == "Auswirkung: Wer ist betroffen?"
    assert [one.label for one in german.section.inputs["urgency"].options][0] == "Die Arbeit steht still"
    assert german.keys == form.keys
    assert german.json_schema({}).keys() == form.json_schema({}).keys()


def test_an_organisations_own_words_stay_as_written() -> None:
    form = load_form('{"type": "default", "title": "Leave", "components": [{"type": "textfield", "key": "a", '
                     '"label": "How long, {name}?", "validate": {"required": true}}]}')  # fmt: skip
    with i18n.at(GERMAN):
        assert form_here(form).title == "Leave"
        assert form_here(form).section.inputs["a"].label == "How long, {name}?"
        assert i18n.label("Put the kettle on") == "Put the kettle on"


def test_a_diagram_is_said_without_changing_what_it_does() -> None:
    source = next(one for one in read_sources(APP.parent) if one.key == "classify_incident" and one.kind == "diagram")
    diagram = read_diagram(source.content, source.file)
    with i18n.at(GERMAN):
        german = diagram_here(diagram)
    assert german.name == "Störung einordnen und priorisieren"
    assert german.elements["classify"].name == "Einordnen und priorisieren"
    assert "Auswirkung" in german.elements["classify"].properties["guidance"]
    assert german.flows["maybe_major__go_on"].name == "nein"
    assert german.lanes["lane_manager"].name == "Prozessleitung"
    back = {said: text for text, said in catalogue(i18n.CONTENT).items()}
    once_more = diagram_said(german, lambda text: str(back[text]))
    assert {key: element.properties for key, element in once_more.elements.items()} == {
        key: element.properties for key, element in diagram.elements.items()
    }
    assert (once_more.name, once_more.lanes) == (diagram.name, diagram.lanes)


def test_a_german_reads_tasks_forms_guidance_and_outline_in_german(office: Office) -> None:
    number = office.report("Kein Zugriff auf S:")
    task = office.task(number)
    with office.parts.database.transaction() as session:
        session.execute(update(Person).where(Person.name.in_(["Anna Novak", "Chiara Ricci"])).values(locale="de"))
    anna = office.browser("Anna Novak")
    for path in ("/work?tab=teams", "/work?tab=teams&q=erfassen", "/search?q=Erfassen"):
        assert "Störung erfassen" in anna.see(path).text
    assert "Störung erfassen" not in anna.see("/work?tab=teams&q=Genehmigen").text
    page = anna.see(f"/work/tasks/{task.id}")
    for words in (
        "Wer das Problem hat",
        "Stellen Sie sicher, dass ein Rückruf möglich ist.",
        "Persönlich",
        "Störung erfassen ← jetzt",
    ):
        assert words in page.text
    for words in ("Register the incident", "Make sure that", "How did it reach us", "Look for similar"):
        assert words not in page.text
    assert "Störung erfassen" in anna.see("/search?q=Zugriff").text
    assert "Störung melden" in office.browser("Chiara Ricci").see("/start/incident").text
    refused = anna.post(f"/work/tasks/{task.id}", {"_form": "complete", "title": "ab"})
    assert refused.status_code == 422
    assert "Schreiben Sie mindestens 5 Zeichen; dies sind 2." in refused.text


def test_the_picture_is_labelled_in_german_and_stays_the_same_drawing() -> None:
    source = next(one for one in read_sources(APP.parent) if one.key == "classify_incident" and one.kind == "diagram")
    with i18n.at(ENGLISH):
        assert drawing_here(source.content) is source.content
    with i18n.at(GERMAN):
        german = drawing_here(source.content)
    assert 'name="Priorität ermitteln"' in german.decode()
    english, drawn = read_diagram(source.content, source.file), read_diagram(german, source.file)
    assert set(drawn.shapes) == set(english.shapes)
    assert drawn.elements["classify"].properties == english.elements["classify"].properties
    assert drawn.lanes["lane_manager"].name == "Prozessleitung"
    assert drawn.outputs == english.outputs


def test_labels_beside_shapes_get_room_for_longer_words() -> None:
    source = next(one for one in read_sources(APP.parent) if one.key == "resolve_incident" and one.kind == "diagram")
    with i18n.at(GERMAN):
        german = etree.fromstring(drawing_here(source.content))
    bounds = "//*[@bpmnElement=$name]/*[local-name()='BPMNLabel']/*"
    before = etree.fromstring(source.content).xpath(bounds, name="known__assign_team")[0].attrib
    after = german.xpath(bounds, name="known__assign_team")[0].attrib
    assert german.xpath("//*[@id='known__assign_team']/@name") == ["nein"]
    assert float(after["width"]) >= 4 * 7 > float(before["width"])
    assert after["x"] == before["x"]


def test_the_journal_names_answers_as_their_form_does(office: Office) -> None:
    number = office.report("Kein Zugriff auf S:")
    task = office.task(number)
    with office.parts.database.transaction() as session:
        session.execute(update(Person).where(Person.name == "Anna Novak").values(locale="de"))
    anna = office.browser("Anna Novak")
    values = anna.see(f"/work/tasks/{task.id}").values()
    answer = anna.post(f"/work/tasks/{task.id}", {**values, "channel": "phone", "_form": "complete"})
    assert answer.status_code == 303, answer.text
    text = anna.see(f"/cases/{number}?view=journal").text
    for words in ("Wie hat es uns erreicht?: Telefon", "Rolle", "Mitarbeitende, Störungen und Anfragen"):
        assert words in text
    record = office.case(number).record_id
    assert record is not None
    with office.parts.database.transaction() as session:
        case, chiara = office.case(number), session.scalars(select(Person).where(Person.name == "Chiara Ricci")).one()
        about = outbox.About(case.id, record, "tell", "incident.opened", "key", number)
        outbox.put(session, about, [(Recipient(chiara.id, chiara.name, ""), Letter("Eine Störung", "Gruß"))])
    messages = anna.see(f"/cases/{number}?view=messages").text
    assert "gescheitert" in messages and "Von dieser Person ist keine E-Mail-Adresse bekannt." in messages
    assert "delivered" not in messages
