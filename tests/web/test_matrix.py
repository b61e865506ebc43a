"""Who may open and do what on the pages: every route for every kind of person."""

from typing import Any

import pytest
from fastapi.routing import APIRoute

from tests.web.house import ADMIN, AUDITOR, ELSEWHERE, MANAGER, OTHER, REQUESTER, STAFF, TEAM, Places
from tests.web.office import Office

NOBODY = ""
PEOPLE = (NOBODY, REQUESTER, OTHER, STAFF, ELSEWHERE, TEAM, MANAGER, AUDITOR, ADMIN)

# Where nobody is signed in, every page leads to signing in; 303 elsewhere is success.
ALL, SIGN_IN = (200,) * 8, 303
BECAUSE = {"reason": "because"}
NOTE = {"body": "Noted"}
LINK = {"type": "related_to", "to~text": "SVC-2026-0001"}
FILE = {"file": ("a.txt", b"a")}

# A case of Chiara Ricci's in the area of Anna Novak and Ines Duarte; `help` is offered to Nadia Petrova's team.
#  route                                      sent     requester, other, staff, elsewhere, team, manager, auditor, admin
TABLE: list[tuple[str, Any, tuple[int, ...]]] = [
    ("GET /",                                 None,    (303,) * 8),
    ("GET /work",                             None,    ALL),
    ("GET /work/tasks/{look}",                None,    (200, 404, 200, 404, 200, 200, 200, 200)),
    ("GET /work/tasks/{help}",                None,    (200, 404, 200, 404, 200, 200, 200, 200)),
    ("POST /work/tasks/{look}",               {},      (403, 404, 303, 404, 403, 403, 403, 403)),
    ("POST /work/tasks/{help}",               {},      (403, 404, 403, 404, 303, 403, 403, 403)),
    ("POST /work/tasks/{help}",               {"_form": "draft"}, (403, 404, 403, 404, 303, 403, 403, 403)),
    ("POST /work/tasks/{look}/claim",         {},      (403, 404, 303, 404, 403, 403, 403, 403)),
    ("POST /work/tasks/{look}/take-over",     {},      (403, 404, 403, 404, 403, 403, 403, 403)),
    ("POST /work/tasks/{help}/release",       {},      (403, 404, 403, 404, 303, 403, 403, 403)),
    ("POST /work/tasks/{look}/put-off",       {"until": "week"}, (403, 404, 303, 404, 403, 403, 403, 403)),
    ("POST /work/tasks/{help}/put-off",       {"until": "week"}, (403, 404, 403, 404, 303, 403, 403, 403)),
    ("GET /work/tasks/{look}/reassign",       None,    (403, 404, 200, 404, 403, 200, 403, 200)),
    ("POST /work/tasks/{look}/reassign",      {"to": "{ben}"}, (403, 404, 303, 404, 403, 303, 403, 303)),
    ("GET /cases",                            None,    ALL),
    ("GET /cases/{case}",                     None,    (200, 404, 200, 404, 200, 200, 200, 200)),
    ("GET /cases/{case}?view=journal",        None,    (200, 404, 200, 404, 200, 200, 200, 200)),
    ("GET /cases/{case}?view=messages",       None,    (200, 404, 200, 404, 200, 200, 200, 200)),
    ("GET /cases/{case}/diagrams/both.bpmn",  None,    (200, 404, 200, 404, 200, 200, 200, 200)),
    ("GET /cases/{stuck}",                    None,    (200, 404, 200, 404, 404, 200, 200, 200)),
    ("GET /cases/{stuck}/data",               None,    (403, 404, 403, 404, 404, 200, 403, 200)),
    ("POST /cases/{stuck}/retry",             BECAUSE, (403, 404, 403, 404, 404, 303, 403, 303)),
    ("POST /cases/{case}/cancel",             BECAUSE, (403, 404, 403, 404, 403, 303, 403, 303)),
    ("GET /start",                            None,    ALL),
    ("GET /start/both",                       None,    ALL),
    ("GET /start/closed",                     None,    (403, 403, 200, 403, 403, 403, 403, 200)),
    ("POST /start/closed",                    {},      (403, 403, 303, 403, 403, 403, 403, 303)),
    ("POST /start/both",                      {"title": "Mine"}, (303,) * 8),
    ("GET /records/incident",                 None,    ALL),
    ("GET /records/incident/{record}",        None,    (200, 404, 200, 404, 200, 200, 200, 200)),
    ("GET /records/incident/{record}?view=history", None, (200, 404, 200, 404, 200, 200, 200, 200)),
    ("POST /records/incident/{record}/comments", NOTE, (303, 404, 303, 404, 303, 303, 403, 303)),
    ("POST /records/incident/{record}/files", FILE,    (303, 404, 303, 404, 303, 303, 403, 303)),
    ("POST /records/incident/{record}/links", LINK,    (403, 404, 303, 404, 303, 303, 403, 303)),
    ("POST /records/incident/{record}/links/1/remove", {}, (403, 404, 404, 404, 404, 404, 403, 404)),
    ("GET /records/service/{service}",        None,    ALL),
    ("POST /records/service/{service}/comments", NOTE, (403, 403, 403, 403, 403, 403, 403, 303)),
    ("POST /records/service/{service}/files", FILE,    (403, 403, 403, 403, 403, 403, 403, 303)),
    ("GET /records/known_error/{known}",      None,    (404, 404, 200, 404, 404, 200, 200, 200)),
    ("GET /files/{file}",                     None,    (200, 404, 200, 404, 200, 200, 200, 200)),
    ("GET /files/{loose}",                    None,    (200, 404, 404, 404, 404, 404, 404, 404)),
    ("GET /search?q=storage",                 None,    ALL),
    ("GET /search?q={case}",                  None,    (303, 200, 303, 200, 303, 303, 303, 303)),
    ("GET /references/person?q=anna",         None,    ALL),
    ("GET /account",                          None,    ALL),
    ("GET /administration",                   None,    (403, 403, 403, 403, 403, 403, 403, 200)),
    ("POST /account",                         {"time_zone": "Europe/Berlin"}, (303,) * 8),
    ("POST /account/password",                {"old": "wrong"}, (422,) * 8),
    ("POST /account/sign-out-everywhere",     {},      (303,) * 8),
    ("GET /sign-in",                          None,    (303,) * 8),
    ("POST /sign-in",                         {},      (401,) * 8),
    ("POST /sign-out",                        {},      (303,) * 8),
]  # fmt: skip
# What a visitor gets who is not signed in, where that is not to be asked to.
OPEN = {"GET /": 303, "GET /sign-in": 200}


