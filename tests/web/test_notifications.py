"""What people are told, on their page and by mail: of what concerns them, once, and as they have chosen."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, select, update

from app import clock
from app.domain.incidents.records import Incident
from app.domain.notifications import choices, webhooks
from app.domain.notifications.choices import Choice, Hours
from app.domain.notifications.records import Notification
from app.domain.people.records import Person, RoleAssignment
from app.domain.records.records import Comment
from app.engine import commands
from app.engine.records import Case, Task
from app.insight.telling.of_tasks import TaskNews
from app.web.i18n import label_in
from tests.web.house import ADMIN, AUDITOR, MANAGER, OTHER, REQUESTER, STAFF, TEAM, Places
from tests.web.office import Office
from tests.web.telling import send, tell, told

BEN = "Ben Osei"
# Roles are held from today on, so all of it happens later.
MONDAY = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)


def kinds(house: Office, who: str) -> list[str]:
    return [row.event or "" for row in told(house, who)]


def mailed(house: Office, who: str) -> list[str]:
    return [row.template for row in told(house, who) if row.status == "sent"]


@contextmanager
def changing(house: Office) -> Iterator[Any]:
    with house.parts.database.transaction() as session:
        yield session


def reassign(house: Office, task_id: int, by: str, to: str) -> None:
    answer = house.browser(by).post(f"/work/tasks/{task_id}/reassign", {"to": str(house.people[to])})
    assert answer.status_code == 303, answer.text


def test_a_role_is_offered_a_task_and_who_takes_it_settles_that_for_all(house: Office, places: Places) -> None:
    task = places["look"]
    tell(house)
    assert kinds(house, STAFF) == ["task.offered"]
    # The other task of the case is offered to the storage team, in which Ben is as well.
    assert kinds(house, TEAM) == ["task.offered"] and kinds(house, BEN) == ["task.offered", "task.offered"]
    assert kinds(house, REQUESTER) == kinds(house, OTHER) == []
    tell(house)
    assert len(told(house, STAFF)) == 1
    assert house.browser(STAFF).see("/work").all("//a[@class='icobtn bell']/@aria-label") == ["1 unread notification"]
    house.browser(STAFF).post(f"/work/tasks/{task}/claim", {})
    tell(house)
    # Who takes a task is not told that they have it; for the others the offer is settled.
    assert kinds(house, STAFF) == ["task.offered"]
    assert {row.task_id: row.read_at is not None for row in told(house, BEN)} == {task: True, places["help"]: False}
    send(house)
    assert mailed(house, STAFF) == mailed(house, BEN) == []


def test_who_is_given_a_task_and_who_had_it_are_told_once(house: Office, places: Places) -> None:
    task = places["look"]
    house.browser(STAFF).post(f"/work/tasks/{task}/claim", {})
    tell(house)
    reassign(house, task, MANAGER, BEN)
    for _ in range(2):
        tell(house)
    send(house)
    [gone] = told(house, STAFF, "task.withdrawn")
    [given] = told(house, BEN, "task.assigned")
    assert given.path == f"/work/tasks/{task}" and "Assigned by: Ines Duarte" in given.body
    assert gone.path == given.path, "Anna works in the process and may go on seeing it"
    assert mailed(house, BEN) == ["task.assigned"] and mailed(house, STAFF) == []
    assert kinds(house, MANAGER) == []
    house.browser(BEN).post(f"/work/tasks/{task}", {"_version": str(house.task(places["case"], "look").version)})
    tell(house)
    assert all(row.read_at for row in told(house, BEN) if row.task_id == task), "what is done is no news"


def test_who_may_know_of_it_no_longer_is_led_nowhere(house: Office, places: Places) -> None:
    task = places["look"]
    with changing(house) as session:
        session.execute(update(Task).where(Task.id == task).values(role="person", assignee_id=house.people[OTHER]))
    tell(house)
    assert kinds(house, OTHER) == ["task.assigned"]
    with changing(house) as session:
        session.execute(update(Task).where(Task.id == task).values(assignee_id=house.people[BEN]))
    page = house.browser(OTHER).see("/notifications?all=1")
    assert "You may no longer see" not in page.text and not page.all("//ul[@class='files told']//a")
    tell(house)
    [gone] = told(house, OTHER, "task.withdrawn")
    assert (gone.path, gone.case_id, gone.task_id) == ("", None, None) and "Storage is gone" not in gone.body
    send(house)
    assert mailed(house, OTHER) == [], "the mail about the task itself was withheld, the other one is off"


def test_a_right_that_is_lost_before_the_mail_goes_out_withholds_it(house: Office, places: Places) -> None:
    path = f"/records/incident/{places['record']}"
    house.browser(MANAGER).post(f"{path}/watch", {"watch": "1"})
    house.browser(STAFF).post(f"{path}/comments", {"body": "Secret: it is the intern"})
    tell(house)
    assert kinds(house, MANAGER) == ["record.comment"]
    bell = house.browser(MANAGER)
    assert "Secret" in bell.see("/notifications").text
    with changing(house) as session:
        session.execute(delete(RoleAssignment).where(RoleAssignment.person_id == house.people[MANAGER]))
    page = bell.see("/notifications")
    assert "Secret" not in page.text and "may no longer see" in page.text
    assert bell.get(f"/notifications/{told(house, MANAGER)[0].id}").status_code == 404
    send(house)
    assert [row.status for row in told(house, MANAGER)] == ["withheld"]


def test_reading_marks_as_read_and_leads_there(house: Office, places: Places) -> None:
    places["case"]
    tell(house)
    anna, [row] = house.browser(STAFF), told(house, STAFF)
    page = anna.see("/notifications")
    assert page.all("//ul[@class='files told']//a/@href") == [f"/notifications/{row.id}"]
    answer = anna.get(f"/notifications/{row.id}")
    assert (answer.status_code, answer.headers["location"]) == (303, row.path)
    assert "You have read everything." in anna.see("/notifications").text
    assert anna.see("/work").all("//a[@class='icobtn bell']/@aria-label") == ["Notifications"]
    anna.post(f"/notifications/{row.id}", {"unread": "1", "all": "1"})
    assert anna.see("/notifications?all=1").texts("//nav[@aria-label='Which notifications']//span") == ["1"]
    anna.post(f"/notifications/{row.id}", {})
    anna.post("/notifications/read", {})
    assert house.browser(TEAM).get(f"/notifications/{row.id}").status_code == 404, "it is not theirs"


def test_the_bell_costs_pages_no_statement_and_the_api_not_even_a_count(
    house: Office, places: Places, statements: list[str]
) -> None:
    places["case"]
    tell(house)
    anna = house.browser(STAFF)
    anna.see("/start")
    statements.clear()
    anna.see("/start")
    counting = [one for one in statements if "AS unread" in one]
    assert len(counting) == 1 and "auth_session" in counting[0], "folded into the statement that finds who asks"


def test_a_person_chooses_event_by_event(house: Office, places: Places) -> None:
    anna = house.browser(STAFF)
    page = anna.see("/account/notifications")
    events = [name.removeprefix("mail:") for name in page.all("//select[starts-with(@name, 'mail:')]/@name")]
    assert events == list(choices.EVENTS)
    sent = {f"mail:{event}": "off" for event in events} | {"digest_hour": "7"}
    assert anna.post("/account/notifications", sent | {"mail:task.offered": "now"}).status_code == 303
    places["case"]
    tell(house)
    [row] = told(house, STAFF)
    assert not row.shown and row.status == "planned"
    assert anna.see("/work").all("//a[@class='icobtn bell']/@aria-label") == ["Notifications"]
    send(house)
    assert mailed(house, STAFF) == ["task.offered"] and mailed(house, BEN) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"quiet_from": "25:00"}, "Write a time like 18:30."),
        ({"quiet_from": "22:00"}, "Quiet hours need a beginning and an end."),
        ({"digest_hour": "٣"}, "Choose one of the answers that are offered."),
        ({"mail:case.stuck": "pigeon"}, "Choose one of the answers that are offered."),
    ],
)
def test_a_choice_that_is_none_is_refused(house: Office, wrong: dict[str, str], said: str) -> None:
    sent = {f"mail:{event}": "now" for event in choices.EVENTS} | {"digest_hour": "7"}
    answer = house.browser(STAFF).post("/account/notifications", sent | wrong)
    assert answer.status_code == 422 and said in answer.text


def set_choice(house: Office, who: str, hours: Hours, **mails: Any) -> None:
    with changing(house) as session:
        wanted = {name.replace("_", "."): Choice(True, mail) for name, mail in mails.items()}
        choices.choose(session, house.people[who], wanted, hours)
        session.execute(update(Person).where(Person.id == house.people[who]).values(time_zone="Asia/Tokyo"))


def write(house: Office, places: Places, *bodies: str, by: str = BEN) -> None:
    for body in bodies:
        answer = house.browser(by).post(f"/records/incident/{places['record']}/comments", {"body": body})
        assert answer.status_code == 303
    tell(house)


def test_a_daily_mail_comes_at_the_persons_hour_with_all_that_still_concerns_them(
    house: Office, places: Places
) -> None:
    set_choice(house, STAFF, Hours(digest_hour=18), record_comment="digest")
    with clock.at(MONDAY - timedelta(hours=1)):  # 17:00 in Tokyo
        house.browser(STAFF).post(f"/records/incident/{places['record']}/watch", {"watch": "1"})
        write(house, places, "The first", "The second", "The third")
        read = told(house, STAFF, "record.comment")[0]
        house.browser(STAFF).get(f"/notifications/{read.id}")
        send(house, timedelta(minutes=59))
        assert mailed(house, STAFF) == []
        send(house, timedelta(minutes=61))
    with changing(house) as session:
        [digest] = session.scalars(select(Notification).where(Notification.template == "digest")).all()
    assert digest.status == "sent" and digest.body.count("* [INC-") == 2
    states = [row.status for row in told(house, STAFF, "record.comment")]
    assert states == ["withheld", "bundled", "bundled"]


def test_quiet_hours_keep_mails_until_they_end_and_one_alone_goes_out_as_it_is(house: Office, places: Places) -> None:
    set_choice(house, STAFF, Hours(quiet_from=17 * 60, quiet_until=19 * 60))
    with clock.at(MONDAY):  # 18:00 in Tokyo
        house.browser(STAFF).post(f"/records/incident/{places['record']}/watch", {"watch": "1"})
        write(house, places, "Quietly")
        [row] = told(house, STAFF, "record.comment")
        assert (row.status, row.send_at) == ("collected", MONDAY + timedelta(hours=1))
        assert row.shown, "the page disturbs nobody"
        send(house, timedelta(hours=2))
    assert mailed(house, STAFF) == ["record.note"]


def test_nobody_is_told_twice_when_several_reasons_hold(house: Office, places: Places) -> None:
    path = f"/records/incident/{places['record']}"
    house.browser(STAFF).post(f"{path}/watch", {"watch": "1"})
    house.browser(STAFF).post(f"/work/tasks/{places['look']}/claim", {})
    write(house, places, "Have a look, @anna.novak, and you too, @ANNA.NOVAK.")
    assert kinds(house, STAFF).count("record.mention") == 1 and "record.comment" not in kinds(house, STAFF)
    send(house)
    assert mailed(house, STAFF) == ["record.mention"]
    assert set(kinds(house, BEN)) == {"task.offered"}, "nobody is told of what they wrote themselves"


def test_a_caller_without_an_account_gets_replies_by_mail_and_no_notes(house: Office, places: Places) -> None:
    number = places["record"]
    with changing(house) as session:
        incident = session.scalars(select(Incident).where(Incident.number == number)).one()
        incident.requester_id, incident.caller_name = None, "Carl Out"
        incident.caller_contact = "carl@elsewhere.example"
    path = f"/records/incident/{number}/comments"
    house.browser(STAFF).post(path, {"body": "Only among us"})
    house.browser(STAFF).post(path, {"body": "It works again", "public": "1"})
    taken_back = house.browser(STAFF)
    taken_back.post(path, {"body": "Never mind", "public": "1"})
    tell(house)
    with changing(house) as session:
        last = session.scalars(select(Comment.id).order_by(Comment.id.desc())).first()
    assert taken_back.post(f"{path}/{last}", {"withdraw": "1"}).status_code == 303
    send(house)
    with changing(house) as session:
        mails = session.scalars(
            select(Notification).where(Notification.address == "carl@elsewhere.example").order_by(Notification.id)
        ).all()
    assert [(mail.status, "It works again" in mail.body) for mail in mails] == [("sent", True), ("withheld", False)]
    assert "http" not in mails[0].body, "without an account a link leads nowhere"


def test_a_diagrams_own_mail_is_not_repeated(house: Office, places: Places) -> None:
    write(house, places, "@nobody.at.all")
    house.browser(BEN).post(f"/records/incident/{places['record']}/comments", {"body": "Solved?", "public": "1"})
    with changing(house) as session:
        case = session.scalars(select(Case).where(Case.number == places["case"])).one()
        session.add(
            Notification(
                case_id=case.id, record_id=case.record_id, person_id=house.people[REQUESTER], address="c@example.org",
                template="question.asked", subject="x", body="x", data={}, key="by the diagram", status="sent",
                created_at=clock.now(),
            )
        )  # fmt: skip
    tell(house)
    send(house)
    assert [(row.event, row.status) for row in told(house, REQUESTER)] == [("record.comment", "withheld")]


def test_a_stuck_case_is_told_to_who_can_mend_it_and_again_when_it_sticks_again(house: Office, places: Places) -> None:
    number = places["stuck"]
    for _ in range(2):
        tell(house)
    assert kinds(house, MANAGER).count("case.stuck") == kinds(house, ADMIN).count("case.stuck") == 1
    assert "case.stuck" not in kinds(house, STAFF) + kinds(house, REQUESTER) + kinds(house, AUDITOR)
    [row] = told(house, ADMIN, "case.stuck")
    assert row.path == f"/cases/{number}" and "division by zero" in row.body.lower() + row.data["excerpt"].lower()
    house.browser(MANAGER).post(f"/cases/{number}/retry", {"reason": "again"})
    tell(house)
    assert kinds(house, ADMIN).count("case.stuck") == 2


def test_what_is_old_is_no_news(house: Office, places: Places) -> None:
    with clock.at(MONDAY):
        write(house, places, "Long ago")
        started = kinds(house, STAFF)
    with changing(house) as session:
        session.execute(update(Task).values(told=None))
        session.execute(delete(Notification))
    with clock.at(MONDAY + timedelta(days=2)):
        tell(house)
    assert started and kinds(house, STAFF) == []


def test_everything_is_in_the_readers_language(house: Office, places: Places) -> None:
    with changing(house) as session:
        session.execute(update(Person).where(Person.id == house.people[STAFF]).values(locale="de"))
    places["stuck"]
    write(house, places, "@anna.novak")
    page = house.browser(STAFF).see("/notifications")
    assert "Sie werden erwähnt" in page.text and "Ihnen angeboten" in page.text and "Als gelesen markieren" in page.text
    assert not re.search(r"\b(Mark as|Unread|Offered)\b", page.text)


def test_nobody_waits_for_the_news_of_a_task_and_nobody_is_told_twice(house: Office, places: Places) -> None:
    task, version = places["look"], house.task(places["case"], "look").version
    with house.parts.database.transaction() as session:
        # Somebody works on the task while people are told of it.
        commands.locked_task(session, task)
        tell(house)
        tell(house)
    assert kinds(house, STAFF) == ["task.offered"]
    tell(house)
    assert kinds(house, STAFF) == ["task.offered"]
    with changing(house) as session:
        row = session.get_one(Task, task)
        assert (row.told, row.version) == (0, version)


def test_a_task_that_is_given_back_is_offered_again(house: Office, places: Places) -> None:
    path = f"/work/tasks/{places['look']}"
    tell(house)
    for _ in range(2):
        house.browser(STAFF).post(f"{path}/claim", {})
        tell(house)
        house.browser(STAFF).post(f"{path}/release", {})
        tell(house)
    theirs = [row for row in told(house, BEN) if row.task_id == places["look"]]
    assert [row.event for row in theirs] == ["task.offered"] * 3
    assert [row.read_at is None for row in theirs] == [False, False, True]
    assert kinds(house, STAFF) == ["task.offered"], "who gives it back is not offered it"


def test_a_round_asks_the_same_few_statements_however_many_tasks_are_news(
    house: Office, places: Places, statements: list[str]
) -> None:
    number, look = places["case"], places["look"]
    house.browser(STAFF).post(f"/work/tasks/{look}/claim", {})
    tell(house)
    set_choice(house, BEN, Hours(), task_assigned="digest", task_offered="digest")
    with changing(house) as session:
        seal, ben = webhooks.seal_of(house.parts.settings), house.people[BEN]
        webhooks.register(session, seal, "https://ben.example", ["task.assigned"], person_id=ben, actor_id=ben)

    def news(count: int) -> int:
        """Have all tasks be news once more, for new reasons, with this many more of each; returns the statements."""
        with changing(house) as session:
            case = session.scalars(select(Case).where(Case.number == number)).one()
            given = session.get_one(Task, look)
            like = {name: getattr(given, name) for name in ("diagram", "element", "name", "role", "created_at")}
            for place in range(3 * count):
                whose, before = [(BEN, STAFF), (None, OTHER), (STAFF, MANAGER)][place % 3]
                session.add(
                    Task(
                        case_id=case.id, engine_id=uuid4(), assignee_id=house.people[whose] if whose else None,
                        told=house.people[before], **like,
                    )
                )  # fmt: skip
        statements.clear()
        with changing(house) as session:
            assert TaskNews(house.parts.configuration, house.parts.notifier)(session) == 3 * count
        return len([one for one in statements if "SAVEPOINT" not in one])

    first, few, many = news(1), news(1), news(12)
    # The job for the one mail of the day is put once.
    assert many == few == first - 1 < 20, statements
    assert len(told(house, BEN, "task.assigned")) == 14
    assert len(told(house, STAFF, "task.withdrawn")) == len(told(house, STAFF, "task.assigned")) == 14
    assert {row.path for row in told(house, OTHER, "task.withdrawn")} == {""}
    assert [row.status for row in told(house, BEN, "task.assigned")] == ["collected"] * 14


def test_mails_that_pages_write_name_tasks_in_the_language_of_their_reader(house: Office) -> None:
    task = house.task(house.report())
    assert house.browser(STAFF).post(f"/work/tasks/{task.id}/claim", {}).status_code == 303
    with changing(house) as session:
        session.execute(update(Person).where(Person.id == house.people[BEN]).values(locale="de"))
        held = RoleAssignment.person_id == house.people[STAFF], RoleAssignment.role == task.role
        ended = session.scalars(select(RoleAssignment.id).where(*held)).one()
    place = f"/administration/roles/{task.role}/assignments/{ended}/end"
    assert house.browser(ADMIN).post(place, {}).status_code == 303
    told_of = {row.person_id: row for row in told(house) if row.template == "task.returned"}
    german, called = told_of[house.people[BEN]], label_in(task.name, "de")
    assert called != task.name and called in german.subject and task.name not in german.subject + german.body
