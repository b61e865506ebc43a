"""Personal data go from the journal, its chains stay whole, and what was erased is said."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.journal_entry import Entry
from app.domain.journal import erasure, system
from app.domain.journal.chains import Journal, newest_of
from app.domain.journal.erasure import Named, Place
from app.domain.journal.records import JournalEntry, JournalPayload
from app.errors import Invalid

AT = datetime(2026, 3, 6, 8, 30, tzinfo=UTC)
CHIARA = Named(17, ("Chiara Ricci", "ricci", "chiara.ricci@example.org", "+39 041 555", "Émile"))


def write(session: Session, chain: str, *payloads: dict[str, Any] | None, actor: int = 4) -> bytes:
    entries = [Entry("comment.added", AT, actor, "look", {}, payload) for payload in payloads]
    head, _length = Journal().write(session, chain, None, 0, entries)
    assert head is not None
    return head


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ({"body": "Chiara Ricci called"}, True),
        ({"body": "so says CHIARA RICCI."}, True),
        ({"values": {"contact": ["x", "chiara.ricci@example.org"]}}, True),
        ({"body": "mail to <chiara.ricci@example.org>, please"}, True),
        ({"login": "Ricci"}, True),
        ({"body": "call +39 041 555 today"}, True),
        ({"Chiara Ricci": True}, True),
        ({"person_id": 17}, True),
        ({"login": "ÉMILE"}, True),
        ({"body": "ricci is a kind of hedgehog"}, False),
        ({"body": "Chiara Riccio called"}, False),
        ({"body": "xchiara.ricci@example.org"}, False),
        ({"count": 17}, False),
        ({}, False),
    ],
)
def test_who_is_named_and_who_is_not(session: Session, content: dict[str, Any], found: bool) -> None:
    write(session, "case:1", content)
    assert erasure.places_of(session, CHIARA) == ([Place("case:1", 1)] if found else [])


@pytest.mark.parametrize(
    "name", ['Ana "Nan" Óleary', "C. (x|y) [z", "50% of_us", "Zoë\\Back Slash", "Anne-Marie O'Neil"]
)
def test_names_are_no_patterns(session: Session, name: str) -> None:
    write(session, "case:1", {"body": f"Ask {name} again"}, {"body": "Ask Cxy z 50 of us"})
    assert erasure.places_of(session, Named(17, (name,))) == [Place("case:1", 1)]


def test_a_person_without_a_name_is_named_nowhere(session: Session) -> None:
    write(session, "case:1", {"body": ""}, {"body": "x"})
    assert erasure.places_of(session, Named(17, ())) == []
    assert erasure.places_of(session, Named(17, ("", " "))) == []


def test_what_names_a_person_goes_and_the_chain_stays_sound(session: Session) -> None:
    head = write(session, "case:1", {"body": "Chiara Ricci called"}, {"body": "The disk is full"}, None)
    write(session, "record:2", {"values": {"caller": "Chiara Ricci"}})
    system.note(session, "person.signed_in", subject="person:17", payload={"address": "192.0.2.7"})

    counted = erasure.erase(session, CHIARA, reason="She asked for it", actor_id=9)

    assert counted == {"case": 1, "record": 1, "system": 1}
    kept = session.execute(select(JournalPayload.chain, JournalPayload.position)).all()
    assert set(map(tuple, kept)) == {("case:1", 2), ("system:erasure", 1)}
    verdict = Journal().verify(session, "case:1", head=head)
    assert (verdict.sound, verdict.length, verdict.erased) == (True, 3, 1)
    [(line, content)] = newest_of(session, "system:erasure", 5)
    assert (line.actor_id, content) == (9, {"reason": "She asked for it"})
    erased = {"case:1": [1], "record:2": [1], "system:person:17": [1]}
    assert line.data == {"person": 17, "written": False, "erased": erased}


def test_what_a_person_wrote_goes_only_when_that_is_asked(session: Session) -> None:
    write(session, "case:1", {"body": "The disk is full"}, actor=17)
    assert erasure.places_of(session, CHIARA) == []
    assert erasure.erase(session, CHIARA, reason="asked", actor_id=9, written=True) == {"case": 1}


def test_many_payloads_are_listed_on_several_lines(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "MOST_PER_LINE", 2)
    write(session, "case:1", *[{"body": f"Chiara Ricci, {n}"} for n in range(5)])
    assert erasure.erase(session, CHIARA, reason="asked", actor_id=9) == {"case": 5}
    lines = session.scalars(
        select(JournalEntry).where(JournalEntry.chain == "system:erasure").order_by(JournalEntry.id)
    )
    assert [line.data["erased"] for line in lines] == [{"case:1": [1, 2]}, {"case:1": [3, 4]}, {"case:1": [5]}]


def test_erasing_again_finds_nothing_and_says_so(session: Session) -> None:
    write(session, "case:1", {"body": "Chiara Ricci called"})
    erasure.erase(session, CHIARA, reason="asked", actor_id=9)
    assert erasure.erase(session, CHIARA, reason="asked again", actor_id=9) == {}
    assert newest_of(session, "system:erasure", 1)[0][0].data["erased"] == {}


@pytest.mark.parametrize("reason", ["", " \x00\n", "x" * 501])
def test_a_reason_is_asked_for(session: Session, reason: str) -> None:
    write(session, "case:1", {"body": "Chiara Ricci called"})
    with pytest.raises(Invalid):
        erasure.erase(session, CHIARA, reason=reason, actor_id=9)
    assert session.scalars(select(JournalPayload.position)).all() == [1]
