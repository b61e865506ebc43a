"""Importing and changing many records over the API, from the file to what is stored."""

import json
from typing import Any

import pytest
from httpx2 import Response

from app.domain.records.records import Record
from app.insight.batches.batches import AT_ONCE
from app.insight.batches.records import Batch
from tests.stage import Stage
from tests.web.api.conftest import problem

TABLE = b"Title;Status;Owner;Box\nPrinter jams;Closed;anna.novak;A-1\nMail is slow;;;A-2\n"


def send(client: Any, content: bytes = TABLE, recipe: Any = None, kind: str = "incident", **headers: str) -> Response:
    data = {"recipe": recipe if isinstance(recipe, str) else json.dumps(recipe)} if recipe is not None else {}
    answer: Response = client.post(
        f"/api/v1/imports/{kind}", files={"file": ("old.csv", content)}, data=data, headers=headers
    )
    return answer


def titles(stage: Stage) -> list[str]:
    return [record.title for record in stage.rows(Record)]


def test_a_table_is_checked_looked_at_and_stored(desk: Stage) -> None:
    ines = desk.api("Ines Duarte")
    fields = {one["name"]: one for one in ines.get("/api/v1/imports/incident/fields").json()}
    assert fields["status"]["answers"]["in_progress"] == "In progress" and fields["number"]["type"] == "text"
    wanted = {"columns": {"Box": "cause"}, "match": "cause"}
    answer = send(ines, recipe=wanted, **{"idempotency-key": "one"})
    assert answer.status_code == 201, answer.text
    batch = answer.json()
    assert send(ines, recipe=wanted, **{"idempotency-key": "one"}).json()["id"] == batch["id"]
    assert batch["counts"] == {"new": 2} and batch["state"] == "checked"
    assert [one["field"] for one in batch["columns"]] == ["title", "status", "owner", "cause"]
    place = f"/api/v1/batches/{batch['id']}"
    [first, second] = ines.get(f"{place}/lines?fate=new").json()["items"]
    assert first["after"]["owner"] == str(desk.people["Anna Novak"]) and second["row"] == 3
    page = ines.get(f"{place}/lines?fate=new&limit=1").json()
    assert page["next"] == "2" and ines.get(f"{place}/lines?fate=new&after=2").json()["items"] == [second]
    assert titles(desk) == []
    stored = ines.post(f"{place}/carry-out", json={"reason": "We move."})
    assert stored.status_code == 200 and stored.json()["state"] == "stored"
    problem(ines.post(f"{place}/carry-out", json={"reason": "We move."}), 409)
    problem(ines.post(f"{place}/check"), 409)
    assert titles(desk) == ["Printer jams", "Mail is slow"]
    assert send(ines, recipe=wanted).json()["counts"] == {"same": 2}


def test_what_is_wrong_is_said_by_row_and_column_and_stops_everything(desk: Stage) -> None:
    ines = desk.api("Ines Duarte")
    batch = send(ines, b"Title,Status\n,Gone\nx,open\n").json()
    assert batch["counts"] == {"wrong": 1, "new": 1}
    place = f"/api/v1/batches/{batch['id']}"
    [line] = ines.get(f"{place}/lines").json()["items"]
    assert [one["column"] for one in line["faults"]] == ["Status", "Title"]
    german = ines.get(f"{place}/lines", headers={"accept-language": "de"}).json()["items"][0]["faults"]
    assert "hier keine der Antworten" in german[0]["message"]
    assert "2,,Status" in ines.get(f"{place}/faults.csv").text
    problem(ines.post(f"{place}/carry-out", json={"reason": "x"}), 409)
    assert titles(desk) == []


@pytest.mark.parametrize(
    ("content", "recipe", "named"),
    [
        (b"", None, "file"), (b"\x00\x01", None, "file"), (TABLE, "no json", "recipe"),
        (TABLE, {"columns": {"Box": "nonsense"}}, "columns.Box"), (TABLE, {"found": "x"}, "recipe.found"),
        (TABLE, {"columns": {"Boxes": "cause"}}, "columns.Boxes"),
        (TABLE, {"columns": {"Title": None, "Status": None, "Owner": None}}, "columns.Title"),
        (TABLE, {"match": "cause"}, "match"), (TABLE, {"zone": "Mars"}, "zone"), (TABLE, {"more": 1}, "recipe.more"),
    ],
)  # fmt: skip
def test_a_recipe_that_does_not_fit_is_named(desk: Stage, content: bytes, recipe: Any, named: str) -> None:
    assert named in problem(send(desk.api("Ines Duarte"), content, recipe), 422)["fields"]


