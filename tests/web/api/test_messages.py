"""Messages over the API."""

from app.engine.records import Case, Message
from tests.stage import Stage
from tests.web.api.conftest import problem

ALERT = "/api/v1/messages/alert.raised"


def test_a_message_starts_a_case(desk: Stage) -> None:
    answer = desk.api("Anna Novak").post(ALERT, json={"key": "disk-17", "payload": {"severity": "high"}})
    assert answer.status_code == 202
    [message] = desk.rows(Message)
    assert answer.json() == {"id": str(message.id)}
    assert (message.key, message.payload, message.sender_id) == (
        "disk-17", {"severity": "high"}, desk.people["Anna Novak"]
    )  # fmt: skip
    desk.work()
    assert [case.diagram for case in desk.rows(Case)] == ["alarm"]
    assert desk.open() == ["next"]


def test_a_message_that_is_not_in_the_catalogue(desk: Stage) -> None:
    for name in ("nonsense", "alert", "Alert.Raised", "%2e%2e", "x" * 3000):
        told = problem(desk.api("Anna Novak").post(f"/api/v1/messages/{name}", json={}), 422)
        assert list(told["fields"]) == ["name"]
    assert desk.count(Message) == 0


def test_what_does_not_fit(desk: Stage) -> None:
    client = desk.api("Anna Novak")
    for body, field in (
        ({"key": 5}, "key"), ({"key": "x" * 201}, "key"), ({"key": "a\x00"}, "key"), ({"payload": []}, "payload"),
        ({"payload": {"a\x00": 1}}, "payload"), ({"payload": {"a": 2**64}}, "payload"), ({"broadcast": "yes"},
        "broadcast"), ({"more": 1}, "more"),
    ):  # fmt: skip
        assert list(problem(client.post(ALERT, json=body), 422)["fields"]) == [field]
    assert desk.count(Message) == 0


def test_a_repeated_key_sends_one_message(desk: Stage) -> None:
    client, key = desk.api("Anna Novak"), {"Idempotency-Key": "alarm-9"}
    first, again = (client.post(ALERT, json={"key": "disk-17"}, headers=key).json() for _ in range(2))
    assert first == again
    assert desk.count(Message) == 1
    client.post(ALERT, json={"key": "disk-17"})
    assert desk.count(Message) == 2
