"""Who may open and do what on the pages: every route for every kind of person."""

from typing import Any

import pytest

from tests.stage import YEAR
from tests.web.house import ADMIN, AUDITOR, ELSEWHERE, MANAGER, OTHER, REQUESTER, STAFF, TEAM, Places, routes
from tests.web.office import Browser, Office

NOBODY = ""
PEOPLE = (NOBODY, REQUESTER, OTHER, STAFF, ELSEWHERE, TEAM, MANAGER, AUDITOR, ADMIN)

# Where nobody is signed in, every page leads to signing in; 303 elsewhere is success.
ALL, SIGN_IN = (200,) * 8, 303
ADMINS = (403,) * 7 + (200,)
BECAUSE = {"reason": "because"}
NOTE = {"body": "Noted"}
HOOK = {"url": "https://example.org/hook", "events": "task.assigned"}
LINK = {"type": "related_to", "to~text": f"SVC-{YEAR}-0001"}
CHOSEN = {"_action": "claim", "_task": "{look}"}
MOVED = {"role": "incidents.process_staff", "task": "{look}", "to": "{ben}"}
ANSWER = {"name": "Greeting", "owner": "area:incidents", "text_en": "Dear {{{{record.requester.name}}}}"}
FILE = {"file": ("a.txt", b"a")}

