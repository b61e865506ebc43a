"""People from a table: each row is judged, and nothing is stored while one of them is wrong."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.people import importing, organisations, teams
from app.domain.people.organisations import Details
from app.domain.people.records import Person
from app.errors import Conflict, Invalid

HEAD = "name,login,email,organisation,teams\n"


def fates(session: Session, table: str) -> list[str]:
    return [line.fate for line in importing.plan(session, importing.read(table)).lines]


def carry_out(session: Session, table: str) -> tuple[list[int], list[int]]:
    plan = importing.plan(session, importing.read(table))
    return importing.carry_out(session, plan, actor_id=None, locale="de", time_zone="Europe/Berlin")


def test_people_come_with_organisation_and_teams(session: Session, anna: Person, team) -> None:
    organisations.save(session, None, Details("Institute of Marine Biology", "customer"), actor_id=None)
    desk, net = team("service_desk"), team("network")
    table = (
        "\ufeffLogin;Name;E-Mail;email;Organisation;Teams\n"
        "leila;Leila Haddad;ignored;leila@example.org;institute of marine biology;service_desk, network\n"
        "ANNA.NOVAK;Anna Nováková;;;;network\n"
    )
    assert fates(session, table) == ["new", "changed"]
    [leila], [changed] = carry_out(session, table)
    person = session.get_one(Person, leila)
    assert (person.name, person.locale, person.active, person.password_hash) == ("Leila Haddad", "de", True, None)
    assert [one.key for one, _leads in teams.teams_of(session, leila)] == ["network", "service_desk"]
    assert changed == anna.id and anna.name == "Anna Nováková" and anna.email == "anna.novak@example.org"
    assert [one.id for one, _leads in teams.members(session, net.id)] == [anna.id, leila]
    assert [one.id for one, _leads in teams.members(session, desk.id)] == [leila]
    assert fates(session, table) == ["same", "same"]


def test_every_fault_is_named_and_nothing_is_stored(session: Session, anna: Person) -> None:
    table = HEAD + (
        "Leila Haddad,leila,,,\n,ben,,,\nBen Osei,LEILA,,,\nTom,t om,x,,\nEve,eve,,Nowhere,nobody\n"
        f"{'x' * 300},long,,,\n<script>alert(1)</script>,script,,,\n"
    )
    plan = importing.plan(session, importing.read(table))
    assert [line.fate for line in plan.lines] == ["new", "wrong", "wrong", "wrong", "wrong", "wrong", "new"]
    assert [len(line.faults) for line in plan.lines] == [0, 1, 1, 2, 2, 1, 0]
    before = session.scalar(select(func.count(Person.id)))
    with pytest.raises(Conflict):
        importing.carry_out(session, plan, actor_id=None, locale="en", time_zone="UTC")
    assert session.scalar(select(func.count(Person.id))) == before


@pytest.mark.parametrize(
    "table", ["", "name,login\n", "a,b\n1,2\n", HEAD.replace("login", "account") + "Anna,anna,,,\n", b"\xff\xfe\x00"]
)
def test_what_is_no_table_of_people_is_refused(table: str | bytes) -> None:
    with pytest.raises(Invalid):
        importing.read(table)


def test_ten_thousand_rows_cost_few_statements(session: Session, statements: list[str]) -> None:
    table = HEAD + "".join(f"Person {number},person.{number},,,\n" for number in range(10_000))
    added, changed = carry_out(session, table)
    assert (len(added), changed) == (10_000, [])
    assert len(statements) < 40
    statements.clear()
    table += "Broken,,,,\n"
    with pytest.raises(Conflict):
        carry_out(session, table)
    assert not [one for one in statements if one.startswith(("INSERT", "UPDATE"))]
