"""The journal's pages: what is noted about the system, whether it is sound, anchors, erasing what names a person."""

import pytest
from sqlalchemy import select, text

from app.domain.journal import anchors, system
from app.domain.journal.records import JournalEntry, JournalPayload
from app.jobs.runner import carry_out_due
from app.web.pages.administration import journal as journal_page
from tests.web.house import ADMIN, AUDITOR, OTHER
from tests.web.office import Office, Seen

PATH = "/administration/journal"
LINES = "//ol[@class='tl']/li"
LOOKING = tuple(f"Person {name}: Signed in" for name in (ADMIN, AUDITOR))


@pytest.fixture
def noted(house: Office) -> Office:
    """Chiara Ricci signed in, Marek Dvorak gave David Kim a role; and there is an anchor."""
    chiara, david, marek = (house.people[name] for name in ("Chiara Ricci", OTHER, ADMIN))
    with house.parts.database.transaction() as session:
        system.note(session, "person.signed_in", subject=f"person:{chiara}", actor_id=chiara,
                    payload={"address": "192.0.2.7"})  # fmt: skip
        system.note(session, "role.assigned", subject="role:incidents.process_staff", actor_id=marek,
                    data={"person": david})  # fmt: skip
        system.note(session, "settings.changed", subject="settings", actor_id=marek, data={"name": "default_locale"})
        anchors.write(session)
    return house


def lines(seen: Seen) -> list[str]:
    """What is noted, apart from the sign-in of whoever looks."""
    return [line for line in seen.texts(LINES) if not line.startswith(LOOKING)]


def test_lines_of_the_system_are_told_newest_first(noted: Office) -> None:
    told = lines(noted.browser(AUDITOR).see(PATH))
    assert told[0].startswith("Anchors: Anchor made")
    assert told[1].startswith("Settings: Settings changed by Marek Dvorak")
    assert told[2].startswith("Role ") and "Role given by Marek Dvorak" in told[2]
    assert "process_staff" not in told[2]
    assert told[3].startswith("Person Chiara Ricci: Signed in ")
    assert told[3].count("Chiara Ricci") == 1
    assert "192.0.2.7" in told[3]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("subject=settings", ["Settings"]),
        ("subject=role:", ["Role"]),
        ("person=chiara.ricci", ["Person"]),
        ("person=MAREK+DVORAK", ["Settings", "Role"]),
        ("person=nobody", []),
        ("since=2999-01-01", []),
        ("until=2001-01-01", []),
        ("since=2001-01-01&until=2998-12-31&subject=settings", ["Settings"]),
        ("since=soon&until=9999-12-31&subject=settings&before=x", ["Settings"]),
        ("subject=sett%25", []),
        ("subject=" + "x" * 5000, []),
    ],
)
def test_lines_can_be_filtered(noted: Office, asked: str, expected: list[str]) -> None:
    told = lines(noted.browser(ADMIN).see(f"{PATH}?{asked}"))
    assert list(dict.fromkeys(line.replace(":", " ").split()[0] for line in told)) == expected


def test_a_long_journal_has_several_pages(noted: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_page, "PAGE", 3)
    first = noted.browser(ADMIN).see(f"{PATH}?person=&until=2998-12-31")
    [more] = [link for link in first.links() if "before=" in link]
    assert "until=2998-12-31" in more
    second = noted.browser(ADMIN).see(more)
    assert len(first.texts(LINES)) == 3
    hashes = [set(seen.all(f"{LINES}/time/@title")) for seen in (first, second)]
    assert not hashes[0] & hashes[1]


def test_hostile_words_stay_words(noted: Office) -> None:
    with noted.parts.database.transaction() as session:
        system.note(
            session, "<b>.x", subject="<i>:'\"", data={"<u>": "<s>"}, payload={"login": "<script>" + "x" * 9000}
        )
    page = noted.browser(AUDITOR).see(PATH)
    assert page.all("//main//script | //main//i | //main//u | //main//s") == []
    assert "<script>" in lines(page)[0]
    assert len(lines(page)[0]) < 2000
    [link] = page.all(f"{LINES}/a[contains(., '<i>')]/@href")
    assert lines(noted.browser(AUDITOR).see(link)) == lines(page)[:1]


def test_the_auditor_finds_the_journal_and_nothing_to_press(noted: Office) -> None:
    browser = noted.browser(AUDITOR)
    assert PATH in browser.see("/work").links()
    for part in ("", "/verification", "/anchors"):
        page = browser.see(PATH + part)
        assert page.all("//main//form[@method='post']") == []
        assert f"{PATH}/erasure" not in page.links()
        assert "/administration" not in page.links()
    assert browser.get("/administration").status_code == 403
    assert PATH not in noted.browser("Chiara Ricci").see("/work").links()


def test_a_check_is_carried_out_by_a_worker_and_its_outcome_shown(noted: Office) -> None:
    browser = noted.browser(ADMIN)
    assert "has not been checked yet" in browser.see(f"{PATH}/verification").text
    for said in ("is being checked", "under way already"):
        answer = browser.post(f"{PATH}/verification")
        assert answer.status_code == 303
        assert said in browser.see(f"{PATH}/verification").text
    carry_out_due(noted.parts.queue, noted.parts.database)
    page = noted.browser(AUDITOR).see(f"{PATH}/verification")
    assert "The journal is sound." in page.text
    assert "Marek Dvorak" in page.texts("//table//tr[last()]")[-1]


