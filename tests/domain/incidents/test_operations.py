"""What diagrams do with incidents, from the first report to closure."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.incidents.records import Incident
from app.domain.people.directory import assign_role
from app.domain.people.records import Person
from app.domain.problems.records import KnownError
from app.domain.records.comments import comments_of
from app.domain.records.records import RecordLink
from app.domain.records.writer import Records
from app.errors import BusinessError
from app.operations.operation import InvalidParameters

MANAGER, OWNER = "incidents.process_manager", "incidents.process_owner"


@pytest.fixture
def incident_id(make, chiara: Person) -> int:
    """Chiara's storage is down."""
    return make("incident", "Storage down", requester=chiara, description="All shared folders are gone")


@pytest.fixture
def incident(session: Session, incident_id: int) -> Incident:
    """The same, as an object that follows what operations do."""
    return session.get_one(Incident, incident_id)


def code_of(call, name: str, record_id: int | None, **parameters: object) -> str:
    with pytest.raises(BusinessError) as refusal:
        call(name, record_id, **parameters)
    return refusal.value.code


def test_an_incident_goes_its_way(
    session: Session, call, incident: Incident, anna: Person, chiara: Person, team
) -> None:
    desk = team("service_desk", level=1)
    call("incident.set_priority", incident.id, priority="P3")
    assert call("incident.assign_team", incident.id, actor=anna) == 1
    assert (incident.status, incident.team_id) == ("in_progress", desk.id)
    call("incident.resolve", incident.id, actor=anna, resolution="Mounted the volume again.", cause="software")
    assert (incident.status, incident.cause) == ("resolved", "software")
    assert incident.resolved_at is not None
    call("incident.confirm", incident.id, actor=chiara, comment="Works, thank you!")
    call("incident.close", incident.id, closure_code="solved")
    assert (incident.status, incident.closure_code) == ("closed", "solved")
    assert incident.closed_at is not None
    assert [comment.body for comment in comments_of(session, incident.id, public_only=True)] == ["Works, thank you!"]


def test_every_operation_leaves_its_line_in_a_sound_journal(
    session: Session, call, incident: Incident, anna: Person, records: Records, team
) -> None:
    team("service_desk", level=1)
    call("incident.assign_team", incident.id, actor=anna)
    call("incident.pause_for_user", incident.id, reason="Which folder?")
    call("incident.resume", incident.id)
    call("incident.note", incident.id, text="Vendor called.")
    verdict = records.journal.verify(session, f"record:{incident.id}", head=incident.journal_head)
    assert verdict.sound
    assert verdict.length == incident.journal_length == 6


def test_a_closed_incident_stays_closed(call, incident: Incident, team) -> None:
    team("service_desk", level=1)
    call("incident.close", incident.id, closure_code="withdrawn")
    for name, parameters in (
        ("incident.set_priority", {"priority": "P1"}),
        ("incident.mark_major", {}),
        ("incident.assign_team", {}),
        ("incident.escalate", {"kind": "functional"}),
        ("incident.match_known_error", {}),
        ("incident.pause_for_user", {}),
        ("incident.resolve", {"resolution": "Done."}),
        ("incident.reopen", {}),
        ("incident.close", {}),
        ("incident.confirm", {}),
    ):
        assert code_of(call, name, incident.id, **parameters) == "incident.already_closed", name
    assert code_of(call, "question.ask", incident.id, question="Still there?") == "question.already_closed"


def test_reopening_counts_and_keeps_the_reason(session: Session, call, incident: Incident, chiara: Person) -> None:
    assert code_of(call, "incident.reopen", incident.id) == "incident.not_resolved"
    for expected in (1, 2):
        call("incident.resolve", incident.id, resolution="Mounted the volume again.")
        assert call("incident.reopen", incident.id, actor=chiara, reason="Gone again") == expected
        assert (incident.status, incident.resolved_at) == ("in_progress", None)
    assert len(comments_of(session, incident.id, public_only=True)) == 2


