"""A running Stellwerk with the demo organisation, and people who look at it with a browser."""

import contextlib
import re
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, Response, ViewportSize
from sqlalchemy import select

from app import clock
from app.bootstrap import Parts, build
from app.database.embedded import Cluster
from app.database.migrate import migrate
from app.domain.demo import Sample, SampleStep
from app.domain.people import sign_in
from app.domain.people.records import Person
from app.domain.records.records import Record
from app.engine.records import Case, Task
from app.jobs.runner import carry_out_due
from app.main import create_app
from app.processes.publish import publish
from app.settings import Settings
from app.showcase import make_demo, play
from app.web import csrf

REGISTERED = SampleStep(
    "register",
    "anna.novak",
    {"caller_known": "directory", "channel": "portal", "description": "The drive is empty since this morning."},
    minutes=0,
)
CLASSIFIED = SampleStep(
    "classify",
    "anna.novak",
    {"category": "storage", "impact": "person", "urgency": "week", "service_down": False},
    minutes=0,
)
RESTORED = SampleStep(
    "diagnose",
    "anna.novak",
    {"next_step": "restored", "resolution": "Connected the drive anew.", "cause": "software"},
    minutes=0,
)
# Word for word what every page promises: nothing from elsewhere, no inline script or style.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
WIDE: ViewportSize = {"width": 1440, "height": 900}
# What a browser says in its console about an answer that is a page of ours: the page itself is looked at instead.
REFUSED = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


@dataclass
class Human:
    """Somebody at a browser; everything the browser complains about is written down."""

    demo: "Demo"
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    loads: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Listen to a page: errors, requests that fail, and the pages that are loaded."""
        page.on("pageerror", lambda error: self.complaints.append(f"error {error}"))
        page.on("console", self._console)
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not REFUSED.match(message.text):
            self.complaints.append(f"console {message.text}")

    def _failed(self, request: Request) -> None:
        # A page that is left cancels what it was still loading.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        request = response.request
        if request.is_navigation_request():
            is_page = response.headers.get("content-type", "").startswith("text/html")
            if is_page and response.headers.get("content-security-policy") != POLICY:
                self.complaints.append(f"another policy at {response.url}")
            if request.method == "GET" and response.status == 200:
                self.loads.append(response.url.removeprefix(self.demo.address))
        elif response.status >= 400:
            self.complaints.append(f"{response.status} {response.url}")

    def open(self, path: str) -> Page:
        """Open a page of ours."""
        self.page.goto(f"{self.demo.address}{path}")
        return self.page


@dataclass
class Demo:
    """The demo organisation behind an address."""

    parts: Parts
    address: str = ""

    def work(self) -> None:
        """Carry out what waits for the worker."""
        carry_out_due(self.parts.queue, self.parts.database)

    def secret(self, login: str) -> str:
        """Sign a person in without the page for it."""
        with self.parts.database.transaction() as session:
            person = session.scalars(select(Person.id).where(Person.login == login)).one()
            return sign_in.open_session(session, person, hours=12)

    def incident(self, title: str, *steps: SampleStep, by: str = "chiara.ricci") -> int:
        """Let an incident come as far as these steps lead, without a browser; returns the case's id."""
        report = {"title": title, "description": "Since this morning.", "service": "service:Research storage"}
        with clock.at(clock.now()):
            return play(self.parts, Sample("", by, report, 0, steps))

    def case(self, title: str) -> Case:
        """The newest case with this title."""
        with self.parts.database.transaction() as session:
            return session.scalars(select(Case).where(Case.title == title).order_by(Case.id.desc())).first() or Case()

    def record(self, title: str) -> Record:
        """The newest record with this title."""
        with self.parts.database.transaction() as session:
            return session.scalars(select(Record).where(Record.title == title).order_by(Record.id.desc())).one()

    def task(self, case_id: int, element: str) -> Task:
        """The open task of a case at an element."""
        with self.parts.database.transaction() as session:
            query = select(Task).where(Task.case_id == case_id, Task.element == element, Task.status == "open")
            return session.scalars(query).one()

    @contextmanager
    def visitor(self, browser: Browser, **options: Any) -> Iterator[Human]:
        """Somebody who is not signed in; complaints of the browser fail the test."""
        choices: dict[str, Any] = {"locale": "en-GB", "timezone_id": "Europe/Berlin", "viewport": WIDE} | options
        context = browser.new_context(**choices)
        context.set_default_timeout(10_000)
        human = Human(self, context, context.new_page())
        human.watch(human.page)
        try:
            yield human
        finally:
            context.close()
        if human.complaints:
            raise AssertionError(f"The browser complains: {human.complaints}")

    @contextmanager
    def person(self, browser: Browser, login: str, **options: Any) -> Iterator[Human]:
        """Somebody who has signed in."""
        with self.visitor(browser, **options) as human:
            human.context.add_cookies([{"name": csrf.SESSION, "value": self.secret(login), "url": self.address}])
            yield human


@contextmanager
def furnish(url: str, folder: Path, moment: datetime | None = None) -> Iterator[Demo]:
    """Migrate a database, publish what is shipped, play the demo and serve it.

    Args:
        moment: when all of this happens; the time then stands still.
    """
    migrate(url)
    parts = build(Settings(var=folder, secret_key="a demo's own", organisation="Nordhafen", demo_days=0), url)  # type: ignore[arg-type]
    with clock.at(moment) if moment else contextlib.nullcontext():
        with parts.database.transaction() as session:
            publish(session, parts.library, parts.library.shipped(), parser=parts.parser, registry=parts.registry)
        make_demo(parts)
    demo = Demo(parts)
    with serve(parts, moment) as demo.address:
        yield demo
    parts.database.close()


@contextmanager
def serve(parts: Parts, moment: datetime | None = None) -> Iterator[str]:
    """Serve pages and API from a thread; yields the address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(parts), log_level="warning", ws="none"))

    def run() -> None:
        # Every request's context is a copy of this thread's, and with it the time.
        with clock.at(moment) if moment else contextlib.nullcontext():
            server.run([listener])

    thread = threading.Thread(target=run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listener.close()


@contextmanager
def own_cluster() -> Iterator[Cluster]:
    """A PostgreSQL for a demo outside the tests."""
    folder = Path(tempfile.mkdtemp(prefix="stellwerk-"))
    folder.chmod(0o711)
    cluster = Cluster(folder, durable=False)
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(folder)
