"""Answers are accepted and cleaned, or refused field by field."""

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from app import clock
from app.errors import Invalid
from app.forms import Form, check
from tests.forms.samples import ANSWERS, IMPACT, classify, component, everything_exists, form, hidden_if, text

FORM = classify()


def checked(form: Form, values: dict[str, Any], **more: Any) -> dict[str, Any]:
    return check(form, values, references=everything_exists, **more)


def refused(form: Form, values: Any, **more: Any) -> dict[str, list[str]]:
    with pytest.raises(Invalid) as refusal:
        check(form, values, **{"references": everything_exists, **more})
    return refusal.value.fields


def said(form: Form, values: dict[str, Any]) -> str:
    fields = refused(form, values)
    assert len(fields) == 1
    return next(iter(fields.values()))[0]


def test_good_answers_come_back_as_they_are() -> None:
    assert checked(FORM, ANSWERS) == ANSWERS


def test_the_answers_given_are_not_touched() -> None:
    before = copy.deepcopy(ANSWERS)
    checked(FORM, {**before, "title": "  Cannot open shared storage  "})
    assert before == ANSWERS


def test_an_undeclared_key_is_refused_also_in_rows() -> None:
    fields = refused(FORM, {**ANSWERS, "priority": "P1", "affected": [{"name": "Chiara Ricci", "salary": 1}]})
    assert fields == {
        "priority": ["This form has no such field."],
        "affected[0].salary": ["This form has no such field."],
    }


def test_every_missing_answer_is_named() -> None:
    assert refused(FORM, {}) == {
        "title": ["Answer this question."],
        "impact": ["Choose one of the answers."],
        "urgency": ["Choose one of the answers."],
        "service": ["Choose one of the answers."],
    }


def test_a_draft_need_not_be_complete_but_correct() -> None:
    assert checked(FORM, {}, partial=True) == {}
    assert refused(FORM, {"people": 0}, partial=True) == {"people": ["Write 1 or more."]}
    must = form(component("checkbox", "agreed", validate={"required": True}))
    assert checked(must, {"agreed": False}, partial=True) == {"agreed": False}


def test_hidden_fields_are_dropped_and_not_asked_for() -> None:
    answers = {**ANSWERS, "major": True, "major_reason": "Left over"}
    cleaned = checked(FORM, answers)
    assert "major" not in cleaned and "major_reason" not in cleaned


def test_a_field_that_a_condition_shows_is_asked_for() -> None:
    assert refused(FORM, {**ANSWERS, "impact": "site", "major": True}) == {"major_reason": ["Answer this question."]}


def test_conditions_in_rows_see_their_own_row() -> None:
    rows = [{"name": "Anna Novak", "absent": True, "deputy": "Ben Osei"}, {"name": "Chiara Ricci", "deputy": "Nobody"}]
    assert checked(FORM, {**ANSWERS, "affected": rows})["affected"] == [rows[0], {"name": "Chiara Ricci"}]


def test_a_hidden_group_hides_what_is_in_it() -> None:
    group = {"type": "group", "components": [text("b", validate={"required": True})], **hidden_if('= a = "x"')}
    assert checked(form(text("a"), group), {"a": "x", "b": "y"}) == {"a": "x"}
    assert refused(form(text("a"), group), {"a": "y"}) == {"b": ["Answer this question."]}


def test_a_readonly_field_is_shown_and_never_taken() -> None:
    priority = text("priority", readonly=True)
    reason = text("reason", validate={"required": True}, **hidden_if('= priority != "P1"'))
    both = form(reason, priority)
    assert checked(both, {"priority": "P1"}) == {}, "what was sent for a readonly field counts for nothing"
    assert refused(both, {"priority": "P4"}, prefilled={"priority": "P1"}) == {"reason": ["Answer this question."]}


@pytest.mark.parametrize(
    ("value", "cleaned"),
    [
        ("  Anna Novak ", "Anna Novak"),
        ("   ", None),
        ("", None),
        (None, None),
    ],
)
def test_text_is_trimmed_and_an_empty_one_is_no_answer(value: str | None, cleaned: str | None) -> None:
    assert checked(form(text("a")), {"a": value}) == {"a": cleaned}


def test_line_ends_become_plain() -> None:
    assert checked(form(component("textarea", "a")), {"a": "one\r\ntwo\rthree"}) == {"a": "one\ntwo\nthree"}


@pytest.mark.parametrize(("given", "cleaned"), [(3, 3), (3.0, 3), (2.5, 2.5), (-1, -1), (1e3, 1000)])
def test_whole_numbers_become_int(given: float, cleaned: float) -> None:
    value = checked(form(component("number", "a")), {"a": given})["a"]
    assert value == cleaned and type(value) is type(cleaned)


