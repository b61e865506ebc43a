"""Pages and API of schedules: what is shown, what can be done, by whom, and what stale pages do."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from app import clock
from app.cli.doctor import _scheduler
from app.domain.journal.records import JournalEntry
from app.schedule.health import Pulse
from app.schedule.records import Occurrence, Schedule
from app.web import i18n
from app.web.schedule_words import in_words
from tests.engine.drawings import end, extensions, flows, user
from tests.stage import draw, form
from tests.web.house import ADMIN, AUDITOR, MANAGER
from tests.web.office import Office

RULE = 'cron("0 9 * * MON")'


def publish(house: Office, rule: str = RULE, **properties: str) -> None:
    timer = f"<timerEventDefinition><timeCycle>{rule}</timeCycle></timerEventDefinition>"
    begin = f'<startEvent id="s">{extensions(**properties) if properties else ""}{timer}</startEvent>'
    body = begin + user("look") + end() + flows("s look e")
    house.publish(draw("weekly_look", body), form("look"))


def only(house: Office) -> Schedule:
    with house.parts.database.transaction() as session:
        return session.query(Schedule).where(Schedule.diagram == "weekly_look", Schedule.ended_at.is_(None)).one()


def happened(house: Office) -> list[Occurrence]:
    with house.parts.database.transaction() as session:
        return session.query(Occurrence).order_by(Occurrence.id).all()


def test_a_manager_overrides_pauses_and_runs_a_schedule(house: Office) -> None:
    publish(house)
    manager = house.browser(MANAGER)
    page = manager.see("/schedules")
    assert "Weekly look" in page.text
    assert "every Monday, 09:00 Berlin" in page.text
    path = f"/schedules/{only(house).id}"
    page = manager.see(path)
    assert len(page.all("//ol[@class='m0']/li")) == 10
    assert "It has not run yet." in page.text
    seen = {"seen": str(only(house).version)}
    # What cannot be understood is said beside its field, and what was typed stays.
    wrong = {"expression": 'cron("0 9 * * 1")', "calendar": "", "misfire": "skip", "reason": ""}
    answer = manager.post(path, {"do": "override", **wrong, **seen})
    assert answer.status_code == 422
    assert "Write weekdays by name" in answer.text
    assert "Please say why." in answer.text
    answer = manager.post(path, {"do": "override", "expression": "R/2026-01-01T07:30/P1M", "calendar": "office",
                                 "misfire": "skip", "reason": "First of the month will do", **seen})  # fmt: skip
    assert answer.status_code == 303
    page = manager.see(path)
    for words in ("every month on day 1, 07:30 Berlin", "overridden", "First of the month will do",
                  "As drawn: every Monday, 09:00 Berlin"):  # fmt: skip
        assert words in page.text
    assert only(house).in_force("calendar") == "office"
    # The same page sent once more is stale.
    answer = manager.post(path, {"do": "override", "expression": RULE, "reason": "Again", **seen})
    assert (answer.status_code, "Load the page again" in answer.text) == (409, True)
    publish(house, 'cron("0 9 * * TUE")')
    assert "the override stays in force" in manager.see(path).text
    now = {"seen": str(only(house).version)}
    assert manager.post(path, {"do": "as_drawn", "reason": "Enough", **now}).status_code == 303
    assert "every Tuesday, 09:00 Berlin" in manager.see(path).text
    now = {"seen": str(only(house).version)}
    assert manager.post(path, {"do": "pause", "reason": "Summer", **now}).status_code == 303
    page = manager.see(path)
    assert "Summer" in page.text
    assert only(house).next_due is None
    now = {"seen": str(only(house).version)}
    assert manager.post(path, {"do": "run", **now}).status_code == 303
    assert manager.post(path, {"do": "run", **now}).status_code == 409
    [one] = happened(house)
    page = manager.see(path)
    assert f"run by {MANAGER}" in page.text
    assert "/cases/C-" in " ".join(page.links())
    assert one.status == "started"
    now = {"seen": str(only(house).version)}
    assert manager.post(path, {"do": "resume", **now}).status_code == 303
    assert only(house).next_due is not None
    assert manager.post(path, {"do": "dance", **now}).status_code == 422
    with house.parts.database.transaction() as session:
        chain = f"system:schedule:{only(house).id}"
        found = session.query(JournalEntry).where(JournalEntry.chain == chain).order_by(JournalEntry.position)
        events = [line.event.removeprefix("schedule.") for line in found]
    assert events == ["overridden", "as_drawn", "paused", "run", "resumed"]
    assert "Schedule overridden by" in house.browser("Marek Dvorak").see("/administration/journal").text


def test_what_went_wrong_and_late_is_shown_and_the_standstill_too(house: Office) -> None:
    monday = datetime(2026, 3, 2, 7, tzinfo=UTC)
    with clock.at(monday):
        publish(house)
        with house.parts.database.transaction() as session:
            session.query(Schedule).where(Schedule.diagram == "weekly_look").update({"element": "gone"})
        clock.advance(timedelta(days=9))
        assert house.parts.schedules.fire() == 1
        [one] = happened(house)
        assert (one.status, one.missed) == ("failed", 1)
    page = house.browser(AUDITOR).see(f"/schedules/{only(house).id}")
    for words in ("Failed", "stands for 1 earlier one", "47 h late"):
        assert words in page.text
    assert not page.all("//button[@value='run']")
    assert "late" in house.browser(AUDITOR).see("/schedules").text
    publish(house, RULE, calendar="moon")
    page = house.browser(MANAGER).see("/schedules")
    assert "no next time" in page.text
    assert "There is no calendar" in house.browser(MANAGER).see(f"/schedules/{only(house).id}").text


def test_the_api_does_the_same(house: Office) -> None:
    publish(house)
    api, auditor = house.browser(MANAGER), house.browser(AUDITOR)
    for browser, name in ((api, MANAGER), (auditor, AUDITOR)):
        browser.headers["authorization"] = f"Bearer {token(house, name)}"
    [item] = [one for one in api.get("/api/v1/schedules").json()["items"] if one["diagram"] == "weekly_look"]
    assert (item["expression"], item["time_zone"], item["override"]) == (RULE, "Europe/Berlin", None)
    path = f"/api/v1/schedules/{item['id']}"
    assert len(api.get(path).json()["next_times"]) == 10
    body = {"version": item["version"], "reason": "Mondays are full", "expression": 'cron("0 9 * * WED")'}
    assert auditor.request("POST", f"{path}/override", json=body).status_code == 403
    assert api.request("POST", f"{path}/override", json=body | {"misfire": "maybe"}).json()["fields"].keys() == {
        "misfire"
    }
    found = api.request("POST", f"{path}/override", json=body).json()
    assert found["override"] == {"expression": 'cron("0 9 * * WED")'}
    assert api.request("POST", f"{path}/override", json=body).status_code == 409
    seen = {"version": found["version"]}
    key = {"idempotency-key": "once"}
    for _ in range(2):
        ran = api.request("POST", f"{path}/run", json=seen, headers=key)
        assert ran.status_code == 200
    [one] = api.get(f"{path}/occurrences").json()["items"]
    assert (one["status"], one["by"], one["case"] is not None) == ("started", MANAGER, True)
    seen = {"version": ran.json()["version"]}
    paused = api.request("POST", f"{path}/pause", json=seen | {"reason": "Summer"}).json()
    assert (paused["next_due"], paused["pause_reason"]) == (None, "Summer")
    assert api.request("POST", f"{path}/resume", json={"version": paused["version"]}).json()["next_due"]
    assert api.get("/api/v1/schedules?ended=true").json()["items"] == []


def token(house: Office, name: str) -> str:
    from app.domain.people import tokens

    with house.parts.database.transaction() as session:
        return tokens.create_token(session, house.people[name], "test").token


@pytest.mark.parametrize(
    ("rule", "english", "german"),
    [
        ('cron("0 9 * * MON")', "every Monday, 09:00 Berlin", "jeden Montag, 09:00 Berlin"),
        ('cron("30 7 * * MON-FRI")', "Monday to Friday, 07:30 Berlin", "Montag bis Freitag, 07:30 Berlin"),
        ('cron("0 9 1 * *")', "every month on day 1, 09:00 Berlin", "jeden Monat am 1., 09:00 Berlin"),
        ('cron("0 9 1 JAN,JUL *")', "in January, July on day 1, 09:00 Berlin", "im Januar, Juli am 1., 09:00 Berlin"),
        ('cron("0 9 L * *")', "on the last day of the month, 09:00 Berlin", "am letzten Tag des Monats, 09:00 Berlin"),
        ('cron("0 9 * * TUE#2")', "on the second Tuesday of the month, 09:00 Berlin",
         "am zweiten Dienstag des Monats, 09:00 Berlin"),
        ('cron("*/5 * * * *")', 'cron("*/5 * * * *")', 'cron("*/5 * * * *")'),
        ("R/P1M", "every month", "jeden Monat"),
        ("R/2026-01-05T09:00/P2W", "every 2 weeks on Monday, 09:00 Berlin", "alle 2 Wochen am Montag, 09:00 Berlin"),
        ("R/P1Y", "every year", "jedes Jahr"),
        ("R/PT4H", "every 4 hours", "alle 4 Stunden"),
        ("2026-03-06T09:00", "once on 6 March 2026, 09:00 Berlin", "einmal am 6. März 2026, 09:00 Berlin"),
        ("nonsense", "nonsense", "nonsense"),
    ],
)  # fmt: skip
def test_rules_in_words(rule: str, english: str, german: str) -> None:
    for language, words in (("en", english), ("de", german)):
        with i18n.at(i18n.place(language, "Europe/Berlin")):
            assert in_words(rule, "Europe/Berlin") == words


def test_a_standstill_stays_visible_and_schedules_are_counted(house: Office) -> None:
    publish(house, RULE, calendar="moon")
    began = clock.now() - timedelta(days=3)
    with clock.at(began):
        Pulse(house.parts.database, "north").beat(0)
    with clock.at(began + timedelta(days=2)):
        Pulse(house.parts.database, "north").beat(0)
    with house.parts.database.transaction() as session:
        late = session.query(Schedule).where(Schedule.diagram == "queue_check")
        late.update({"next_due": clock.now() - timedelta(hours=1)})
        told = [str(finding.message) for finding in _scheduler(session)]
    page = house.browser(ADMIN).see("/administration/about")
    assert re.search("Nothing ticked from .+ to ", page.text)
    assert "1 is late" in page.text
    assert "1 without a next time" in page.text
    assert any(message.startswith(f"Nothing ticked from {began:%Y-%m-%d %H:%M} UTC to ") for message in told)
    assert any("cannot tell their next time" in message for message in told)
    figures = house.visitor().get("/metrics", headers={"authorization": f"Bearer {token(house, ADMIN)}"}).text
    assert "stellwerk_scheduler_standstill_seconds 172800.0" in figures
    assert "stellwerk_schedules_late 1.0" in figures
    assert "stellwerk_schedules_broken 1.0" in figures
