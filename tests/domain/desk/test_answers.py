"""Ready-made answers: what their holes become, and what is refused."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.desk import answers
from app.domain.desk.answers import Draft
from app.domain.journal.records import JournalEntry
from app.domain.people.accounts import create_person
from app.errors import Conflict, Invalid

KNOWN = {"record.number": "INC-2026-0001", "me.name": "Anna Novak", "record.title": "{{me.name}} {% x %}"}


@pytest.mark.parametrize(("text", "expected"), [
    ("About {{record.number}}", "About INC-2026-0001"),
    ("{{ me.name }},{{me.name}}", "Anna Novak,Anna Novak"),
    ("{{record.title}}", "{{me.name}} {% x %}"),
    ("Dear {{record.requester.name}}", "Dear {{record.requester.name}}"),
    ("{{me.name.__class__}} {{7*7}} {{ }}", "{{me.name.__class__}} {{7*7}} {{ }}"),
    ("{{{me.name}}} { {me.name}}", "{Anna Novak} { {me.name}}"),
])  # fmt: skip
def test_holes_are_filled_and_nothing_else(text: str, expected: str) -> None:
    assert answers.fill(text, KNOWN) == expected


def test_the_readers_language_comes_first() -> None:
    texts = {"en": "Hello", "de": "Hallo"}
    assert answers.best(texts, "de", "en") == "Hallo"
    assert answers.best(texts, "fr", "en") == "Hello"
    assert answers.best({"de": "Hallo"}, "en") == "Hallo"
    assert answers.best({}, "en") == ""


@pytest.mark.parametrize(("draft", "wrong"), [
    (Draft(" ", "incidents", None, {"en": "x"}), "name"),
    (Draft("x" * 121, "incidents", None, {"en": "x"}), "name"),
    (Draft("x", None, None, {"en": "x"}), "owner"),
    (Draft("x", "incidents", 1, {"en": "x"}), "owner"),
    (Draft("x", "incidents", None, {"en": "  "}), "texts"),
    (Draft("x", "incidents", None, {"en": "x" * 10_001}), "texts"),
    (Draft("x", "incidents", None, {"en": "{{me.password_hash}}"}), "texts"),
    (Draft("x", "incidents", None, {"en": "{{ 7 * 7 }}"}), "texts"),
])  # fmt: skip
def test_what_is_wrong_is_refused(draft: Draft, wrong: str) -> None:
    with pytest.raises(Invalid) as refusal:
        answers.check(draft)
    assert set(refusal.value.fields) == {wrong}


def test_changes_are_journalled_and_not_overwritten(session: Session) -> None:
    ines = create_person(session, login="ines", name="Ines Duarte").id
    made = answers.save(session, None, Draft("Hi", "incidents", None, {"en": "Hi"}), actor_id=ines)
    answers.save(session, made.id, Draft("Ho", "incidents", None, {"en": "Ho"}), actor_id=ines, seen=1)
    with pytest.raises(Conflict):
        answers.save(session, made.id, Draft("Ha", "incidents", None, {"en": "Ha"}), actor_id=ines, seen=1)
    answers.remove(session, made, actor_id=ines)
    events = session.scalars(
        select(JournalEntry.event).where(JournalEntry.chain == "system:answers").order_by(JournalEntry.id)
    )
    assert list(events) == ["answer.saved", "answer.saved", "answer.removed"]
