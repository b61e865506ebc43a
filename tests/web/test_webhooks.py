"""Webhooks against a real server: signed, once, tried again, given up, switched off; never into private networks."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app import clock
from app.domain.notifications import webhooks
from app.domain.notifications.records import Webhook, WebhookDelivery
from app.domain.people.records import Person, RoleAssignment
from app.errors import Unavailable, Undeliverable
from app.integrations.webhook import Poster, is_public, networks
from app.jobs.runner import carry_out_due
from tests.web.house import ADMIN, MANAGER, STAFF, Places
from tests.web.office import Office
from tests.web.telling import tell, told

OWN, OURS = "/account/webhooks", "/administration/webhooks"


class Receiver:
    """A server that keeps what is posted to it, and answers as it is told to."""

    def __init__(self) -> None:
        self.got: list[SimpleNamespace] = []
        self.status, self.body, self.location = 200, b"thank you", ""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(SimpleNamespace(path=self.path, headers=dict(self.headers), body=body))
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("location", receiver.location)
                self.send_header("content-length", str(len(receiver.body)))
                self.end_headers()
                self.wfile.write(receiver.body)

            def log_message(self, *_args: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}/hook?x=1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def events(self) -> list[str]:
        return [json.loads(one.body)["type"] for one in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.server.shutdown()
    receiver.server.server_close()


def allow(house: Office, text: str = "127.0.0.0/8, ::1") -> None:
    """Let webhooks of this office reach networks, as the operator's setting does."""
    object.__setattr__(house.parts.settings, "webhook_networks", text)


def register(house: Office, who: str, url: str, *events: str, base: str = OWN) -> tuple[str, str]:
    """Register a webhook by the page; returns the path of its page, and its secret."""
    page = house.browser(who).post(base, {"url": url, "events": list(events)})
    assert page.status_code == 200, page.text
    secret = page.text.split("whsec_")[1].split("<")[0]
    with house.parts.database.transaction() as session:
        found = session.scalars(select(Webhook.id).order_by(Webhook.id.desc())).first()
    return f"{base}/{found}", f"whsec_{secret}"


def deliver(house: Office, times: int = 1) -> None:
    """Carry out what is due, and what is tried again within the next hours."""
    for hours in range(times):
        with clock.at(clock.now() + timedelta(hours=hours)):
            carry_out_due(house.parts.queue, house.parts.database)


