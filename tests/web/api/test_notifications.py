"""What one is told, webhooks, and comments, over the API."""

from datetime import timedelta
from typing import Any

from app import clock
from app.domain.people import absence
from app.domain.people.identity import of_person
from app.insight import standing_in
from tests.stage import Stage
from tests.web.api.conftest import problem
from tests.web.api.test_access import ADMIN, MANAGER, OTHER, REQUESTER, STAFF
from tests.web.telling import tell, told

BEN = "Ben Osei"
DAY = timedelta(days=1)


def events(client: Any, query: str = "") -> list[str]:
    return [one["event"] for one in client.get(f"/api/v1/notifications{query}").json()["items"]]


def test_the_list_is_that_of_the_page(desk: Stage, case_id: int) -> None:
    tell(desk)
    anna = desk.api(STAFF)
    [one] = anna.get("/api/v1/notifications?unread=true").json()["items"]
    assert (one["event"], one["title"], one["read_at"]) == ("task.offered", "Offered to you: look", None)
    assert one["path"] == f"/work/tasks/{desk.tasks('open', case_id)[0].id}" and one["excerpt"] == "Storage is gone"
    assert desk.api(MANAGER).post("/api/v1/notifications/read", json={"ids": [one["id"]]}).json() == {"count": 0}
    assert anna.post("/api/v1/notifications/read", json={"ids": [one["id"], "no", "7" * 18]}).json() == {"count": 1}
    assert events(anna, "?unread=true") == [] and events(anna) == ["task.offered"]
    assert anna.post(f"/api/v1/notifications/{one['id']}/unread").json()["read_at"] is None
    problem(desk.api(BEN).post(f"/api/v1/notifications/{one['id']}/unread"), 404)
    assert anna.post("/api/v1/notifications/read", json={}).json() == {"count": 1}
    desk.start(by=REQUESTER, values={"title": "Again"})
    tell(desk)
    page = anna.get("/api/v1/notifications?limit=1").json()
    assert [one["excerpt"] for one in page["items"]] == ["Again"]
    assert len(anna.get(f"/api/v1/notifications?limit=1&after={page['next']}").json()["items"]) == 1


def test_preferences_are_read_and_set(desk: Stage, case_id: int) -> None:
    anna, path = desk.api(STAFF), "/api/v1/account/notifications"
    before = anna.get(path).json()
    assert before["events"]["task.offered"] == {"page": True, "mail": "off"} and before["digest_hour"] == 8
    chosen = {"task.offered": {"page": False, "mail": "digest"}}
    after = anna.put(path, json={"events": chosen, "quiet_from": "22:00", "quiet_until": "06:30"}).json()
    assert after["events"] == before["events"] | chosen
    assert (after["quiet_from"], after["quiet_until"]) == ("22:00", "06:30")
    tell(desk)
    assert events(anna) == [] and [row.status for row in told(desk, STAFF)] == ["collected"]
    for wrong in (
        {"events": {"task.eaten": {"page": True, "mail": "now"}}}, {"quiet_from": "22:00"}, {"digest_hour": 24},
        {"events": {"task.offered": {"page": True, "mail": "pigeon"}}}, {"quiet_from": "25:00"}, {"other": 1},
        {"quiet_from": "22:00:00Z", "quiet_until": "06:30"}, {"quiet_from": "22:00", "quiet_until": "06:30\n"},
    ):  # fmt: skip
        problem(anna.put(path, json=wrong), 422)


