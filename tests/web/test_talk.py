"""Comments: edited and withdrawn for a while, people mentioned in them, files for their readers alone."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.domain.journal.records import JournalPayload
from app.domain.records.records import Comment, StoredFile
from tests.web.house import MANAGER, OTHER, REQUESTER, STAFF, TEAM, Places
from tests.web.office import Office
from tests.web.telling import send, tell, told

BEN = "Ben Osei"


@pytest.fixture
def path(places: Places) -> str:
    """The page of an incident that Chiara Ricci asked for."""
    return "/records/incident/{record}".format_map(places)


def write(house: Office, path: str, body: str, by: str = STAFF, public: bool = False, **files: object) -> int:
    """Write a comment and return its id."""
    sent = {"body": body, **({"public": "1"} if public else {})}
    answer = house.browser(by).post(f"{path}/comments", sent, **files)
    assert answer.status_code == 303, answer.text
    with house.parts.database.transaction() as session:
        return session.scalars(select(Comment.id).order_by(Comment.id.desc())).first() or 0


def body_of(house: Office, comment_id: int) -> str:
    with house.parts.database.transaction() as session:
        return session.get_one(Comment, comment_id).body


def test_its_author_edits_a_note_and_the_former_text_stays_in_the_history(house: Office, path: str) -> None:
    note, anna = write(house, path, "The disk is broken"), house.browser(STAFF)
    page = anna.see(f"{path}?view=comments&edit={note}")
    assert page.texts(f"//li[@id='comment-{note}']//textarea") == ["The disk is broken"]
    assert anna.post(f"{path}/comments/{note}", {"body": "The disk is <full>"}).status_code == 303
    seen = anna.see(f"{path}?view=comments").texts(f"//li[@id='comment-{note}']")[0]
    assert "The disk is <full>" in seen and "edited" in seen
    history = house.browser(MANAGER).see(f"{path}?view=history&what=talk").text
    assert "Comment edited by" in history and "The disk is broken" in history
    assert "broken" not in house.browser(REQUESTER).see(f"{path}?view=comments").text


def test_a_withdrawn_comment_is_gone_for_readers_search_and_files(house: Office, path: str) -> None:
    upload = {"file": ("zebra-plan.txt", b"stripes")}
    said = write(house, path, "Zebras did it", public=True, files=upload)
    with house.parts.database.transaction() as session:
        file_id = session.scalars(select(StoredFile.id).where(StoredFile.comment_id == said)).one()
    chiara = house.browser(REQUESTER)
    assert "Zebras did it" in chiara.see(f"{path}?view=comments").text
    assert chiara.get(f"/files/{file_id}").status_code == 200
    assert house.browser(STAFF).post(f"{path}/comments/{said}", {"withdraw": "1"}).status_code == 303
    for who in (REQUESTER, STAFF):
        browser = house.browser(who)
        assert "withdrawn by its author" in browser.see(f"{path}?view=comments").text
        assert "Zebras" not in browser.see(f"{path}?view=comments").text
        assert "Zebras" not in browser.see("/search?q=zebras").text.replace('value="zebras"', "")
        assert browser.get(f"/files/{file_id}").status_code == 404
        assert "zebra-plan" not in browser.see(f"{path}?view=files").text
    tell(house)
    assert told(house, REQUESTER) == []
    again = house.browser(STAFF).post(f"{path}/comments/{said}", {"body": "No"})
    assert again.status_code == 409 and "withdrawn already" in again.text


def test_only_for_a_while_only_ones_own_and_never_what_was_mailed(house: Office, path: str) -> None:
    note, reply = write(house, path, "A note"), write(house, path, "A reply", public=True)
    for who in (BEN, REQUESTER):
        assert house.browser(who).post(f"{path}/comments/{reply}", {"body": "Mine now"}).status_code == 403
    assert house.browser(REQUESTER).post(f"{path}/comments/{note}", {"body": "Mine now"}).status_code == 404
    anna = house.browser(STAFF)
    assert anna.post(f"{path}/comments/{note}", {"body": "  "}).status_code == 422
    assert anna.post(f"{path}/comments/999999", {"body": "x"}).status_code == 404
    assert anna.post("/records/incident/INC-2026-0404/comments/1", {"body": "x"}).status_code == 404
    tell(house)
    assert anna.post(f"{path}/comments/{reply}", {"body": "A better reply"}).status_code == 303, "no mail is out yet"
    tell(house)
    send(house)
    [old, new] = told(house, REQUESTER)
    assert (old.status, old.shown) == ("withheld", False) and new.status == "sent" and "A better reply" in new.body
    refused = anna.post(f"{path}/comments/{reply}", {"body": "Too late"})
    assert refused.status_code == 409 and "already been sent by mail" in refused.text and "Too late" in refused.text
    assert "Already sent by mail" in anna.see(f"{path}?view=comments").text
    # Colleagues' mails do not bind a note.
    assert anna.post(f"{path}/comments/{note}", {"body": "A better note"}).status_code == 303
    with clock.at(clock.now() + timedelta(minutes=16)):
        late = house.browser(STAFF).post(f"{path}/comments/{note}", {"withdraw": "1"})
    assert late.status_code == 409 and "for 15 minutes" in late.text
    assert (body_of(house, note), body_of(house, reply)) == ("A better note", "A better reply")


def test_a_comment_of_another_record_is_not_edited_through_this_one(house: Office, path: str) -> None:
    note = write(house, path, "A note")
    other = "/records/incident/" + Places(house)["record"]
    assert house.browser(STAFF).post(f"{other}/comments/{note}", {"body": "x"}).status_code == 404


def test_files_of_a_note_are_for_those_who_work_with_the_record(house: Office, path: str) -> None:
    write(house, path, "Look at this", files={"file": ("password-list.txt", b"inner")})
    write(house, path, "And at this", public=True, files={"file": ("manual.txt", b"outer")})
    with house.parts.database.transaction() as session:
        ids = {row.name: row.id for row in session.scalars(select(StoredFile))}
    chiara = house.browser(REQUESTER)
    for view in ("comments", "files", "record"):
        assert "password-list" not in chiara.see(f"{path}?view={view}").text
    assert "password-list" not in chiara.see("/search?q=password").text
    assert "password-list" in house.browser(TEAM).see("/search?q=password").text
    assert "manual.txt" in chiara.see(f"{path}?view=comments").text + chiara.see(f"{path}?view=files").text
    assert chiara.get(f"/files/{ids['password-list.txt']}").status_code == 404
    assert chiara.get(f"/files/{ids['manual.txt']}").content == b"outer"
    counted = chiara.see(f"{path}?view=files").texts("//nav[@class='tabs']//a[@aria-current]/span")
    assert counted == ["2"], "with that of the form"
    anna = house.browser(TEAM)
    assert "password-list" in anna.see(f"{path}?view=comments").text
    assert anna.get(f"/files/{ids['password-list.txt']}").content == b"inner"
    # An answer of a form that names the file by its id is refused as one that does not exist.
    sent = {"title": "x", "attachments": str(ids["password-list.txt"]), "_form": "refresh"}
    answer = chiara.post("/start/both", sent)
    assert "password-list" not in answer.text


def test_mentioned_people_are_told_and_others_are_named_to_the_author(house: Office, path: str) -> None:
    anna = house.browser(STAFF)
    answer = anna.post(f"{path}/comments", {"body": "@ben.osei @david.kim (@chiara.ricci). mail@ben.osei @nobody"})
    assert "David" not in answer.text
    page = anna.see(f"{path}?view=comments")
    warning = page.texts("//div[contains(@class, 'banner warn')]")
    assert warning == ["Your comment is stored. Not told, because they may not read it: Chiara Ricci, David Kim"]
    tell(house)
    assert [row.event for row in told(house, BEN, "record.mention")] == ["record.mention"]
    assert told(house, OTHER) == told(house, REQUESTER) == []
    # In a public reply the requester may be mentioned.
    anna.post(f"{path}/comments", {"body": "Please look, @chiara.ricci.", "public": "1"})
    tell(house)
    assert [row.event for row in told(house, REQUESTER)] == ["record.mention"]


def test_whoever_is_mentioned_by_an_edit_is_told_then(house: Office, path: str) -> None:
    note = write(house, path, "Have a look")
    tell(house)
    house.browser(STAFF).post(f"{path}/comments/{note}", {"body": "Have a look, @ben.osei"})
    tell(house)
    tell(house)
    assert [row.event for row in told(house, BEN, "record.mention", "record.comment")] == ["record.mention"]


def test_the_pick_list_offers_who_may_read_it(house: Office, path: str) -> None:
    anna = house.browser(STAFF)

    def offered(q: str, **more: str) -> list[str]:
        query = "&".join(f"{name}={value}" for name, value in {"q": q, **more}.items())
        return [one["name"] for one in anna.get(f"{path}/mentions?{query}").json()["items"]]

    assert "Ben Osei" in offered("") and STAFF not in offered("")
    assert offered("BE") == ["Ben Osei"] and offered("osei") == ["Ben Osei"]
    assert offered("chiara") == [] and offered("chiara", public="1") == [REQUESTER]
    assert offered("david") == offered("david", public="1") == [] and offered("%") == offered("_") == []
    assert house.browser(REQUESTER).get(f"{path}/mentions?q=b").json() == {"items": []}
    assert anna.see(f"{path}?view=comments").all("//textarea/@data-mentions") == [f"{path}/mentions"]


def test_each_edit_leaves_one_line_and_the_same_text_none(house: Office, path: str) -> None:
    note = write(house, path, "First")
    for body in ("Second", "Second", "Third"):
        assert house.browser(STAFF).post(f"{path}/comments/{note}", {"body": body}).status_code == 303
    with house.parts.database.transaction() as session:
        lines = session.scalars(select(JournalPayload.content).order_by(JournalPayload.position)).all()
    assert [one["before"] for one in lines if "body" in one and "before" in one] == ["First", "Second"]
