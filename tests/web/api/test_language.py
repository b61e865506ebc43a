"""Problem details come in the language that the program asks for, else in that of its person."""

from typing import Any

import pytest
from sqlalchemy import update

from app.domain.people.records import Person
from app.engine.records import Case
from app.errors import BusinessError, Message, StellwerkError
from app.operations import OperationContext
from tests.stage import Stage
from tests.web.api.conftest import number, problem

NOWHERE = "/api/v1/cases/C-2026-999999"
IN_GERMAN = "Hier ist nichts, oder Sie dürfen es nicht sehen."
IN_ENGLISH = "There is nothing here, or you may not see it."


def speaks(desk: Stage, name: str, language: str) -> Any:
    """A client of somebody who has chosen this language."""
    with desk.parts.database.transaction() as session:
        session.execute(update(Person).where(Person.id == desk.people[name]).values(locale=language))
    return desk.api(name)


@pytest.mark.parametrize(
    ("chosen", "header", "told"),
    [
        ("en", None, IN_ENGLISH),
        ("de", None, IN_GERMAN),
        ("en", "de-AT, en;q=0.5", IN_GERMAN),
        ("de", "en", IN_ENGLISH),
        ("de", "fr, tlh;q=0.4", IN_GERMAN),
        ("de", "*", IN_GERMAN),
        ("de", ";;q=,,=" * 1000, IN_GERMAN),
    ],
)
def test_the_header_counts_more_than_the_person(desk: Stage, chosen: str, header: str | None, told: str) -> None:
    client = speaks(desk, "Anna Novak", chosen)
    answer = client.get(NOWHERE, headers={"accept-language": header} if header else {})
    assert problem(answer, 404)["detail"] == told
    assert answer.headers["content-language"] == ("de" if told == IN_GERMAN else "en")
    assert "accept-language" in answer.headers["vary"]


def test_who_has_no_token_is_told_in_the_language_of_the_header(desk: Stage) -> None:
    told = problem(desk.visitor().get(NOWHERE, headers={"accept-language": "de"}), 401)
    assert told["title"] == "Bitte melden Sie sich an"
    assert told["detail"].startswith("Senden Sie ein gültiges API-Token")
    assert problem(desk.visitor().get(NOWHERE), 401)["title"] == "Please sign in"


def test_fields_values_and_business_errors_are_told_in_german(desk: Stage, case_id: int) -> None:
    client = speaks(desk, "Ines Duarte", "de")
    path = f"/api/v1/cases/{number(desk, case_id)}"
    told = problem(client.post(f"{path}/retry", json={"reason": " "}), 422)
    assert told["fields"] == {"reason": ["Sagen Sie, warum; der Grund steht im Journal."]}
    told = problem(client.post(f"{path}/retry", json={"reason": "Because"}), 409)
    assert told["detail"] == f"Der Vorgang {number(desk, case_id)} steckt nicht fest; es gibt nichts zu beheben."

    def refuse(context: OperationContext) -> None:
        raise BusinessError("late", Message("{number} is closed; please report a new incident.", number="INC-7"))

    desk.acts["act"] = refuse
    anna = speaks(desk, "Anna Novak", "de")
    task = f"/api/v1/tasks/{desk.task('look').id}/complete"
    told = problem(anna.post(task, json={"values": {"title": "x"}}), 422)
    assert (told["code"], told["detail"]) == ("late", "INC-7 ist geschlossen; bitte melden Sie eine neue Störung.")
    told = problem(anna.post(task, json={"values": {}}), 422)
    assert told["title"] == "Einige Angaben müssen noch einmal angesehen werden"


def test_why_a_case_is_stuck_is_told_in_german_where_it_is_a_sentence_of_ours(desk: Stage, case_id: int) -> None:
    message = "This case is not about an incident."
    with desk.parts.database.transaction() as session:
        case = session.get_one(Case, case_id)
        case.status, case.stuck_element, case.stuck_message = "stuck", "act", message
    path = f"/api/v1/cases/{number(desk, case_id)}"
    assert desk.api("Anna Novak").get(path).json()["stuck"]["message"] == message
    told = speaks(desk, "Anna Novak", "de").get(path).json()["stuck"]
    assert told == {"element": "act", "message": "In diesem Vorgang geht es nicht um eine Störung."}


def test_a_sentence_with_values_that_a_case_is_stuck_with_is_told_in_german(desk: Stage, case_id: int) -> None:
    def fail(context: OperationContext) -> None:
        raise StellwerkError(Message("{number} is closed; please report a new incident.", number="INC-7"))

    desk.acts["act"] = fail
    task = f"/api/v1/tasks/{desk.task('look').id}/complete"
    assert desk.api("Anna Novak").post(task, json={"values": {"title": "x"}}).status_code == 200
    path = f"/api/v1/cases/{number(desk, case_id)}"
    in_german = "INC-7 ist geschlossen; bitte melden Sie eine neue Störung."
    told = speaks(desk, "Ines Duarte", "de").get(path).json()["stuck"]
    assert told == {"element": "act", "message": in_german}


def test_what_cannot_be_read_is_told_in_german(desk: Stage) -> None:
    client = speaks(desk, "Anna Novak", "de")
    told = problem(client.get("/api/v1/cases?limit=0", headers={"accept-language": "de"}), 422)
    assert told["title"] == "Einige Werte wurden nicht angenommen"
    assert list(told["fields"]) == ["limit"]