# A case of Chiara Ricci's in the area of Anna Novak and Ines Duarte; `help` is offered to Nadia Petrova's team.
#  route                                      sent     requester, other, staff, elsewhere, team, manager, auditor, admin
TABLE: list[tuple[str, Any, tuple[int, ...]]] = [
    ("GET /",                                 None,    (303,) * 8),
    ("GET /work",                             None,    ALL),
    ("GET /work/waiting",                     None,    ALL),
    ("GET /work/bulk",                        None,    ALL),
    ("POST /work/bulk",                       CHOSEN, (200, 422, 200, 422, 200, 200, 200, 200)),
    ("POST /work/bulk/done",                  CHOSEN, (200, 422, 200, 422, 200, 200, 200, 200)),
    ("GET /work/workload",                    None,    (403, 403, 403, 403, 403, 200, 403, 200)),
    ("POST /work/workload",                   MOVED,   (403, 403, 403, 403, 403, 409, 403, 409)),
    ("GET /calendar",                         None,    ALL),
    ("GET /calendar?show=area.incidents",     None,    (404, 404, 200, 404, 404, 200, 200, 200)),
    ("POST /calendar",                        {"do": "end"}, (303,) * 8),
    ("GET /calendar/feeds/nobody.ics",        None,    (404,) * 8),
    ("GET /schedules",                        None,    (403, 403, 403, 403, 403, 200, 200, 200)),
    ("GET /schedules/{schedule}",             None,    (404, 404, 404, 404, 404, 200, 200, 200)),
    ("POST /schedules/{schedule}",            {"do": "pause"}, (404, 404, 404, 404, 404, 409, 403, 409)),
    ("GET /work/answers",                     None,    (403, 403, 403, 403, 403, 200, 403, 200)),
    ("GET /work/answers/new",                 None,    (403, 403, 403, 403, 403, 200, 403, 200)),
    ("POST /work/answers/new",                ANSWER,  (403, 403, 403, 403, 403, 303, 403, 303)),
    ("GET /work/answers/{answer}",            None,    (403, 403, 403, 403, 403, 200, 403, 200)),
    ("POST /work/answers/{answer}",           ANSWER,  (403, 403, 403, 403, 403, 409, 403, 409)),
    ("POST /work/answers/{answer}/remove",    {},      (403, 403, 403, 403, 403, 303, 403, 303)),
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
    ("GET /work/tasks/{look}/presence",       None,    (200, 404, 200, 404, 200, 200, 200, 200)),
    ("POST /work/tasks/{look}/presence",      {},      (403, 404, 204, 404, 403, 403, 403, 403)),
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
    ("GET /lists/incident/export.csv",        None,    ALL),
    ("POST /lists/incident/columns",          {"column": "number"}, (303,) * 8),
    ("POST /lists/incident/filters",          {"name": "Mine"}, (303,) * 8),
    ("POST /lists/incident/filters/{kept}",   {"name": "Hers"}, (404, 404, 303, 404, 404, 404, 404, 404)),
    ("POST /lists/incident/filters/{kept}/remove", {}, (404, 404, 303, 404, 404, 404, 404, 404)),
    ("POST /lists/incident/opens-with",       {"filter": "{kept}"}, (404, 404, 303, 404, 404, 404, 404, 404)),
    ("GET /lists/incident/import",            None,    (403, 403, 403, 403, 403, 200, 403, 200)),
    ("POST /lists/incident/import",           {},      (403, 403, 403, 403, 403, 422, 403, 422)),
    ("GET /lists/incident/import/{batch}",    None,    (403, 403, 403, 403, 403, 200, 403, 404)),
    ("POST /lists/incident/import/{batch}",   {},      (403, 403, 403, 403, 403, 422, 403, 404)),
    ("GET /lists/incident/batches/{batch}",   None,    (404, 404, 404, 404, 404, 200, 404, 404)),
    ("POST /lists/incident/batches/{batch}",  BECAUSE, (404, 404, 404, 404, 404, 303, 404, 404)),
    ("GET /lists/incident/batches/{batch}/faults.csv", None, (404, 404, 404, 404, 404, 200, 404, 404)),
    ("GET /lists/incident/change",            None,    (403, 403, 200, 200, 200, 200, 200, 200)),
    ("POST /lists/incident/change",           {"which": "all"}, (403, 403, 200, 200, 200, 200, 200, 200)),
    ("POST /lists/incident/change/plan",      {"which": "all"}, (403, 403, 422, 422, 422, 422, 422, 422)),
    ("GET /records/incident/{record}",        None,    (200, 404, 200, 404, 200, 200, 200, 200)),
    ("GET /records/incident/{record}?view=history", None, (200, 404, 200, 404, 200, 200, 200, 200)),
    ("GET /records/incident/{record}/times",  None,    (200, 404, 200, 404, 200, 200, 200, 200)),
    ("POST /records/incident/{record}/comments", NOTE, (303, 404, 303, 404, 303, 303, 403, 303)),
    ("POST /records/incident/{record}/comments/{note}", NOTE, (404, 404, 303, 404, 403, 403, 403, 403)),
    ("GET /records/incident/{record}/mentions?q=a", None, (200, 404, 200, 404, 200, 200, 403, 200)),
    ("POST /records/incident/{record}/files", FILE,    (303, 404, 303, 404, 303, 303, 403, 303)),
    ("POST /records/incident/{record}/links", LINK,    (403, 404, 303, 404, 303, 303, 403, 303)),
    ("POST /records/incident/{record}/links/1/remove", {}, (403, 404, 404, 404, 404, 404, 403, 404)),
    ("POST /records/incident/{record}/merge", {}, (403, 404, 422, 404, 422, 422, 403, 422)),
    ("POST /records/incident/{record}/tags", {"tag": "x"}, (403, 404, 303, 404, 303, 303, 403, 303)),
    ("POST /records/incident/{record}/tags/remove", {"tag": "x"}, (403, 404, 303, 404, 303, 303, 403, 303)),
    ("POST /records/incident/{record}/watch", {"watch": "1"}, (303, 404, 303, 404, 303, 303, 303, 303)),
    ("POST /records/incident/{record}/watchers", {"who": "{ben}"}, (403, 404, 303, 404, 303, 303, 403, 303)),
    ("POST /records/incident/{record}/watchers/{ben}/remove", {}, (403, 404, 303, 404, 303, 303, 403, 303)),
    ("GET /administration/lists",             None,    (403, 403, 403, 403, 403, 403, 403, 200)),
    ("POST /administration/lists",            {},      (403, 403, 403, 403, 403, 403, 403, 422)),
    ("GET /administration/lists/incident.category", None, (403, 403, 403, 403, 403, 403, 403, 200)),
    ("POST /administration/lists/incident.category", {}, (403, 403, 403, 403, 403, 403, 403, 422)),
    ("POST /administration/lists/incident.category/mail", {"do": "down"}, (403, 403, 403, 403, 403, 403, 403, 303)),
    ("GET /administration/tags",              None,    (403, 403, 403, 403, 403, 403, 403, 200)),
    ("POST /administration/tags/1",           {"name": "x"}, (403, 403, 403, 403, 403, 403, 403, 303)),
    ("GET /records/service/{service}",        None,    ALL),
    ("POST /records/service/{service}/comments", NOTE, (403, 403, 403, 403, 403, 403, 403, 303)),
    ("POST /records/service/{service}/files", FILE,    (403, 403, 403, 403, 403, 403, 403, 303)),
    ("GET /records/known_error/{known}",      None,    (404, 404, 200, 404, 404, 200, 200, 200)),
    ("GET /records/agreement/{agreement}",    None,    (404, 404, 200, 404, 404, 200, 200, 200)),
    ("GET /agreements/new",                   None,    ADMINS),
    ("POST /agreements/new",                  {},      (403,) * 7 + (422,)),
    ("GET /agreements/applying",              None,    (403, 403, 200, 403, 403, 200, 200, 200)),
    ("GET /agreements/{agreement}",           None,    (404, 404, 403, 404, 404, 403, 403, 200)),
    ("POST /agreements/{agreement}",          {},      (404, 404, 403, 404, 404, 403, 403, 409)),
    ("GET /agreements/{agreement}/clocks",    None,    (404, 404, 200, 404, 404, 200, 200, 200)),
    ("GET /agreements/{agreement}/activate",  None,    (404, 404, 403, 404, 404, 403, 403, 200)),
    ("POST /agreements/{agreement}/activate", {},      (404, 404, 403, 404, 404, 403, 403, 409)),
    ("GET /agreements/{agreement}/end",       None,    (404, 404, 403, 404, 404, 403, 403, 200)),
    ("POST /agreements/{agreement}/end",      {},      (404, 404, 403, 404, 404, 403, 403, 422)),
    ("GET /files/{file}",                     None,    (200, 404, 200, 404, 200, 200, 200, 200)),
    ("GET /files/{loose}",                    None,    (200, 404, 404, 404, 404, 404, 404, 404)),
    ("GET /search?q=storage",                 None,    ALL),
    ("GET /search?q={case}",                  None,    (303, 200, 303, 200, 303, 303, 303, 303)),
    ("GET /references/person?q=anna",         None,    ALL),
    ("GET /account",                          None,    ALL),
    ("GET /administration",                   None,    (403, 403, 403, 403, 403, 403, 403, 200)),
    ("GET /administration/journal",           None,    (403, 403, 403, 403, 403, 403, 200, 200)),
    ("GET /administration/journal/verification", None, (403, 403, 403, 403, 403, 403, 200, 200)),
    ("POST /administration/journal/verification", {},  (403, 403, 403, 403, 403, 403, 403, 303)),
    ("GET /administration/journal/anchors",   None,    (403, 403, 403, 403, 403, 403, 200, 200)),
    ("GET /administration/journal/anchors/newest.txt", None, (403, 403, 403, 403, 403, 403, 200, 200)),
    ("GET /administration/journal/erasure",   None,    (403, 403, 403, 403, 403, 403, 403, 200)),
    ("POST /administration/journal/erasure",  BECAUSE, (403, 403, 403, 403, 403, 403, 403, 422)),
    ("GET /account/absence",                  None,    ALL),
    ("GET /account/absence?person={ben}",     None,    (404,) * 7 + (200,)),
    ("POST /account/absence",                 {},      (422,) * 8),
    ("POST /account/absence",                 {"person": "{ben}"}, (404,) * 7 + (422,)),
    ("POST /account/absence/1/end",           {},      (404,) * 8),
    ("GET /account/roles",                    None,    ALL),
    ("GET /administration/people",            None,    ADMINS),
    ("GET /administration/people/new",        None,    ADMINS),
    ("POST /administration/people/new",       {},      (403,) * 7 + (422,)),
    ("GET /administration/people/{ben}",      None,    ADMINS),
    ("POST /administration/people/{ben}",     {},      (403,) * 7 + (422,)),
    ("GET /administration/people/{ben}/leave", None,   ADMINS),
    ("POST /administration/people/{ben}/leave", {"all-role": "nobody.here"}, (403,) * 7 + (422,)),
    ("POST /administration/people/{ben}/return", {},   (403,) * 7 + (303,)),
    ("GET /administration/people-import",     None,    ADMINS),
    ("POST /administration/people-import",    {},      (403,) * 7 + (422,)),
    ("GET /administration/organisations",     None,    ADMINS),
    ("GET /administration/organisations/new", None,    ADMINS),
    ("POST /administration/organisations/new", {},     (403,) * 7 + (422,)),
    ("GET /administration/organisations/1",   None,    (403,) * 7 + (404,)),
    ("POST /administration/organisations/1",  {},      (403,) * 7 + (404,)),
    ("GET /administration/teams",             None,    ADMINS),
    ("GET /administration/teams/new",         None,    ADMINS),
    ("POST /administration/teams/new",        {},      (403,) * 7 + (422,)),
    ("GET /administration/teams/1",           None,    ADMINS),
    ("POST /administration/teams/1",          {},      (403,) * 7 + (422,)),
    ("POST /administration/teams/1/members",  {},      (403,) * 7 + (303,)),
    ("GET /administration/roles",             None,    (403,) * 6 + (200, 200)),
    ("GET /administration/roles/changes.cab", None,    (403,) * 6 + (200, 200)),
    ("POST /administration/roles/changes.cab", {},     (403,) * 7 + (422,)),
    ("POST /administration/roles/changes.cab/assignments/1/end", {}, (403,) * 7 + (404,)),
    ("GET /administration/segregation",       None,    ADMINS),
    ("POST /administration/segregation",      {},      (403,) * 7 + (422,)),
    ("POST /administration/segregation/999/drop", {},  (403,) * 7 + (404,)),
    ("GET /administration/settings",          None,    ADMINS),
    ("GET /administration/calendars",         None,    ADMINS),
    ("GET /administration/calendars/new",     None,    ADMINS),
    ("POST /administration/calendars/new",    {},      (403,) * 7 + (422,)),
    ("GET /administration/calendars/none",    None,    (403,) * 7 + (404,)),
    ("POST /administration/calendars/none",   {},      (403,) * 7 + (404,)),
    ("POST /administration/calendars/none/remove", {}, (403,) * 7 + (404,)),
    ("GET /administration/mail",              None,    ADMINS),
    ("POST /administration/mail",             {"mail_from": "x"}, (403,) * 7 + (422,)),
    ("POST /administration/mail/test",        {},      ADMINS),
    ("GET /administration/appearance",        None,    ADMINS),
    ("POST /administration/appearance",       {"accent": "white", "version": "0"}, (403,) * 7 + (422,)),
    ("POST /administration/settings",         {"organisation": "Us", "version": "0"}, (403,) * 7 + (303,)),
    ("GET /administration/licences",          None,    ADMINS),
    ("GET /administration/about",             None,    ADMINS),
    ("GET /appearance/0/colours.css",         None,    ALL),
    ("GET /appearance/0/logo.png",            None,    (404,) * 8),
    ("POST /account",                         {"time_zone": "Europe/Berlin"}, (303,) * 8),
    ("POST /account/password",                {"old": "wrong"}, (422,) * 8),
    ("GET /account/second-factor",            None,    ALL),
    ("POST /account/second-factor",           {},      (403,) * 8),
    ("POST /account/second-factor/confirm",   {},      (422,) * 8),
    ("POST /account/second-factor/codes",     {},      (422,) * 8),
    ("POST /account/second-factor/off",       {},      (403,) * 8),
    ("GET /notifications",                    None,    ALL),
    ("GET /notifications?all=1",              None,    ALL),
    ("GET /notifications/{others}",           None,    (404,) * 8),
    ("POST /notifications/{others}",          {},      (404,) * 8),
    ("POST /notifications/read",              {},      (303,) * 8),
    ("GET /account/notifications",            None,    ALL),
    ("POST /account/notifications",           {},      (422,) * 8),
    ("GET /account/webhooks",                 None,    ALL),
    ("POST /account/webhooks",                HOOK,    (200,) * 8),
    ("GET /account/webhooks/{others}",        None,    (404,) * 8),
    ("POST /account/webhooks/{others}",       {"do": "test"}, (404,) * 8),
    ("POST /account/webhooks/{others}/deliveries/{others}", {}, (404,) * 8),
    ("GET /administration/webhooks",          None,    ADMINS),
    ("POST /administration/webhooks",         HOOK,    ADMINS),
    ("GET /administration/webhooks/{others}", None,    (403,) * 7 + (404,)),
    ("POST /administration/webhooks/{others}", {"do": "test"}, (403,) * 7 + (404,)),
    ("POST /administration/webhooks/{others}/deliveries/{others}", {}, (403,) * 7 + (404,)),
    ("GET /account/tokens",                   None,    ALL),
    ("POST /account/tokens",                  {"name": "x", "scopes": "read", "days": "9"}, (200,) * 8),
    ("POST /account/tokens",                  {"name": "x", "scopes": "administration", "days": "9"},
                                                       (422, 422, 422, 422, 422, 422, 422, 200)),
    ("POST /account/tokens/{others}/revoke",  {},      (404,) * 8),
    ("POST /account/sessions/{others}/end",   {},      (404,) * 8),
    ("POST /account/sign-out-others",         {},      (303,) * 8),
    ("POST /account/sign-out-everywhere",     {},      (303,) * 8),
    ("GET /administration/groups",            None,    ADMINS),
    ("POST /administration/groups",           {"group_name": "x", "role": "incidents.process_staff"},
                                                       (403,) * 7 + (303,)),
    ("POST /administration/groups/999/remove", {},     (403,) * 7 + (404,)),
    ("POST /administration/people/{ben}/second-factor/reset", {}, (403,) * 7 + (303,)),
    ("GET /first-start",                      None,    (404,) * 8),
    ("POST /first-start",                     {},      (404,) * 8),
    ("GET /sign-in",                          None,    (303,) * 8),
    ("POST /sign-in",                         {},      (401,) * 8),
    ("GET /sign-in/elsewhere",                None,    (303,) * 8),
    ("GET /sign-in/elsewhere/back",           None,    (401,) * 8),
    ("GET /sign-in/code",                     None,    (303,) * 8),
    ("POST /sign-in/code",                    {},      (303,) * 8),
    ("GET /sign-in/forgotten",                None,    ALL),
    ("POST /sign-in/forgotten",               {"who": "nobody"}, ALL),
    ("GET /sign-in/reset",                    None,    (404,) * 8),
    ("POST /sign-in/reset",                   {},      (404,) * 8),
    ("POST /sign-out",                        {},      (303,) * 8),
]  # fmt: skip
# What a visitor gets who is not signed in, where that is not to be asked to.
OPEN = {
    "GET /": 303,
    "GET /sign-in": 200,
    "GET /sign-in/forgotten": 200,
    "GET /sign-in/reset": 404,
    "GET /sign-in/elsewhere/back": 401,
    "GET /calendar/feeds/nobody.ics": 404,
    "GET /appearance/0/colours.css": 200,
    "GET /appearance/0/logo.png": 404,
    "GET /first-start": 404,
}