def rows(house: Office) -> list[WebhookDelivery]:
    with house.parts.database.transaction() as session:
        return list(session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


def test_what_one_is_told_is_posted_once_signed_and_without_what_people_wrote(
    house: Office, places: Places, receiver: Receiver
) -> None:
    allow(house)
    path, secret = register(house, STAFF, receiver.url, "task.offered", "record.mention")
    number, look = places["record"], places["look"]
    house.browser("Ben Osei").post(f"/records/incident/{number}/comments", {"body": "@anna.novak: it is a secret"})
    for _ in range(2):
        tell(house)
    deliver(house)
    assert sorted(receiver.events()) == ["record.mention", "task.offered"]
    for one in receiver.got:
        headers = {name.lower(): value for name, value in one.headers.items()}
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + one.body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        right = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{right}" and headers["host"].startswith("localhost:")
        said = json.loads(one.body)
        assert said["id"] == headers["webhook-id"] and said["data"]["number"] == number and one.path == "/hook?x=1"
        assert b"secret" not in one.body and b"Storage" not in one.body
    assert {json.loads(one.body)["data"].get("task") for one in receiver.got} == {str(look), None}
    page = house.browser(STAFF).see(path)
    assert "arrived" in page.text and "thank you" in page.text and secret not in page.text
    with house.parts.database.transaction() as session:
        kept = session.scalars(select(Webhook)).one()
    assert secret.encode() not in kept.secret, "who reads the database cannot sign"


def test_the_organisations_webhook_hears_of_each_event_once_whoever_is_told(
    house: Office, places: Places, receiver: Receiver
) -> None:
    allow(house)
    register(house, ADMIN, receiver.url, "case.stuck", "task.offered", base=OURS)
    places["stuck"], places["case"]
    tell(house)
    deliver(house)
    assert sorted(receiver.events()) == ["case.stuck", "task.offered", "task.offered"]
    assert len(told(house, "", "task.offered")) > 2, "more people than tasks"


def test_the_organisations_webhook_hears_that_a_task_was_taken_away_and_given_back(
    house: Office, places: Places, receiver: Receiver
) -> None:
    allow(house)
    task, ben = str(places["look"]), house.people["Ben Osei"]
    house.browser(STAFF).post(f"/work/tasks/{task}/claim", {})
    tell(house)
    register(house, ADMIN, receiver.url, "task.assigned", "task.withdrawn", base=OURS)
    house.browser(MANAGER).post(f"/work/tasks/{task}/reassign", {"to": str(ben)})
    tell(house)
    house.browser("Ben Osei").post(f"/work/tasks/{task}/release", {})
    with house.parts.database.transaction() as session:
        session.execute(delete(RoleAssignment).where(RoleAssignment.person_id == ben))
    for _ in range(2):
        tell(house)
    deliver(house)
    assert sorted(receiver.events()) == ["task.assigned", "task.withdrawn", "task.withdrawn"]
    # Whoever has lost it may know of it no longer; the organisation may.
    assert {json.loads(one.body)["data"]["task"] for one in receiver.got} == {task}
    assert all(f"/work/tasks/{task}" in json.loads(one.body)["data"]["url"] for one in receiver.got)


def test_it_is_tried_again_with_the_same_id_and_can_be_sent_once_more(
    house: Office, places: Places, receiver: Receiver
) -> None:
    allow(house)
    path, _secret = register(house, STAFF, receiver.url, "task.offered")
    places["case"]
    tell(house)
    receiver.status = 503
    deliver(house)
    assert [(row.status, row.attempts, row.answer_status) for row in rows(house)] == [("waiting", 1, 503)]
    receiver.status = 200
    deliver(house, 2)
    [row] = rows(house)
    assert (row.status, row.attempts) == ("sent", 2)
    again = house.browser(STAFF).post(f"{path}/deliveries/{row.id}", {})
    assert again.status_code == 303
    deliver(house)
    ids = {one.headers.get("webhook-id") for one in receiver.got}
    assert len(receiver.got) == 3 and ids == {row.identity}
    assert house.browser(MANAGER).post(f"{path}/deliveries/{row.id}", {}).status_code == 404


def test_a_webhook_that_never_answers_is_switched_off_and_its_owner_told(
    house: Office, places: Places, receiver: Receiver
) -> None:
    allow(house)
    path, _secret = register(house, STAFF, receiver.url, "task.offered")
    receiver.status, receiver.body = 500, b"broken <b>" + b"x" * 100_000
    with house.parts.database.transaction() as session:
        session.execute(update(Person).where(Person.id == house.people[STAFF]).values(locale="de"))
    anna = house.browser(STAFF)
    for _ in range(3):
        anna.post(path, {"do": "test"})
        deliver(house, 9)
    [row] = told(house, STAFF, "webhook.disabled")
    assert row.path == path and "Der Server antwortete 500." in row.body
    page = anna.see(path)
    assert page.texts("//tbody//details/pre")[0].startswith("broken <b>xxx"), "what a server answers is shown as text"
    assert [one.status for one in rows(house)] == ["failed"] * 3 and len(receiver.got) == 3 * 8
    assert len(rows(house)[0].answer or "") <= 2000
    places["case"]
    tell(house)
    assert len(rows(house)) == 3, "it hears of nothing any more"
    receiver.status = 200
    anna.post(path, {"do": "on"})
    anna.post(f"{path}/deliveries/{rows(house)[0].id}", {})
    deliver(house)
    assert rows(house)[0].status == "sent"


def test_who_may_no_longer_know_of_it_gets_nothing_posted(house: Office, places: Places, receiver: Receiver) -> None:
    allow(house)
    register(house, STAFF, receiver.url, "task.offered")
    places["case"]
    tell(house)
    with house.parts.database.transaction() as session:
        session.execute(delete(RoleAssignment).where(RoleAssignment.person_id == house.people[STAFF]))
    deliver(house)
    assert receiver.got == [] and [row.status for row in rows(house)] == ["withheld"]


def test_private_networks_are_refused_at_the_moment_of_posting(house: Office, receiver: Receiver) -> None:
    path, _secret = register(house, STAFF, receiver.url, "task.offered")
    house.browser(STAFF).post(path, {"do": "test"})
    deliver(house)
    assert receiver.got == [] and "private network" in house.browser(STAFF).see(path).text
    allow(house)
    receiver.status, receiver.location = 302, "http://169.254.169.254/latest/meta-data/"
    deliver(house, 2)
    assert rows(house)[0].answer_status == 302 and len(receiver.got) == 1, "it goes where it was told to and no further"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "[::1]",
        "[fe80::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "[2002:a00:1::1]", "224.0.0.1", "2130706433",
        "0x7f.1", "localhost",
    ],
)  # fmt: skip
def test_no_spelling_of_a_private_address_is_posted_to(host: str) -> None:
    with pytest.raises(Undeliverable):
        Poster(SimpleNamespace(webhook_networks="")).check(f"https://{host}/")