def test_what_is_broken_is_told_in_the_readers_language(noted: Office) -> None:
    with noted.parts.database.transaction() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text("UPDATE journal_entry SET actor_id = 7 WHERE chain = 'system:settings'"))
        session.execute(text("UPDATE journal_anchor_head SET hash = '' WHERE chain LIKE 'system\\:person%'"))
    browser = noted.browser(ADMIN)
    browser.post(f"{PATH}/verification")
    carry_out_due(noted.parts.queue, noted.parts.database)
    page = browser.see(f"{PATH}/verification")
    assert "it was changed" in page.text
    assert "it is not what anchor 1 saw" in page.text
    browser.post("/account", {"locale": "de", "time_zone": "Europe/Berlin"})
    german = browser.see(f"{PATH}/verification").text
    assert "what anchor 1 saw" not in german
    assert "Anker 1" in german


def test_the_newest_anchor_can_be_taken_away(noted: Office) -> None:
    browser = noted.browser(AUDITOR)
    given = browser.get(f"{PATH}/anchors/newest.txt")
    assert given.headers["content-type"].startswith("text/plain")
    assert anchors.read_line(given.text).position == 1
    assert given.text.strip() in browser.see(f"{PATH}/anchors").text


def test_without_an_anchor_there_is_nothing_to_take(house: Office) -> None:
    assert house.browser(ADMIN).get(f"{PATH}/anchors/newest.txt").text == ""
    assert "There is no anchor yet" in house.browser(ADMIN).see(f"{PATH}/anchors").text


# Erasing ------------------------------------------------------------------------------------------------------------

ASKED = {"person": "chiara.ricci", "reason": "She asked for it", "seen": "1", "also": "", "written": ""}


def payloads(office: Office) -> set[str]:
    with office.parts.database.transaction() as session:
        return set(session.scalars(select(JournalPayload.chain).where(JournalPayload.chain.like("system:%"))))


def test_how_much_names_a_person_is_shown_before_it_goes(noted: Office) -> None:
    page = noted.browser(ADMIN).see(f"{PATH}/erasure?person=Chiara+Ricci")
    assert "Erase Chiara Ricci from the journal" in page.text
    assert "Erase in one line" in page.text
    assert "Chiara Ricci · chiara.ricci · " in page.texts("//dl/dd")[0]


def test_what_names_a_person_is_erased_and_the_journal_says_so(noted: Office) -> None:
    browser = noted.browser(ADMIN)
    answer = browser.post(f"{PATH}/erasure", ASKED)
    assert answer.status_code == 303
    assert "Lines that named the person: 1." in browser.see(answer.headers["location"]).text
    assert payloads(noted) == {"system:erasure"}
    [erased] = lines(browser.see(f"{PATH}?subject=person:{noted.people['Chiara Ricci']}"))
    assert "Personal data of this line were erased." in erased
    [told] = lines(browser.see(f"{PATH}?subject=erasure"))
    assert "Personal data erased by Marek Dvorak" in told and "She asked for it" in told


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"reason": " "}, "Please say why."),
        ({"reason": "x" * 600}, "at most 500 characters"),
        ({"person": "nobody"}, "Nobody here has this login or name."),
        ({"person": ""}, "Who is to be erased"),
        ({"seen": "7"}, "Other lines name the person by now."),
        ({"seen": ""}, "Other lines name the person by now."),
        ({"also": "192.0.2.7\nx", "seen": "one"}, "Other lines name the person by now."),
    ],
)
def test_nothing_goes_while_something_is_wrong(noted: Office, changed: dict[str, str], told: str) -> None:
    answer = noted.browser(ADMIN).post(f"{PATH}/erasure", ASKED | changed)
    assert answer.status_code == 422
    assert told in Seen(answer).text
    assert payloads(noted) == {f"system:person:{noted.people['Chiara Ricci']}"}
    with noted.parts.database.transaction() as session:
        assert session.scalar(select(JournalEntry.id).where(JournalEntry.chain == "system:erasure")) is None


def test_sending_it_twice_erases_once(noted: Office) -> None:
    browser = noted.browser(ADMIN)
    assert [browser.post(f"{PATH}/erasure", ASKED).status_code for _ in range(2)] == [303, 422]


def test_former_names_and_everything_written_are_looked_for_when_asked(noted: Office) -> None:
    with noted.parts.database.transaction() as session:
        system.note(session, "settings.changed", subject="settings", payload={"by": "Chiara Rossi"})
        system.note(session, "settings.changed", subject="settings", actor_id=noted.people["Chiara Ricci"],
                    payload={"to": "blue"})  # fmt: skip
    browser = noted.browser(ADMIN)
    for asked, expected in (("", "one line"), ("&also=Chiara+Rossi", "2 lines"), ("&written=1", "2 lines")):
        assert f"Erase in {expected}" in browser.see(f"{PATH}/erasure?person=chiara.ricci{asked}").text
