"""People, organisations, teams and roles on the administration's pages, as an administrator uses and misuses them."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from app import clock
from app.domain.journal.records import JournalEntry
from app.domain.people import assignments, sign_in
from app.domain.people.assignments import Wish
from app.domain.people.fresh import take_turns
from app.domain.people.records import (
    Absence,
    ApiToken,
    AuthSession,
    Organisation,
    Person,
    RoleAssignment,
    Team,
    TeamMember,
)
from app.domain.people.tokens import create_token
from app.domain.records.records import Record
from app.engine.records import Task
from tests.jobs.waiting import until
from tests.web.house import ADMIN, AUDITOR, TEAM, Places
from tests.web.office import Browser, Office

ANNA, BEN, CHIARA = "Anna Novak", "Ben Osei", "Chiara Ricci"
STAFF = "incidents.process_staff"
LONG = "Ж" * 5000


@pytest.fixture
def marek(house: Office) -> Iterator[Browser]:
    """The administrator's browser."""
    with house.browser(ADMIN) as browser:
        yield browser


def stored(house: Office, model: type, *conditions: object) -> list:
    with house.parts.database.transaction() as session:
        rows = list(session.scalars(select(model).where(*conditions)))
        session.expunge_all()
        return rows


def noted(house: Office, subject: str) -> list[str]:
    """What the journal says of a subject."""
    rows = stored(house, JournalEntry, JournalEntry.chain == f"system:{subject}")
    return [row.event for row in sorted(rows, key=lambda row: row.position)]


def fields(browser: Browser, path: str) -> dict[str, str]:
    """What the first form of a page holds."""
    form = browser.see(path).all("//main//form[@method='post']")[0]
    return {name: value for name, value in form.form_values() if name != "_csrf"}


def test_an_organisation_is_added_and_changed_once(house: Office, marek: Browser) -> None:
    path = "/administration/organisations"
    assert marek.post(f"{path}/new", {"name": "Institute of Marine Biology", "kind": "customer"}).status_code == 303
    again = marek.post(f"{path}/new", {"name": "institute of marine biology", "kind": "customer"})
    assert again.status_code == 422 and "of this name already" in again.text
    [one] = stored(house, Organisation, Organisation.kind == "customer")
    known = fields(marek, f"{path}/{one.id}")
    assert marek.post(f"{path}/{one.id}", {**known, "email": "lab@example.org", "active": "1"}).status_code == 303
    stale = marek.post(f"{path}/{one.id}", {**known, "name": "Something else"})
    assert stale.status_code == 409 and "Something else" in stale.text
    [one] = stored(house, Organisation, Organisation.id == one.id)
    assert (one.name, one.email, one.version) == ("Institute of Marine Biology", "lab@example.org", 2)
    assert noted(house, f"organisation:{one.id}") == ["organisation.added", "organisation.changed"]
    assert "Institute of Marine Biology" in marek.see(path).text


def test_what_an_organisation_cannot_be(marek: Browser) -> None:
    wrong = {"name": LONG, "kind": "friend", "email": "nowhere"}
    answer = marek.post("/administration/organisations/new", wrong)
    assert answer.status_code == 422
    assert answer.text.count('aria-invalid="true"') == 3
    assert marek.get("/administration/organisations/999").status_code == 404


def test_a_person_is_added_found_and_changed(house: Office, marek: Browser) -> None:
    new = fields(marek, "/administration/people/new")
    wanted = {**new, "name": "Leila Haddad", "login": "leila", "email": "leila@example.org"}
    answer = marek.post("/administration/people/new", wanted)
    assert answer.status_code == 303
    path = answer.headers["location"]
    assert marek.post("/administration/people/new", wanted).status_code == 422
    assert "Leila Haddad" in marek.see("/administration/people?q=haddad+leila").text
    assert "Nobody matches" in marek.see("/administration/people?q=%25").text
    assert "Leila Haddad" not in marek.see("/administration/people?q=leila&state=left").text
    known = fields(marek, path)
    assert marek.post(path, {**known, "name": "<script>x</script>"}).status_code == 303
    page = marek.see(path)
    assert "<script>x</script>" in page.text and not page.all("//main//script")
    stale = marek.post(path, {**known, "name": "Too late"})
    assert stale.status_code == 409
    assert noted(house, f"person:{path.rpartition('/')[2]}") == ["person.added", "person.changed"]


