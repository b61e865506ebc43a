"""Messages between cases: sent with the step, delivered once, kept until somebody waits for them."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text as sql

from app import clock
from app.engine import commands, delivery, messages, repair
from app.engine.records import Case, Delivery, Message, Stimulus, Subscription
from app.errors import BusinessError, Conflict
from app.jobs.dead_letters import list_dead
from app.jobs.runner import carry_out_due
from app.operations import OperationContext
from tests.engine.drawings import catch, end, flows, named, ref, service, start, throw, user
from tests.stage import Stage, draw, form, text

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
REPLY, NEWS, ALERT = "information.provided", "service.live", "alert.raised"
NAMES = named("message", REPLY, NEWS, ALERT)

WAITS = draw(
    "waits",
    start() + catch("reply", ref("message", REPLY), key="case.number") + service("act", "probe.act") + user("look")
    + end() + flows("s reply act look e"),
    beside=NAMES,
)  # fmt: skip
SENDS = draw(
    "sends",
    start() + user("ask") + throw("tell", ref("message", REPLY), key="number", payload="{'answer': answer}")
    + service("act", "probe.act", name="'after'") + end() + flows("s ask tell act e"),
    beside=NAMES,
)  # fmt: skip
LISTENS = draw(
    "listens",
    start() + catch("news", ref("message", NEWS)) + user("look") + end() + flows("s news look e"),
    beside=NAMES,
)  # fmt: skip

STUCK_LISTENER = draw(
    "waits",
    start() + "<parallelGateway id='g'/>" + service("act", "probe.act") + catch("news", ref("message", NEWS))
    + user("look") + end() + flows("s g act e", "g news look e"),
    beside=NAMES,
)  # fmt: skip


def starts(key: str, **properties: str) -> Any:
    body = start("s", ref("message", ALERT)) + service("act", "probe.act") + user("look") + end()
    return draw(key, body + flows("s act look e"), beside=NAMES, **properties)


@pytest.fixture
def office(stage: Stage) -> Stage:
    stage.publish(WAITS, SENDS, LISTENS, form("look"), form("ask", text("number"), text("answer")))
    stage.acts |= {"act": lambda context: None, "after": lambda context: None}
    return stage


def send(stage: Stage, name: str, key: str = "", *, identity: str = "", **more: Any) -> int | None:
    with stage.parts.database.transaction() as session:
        identity = identity or f"test:{stage.count(Message)}"
        return messages.send(stage.parts.engine, session, name, key, more.pop("payload", {}), identity=identity, **more)


def broken(context: OperationContext) -> None:
    raise RuntimeError("disk full")


def unstorable(context: OperationContext) -> None:
    context.session.execute(
        sql("CREATE TEMPORARY TABLE twice (n int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP")
    )
    context.session.execute(sql("INSERT INTO twice VALUES (1), (1)"))


def statuses(stage: Stage) -> list[str]:
    return [message.status for message in stage.rows(Message)]


def test_a_message_goes_from_one_case_to_the_other(office: Stage) -> None:
    waiting, other, sender = office.start("waits"), office.start("waits"), office.start("sends")
    office.complete("ask", number=office.case(waiting).number, answer="It was unplugged")
    assert statuses(office) == ["waiting"]  # delivered after the commit, by a job
    office.work()
    assert statuses(office) == ["delivered"]
    assert office.open(waiting) == ["look"] and office.open(other) == []
    assert "message.sent@tell" in office.events(sender)
    assert "message.received@reply" in office.events(waiting)
    [row] = office.rows(Delivery)
    assert (row.case_id, row.element) == (waiting, "reply")
    assert [row.case_id for row in office.rows(Subscription)] == [other]


def test_what_a_message_carries_becomes_data_of_the_case(office: Stage) -> None:
    seen: dict[str, Any] = {}
    office.acts["act"] = lambda context: seen.update(context.data)
    waiting = office.start("waits")
    send(office, REPLY, office.case(waiting).number, payload={"answer": "It was unplugged", "person_id": None})
    office.work()
    assert seen == {"answer": "It was unplugged", "person_id": None}


def test_a_message_is_sent_with_its_step_or_not_at_all(office: Stage) -> None:
    def refuse(context: OperationContext) -> None:
        raise BusinessError("no", "The rule says no.")

    office.acts["after"] = refuse
    office.start("sends")
    with pytest.raises(BusinessError):
        office.complete("ask", number="C-1", answer="x")
    assert office.count(Message) == 0
    office.acts["after"] = unstorable
    with pytest.raises(Exception, match="twice"):
        office.complete("ask", number="C-1", answer="x")
    assert office.count(Message) == 0
    with office.parts.database.transaction() as session:
        assert session.execute(sql("SELECT count(*) FROM procrastinate_jobs")).scalar_one() == 0


def test_a_message_waits_for_the_case_that_wants_it(office: Stage) -> None:
    send(office, REPLY, "C-2026-000099")
    office.work()
    assert statuses(office) == ["waiting"]
    with clock.at(MONDAY):
        waiting = office.start("waits")
    with office.parts.database.transaction() as session:
        session.execute(sql("UPDATE message SET key = :key"), {"key": office.case(waiting).number})
    # It was there first: the case asks for it as soon as it waits.
    office.work()
    assert statuses(office) == ["delivered"]
    assert office.open(waiting) == ["look"]


def test_a_message_that_is_sent_while_a_case_begins_to_wait_is_not_lost(office: Stage) -> None:
    """Neither transaction sees the other; the job that looks for early messages runs after both."""
    actor = office.who("Anna Novak")
    with office.parts.database.transaction() as session:
        case = commands.start_case(office.parts.engine, session, "waits", actor, {}).case
        send(office, REPLY, case.number)
        carry_out_due(office.parts.queue, office.parts.database)  # in vain: nobody is seen to wait
        assert statuses(office) == ["waiting"]
    office.work()
    assert statuses(office) == ["delivered"]
    assert office.open(case.id) == ["look"]


def test_the_same_message_is_taken_once(office: Stage) -> None:
    waiting = office.start("waits")
    number = office.case(waiting).number
    first = send(office, REPLY, number, identity="outside:17")
    assert first is not None and send(office, REPLY, number, identity="outside:17") is None
    office.work()
    assert office.count(Message) == office.count(Delivery) == 1
    delivery.deliver(office.parts.engine, first)  # a job may run twice
    assert office.count(Delivery) == 1


def test_a_message_for_one_reaches_one(office: Stage) -> None:
    body = start() + catch("reply", ref("message", REPLY), key="'same'") + user("look") + end()
    office.publish(draw("waits", body + flows("s reply look e"), beside=NAMES))
    cases = [office.start("waits") for _ in range(3)]
    send(office, REPLY, "same")
    office.work()
    assert [office.open(case) for case in cases] == [["look"], [], []]
    send(office, REPLY, "same")
    send(office, REPLY, "other")
    office.work()
    assert [office.open(case) for case in cases] == [["look"], ["look"], []]
    assert statuses(office) == ["delivered", "delivered", "waiting"]


def test_a_broadcast_reaches_all_whatever_their_key(office: Stage) -> None:
    cases = [office.start("listens") for _ in range(3)]
    send(office, NEWS, "anything", broadcast=True)
    office.work()
    assert [office.open(case) for case in cases] == [["look"]] * 3
    assert office.count(Delivery) == 3
    assert statuses(office) == ["delivered"]
    late = office.start("listens")
    office.work()
    assert office.open(late) == []  # who comes later has missed it


def test_a_broadcast_that_nobody_waits_for_is_not_kept(office: Stage) -> None:
    send(office, NEWS, "anything", broadcast=True)
    case = office.start("listens")  # after it was sent, before the job that delivers it
    office.work()
    assert office.open(case) == []
    assert statuses(office) == ["expired"]
    office.publish(starts("one"))
    send(office, ALERT, broadcast=True)
    office.work()
    assert [found.diagram for found in office.rows(Case)] == ["listens", "one"]
    assert statuses(office) == ["expired", "delivered"]


def test_a_broadcast_kept_for_a_stuck_case_reaches_nobody_who_came_later(office: Stage) -> None:
    office.publish(STUCK_LISTENER)
    office.acts["act"] = broken
    stuck, listening = office.start("waits"), office.start("listens")
    send(office, NEWS, broadcast=True)
    late = office.start("listens")
    office.work()
    assert office.open(listening) == ["look"]
    [kept] = office.rows(Stimulus)
    assert (kept.case_id, kept.kind, kept.data["name"], kept.data["element"]) == (stuck, "message", NEWS, "news")
    also_late = office.start("listens")
    office.work()
    office.acts["act"] = lambda context: None
    office.mend(repair.retry, stuck, "Ines Duarte", "The disk was replaced")
    office.work()
    assert [office.open(case) for case in (stuck, late, also_late)] == [["look"], [], []]
    assert statuses(office) == ["delivered"]
    assert office.count(Delivery) == 2
    assert office.rows(Stimulus)[0].retried_at is not None


def test_a_broadcast_does_not_reach_a_case_that_waits_only_since_it_was_mended(office: Stage) -> None:
    body = start() + service("act", "probe.act") + catch("news", ref("message", NEWS)) + user("look") + end()
    office.publish(draw("waits", body + flows("s act news look e"), beside=NAMES))
    office.acts["act"] = broken
    stuck = office.start("waits")
    send(office, NEWS, broadcast=True)
    office.work()
    office.acts["act"] = lambda context: None
    office.mend(repair.retry, stuck, "Ines Duarte", "The disk was replaced")
    office.work()
    assert office.open(stuck) == []
    assert office.count(Delivery) == office.count(Stimulus) == 0


def test_a_case_that_is_stuck_again_keeps_its_broadcast(office: Stage) -> None:
    office.publish(STUCK_LISTENER)
    office.acts["act"] = broken
    stuck = office.start("waits")
    send(office, NEWS, broadcast=True)
    office.work()
    office.mend(repair.retry, stuck, "Ines Duarte", "Perhaps now")
    office.work()
    assert office.case(stuck).status == "stuck" and office.open(stuck) == []
    office.acts["act"] = lambda context: None
    office.mend(repair.retry, stuck, "Ines Duarte", "The disk was replaced")
    office.work()
    assert office.open(stuck) == ["look"]
    assert office.count(Delivery) == 1


def test_a_broadcast_that_cannot_be_stored_in_one_case_comes_again_when_that_is_mended(office: Stage) -> None:
    body = start() + catch("news", ref("message", NEWS)) + service("act", "probe.act") + user("look") + end()
    office.publish(draw("waits", body + flows("s news act look e"), beside=NAMES))
    office.acts["act"] = unstorable
    failing, listening = office.start("waits"), office.start("listens")
    send(office, NEWS, broadcast=True)
    office.work()
    assert (office.case(failing).status, office.open(listening)) == ("stuck", ["look"])
    assert office.count(Stimulus) == 1
    for message in ("Perhaps now", "The disk was replaced"):
        late = office.start("listens")
        office.mend(repair.retry, failing, "Ines Duarte", message)
        office.work()
        assert office.open(late) == []
        office.acts["act"] = lambda context: None
    assert office.open(failing) == ["look"]
    assert office.count(Delivery) == 2


def test_a_broadcast_is_not_kept_for_a_case_that_is_cancelled(office: Stage) -> None:
    office.publish(STUCK_LISTENER)
    office.acts["act"] = broken
    stuck = office.start("waits")
    message = send(office, NEWS, broadcast=True)
    office.work()
    [kept] = office.rows(Stimulus)
    office.mend(repair.cancel, stuck, "Ines Duarte", "Not needed")
    office.work()
    assert message is not None
    delivery.deliver_kept(office.parts.engine, message, stuck, kept.data["engine_id"])
    assert (office.case(stuck).status, office.count(Delivery)) == ("cancelled", 0)


def test_a_message_opens_one_case_of_each_diagram_that_subscribes(office: Stage) -> None:
    office.publish(starts("one"), starts("two", record="incident"))
    seen: list[Any] = []
    office.acts["act"] = lambda context: seen.append(dict(context.data))
    message = send(office, ALERT, "disk-17", payload={"severity": "high", "metric": "space"})
    office.work()
    cases = office.rows(Case)
    assert [case.diagram for case in cases] == ["one", "two"]
    assert seen == [{"severity": "high", "metric": "space"}] * 2
    assert [case.requester_id for case in cases] == [None, None]
    assert [case.parent_id for case in cases] == [None, None]
    assert statuses(office) == ["delivered"]
    assert message is not None
    delivery.deliver(office.parts.engine, message)
    assert office.count(Case) == 2
    assert "case.started@s" in office.events(cases[0].id)
    assert office.record(cases[1].id)["kind"] == "incident"


def test_a_case_that_a_message_opens_knows_which_case_sent_it(office: Stage) -> None:
    office.publish(starts("one"))
    sender = office.start("waits")
    send(office, ALERT, sender_case_id=sender)
    office.work()
    assert office.rows(Case)[-1].parent_id == sender


def test_a_diagram_that_is_started_by_a_message_is_not_started_by_hand(office: Stage) -> None:
    office.publish(starts("one"))
    with pytest.raises(Conflict, match="not by hand"):
        office.start("one")


def test_a_message_about_a_record_continues_with_it_where_the_kind_fits(office: Stage) -> None:
    office.publish(
        draw("walk", start() + user("look") + end() + flows("s look e"), record="incident"),
        starts("one", record="incident"), starts("two", record="known_error"), starts("three"),
    )  # fmt: skip
    record_id = office.case(office.start("walk")).record_id
    send(office, ALERT, payload={"record_id": str(record_id)})
    office.work()
    found = {case.diagram: case.record_id for case in office.rows(Case)}
    assert found["one"] == found["three"] == record_id
    assert found["two"] not in (None, record_id)


@pytest.mark.parametrize("nonsense", ["abc", "99999999", "9" * 40, -1, None, {"a": 1}, [1], "²"])
def test_a_message_about_a_record_that_does_not_exist_starts_all_the_same(office: Stage, nonsense: Any) -> None:
    office.publish(starts("one"), starts("two", record="incident"))
    send(office, ALERT, payload={"record_id": nonsense})
    office.work()
    assert [case.diagram for case in office.rows(Case)] == ["one", "two"]


def test_a_diagram_that_cannot_be_started_does_not_keep_others_from_it(office: Stage) -> None:
    office.publish(starts("broken"), starts("fine"))

    def only_fine(context: OperationContext) -> None:
        if context.diagram == "broken":
            unstorable(context)

    office.acts["act"] = only_fine
    with clock.at(MONDAY):
        send(office, ALERT)
        office.work()
        assert [case.diagram for case in office.rows(Case)] == ["fine"]
        for _ in range(10):
            clock.advance(timedelta(hours=1))
            office.work()
        assert [case.diagram for case in office.rows(Case)] == ["fine"]
        assert statuses(office) == ["waiting"]
        with office.parts.database.transaction() as session:
            [letter] = list_dead(session)  # it was given up, and whoever looks after jobs sees it
        assert letter.task == "engine.deliver" and "twice" in letter.message


def test_messages_to_a_stuck_case_wait_until_it_is_mended(office: Stage) -> None:
    body = (
        start() + "<parallelGateway id='g'/>" + service("act", "probe.act")
        + catch("reply", ref("message", REPLY), key="case.number") + catch("news", ref("message", NEWS))
        + user("look") + user("other") + end() + flows("s g act e", "g reply look e", "g news other e")
    )  # fmt: skip
    office.publish(draw("waits", body, beside=NAMES), form("other"))
    office.acts["act"] = broken
    stuck, listening = office.start("waits"), office.start("listens")
    assert office.case(stuck).status == "stuck"
    send(office, REPLY, office.case(stuck).number)
    send(office, NEWS, broadcast=True)
    office.work()
    assert statuses(office) == ["waiting", "delivered"]
    assert office.open(stuck) == [] and office.open(listening) == ["look"]
    office.acts["act"] = lambda context: None
    office.mend(repair.retry, stuck, "Ines Duarte", "The disk was replaced")
    office.work()
    assert sorted(office.open(stuck)) == ["look", "other"]
    assert statuses(office) == ["delivered", "delivered"]
    assert office.open(listening) == ["look"]


def test_a_message_for_a_stuck_case_opens_no_new_one_instead(office: Stage) -> None:
    body = (
        start() + "<parallelGateway id='g'/>" + service("act", "probe.act", name="'broken'")
        + catch("again", ref("message", ALERT), key="'disk-17'") + end() + flows("s g act e", "g again e")
    )  # fmt: skip
    office.publish(draw("waits", body, beside=NAMES), starts("one"))
    office.acts["broken"] = broken
    stuck = office.start("waits")
    send(office, ALERT, "disk-17")
    office.work()
    assert [case.id for case in office.rows(Case)] == [stuck]
    office.mend(repair.skip, stuck, "Ines Duarte", "Not needed")
    office.work()
    assert office.case(stuck).status == "completed"
    assert statuses(office) == ["delivered"]


def test_a_message_whose_step_cannot_be_stored_is_kept_and_comes_again_after_mending(office: Stage) -> None:
    office.acts["act"] = unstorable
    waiting = office.start("waits")
    send(office, REPLY, office.case(waiting).number)
    office.work()
    case = office.case(waiting)
    assert (case.status, case.stuck_element) == ("stuck", "reply")
    assert [row.kind for row in office.rows(Stimulus)] == ["message"]
    assert (statuses(office), office.count(Delivery)) == (["waiting"], 0)
    office.acts["act"] = lambda context: None
    office.mend(repair.retry, waiting, "Ines Duarte", "The disk was replaced")
    office.work()
    assert office.open(waiting) == ["look"]
    assert (statuses(office), office.count(Delivery)) == (["delivered"], 1)
    assert office.events(waiting).count("message.received@reply") == 1


def test_an_operation_that_fails_on_a_message_leaves_the_message_delivered(office: Stage) -> None:
    office.acts["act"] = broken
    waiting = office.start("waits")
    send(office, REPLY, office.case(waiting).number)
    office.work()
    assert (office.case(waiting).status, office.case(waiting).stuck_element) == ("stuck", "act")
    assert statuses(office) == ["delivered"]


def test_messages_that_nobody_wants_end_after_thirty_days(office: Stage) -> None:
    with clock.at(MONDAY):
        send(office, REPLY, "nobody")
        clock.advance(timedelta(days=29))
        send(office, REPLY, "nobody either")
        clock.advance(timedelta(days=1, seconds=1))
        with office.parts.database.transaction() as session:
            assert messages.expire(session) == 1
    assert statuses(office) == ["expired", "waiting"]
    delivery.deliver(office.parts.engine, 1)
    assert statuses(office) == ["expired", "waiting"]


def test_two_workers_deliver_a_broadcast_once(office: Stage) -> None:
    cases = [office.start("listens") for _ in range(10)]
    carry_out_due(office.parts.queue, office.parts.database)
    message = send(office, NEWS, broadcast=True)
    assert message is not None
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        delivery.deliver(office.parts.engine, message)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for case in cases:
        assert office.events(case).count("message.received@news") == 1
        assert office.open(case) == ["look"]
    assert office.count(Delivery) == len(cases)
    assert statuses(office) == ["delivered"]


def test_an_operation_sends_messages_of_its_own(office: Stage) -> None:
    waiting = office.start("waits")

    def tell(context: OperationContext) -> None:
        context.send(REPLY, office.case(waiting).number, {"answer": "By an operation"})

    office.acts["after"] = tell
    office.start("sends")
    office.complete("ask", number="C-1", answer="x")
    office.work()
    assert office.open(waiting) == ["look"]
    assert sorted(statuses(office)) == ["delivered", "waiting"]