def test_a_point_in_time_is_kept_in_utc() -> None:
    moment = form(component("datetime", "at", subtype="datetime"))
    assert checked(moment, {"at": "2026-03-06T16:50:00+01:00"}) == {"at": "2026-03-06T15:50:00+00:00"}
    assert checked(moment, {"at": "2026-03-06T16:50Z"}) == {"at": "2026-03-06T16:50:00+00:00"}
    assert "2026-03-06T16:50:00+01:00" in said(moment, {"at": "2026-03-06T16:50"})


@pytest.mark.parametrize(
    ("question", "value", "message"),
    [
        (text("a"), 3, "Write text here."),
        (text("a"), ["x"], "Write text here."),
        (text("a"), "one\ntwo", "Use one line only."),
        (text("a"), "a\0b", "This contains a character that cannot be stored."),
        (text("a"), "a\ud800b", "This contains a character that cannot be stored."),
        (text("a"), "x" * 1001, "Use at most 1,000 characters; this has 1,001."),
        (text("a", validate={"minLength": 3}), "ab", "Use at least 3 characters; this has 2."),
        (text("a", validate={"maxLength": 3}), "abcd", "Use at most 3 characters; this has 4."),
        (text("a", validate={"pattern": r"^\d+$"}), "x", "This does not have the form that is asked for."),
        (text("a", validate={"pattern": r"^\d+$", "patternError": "Digits, {please}."}), "x", "Digits, {please}."),
        (text("a", validate={"validationType": "email"}), "anna@", "Write an e-mail address"),
        (text("a", validate={"validationType": "phone"}), "call me", "Write a telephone number"),
        (component("number", "a"), "3", "Write a number, such as 12.5."),
        (component("number", "a"), True, "Write a number, such as 12.5."),
        (component("number", "a"), float("nan"), "Write a number, such as 12.5."),
        (component("number", "a"), float("inf"), "Write a number, such as 12.5."),
        (component("number", "a"), 10**400, "Write 1,000,000,000,000,000 or less."),
        (component("number", "a", validate={"min": 1}), 0, "Write 1 or more."),
        (component("number", "a", validate={"max": 2.5}), 3, "Write 2.5 or less."),
        (component("number", "a", decimalDigits=0), 1.5, "Write a whole number."),
        (component("number", "a", decimalDigits=2), 0.071, "Use at most 2 decimal places."),
        (component("number", "a", increment=5), 7, "Write a multiple of 5."),
        (component("checkbox", "a"), "yes", "Say true or false."),
        (component("checkbox", "a", validate={"required": True}), False, "Tick this box to go on."),
        (component("radio", "a", values=IMPACT), "moon", "Choose one of the answers that are offered."),
        (component("select", "a", values=IMPACT), ["team"], "Choose one of the answers that are offered."),
        (component("checklist", "a", values=IMPACT), "team", "Give a list of entries."),
        (component("checklist", "a", values=IMPACT), ["moon"], "Choose one of the answers that are offered."),
        (component("taglist", "a", values=IMPACT), ["team", "team"], "Give each entry only once."),
        (component("taglist", "a", values=IMPACT), [{"x": 1}], "Give a list of entries."),
        (component("taglist", "a", values=IMPACT), ["x"] * 501, "Give at most 500 entries; these are 501."),
        (component("taglist", "a", values=IMPACT, validate={"required": True}), [], "Choose at least one answer."),
        (component("datetime", "a", subtype="date"), "06.03.2026", "Write a date, such as 2026-03-06."),
        (component("datetime", "a", subtype="date"), "2026-02-30", "Write a date, such as 2026-03-06."),
        (component("datetime", "a", subtype="date"), "20260306", "Write a date, such as 2026-03-06."),
        (component("datetime", "a", subtype="time"), "25:00", "Write a time of day, such as 16:50."),
        (component("datetime", "a", subtype="datetime"), "0001-01-01T00:00+14:00", "Write date and time"),
        (component("filepicker", "a"), ["1", "2"], "Give at most 1 entries; these are 2."),
        (component("filepicker", "a"), "1", "Give a list of entries."),
        (component("filepicker", "a", validate={"required": True}), [], "Add at least one file."),
        (component("reference", "a", properties={"entity": "service"}), 12, "Write text here."),
    ],
)
def test_a_wrong_answer_is_explained(question: dict[str, Any], value: Any, message: str) -> None:
    assert message in said(form(question), {"a": value})


def test_a_five_megabyte_text_is_refused_with_its_length() -> None:
    fields = refused(FORM, {**ANSWERS, "note": "x" * 5_000_000})
    assert fields == {"note": ["Use at most 100,000 characters; this has 5,000,000."]}


def test_decimals_are_counted_as_people_count_them() -> None:
    cost = form(component("number", "a", decimalDigits=2))
    for value in (0.07, 0.29, 1.1, 4.35, 1000000.01):
        assert checked(cost, {"a": value}) == {"a": value}