def test_what_a_person_cannot_be(house: Office, marek: Browser) -> None:
    wrong = {
        "name": "", "login": "a b", "email": "x", "time_zone": "Mars/Olympus", "locale": "en", "organisation": "7",
        "password": "short", "department": LONG,
    }  # fmt: skip
    answer = marek.post("/administration/people/new", wrong)
    assert answer.status_code == 422 and "short" not in answer.text.partition("<main")[2].replace("shortcut", "")
    for told in ("name", "login", "email", "time_zone", "organisation", "password", "department"):
        assert f'id="{told}-error"' in answer.text, told
    for locale in ("xx", ""):
        assert marek.post("/administration/people/new", {**wrong, "locale": locale}).status_code == 422


def test_the_last_administrator_stays_one(house: Office, marek: Browser) -> None:
    path = f"/administration/people/{house.people[ADMIN]}"
    known = {name: value for name, value in fields(marek, path).items() if name != "administrator"}
    answer = marek.post(path, known)
    assert answer.status_code == 409 and "Somebody must stay" in answer.text
    assert marek.post(f"{path}/leave", {}).status_code == 409


def test_teams_take_people_in_and_let_them_go(house: Office, marek: Browser) -> None:
    answer = marek.post("/administration/teams/new", {"name": "Night shift", "key": "night", "level": "1"})
    assert answer.status_code == 303
    path = answer.headers["location"]
    assert marek.post("/administration/teams/new", {"name": "Night shift", "key": "night"}).status_code == 422
    assert marek.post("/administration/teams/new", {"name": "", "key": "N!", "level": "9"}).status_code == 422
    for who in ("ben.osei", "anna novak"):
        assert marek.post(f"{path}/members", {"who": who, "shown": [], "member": []}).status_code == 303
    assert marek.post(f"{path}/members", {"who": "nobody.here"}).status_code == 422
    anna, ben = str(house.people[ANNA]), str(house.people[BEN])
    # Anna joined after the page was opened that shows Ben alone: she stays.
    assert marek.post(f"{path}/members", {"shown": [ben], "member": [], "leader": []}).status_code == 303
    assert "Anna Novak" in marek.see(path).text and "Ben Osei is a member" not in marek.get(path).text
    marek.post(f"{path}/members", {"shown": [anna], "member": [anna], "leader": [anna]})
    assert noted(house, f"person:{anna}")[-2:] == ["team.joined", "team.led"]


def test_who_leaves_a_team_gives_back_its_tasks(house: Office, marek: Browser) -> None:
    places = Places(house)
    nadia = house.people[TEAM]
    house.browser(TEAM).post(f"/work/tasks/{places['help']}/claim", {})
    [team] = stored(house, Team, Team.key == "storage")
    answer = marek.post(f"/administration/teams/{team.id}/members", {"shown": [str(nadia)]})
    assert answer.status_code == 303
    assert "Tasks that went back to the team: 1." in marek.see(answer.headers["location"]).text
    [task] = stored(house, Task, Task.id == places["help"])
    assert task.assignee_id is None
    assert house.browser(TEAM).get(f"/work/tasks/{places['help']}").status_code == 404


