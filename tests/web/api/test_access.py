"""Who may do what over the API: every endpoint for every kind of person, and every way to have no valid token."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import clock
from app.domain.people import accounts, sign_in, tokens
from app.operations import OperationContext
from tests.engine.drawings import end, flows, service, start, user
from tests.stage import YEAR, Stage, draw
from tests.web.api.conftest import problem

REQUESTER, STAFF, OTHER, MANAGER, AUDITOR, ADMIN = (
    "Chiara Ricci", "Anna Novak", "Sofia Lindqvist", "Ines Duarte", "Paul Okafor", "Marek Dvorak"
)  # fmt: skip
PEOPLE = (REQUESTER, STAFF, OTHER, MANAGER, AUDITOR, ADMIN)
REASON = {"reason": "because"}
HOOK = {"url": "https://example.org/hook", "events": ["task.assigned"]}
CLAIM = {"action": "claim", "tasks": [{"id": "999999", "version": 1}]}
MOVE = {"task": "999999", "to": "1", "version": 1}
SEEN = {"version": 1}
ANSWER = {"name": "Hello", "area": "incidents", "texts": {"en": "Hello"}}
NIGHT = {"version": 0, "name": "Night", "time_zone": "UTC", "hours": {"mon": [["22:00", "24:00"]]}}
AGREEMENT = {"type": "default", "title": "Standard", "calendar": "nowhere"}
LINK = {"type": "related_to", "to": f"SVC-{YEAR}-0001"}

# A case of Chiara Ricci, worked on by the staff of the area; `other` works in another area.
#  endpoint                          body                 requester staff other manager auditor administrator
TABLE: list[tuple[str, Any, tuple[int, int, int, int, int, int]]] = [
    ("GET /api/v1/diagrams",                 None,              (200, 200, 200, 200, 200, 200)),
    ("POST /api/v1/diagrams/walk/cases",     {"values": {"title": "x"}}, (201, 201, 201, 201, 201, 201)),
    ("POST /api/v1/diagrams/closed/cases",   {},                (403, 201, 403, 403, 403, 201)),
    ("POST /api/v1/diagrams/nowhere/cases",  {},                (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/cases",                    None,              (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/cases/{case}",             None,              (200, 200, 404, 200, 200, 200)),
    ("GET /api/v1/cases/{case}/journal",     None,              (403, 200, 404, 200, 200, 200)),
    ("POST /api/v1/cases/{stuck}/retry",     REASON,            (403, 403, 404, 200, 403, 200)),
    ("POST /api/v1/cases/{stuck}/data",      REASON | {"data": {}}, (403, 403, 404, 200, 403, 200)),
    ("POST /api/v1/cases/{stuck}/skip",      REASON,            (403, 403, 404, 200, 403, 200)),
    ("POST /api/v1/cases/{case}/skip",       REASON,            (403, 403, 404, 409, 403, 409)),
    ("POST /api/v1/cases/{case}/cancel",     REASON,            (403, 403, 404, 200, 403, 200)),
    ("GET /api/v1/tasks",                    None,              (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/tasks/{task}",             None,              (200, 200, 404, 200, 200, 200)),
    ("POST /api/v1/tasks/{task}/claim",      None,              (403, 200, 404, 403, 403, 403)),
    ("POST /api/v1/tasks/{task}/take-over",  None,              (403, 403, 404, 403, 403, 403)),
    ("POST /api/v1/tasks/{task}/release",    None,              (403, 200, 404, 403, 403, 403)),
    ("POST /api/v1/tasks/{task}/put-off",    {"until": None},   (403, 200, 404, 403, 403, 403)),
    ("POST /api/v1/tasks/{task}/complete",   {"values": {"title": "x"}}, (403, 200, 404, 403, 403, 403)),
    ("POST /api/v1/tasks/bulk",              CLAIM,             (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/waiting",                  None,              (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/workload",                 None,              (403, 403, 403, 200, 403, 200)),
    ("POST /api/v1/workload/moves",          MOVE,              (403, 403, 403, 404, 403, 404)),
    ("GET /api/v1/calendar",                 None,              (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/schedules",                None,              (403, 403, 403, 200, 200, 200)),
    ("GET /api/v1/schedules/999999",         None,              (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/schedules/999999/occurrences", None,          (404, 404, 404, 404, 404, 404)),
    ("POST /api/v1/schedules/999999/override", SEEN | REASON,   (404, 404, 404, 404, 404, 404)),
    ("POST /api/v1/schedules/999999/pause",  SEEN | REASON,     (404, 404, 404, 404, 404, 404)),
    ("POST /api/v1/schedules/999999/resume", SEEN,              (404, 404, 404, 404, 404, 404)),
    ("POST /api/v1/schedules/999999/run",    SEEN,              (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/answers",                  None,              (403, 403, 403, 200, 403, 200)),
    ("POST /api/v1/answers",                 ANSWER,            (403, 403, 403, 201, 403, 201)),
    ("PUT /api/v1/answers/999999",           ANSWER | {"version": 1}, (403, 403, 403, 404, 403, 404)),
    ("DELETE /api/v1/answers/999999",        None,              (403, 403, 403, 404, 403, 404)),
    ("POST /api/v1/messages/alert.raised",   {"key": "x"},      (403, 202, 202, 202, 403, 202)),
    ("GET /api/v1/records/incident",         None,              (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/records/incident/{record}", None,             (200, 200, 404, 200, 200, 200)),
    ("GET /api/v1/records/incident/{record}/links", None,       (200, 200, 404, 200, 200, 200)),
    ("GET /api/v1/records/incident/{record}/thread", None,      (200, 200, 404, 200, 200, 200)),
    ("POST /api/v1/records/incident/{record}/links", LINK,      (403, 201, 404, 201, 403, 201)),
    ("DELETE /api/v1/records/incident/{record}/links/1", None,  (403, 404, 404, 404, 403, 404)),
    ("POST /api/v1/records/incident/{record}/merge", {"into": f"SVC-{YEAR}-0001", "reason": "x"},
     (403, 403, 404, 403, 403, 422)),
    ("GET /api/v1/imports/incident/fields",  None,              (403, 403, 403, 200, 403, 200)),
    ("POST /api/v1/imports/incident",        {},                (403, 403, 403, 422, 403, 422)),
    ("POST /api/v1/lists/incident/changes",  {"numbers": []},   (403, 422, 422, 422, 422, 422)),
    ("GET /api/v1/batches/999999",           None,              (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/batches/999999/lines",     None,              (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/batches/999999/faults.csv", None,             (404, 404, 404, 404, 404, 404)),
    ("POST /api/v1/batches/999999/check",    None,              (404, 404, 404, 404, 404, 404)),
    ("POST /api/v1/batches/999999/carry-out", REASON,           (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/option-lists",             None,              (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/option-lists/incident.category", None,            (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/tags",                     None,              (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/records/incident/{record}/history", None,     (403, 200, 404, 200, 200, 200)),
    ("GET /api/v1/records/incident/{record}/times", None,       (200, 200, 404, 200, 200, 200)),
    ("GET /api/v1/agreements/applying",      None,              (403, 200, 403, 200, 200, 200)),
    ("POST /api/v1/agreements",              AGREEMENT,         (403, 403, 403, 403, 403, 422)),
    ("GET /api/v1/agreements/AGR-2000-0001", None,              (404, 404, 404, 404, 404, 404)),
    ("PUT /api/v1/agreements/AGR-2000-0001", AGREEMENT | {"updated_at": "2026-03-06T15:50:00Z"}, (404,) * 6),
    ("POST /api/v1/agreements/AGR-2000-0001/activate", None,    (404, 404, 404, 404, 404, 404)),
    ("POST /api/v1/agreements/AGR-2000-0001/end", REASON,       (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/records/incident/{record}/tags", None,        (403, 200, 404, 200, 200, 200)),
    ("POST /api/v1/records/incident/{record}/tags", {"name": "x"}, (403, 200, 404, 200, 403, 200)),
    ("DELETE /api/v1/records/incident/{record}/tags/tag", None, (403, 200, 404, 200, 403, 200)),
    ("GET /api/v1/records/incident/{record}/watchers", None,    (200, 200, 404, 200, 200, 200)),
    ("PUT /api/v1/records/incident/{record}/watchers/me", None, (200, 200, 404, 200, 200, 200)),
    ("PUT /api/v1/records/incident/{record}/watchers/999999", None, (403, 422, 404, 422, 403, 422)),
    ("DELETE /api/v1/records/incident/{record}/watchers/me", None, (200, 200, 404, 200, 200, 200)),
    ("GET /api/v1/records/incident/{record}/comments", None,    (200, 200, 404, 200, 200, 200)),
    ("POST /api/v1/records/incident/{record}/comments", {"body": "x"}, (201, 201, 404, 201, 403, 201)),
    ("PATCH /api/v1/records/incident/{record}/comments/{note}", {"body": "x"}, (404, 200, 404, 403, 403, 403)),
    ("DELETE /api/v1/records/incident/{record}/comments/{note}", None, (404, 200, 404, 403, 403, 403)),
    ("GET /api/v1/records/incident/{record}/mentions", None,    (200, 200, 404, 200, 403, 200)),
    ("GET /api/v1/records/incident/{record}/files", None,       (200, 200, 404, 200, 200, 200)),
    ("POST /api/v1/records/incident/{record}/files", {},        (422, 422, 404, 422, 403, 422)),
    ("POST /api/v1/files",                   {},                (422, 422, 422, 422, 422, 422)),
    ("GET /api/v1/files/999999",             None,              (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/notifications",            None,              (200, 200, 200, 200, 200, 200)),
    ("POST /api/v1/notifications/read",      {},                (200, 200, 200, 200, 200, 200)),
    ("POST /api/v1/notifications/999999/unread", None,          (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/account/notifications",    None,              (200, 200, 200, 200, 200, 200)),
    ("PUT /api/v1/account/notifications",    {},                (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/account/webhooks",         None,              (200, 200, 200, 200, 200, 200)),
    ("POST /api/v1/account/webhooks",        HOOK,              (201, 201, 201, 201, 201, 201)),
    ("PATCH /api/v1/account/webhooks/999999", {"active": True}, (404, 404, 404, 404, 404, 404)),
    ("DELETE /api/v1/account/webhooks/999999", None,            (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/account/webhooks/999999/deliveries", None,    (404, 404, 404, 404, 404, 404)),
    ("POST /api/v1/account/webhooks/999999/deliveries/999999/send", None, (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/webhooks",                 None,              (403, 403, 403, 403, 403, 200)),
    ("POST /api/v1/webhooks",                HOOK,              (403, 403, 403, 403, 403, 201)),
    ("PATCH /api/v1/webhooks/999999",        {"active": True},  (403, 403, 403, 403, 403, 404)),
    ("DELETE /api/v1/webhooks/999999",       None,              (403, 403, 403, 403, 403, 404)),
    ("GET /api/v1/webhooks/999999/deliveries", None,            (403, 403, 403, 403, 403, 404)),
    ("POST /api/v1/webhooks/999999/deliveries/999999/send", None, (403, 403, 403, 403, 403, 404)),
    ("GET /api/v1/records/nonsense",         None,              (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/lists/incident",           None,              (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/lists/incident/columns",   None,              (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/lists/incident/filters",       None,              (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/lists/incident/export.csv", None,            (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/lists/nonsense",           None,              (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/search?q=storage",         None,              (200, 200, 200, 200, 200, 200)),
    ("GET /api/v1/journal",                  None,              (403, 403, 403, 403, 200, 200)),
    ("GET /api/v1/journal/anchors",          None,              (403, 403, 403, 403, 200, 200)),
    ("GET /api/v1/account/sessions",         None,              (200, 200, 200, 200, 200, 200)),
    ("DELETE /api/v1/account/sessions",      None,              (200, 200, 200, 200, 200, 200)),
    ("DELETE /api/v1/account/sessions/999999", None,            (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/account/tokens",           None,              (200, 200, 200, 200, 200, 200)),
    ("DELETE /api/v1/account/tokens/999999", None,              (404, 404, 404, 404, 404, 404)),
    ("GET /api/v1/people",                   None,              (403, 200, 200, 200, 200, 200)),
    ("GET /api/v1/teams",                    None,              (403, 200, 200, 200, 200, 200)),
    ("GET /api/v1/roles",                    None,              (403, 200, 200, 200, 200, 200)),
    ("POST /api/v1/roles/changes.cab/assignments", {"person": "2"}, (403, 403, 403, 403, 403, 201)),
    ("POST /api/v1/roles/changes.cab/assignments/10000/end", {},    (403, 403, 403, 403, 403, 404)),
    ("GET /api/v1/journal",                  None,              (403, 403, 403, 403, 200, 200)),
    ("GET /api/v1/journal/anchors",          None,              (403, 403, 403, 403, 200, 200)),
    ("GET /api/v1/calendars",                None,              (403, 200, 200, 200, 200, 200)),
    ("GET /api/v1/calendars/none",           None,              (403, 404, 404, 404, 404, 404)),
    ("GET /api/v1/calendars/none/months/2026-12", None,         (403, 404, 404, 404, 404, 404)),
    ("PUT /api/v1/calendars/night",          NIGHT,             (403, 403, 403, 403, 403, 200)),
    ("DELETE /api/v1/calendars/none?version=1", None,           (403, 403, 403, 403, 403, 404)),
    ("PUT /api/v1/teams/none/calendar",      {"calendar": None}, (403, 403, 403, 403, 403, 404)),
    ("PUT /api/v1/people/999999/calendar",   {"calendar": None}, (403, 403, 403, 403, 403, 404)),
    ("GET /api/v1/settings",                 None,              (403, 403, 403, 403, 403, 200)),
    ("PATCH /api/v1/settings", {"version": 0, "values": {"product": ""}}, (403, 403, 403, 403, 403, 200)),
    ("GET /api/v1/openapi.json",             None,              (200, 200, 200, 200, 200, 200)),
    ("GET /healthz",                         None,              (200, 200, 200, 200, 200, 200)),
    ("GET /metrics",                         None,              (403, 403, 403, 403, 200, 200)),
]  # fmt: skip
OPEN = ("GET /api/v1/openapi.json", "GET /healthz")


@pytest.fixture
def office(desk: Stage) -> Stage:
    def broken(context: OperationContext) -> None:
        raise RuntimeError("disk full")

    body = start() + service("act", "probe.act", name="'broken'") + user("next") + end() + flows("s act next e")
    desk.publish(draw("stuck", body))
    desk.acts["broken"] = broken
    with desk.parts.database.transaction() as session:
        desk.parts.records.create(
            session, "service", title="Storage", requester_id=None, owner_id=None, values={}, actor_id=None,
            case_id=None, element="",
        )  # fmt: skip
    return desk


class Things(dict[str, Any]):
    """What addresses may name, made when it is first asked for: a case of the requester's with its task and record."""

    def __init__(self, office: Stage) -> None:
        super().__init__()
        self.office = office

    def __missing__(self, key: str) -> Any:
        office = self.office
        if key == "stuck":
            self[key] = office.case(office.start("stuck", by=REQUESTER)).number
        elif key == "note":
            path = f"/api/v1/records/incident/{self['record']}/comments"
            self[key] = office.api(STAFF).post(path, json={"body": "A note"}).json()["id"]
        else:
            case_id = office.start(by=REQUESTER, values={"title": "Storage is gone"})
            [task] = office.tasks("open", case_id)
            self.update(case=office.case(case_id).number, task=task.id, record=office.record(case_id)["number"])
        return self[key]