@pytest.mark.parametrize("url", ["ftp://example.org", "https://", "https://a:b@8.8.8.8/", "https://8.8.8.8:99999/"])
def test_what_is_no_web_address_is_not_posted_to(url: str) -> None:
    with pytest.raises(Undeliverable):
        Poster(SimpleNamespace(webhook_networks="0.0.0.0/0")).check(url)


def test_public_addresses_need_tls_and_allowed_ones_do_not() -> None:
    open_to_all = Poster(SimpleNamespace(webhook_networks=""))
    open_to_all.check("https://8.8.8.8/hook")
    with pytest.raises(Undeliverable):
        open_to_all.check("http://8.8.8.8/hook")
    Poster(SimpleNamespace(webhook_networks="10.0.0.0/8")).check("http://10.2.3.4/hook")
    assert is_public(networks("2001:4860:4860::8888")[0].network_address)
    with pytest.raises(Unavailable):
        open_to_all.check("https://nowhere.invalid/")


@pytest.mark.parametrize(
    "sent",
    [
        {"url": "example.org", "events": "task.offered"}, {"url": "https://", "events": "task.offered"},
        {"url": "https://u:p@example.org", "events": "task.offered"}, {"url": "https://example.org"},
        {"url": "https://example.org", "events": "task.eaten"}, {"url": "https://x.org/" + "y" * 2000, "events": "x"},
        {"url": "https://exämple.org/\r\nHost: x", "events": "task.offered"},
    ],
)  # fmt: skip
def test_what_cannot_be_registered_is_refused_in_the_form(house: Office, sent: dict[str, Any]) -> None:
    assert house.browser(STAFF).post(OWN, sent).status_code == 422


def test_one_has_only_so_many_and_removes_them_with_all_that_was_sent(house: Office) -> None:
    anna = house.browser(STAFF)
    for _ in range(webhooks.MOST_OF_ONE):
        path, _secret = register(house, STAFF, "https://example.org/", "task.offered")
    assert anna.post(OWN, {"url": "https://example.org/", "events": "task.offered"}).status_code == 422
    anna.post(path, {"do": "test"})
    assert anna.post(path, {"do": "dance"}).status_code == 422
    assert anna.post(path, {"do": "remove"}).status_code == 303 and anna.get(path).status_code == 404
    deliver(house)
    with house.parts.database.transaction() as session:
        session.execute(update(WebhookDelivery).values(created_at=clock.now() - timedelta(days=31)))
        webhooks.forget_old(session)
        assert session.scalars(select(WebhookDelivery.id)).all() == []
        assert len(webhooks.webhooks_of(session, house.people[STAFF])) == webhooks.MOST_OF_ONE - 1
