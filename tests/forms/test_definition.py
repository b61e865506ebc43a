"""Form files are read whole or refused with every problem named."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Problem, Refused
from app.forms import load_form
from app.forms.fields import KINDS
from tests.forms.samples import CLASSIFY, IMPACT, classify, component, form, hidden_if, source, text


def problems(*components: dict[str, Any], **document: Any) -> list[Problem]:
    with pytest.raises(Refused) as refusal:
        form(*components, **document)
    return refusal.value.problems


def messages(*components: dict[str, Any], **document: Any) -> str:
    return "\n".join(problem.message for problem in problems(*components, **document))


def test_a_form_knows_its_keys_variables_and_references() -> None:
    form = classify()
    assert form.reference == "incidents/classify"
    assert form.title == "Classify"
    assert form.keys[:4] == ("title", "impact", "urgency", "service")
    assert form.keys[-1] == "note", "groups are dissolved"
    assert form.variables == {"impact": "impact"}
    assert form.references == {"service": "service"}
    assert [field.kind for field in form.fields][:3] == ["note", "text", "radio"]


def test_every_kind_of_field_is_read() -> None:
    kinds = {field.kind for field in classify().section.walk()}
    assert kinds == set(KINDS)


def test_references_in_rows_are_found() -> None:
    rows = {
        "type": "dynamiclist",
        "path": "items",
        "label": "Items",
        "components": [component("reference", "ci", properties={"entity": "configuration_item"})],
    }
    assert form(rows).references == {"items[].ci": "configuration_item"}


@pytest.mark.parametrize("name", ["html", "iframe", "table", "expression", "image", "documentPreview", "nonsense"])
def test_an_unsupported_component_is_named_with_its_place(name: str) -> None:
    found = problems(text("title"), {"type": name, "id": "Field_9", "key": "x", "label": "X"})
    assert len(found) == 1
    assert f"“{name}”" in found[0].message
    assert (found[0].element, found[0].file) == ("Field_9", "forms/incidents/classify.form")
    lines = source(text("title"), {"type": name, "id": "Field_9", "key": "x", "label": "X"}).splitlines()
    assert f'"type": "{name}"' in lines[found[0].line]
    assert found[0].advice


def test_the_line_is_that_of_the_component_even_in_groups() -> None:
    group = {"type": "group", "components": [text("fine"), {"type": "iframe", "url": "https://example.org/{"}]}
    content = source(text("a", description='a "{" in a text'), group)
    with pytest.raises(Refused) as refusal:
        load_form(content)
    line = refusal.value.problems[0].line
    assert content.splitlines()[line].strip() == '"type": "iframe",'


@pytest.mark.parametrize(
    ("components", "words"),
    [
        ([text("a"), text("b"), text("a")], "The key “a” is there twice"),
        ([text("a"), {"type": "group", "components": [text("a")]}], "The key “a” is there twice"),
        ([{"type": "textfield", "label": "A"}], "The textfield has no key"),
        ([text("a.b")], "“a.b” cannot be a key"),
        ([text("_a")], "“_a” cannot be a key"),
        ([{"type": "textfield", "key": "a"}], "has no label"),
        ([{"type": "dynamiclist", "label": "Rows", "components": []}], "has no path"),
        ([{"type": "group", "path": "x", "components": []}], "path is not supported"),
        ([{"type": "group"}], "“components” must be a list"),
        ([component("radio", "a")], "offers no answers"),
        ([component("radio", "a", values=[])], "offers no answers"),
        ([component("select", "a", values=[*IMPACT, IMPACT[0]])], "“person” lacks a value or label, or is there twice"),
        ([component("select", "a", valuesKey="b")], "“valuesKey” are not supported"),
        ([component("select", "a", valuesExpression="=b")], "“valuesExpression” are not supported"),
        ([component("reference", "a")], "does not say what it refers to"),
        ([text("a", validate={"pattern": "("})], "a bracket is not closed"),
        ([text("a", validate={"pattern": r"(a)\1"})], "escape is not supported"),
        ([text("a", validate={"minLength": "=b"})], "“minLength” must be a number"),
        ([text("a", validate={"minLength": 5, "maxLength": 3})], "smaller than “minLength”"),
        ([text("a", validate={"required": "=b"})], "“required” must be true or false"),
        ([text("a", validate=[])], "“validate” must be an object"),
        ([component("number", "a", validate={"min": 5, "max": 3})], "larger than “max”"),
        ([component("number", "a", defaultValue="x")], "“defaultValue” is not an answer"),
        ([component("datetime", "a", subtype="week")], "subtype “week” does not exist"),
        ([{"type": "button", "action": "reset", "key": "x"}], "action “reset” are not supported"),
        ([text("a", label="= b")], "“label” is an expression"),
        ([{"type": "text", "text": "Hello {{name}}"}], "“text” is an expression"),
        ([text("a", **hidden_if("= impact ="))], "“hide” cannot be read"),
        ([text("a", conditional={"hide": 3})], "“hide” must be an expression"),
        ([text("a", **hidden_if('= nobody = "x"'))], "depends on “nobody”, which is not a field"),
        ([text("a", **hidden_if("= b = null")), text("b", **hidden_if("= a = null"))], "in a circle"),
        ([text("a", **hidden_if("= a = null"))], "in a circle"),
        ([text("a", properties={"variable": "a-b"})], "“a-b” cannot be a variable"),
        ([text("a", label="null\0byte")], "a character that cannot be stored"),
        (["textfield"], "not an object with a type"),
    ],
)
def test_what_is_wrong_with_a_component_is_said(components: list[Any], words: str) -> None:
    found = problems(*components)
    assert any(words in problem.message for problem in found), found
    assert all(problem.rule.startswith("form.") for problem in found)


def test_a_row_may_depend_on_fields_around_it_and_not_the_other_way_round() -> None:
    rows = {"type": "dynamiclist", "path": "rows", "label": "Rows"}
    form(text("outer"), {**rows, "components": [text("inner", **hidden_if('= outer = "x"'))]})
    found = problems(text("outer", **hidden_if('= inner = "x"')), {**rows, "components": [text("inner")]})
    assert "“inner”" in found[0].message


def test_a_variable_cannot_come_from_a_repeated_row() -> None:
    rows = {"type": "dynamiclist", "path": "r", "label": "R", "components": [text("a", properties={"variable": "v"})]}
    assert "repeated row" in messages(rows)


def test_all_problems_come_at_once() -> None:
    found = problems({"type": "iframe"}, text("a"), text("a"), component("radio", "r"))
    assert len(found) == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "not UTF-8"),
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"components": [], "components": []}', "twice"),
        ('{"components": NaN}', "NaN is not a JSON number"),
        ("[" * 100_000, "nested more than"),
        ('{"a": ' * 50 + "1" + "}" * 50, "nested more than"),
        ('"' + '\\"' * 100_000, "not JSON"),
        ('{"components": [' + "1" * 5000 + "]}", "cannot be read"),
        ("x" * 1_000_001, "1,000,001 bytes"),
        ('{"type": "other", "components": []}', "not a form-js form"),
        ('{"components": [], "schemaVersion": "new"}', "must be a number"),
        (json.dumps({"components": [{"type": "separator"}] * 501}), "more than 500 components"),
    ],
)
def test_a_bad_file_is_refused_with_a_reason(content: bytes | str, words: str) -> None:
    with pytest.raises(Refused) as refusal:
        load_form(content)
    assert words in refusal.value.message


def test_groups_within_groups_end_somewhere() -> None:
    inner: dict[str, Any] = {"type": "group", "components": []}
    for _ in range(8):
        inner = {"type": "group", "components": [inner]}
    assert "nested more than 6 levels" in messages(inner)


def test_the_layout_shares_sixteen_columns() -> None:
    fields = form(
        text("a", layout={"row": "r", "columns": 4}),
        text("b", layout={"row": "r", "columns": None}),
        text("c", layout={"row": "r"}),
        text("d"),
        text("e", layout={"columns": 8}),
    ).fields
    assert [(field.columns, field.row_start) for field in fields] == [
        (4, True),
        (6, False),
        (6, False),
        (16, True),
        (8, True),
    ]


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)
NAMES = ["type", "key", "path", "label", "validate", "values", "properties", "conditional", "layout", "components"]


@given(
    st.lists(
        st.sampled_from(CLASSIFY).flatmap(
            lambda item: st.dictionaries(st.sampled_from(NAMES), JSON, max_size=2).map(lambda more: {**item, **more})
        ),
        max_size=4,
    )
)
def test_whatever_the_components_hold_a_form_is_read_or_refused(components: list[dict[str, Any]]) -> None:
    content = json.dumps({"components": components}).replace("NaN", "1").replace("Infinity", "1")
    try:
        load_form(content)
    except Refused as refusal:
        assert refusal.problems