@pytest.mark.parametrize("place", range(len(PEOPLE)), ids=[name.replace(" ", "_") for name in PEOPLE])
def test_each_person_at_each_endpoint(office: Stage, place: int) -> None:
    client, things = office.api(PEOPLE[place]), Things(office)
    found = {}
    for endpoint, body, _ in TABLE:
        method, address = endpoint.split()
        answer = client.request(method, address.format_map(things), json=body)
        found[endpoint] = answer.status_code
        if answer.status_code >= 400:
            problem(answer, answer.status_code)
        elif method != "GET":
            things = Things(office)  # what is there may have been changed
    assert found == {endpoint: expected[place] for endpoint, _, expected in TABLE}


def test_the_table_names_every_endpoint(office: Stage) -> None:
    document = office.visitor().get("/api/v1/openapi.json").json()
    described = {f"{method.upper()} {path}" for path, methods in document["paths"].items() for method in methods}

    def pattern(endpoint: str) -> str:
        method, path = endpoint.split()
        known = {"walk": "{key}", "{case}": "{number}", "{stuck}": "{number}", "{record}": "{number}",
                 "{task}": "{task_id}", "alert.raised": "{name}", "incident": "{kind}",
                 "1": "{link_id}", "tag": "{name}", "incident.category": "{key}", "me": "{person}",
                 "AGR-2000-0001": "{number}",
                 "changes.cab": "{role}", "10000": "{assignment_id}"}  # fmt: skip
        path = path.partition("?")[0].replace("export.csv", "export.{format_of}")
        path = path.replace("sessions/999999", "sessions/{session_id}").replace("tokens/999999", "tokens/{token_id}")
        path = path.replace("batches/999999", "batches/{batch_id}").replace("{note}", "{comment_id}")
        path = path.replace("files/999999", "files/{file_id}")
        path = path.replace("answers/999999", "answers/{answer_id}")
        path = path.replace("calendars/none", "calendars/{key}").replace("calendars/night", "calendars/{key}")
        path = path.replace("months/2026-12", "months/{month}").replace("teams/none", "teams/{key}")
        path = path.replace("people/999999", "people/{person_id}")
        path = path.replace("schedules/999999", "schedules/{schedule_id}")
        path = path.replace("webhooks/999999", "webhooks/{webhook_id}")
        path = path.replace("deliveries/999999", "deliveries/{delivery_id}")
        path = path.replace("notifications/999999", "notifications/{notification_id}")
        return method + " " + "/".join(known.get(part, part) for part in path.split("/"))

    tested = {pattern(endpoint) for endpoint, _, _ in TABLE}
    assert described - tested == set()


