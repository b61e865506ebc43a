"""Reference fields find candidates, labels and nothing that is not there; full text finds records."""

import pytest
from sqlalchemy import select, true
from sqlalchemy.orm import Session

from app.domain.people.records import Person
from app.domain.record_kinds import KINDS
from app.domain.records import queries
from app.domain.records.records import Record


def found(session: Session, entity: str, text: str, limit: int = 10) -> list[str]:
    return [candidate.label for candidate in queries.search(session, entity, text, limit)]


def test_persons_are_found_by_parts_of_their_name_and_by_mail(session: Session, anna, ben, chiara) -> None:
    assert found(session, "person", "") == ["Anna Novak", "Ben Osei", "Chiara Ricci"]
    assert found(session, "person", "ricci chi") == ["Chiara Ricci"]
    assert found(session, "person", "chiara.ricci@") == ["Chiara Ricci"]
    assert found(session, "person", "%") == []
    assert found(session, "person", "_") == []
    assert queries.search(session, "person", "chiara")[0].detail == "Marine biology · chiara.ricci@example.org"


def test_a_name_that_begins_with_the_text_comes_first(session: Session, person) -> None:
    for name in ("Anna Novak", "Bela Anders", "Andrea Berg"):
        person(name)
    assert found(session, "person", "and") == ["Andrea Berg", "Bela Anders"]


def test_who_has_left_is_not_offered(session: Session, anna: Person) -> None:
    anna.active = False
    session.flush()
    assert found(session, "person", "Anna") == []
    assert not queries.exists(session, "person", anna.id)
    assert queries.label_of(session, "person", anna.id) == "Anna Novak"


def test_teams_services_and_records_are_found(session: Session, make, team) -> None:
    network = team("network", level=2)
    make("service", "Research storage")
    make("service", "Mail")
    incident = make("incident", "Printer on fire")
    assert found(session, "team", "netw") == ["Network"]
    assert found(session, "service", "stor") == ["Research storage"]
    assert found(session, "service", "") == ["Mail", "Research storage"]
    number = session.get_one(Record, incident).number
    assert found(session, "incident", "print") == [f"{number} Printer on fire"]
    assert found(session, "incident", number.lower()) == [f"{number} Printer on fire"]
    assert found(session, "spaceship", "print") == []
    assert queries.label_of(session, "team", network.id) == "Network"


@pytest.mark.parametrize("text", ["'", "\\", "a & b | !c", "<->", ":*", "a'; DROP TABLE record; --", "(", "\x00", "🙂"])
def test_no_input_breaks_the_search(session: Session, make, text: str) -> None:
    make("service", "Mail")
    for entity in ("person", "team", "service"):
        queries.search(session, entity, text)
    condition = queries.matching(KINDS, text)
    if condition is not None:
        session.scalars(select(Record.id).where(condition)).all()


@pytest.mark.parametrize("identity", ["", "x", "-1", "4711", None, "99999999999999999999", "١", "1 OR 1=1"])
def test_what_is_no_id_does_not_exist(session: Session, identity: object) -> None:
    for entity in ("person", "team", "service"):
        assert not queries.exists(session, entity, identity)


def test_the_filter_for_need_to_know_is_respected(session: Session, make, chiara: Person) -> None:
    hers = make("incident", "Printer on fire", requester=chiara)
    other = make("incident", "Printer stolen")
    mine = Record.requester_id == chiara.id
    assert [one.id for one in queries.search(session, "incident", "printer", visible=mine)] == [str(hers)]
    assert queries.exists(session, "incident", hers, visible=mine)
    assert not queries.exists(session, "incident", other, visible=mine)


def test_labels_of_many_cost_one_statement_per_entity(
    session: Session, make, anna, ben, team, statements: list[str]
) -> None:
    network, service = team("network"), make("service", "Mail")
    statements.clear()
    labels = queries.labels(
        session, {"person": [anna.id, str(ben.id), "nobody"], "team": [network.id], "service": [service, 4711]}
    )
    assert len(statements) == 3
    assert labels["person", str(ben.id)] == "Ben Osei"
    assert labels["service", str(service)] == "Mail"
    assert ("service", "4711") not in labels


def test_full_text_finds_words_wherever_they_stand(session: Session, make) -> None:
    fire = make("incident", "Printer on fire", description="Smoke in room twelve", room="Lighthouse")
    make("incident", "Mail is slow")
    number = session.get_one(Record, fire).number

    def hits(text: str) -> list[int]:
        condition = queries.matching(KINDS, text, inner=true())
        assert condition is not None
        return list(session.scalars(select(Record.id).where(condition)))

    for text in ("printer", "smoke prin", "lighthouse fire smoke", number, number.lower(), "PRINTER"):
        assert hits(text) == [fire]
    assert hits("printer slow") == []
    assert list(session.scalars(select(Record.id).where(queries.matching(KINDS, "lighthouse")))) == []  # type: ignore[arg-type]
    assert queries.matching(KINDS, " ?! ") is None


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Printers are jamming", "printer jam"), ("Drei Drucker", "druckern"), ("Häuser ohne Netz", "haus"),
        ("Connections lost", "connection"), ("Störungen überall", "störung"), ("WLAN über Nacht", "ÜBER nächte"),
    ],
)  # fmt: skip
def test_other_forms_of_a_word_are_found_in_both_languages(session: Session, make, title: str, text: str) -> None:
    wanted = make("incident", title)
    make("incident", "Mail is slow")
    condition = queries.matching(KINDS, text)
    assert condition is not None
    found = list(session.scalars(select(Record.id).where(condition)))
    assert found == [wanted]


def test_a_very_long_text_of_different_words_can_be_stored(session: Session, make) -> None:
    # Each word has other forms in each language; PostgreSQL holds a megabyte of words and no more.
    long = " ".join(f"{number:x}prüfungen" for number in range(6500))
    make("incident", "Long", description=long, resolution=long, cause=long)
