"""What changes who may do what, and what runs, is noted, once and by whom."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.journal.publishing import note_published
from app.domain.journal.records import JournalEntry
from app.domain.people.directory import assign_role, join_team
from app.domain.people.records import Person
from app.processes.publish import Published
from tests.domain.conftest import MakePerson, MakeTeam


def noted(session: Session, chain: str) -> list[tuple[str, int | None, dict[str, object]]]:
    query = select(JournalEntry).where(JournalEntry.chain == chain).order_by(JournalEntry.position)
    return [(line.event, line.actor_id, line.data) for line in session.scalars(query)]


def test_a_role_is_noted_when_it_is_given(session: Session, anna: Person, ben: Person) -> None:
    for _ in range(2):
        assign_role(session, "incidents.process_manager", person_id=anna.id, actor_id=ben.id)
    [(event, actor, data)] = noted(session, "system:role:incidents.process_manager")
    assert (event, actor, data["person"], data["team"]) == ("role.assigned", ben.id, anna.id, None)


def test_joining_and_leading_a_team_are_noted(session: Session, person: MakePerson, team: MakeTeam) -> None:
    lead, network = person("Sofia Lindqvist"), team("network")
    for leads in (False, False, True, True, False):
        join_team(session, network.id, lead.id, leads=leads)
    events = [event for event, _actor, _data in noted(session, f"system:person:{lead.id}")]
    assert events == ["team.joined", "team.led", "team.not_led"]


def test_publishing_is_noted_with_what_changed(session: Session) -> None:
    done = [Published("diagram", "incident", 2, True), Published("form", "incidents/close", 1, False)]
    note_published(session, done, actor_id=None, why="clearer questions")
    note_published(session, done[1:], why="nothing")
    assert noted(session, "system:processes") == [
        ("processes.published", None, {"versions": {"diagram incident": 2}}),
    ]
