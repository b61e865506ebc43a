"""What is on the pages for whom: nothing that staff write to each other, and no names for whoever guesses ids."""

import pytest
from sqlalchemy import select

from app import clock
from app.domain.notifications.records import Notification
from app.domain.people import tokens
from app.domain.people.records import Team
from app.domain.records.records import Record
from app.domain.records.writer import Trace
from app.engine.records import Case
from tests.engine.drawings import end, extensions, flows, user
from tests.stage import YEAR, ask, draw, form, text
from tests.web.house import ADMIN, AUDITOR, ELSEWHERE, MANAGER, OTHER, REQUESTER, STAFF, TEAM, Places
from tests.web.office import Office

SECRETS = ("The disk is worn out", "She always says so", "Ask her boss", "boss@example.org", f"KER-{YEAR}-0001")


@pytest.fixture
def told(house: Office, places: Places) -> Places:
    """A case of which much is known that is not for the person who asked."""
    anna, nadia = house.browser(STAFF), house.browser(TEAM)
    anna.post("/work/tasks/{look}".format_map(places), {"diagnosis": "The disk is worn out"})
    path = "/records/incident/{record}".format_map(places)
    nadia.post(f"{path}/comments", {"body": "She always says so"})
    anna.post(f"{path}/comments", {"body": "We are on it", "public": "1"})
    case = house.case(places["case"])
    with house.parts.database.transaction() as session:
        record = house.parts.records.locked(session, "incident", case.record_id)
        known = session.scalars(select(Record.id).where(Record.kind == "known_error")).one()
        house.parts.records.change(session, record, {"known_error": known}, Trace())
        for person, address, words in ((ADMIN, "boss@example.org", "Ask her boss"), (REQUESTER, "c@x.org", "Hello")):
            session.add(
                Notification(
                    case_id=case.id, person_id=house.people[person], address=address, template="message", subject=words,
                    body=words, data={}, key=words, status="sent", created_at=clock.now(),
                )
            )  # fmt: skip
    return places


def pages_of(places: Places) -> list[str]:
    pages = {
        "/cases/{case}": ("", "messages", "files", "comments", "journal"),
        "/records/incident/{record}": ("", "comments", "files", "history"),
        "/work/tasks/{help}": ("", "record", "messages", "files", "comments", "journal"),
    }
    return [f"{path.format_map(places)}?view={view}" for path, views in pages.items() for view in views]


def test_who_asked_reads_nothing_that_staff_write_to_each_other(house: Office, told: Places) -> None:
    browser = house.browser(REQUESTER)
    further = ["/records/incident", "/cases", "/search?q=disk"]
    seen = " ".join(browser.see(path).text for path in pages_of(told) + further)
    assert [secret for secret in SECRETS if secret in seen] == []
    assert "We are on it" in seen and "Hello" in seen


@pytest.mark.parametrize("name", [STAFF, TEAM, MANAGER, AUDITOR, ADMIN])
def test_who_works_on_it_reads_all_of_it(house: Office, told: Places, name: str) -> None:
    seen = " ".join(house.browser(name).see(path).text for path in pages_of(told))
    assert [secret for secret in SECRETS[:4] if secret not in seen] == []


def test_the_api_tells_no_more_than_the_pages(house: Office, told: Places) -> None:
    def read(name: str, path: str) -> str:
        with house.parts.database.transaction() as session:
            token = tokens.create_token(session, house.people[name], "test").token
        return house.visitor().get(path, headers={"authorization": f"Bearer {token}"}).text

    for path in ("/api/v1/records/incident", "/api/v1/records/incident/{record}".format_map(told)):
        assert "The disk is worn out" in read(TEAM, path)
        assert "Storage is gone" in read(REQUESTER, path) and "worn out" not in read(REQUESTER, path)
    journal = "/api/v1/cases/{case}/journal".format_map(told)
    assert "The disk is worn out" in read(TEAM, journal)


def test_internal_notes_on_a_service_are_for_those_who_look_after_it(house: Office) -> None:
    path = f"/records/service/SVC-{YEAR}-0001"
    house.browser(ADMIN).post(f"{path}/comments", {"body": "Too expensive"})
    assert "Too expensive" in house.browser(ADMIN).see(f"{path}?view=comments").text
    for name in (REQUESTER, STAFF, ELSEWHERE):
        page = house.browser(name).see(f"{path}?view=comments")
        assert "Too expensive" not in page.text
        assert not page.all("//textarea")


def test_whose_draft_it_is_alone_reads_it(house: Office, places: Places) -> None:
    path = "/work/tasks/{look}".format_map(places)
    house.browser(STAFF).post(path, {"diagnosis": "Not sure yet", "_form": "draft"})
    assert "Not sure yet" in house.browser(STAFF).see(path).text
    for name in ("Ben Osei", MANAGER, ADMIN):
        page = house.browser(name).see(path)
        assert "Not sure yet" not in page.text and "Draft saved" not in page.texts("//*[@data-draft-state]")[0]


