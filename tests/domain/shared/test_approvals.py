"""Approvals ask the right people and never those whose own matter it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.domain.people.directory import assign_role
from app.domain.people.records import Person
from app.domain.shared import voting
from app.errors import BusinessError

OWNER, MANAGER = "changes.process_owner", "changes.process_manager"


def code_of(call, name: str, record_id: int | None = None, **parameters: object) -> str:
    with pytest.raises(BusinessError) as refusal:
        call(name, record_id, **parameters)
    return refusal.value.code


def asked(call, *, requester: Person | None = None, record_id: int | None = None, **parameters: object) -> list[str]:
    found: list[str] = call("approval.compute_approvers", record_id, requester=requester, **parameters)
    return found


def test_persons_rows_and_roles_become_voters(
    session: Session, call, anna: Person, ben: Person, chiara: Person
) -> None:
    assign_role(session, OWNER, person_id=ben.id)
    rows = [{"person": str(anna.id)}, {"role": OWNER}]
    assert asked(call, approvers=rows, rule="all") == [str(anna.id), str(ben.id)]
    assert asked(call, approvers=f"{anna.id}, {OWNER}", rule="all") == [str(anna.id), str(ben.id)]
    assert asked(call, approvers=[anna.id, str(anna.id)], rule="all") == [str(anna.id)]
    assert asked(call, approvers=rows, rule="single") == [str(anna.id)]
    assert call.lines[0][0] == "approval.asked"


def test_nobody_decides_on_their_own_matter(session: Session, call, make, anna: Person, ben: Person) -> None:
    record_id = make("incident", "Buy a switch", requester=anna, owner=ben.id)
    both = [anna.id, ben.id]
    assert asked(call, requester=anna, approvers=both, rule="all") == [str(ben.id)]
    with pytest.raises(BusinessError) as refusal:
        asked(call, record_id=record_id, approvers=both, rule="all")
    assert refusal.value.code == "approval.no_approver"
    assert asked(call, record_id=record_id, approvers=both, rule="all", allow_involved=True) == [
        str(anna.id), str(ben.id),
    ]  # fmt: skip


def test_a_role_that_only_the_requester_holds_goes_one_level_up(
    session: Session, call, anna: Person, ben: Person
) -> None:
    assign_role(session, MANAGER, person_id=anna.id)
    assign_role(session, OWNER, person_id=ben.id)
    assert asked(call, requester=anna, approvers=MANAGER) == [str(ben.id)]


def test_without_names_the_sms_manager_decides(session: Session, call, anna: Person) -> None:
    assert code_of(call, "approval.compute_approvers") == "approval.no_approver"
    assign_role(session, "management.sms_manager", person_id=anna.id)
    assert asked(call, approvers=[]) == [str(anna.id)]


def test_who_has_left_does_not_decide(session: Session, call, anna: Person) -> None:
    anna.active = False
    session.flush()
    assert code_of(call, "approval.compute_approvers", approvers=[anna.id, 4711]) == "approval.no_approver"


def test_more_approvals_than_people_are_refused_at_once(call, anna: Person) -> None:
    parameters = {"approvers": [anna.id], "rule": "n_of_m", "needed": 2}
    assert code_of(call, "approval.compute_approvers", **parameters) == "approval.not_enough_approvers"


@pytest.mark.parametrize(
    ("votes", "rule", "needed", "expected"),
    [
        (["approve"], "single", None, "approved"),
        (["reject"], "single", None, "rejected"),
        (["ask"], "single", None, "returned"),
        (["approve", "approve"], "all", None, "approved"),
        (["approve", "reject"], "all", None, "rejected"),
        (["approve", "ask"], "all", None, "returned"),
        (["reject", "ask"], "all", None, "rejected"),
        (["approve", "approve", "reject"], "n_of_m", 2, "approved"),
        (["approve", "ask", "reject"], "n_of_m", 2, "returned"),
        (["approve", "reject", "reject"], "n_of_m", 2, "rejected"),
        (["approve", "approve"], "sequential", None, "approved"),
    ],
)
def test_votes_are_counted_by_the_rule(call, votes: list[str], rule: str, needed: int | None, expected: str) -> None:
    assert call("approval.tally", votes=votes, rule=rule, needed=needed) == expected
    assert call("approval.tally", votes=[{"vote": vote} for vote in votes], rule=rule, needed=needed) == expected


def test_senseless_votes_are_refused(call) -> None:
    assert code_of(call, "approval.tally", votes=[]) == "approval.no_votes"
    assert code_of(call, "approval.tally", votes=["maybe"]) == "approval.unknown_vote"
    assert code_of(call, "approval.tally", votes=["approve"], rule="n_of_m") == "approval.not_enough_approvers"


votes = st.lists(st.sampled_from(["approve", "reject", "ask"]), min_size=1, max_size=7)


@given(votes=votes, rule=st.sampled_from(["single", "all", "sequential"]), place=st.integers(0, 6))
def test_one_more_approval_never_makes_it_worse(votes: list, rule: voting.Rule, place: int) -> None:
    order = ["rejected", "returned", "approved"]
    better = list(votes)
    better[place % len(votes)] = "approve"
    assert order.index(voting.count(better, rule)) >= order.index(voting.count(votes, rule))
