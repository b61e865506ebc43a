"""People, teams and roles over the API: who may look, what is shown, how roles are given and end."""

from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.domain.people import segregation
from app.engine import commands
from tests.stage import STAFF, Stage
from tests.web.api.conftest import problem

ADMIN, ANNA, BEN, CHIARA, SOFIA = "Marek Dvorak", "Anna Novak", "Ben Osei", "Chiara Ricci", "Sofia Lindqvist"
ROLES = "/api/v1/roles"
PATH = f"{ROLES}/{STAFF}/assignments"


def test_people_come_page_by_page(desk: Stage) -> None:
    api = desk.api(ANNA)
    first = api.get("/api/v1/people?limit=3").json()
    rest = api.get(f"/api/v1/people?after={first['next']}").json()
    names = [one["name"] for one in (*first["items"], *rest["items"])]
    assert sorted(names) == sorted(desk.people) and rest["next"] is None
    assert api.get("/api/v1/people?active=false").json()["items"] == []
    problem(api.get("/api/v1/people?after=x"), 422)


def test_teams_and_roles_tell_who_is_there(desk: Stage) -> None:
    api = desk.api(ANNA)
    [team] = api.get("/api/v1/teams").json()["items"]
    assert (team["key"], [one["name"] for one in team["members"]]) == ("network", [SOFIA])
    roles = {one["key"]: one for one in api.get(ROLES).json()["items"]}
    assert [one["name"] for one in roles[STAFF]["assignments"]] == [ANNA, BEN]
    assert roles["management.sms_owner"]["vacant"] and not roles[STAFF]["vacant"]
    assert "Carry out the work of the process as it is described." in roles[STAFF]["tasks"]


def test_a_role_is_given_and_ended(desk: Stage) -> None:
    api, chiara = desk.api(ADMIN), str(desk.people[CHIARA])
    until = (clock.now() + timedelta(days=2)).isoformat()
    given = api.post(PATH, json={"person": chiara, "valid_until": until}).json()
    assert (given["name"], given["current"], given["only_for"]) == (CHIARA, True, None)
    problem(api.post(PATH, json={"person": chiara}), 409)
    desk.start(by=BEN, values={"title": "Gone"})
    task = desk.tasks("open")[-1]
    desk.on_task(commands.claim, task.id, CHIARA)
    ended = api.post(f"{PATH}/{given['id']}/end", json={})
    assert ended.status_code == 200 and CHIARA not in ended.text
    assert desk.tasks("open")[-1].assignee_id is None
    problem(api.post(f"{PATH}/{given['id']}/end", json={}), 409)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422), ({"person": "999"}, 422), ({"person": "x"}, 404), ({"team": "nobody"}, 422),
        ({"person": "1", "team": "network"}, 422), ({"person": "1", "record": "INC-0"}, 422),
        ({"person": "1", "service": "INC-2026-0001"}, 422),
        ({"person": "1", "valid_until": "2001-01-01T00:00:00Z"}, 422),
        ({"person": "1", "valid_from": "2026-01-01"}, 422), ({"person": "1", "reason": "x" * 501}, 422),
        ({"person": 1}, 422), ({"nonsense": "1"}, 422),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(desk: Stage, body: dict[str, Any], status: int) -> None:
    problem(desk.api(ADMIN).post(f"{ROLES}/changes.cab/assignments", json=body), status)
    problem(desk.api(ADMIN).post(f"{ROLES}/case.owner/assignments", json={"person": "1"}), 404)


def test_a_rule_of_segregation_is_named(desk: Stage) -> None:
    with desk.parts.database.transaction() as session:
        segregation.add_rule(session, STAFF, "management.auditor", "Nobody audits their own.", actor_id=None)
    api, anna = desk.api(ADMIN), str(desk.people[ANNA])
    path = f"{ROLES}/management.auditor/assignments"
    assert "Nobody audits their own." in problem(api.post(path, json={"person": anna}), 422)["fields"]["reason"][0]
    assert api.post(path, json={"person": anna, "reason": "Until May"}).status_code == 201
