"""Tags: one way to write each, found again, renamed and made one."""

from typing import Any

import pytest
from sqlalchemy import false, true
from sqlalchemy.orm import Session

from app.domain.journal.chains import newest_of
from app.domain.people.records import Person
from app.domain.records import tags
from app.domain.records.records import Tag
from app.domain.records.writer import Records, Trace
from app.errors import Invalid, NotFound


@pytest.mark.parametrize(
    ("typed", "kept"),
    [(" Mail  Server ", "mail server"), ("#VPN", "vpn"), ("STRASSE", "strasse"), ("a,b", "a b"),
     ("A\x00\u202eb", "a b"), ("e\u0301", "\u00e9")],
)  # fmt: skip
def test_there_is_one_way_to_write_a_tag(typed: str, kept: str) -> None:
    assert tags.normalise(typed) == kept


@pytest.fixture
def tag(session: Session, records: Records, anna: Person) -> Any:
    def put(record_id: int, text: str) -> str:
        locked = records.locked(session, "incident", record_id)
        return tags.add_tag(session, records, locked, text, Trace(actor_id=anna.id))

    return put


def test_a_tag_is_there_once_and_its_word_can_be_erased(session: Session, make: Any, tag: Any) -> None:
    one = make("incident", "Mail is slow")
    assert [tag(one, text) for text in ("VPN", " vpn", "#Vpn")] == ["vpn"] * 3
    assert tags.tags_of(session, one) == ["vpn"]
    [(entry, content), (created, _)] = newest_of(session, f"record:{one}", 5)
    assert (entry.event, created.event) == ("tag.added", "record.created")
    assert "vpn" not in str(entry.data) and content == {"name": "vpn"}


def test_removing_a_tag(session: Session, records: Records, make: Any, tag: Any) -> None:
    one = make("incident", "Mail is slow")
    tag(one, "vpn")
    locked = records.locked(session, "incident", one)
    for _ in range(2):
        tags.remove_tag(session, records, locked, "VPN", Trace())
    assert tags.tags_of(session, one) == []
    assert [entry.event for entry, _ in newest_of(session, f"record:{one}", 9)][0] == "tag.removed"
    tags.remove_tag(session, records, locked, "never there", Trace())


@pytest.mark.parametrize("text", ["", " , ", "x" * 51])
def test_what_is_no_tag_is_refused(make: Any, tag: Any, text: str) -> None:
    with pytest.raises(Invalid):
        tag(make("incident", "Mail is slow"), text)


def test_a_record_has_only_so_many(make: Any, tag: Any) -> None:
    one = make("incident", "Mail is slow")
    for number in range(tags.MOST):
        tag(one, f"t{number}")
    with pytest.raises(Invalid):
        tag(one, "one more")


def test_suggestions_are_those_of_records_that_one_may_read(session: Session, make: Any, tag: Any) -> None:
    one, other = make("incident", "A"), make("incident", "B")
    for record_id, text in ((one, "storage"), (one, "rare"), (other, "storage"), (one, "50%")):
        tag(record_id, text)
    assert tags.suggestions(session, true()) == ["storage", "50%", "rare"]
    assert tags.suggestions(session, true(), "STO") == ["storage"]
    assert tags.suggestions(session, true(), "%") == []
    assert tags.suggestions(session, false()) == []


def test_renaming_keeps_the_records_and_a_taken_name_makes_two_one(session: Session, make: Any, tag: Any) -> None:
    one, other = make("incident", "A"), make("incident", "B")
    tag(one, "wlan"), tag(one, "wifi"), tag(other, "wlan")
    known = {found.name: found.id for found, _ in tags.listed(session)}
    assert not tags.rename(session, known["wlan"], " Wireless ", actor_id=None)
    assert tags.tags_of(session, other) == ["wireless"]
    assert tags.rename(session, known["wlan"], "wifi", actor_id=None)
    assert (tags.tags_of(session, one), tags.tags_of(session, other)) == (["wifi"], ["wifi"])
    assert [(found.name, count) for found, count in tags.listed(session)] == [("wifi", 2)]
    assert session.get(Tag, known["wlan"]) is None
    assert [entry.event for entry, _ in newest_of(session, "system:tags", 5)] == ["tag.merged", "tag.renamed"]
    with pytest.raises(NotFound):
        tags.rename(session, known["wlan"], "wifi", actor_id=None)
    assert not tags.rename(session, known["wifi"], "WIFI", actor_id=None)
