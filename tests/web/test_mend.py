"""A stuck case is shown with what is wrong, and mended with a reason."""

import pytest

from app.engine import unstored
from tests.engine.drawings import end, flows, gateway, start, user
from tests.stage import ask, draw, form
from tests.web.office import Browser, Office, Seen
from tests.web.walks import walk


@pytest.fixture
def stuck(office: Office) -> str:
    """The number of a case that divides by nothing."""
    office.publish(*walk())
    anna = office.browser("Anna Novak")
    path = anna.post("/start/walk").headers["location"]
    number = next(link for link in anna.see(path).links() if link.startswith("/cases/")).rpartition("/")[2]
    anna.post(path, {"title": "Apples", "count": "0", "_form": "complete"})
    assert office.case(number).status == "stuck"
    return number


@pytest.fixture
def ines(office: Office) -> Browser:
    """The browser of the process manager."""
    return office.browser("Ines Duarte")


def test_it_says_where_and_why(stuck: str, ines: Browser) -> None:
    page = ines.see(f"/cases/{stuck}")
    banner = page.texts("//*[@id='stuck']")[0]
    assert "stuck at “Share out”" in banner
    assert "zero" in banner
    assert page.all("//div[@data-bpmn]")[0].get("data-failed") == "share"
    assert f"/cases/{stuck}/retry" in page.links()
    assert stuck in ines.see("/cases?status=stuck").text


def test_staff_see_that_it_is_stuck_but_cannot_mend_it(office: Office, stuck: str) -> None:
    anna = office.browser("Anna Novak")
    page = anna.see(f"/cases/{stuck}")
    assert "can mend it" in page.texts("//*[@id='stuck']")[0]
    assert not page.all("//pre")
    assert anna.get(f"/cases/{stuck}/retry").status_code == 403
    assert anna.post(f"/cases/{stuck}/retry", {"reason": "Because"}).status_code == 403


@pytest.mark.parametrize("remedy", ["retry", "data", "skip", "cancel"])
def test_each_way_asks_for_a_reason(office: Office, stuck: str, ines: Browser, remedy: str) -> None:
    assert ines.see(f"/cases/{stuck}/{remedy}").all("//textarea[@name='reason']")
    answer = ines.post(f"/cases/{stuck}/{remedy}", {"reason": " ", "data": '{"count": 4}'})
    assert answer.status_code == 422
    assert "Say why" in Seen(answer).text
    assert office.case(stuck).status == "stuck"


def test_trying_again_without_a_change_does_not_help(office: Office, stuck: str, ines: Browser) -> None:
    answer = ines.post(f"/cases/{stuck}/retry", {"reason": "Perhaps it works now"})
    assert "still stuck" in ines.see(answer.headers["location"]).text
    assert office.case(stuck).status == "stuck"


def test_corrected_data_let_it_go_on(office: Office, stuck: str, ines: Browser) -> None:
    page = ines.see(f"/cases/{stuck}/data")
    assert '"count": 0' in page.all("//textarea[@name='data']")[0].text
    data = {"reason": "Miscounted", "data": '{"count": 4, "title": "Apples"}'}
    assert ines.post(f"/cases/{stuck}/data", data).status_code == 303
    assert office.case(stuck).status == "completed"
    assert "Miscounted" in ines.see(f"/cases/{stuck}?view=journal").text


@pytest.mark.parametrize("data", ["{", "[1]", "null", '{"count": 1e999}', "x" * 100_000])
def test_data_that_are_no_object_are_refused_and_kept_in_the_form(stuck: str, ines: Browser, data: str) -> None:
    answer = ines.post(f"/cases/{stuck}/data", {"reason": "Miscounted", "data": data})
    assert answer.status_code == 422
    page = Seen(answer)
    assert page.all("//textarea[@name='data']")[0].text.strip() == data
    assert page.all("//textarea[@name='reason']")[0].text == "Miscounted"


def test_skipping_goes_on_behind_the_step(office: Office, stuck: str, ines: Browser) -> None:
    assert ines.post(f"/cases/{stuck}/skip", {"reason": "Not needed"}).status_code == 303
    assert office.case(stuck).status == "completed"


def test_cancelling_ends_it_and_cannot_be_repeated(office: Office, stuck: str, ines: Browser) -> None:
    assert ines.post(f"/cases/{stuck}/cancel", {"reason": "Started by mistake"}).status_code == 303
    assert office.case(stuck).status == "cancelled"
    answer = ines.post(f"/cases/{stuck}/cancel", {"reason": "Again"})
    assert answer.status_code == 409
    assert "has ended" in Seen(answer).text


def test_there_are_no_other_remedies(stuck: str, ines: Browser) -> None:
    assert ines.get(f"/cases/{stuck}/explode").status_code == 404
    assert ines.post(f"/cases/{stuck}/explode", {"reason": "x"}).status_code == 404


def test_a_case_that_is_stuck_at_no_element_offers_only_what_can_work(office: Office, ines: Browser) -> None:
    number = office.report()
    unstored.remember(
        office.parts.engine, office.case(number).id, unstored.TIMER, {"element": "register"}, OSError("disk full")
    )
    page = ines.see(f"/cases/{number}")
    assert [link for link in page.links() if link.startswith(f"/cases/{number}/")] == [
        f"/cases/{number}/cancel", f"/cases/{number}/retry",
    ]  # fmt: skip
    assert "No step of it has failed" in page.text
    for remedy in ("skip", "data"):
        for answer in (ines.get(f"/cases/{number}/{remedy}"), ines.post(f"/cases/{number}/{remedy}", {"reason": "x"})):
            assert answer.status_code == 409
            assert "stuck at no element" in Seen(answer).text
            assert not Seen(answer).all("//textarea")
    assert ines.post(f"/cases/{number}/retry", {"reason": "The disk is back"}).status_code == 303
    assert office.case(number).status == "running"
    assert "is not stuck" in Seen(ines.get(f"/cases/{number}/retry")).text


def test_a_decision_that_cannot_be_skipped_does_not_offer_it(office: Office, ines: Browser) -> None:
    body = start() + user("look") + gateway("exclusive", "g") + end("a") + end("b")
    office.publish(
        draw("fork", body + flows("s look g", "g>a: n == 1", "g>b: n == 2")), form("look", ask("number", "n"))
    )
    anna = office.browser("Anna Novak")
    path = anna.post("/start/fork").headers["location"]
    number = next(link for link in anna.see(path).links() if link.startswith("/cases/")).rpartition("/")[2]
    anna.post(path, {"n": "5", "_form": "complete"})
    links = ines.see(f"/cases/{number}").links()
    assert f"/cases/{number}/data" in links and f"/cases/{number}/skip" not in links
    assert "edit the data" in Seen(ines.get(f"/cases/{number}/skip")).text
