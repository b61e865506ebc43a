"""A planted secret is found by nobody without need to know: by no page, endpoint, list, count, export or error."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.routing import RouteContext
from httpx2 import Response

from app.domain.people import tokens
from app.web.api.scopes import Pace
from tests.web.house import ELSEWHERE, MANAGER, OTHER, REQUESTER, STAFF, TEAM, routes
from tests.web.office import Browser, Office
from tests.web.planting import (
    CUSTOM,
    CUSTOM_NAME,
    FILE,
    IDS,
    KNOWN,
    LIMITED,
    NOTE,
    STORY,
    TAG,
    TITLE,
    Secret,
    plant,
)

NOBODY = ""
OUTSIDERS = (NOBODY, REQUESTER, OTHER, ELSEWHERE, TEAM, LIMITED)
# As long as what they stand for, so that answers which say them again can be compared; there is no such thing.
ABSENT_ID, ABSENT_WORD, ABSENT_NUMBER = str(IDS + 99_999), "unbekanntwort", "79999"
# These end the session or the token that asks.
LAST = ("sign-out", "/sign-out", "/account/sessions", "/account/sign-out-everywhere", "/account/tokens")
# What forms and bodies may ask for, each put to every one of them.
FIELDS: dict[str, Any] = {
    "reason": "because", "body": "x", "type": "related_to", "to": "{record_id}", "to~text": "{record}",
    "into": "{record_id}", "into~text": "{record}", "tag": TAG, "name": "x", "who": "me", "until": "week",
    "filter": "{kept}", "_action": "claim", "_task": "{task}", "task": "{task}", "person": "me", "values": {},
    "payload": {}, "record": "{record}", "key": "{record}", "_form": "refresh", "attachments": "{file}",
    "title": "x", "role": "incidents.process_staff", "watch": "1", "column": "number", "do": "down",
    "action": "claim", "tasks": [{"id": "{task}", "version": 1}], "texts": {"en": "x"}, "version": 1,
    "files": ["{file}"], "data": {},
}  # fmt: skip
NONCES = (
    (re.compile(rb'name="_csrf" value="[^"]+"'), b""),
    (re.compile(rb'data-csrf="[^"]+"|"X-CSRF[^}]+'), b""),
)


@dataclass
class Asked:
    """One request: what it names, and which of that is secret (by what there is not, of the same length)."""

    method: str
    path: str
    body: Any = None
    swapped: dict[str, str] = field(default_factory=dict)

    def instead(self, text: str) -> str:
        """Put what does not exist where something secret stands."""
        for secret, absent in self.swapped.items():
            text = text.replace(secret, absent)
        return text

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.body or ''}"


@dataclass
class Outsider:
    """Somebody who asks, by pages and by the API."""

    browser: Browser
    token: str

    def ask(self, asked: Asked, *, absent: bool = False) -> Response:
        """Send a request, or the same about what does not exist."""
        path = asked.instead(asked.path) if absent else asked.path
        body = _deep(asked.body, asked.instead) if absent else asked.body
        if path.startswith(("/api/", "/metrics", "/healthz")):
            headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
            return self.browser.request(asked.method, path, json=body, headers=headers)
        if asked.method == "GET":
            return self.browser.get(path)
        return self.browser.post(path, {key: value for key, value in (body or {}).items() if isinstance(value, str)})


def _deep(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _deep(one, change) for key, one in value.items()}
    return [_deep(one, change) for one in value] if isinstance(value, list) else value


@pytest.fixture
def secret(house: Office) -> Secret:
    house.app.state.pace = Pace(0)
    return plant(house)


@pytest.fixture
def outsider(house: Office, secret: Secret, request: pytest.FixtureRequest) -> Iterator[Outsider]:
    name = request.param
    token = ""
    if name:
        with house.parts.database.transaction() as session:
            token = tokens.create_token(session, house.people[name], "test").token
    browser = Browser(house.app, house.session_secret(name) if name else "", raise_faults=False)
    with browser:
        yield Outsider(browser, token)


def swaps(secret: Secret) -> dict[str, str]:
    """Every way to name something secret, with one of the same length that names nothing."""
    numbers = {number: number[:-5] + ABSENT_NUMBER for number in (secret.record, secret.case, secret.known)}
    ids = {value: ABSENT_ID for value in vars(secret).values() if value.startswith(str(IDS)[:9])}
    return {**numbers, **ids, **{word: ABSENT_WORD[: len(word)] for word in (TITLE, NOTE, TAG, CUSTOM, KNOWN)}}


def requests(house: Office, secret: Secret) -> Iterator[Asked]:
    """Every route there is with what is secret in its address and in what is sent, and lists by each of their ways."""
    swapped = swaps(secret)
    found = {**vars(secret), "number": secret.record}
    fields = _deep(FIELDS, lambda text: text.format_map(found))
    document = house.app.openapi()
    yield from (Asked("GET", path, None, swapped) for path in _questions(secret))
    yield from _pointers(secret, swapped)
    for route in sorted(routes(house.app), key=lambda route: route.path_format.endswith(LAST)):
        for path in _addresses(route.path_format, secret):
            for method in sorted(route.methods):
                body = None if method in ("GET", "DELETE") else _body(route, method, fields, document)
                yield Asked(method, path, body, swapped)


def _body(route: RouteContext, method: str, fields: dict[str, Any], document: dict[str, Any]) -> Any:
    """Return what is sent: to pages all fields, to an endpoint those that it knows."""
    if not route.include_in_schema:
        return fields
    schema = document["paths"][route.path_format][method.lower()].get("requestBody", {}).get("content", {})
    name = schema.get("application/json", {}).get("schema", {}).get("$ref", "").rpartition("/")[2]
    known = document["components"]["schemas"][name]["properties"] if name else {}
    return {key: value for key, value in fields.items() if key in known} if name else None


def _addresses(path: str, secret: Secret) -> list[str]:
    """Fill the parameters of an address; one that several kinds of things may stand in is filled with each."""
    case = path.startswith(("/cases", "/api/v1/cases"))
    known: dict[str, list[str]] = {
        "kind": ["incident", "known_error"], "kind_key": ["incident", "known_error"], "task_id": [secret.task],
        "key": ["incident", "case"] if "/lists/" in path else ["both", "hidden"], "file_id": [secret.file],
        "number": [secret.case] if case else [secret.record, secret.known, secret.seen], "link_id": [secret.link],
        "filter_id": [secret.kept], "tag_id": [secret.tag], "answer_id": [secret.answer], "format_of": ["csv", "xlsx"],
        "entity": ["person", "incident", "known_error", "record", "team"], "name": [TAG], "person": ["me"],
        "role": ["problems.process_staff"], "comment_id": [secret.said], "notification_id": [secret.told],
        "webhook_id": [secret.hook], "delivery_id": [secret.sent],
    }  # fmt: skip
    found = [path]
    if re.search(r"{kind(_key)?}/{number}", path):
        places = (("incident", secret.record), ("known_error", secret.known), ("incident", secret.seen))
        found = [re.sub(r"{kind(_key)?}/{number}", "/".join(place), path) for place in places]
    for name in re.findall(r"{(\w+)", found[0]):
        values = known.get(name, [str(secret.record_id)])
        found = [re.sub(rf"{{{name}(:\w+)?}}", value, one, count=1) for one in found for value in values]
    return found


def _questions(secret: Secret) -> Iterator[str]:
    """Ask lists, searches and fields that look things up for what the secret says, and put lists in every order."""
    for word in (TITLE, STORY, CUSTOM, NOTE, FILE, KNOWN, secret.record, secret.case):
        for path in ("/search?q={}", "/references/record?q={}", "/api/v1/records/incident?q={}"):
            yield path.format(word)
    for word in (TITLE, CUSTOM, secret.record):
        yield f"/api/v1/lists/incident?q={word}"
    yield from (f"/{path}?status=&q={TITLE}" for path in ("records/incident", "cases"))
    yield from (f"{path}?q={TITLE}" for path in ("/work", "/api/v1/search", "/api/v1/lists/case", "/api/v1/cases"))
    yield from (f"/api/v1/tags?q={word}" for word in (TAG, TAG[:3]))
    kinds = ("incident", "known_error", "service", "service_request", "action", "catalogue_item")
    yield from (f"/references/{kind}?q={KNOWN}" for kind in kinds)
    for kind in ("service_request", "action"):
        yield from (
            f"/records/{kind}?status=&q={KNOWN}",
            f"/api/v1/lists/{kind}?q={KNOWN}",
            f"/search?q={STORY}&kind={kind}",
        )
    for group in ("incident", "known_error", "cases", "tasks", "comments", "files", "people"):
        yield f"/search?q={TITLE}&kind={group}"
    yield f"/api/v1/tasks?case={secret.case}"
    yield f"/api/v1/tasks?record={secret.record}"
    yield f"/account/roles?record={secret.record}"
    for name, comparison, value in (
        ("title", "contains", TITLE), ("number", "is", secret.record), ("description", "contains", STORY),
        ("known_error", "named", KNOWN), ("known_error", "any", "880000000002"), ("known_error", "filled", ""),
        ("owner", "empty", ""), ("team", "named", "Vendors"), ("seal", "is", CUSTOM), (CUSTOM_NAME, "is", CUSTOM),
    ):  # fmt: skip
        told = f"columns=number,{name}&sort=-{name}"
        yield f"/api/v1/lists/incident?{told}&condition={name}:{comparison}:{value}"
    told = f"columns=number,title,known_error,owner,team,seal,{CUSTOM_NAME}&sort=known_error"
    yield f"/records/incident?status=&{told}&c1=known_error&o1=named&v1={KNOWN}"
    yield from (f"/lists/incident/export.{ending}?status=&{told}" for ending in ("csv", "xlsx"))
    yield from (f"/api/v1/lists/incident/export.{ending}?{told}" for ending in ("csv", "xlsx"))
    for view in ("links", "comments", "files", "history", "messages", "journal"):
        for number, case, task in ((secret.record, secret.case, secret.task), (secret.seen, "", secret.seen_task)):
            yield f"/records/incident/{number}?view={view}"
            yield f"/work/tasks/{task}?view={view}"
            if case:
                yield f"/cases/{case}?view={view}"
    yield f"/records/incident?filter={secret.kept}"
    for name in ("filter", "after"):
        for value in (secret.kept, secret.record):
            yield f"/api/v1/lists/incident?{name}={value}"


def _pointers(secret: Secret, swapped: dict[str, str]) -> Iterator[Asked]:
    """Let what one may work with point at the secret."""
    seen, api = f"/records/incident/{secret.seen}", f"/api/v1/records/incident/{secret.seen}"
    for to in ({"to": secret.record_id}, {"to~text": secret.record}, {"to": secret.known}):
        yield Asked("POST", f"{seen}/links", {"type": "related_to", **to}, swapped)
    for into in ({"into": secret.record_id}, {"into~text": secret.record}):
        yield Asked("POST", f"{seen}/merge", {"reason": "x", **into}, swapped)
    for to in (secret.record, secret.known, secret.record_id):
        yield Asked("POST", f"{api}/links", {"type": "related_to", "to": to}, swapped)
        yield Asked("POST", f"{api}/merge", {"into": to, "reason": "x"}, swapped)
    yield Asked("DELETE", f"{api}/links/{secret.link}", None, swapped)
    for number in (secret.record, secret.known):
        body = {"values": {"title": "x"}, "record": number}
        yield Asked("POST", "/api/v1/diagrams/both/cases", body, swapped)
        yield Asked("GET", f"/start/both?record={number}", None, swapped)
        yield Asked(
            "POST", f"/start/both?record={number}", {"title": "", "_form": "refresh", "record": number}, swapped
        )
    for action in ("claim", "reassign", "put_off", "complete"):
        yield Asked("POST", "/work/bulk", {"_action": action, "_task": secret.task}, swapped)


def readable(answer: Response) -> str:
    """Return all that an answer says, heads and what is packed in a spreadsheet included."""
    said = "\n".join(f"{name}: {value}" for name, value in answer.headers.items()) + "\n"
    if answer.content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as sheet:
            return said + "\n".join(sheet.read(name).decode() for name in sheet.namelist())
    return said + answer.text


def plain(answer: Response, asked: Asked) -> tuple[int, list[tuple[str, str]], str]:
    """Return an answer without nonces and without what was asked for."""
    said = answer.content
    for nonce, nothing in NONCES:
        said = nonce.sub(nothing, said)
    heads = sorted(
        (name, asked.instead(value)) for name, value in answer.headers.items() if name not in ("set-cookie", "date")
    )
    return answer.status_code, heads, asked.instead(said.decode("utf-8", "replace"))


def _cost(statements: list[str]) -> int:
    """Count the statements of a request; whether settings have changed is asked beside them, by the clock."""
    return sum("setting.generation" not in statement for statement in statements)


@pytest.mark.parametrize("outsider", OUTSIDERS, indirect=True, ids=lambda name: name.replace(" ", "_") or "nobody")
def test_nobody_outside_learns_of_it(house: Office, secret: Secret, outsider: Outsider, statements: list[str]) -> None:
    told, differs = [], []
    for asked in requests(house, secret):
        statements.clear()
        answer = outsider.ask(asked)
        cost = _cost(statements)
        said = readable(answer).lower()
        sent = f"{asked.path} {asked.body}".lower()
        assert answer.status_code != 500, str(asked)
        told += [f"{asked}: {trace} ({answer.status_code})" for trace in secret.traces
                 if trace.lower() in said and trace.lower() not in sent]  # fmt: skip
        if asked.instead(str(asked)) == str(asked) or "?" in asked.path and answer.status_code == 200:
            continue
        statements.clear()
        other = outsider.ask(asked, absent=True)
        if answer.status_code >= 400 or other.status_code >= 400:
            same = plain(answer, asked), plain(other, asked)
            if same[0] != same[1]:
                differs.append(f"{asked}: {same[0]} / {same[1]}"[:3000])
            elif cost != _cost(statements):
                differs.append(f"{asked}: {cost} and {_cost(statements)} statements")
    assert "\n".join(told) == ""
    assert "\n".join(differs) == ""


def test_who_works_with_it_finds_it_by_the_same_ways(house: Office, secret: Secret) -> None:
    """What the walk looks for is there to be found."""
    left = set(secret.traces)
    for name in (STAFF, MANAGER):
        with house.browser(name) as browser:
            for asked in requests(house, secret):
                if left and asked.method == "GET" and not asked.path.startswith("/api"):
                    said = readable(browser.get(asked.path)).lower()
                    left -= {trace for trace in left if trace.lower() in said and trace not in asked.path}
    assert left == set()