def test_webhooks_are_registered_switched_and_removed(desk: Stage, case_id: int) -> None:
    anna, path = desk.api(STAFF), "/api/v1/account/webhooks"
    made = anna.post(path, json={"url": "https://example.org/hook", "events": ["task.offered"]}).json()
    assert made["secret"].startswith("whsec_")
    [shown] = anna.get(path).json()["items"]
    assert "secret" not in shown and shown["id"] == made["id"]
    tell(desk)
    [delivery] = anna.get(f"{path}/{made['id']}/deliveries").json()["items"]
    assert (delivery["status"], delivery["event"]) == ("waiting", "task.offered")
    assert anna.post(f"{path}/{made['id']}/deliveries/{delivery['id']}/send").status_code == 202
    for strange in (desk.api(BEN), desk.api(ADMIN)):
        problem(strange.get(f"{path}/{made['id']}/deliveries"), 404)
        problem(strange.delete(f"{path}/{made['id']}"), 404)
    problem(desk.api(ADMIN).delete(f"/api/v1/webhooks/{made['id']}"), 404)
    assert anna.patch(f"{path}/{made['id']}", json={"active": False}).json()["disabled_at"]
    assert anna.delete(f"{path}/{made['id']}").json() == {"count": 1} and anna.get(path).json() == {"items": []}
    for wrong in ({"url": "x", "events": ["task.offered"]}, {"url": "https://example.org", "events": []}):
        problem(anna.post(path, json=wrong), 422)


def test_comments_are_written_edited_and_withdrawn(desk: Stage, case_id: int) -> None:
    path = f"/api/v1/records/incident/{desk.record(case_id)['number']}/comments"
    anna, chiara = desk.api(STAFF), desk.api(REQUESTER)
    note = anna.post(path, json={"body": "@ben.osei, @sofia.lindqvist: who?"}).json()
    assert (note["public"], note["editable"], note["unreached"]) == (False, True, [OTHER])
    reply = anna.post(path, json={"body": "Soon", "public": True}).json()
    asked = chiara.post(path, json={"body": "When?"}).json()
    assert asked["public"], "what the requester writes is public"
    assert [one["body"] for one in chiara.get(path).json()["items"]] == ["Soon", "When?"]
    assert [one["editable"] for one in chiara.get(path).json()["items"]] == [False, True]
    edited = anna.patch(f"{path}/{note['id']}", json={"body": "Nobody"}).json()
    assert edited["body"] == "Nobody" and edited["edited_at"] and edited["unreached"] == []
    withdrawn = anna.delete(f"{path}/{reply['id']}").json()
    assert withdrawn["withdrawn"] and withdrawn["body"] == "" and not withdrawn["editable"]
    problem(anna.delete(f"{path}/{reply['id']}"), 409)
    problem(chiara.patch(f"{path}/{note['id']}", json={"body": "x"}), 404)
    problem(chiara.patch(f"{path}/{reply['id']}", json={"body": "x"}), 403)
    problem(anna.patch(f"{path}/{note['id']}", json={"body": " "}), 422)
    with clock.at(clock.now() + timedelta(minutes=16)):
        problem(anna.patch(f"{path}/{note['id']}", json={"body": "Too late"}), 409)
    mentions = path.replace("/comments", "/mentions")
    assert [one["login"] for one in anna.get(f"{mentions}?q=ben").json()["items"]] == ["ben.osei"]
    assert anna.get(f"{mentions}?q=chiara").json()["items"] == []
    assert len(anna.get(f"{mentions}?q=chiara&public=true").json()["items"]) == 1
    assert chiara.get(f"{mentions}?q=ben").json() == {"items": []}


def test_who_stands_in_is_told_once_when_it_begins_and_of_each_task(desk: Stage, case_id: int) -> None:
    with desk.parts.database.transaction() as session:
        absence.enter(
            session, desk.people[STAFF], starts_at=clock.now() - DAY, ends_at=clock.now() + DAY,
            substitute_id=desk.people[BEN], by_id=desk.people[STAFF],
        )  # fmt: skip
    desk.api(STAFF).post(f"/api/v1/tasks/{desk.tasks('open', case_id)[0].id}/claim")
    for _ in range(2):
        with desk.parts.database.transaction() as session:
            standing_in.tell_substitutes(desk.parts.engine, desk.parts.notifier, session)
    rows = told(desk, BEN, "absence.substitute")
    assert [row.template for row in rows] == ["absence.substitute", "task.for_absent"]
    assert rows[0].path == "/account/absence" and "Anna Novak" in rows[0].body
    with desk.parts.database.transaction() as session:
        found = of_person(session, desk.people[BEN])
    assert found is not None and desk.people[STAFF] in found.stands_in_for
