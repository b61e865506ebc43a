"""From start to end: user task, script, operation, decision by gateway."""

from typing import Any

from app.engine.advance import Waiting
from tests.engine.drawings import diagram, end, flows, gateway, script, service, start, user
from tests.engine.stories import Ports, Story, tell

WALK = diagram(
    start()
    + user("look")
    + script("sum", "total = amount * 2\nlabel = 'big' if total > 10 else 'small'")
    + service("open", "case.open", result="ticket", amount="total", name="label")
    + gateway("exclusive", "g")
    + user("approve")
    + end("rejected")
    + end("done")
    + flows("s look sum open g", "g>approve: total > 10", "g>rejected", "approve done")
)


def world() -> Ports:
    return Ports(operations={"case.open": lambda amount, name: {"id": amount, "name": name}})


def test_a_case_runs_to_its_end_over_both_ways() -> None:
    def big(story: Story) -> None:
        assert story.open == ["look"]
        story.do("look", amount=7)
        assert story.open == ["approve"]
        story.do("approve")

    story = tell(big, WALK, ports=world)
    assert story.status == "completed" and story.result.end_events == ["done"]
    assert story.data == {"amount": 7, "total": 14, "label": "big", "ticket": {"id": 14, "name": "big"}}
    assert story.ports.passed == ["s", "look", "sum", "open", "g", "approve", "done"]

    small = tell(lambda story: story.do("look", amount=1) and None, WALK, ports=world)
    assert small.result.end_events == ["rejected"]


def test_the_picture_shows_the_way_and_the_place() -> None:
    story = tell(lambda story: story.do("look", amount=7) and None, WALK, ports=world)
    place = story.facts()["place"]["walk"]
    assert place.done == {"s", "look", "sum", "open", "g"}
    assert place.current == {"approve"}
    assert place.flows == {"s_look", "look_sum", "sum_open", "open_g", "g_approve"}


def test_an_operation_may_be_answered_in_a_later_step() -> None:
    def tale(story: Story) -> None:
        assert story.status == "waiting" and story.open == []
        story.answer("mail", {"sent": True})

    file = diagram(start() + service("mail", "mail.send", result="mail") + end() + flows("s mail e"))
    story = tell(tale, file, ports=lambda: Ports(operations={"mail.send": lambda **_: Waiting()}))
    assert story.status == "completed" and story.data == {"mail": {"sent": True}}


def test_an_expression_sees_the_record() -> None:
    def world() -> Ports:
        return Ports(record={"impact": "site"})

    file = diagram(start() + script("x", "wide = record.impact == 'site'") + end() + flows("s x e"))

    def tale(story: Story) -> Any:
        assert story.status == "completed"

    assert tell(tale, file, ports=world).data == {"wide": True}