def test_a_role_is_given_and_ended(house: Office, marek: Browser) -> None:
    path = f"/administration/roles/{STAFF}"
    assert "Chiara Ricci" not in marek.see(path).text.partition("Give this role")[0]
    for wanted, status in (
        ({"who": "chiara.ricci"}, 303), ({"who": "chiara.ricci"}, 409), ({}, 422), ({"who": "x"}, 422),
        ({"who": "ines.duarte", "valid_from": "yesterday"}, 422),
        ({"who": "ines.duarte", "valid_until": "2001-01-01"}, 422), ({"who": "ines.duarte", "service": "77"}, 422),
        ({"who": "ines.duarte", "record": "INC-0"}, 422), ({"who": "ines.duarte", "team": "1"}, 422),
    ):  # fmt: skip
        assert marek.post(path, wanted).status_code == status, wanted
    [row] = stored(house, RoleAssignment, RoleAssignment.person_id == house.people[CHIARA])
    assert marek.post(f"{path}/assignments/{row.id}/end", {"last_day": "2001-01-01"}).status_code == 422
    # Of another role it is not.
    other = f"/administration/roles/changes.cab/assignments/{row.id}/end"
    assert marek.post(other, {}).status_code == 404
    assert marek.post(f"{path}/assignments/{row.id}/end", {}).status_code == 303
    assert marek.post(f"{path}/assignments/{row.id}/end", {}).status_code == 409
    assert noted(house, f"role:{STAFF}")[-2:] == ["role.assigned", "role.ended"]
    assert marek.get("/administration/roles/case.owner").status_code == 404


def test_the_page_of_roles_shows_holders_tasks_and_findings(house: Office, marek: Browser) -> None:
    page = marek.see("/administration/roles")
    assert "Anna Novak" in page.text and "vacant" in page.text
    assert "Nobody holds “SMS owner”." in page.text
    assert (
        "Watch for times that are about to be missed."
        in marek.see("/administration/roles/incidents.process_manager").text
    )  # noqa: E501
    person = marek.see(f"/administration/people/{house.people[ANNA]}")
    assert "Carry out the work of the process as it is described." in person.text
    assert "Carry out the work" in house.browser(ANNA).see("/account/roles").text


def test_rules_of_segregation_demand_a_reason(house: Office, marek: Browser) -> None:
    rule = {"first": "*.process_staff", "second": "management.auditor", "reason": "Nobody audits their own work."}
    assert marek.post("/administration/segregation", rule).status_code == 303
    assert marek.post("/administration/segregation", {**rule, "reason": ""}).status_code == 422
    path = "/administration/roles/management.auditor"
    refused = marek.post(path, {"who": "anna.novak"})
    assert refused.status_code == 422 and "Nobody audits their own work." in refused.text
    assert marek.post(path, {"who": "anna.novak", "reason": "Until May only"}).status_code == 303
    assert "Anna Novak holds both" in marek.see("/administration/roles").text
    page = marek.see("/administration/segregation")
    drops = [form.get("action") for form in page.all("//form") if str(form.get("action")).endswith("/drop")]
    assert marek.post(drops[-1], {}).status_code == 303
    assert marek.post(drops[-1], {}).status_code == 404


def test_an_absence_is_entered_for_oneself_and_by_leaders(house: Office, marek: Browser) -> None:
    anna = house.browser(ANNA)
    today = clock.now().date()
    span = {"starts": str(today), "ends": str(today + timedelta(days=2)), "substitute": "ben.osei"}
    assert anna.post("/account/absence", span).status_code == 303
    assert anna.post("/account/absence", span).status_code == 409
    assert anna.post("/account/absence", {**span, "ends": "never"}).status_code == 422
    assert "You stand in for Anna Novak" in house.browser(BEN).see("/account/absence").text
    number = house.report()
    task = house.task(number)
    anna.post(f"/work/tasks/{task.id}/claim", {})
    seen = house.browser(BEN).see(f"/work/tasks/{task.id}")
    assert "For Anna Novak, who is absent" in seen.text
    chiara = house.browser(CHIARA)
    other = {**span, "person": str(house.people[ANNA])}
    assert chiara.post("/account/absence", other).status_code == 404
    assert chiara.get(f"/account/absence?person={house.people[ANNA]}").status_code == 404
    [row] = stored(house, Absence)
    assert chiara.post(f"/account/absence/{row.id}/end", {}).status_code == 404
    assert marek.post(f"/account/absence/{row.id}/end", {}).status_code == 303
    assert house.browser(BEN).get(f"/work/tasks/{task.id}").status_code == 200
    assert "who is absent" not in house.browser(BEN).get(f"/work/tasks/{task.id}").text


