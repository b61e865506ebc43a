"""Somebody who has left is forgotten everywhere: account, texts, custom values, comments, mails and filters."""

from typing import Any

from sqlalchemy import select, text

from app import clock
from app.domain.journal.records import JournalEntry
from app.domain.notifications.records import Notification, Webhook
from app.domain.people import accounts
from app.domain.people.credentials.records import ExternalIdentity
from app.domain.people.records import ApiToken, AuthSession, Person
from app.domain.records import comments
from app.domain.records.writer import Trace
from app.insight.access import Viewer
from app.insight.batches.choosing import Order
from app.insight.batches.records import Batch
from app.insight.lists import saved
from app.insight.lists.records import SavedFilter
from app.insight.lists.state import ListState, read_json
from tests.stage import YEAR
from tests.web.house import ADMIN, OTHER, REQUESTER, STAFF, Places
from tests.web.office import Office, Seen

PATH = "/administration/journal/erasure"
NAMES = ("Chiara Ricci", "chiara.ricci", "+49 40 1234-567")


def busy(house: Office) -> str:
    """Let Chiara Ricci leave traces of all sorts; returns the number of her record."""
    number = str(Places(house)["record"])
    chiara, anna = house.people[REQUESTER], house.people[STAFF]
    with house.parts.database.transaction() as session:
        person = session.get_one(Person, chiara)
        person.phone, person.department = "+49 40 1234-567", "Chemistry"
        accounts.set_password(session, chiara, "correct horse battery")
        hook = Webhook(person_id=chiara, url="https://chiara.ricci.example.org", events=["case.stuck"], secret=b"x",
                       created_at=clock.now())  # fmt: skip
        session.add(hook)
        session.add(ExternalIdentity(issuer="x", subject="chiara", person_id=chiara, linked_at=clock.now()))
        session.execute(text("INSERT INTO api_token (person_id, name, digest, created_at, scopes)"
                             " VALUES (:id, 'Chiara''s laptop', 'x', now(), '[]')"), {"id": chiara})  # fmt: skip
        record_id = session.scalar(text("SELECT id FROM record WHERE number = :number"), {"number": number})
        record = house.parts.records.locked(session, "incident", record_id)
        house.parts.records.change(
            session, record,
            {"title": "CHIARA RICCI, Chiara Ricci: no storage", "caller_name": "chiara.ricci",
             "contact": "Chiara Ricci", "description": "Call her: +49 40 1234-567, not chiara.riccione@example.org"},
            Trace(anna),
        )  # fmt: skip
        comments.add_comment(session, house.parts.records, record, "Chiara Ricci called", trace=Trace(anna))
        comments.add_comment(session, house.parts.records, record, "It works", trace=Trace(chiara), public=True)
        staff = Viewer(anna, frozenset({"incidents.process_staff"}))
        saved.keep(session, staff, "incident", "Of Chiara Ricci", "everybody", ListState(text="Chiara Ricci"))
        saved.keep(session, Viewer(chiara, frozenset()), "incident", "My own", "", ListState(text="mine"))
        session.add(
            Notification(
                case_id=None, person_id=chiara, address="chiara.ricci@example.org", template="message",
                subject="Dear Chiara Ricci", body="Dear Chiara Ricci", data={"to": "chiara.ricci"}, key="x",
                status="sent", created_at=clock.now(),
            )
        )  # fmt: skip
        manager = Viewer(anna, frozenset({"incidents.process_manager"}))
        kind = house.parts.records.catalogue.get("incident")
        for name in ("Chiara Ricci", "Rita Chiari"):
            table = f"title\nPrinter of {name}\n".encode()
            house.parts.batches.read_table(session, manager, kind, table, "printers.csv")
        # The plan shows what is there: her name.
        house.parts.batches.choose(session, manager, kind, Order((record.id,), {}, {}, tags_added=("x",)))
    return number


def left(house: Office) -> None:
    with house.parts.database.transaction() as session:
        session.get_one(Person, house.people[REQUESTER]).active = False


