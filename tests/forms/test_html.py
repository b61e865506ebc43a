"""What browsers post becomes the values that were on the page."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.forms import apply_action, from_html, initial_values
from app.forms.names import join, split
from tests.forms.samples import classify, component, form, text

FORM = classify()
BERLIN = ZoneInfo("Europe/Berlin")


def test_names_become_rows_and_lists() -> None:
    pairs = [
        ("title", "Storage"),
        ("symptoms", "slow"),
        ("symptoms", "down"),
        ("affected[3].name", "Chiara Ricci"),
        ("affected[0].name", "Anna Novak"),
        ("affected[0].absent", "true"),
    ]
    assert from_html(FORM, pairs) == {
        "title": "Storage",
        "symptoms": ["slow", "down"],
        "affected": [{"name": "Anna Novak", "absent": True}, {"name": "Chiara Ricci"}],
    }


def test_what_was_on_the_page_without_an_answer_differs_from_what_was_not_there() -> None:
    pairs = [("major~shown", "1"), ("symptoms~shown", "1"), ("affected~shown", "1"), ("title", ""), ("impact", "")]
    assert from_html(FORM, pairs) == {"title": None, "impact": None, "major": False, "symptoms": [], "affected": []}
    assert from_html(FORM, []) == {}


def test_a_blank_row_is_kept_on_the_page() -> None:
    assert from_html(FORM, [("affected[0]~shown", "1"), ("affected[1]~shown", "1")])["affected"] == [{}, {}]


def test_local_times_are_those_of_the_person() -> None:
    assert from_html(FORM, [("started_at", "2026-07-01T09:30")], zone=BERLIN) == {
        "started_at": "2026-07-01T07:30:00+00:00"
    }


@pytest.mark.parametrize(
    ("typed", "value"),
    [("12", 12), (" 12.5 ", 12.5), ("12,5", 12.5), ("-3", -3), ("1e3", 1000), ("12.0", 12), ("12 apples", "12 apples"),
     ("1_000", "1_000"), ("nan", "nan"), ("9" * 50, "9" * 50), ("1,000,000", "1,000,000")],
)  # fmt: skip
def test_numbers_are_read_and_anything_else_stays_as_typed(typed: str, value: object) -> None:
    assert from_html(FORM, [("people", typed)]) == {"people": value}


def test_unknown_names_are_kept_for_the_check_and_the_pages_own_are_not() -> None:
    pairs = [("_csrf", "x"), ("_form", "refresh"), ("salary", "1"), ("title[0].x", "1"), ("affected[9999].name", "x")]
    assert from_html(FORM, pairs) == {"salary": "1", "title[0].x": "1", "affected[9999].name": "x"}


def test_rows_are_added_and_removed() -> None:
    values = {"affected": [{"name": "Anna Novak"}, {"name": "Ben Osei"}], "screenshots": ["7", "8"]}
    assert apply_action(FORM, values, "add:affected")["affected"] == [*values["affected"], {}]
    assert apply_action(FORM, values, "remove:affected:0")["affected"] == [{"name": "Ben Osei"}]
    assert apply_action(FORM, values, "remove:screenshots:1")["screenshots"] == ["7"]
    assert apply_action(FORM, {}, "add:affected") == {"affected": [{}]}
    assert values["affected"] == [{"name": "Anna Novak"}, {"name": "Ben Osei"}], "the values given are not touched"


def test_rows_within_rows_are_added_and_removed() -> None:
    inner = {"type": "dynamiclist", "path": "inner", "label": "Inner", "components": [text("a")]}
    nested = form({"type": "dynamiclist", "path": "outer", "label": "Outer", "components": [inner]})
    values = {"outer": [{}, {"inner": [{"a": "1"}]}]}
    assert apply_action(nested, values, "add:outer[1].inner") == {"outer": [{}, {"inner": [{"a": "1"}, {}]}]}
    assert apply_action(nested, values, "remove:outer[1].inner:0") == {"outer": [{}, {"inner": []}]}
    assert apply_action(nested, values, "add:outer[7].inner") == values


def test_a_list_has_an_end_and_a_fixed_one_stays() -> None:
    full = {"affected": [{"name": "Anna Novak"}] * 100}
    assert apply_action(FORM, full, "add:affected") == full
    fixed = form({"type": "dynamiclist", "path": "r", "label": "R", "components": [text("a")], "allowAddRemove": False})
    assert apply_action(fixed, {"r": [{}]}, "add:r") == apply_action(fixed, {"r": [{}]}, "remove:r:0") == {"r": [{}]}


@given(
    st.text("ar:ed[]0.~x1_", max_size=20)
    | st.sampled_from(["remove:affected:-1", "remove:affected:99999", "add:title"])
)
def test_any_other_action_changes_nothing(action: str) -> None:
    values = {"title": "Storage", "affected": [{"name": "Anna Novak"}]}
    assert apply_action(FORM, values, action) == values


@given(st.lists(st.tuples(st.text("affected[]0.1~shownametil_", max_size=16) | st.sampled_from(FORM.keys), st.text())))
def test_whatever_is_posted_can_be_read(pairs: list[tuple[str, str]]) -> None:
    from_html(FORM, pairs)


def test_a_form_begins_with_the_record_then_its_defaults() -> None:
    sample = form(
        text("title", defaultValue="New"),
        component("number", "count", defaultValue=3),
        {"type": "group", "components": [component("checkbox", "major", defaultValue=True)]},
        {"type": "dynamiclist", "path": "r", "label": "R", "defaultRepetitions": 2, "components": [text("a")]},
    )
    assert initial_values(sample) == {"title": "New", "count": 3, "major": True, "r": [{}, {}]}
    assert initial_values(sample, {"title": 12, "major": False, "other": 1, "r": [{"a": "x", "b": 1}]}) == {
        "title": "12",
        "count": 3,
        "major": False,
        "r": [{"a": "x"}],
    }


KEYS = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,5}", fullmatch=True)


@given(st.lists(st.tuples(KEYS, st.integers(0, 999)), max_size=4), KEYS)
def test_a_name_leads_back_to_its_path(rows: list[tuple[str, int]], last: str) -> None:
    path = (*(step for row in rows for step in row), last)
    assert split(join(path) + "~text") == (path, "text")


@pytest.mark.parametrize(
    "name", ["", ".", "a.", "a..b", "a[x].b", "a[0]b", "_a", "1a", "a b", "a[-1].b", ".".join("abcdefghijklmnop")]
)
def test_what_is_no_name_is_none(name: str) -> None:
    assert split(name) is None
