"""Records over the API."""

from tests.stage import Stage
from tests.web.api.conftest import problem
from tests.web.api.test_cases import pages

INCIDENTS = "/api/v1/records/incident"


def test_the_list_holds_what_you_may_know_of(desk: Stage, case_id: int) -> None:
    for name, count in (("Anna Novak", 1), ("Chiara Ricci", 1), ("Sofia Lindqvist", 0), ("Paul Okafor", 1)):
        assert len(desk.api(name).get(INCIDENTS).json()["items"]) == count, name


def test_search_filters_and_cursors(desk: Stage) -> None:
    for place in range(5):
        desk.start(by="Chiara Ricci", values={"title": f"Storage {place}"})
    client = desk.api("Anna Novak")
    found = pages(client, INCIDENTS, 2)
    assert [len(page) for page in found] == [2, 2, 1]
    assert [record["title"] for page in found for record in page] == [f"Storage {place}" for place in (4, 3, 2, 1, 0)]
    assert [record["title"] for record in client.get(f"{INCIDENTS}?q=storage 3").json()["items"]] == ["Storage 3"]
    assert client.get(f"{INCIDENTS}?q=nothing").json()["items"] == []
    for strange in ("'", "& | !", "(((", "%00", "\\", "a:*"):
        assert client.get(INCIDENTS, params={"q": strange}).status_code == 200
    assert len(client.get(f"{INCIDENTS}?status=open").json()["items"]) == 5
    assert client.get(f"{INCIDENTS}?status=closed").json()["items"] == []
    assert list(problem(client.get(INCIDENTS, params={"q": "x" * 201}), 422)["fields"]) == ["q"]


def test_one_record(desk: Stage, case_id: int) -> None:
    desk.complete("look", title="Storage is gone", cost=40)
    number = desk.record(case_id)["number"]
    told = desk.api("Anna Novak").get(f"{INCIDENTS}/{number}").json()
    assert told == desk.record(case_id)
    assert (told["title"], told["cost"], told["requester"]) == ("Storage is gone", 40, str(desk.people["Chiara Ricci"]))
    problem(desk.api("Anna Novak").get(f"/api/v1/records/service/{number}"), 404)


def test_the_history_goes_back_to_the_beginning(desk: Stage, case_id: int) -> None:
    desk.complete("look", title="Storage is gone", diagnosis="A cable", cost=12)
    number = desk.record(case_id)["number"]
    anna, address = desk.api("Anna Novak"), f"{INCIDENTS}/{number}/history"
    anna.post(f"{INCIDENTS}/{number}/comments", json={"body": "Somebody is on it."})
    whole = anna.get(address).json()["items"]
    assert whole[0]["event"] == "comment.added" and whole[0]["details"]["body"] == "Somebody is on it."
    created = whole[-1]
    assert (created["event"], created["actor"]) == ("record.created", "Chiara Ricci")
    assert created["case"] == desk.case(case_id).number
    assert {"field": "title", "before": "", "after": "Storage is gone"} in created["changes"]
    assert [line for page in pages(anna, address, 1) for line in page] == whole
    assert [line["event"] for line in anna.get(f"{address}?part=talk").json()["items"]] == ["comment.added"]
    assert anna.get(f"{address}?part=links").json()["items"] == []
    assert [line for line in whole if line["changes"]] == anna.get(f"{address}?part=changes").json()["items"]
    assert list(problem(anna.get(f"{address}?part=nonsense"), 422)["fields"]) == ["part"]
    problem(desk.api("Chiara Ricci").get(address), 403)
    problem(desk.api("Sofia Lindqvist").get(address), 404)
