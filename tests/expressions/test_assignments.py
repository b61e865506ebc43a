"""Scripts: assignments with comments, over lines where brackets are open."""

import pytest

from app.expressions import ExpressionError, parse_assignments


def test_a_script_is_a_list_of_assignments() -> None:
    script = """
    # how bad is it
    score = impact * urgency   # both from 1 to 3

    answer = {
        "score": score,        # known by now
        "high": score > 6,
    }
    text = "a # b"
    """
    assignments = parse_assignments(script)
    assert [(one.name, one.line) for one in assignments] == [("score", 3), ("answer", 5), ("text", 9)]
    assert assignments[0].expression.text == "impact * urgency"
    assert assignments[0].expression.names == {"impact", "urgency"}
    scope = {"impact": 3, "urgency": 3}
    for assignment in assignments:
        scope[assignment.name] = assignment.expression.evaluate(scope)
    assert scope["answer"] == {"score": 9, "high": True}
    assert scope["text"] == "a # b"


@pytest.mark.parametrize("text", ["", "\n\n", "# only a remark"])
def test_an_empty_script_does_nothing(text: str) -> None:
    assert parse_assignments(text) == []


@pytest.mark.parametrize(
    ("text", "words", "line", "column"),
    [
        ("x = 1\ny += 1", "write y = y + …", 2, 3),
        ("x = 1\nrecord.impact = 1", "a form or an operation writes the record", 2, 7),
        ("x = 1\n\n  import os", "A line of a script is “name = expression”", 3, 10),
        ("len = 1", "“len” is taken", 1, 1),
        ("case = 1", "“case” is taken", 1, 1),
        ("x = 1 +\ny = 2", "not complete", 1, 8),
        ("x = 1\ny = true", "Write True", 2, 5),
    ],
)
def test_mistakes_name_the_line(text: str, words: str, line: int, column: int) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_assignments(text)
    assert words in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)


def test_a_mistake_while_running_names_the_line_too() -> None:
    (_, second) = parse_assignments("x = 1\ny = x + missing")
    with pytest.raises(ExpressionError, match="no “missing” here. .line 2, column 9"):
        second.expression.evaluate({"x": 1})
