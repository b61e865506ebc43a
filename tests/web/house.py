"""The office with more kinds of people, and processes that need several of them."""

import itertools
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from sqlalchemy import select

from app.domain.desk.answers import Draft, save
from app.domain.people import accounts, directory
from app.domain.people.records import Person, Team
from app.domain.records.records import Comment, Record, StoredFile
from app.schedule.records import Schedule
from tests.engine.drawings import end, extensions, flows, gateway, script, user
from tests.stage import YEAR, ask, draw, form, text
from tests.web import agreed
from tests.web.office import Office

REQUESTER, OTHER, STAFF, ELSEWHERE, TEAM, MANAGER, AUDITOR, ADMIN = (
    "Chiara Ricci", "David Kim", "Anna Novak", "Lars Berg", "Nadia Petrova", "Ines Duarte", "Paul Okafor",
    "Marek Dvorak",
)  # fmt: skip
NEWCOMERS = {OTHER: "", ELSEWHERE: "changes.process_staff", TEAM: "", AUDITOR: "management.auditor", ADMIN: ""}
ASKS = f'<startEvent id="s">{extensions(form="tell")}</startEvent>'
# Nobody keeps two filters of one name.
_filters = itertools.count(1)
UPLOAD = {"attachments~upload": ("trace.txt", b"a trace")}


def settle(office: Office) -> None:
    """Let the newcomers in and publish the processes.

    `both` asks the staff of the area (`look`) and the storage team (`help`) at once, `stuck` stops at its script,
    `closed` is for the staff alone.
    """
    with office.parts.database.transaction() as session:
        for name, role in NEWCOMERS.items():
            login = name.lower().replace(" ", ".")
            person: Person = accounts.create_person(session, login=login, name=name, administrator=name == ADMIN)
            office.people[name] = person.id
            if role:
                directory.assign_role(session, role, person_id=person.id)
        storage = session.scalars(select(Team).where(Team.key == "storage")).one()
        directory.join_team(session, storage.id, office.people[TEAM])
        for kind, title in (("service", "Storage"), ("known_error", "Storage forgets its mounts")):
            office.parts.records.create(
                session, kind, title=title, requester_id=None, owner_id=None, values={}, actor_id=None, case_id=None,
                element="",
            )  # fmt: skip
    both = (
        ASKS + gateway("parallel", "g") + user("look") + user("help") + gateway("parallel", "j") + end()
        + flows("s g look j e", "g help j")
    )  # fmt: skip
    office.publish(
        draw("both", both, lanes={"team.storage": "help"}, record="incident"),
        draw("stuck", ASKS + script("share", "share = 1 / 0") + end() + flows("s share e"), record="incident"),
        draw("closed", ASKS + user("look") + end() + flows("s look e"), start_roles="incidents.process_staff"),
        form("tell", text("title"), ask("filepicker", "attachments", multiple=True)),
        form("look", ask("textarea", "diagnosis")), form("help", ask("textarea", "reply")),
    )  # fmt: skip


def routes(app: FastAPI) -> list[RouteContext]:
    """Return every route of pages and API, those of routers within routers too, with their whole paths."""
    return [one for one in iter_route_contexts(app.routes) if isinstance(one.original_route, APIRoute)]


class Places(dict[str, Any]):
    """What addresses may name, made when it is first asked for.

    `case` and `stuck` are numbers of cases that Chiara Ricci asked for, `record` that of the case's record; `look` and
    `help` are ids of its tasks; `file` belongs to it, `loose` was sent by her and belongs to nothing yet. `kept` is a
    filter of incidents that Anna Novak keeps for herself, `note` what she wrote to her colleagues on the record,
    `batch` a table that Ines Duarte has had checked, `schedule` one of a diagram of incidents, `agreement` one that
    is in force.
    """

    def __init__(self, house: Office) -> None:
        numbers = {"service": f"SVC-{YEAR}-0001", "known": f"KER-{YEAR}-0001"}
        super().__init__(**numbers, ben=house.people["Ben Osei"], others=999_999)
        self.house = house

    def __missing__(self, key: str) -> Any:
        if key == "loose":
            self.house.browser(REQUESTER).post("/start/both", {"title": "Mine", "_form": "refresh"}, files=UPLOAD)
            self[key] = self._newest_file()
        elif key == "kept":
            sent = {"name": f"All {next(_filters)}", "state": "status="}
            answer = self.house.browser(STAFF).post("/lists/incident/filters", sent)
            self[key] = answer.headers["location"].rpartition("?filter=")[2]
            assert self[key].isdecimal(), "it was refused"
        elif key == "note":
            self.house.browser(STAFF).post(f"/records/incident/{self['record']}/comments", {"body": "A note"})
            with self.house.parts.database.transaction() as session:
                self[key] = session.scalars(select(Comment.id).order_by(Comment.id.desc())).first() or 0
        elif key == "answer":
            with self.house.parts.database.transaction() as session:
                draft = Draft("Greeting", "incidents", None, {"en": "Hello"})
                self[key] = save(session, None, draft, actor_id=self.house.people[MANAGER]).id
        elif key == "agreement":
            calendar_id = agreed.calendar(self.house.parts, f"calendar_{next(_filters)}")
            self[key] = agreed.agree(self.house.parts, calendar_id)
        elif key == "batch":
            browser = self.house.browser(MANAGER)
            answer = browser.post("/lists/incident/import", files={"file": ("old.csv", b"title\nPrinter jams\n")})
            self[key] = answer.headers["location"].rpartition("/")[2]
            sent = {"field-0": "title", "found": "update", "missing": "create", "empty": "leave", "zone": "UTC"}
            assert browser.post(answer.headers["location"], sent).status_code == 303
        elif key == "schedule":
            timer = "<timerEventDefinition><timeCycle>R/P1M</timeCycle></timerEventDefinition>"
            body = f'<startEvent id="s">{timer}</startEvent>' + user("look") + end() + flows("s look e")
            self.house.publish(draw("timed", body))
            with self.house.parts.database.transaction() as session:
                self[key] = session.scalars(select(Schedule.id).where(Schedule.diagram == "timed")).one()
        elif key == "stuck":
            self[key] = self._start("stuck")
        else:
            self["case"] = self._start("both")
            self["file"] = self._newest_file()
            self["look"], self["help"] = (self.house.task(self["case"], name).id for name in ("look", "help"))
            with self.house.parts.database.transaction() as session:
                record_id = self.house.case(self["case"]).record_id
                self["record"] = session.scalars(select(Record.number).where(Record.id == record_id)).one()
        return self[key]

    def _start(self, diagram: str) -> str:
        answer = self.house.browser(REQUESTER).post(f"/start/{diagram}", {"title": "Storage is gone"}, files=UPLOAD)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"].rpartition("/")[2])

    def _newest_file(self) -> int:
        with self.house.parts.database.transaction() as session:
            return session.scalars(select(StoredFile.id).order_by(StoredFile.id.desc())).first() or 0
