"""Lists and search over the API: the same rights as on pages."""

from tests.stage import Stage
from tests.web.api.conftest import problem

LISTS = "/api/v1/lists/incident"


def test_rows_by_condition_order_and_page(desk: Stage) -> None:
    for title in ("Mail is slow", "Printer jams", "Printer burns"):
        desk.start(by="Chiara Ricci", values={"title": title})
    client = desk.api("Anna Novak")
    query = f"{LISTS}?condition=title:contains:printer&sort=title&columns=title,requester,opened_at&limit=1"
    first = client.get(query).json()
    assert first["items"][0]["values"]["title"] == "Printer burns"
    second = client.get(f"{query}&after={first['next']}").json()
    assert [row["values"]["title"] for row in second["items"]] == ["Printer jams"]
    assert second["next"] is None
    assert client.get("/api/v1/lists/case?condition=requester:named:ricci&limit=2").json()["next"]


def test_what_cannot_be_asked_is_named(desk: Stage) -> None:
    client = desk.api("Anna Novak")
    for query, field in (
        ("condition=nonsense:is:x", "condition.0"), ("condition=title:within:3", "condition.0"), ("sort=x", "sort"),
        ("columns=x", "columns"), ("after=x", "after"), ("filter=", ""),
    ):  # fmt: skip
        answer = client.get(f"{LISTS}?{query}")
        if field:
            assert list(problem(answer, 422)["fields"]) == [field]
    problem(client.get(f"{LISTS}?filter=17"), 404)


def test_columns_tell_how_they_are_asked_for(desk: Stage) -> None:
    columns = {one["name"]: one for one in desk.api("Anna Novak").get(f"{LISTS}/columns").json()}
    assert columns["opened_at"]["operators"][0] == "within"
    # The form at `look` asks for it, and the record keeps it.
    assert columns["diagnosis"]["custom"]
    assert "diagnosis" not in {one["name"] for one in desk.api("Chiara Ricci").get(f"{LISTS}/columns").json()}


def test_a_file_and_the_search(desk: Stage) -> None:
    desk.start(by="Chiara Ricci", values={"title": "Printers burn"})
    client = desk.api("Anna Novak")
    answer = client.get(f"{LISTS}/export.csv?columns=title")
    assert answer.text.splitlines() == ["\ufeffTitle", "Printers burn"]
    groups = client.get("/api/v1/search?q=printer").json()["groups"]
    assert [group["kind"] for group in groups] == ["tasks", "incident", "cases"]
    assert groups[1]["hits"][0]["title"] == "Printers burn"
    assert [group["kind"] for group in client.get("/api/v1/search?q=printer&kind=incident").json()["groups"]] == [
        "incident"
    ]
    problem(client.get("/api/v1/search?q=x&kind=nonsense"), 422)
    assert desk.api("Sofia Lindqvist").get("/api/v1/search?q=printer").json()["groups"] == []