def test_others_neither_import_nor_see_it(desk: Stage) -> None:
    batch = send(desk.api("Ines Duarte")).json()
    for name in ("Anna Novak", "Chiara Ricci", "Paul Okafor"):
        problem(send(desk.api(name)), 403)
        for path in ("", "/lines", "/faults.csv"):
            problem(desk.api(name).get(f"/api/v1/batches/{batch['id']}{path}"), 404)
        problem(desk.api(name).post(f"/api/v1/batches/{batch['id']}/carry-out", json={"reason": "x"}), 404)
    problem(send(desk.api("Ines Duarte"), kind="service"), 403)
    problem(send(desk.visitor()), 401)
    broken = {"content-type": "multipart/form-data"}
    problem(desk.visitor().post("/api/v1/imports/incident", content=b"x", headers=broken), 401)
    problem(desk.api("Ines Duarte").post("/api/v1/imports/incident", content=b"x", headers=broken), 422)
    problem(send(desk.api("Ines Duarte"), recipe="x" * 2_000_000), 413)
    assert titles(desk) == []


def test_several_records_are_changed_by_number_and_by_condition(desk: Stage) -> None:
    ines = desk.api("Ines Duarte")
    batch = send(ines).json()
    ines.post(f"/api/v1/batches/{batch['id']}/carry-out", json={"reason": "We move."})
    first, second = (record.number for record in desk.rows(Record))
    wanted = {"numbers": [first], "values": {"cause": "Dust", "major": True, "owner": None}, "tags_added": ["Old"]}
    batch = ines.post("/api/v1/lists/incident/changes", json=wanted).json()
    assert batch["counts"] == {"changed": 1} and batch["source"] == "choice"
    done = ines.post(f"/api/v1/batches/{batch['id']}/carry-out", json={"reason": "Tidying up."})
    assert done.json()["state"] == "stored"
    told = ines.get(f"/api/v1/records/incident/{first}").json()
    assert (told["cause"], told["major"], told["owner"]) == ("Dust", True, None)
    assert ines.get(f"/api/v1/records/incident/{first}/tags").json() == {"items": ["old"]}
    path = "/api/v1/lists/incident/changes?condition=cause:empty"
    batch = ines.post(path, json={"all": True, "values": {"status": "closed"}, "watch": ["anna.novak"]}).json()
    assert batch["rows"] == 1
    [line] = ines.get(f"/api/v1/batches/{batch['id']}/lines?fate=changed").json()["items"]
    assert line["number"] == second and line["after"]["+watchers"] == [str(desk.people["Anna Novak"])]
    for body, named in (
        ({"numbers": ["INC-1"], "values": {"cause": "x"}}, "numbers"),
        ({"numbers": [first], "values": {"owner": "nobody"}}, "owner"),
        ({"numbers": [first], "values": {"number": "INC-1"}}, "number"),
        ({"numbers": [first], "watch": ["nobody"]}, "watch"),
        ({"numbers": [first]}, "values"),
        ({"numbers": [first], "tags_added": ["x" * 99]}, "tags_added"),
    ):
        assert named in problem(ines.post("/api/v1/lists/incident/changes", json=body), 422)["fields"]
    problem(desk.api("Chiara Ricci").post("/api/v1/lists/incident/changes", json=wanted), 403)


def test_long_tables_are_worked_on_by_a_job(desk: Stage) -> None:
    ines = desk.api("Ines Duarte")
    batch = send(ines, b"title\n" + b"".join(b"Number %d\n" % place for place in range(AT_ONCE + 1))).json()
    assert batch["state"] == "checking" and batch["counts"] == {}
    place = f"/api/v1/batches/{batch['id']}"
    problem(ines.post(f"{place}/carry-out", json={"reason": "x"}), 409)
    desk.work()
    assert ines.get(place).json()["counts"] == {"new": AT_ONCE + 1}
    assert ines.post(f"{place}/carry-out", json={"reason": "Many."}).json()["state"] == "storing"
    desk.work()
    assert ines.get(place).json()["state"] == "stored" and desk.count(Batch) == 1