def test_a_solution_needs_words(call, incident: Incident) -> None:
    assert code_of(call, "incident.resolve", incident.id, resolution="  ") == "incident.no_solution"
    assert code_of(call, "incident.close", incident.id, closure_code="solved") == "incident.no_solution"


def test_without_a_record_every_operation_says_so(call) -> None:
    for name in ("incident.correlate", "incident.assign_team", "incident.resume", "incident.major_facts"):
        assert code_of(call, name, None) == "incident.no_record"


def test_the_caller_becomes_the_requester_or_nobody_does(call, make, incident: Incident, anna: Person) -> None:
    call("incident.register_caller", incident.id, known=True)
    assert incident.requester_id is not None
    unknown = make("incident", "No network", requester=anna, caller_name="Prof. Lund")
    call("incident.register_caller", unknown, known=False)
    assert call("incident.correlate", unknown) == []
    assert code_of(call, "incident.register_caller", incident.id, known=False) == "incident.no_caller"


def test_an_unknown_caller_is_no_requester(session: Session, call, make, anna: Person) -> None:
    record_id = make("incident", "No network", requester=anna, caller_name="Prof. Lund", caller_contact="4711")
    call("incident.register_caller", record_id, known=False)
    found = session.get_one(Incident, record_id)
    assert (found.requester_id, found.caller_name) == (None, "Prof. Lund")


def test_priority_comes_from_the_decision_and_major_stays_highest(call, incident: Incident, anna: Person) -> None:
    call("incident.set_priority", incident.id, priority="P4")
    assert incident.priority == "P4"
    assert call("incident.mark_major", incident.id, coordinator=str(anna.id)) is True
    assert (incident.major, incident.priority, incident.coordinator_id) == (True, "P1", anna.id)
    call("incident.set_priority", incident.id, priority="P4")
    assert incident.priority == "P1"
    with pytest.raises(InvalidParameters):
        call("incident.set_priority", incident.id, priority="P7")


def test_a_coordinator_must_be_able_to_sign_in(session: Session, call, incident: Incident, anna: Person) -> None:
    anna.active = False
    session.flush()
    for who in (anna.id, 4711):
        assert code_of(call, "incident.mark_major", incident.id, coordinator=who) == "incident.no_coordinator"
    assert incident.major is False


def test_facts_about_a_major_incident(call, make, session: Session) -> None:
    service = make("service", "Research storage", critical=True)
    first = make("incident", "Shared folders gone", service=service, impact="site")
    make("incident", "All shared folders are gone", service=service)
    assert call("incident.major_facts", first) == {
        "priority": None, "impact": "site", "critical_service": True, "similar_open": 1,
    }  # fmt: skip


def test_similar_open_incidents_are_found(call, make) -> None:
    storage, mail = make("service", "Research storage"), make("service", "Mail")
    new = make("incident", "Shared folders gone", description="Since noon, in the library", service=storage)
    same = make("incident", "All shared folders are gone", service=storage)
    unclear = make("incident", "Folders in library gone since noon")
    make("incident", "Shared mail folders gone", service=mail)
    done = make("incident", "Shared folders gone", service=storage)
    call("incident.close", done, closure_code="withdrawn")
    assert {one["id"] for one in call("incident.correlate", new)} == {str(same), str(unclear)}


def test_teams_are_found_by_key_level_service_and_category(session: Session, call, make, team) -> None:
    desk, network, storage = team("service_desk", level=1), team("network", level=2), team("storage", level=2)
    service = make("service", "Research storage", team=storage.id)
    plain = session.get_one(Incident, make("incident", "Something"))
    assert call("incident.assign_team", plain.id) == 1
    assert plain.team_id == desk.id
    call("incident.assign_team", plain.id, level=2)
    assert plain.team_id == network.id
    call("incident.assign_team", plain.id, team="team.storage")
    assert (plain.team_id, plain.level) == (storage.id, 2)
    call("incident.assign_team", plain.id)
    assert plain.team_id == storage.id
    served = session.get_one(Incident, make("incident", "Something", service=service, category="network"))
    call("incident.assign_team", served.id, level=2)
    assert served.team_id == storage.id
    categorised = session.get_one(Incident, make("incident", "Something", category="storage"))
    call("incident.assign_team", categorised.id, level=2)
    assert categorised.team_id == storage.id
    assert code_of(call, "incident.assign_team", plain.id, team="lighthouse") == "incident.no_team"
    assert code_of(call, "incident.assign_team", plain.id, level=5) == "incident.no_team"