@pytest.mark.parametrize("values", [None, 3, "x", [], [1]])
def test_answers_that_are_no_object_are_refused(values: Any) -> None:
    assert list(refused(FORM, values)) == [""]


def test_rows_are_checked_one_by_one_and_blank_ones_left_out() -> None:
    rows = [{}, {"name": "", "absent": False}, {"deputy": "Ben Osei", "absent": True}, {"name": "Anna Novak"}]
    assert refused(FORM, {**ANSWERS, "affected": rows}) == {"affected[2].name": ["Answer this question."]}
    assert checked(FORM, {**ANSWERS, "affected": rows[:2]})["affected"] == []


def test_rows_of_the_wrong_type_and_too_many_are_refused() -> None:
    assert refused(FORM, {**ANSWERS, "affected": ["Anna"]}) == {"affected": ["Give a list of rows."]}
    assert refused(FORM, {**ANSWERS, "affected": {"0": {}}}) == {"affected": ["Give a list of rows."]}
    many = [{"name": "Anna Novak"}] * 101
    assert refused(FORM, {**ANSWERS, "affected": many}) == {"affected": ["Give at most 100 entries; these are 101."]}


def test_a_required_list_needs_a_row_with_an_answer() -> None:
    rows = {"type": "dynamiclist", "path": "r", "label": "R", "components": [text("a")], "validate": {"required": True}}
    assert refused(form(rows), {"r": [{}, {"a": ""}]}) == {"r": ["Add at least one row."]}
    assert refused(form(rows), {}) == {"r": ["Add at least one row."]}


def test_references_and_files_must_exist_and_are_asked_for_once() -> None:
    asked: list[tuple[str, str]] = []

    def exists(entity: str, identifier: str) -> bool:
        asked.append((entity, identifier))
        return entity == "file"

    fields = refused(FORM, {**ANSWERS, "screenshots": ["7", "8"]}, references=exists)
    assert fields == {"service": ["What was chosen does not exist any more, or may not be chosen here."]}
    assert asked == [("service", "12"), ("file", "7"), ("file", "8")]


def test_somebody_elses_file_is_refused() -> None:
    fields = refused(FORM, ANSWERS, references=lambda entity, identifier: entity != "file")
    assert list(fields) == ["screenshots"]


def test_a_date_in_the_past_is_refused_where_the_form_says_so() -> None:
    question = form(component("datetime", "on", subtype="date", disallowPassedDates=True))
    with clock.at(datetime(2026, 3, 6, 15, 0, tzinfo=UTC)):
        assert checked(question, {"on": "2026-03-06"})
        assert said(question, {"on": "2026-03-05"}) == "Choose a time that has not passed."


def test_messages_can_be_said_in_another_language() -> None:
    message = said(form(text("a", validate={"minLength": 3})), {"a": "ab"})
    assert message.template == "Use at least {limit} characters; this has {length}."  # type: ignore[attr-defined]
    assert message.values == {"limit": 3, "length": 2}  # type: ignore[attr-defined]


def test_the_schema_shows_what_is_asked_for_these_answers() -> None:
    without, with_reason = FORM.json_schema({"impact": "team"}), FORM.json_schema({"impact": "site", "major": True})
    Draft202012Validator.check_schema(with_reason)
    assert with_reason["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "major_reason" not in without["properties"]
    assert "major_reason" in with_reason["required"]
    assert with_reason["properties"]["affected"]["items"]["required"] == ["name"]
    assert with_reason["properties"]["impact"]["x-options"][2] == {"value": "site", "label": "Whole site"}


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.sampled_from(["team", "site"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["name", "absent", "x"]), inner),
    max_leaves=12,
)
SUBMISSIONS = st.dictionaries(st.sampled_from([*FORM.keys, "other"]), JSON, max_size=10)


@given(SUBMISSIONS, st.booleans())
def test_whatever_is_sent_is_cleaned_or_refused(values: dict[str, Any], partial: bool) -> None:
    try:
        cleaned = checked(FORM, values, partial=partial)
    except Invalid as refusal:
        assert refusal.fields and all(messages for messages in refusal.fields.values())
    else:
        assert set(cleaned) <= set(values)
        assert checked(FORM, cleaned, partial=partial) == cleaned, "cleaning twice changes nothing more"


@given(st.permutations(list(ANSWERS)).flatmap(lambda keys: st.sampled_from([keys[:n] for n in range(len(keys) + 1)])))
def test_the_published_schema_and_the_check_agree_on_well_formed_answers(keys: list[str]) -> None:
    values = {key: ANSWERS[key] for key in keys}
    valid = Draft202012Validator(FORM.json_schema(values)).is_valid(values)
    try:
        checked(FORM, values)
    except Invalid:
        assert not valid
    else:
        assert valid