def test_people_who_know_nobody_are_shown_nobody(house: Office) -> None:
    assert "anna.novak" not in house.browser(CHIARA).get("/account/absence").text


def leave_something(house: Office) -> tuple[int, str]:
    """Anna has a task, a service, a role, a token and a session."""
    anna = house.people[ANNA]
    number = house.report()
    house.browser(ANNA).post(f"/work/tasks/{house.task(number).id}/claim", {})
    with house.parts.database.transaction() as session:
        house.parts.records.create(
            session, "service", title="Anna's service", requester_id=None, owner_id=anna, values={}, actor_id=None,
            case_id=None, element="",
        )  # fmt: skip
        create_token(session, anna, "script")
        sign_in.open_session(session, anna, hours=1)
        assignments.assign(session, Wish("changes.process_manager", anna), actor_id=None)
    return anna, number


def test_who_leaves_hands_everything_over(house: Office, marek: Browser) -> None:
    anna, number = leave_something(house)
    path = f"/administration/people/{anna}/leave"
    page = marek.see(path)
    assert "Anna's service" in page.text and number in page.text
    [role] = stored(house, RoleAssignment, RoleAssignment.role == "changes.process_manager")
    given = {"all-record": "ben.osei", f"role-{role.id}": "ines.duarte", "reason": "Retires"}
    assert marek.post(path, given).status_code == 303
    ben, ines = house.people[BEN], house.people["Ines Duarte"]
    [task] = [one for one in stored(house, Task, Task.status == "open") if one.case_id == house.case(number).id]
    assert task.assignee_id is None
    assert [one.owner_id for one in stored(house, Record, Record.title == "Anna's service")] == [ben]
    with house.parts.database.transaction() as session:
        held = assignments.listed(session, RoleAssignment.role == "changes.process_manager")
        assert [one.person_id for one in held] == [ines]
        assert assignments.of_person(session, anna) == []
    assert stored(house, AuthSession, AuthSession.person_id == anna) == []
    assert [one.revoked_at is not None for one in stored(house, ApiToken, ApiToken.person_id == anna)] == [True]
    assert noted(house, f"person:{anna}")[-1] == "person.left"
    assert marek.post(path, given).status_code == 404
    assert marek.post(f"/administration/people/{anna}/return", {}).status_code == 303
    assert [one.active for one in stored(house, Person, Person.id == anna)] == [True]


def test_leaving_that_fails_half_way_changes_nothing(house: Office, marek: Browser) -> None:
    anna, number = leave_something(house)
    with house.parts.database.transaction() as session:
        assignments.assign(session, Wish("changes.process_manager", house.people[BEN]), actor_id=None)
    # Ben holds the role already: it fails after tasks and records were handed over.
    given = {"all-task": "ben.osei", "all-record": "ben.osei", "all-role": "ben.osei"}
    assert marek.post(f"/administration/people/{anna}/leave", given).status_code == 409
    assert marek.post(f"/administration/people/{anna}/leave", {"all-task": "who.ever"}).status_code == 422
    assert [one.active for one in stored(house, Person, Person.id == anna)] == [True]
    assert [one.owner_id for one in stored(house, Record, Record.title == "Anna's service")] == [anna]
    assert house.task(number).assignee_id == anna
    assert "person.left" not in noted(house, f"person:{anna}")