def test_who_may_not_work_on_a_task_learns_nothing_of_its_form(house: Office, told: Places) -> None:
    page = house.browser(REQUESTER).see("/work/tasks/{help}".format_map(told))
    assert "You may read this task but not work on it." in page.text
    assert not page.all("//form[@data-answers]")


def test_nobody_learns_names_by_guessing_ids(house: Office, told: Places) -> None:
    """A form that is shown again says what its references are called, whoever put the ids there."""
    asks = f'<startEvent id="s">{extensions(form="guess")}</startEvent>'
    fields = [ask("reference", key, properties={"entity": key}) for key in ("person", "incident", "known_error")]
    house.publish(
        draw("guess", asks + user("look") + end() + flows("s look e"), record="incident"),
        form("guess", text("title"), ask("filepicker", "attachments", multiple=True), *fields),
    )
    with house.parts.database.transaction() as session:
        incident = session.scalars(select(Record.id).where(Record.kind == "incident")).one()
        known = session.scalars(select(Record.id).where(Record.kind == "known_error")).one()
    guesses = {"person": house.people["Ben Osei"], "incident": incident, "known_error": known,
               "attachments": told["loose"]}  # fmt: skip
    sent = {**{name: str(value) for name, value in guesses.items()}, "title": "x"}

    def shown(name: str) -> str:
        again = house.browser(name).post("/start/guess", {**sent, "_form": "refresh"}).text
        refused = house.browser(name).post("/start/guess", sent)
        assert refused.status_code == 422
        return again + refused.text

    secrets = ("Ben Osei", "Storage is gone", "forgets its mounts", "trace.txt")
    assert [secret for secret in secrets if secret in shown(OTHER)] == []
    assert [secret for secret in secrets if secret in shown(REQUESTER)] == ["Storage is gone", "trace.txt"]
    assert [secret for secret in secrets if secret in shown(STAFF)] == list(secrets[:3])
    assert house.browser(OTHER).get("/references/person?q=ben").json() == {"items": []}
    assert house.browser(TEAM).get("/references/person?q=ben").json()["items"]


def test_teams_are_named_to_those_alone_who_may_choose_one(house: Office, places: Places) -> None:
    with house.parts.database.transaction() as session:
        session.add(Team(key="grimalkin", name="Grimalkin watch", level=2))
        session.flush()
        team = session.scalars(select(Team.id).where(Team.key == "grimalkin")).one()
        ben = house.people["Ben Osei"]

    def found(name: str) -> str:
        browser, sent = house.browser(name), {"title": "x", "_form": "refresh"}
        asked = [browser.get(path) for path in ("/references/team", "/references/team?q=grimal")]
        asked += [browser.get(f"/records/incident?status=&c1=team&o1=any&v1={team}&c2=owner&o2=any&v2={ben}")]
        asked += [browser.post("/start/hand_over", {**sent, "crew": str(team), "crew~label": "?"})]
        asked += [browser.post("/start/hand_over", {**sent, "crew~text": "Grimalkin"})]
        return " ".join(answer.text for answer in asked)

    asks = f'<startEvent id="s">{extensions(form="crews")}</startEvent>'
    body = asks + user("look") + end() + flows("s look e")
    asked = form("crews", text("title"), ask("reference", "crew", properties={"entity": "team"}))
    house.publish(draw("hand_over", body, start_roles="incidents.process_staff"), asked)
    assert "Grimalkin" not in found(OTHER) and "Grimalkin" not in found(REQUESTER)
    assert "Ben Osei" not in found(OTHER)
    assert "Grimalkin watch" in found(STAFF)
    # Now a form of everybody's asks for one.
    house.publish(draw("hand_over", body), asked)
    assert "Grimalkin watch" in house.browser(OTHER).get("/references/team?q=grimal").text


def test_a_case_names_only_those_relatives_that_one_may_know_of(house: Office, told: Places) -> None:
    with house.parts.database.transaction() as session:
        parent = session.get_one(Case, house.case(told["case"]).id)
        child = session.get_one(Case, house.case(Places(house)["case"]).id)
        child.parent_id, child.requester_id = parent.id, house.people[OTHER]
        numbers = parent.number, child.number
    seen = {name: house.browser(name).see(f"/cases/{numbers[0]}").text for name in (STAFF, REQUESTER)}
    assert "Led to" in seen[STAFF] and numbers[1] in seen[STAFF] and numbers[1] not in seen[REQUESTER]
    seen = {name: house.browser(name).see(f"/cases/{numbers[1]}").text for name in (STAFF, OTHER)}
    assert "Part of" in seen[STAFF] and numbers[0] in seen[STAFF] and numbers[0] not in seen[OTHER]