def test_functional_escalation_goes_level_by_level_and_frees_the_owner(
    session: Session, call, records: Records, incident: Incident, anna: Person, team
) -> None:
    team("service_desk", level=1)
    network = team("network", level=2)
    call("incident.assign_team", incident.id)
    records.write(session, "incident", incident.id, {"owner": anna.id}, actor_id=None, case_id=None, element="take")
    assert call("incident.escalate", incident.id, kind="functional", reason="No access", target="next_level") == 2
    assert (incident.team_id, incident.level, incident.owner_id) == (network.id, 2, None)
    assert code_of(call, "incident.escalate", incident.id, kind="functional") == "incident.no_team"
    assert [comment.public for comment in comments_of(session, incident.id, public_only=False)] == [False]
    assert call("incident.escalate", incident.id, kind="functional", target="team.service_desk") == 1


def test_whoever_acts_becomes_the_owner(call, incident: Incident, anna: Person) -> None:
    call("incident.take", incident.id, actor=anna)
    assert incident.owner_id == anna.id
    assert code_of(call, "incident.take", incident.id) == "incident.no_owner"


def test_hierarchical_escalation_climbs_until_the_top(
    session: Session, call, incident: Incident, anna: Person, ben: Person, chiara: Person, team
) -> None:
    assert code_of(call, "incident.escalate", incident.id, kind="hierarchical") == "incident.no_manager"
    assign_role(session, MANAGER, person_id=anna.id)
    assign_role(session, "management.sms_owner", person_id=ben.id)
    owners = []
    for _ in range(3):
        call("incident.escalate", incident.id, kind="hierarchical", target="manager")
        owners.append(incident.owner_id)
    assert owners == [anna.id, ben.id, ben.id]


def test_a_known_error_is_found_by_its_symptoms(session: Session, call, make) -> None:
    storage, mail = make("service", "Research storage"), make("service", "Mail")
    known = make(
        "known_error", "Shared folders vanish after the nightly backup", service=storage,
        symptoms="Folders are gone in the morning", workaround="Mount the volume again.",
    )  # fmt: skip
    make("known_error", "Folders vanish from mail", service=mail, workaround="Restart the client.")
    make("known_error", "Shared folders vanish", service=storage)
    record_id = make("incident", "My shared folder vanished over night", service=storage)
    assert call("incident.match_known_error", record_id) == str(known)
    incident = session.get_one(Incident, record_id)
    assert (incident.known_error_id, incident.custom["workaround"]) == (known, "Mount the volume again.")
    assert incident.custom["shared"] == "Research storage: shared, folder, vanished, night"
    other = make("incident", "The coffee machine is broken", service=storage)
    assert call("incident.match_known_error", other) is None


@pytest.mark.parametrize(
    ("title", "fits"),
    [
        ("My laptop is broken after the change of the room", False),
        ("Nach der Änderung geht der Drucker nicht mehr", False),
        ("After changing my password print jobs wait", True),
        ("Druckaufträge warten nach Änderung des Kennworts", True),
    ],
)
def test_filler_words_match_no_known_error(session: Session, call, make, title: str, fits: bool) -> None:
    printing = make("service", "Printing")
    for known in ("Print jobs wait after a change of password", "Druckaufträge warten nach der Änderung des Kennworts"):
        make("known_error", known, service=printing, workaround="Type the new password.")
    for service in (printing, None):
        record_id = make("incident", title, service=service)
        assert (call("incident.match_known_error", record_id) is not None) == fits
        assert ("shared" in session.get_one(Incident, record_id).custom) == fits


