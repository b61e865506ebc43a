"""Links between records: both ends know of them, and nothing leads back to itself."""

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.journal.chains import Journal, newest_of
from app.domain.people.records import Person
from app.domain.records.link_types import LINK_TYPES, choices, read_choice
from app.domain.records.links import add_link, is_linked, remove_link
from app.domain.records.records import Record, RecordLink
from app.domain.records.writer import Records, Trace
from app.errors import BusinessError, Invalid, NotFound

MakeRecord = Callable[..., int]


@pytest.fixture
def link(session: Session, records: Records, anna: Person) -> Callable[[str, int, int], RecordLink]:
    """Link two records as Anna Novak does."""
    return lambda key, source, target: add_link(
        session, records, LINK_TYPES[key], source, target, Trace(actor_id=anna.id)
    )


def test_both_ends_have_a_line_in_their_journal(
    session: Session, make: MakeRecord, link: Callable[..., RecordLink], anna: Person
) -> None:
    effect, cause = make("incident", "Mail is slow"), make("incident", "Switch is broken")
    link("caused_by", effect, cause)
    for here, there, outward in ((effect, cause, True), (cause, effect, False)):
        [newest] = newest_of(session, f"record:{here}", 1)
        assert (newest[0].event, newest[0].actor_id) == ("link.added", anna.id)
        assert newest[0].data == {"link": "caused_by", "outward": outward, "record": there}
        assert Journal().verify(session, f"record:{here}", head=session.get_one(Record, here).journal_head).sound


def test_a_link_that_is_removed_stays_in_the_journals(
    session: Session, records: Records, make: MakeRecord, link: Callable[..., RecordLink]
) -> None:
    one, other = make("incident", "Mail is slow"), make("service", "Mail")
    added = link("affects", one, other)
    remove_link(session, records, added, Trace())
    remove_link(session, records, added, Trace())
    assert session.scalars(select(RecordLink)).all() == []
    for record_id in (one, other):
        events = [entry.event for entry, _ in newest_of(session, f"record:{record_id}", 9)]
        assert events == ["link.removed", "link.added", "record.created"]


def test_no_record_is_linked_with_itself(make: MakeRecord, link: Callable[..., RecordLink]) -> None:
    one = make("incident", "Mail is slow")
    with pytest.raises(Invalid, match="another look") as refusal:
        link("related_to", one, one)
    assert list(refusal.value.fields) == ["to"]


@pytest.mark.parametrize(("key", "turned"), [("affects", False), ("related_to", False), ("related_to", True)])
def test_no_link_is_there_twice(make: MakeRecord, link: Callable[..., RecordLink], key: str, turned: bool) -> None:
    ends = make("incident", "Mail is slow"), make("service", "Mail")
    link(key, *ends)
    with pytest.raises(Invalid) as refusal:
        link(key, *(reversed(ends) if turned else ends))
    assert "linked so already" in refusal.value.fields["to"][0]


@pytest.mark.parametrize("key", [key for key, known in LINK_TYPES.items() if known.ordered])
def test_an_ordered_type_makes_no_circle(make: MakeRecord, link: Callable[..., RecordLink], key: str) -> None:
    first, second, third = (make("incident", title) for title in "ABC")
    link(key, first, second)
    link(key, second, third)
    for source, target in ((second, first), (third, first)):
        with pytest.raises(Invalid) as refusal:
            link(key, source, target)
        assert "circle" in refusal.value.fields["to"][0]
    link(key, first, third)


def test_other_types_may_lead_back(make: MakeRecord, link: Callable[..., RecordLink]) -> None:
    first, second = make("incident", "A"), make("service", "B")
    link("affects", first, second)
    assert link("affects", second, first).id


def test_what_does_not_exist_cannot_be_linked(make: MakeRecord, link: Callable[..., RecordLink]) -> None:
    with pytest.raises(NotFound):
        link("affects", make("incident", "A"), 10**9)


def test_each_direction_can_be_chosen_by_its_words() -> None:
    offered = dict(choices())
    assert offered["caused_by"] == "caused by" and offered["caused_by:back"] == "has caused"
    assert "related_to:back" not in offered
    for choice in offered:
        link, outward = read_choice(choice)
        assert link is not None and link.words(outward=outward) == offered[choice]
    assert read_choice("nonsense")[0] is None


def test_a_diagram_links_by_id_or_number(
    session: Session, make: MakeRecord, call: Callable[..., str], anna: Person
) -> None:
    incident, service = make("incident", "Mail is slow"), make("service", "Mail")
    number = session.get_one(Record, service).number
    assert call("record.link", incident, actor=anna, type="affects", to=number.lower()) == str(service)
    assert call("record.link", incident, type="affects", to=str(service)) == str(service)
    assert is_linked(session, LINK_TYPES["affects"], incident, service)
    [link] = session.scalars(select(RecordLink))
    assert link.added_by_id == anna.id


@pytest.mark.parametrize(
    ("to", "code"), [("nonsense", "record.unknown"), ("9" * 40, "record.unknown"), ("self", "record.link_refused")]
)
def test_what_a_diagram_cannot_link_is_a_rule_that_says_no(
    make: MakeRecord, call: Callable[..., str], to: str, code: str
) -> None:
    incident = make("incident", "Mail is slow")
    with pytest.raises(BusinessError) as refusal:
        call("record.link", incident, type="part_of", to=str(incident) if to == "self" else to)
    assert refusal.value.code == code
    with pytest.raises(BusinessError) as refusal:
        call("record.link", None, type="part_of", to="1")
    assert refusal.value.code == "record.no_record"
