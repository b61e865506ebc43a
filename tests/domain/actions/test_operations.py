"""What diagrams do with follow-up actions: who takes them on, who says that they helped, and how they end."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.domain.actions.records import Action
from app.domain.people.directory import assign_role
from app.domain.people.records import Person
from app.domain.records.comments import comments_of
from app.errors import BusinessError


@pytest.fixture
def action(session: Session, make, anna: Person, ben: Person) -> Action:
    """Anna asks Ben to write something down."""
    due = (clock.now() + timedelta(days=7)).isoformat()
    record_id = make("action", "Write it down", requester=anna, owner=ben.id, due_at=due, reason="Nobody knew")
    return session.get_one(Action, record_id)


def code_of(call, name: str, record_id: int | None, **parameters: object) -> str:
    with pytest.raises(BusinessError) as refusal:
        call(name, record_id, **parameters)
    return refusal.value.code


def test_an_action_goes_its_way(session: Session, call, action: Action, anna: Person, ben: Person) -> None:
    call("action.begin", action.id, actor=ben)
    assert (action.status, action.taken_on_by_id) == ("in_progress", ben.id)
    call("action.report", action.id, actor=ben, text="Half of it stands.")
    assert call("action.hand_in", action.id, actor=ben, result="It stands in the wiki.") == str(anna.id)
    assert (action.status, action.verifier_id) == ("done", anna.id)
    call("action.close", action.id, actor=anna, comment="Found it at once.")
    assert (action.status, action.effect, action.closed_at is not None) == ("closed", "effective", True)
    said = [comment.body for comment in comments_of(session, action.id, public_only=True)]
    assert said == ["Half of it stands.", "Found it at once."]
    for name, more in (("begin", {}), ("hand_in", {"result": "x"}), ("cancel", {"reason": "x"}), ("overdue", {})):
        assert code_of(call, f"action.{name}", action.id, actor=ben, **more) == "action.already_ended", name


def test_owners_never_say_that_their_own_action_helped(
    session: Session, call, make, action: Action, anna: Person, ben: Person, chiara: Person
) -> None:
    call("action.begin", action.id, actor=ben)
    action.verifier_id = ben.id
    assert call("action.hand_in", action.id, actor=ben, result="Done.") == str(anna.id)
    for name, who in (("close", ben), ("close", None), ("go_on", ben)):
        assert code_of(call, f"action.{name}", action.id, actor=who) == "action.own_effect"
    # It changed hands in between: whoever had taken it on may not either.
    action.owner_id = chiara.id
    assert code_of(call, "action.close", action.id, actor=ben) == "action.own_effect"
    due = (clock.now() + timedelta(days=1)).isoformat()
    own = session.get_one(Action, make("action", "Mine", requester=ben, owner=ben.id, due_at=due))
    call("action.begin", own.id, actor=ben)
    assert code_of(call, "action.hand_in", own.id, actor=ben, result="Done.") == "action.no_verifier"
    assign_role(session, "improvement.process_manager", person_id=chiara.id)
    assert call("action.hand_in", own.id, actor=ben, result="Done.") == str(chiara.id)


def test_work_needs_a_person_and_a_date_to_come(session: Session, call, action: Action, ben: Person) -> None:
    assert code_of(call, "action.begin", action.id) == "action.no_owner"
    for due in (None, clock.now() - timedelta(minutes=1)):
        action.due_at = due
        assert code_of(call, "action.begin", action.id, actor=ben) == "action.no_date"
    assert action.status == "open"
    assert code_of(call, "action.hand_in", action.id, actor=ben, result="x") == "action.wrong_status"
    assert code_of(call, "action.begin", None, actor=ben) == "action.no_record"


def test_what_people_leave_empty_is_asked_for(call, action: Action, ben: Person) -> None:
    call("action.begin", action.id, actor=ben)
    assert code_of(call, "action.report", action.id, actor=ben, text=" ") == "action.no_report"
    assert code_of(call, "action.hand_in", action.id, actor=ben, result=" ") == "action.no_result"
    assert code_of(call, "action.cancel", action.id, actor=ben, reason=" ") == "action.no_reason"
    assert [call("action.overdue", action.id) for _ in range(2)] == [1, 2]


def test_a_message_names_who_does_it_unless_they_have_left(
    session: Session, call, action: Action, ben: Person, chiara: Person
) -> None:
    chiara.active = False
    session.flush()
    call("action.register", action.id, title="Swap it", owner=chiara.id, due_at="2030-01-01T12:00Z")
    assert (action.title, action.owner_id) == ("Swap it", ben.id)
    call("action.register", action.id, owner=ben.id)
    assert (action.title, action.reason) == ("Swap it", "Nobody knew")


def test_any_record_is_escalated(session: Session, call, action: Action, anna: Person, ben: Person, team) -> None:
    assert code_of(call, "escalation.escalate", action.id, kind="hierarchical") == "escalation.nobody"
    assign_role(session, "improvement.process_manager", person_id=ben.id)
    assign_role(session, "management.sms_manager", person_id=anna.id)
    assert call("escalation.escalate", action.id, kind="hierarchical", reason="Late") is None
    assert action.owner_id == anna.id, "Ben manages improvement himself"
    assert code_of(call, "escalation.escalate", action.id, kind="functional") == "escalation.no_team"
    network = team("network", level=2)
    assert code_of(call, "escalation.escalate", action.id, kind="functional", target="moon") == "escalation.no_team"
    assert call("escalation.escalate", action.id, kind="functional", target="team.network") == 2
    assert (action.team_id, action.owner_id) == (network.id, None)
    assert [comment.body for comment in comments_of(session, action.id, public_only=False)] == ["Escalated: Late"]
    call("action.cancel", action.id, actor=ben, reason="Enough")
    assert code_of(call, "escalation.escalate", action.id, kind="hierarchical") == "escalation.already_closed"
    assert code_of(call, "escalation.escalate", None, kind="hierarchical") == "escalation.no_record"