def test_a_title_that_shares_only_two_words_needs_the_service(session: Session, call, make) -> None:
    storage = make("service", "Research storage")
    known = make(
        "known_error", "Drives look empty", service=storage, symptoms="Project folders have no files",
        workaround="Mount the volume again.",
    )  # fmt: skip
    title = "Drives with empty project folders"
    assert call("incident.match_known_error", make("incident", title, service=storage)) == str(known)
    assert call("incident.match_known_error", make("incident", title)) is None


def test_a_choice_by_a_person_has_no_matched_words(session: Session, call, make) -> None:
    known = make("known_error", "Shared folders vanish", workaround="Mount the volume again.")
    record_id = make("incident", "Shared folders vanish")
    call("incident.match_known_error", record_id)
    assert session.get_one(Incident, record_id).custom["shared"] == "shared, folders, vanish"
    call("incident.apply_known_error", record_id, known_error=str(known))
    assert "shared" not in session.get_one(Incident, record_id).custom


def test_endless_words_stop_nothing(call, make) -> None:
    record_id = make("incident", "Folders vanish", description="x" * 7000)
    make("incident", "Shared folders vanish", description="y" * 7000)
    assert call("incident.match_known_error", record_id) is None
    assert call("incident.correlate", record_id) == []


def test_a_workaround_that_did_not_last_is_not_offered_again(session: Session, call, make) -> None:
    known = make("known_error", "Shared folders vanish", workaround="Mount the volume again.")
    record_id = make("incident", "Shared folders vanish")
    incident = session.get_one(Incident, record_id)
    assert call("incident.match_known_error", record_id) == str(known)
    call("incident.resolve", record_id, resolution="Mounted the volume again.")
    call("incident.reopen", record_id)
    assert call("incident.match_known_error", record_id) is None
    assert "workaround" not in incident.custom


def test_closing_by_workaround_counts_its_use(session: Session, call, make) -> None:
    known = make("known_error", "Shared folders vanish", workaround="Mount the volume again.")
    for closure_code, used in (("workaround", 1), ("solved", 1), ("workaround", 2)):
        record_id = make("incident", "Shared folders vanish")
        assert call("incident.apply_known_error", record_id, known_error=str(known)) == "Mount the volume again."
        call("incident.resolve", record_id, resolution="Mounted the volume again.")
        call("incident.close", record_id, closure_code=closure_code)
        assert session.get_one(KnownError, known).used == used
    assert code_of(call, "incident.apply_known_error", make("incident", "New"), known_error=4711) == (
        "incident.no_known_error"
    )


def test_a_refused_operation_changes_nothing(session: Session, call, incident: Incident, records: Records) -> None:
    before = records.read(session, "incident", incident.id)
    code_of(call, "incident.escalate", incident.id, kind="functional", reason="Too hard for us")
    assert records.read(session, "incident", incident.id) == before
    assert comments_of(session, incident.id, public_only=False) == []


def test_an_order_that_is_an_incident_hands_over_what_is_known(
    session: Session, call, make, incident: Incident, anna: Person
) -> None:
    service = make("service", "Research storage")
    order = make("service_request", "More space", requester=anna, service=service, description="It is full again")
    for _ in range(2):
        call("incident.take_over_request", incident.id, request=order)
    assert (incident.title, incident.description, incident.requester_id) == ("More space", "It is full again", anna.id)
    assert incident.service_id == service
    links = session.scalars(select(RecordLink).where(RecordLink.source_id == incident.id)).all()
    assert [(link.target_id, link.type) for link in links] == [(order, "related_to")]
    for nothing in (4711, incident.id):
        assert code_of(call, "incident.take_over_request", incident.id, request=nothing) == "incident.no_request"