def no_token(office: Stage) -> dict[str, str]:
    return {}


def wrong_token(office: Stage) -> dict[str, str]:
    return {"authorization": "Bearer stw_nonsense"}


def long_token(office: Stage) -> dict[str, str]:
    return {"authorization": f"Bearer {'x' * 20_000}"}


def basic(office: Stage) -> dict[str, str]:
    return {"authorization": "Basic YW5uYTpub3Zhaw=="}


def empty(office: Stage) -> dict[str, str]:
    return {"authorization": "Bearer "}


def made(office: Stage, **more: Any) -> tokens.NewToken:
    with office.parts.database.transaction() as session:
        return tokens.create_token(session, office.people[STAFF], "test", **more)


def expired_token(office: Stage) -> dict[str, str]:
    with clock.at(datetime(2026, 1, 1, tzinfo=UTC)):
        made_long_ago = made(office, expires_at=clock.now() + timedelta(days=1))
    return {"authorization": f"Bearer {made_long_ago.token}"}


def revoked_token(office: Stage) -> dict[str, str]:
    token = made(office)
    with office.parts.database.transaction() as session:
        tokens.revoke(session, office.people[STAFF], token.id)
    return {"authorization": f"Bearer {token.token}"}


def of_who_left(office: Stage) -> dict[str, str]:
    token = made(office)
    with office.parts.database.transaction() as session:
        accounts.deactivate(session, office.people[STAFF])
    return {"authorization": f"Bearer {token.token}"}


