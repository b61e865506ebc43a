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
