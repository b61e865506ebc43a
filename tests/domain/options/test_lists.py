"""Shared lists: shipped answers with what was changed here, and forms that offer them."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.journal.chains import newest_of
from app.domain.options import editing
from app.domain.options.lists import Lists
from app.domain.options.records import ListOption
from app.errors import Invalid, NotFound
from app.forms import Form, check, load_form

KEY = "fault.kind"
SHIPPED = {"red": {"en": "Red", "de": "Rot"}, "green": {"en": "Green", "de": "Grün"}, "blue": {"en": "Blue"}}


def ship(home: Path, *keys: str) -> Lists:
    """Write a shipped list beside the forms and return all lists."""
    folder = home / "forms" / "faults"
    folder.mkdir(parents=True, exist_ok=True)
    options = [{"key": key, "labels": SHIPPED[key]} for key in keys]
    (folder / "lists.json").write_text(json.dumps({KEY: {"titles": {"en": "Kinds"}, "options": options}}))
    return Lists(home)


@pytest.fixture
def lists(tmp_path: Path) -> Lists:
    return ship(tmp_path, "red", "green")


@pytest.fixture
def form() -> Form:
    field = {"type": "select", "key": "kind", "label": "Kind", "properties": {"optionsFrom": f"list:{KEY}"}}
    return load_form(json.dumps({"components": [field]}))


def offered(lists: Lists, session: Session, form: Form, held: str = "", language: str = "en") -> list[tuple[str, str]]:
    shown = lists.form(session, form, held={"kind": held}, language=language)
    return [(option.value, option.label) for option in shown.section.inputs["kind"].options]


def take(lists: Lists, session: Session, form: Form, value: str, held: str = "") -> object:
    now = lists.form(session, form, held={"kind": held})
    return check(now, {"kind": value}, references=lambda *_: True)["kind"]


def test_a_fresh_start_has_the_shipped_answers_in_each_language(session: Session, lists: Lists, form: Form) -> None:
    assert offered(lists, session, form) == [("red", "Red"), ("green", "Green")]
    assert offered(lists, session, form, language="de") == [("red", "Rot"), ("green", "Grün")]
    assert session.scalars(select(ListOption)).all() == []


def test_a_form_without_lists_costs_no_statement(session: Session, lists: Lists, statements: list[str]) -> None:
    plain = load_form('{"components": [{"type": "textfield", "key": "title", "label": "Title"}]}')
    assert lists.form(session, plain) is plain and lists.labelled(session, plain) is plain
    assert statements == []


def test_an_unchanged_list_costs_one_statement_and_the_same_form(
    session: Session, lists: Lists, form: Form, statements: list[str]
) -> None:
    first = lists.form(session, form)
    statements.clear()
    assert lists.form(session, form) is first and len(statements) == 1


def test_what_is_added_is_offered_and_taken_at_once(session: Session, lists: Lists, form: Form) -> None:
    editing.add(session, lists, KEY, "", {"en": " Dark  grey!", "de": ""}, actor_id=None)
    assert offered(lists, session, form)[-1] == ("dark_grey", "Dark grey!")
    assert take(lists, session, form, "dark_grey") == "dark_grey"
    with pytest.raises(Invalid):
        take(lists, session, form, "black")


def test_a_renamed_answer_keeps_its_key_and_an_upgrade_keeps_the_name(
    session: Session, lists: Lists, form: Form, tmp_path: Path
) -> None:
    editing.relabel(session, lists, KEY, "red", {"en": "Scarlet"}, actor_id=None)
    upgraded = ship(tmp_path, "red", "green", "blue")
    assert offered(upgraded, session, form) == [("red", "Scarlet"), ("green", "Green"), ("blue", "Blue")]
    editing.move(session, upgraded, KEY, "blue", up=True, actor_id=None)
    assert [key for key, _ in offered(upgraded, session, form)] == ["red", "blue", "green"]


def test_what_is_retired_stays_where_it_is_held_and_is_offered_to_nobody_else(
    session: Session, lists: Lists, form: Form
) -> None:
    editing.retire(session, lists, KEY, "red", replaced_by="green", actor_id=None)
    assert [key for key, _ in offered(lists, session, form)] == ["green"]
    assert [key for key, _ in offered(lists, session, form, held="red")] == ["red", "green"]
    assert take(lists, session, form, "red", held="red") == "red"
    with pytest.raises(Invalid):
        take(lists, session, form, "red")
    labelled = lists.labelled(session, form).section.inputs["kind"].options
    assert ("red", "Red") in [(option.value, option.label) for option in labelled]
    assert lists.get(session, KEY).by_key["red"].replaced_by == "green"
    editing.restore(session, lists, KEY, "red", actor_id=None)
    assert [key for key, _ in offered(lists, session, form)] == ["red", "green"]


def test_what_a_record_holds_and_no_list_knows_may_stay(session: Session, lists: Lists, form: Form) -> None:
    assert offered(lists, session, form, held="old_thing")[-1] == ("old_thing", "old thing")


def test_answers_below_others_name_these_first(session: Session, lists: Lists, form: Form) -> None:
    editing.add(session, lists, KEY, "dark", {"en": "Dark"}, parent="red", actor_id=None)
    assert offered(lists, session, form) == [("red", "Red"), ("dark", "Red › Dark"), ("green", "Green")]
    with pytest.raises(Invalid):
        editing.add(session, lists, KEY, "deep", {"en": "Deep"}, parent="dark", actor_id=None)


def test_an_answer_moves_within_its_level_and_not_beyond_its_end(session: Session, lists: Lists, form: Form) -> None:
    for _ in range(3):
        editing.move(session, lists, KEY, "green", up=True, actor_id=None)
    assert [key for key, _ in offered(lists, session, form)] == ["green", "red"]
    editing.move(session, lists, KEY, "green", up=False, actor_id=None)
    assert [key for key, _ in offered(lists, session, form)] == ["red", "green"]


def test_what_cannot_be_is_refused(session: Session, lists: Lists) -> None:
    for key, labels in (("red", {"en": "Again"}), ("Red!", {"en": "x"}), ("", {"en": " "}), ("", {"en": "x" * 201})):
        with pytest.raises(Invalid):
            editing.add(session, lists, KEY, key, labels, actor_id=None)
    with pytest.raises(Invalid):
        editing.retire(session, lists, KEY, "red", replaced_by="red", actor_id=None)
    for change in (editing.restore, editing.retire):
        with pytest.raises(NotFound):
            change(session, lists, KEY, "nowhere", actor_id=None)
    with pytest.raises(NotFound):
        editing.add(session, lists, "no.list", "x", {"en": "x"}, actor_id=None)
    for key in (KEY, "nodot", "a.b.c", ""):
        with pytest.raises(Invalid):
            editing.create_list(session, lists, key, {"en": "x"}, actor_id=None)


def test_changes_stand_in_the_journal(session: Session, lists: Lists) -> None:
    editing.create_list(session, lists, "my.list", {"en": "Mine"}, actor_id=None)
    editing.add(session, lists, "my.list", "one", {"en": "One"}, actor_id=None)
    editing.retire(session, lists, "my.list", "one", actor_id=None)
    lines = newest_of(session, "system:list:my.list", 9)
    assert [entry.event for entry, _ in lines] == ["option.retired", "option.added", "list.created"]
    assert lines[1][0].data == {"list": "my.list", "option": "one"}
