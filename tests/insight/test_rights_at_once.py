"""Rights change while others work or change them, too: nobody keeps a task by a role that is gone, nothing is lost."""

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.people import assignments, persons, segregation, teams
from app.domain.people.assignments import Wish
from app.domain.people.records import Person, RoleAssignment, Team, TeamMember
from app.engine import commands, returning
from app.engine.records import Task
from app.errors import BusinessError, Conflict, Invalid, NotFound, StellwerkError
from app.insight import leaving
from tests.at_once import at_once
from tests.engine.drawings import end, flows, start, user
from tests.jobs.waiting import until
from tests.stage import STAFF, Stage, draw, form

ANNA, BEN, CHIARA, SOFIA, MAREK, INES = (
    "Anna Novak", "Ben Osei", "Chiara Ricci", "Sofia Lindqvist", "Marek Dvorak", "Ines Duarte"
)  # fmt: skip
Work = Callable[[Session], Any]


@pytest.fixture
def office(stage: Stage) -> Stage:
    stage.publish(
        draw("walk", start() + user("look") + user("next") + end() + flows("s look next e")), form("look"), form("next")
    )
    stage.start()
    return stage


def overlapping(stage: Stage, first: Work, second: Work) -> Any:
    """Begin the second work while the first is not stored yet; returns what the second gave, or what it was told."""
    answers: list[Any] = []

    def carry_out() -> None:
        try:
            with stage.parts.database.transaction() as session:
                answers.append(second(session))
        except (StellwerkError, BusinessError) as error:
            answers.append(error)

    thread = threading.Thread(target=carry_out)
    with stage.parts.database.transaction() as session:
        first(session)
        thread.start()
        until(lambda: not thread.is_alive() or waits(stage), "the second one waits or has ended")
    thread.join()
    return answers[0]


def waits(stage: Stage, many: int = 1) -> bool:
    with stage.parts.database.transaction() as session:
        return session.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar_one() >= many


def claiming(stage: Stage, name: str) -> Work:
    """Claim the open task, as who the person was a moment ago."""
    who, task = stage.who(name), stage.task("look").id
    return lambda session: commands.claim(stage.parts.engine, session, task, who)


def completing(stage: Stage, name: str) -> Work:
    who, task = stage.who(name), stage.task("look").id
    return lambda session: commands.complete(stage.parts.engine, session, task, who, {})


def ending(stage: Stage, name: str) -> Work:
    """End a person's role as the page does it."""
    marek = stage.who(MAREK)
    [row] = stage.rows(RoleAssignment, RoleAssignment.person_id == stage.people[name])

    def work(session: Session) -> None:
        whom = assignments.concerned_by(session, row.id)
        with returning.watching(stage.parts.engine, session, whom, marek):
            assignments.end(session, row.id, actor_id=marek.person_id)

    return work


def going(stage: Stage, name: str, by: str = MAREK, heir: str = "") -> Work:
    """Close a person's account, everything handed to an heir or back."""
    who, parts, person = stage.who(by), stage.parts, stage.people[name]

    def work(session: Session) -> Any:
        heirs = dict.fromkeys((one.key for one in leaving.open_with(session, person).items), stage.people.get(heir))
        return leaving.leave(parts.engine, parts.records, session, person, heirs, who)

    return work


def giving(stage: Stage, name: str, role: str) -> Work:
    wish = Wish(role, person_id=stage.people[name])
    return lambda session: assignments.assign(session, wish, actor_id=stage.people[MAREK])


def state(stage: Stage) -> tuple[str, int | None]:
    [task] = stage.rows(Task, Task.element == "look")
    return task.status, task.assignee_id


@pytest.mark.parametrize("losing", [ending, going])
def test_nobody_gets_a_task_by_a_role_that_is_taken_from_them_at_the_same_moment(office: Stage, losing: Any) -> None:
    late, stale = claiming(office, ANNA), claiming(office, ANNA)
    assert isinstance(overlapping(office, losing(office, ANNA), late), Conflict)
    assert state(office) == ("open", None)
    with pytest.raises((NotFound, Conflict)), office.parts.database.transaction() as session:
        stale(session)
    assert state(office) == ("open", None), "nor a moment later, as who they were then"


@pytest.mark.parametrize("losing", [ending, going])
def test_what_was_claimed_a_moment_before_the_role_was_lost_goes_back(office: Stage, losing: Any) -> None:
    answer = overlapping(office, claiming(office, ANNA), losing(office, ANNA))
    assert not isinstance(answer, Exception), answer
    assert state(office) == ("open", None)
    assert office.events(office.rows(Task)[0].case_id)[-1] == "task.returned@look"


