"""API routes write their answers themselves, as described in OpenAPI."""

from datetime import UTC, datetime

from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel

from app.web.api.routing import ApiRoute


class Lamp(BaseModel):
    """A lamp."""

    name: str
    since: datetime | None = None


def client() -> TestClient:
    router = APIRouter(route_class=ApiRoute)

    @router.get("/lamps/{name}")
    def read(name: str) -> Lamp:
        return Lamp(name=name, since=datetime(2026, 3, 6, 15, 50, tzinfo=UTC))

    @router.post("/lamps", status_code=201)
    def make(lamp: Lamp) -> Lamp:
        return lamp

    app = FastAPI()
    app.include_router(router)
    return TestClient(app)


def test_a_model_becomes_json() -> None:
    answer = client().get("/lamps/red")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == {"name": "red", "since": "2026-03-06T15:50:00Z"}


def test_the_status_of_the_route_counts() -> None:
    assert client().post("/lamps", json={"name": "red"}).status_code == 201


def test_what_comes_in_is_checked() -> None:
    assert client().post("/lamps", json={"since": "soon"}).status_code == 422


def test_openapi_describes_the_answer() -> None:
    paths = client().get("/openapi.json").json()["paths"]
    shown = paths["/lamps/{name}"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert shown == {"$ref": "#/components/schemas/Lamp"}
