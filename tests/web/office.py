"""An organisation for page tests: people with roles, the shipped processes, and browsers that are signed in."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from lxml import html
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bootstrap import Parts, build
from app.domain.people import accounts, directory, sign_in
from app.domain.people.records import Person, Team
from app.engine.records import Case, Task
from app.main import create_app
from app.processes.publish import publish
from app.processes.sources import Source
from app.settings import Settings
from app.web import csrf
from app.web.i18n import label_in

PASSWORD = "correct horse battery"
ADDRESS = "http://testserver"
PEOPLE = {
    "Anna Novak": {"roles": ["incidents.process_staff"], "teams": ["service_desk"]},
    "Ben Osei": {"roles": ["incidents.process_staff"], "teams": ["service_desk", "storage"]},
    "Ines Duarte": {"roles": ["incidents.process_manager"], "teams": []},
    "Chiara Ricci": {"roles": [], "teams": []},
}
TEAMS = {"service_desk": (1, "Service desk"), "storage": (2, "Storage"), "vendors": (3, "Vendor liaison")}


@dataclass
class Office:
    """Parts and people of one test; `browsers` are signed in."""

    parts: Parts
    app: FastAPI
    people: dict[str, int] = field(default_factory=dict)

    def with_settings(self, folder: Path, **values: Any) -> "Office":
        """The same place as another process with other settings sees it; whoever asks for it closes its database."""
        url = self.parts.database.engine.url.render_as_string(hide_password=False)
        parts = build(Settings(var=folder, **values), url, say=label_in)
        return Office(parts, create_app(parts), dict(self.people))

    def session_secret(self, name: str) -> str:
        """Sign a person in without the page for it."""
        with self.parts.database.transaction() as session:
            return sign_in.open_session(session, self.people[name], hours=12)

    def browser(self, name: str) -> "Browser":
        """A browser in which this person is signed in."""
        return Browser(self.app, self.session_secret(name))

    def publish(self, *sources: Source) -> None:
        """Publish further definitions."""
        with self.parts.database.transaction() as session:
            publish(session, self.parts.library, sources, parser=self.parts.parser, registry=self.parts.registry)

    def visitor(self) -> "Browser":
        """A browser in which nobody is signed in."""
        return Browser(self.app, "")

    def report(self, title: str = "Cannot open shared storage", by: str = "Chiara Ricci") -> str:
        """Report an incident by its form and return the number of its case."""
        answer = self.browser(by).post("/start/incident", report(title))
        assert answer.status_code == 303, answer.text
        with self.parts.database.transaction() as session:
            return session.scalars(select(Case.number).order_by(Case.id.desc())).first() or ""

    def task(self, case: str, element: str = "") -> Task:
        """An open task of a case."""
        with self.parts.database.transaction() as session:
            query = select(Task).join(Case).where(Case.number == case, Task.status == "open").order_by(Task.id.desc())
            return session.scalars(query.where(Task.element == element) if element else query).one()

    def case(self, number: str) -> Case:
        """A case as it stands."""
        with self.parts.database.transaction() as session:
            return session.scalars(select(Case).where(Case.number == number)).one()


class Browser(TestClient):
    """Follows no redirect by itself and sends the token of its session with each form."""

    def __init__(self, app: FastAPI, secret: str, *, raise_faults: bool = True) -> None:
        cookies = {csrf.SESSION: secret} if secret else {}
        super().__init__(
            app, base_url=ADDRESS, cookies=cookies, follow_redirects=False, raise_server_exceptions=raise_faults
        )
        self.secret = secret

    def see(self, path: str) -> "Seen":
        """Open a page that must be there."""
        answer = self.get(path)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text[:2000]}"
        return Seen(answer)

    def post(self, path: str, data: Any = None, **more: Any) -> Response:  # type: ignore[override]
        """Send a form as the page of this session would."""
        values = {"_csrf": csrf.csrf_token(self.secret), **(data or {})}
        return super().post(path, data=values, **more)


class Seen:
    """A page as a person sees it: its text without markup, its links, its form fields."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer
        self.tree = html.fromstring(answer.text)

    @property
    def text(self) -> str:
        """What can be read on the page, blanks joined."""
        return " ".join(self.tree.text_content().split())

    def all(self, xpath: str) -> list[Any]:
        """The elements that an XPath finds."""
        return list(self.tree.xpath(xpath))

    def texts(self, xpath: str) -> list[str]:
        """The texts of the elements that an XPath finds."""
        return [" ".join(found.text_content().split()) for found in self.tree.xpath(xpath)]

    def links(self) -> list[str]:
        """Where the links lead."""
        return [str(href) for href in self.tree.xpath("//a/@href")]

    def values(self) -> dict[str, str]:
        """What the first form of answers holds, as a browser would send it."""
        form = self.tree.xpath("//form[@data-answers]")[0]
        return {name: value for name, value in form.form_values() if not name.startswith("_csrf")}


def report(title: str, **more: str) -> dict[str, str]:
    """Answers to the form with which a user reports an incident."""
    return {"title": title, "description": "Since 09:10 the drive S: is empty.", "_form": "complete", **more}


def furnish(database_url: str, folder: Path) -> dict[str, int]:
    """Publish what is shipped and let the people in; returns their ids by name."""
    parts = build_parts(database_url, folder)
    with parts.database.transaction() as session:
        publish(session, parts.library, parts.library.shipped(), parser=parts.parser, registry=parts.registry)
        people = seed(session)
    parts.database.close()
    return people


def open_office(database_url: str, folder: Path, people: dict[str, int]) -> Office:
    """Build the application on a furnished database."""
    parts = build_parts(database_url, folder)
    # A copy: some tests know more people than others.
    return Office(parts, create_app(parts), dict(people))


def build_parts(database_url: str, folder: Path) -> Parts:
    """Build the parts of one test."""
    return build(Settings(var=folder, secret_key="a test's own"), database_url, say=label_in)  # type: ignore[arg-type]


def seed(session: Session) -> dict[str, int]:
    """Store the people, their teams and roles; returns ids by name."""
    teams = {key: Team(key=key, name=name, level=level) for key, (level, name) in TEAMS.items()}
    session.add_all(teams.values())
    session.flush()
    people: dict[str, int] = {}
    for name, place in PEOPLE.items():
        login = name.lower().replace(" ", ".")
        person: Person = accounts.create_person(
            session, login=login, name=name, email=f"{login}@example.org", time_zone="Europe/Berlin"
        )
        people[name] = person.id
        for role in place["roles"]:
            directory.assign_role(session, role, person_id=person.id)
        for key in place["teams"]:
            directory.join_team(session, teams[key].id, person.id)
    return people