def cookie(office: Stage) -> dict[str, str]:
    """A signed-in browser: what cookies alone allow, other sites could do."""
    with office.parts.database.transaction() as session:
        secret = sign_in.open_session(session, office.people[STAFF], hours=12)
    return {"cookie": f"stellwerk_session={secret}"}


# Who has left can do nothing afterwards, so that comes last.
NO_TOKENS = (no_token, wrong_token, long_token, basic, empty, expired_token, revoked_token, cookie, of_who_left)


def test_no_endpoint_answers_without_a_valid_token(office: Stage, subtests: pytest.Subtests) -> None:
    things = Things(office)
    places = [(endpoint, endpoint.split()[1].format_map(things), body) for endpoint, body, _ in TABLE]
    cases = len(office.tasks())
    for headers in NO_TOKENS:
        sent, client = headers(office), office.visitor()
        for endpoint, address, body in places:
            with subtests.test(endpoint, token=headers.__name__):
                answer = client.request(endpoint.split()[0], address, json=body, headers=sent)
                if endpoint in OPEN:
                    assert answer.status_code == 200
                    continue
                told = problem(answer, 401)
                assert answer.headers["www-authenticate"] == "Bearer"
                assert told["code"] == "unauthenticated"
    assert len(office.tasks()) == cases


def test_the_scheme_of_a_token_is_not_particular_about_capitals(office: Stage) -> None:
    token = made(office).token
    for value in (f"bearer {token}", f"BEARER  {token} "):
        assert office.visitor().get("/api/v1/tasks", headers={"authorization": value}).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/api/v1/tasks/%00", "/api/v1/tasks/99999999999999999999", "/api/v1/tasks/-1", "/api/v1/tasks/1e3",
     "/api/v1/tasks/%F0%9F%98%80", "/api/v1/tasks/..%2F..%2Fx", "/api/v1/cases/%00", "/api/v1/cases/%ED%A0%80",
     "/api/v1/cases/C-2026-999999", "/api/v1/cases/C-2026-999999/journal", "/api/v1/records/incident/%00",
     "/api/v1/records/%00", "/api/v1/records/incident/INC-2026-9999", "/api/v1/nowhere", "/api/v1/", "/api/v1",
     "/api/v1/tasks/" + "9" * 5000],
)  # fmt: skip
def test_what_does_not_exist(office: Stage, address: str) -> None:
    problem(office.api(STAFF).get(address), 404)


def test_a_method_that_an_endpoint_does_not_have(office: Stage) -> None:
    problem(office.api(STAFF).delete("/api/v1/tasks"), 405)
