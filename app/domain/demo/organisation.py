"""Storing the demo organisation in an empty database."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.calendars.working_time import DEFAULT_CALENDAR, OFFICE_HOURS, put_calendar
from app.domain.demo.agreements import make_agreements
from app.domain.demo.cast import CUSTOMERS, PASSWORD, PEOPLE, PROVIDER, SUPPLIERS, TEAMS
from app.domain.demo.offer import CATALOGUE, KNOWN_ERRORS, SERVICES
from app.domain.people.accounts import create_person
from app.domain.people.directory import assign_role, join_team
from app.domain.people.passwords import hash_of
from app.domain.people.records import Organisation, Person, Team
from app.domain.record_kinds import KINDS
from app.domain.records.writer import Records


def make_organisation(session: Session) -> bool:
    """Store people, teams, roles, calendars, services, catalogue, known errors and agreements, if there is nobody yet.

    Returns:
        Whether the database was empty; otherwise nothing was changed.
    """
    if session.scalar(select(Person.id).limit(1)) is not None:
        return False
    put_calendar(
        session,
        DEFAULT_CALENDAR,
        name="Office hours",
        time_zone="Europe/Berlin",
        hours=OFFICE_HOURS,
        # Where Nordhafen might well be.
        region="DE-SH",
    )
    teams = _make_teams(session)
    people = _make_people(session, teams)
    services = _make_records(session, people, teams)
    make_agreements(
        session, {login: person.id for login, person in people.items()},
        {key: team.id for key, team in teams.items()}, services,
    )  # fmt: skip
    return True


def _make_teams(session: Session) -> dict[str, Team]:
    teams = {crew.key: Team(key=crew.key, name=crew.name, level=crew.level) for crew in TEAMS}
    session.add_all(teams.values())
    session.flush()
    for crew in TEAMS:
        for role in crew.roles:
            assign_role(session, role, team_id=teams[crew.key].id)
    return teams


def _make_people(session: Session, teams: dict[str, Team]) -> dict[str, Person]:
    kinds = {PROVIDER: "own"} | dict.fromkeys(CUSTOMERS, "customer") | dict.fromkeys(SUPPLIERS, "supplier")
    organisations = {name: Organisation(name=name, kind=kind) for name, kind in kinds.items()}
    session.add_all(organisations.values())
    session.flush()
    # One password for all, so it is hashed once: starting the demo should not take seconds.
    password_hash = hash_of(PASSWORD)
    people: dict[str, Person] = {}
    for member in PEOPLE:
        person = create_person(
            session,
            login=member.login,
            name=member.name,
            email=member.email,
            phone=member.phone or None,
            department=member.department,
            organisation_id=organisations[member.organisation].id,
            locale=member.locale,
            administrator=member.administrator,
        )
        person.password_hash = password_hash
        people[member.login] = person
        for role in member.roles:
            assign_role(session, role, person_id=person.id)
        if member.team:
            join_team(session, teams[member.team].id, person.id, leads=member.leads)
    session.flush()
    return people


def _make_records(session: Session, people: dict[str, Person], teams: dict[str, Team]) -> dict[str, int]:
    records = Records(KINDS)
    services: dict[str, int] = {}
    for offer in SERVICES:
        values = {"description": offer.description, "critical": offer.critical, "team": teams[offer.team].id}
        services[offer.title], _ = records.create(
            session, "service", title=offer.title, requester_id=None, owner_id=people[offer.owner].id,
            values=values, actor_id=None, case_id=None, element="",
        )  # fmt: skip
    for quirk in KNOWN_ERRORS:
        values = {"symptoms": quirk.symptoms, "workaround": quirk.workaround, "service": services[quirk.service]}
        owner = next(offer.owner for offer in SERVICES if offer.title == quirk.service)
        records.create(
            session, "known_error", title=quirk.title, requester_id=None, owner_id=people[owner].id,
            values=values, actor_id=None, case_id=None, element="",
        )  # fmt: skip
    for ware in CATALOGUE:
        values = {
            "description": ware.description, "service": services[ware.service], "expected": ware.expected,
            "target_hours": ware.hours, "instructions": ware.instructions, "audience": ware.audience,
            "audience_names": ware.names, "approval": ware.approval, "approver_role": ware.role,
            "approver": people[ware.approver].id if ware.approver else None,
        }  # fmt: skip
        owner = next(offer.owner for offer in SERVICES if offer.title == ware.service)
        records.create(
            session, "catalogue_item", title=ware.title, requester_id=None, owner_id=people[owner].id,
            values=values, actor_id=None, case_id=None, element="",
        )  # fmt: skip
    return services
