"""What is kept for a stuck case stands on its page and in the API, in words, for those who work on it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text as sql
from sqlalchemy import update

from app import clock
from app.domain.people import sign_in
from app.domain.people.records import Person
from app.engine import messages, repair
from app.operations import OperationContext
from tests.engine.drawings import catch, end, flows, named, ref, service, start, timer, user
from tests.stage import Stage, draw, form
from tests.web.office import Browser

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
REPLY, NEWS = "information.provided", "service.live"
FAILING = "what follows could not be stored"


def broken(context: OperationContext) -> None:
    raise RuntimeError("disk full")


def unstorable(context: OperationContext) -> None:
    context.session.execute(
        sql("CREATE TEMPORARY TABLE twice (n int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP")
    )
    context.session.execute(sql("INSERT INTO twice VALUES (1), (1)"))


@pytest.fixture
def desk(stage: Stage) -> Stage:
    """`walk` stops at `act`, and waits beside it for a reply to it alone and for news to all."""
    stage.publish(
        draw("walk", start() + "<parallelGateway id='g'/>" + service("act", "probe.act") + user("look")
             + catch("reply", ref("message", REPLY), key="case.number") + catch("news", ref("message", NEWS)) + end()
             + flows("s g act e", "g reply look e", "g news look"), beside=named("message", REPLY, NEWS)),
        draw("soon", start() + catch("wait", timer("'PT1H'")) + service("act", "probe.act") + end()
             + flows("s wait act e")),
        form("look"),
        draw("asks", start() + service("call", "probe.act_outside") + service("act", "probe.act", name="'inside'")
             + user("look") + end() + flows("s call act look e")),
    )  # fmt: skip
    stage.acts |= {"act": broken}
    return stage


def send(desk: Stage, name: str, key: str = "", *, broadcast: bool = False) -> None:
    with desk.parts.database.transaction() as session:
        messages.send(desk.parts.engine, session, name, key, {}, identity=f"test:{name}", broadcast=broadcast)


def page(desk: Stage, name: str, case_id: int, language: str = "en") -> list[str]:
    """What the stuck panel lists for a person."""
    with desk.parts.database.transaction() as session:
        session.execute(update(Person).where(Person.id == desk.people[name]).values(locale=language))
        secret = sign_in.open_session(session, desk.people[name], hours=12)
    return Browser(desk.app, secret).see(f"/cases/{desk.case(case_id).number}").texts("//*[@id='stuck']//ul/li")


def told(desk: Stage, name: str, case_id: int) -> list[dict[str, object]]:
    """What the API's detail of the case lists for a person."""
    kept: list[dict[str, object]] = (
        desk.api(name).get(f"/api/v1/cases/{desk.case(case_id).number}").json()["kept"]
    )  # fmt: skip
    return kept


def test_messages_that_came_meanwhile_are_listed_until_the_case_is_mended(desk: Stage) -> None:
    with clock.at(MONDAY):
        case_id = desk.start()
        assert page(desk, "Ines Duarte", case_id) == told(desk, "Ines Duarte", case_id) == []
        send(desk, REPLY, desk.case(case_id).number)
        clock.advance(timedelta(minutes=5))
        send(desk, NEWS, broadcast=True)
        desk.work()
        reply, news = page(desk, "Ines Duarte", case_id)
        assert f"“{REPLY}” came for “reply” while the case was stuck" in reply and "it is delivered" in reply
        assert f"“{NEWS}” came for “news” while the case was stuck" in news
        assert "today 09:00" in reply and "today 09:05" in news
        assert "während der Vorgang feststeckte" in page(desk, "Ines Duarte", case_id, "de")[0]
        first, second = told(desk, "Anna Novak", case_id)
        assert first == {
            "kind": "message", "element": "reply", "message": REPLY, "at": "2026-03-02T08:00:00Z", "failed": False,
            "text": first["text"],
        }  # fmt: skip
        assert str(first["text"]).startswith("The message") and second["message"] == NEWS
        desk.acts["act"] = lambda context: None
        desk.mend(repair.retry, case_id, "Ines Duarte", "The disk was replaced")
        assert page(desk, "Ines Duarte", case_id) == told(desk, "Ines Duarte", case_id) == []
        desk.work()
        assert desk.open(case_id) == ["look", "look"]


def test_a_message_that_could_not_be_stored_is_listed_once(desk: Stage) -> None:
    desk.publish(
        draw("walk", start() + catch("reply", ref("message", REPLY), key="case.number") + service("act", "probe.act")
             + end() + flows("s reply act e"), beside=named("message", REPLY)),
    )  # fmt: skip
    desk.acts["act"] = unstorable
    case_id = desk.start()
    send(desk, REPLY, desk.case(case_id).number)
    desk.work()
    [line] = page(desk, "Anna Novak", case_id)
    assert FAILING in line and "delivered once more" in line
    [kept] = told(desk, "Anna Novak", case_id)
    assert (kept["message"], kept["failed"]) == (REPLY, True)


def test_a_timer_that_could_not_be_stored_is_listed(desk: Stage) -> None:
    desk.acts["act"] = unstorable
    with clock.at(MONDAY):
        case_id = desk.start("soon")
        clock.advance(timedelta(hours=1))
        desk.work()
        [line] = page(desk, "Anna Novak", case_id)
        assert "The time of “wait” was up" in line and FAILING in line and "fires again" in line
        [kept] = told(desk, "Anna Novak", case_id)
        assert (kept["kind"], kept["element"], kept["message"]) == ("timer", "wait", None)
        desk.mend(repair.retry, case_id, "Ines Duarte", "Once more")
        desk.work()
        assert len(page(desk, "Anna Novak", case_id)) == 1  # it failed again; the first try is over


def test_an_answer_that_could_not_be_stored_is_listed(desk: Stage) -> None:
    desk.acts |= {"act": lambda context: "sent", "inside": unstorable}
    case_id = desk.start("asks")
    desk.work()
    [line] = page(desk, "Anna Novak", case_id)
    assert "“call” was carried out" in line and "nothing is carried out twice" in line
    assert [kept["kind"] for kept in told(desk, "Anna Novak", case_id)] == ["answer"]


def test_who_only_asked_for_the_case_does_not_see_what_is_kept(desk: Stage) -> None:
    case_id = desk.start(by="Chiara Ricci")
    send(desk, REPLY, desk.case(case_id).number)
    desk.work()
    assert page(desk, "Chiara Ricci", case_id) == told(desk, "Chiara Ricci", case_id) == []
    assert len(told(desk, "Anna Novak", case_id)) == 1