def test_handing_over_a_role_keeps_duties_apart(house: Office, marek: Browser) -> None:
    anna, _number = leave_something(house)
    rule = {"first": "changes.process_manager", "second": STAFF, "reason": "Whoever plans does not carry out."}
    marek.post("/administration/segregation", rule)
    path = f"/administration/people/{anna}/leave"
    with house.parts.database.transaction() as session:
        assignments.assign(session, Wish(STAFF, house.people["Ines Duarte"], reason="x"), actor_id=None)
    # Anna's staff role would be Ines's twice, so it goes to nobody; the other one breaks the rule.
    [one] = stored(house, RoleAssignment, RoleAssignment.role == "changes.process_manager")
    given = {f"role-{one.id}": "ines.duarte"}
    refused = marek.post(path, given)
    assert refused.status_code == 422 and "Whoever plans does not carry out." in refused.text
    assert marek.post(path, {**given, "reason": "Until a successor is found"}).status_code == 303


def test_whoever_oversees_reads_the_roles_and_changes_nothing(house: Office) -> None:
    paul = house.browser(AUDITOR)
    assert "Findings" in paul.see("/administration/roles").text
    page = paul.see(f"/administration/roles/{STAFF}")
    assert "Anna Novak" in page.text and not page.all("//main//form")


def test_people_are_imported_after_a_look(house: Office, marek: Browser) -> None:
    path = "/administration/people-import"
    table = "name,login,teams\nLeila Haddad,leila,storage\nAnna N.,anna.novak,\n"
    checked = marek.post(path, {"do": "check"}, files={"file": ("people.csv", table.encode())})
    assert checked.status_code == 200 and "1 new" in checked.text and "1 changed" in checked.text
    assert stored(house, Person, Person.login == "leila") == []
    wrong = table + ",,\nx y,x y,\n"
    refused = marek.post(path, {"do": "import"}, files={"file": ("people.csv", wrong.encode())})
    assert refused.status_code == 422 and "1 wrong" in refused.text
    assert stored(house, Person, Person.login == "leila") == []
    for content in (b"", b"\xff\xfe", b"a,b\n1,2"):
        assert marek.post(path, {"do": "import"}, files={"file": ("p.csv", content)}).status_code == 422
    assert marek.post(path, {"do": "import", "kept": table}).status_code == 303
    assert [one.name for one in stored(house, Person, Person.login == "anna.novak")] == ["Anna N."]
    assert noted(house, "people") == ["people.imported"]


def test_two_administrators_at_one_team_lose_nothing_of_each_other(house: Office) -> None:
    with house.parts.database.transaction() as session:
        session.get_one(Person, house.people[ANNA]).administrator = True
        team = session.scalars(select(Team).order_by(Team.id)).first()
        assert team is not None
        place = f"/administration/teams/{team.id}"
        before = list(session.scalars(select(TeamMember.person_id).where(TeamMember.team_id == team.id)))
        joins = session.scalars(
            select(Person).where(Person.id.not_in(before), Person.active).order_by(Person.id)
        ).first()
        assert joins is not None and len(before) > 1
    shown = [str(one) for one in before]
    first = house.browser(ADMIN), {"shown": shown, "member": shown[1:]}
    second = house.browser(ANNA), {"shown": shown, "member": shown, "who": joins.login}
    answers: list[int] = []

    def send(browser: Browser, sent: dict[str, Any]) -> None:
        answers.append(browser.post(f"{place}/members", sent).status_code)

    threads = [threading.Thread(target=send, args=one) for one in (first, second)]
    with house.parts.database.transaction() as session:
        # Both have looked at the page; now both wait for somebody who is at work on teams.
        take_turns(session, "teams")
        for thread in threads:
            thread.start()
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        until(lambda: session.execute(waiting).scalar_one() >= 2, "both wait")
    for thread in threads:
        thread.join()
    assert answers == [303, 303]
    with house.parts.database.transaction() as session:
        after = set(session.scalars(select(TeamMember.person_id).where(TeamMember.team_id == team.id)))
    assert after == {*before[1:], joins.id}
