"""FEEL as the form and decision editors write it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.expressions import ExpressionError, parse_feel, parse_unary

SCOPE = {"impact": "site", "count": 3, "tags": ["a", "b"], "record": {"x": 1}, "flag": False}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('= impact = "site" and not(flag)', True),
        ('impact = "site"', True),
        ('=impact != "team"', True),
        ("not(x)", True),
        ("x", None),
        ("x.y.z", None),
        ("x > 3", False),
        ("x < 3 or count >= 3", True),
        ("x = null", True),
        ("x + 1", None),
        ('impact in ("team", "site")', True),
        ('impact in ["team", "site"]', True),
        ("count in [1..3]", True),
        ("count in [1..3[", False),
        ("count in ]3..5]", False),
        ("count in (1..3) or count in (> 2)", True),
        ("count in (> 5, < 4)", True),
        ("count between 1 and 3 and flag = false", True),
        ('if count > 2 then "many" else "few"', "many"),
        ("tags[1]", "a"),
        ("tags[-1]", "b"),
        ("record.x * 2 + 1", 3),
        ('list contains(tags, "b")', True),
        ('contains(impact, "it")', True),
        ('starts with(impact, "si") and ends with(impact, "te")', True),
        ("string length(impact) + count(tags)", 6),
        ('upper case(impact) + lower case("A") + trim(" b ")', "SITEab"),
        ("is defined(impact) and not(is defined(other))", True),
        ('@"2026-01-01"', date(2026, 1, 1)),
        ('@"P1D"', timedelta(days=1)),
        ('@"2026-01-01T10:00:00Z"', datetime(2026, 1, 1, 10, tzinfo=UTC)),
        ('date and time("2026-01-01T10:00:00Z") > datetime("2025-01-01T00:00:00Z")', True),
        ('{a: 1, "b": 2}.b', 2),
        ("-count", -3),
        ("round(value: 2.5)", 3),
    ],
)
def test_values(text: str, expected: Any) -> None:
    assert parse_feel(text).evaluate(SCOPE) == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("=", "is empty"),
        ('impact == "site"', "single “=”"),
        ("True", "FEEL writes true"),
        ("for x in tags return x", "not part of the supported FEEL"),
        ("some x in tags satisfies x", "not part of the supported FEEL"),
        ('@"tomorrow"', "is not a date"),
        ("count between 1", "“and” is missing"),
        ("?", "does not fit here"),
        ("[1..3]", "“]” is missing"),
        ('count > "3"', "have no order"),
        ("tags[0]", "there is no number 0"),
        ("impact.upper()", "write upper(…)"),
        ("_x", "underscore"),
    ],
)
def test_mistakes_are_explained(text: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse_feel(text).evaluate(SCOPE)
    assert words in caught.value.message


def test_in_decisions_a_missing_name_is_an_error() -> None:
    with pytest.raises(ExpressionError, match="no “other” here"):
        parse_feel("other > 3", strict=True).evaluate(SCOPE)


NEW_YEAR = date(2026, 1, 1)


@pytest.mark.parametrize(
    ("cell", "passes", "fails"),
    [
        ('"high"', ["high"], ["low", None, 1]),
        ('"a","b"', ["a", "b"], ["c", None]),
        ('"a" , "b"', ["a", "b"], ["c"]),
        ("3", [3, 3.0], [4, "3", None]),
        ("-3", [-3], [3]),
        ("[1..3]", [1, 2.5, 3], [0.9, 3.1, None]),
        ("]1..3[", [1.1, 2.9], [1, 3]),
        ("(1..3]", [2, 3], [1]),
        ("[1..3)", [1, 2], [3]),
        ("]1..3[, ]5..6[, 9", [2, 5.5, 9], [1, 3, 5, 6, 8]),
        ("[count..5]", [3, 5], [2]),
        ("> 5", [6], [5, None]),
        (">= 5, < 2", [5, 1], [2, 4]),
        ("= 5", [5], [4]),
        ("!= 5", [4, None], [5]),
        ('not("low")', ["high", None], ["low"]),
        ('not("low","high")', ["middle"], ["low", "high"]),
        ("not([1..3])", [4], [2]),
        ("not(> 5)", [5], [6]),
        ("not(null)", ["x"], [None]),
        ("-", ["x", None, 1], []),
        ("", ["x", None, 1], []),
        ("true", [True], [False, 1, None]),
        ("false", [False], [True, 0, None]),
        ("null", [None], [0, "", False]),
        ('date("2026-01-01")', [NEW_YEAR], [date(2026, 1, 2), None]),
        ('>= @"2026-01-01"', [NEW_YEAR], [date(2025, 12, 31)]),
        ('[date("2025-01-01")..date("2026-01-01")]', [NEW_YEAR], [date(2026, 1, 2)]),
        ('> duration("PT1H")', [timedelta(hours=2)], [timedelta(hours=1)]),
        ('["a","b"]', ["a"], ["c"]),
        ("tags", ["a", "b"], ["c"]),
        ("count", [3], [4]),
        ("count + 1", [4], [3]),
        ("? > 1 and ? < 5", [3], [1, 5]),
        ('contains(?, "x")', ["axb"], ["b"]),
        ("if flag then 1 else 2", [2], [1]),
    ],
)
def test_decision_cells(cell: str, passes: list[Any], fails: list[Any]) -> None:
    test = parse_unary(cell)
    assert [value for value in passes if not test.matches(value, SCOPE)] == []
    assert [value for value in fails if test.matches(value, SCOPE)] == []


@pytest.mark.parametrize("cell", ["high low", "[1..", "[1..3", "not(", '"a",', "> ", "]1,2[", "1..3", "= =", "a b"])
def test_broken_cells_are_refused(cell: str) -> None:
    with pytest.raises(ExpressionError):
        parse_unary(cell)


def test_a_cell_of_another_type_is_an_error_not_a_silent_no() -> None:
    with pytest.raises(ExpressionError, match="A text and a number have no order"):
        parse_unary("> 5").matches("6")


def test_the_names_of_a_cell_are_known() -> None:
    assert parse_unary("[low..record.high], contains(?, word)").names == {"low", "record.high", "word"}