def test_a_task_that_is_being_completed_is_done_or_goes_back_but_never_both(office: Stage) -> None:
    with office.parts.database.transaction() as session:
        claiming(office, ANNA)(session)
    answer = overlapping(office, completing(office, ANNA), ending(office, ANNA))
    assert not isinstance(answer, Exception), answer
    assert state(office)[0] == "done" and "task.returned@look" not in office.events(office.rows(Task)[0].case_id)


def test_nothing_is_handed_to_somebody_who_leaves(office: Stage) -> None:
    who, task, ben = office.who(INES), office.task("look").id, office.people[BEN]

    def hand(session: Session) -> Any:
        return commands.reassign(office.parts.engine, session, task, who, ben)

    assert isinstance(overlapping(office, going(office, BEN), hand), Conflict)
    with pytest.raises(Conflict), office.parts.database.transaction() as session:
        hand(session)
    assert state(office) == ("open", None)


def test_a_role_that_is_given_to_somebody_who_leaves_is_refused_or_ended(office: Stage) -> None:
    told = overlapping(office, going(office, BEN), giving(office, BEN, "changes.cab"))
    assert isinstance(told, Invalid) and list(told.fields) == ["who"]
    answer = overlapping(office, giving(office, SOFIA, "changes.cab"), going(office, SOFIA))
    assert not isinstance(answer, Exception), answer
    assert all(row.valid_until for row in office.rows(RoleAssignment, RoleAssignment.person_id == office.people[SOFIA]))


def test_a_team_takes_nobody_in_who_leaves(office: Stage) -> None:
    def joining(name: str) -> Work:
        def work(session: Session) -> Any:
            team = session.scalars(select(Team)).one()
            wanted = [*session.scalars(select(TeamMember.person_id)), office.people[name]]
            return teams.set_members(session, team.id, wanted, [], actor_id=office.people[MAREK])

        return work

    assert isinstance(overlapping(office, going(office, BEN), joining(BEN)), Invalid)
    answer = overlapping(office, joining(ANNA), going(office, ANNA))
    assert not isinstance(answer, Exception), answer
    with office.parts.database.transaction() as session:
        assert list(session.scalars(select(TeamMember.person_id))) == [office.people[SOFIA]]


def test_of_two_who_give_the_same_or_what_must_not_be_together_the_second_is_told(office: Stage) -> None:
    again = giving(office, CHIARA, STAFF)
    assert isinstance(overlapping(office, giving(office, CHIARA, STAFF), again), Conflict)
    with office.parts.database.transaction() as session:
        segregation.add_rule(
            session, "incidents.process_manager", "management.auditor", "Nobody audits their own work.", actor_id=None
        )
    both = giving(office, SOFIA, "incidents.process_manager"), giving(office, SOFIA, "management.auditor")
    told = overlapping(office, *both)
    assert isinstance(told, Invalid) and list(told.fields) == ["reason"]


def test_two_administrators_close_each_others_accounts_and_one_stays(office: Stage) -> None:
    with office.parts.database.transaction() as session:
        session.get_one(Person, office.people[INES]).administrator = True
    told = overlapping(office, going(office, MAREK, by=INES), going(office, INES, by=MAREK))
    assert isinstance(told, Conflict)
    with office.parts.database.transaction() as session:
        with pytest.raises(Conflict):
            persons.refuse_without_administrator(session, office.people[INES])
        assert session.get_one(Person, office.people[INES]).active


def test_a_leaver_and_a_lost_role_that_touch_the_same_cases_do_not_block_each_other(office: Stage) -> None:
    office.start()
    office.start()
    tasks = [task.id for task in office.tasks("open")]
    # In each case one has a task; who hands over goes through tasks, who gives back through cases.
    for place, task in enumerate(tasks):
        office.on_task(commands.claim, task, (ANNA, BEN, ANNA)[place])

    def in_a_transaction(work: Work) -> None:
        with office.parts.database.transaction() as session:
            work(session)

    works = [going(office, BEN, heir=INES), ending(office, ANNA)]
    assert at_once(*[partial(in_a_transaction, work) for work in works]) == [None, None]
    found = {task.id: task.assignee_id for task in office.tasks("open")}
    assert found == {tasks[0]: None, tasks[1]: office.people[INES], tasks[2]: None}
