"""Sample incidents only name people, services and tasks that exist, and find the known errors they should."""

from pathlib import Path

import pytest
from lxml import etree
from sqlalchemy.orm import Session

from app.domain import demo
from app.domain.demo.cast import PEOPLE, TEAMS
from app.domain.incidents.queries import matching_known_error
from app.domain.incidents.records import Incident
from app.domain.records.writer import Records

ROOT = Path(__file__).parents[3]
LOGINS = {member.login: member for member in PEOPLE}
ORDERS = demo.orders()
every_sample = pytest.mark.parametrize("sample", (*demo.REPORTS, *ORDERS), ids=lambda sample: sample.state)
every_report = pytest.mark.parametrize("sample", demo.REPORTS, ids=lambda sample: sample.state)


def test_there_are_thirteen_and_no_two_end_alike() -> None:
    assert len(demo.REPORTS) == 13
    assert len({sample.state for sample in (*demo.REPORTS, *ORDERS)}) == 13 + len(ORDERS)


def test_references_lead_somewhere(session: Session) -> None:
    demo.make_organisation(session)
    samples = (*demo.REPORTS, *ORDERS)
    steps = [step.fills for sample in samples for step in sample.steps]
    for values in (*(sample.report for sample in samples), *steps):
        found = demo.filled(session, values)
        assert found.keys() == values.keys()
        assert not [value for value in found.values() if str(value).startswith(("person:", "service:", "item:"))]


def test_a_missing_reference_is_named(session: Session) -> None:
    with pytest.raises(KeyError, match=r"anna\.novak"):
        demo.filled(session, {"requester": "person:anna.novak"})


@every_sample
def test_only_existing_people_do_existing_tasks(sample: demo.Sample) -> None:
    tasks = {
        element.get("id")
        for file in (ROOT / "bpmn").glob("*/*.bpmn")
        for element in etree.parse(file).iter("{*}userTask")
    }
    assert {sample.by, *(step.by for step in sample.steps)} <= LOGINS.keys()
    assert {step.task for step in sample.steps} <= tasks


@every_report
def test_tasks_are_done_by_those_who_may(sample: demo.Sample) -> None:
    levels = {crew.key: crew.level for crew in TEAMS}
    level = 1
    for step in sample.steps:
        who = LOGINS[step.by]
        if step.task in ("register", "classify", "apply_workaround", "closure_check"):
            assert who.team == "service_desk"
        elif step.task in ("diagnose", "accept"):
            assert levels[who.team] == level
        elif step.task == "confirm":
            assert who.login == sample.by
        elif step.task == "confirm_major":
            assert "incidents.process_manager" in who.roles
        if step.fills.get("next_step") == "functional":
            level += 1


def test_known_errors_match_where_the_story_says_so(session: Session, records: Records) -> None:
    demo.make_organisation(session)
    for sample in demo.REPORTS:
        told = [sample.report, *(step.fills for step in sample.steps if step.task in ("register", "classify"))]
        values = {name: value for fills in told for name, value in demo.filled(session, fills).items()}
        known = {name: value for name, value in values.items() if name in ("description", "service")}
        record_id, _ = records.create(
            session, "incident", title=values["title"], requester_id=None, owner_id=None, values=known,
            actor_id=None, case_id=None, element="",
        )  # fmt: skip
        match = matching_known_error(session, session.get_one(Incident, record_id))
        assert (match is not None) == any(step.task == "apply_workaround" for step in sample.steps), sample.state