@pytest.mark.parametrize("place", range(len(PEOPLE)), ids=[name.replace(" ", "_") or "nobody" for name in PEOPLE])
def test_each_person_at_each_route(house: Office, place: int) -> None:
    name, found, expected = PEOPLE[place], {}, {}

    def anew() -> tuple[Places, Browser]:
        return Places(house), house.browser(name) if name else house.visitor()

    things, browser = anew()
    for route, sent, answers in TABLE:
        method, pattern = route.split(" ", 1)
        path = pattern.format_map(things)
        if method == "GET":
            answer = browser.get(path)
        elif sent is FILE:
            answer = browser.post(path, files=FILE)
        else:
            answer = browser.post(path, {key: value.format_map(things) for key, value in sent.items()})
        if answer.status_code < 400 and method != "GET":
            things, browser = anew()  # what is there may have been changed, the session ended
        key = f"{route} {sent}"
        found[key] = answer.status_code
        expected[key] = answers[place - 1] if name else OPEN.get(route, SIGN_IN if method == "GET" else 403)
        if answer.status_code == 404:
            assert "There is nothing here" in answer.text or route.endswith("/sign-in/reset")
    assert found == expected


def test_the_table_names_every_page(house: Office) -> None:
    known = {
        "look": "task_id", "help": "task_id", "case": "number", "stuck": "number", "record": "number",
        "service": "number", "known": "number", "kept": "filter_id", "file": "file_id", "loose": "file_id",
        "ben": "person_id", "batch": "batch_id", "answer": "answer_id", "note": "comment_id", "others": "others",
        "schedule": "schedule_id",
        "agreement": "number",
    }  # fmt: skip

    def pattern(route: str) -> str:
        path = route.partition("?")[0].format_map({key: f"{{{name}}}" for key, name in known.items()})
        for literal, name in (
            ("/lists/incident/", "/lists/{key}/"), ("export.csv", "export.{format_of}"),
            ("/start/both", "/start/{key}"), ("/start/closed", "/start/{key}"), ("both.bpmn", "{key}.bpmn"),
            *((f"records/{kind}", "records/{kind_key}") for kind in ("incident", "service", "known_error")),
            ("records/agreement", "records/{kind_key}"),
            *((f"}}/{remedy}", "}/{remedy}") for remedy in ("data", "retry", "cancel")), ("/person", "/{entity}"),
            ("links/1/", "links/{link_id}/"), ("/tags/1", "/tags/{tag_id}"),
            ("lists/incident/", "lists/{key}/"), ("export.csv", "export.{format_of}"),
            ("lists/incident.category/mail", "lists/{key}/{option}"), ("lists/incident.category", "lists/{key}"),
            ("calendars/none", "calendars/{key}"), ("feeds/nobody", "feeds/{secret}"),
            ("/appearance/0/", "/appearance/{version}/"),
            ("/roles/changes.cab", "/roles/{role}"), ("/assignments/1/", "/assignments/{assignment_id}/"),
            ("/segregation/999/", "/segregation/{rule_id}/"), ("/absence/1/", "/absence/{absence_id}/"),
            ("/organisations/1", "/organisations/{organisation_id}"), ("/teams/1", "/teams/{team_id}"),
            ("groups/999/", "groups/{row_id}/"),
            ("webhooks/{others}", "webhooks/{webhook_id}"), ("deliveries/{others}", "deliveries/{delivery_id}"),
            ("notifications/{others}", "notifications/{notification_id}"),
            ("tokens/{others}", "tokens/{token_id}"), ("sessions/{others}", "sessions/{session_id}"),
        ):  # fmt: skip
            path = path.replace(literal, name)
        return path

    pages = {
        f"{method} {route.path}"
        for route in routes(house.app)
        if not route.include_in_schema
        for method in route.methods
    }
    assert len(pages) > 100
    assert pages - {pattern(route) for route, _sent, _answers in TABLE} == set()