def forget(house: Office) -> Any:
    browser = house.browser(ADMIN)
    page = browser.see(f"{PATH}?person=chiara.ricci")
    [seen] = page.tree.xpath("//input[@name='seen']/@value")
    sent = {"person": "chiara.ricci", "reason": "She asked for it", "seen": seen, "everywhere": "1"}
    return browser.post(PATH, sent)


def everything(house: Office) -> str:
    """All that is stored in tables which hold what people read."""
    with house.parts.database.transaction() as session:
        tables = ("batch", "batch_line", "person", "record", "incident", "comment", "saved_filter", "notification",
                  "api_token", "external_identity", "process_case", "webhook")  # fmt: skip
        rows = [row for table in tables for row in session.execute(text(f"SELECT {table}::text FROM {table}"))]
    return "\n".join(row[0] for row in rows)


def test_who_has_left_is_forgotten_everywhere(house: Office) -> None:
    number = busy(house)
    chiara, instead = house.people[REQUESTER], f"Person {house.people[REQUESTER]}"
    left(house)
    assert f"Also call them “{instead}”" in house.browser(ADMIN).see(f"{PATH}?person=chiara.ricci").text
    assert forget(house).status_code == 303
    stored = everything(house)
    assert [name for name in NAMES if name.lower() in stored.lower().replace("chiara.riccione", "")] == []
    page = house.browser(STAFF).see(f"/records/incident/{number}?view=comments")
    assert f"{instead}, {instead}: no storage" in page.text and f"{instead} called" in page.text
    # What she wrote is still hers, by the pseudonym; another address that only begins like hers is not hers.
    assert f"{instead}" in " ".join(page.texts("//article | //li")) and "It works" in page.text
    assert "chiara.riccione@example.org" in house.browser(STAFF).see(f"/records/incident/{number}").text
    found = house.browser(STAFF).see("/search?q=Ricci").text
    assert number not in found and "called" not in found
    assert number in house.browser(STAFF).see(f"/search?q={instead.replace(' ', '+')}").text
    with house.parts.database.transaction() as session:
        person = session.get_one(Person, chiara)
        assert (person.name, person.login, person.email, person.phone) == (instead, f"person-{chiara}", None, None)
        assert person.password_hash is None and person.department is None
        [kept] = session.scalars(select(SavedFilter)).all()
        assert kept.name == f"Of {instead}" and read_json(kept.state).text == instead
        assert session.scalars(select(AuthSession.id).where(AuthSession.person_id == chiara)).all() == []
        assert all(session.scalars(select(ApiToken.revoked_at).where(ApiToken.person_id == chiara)))
        [line] = session.scalars(select(JournalEntry.data).where(JournalEntry.event == "person.forgotten")).all()
        assert line["texts"] >= 10
    with house.parts.database.transaction() as session:
        assert session.scalars(select(Batch.rows)).all() == [1], "what names others stays"
    # Asked again there is nothing left to find.
    assert "Nobody here has this login or name." in house.browser(ADMIN).see(f"{PATH}?person=chiara.ricci").text


def test_who_is_still_here_keeps_name_and_account(house: Office) -> None:
    busy(house)
    page = house.browser(ADMIN).see(f"{PATH}?person=chiara.ricci")
    assert "Once the person has left" in page.text and not page.all("//input[@name='everywhere']")
    before = everything(house)
    refused = forget(house)
    assert refused.status_code == 409 and "Only who has left can be forgotten" in Seen(refused).text
    assert everything(house) == before


def test_somebody_with_a_name_of_one_word_takes_no_words_of_others_along(house: Office) -> None:
    with house.parts.database.transaction() as session:
        person = session.get_one(Person, house.people[OTHER])
        person.name, person.login, person.active = "Storage", "storage", False
    number = str(Places(house)["record"])
    browser = house.browser(ADMIN)
    page = browser.see(f"{PATH}?person=storage")
    [seen] = page.tree.xpath("//input[@name='seen']/@value")
    sent = {"person": "storage", "reason": "asked", "seen": seen, "everywhere": "1"}
    assert browser.post(PATH, sent).status_code == 303
    page = house.browser(STAFF).see(f"/records/service/SVC-{YEAR}-0001")
    assert any("Storage" in one for one in page.texts("//h1"))
    assert "Storage is gone" in house.browser(STAFF).see(f"/records/incident/{number}").text