@pytest.mark.parametrize("place", range(len(PEOPLE)), ids=[name.replace(" ", "_") or "nobody" for name in PEOPLE])
def test_each_person_at_each_route(house: Office, place: int) -> None:
    name, found, expected = PEOPLE[place], {}, {}
    shared = Places(house)
    for route, sent, answers in TABLE:
        method, pattern = route.split(" ", 1)
        things = shared if method == "GET" else Places(house)
        path = pattern.format_map(things)
        browser = house.browser(name) if name else house.visitor()
        if method == "GET":
            answer = browser.get(path)
        elif sent is FILE:
            answer = browser.post(path, files=FILE)
        else:
            answer = browser.post(path, {key: value.format_map(things) for key, value in sent.items()})
        key = f"{route} {sent}"
        found[key] = answer.status_code
        expected[key] = answers[place - 1] if name else OPEN.get(route, SIGN_IN if method == "GET" else 403)
        if answer.status_code == 404:
            assert "There is nothing here" in answer.text
    assert found == expected


def test_the_table_names_every_page(house: Office) -> None:
    known = {
        "look": "task_id", "help": "task_id", "case": "number", "stuck": "number", "record": "number",
        "service": "number", "known": "number", "file": "file_id", "loose": "file_id",
    }  # fmt: skip

    def pattern(route: str) -> str:
        path = route.partition("?")[0].format_map({key: f"{{{name}}}" for key, name in known.items()})
        for literal, name in (
            ("/start/both", "/start/{key}"), ("/start/closed", "/start/{key}"), ("both.bpmn", "{key}.bpmn"),
            *((f"records/{kind}", "records/{kind_key}") for kind in ("incident", "service", "known_error")),
            *((f"}}/{remedy}", "}/{remedy}") for remedy in ("data", "retry", "cancel")), ("/person", "/{entity}"),
            ("links/1/", "links/{link_id}/"),
        ):  # fmt: skip
            path = path.replace(literal, name)
        return path

    pages = {
        f"{method} {route.path}"
        for route in house.app.routes
        if isinstance(route, APIRoute) and not route.include_in_schema
        for method in route.methods
    }
    assert pages - {pattern(route) for route, _sent, _answers in TABLE} == set()
