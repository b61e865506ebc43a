"""The Python-like notation: what it computes, what it says when it cannot."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import clock
from app.expressions import ExpressionError, parse

FRIDAY = datetime(2026, 3, 6, 16, 50, tzinfo=UTC)
SCOPE: dict[str, Any] = {
    "priority": "P1",
    "impact": "team",
    "count": 3,
    "teams": ["network", "storage"],
    "record": {"impact": "site", "service": None, "opened_at": FRIDAY, "title": "Storage down"},
    "answers": [{"name": "Anna Novak", "hours": 2}, {"name": "Ben Osei", "hours": 3}],
    "nobody": None,
    "price": Decimal("1.10"),
}


class Office:
    """A calendar that knows only that a working day is a day."""

    def add(self, start: datetime, *, hours: float = 0, days: float = 0, calendar: str | None = None) -> datetime:
        if calendar == "unknown":
            raise LookupError("there is no calendar “unknown”")
        return start + timedelta(hours=hours, days=days * (2 if calendar == "slow" else 1))


def value(text: str) -> Any:
    with clock.at(FRIDAY):
        return parse(text).evaluate(SCOPE, Office())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('priority == "P1" and impact in ["site", "team"]', True),
        ("1 + 2 * 3 ** 2", 19),
        ("-2 ** 2", -4),
        ("2 ** -1", 0.5),
        ("2 ** 3 ** 2", 512),
        ("(1 + 2) * 3", 9),
        ("7 // 2 + 7 % 2", 4),
        ("- - 3", 3),
        ("1 < count <= 3", True),
        ("1 < count < 3", False),
        ("not count == 3 or True", True),
        ("not (count == 3 or True)", False),
        ("nobody or 'nobody'", "nobody"),
        ("count and priority", "P1"),
        ("nobody == None", True),
        ("nobody is None and priority is not None", True),
        ("record.service == None", True),
        ("record.service.owner.name", None),
        ("record.unknown", None),
        ('record["impact"]', "site"),
        ("answers[0].name", "Anna Novak"),
        ("answers[-1].hours", 3),
        ('"a" if count > 5 else "b" if count > 2 else "c"', "b"),
        ('{"who": answers[1].name, "list": [1, 2,],}', {"who": "Ben Osei", "list": [1, 2]}),
        ("(1, 2)", [1, 2]),
        ("()", []),
        ('"net" in "network"', True),
        ('"name" in answers[0]', True),
        ('"storage" not in teams', False),
        ("True == 1", False),
        ("1 in [True]", False),
        ("1 == 1.0", True),
        ('1 == "1"', False),
        ("[1, [2]] == [1, [2]]", True),
        ("price + 1", Decimal("2.10")),
        ("price * 1.5", Decimal("1.650")),
        ("teams + ['security']", ["network", "storage", "security"]),
        ("'a' + \"b\\n\"", "ab\n"),
        ("1e3", 1000.0),
        (".5 + 1.", 1.5),
        ("len(teams) + len(nobody) + len('abc')", 5),
        ("min(3, 1, 2) + max([4, 5]) + sum(1, 2, 3)", 12),
        ("sum([])", 0),
        ("round(2.5) + round(0.125, 2) + round(2.345, digits=2)", 3 + 0.13 + 2.35),
        ("abs(-3)", 3),
        ("lower('A') + upper('b') + strip('  c ')", "aBc"),
        ("contains(teams, 'network') and contains('abc', 'b') and not contains(nobody, 'x')", True),
        ("starts_with(record.title, 'Storage') and ends_with(record.title, 'down')", True),
        ("coalesce(nobody, record.service, 'x')", "x"),
        ("str(3) + str(True) + str(nobody) + str(1.5)", "3True1.5"),
        ("int('12') + int(3.9) + float('1.5')", 16.5),
        ("now()", FRIDAY),
        ("today()", date(2026, 3, 6)),
        ("date('2026-03-06') + duration('P1D') == date('2026-03-07')", True),
        ("date(now())", date(2026, 3, 6)),
        ("date(nobody)", None),
        ("datetime('2026-03-06T17:50:00+01:00') == now()", True),
        ("datetime('2026-03-06T16:50:00') == now()", True),
        ("now() - record.opened_at", timedelta(0)),
        ("now() - duration('PT1H30M') < record.opened_at", True),
        ("duration('PT1H') * 2 + duration('PT30M') / 2", timedelta(hours=2, minutes=15)),
        ("duration('PT1H') / duration('PT30M')", 2.0),
        ("2 * duration('PT1H') - duration('PT1H')", timedelta(hours=1)),
        ("date('2026-01-31') + duration('P1M')", date(2026, 2, 28)),
        ("date('2024-02-29') + duration('P1Y')", date(2025, 2, 28)),
        ("duration('P1M2D') + date('2026-01-31')", date(2026, 3, 2)),
        ("date('2026-03-31') - duration('P1M')", date(2026, 2, 28)),
        ("working_hours(4)", FRIDAY + timedelta(hours=4)),
        ("working_days(5)", FRIDAY + timedelta(days=5)),
        ("working_days(5, record.opened_at, 'slow')", FRIDAY + timedelta(days=10)),
        ("working_hours(1, calendar='slow', start='2026-03-06T16:50:00Z')", FRIDAY + timedelta(hours=1)),
        ("max(date('2026-01-01'), date('2026-02-01'))", date(2026, 2, 1)),
        (" ( priority )\n == 'P1'", True),
    ],
)
def test_values(text: str, expected: Any) -> None:
    result = value(text)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("   ", "is empty"),
        ("wrong + 1", "There is no “wrong” here. (column 1)"),
        ("1 + nobody", "“nobody” has no value, so “+” is not possible. (column 5)"),
        ("record.service < 3", "“record.service” has no value, so “<” is not possible. (column 1)"),
        ("1 in nobody", "“nobody” has no value"),
        ("max(1, nobody)", "does not work on nothing"),
        ("priority < 3", "A text and a number have no order. Turn the text into a number"),
        ("priority < now()", "Turn the text into a point in time with datetime"),
        ("priority < today()", "Turn the text into a date with date"),
        ("now() < today()", "Turn the point in time into a date"),
        ("True < 2", "A truth value and a number have no order"),
        ("teams < teams", "A list and a list have no order"),
        ("now() - today()", "do not go together"),
        ("priority + 1", "“+” does not work on a text and a number. Turn the other value into a text"),
        ("priority.upper", "A text has no entry “upper”"),
        ("priority.upper()", "write upper(…)"),
        ("count.x", "A number has no entry"),
        ("count[0]", "works on lists and maps"),
        ("teams[2]", "The list has 2 entries; there is no number 2"),
        ("teams['a']", "whole number"),
        ("record[0]", "The key of a map is a text"),
        ("{1: 2}", "The key of a map is a text"),
        ("teams[0:1]", "Parts of lists"),
        ("1 / 0", "Division by zero"),
        ("1 % 0", "Division by zero"),
        ("1 +", "not complete. (column 4)"),
        ("(1", "“)” is missing before the end"),
        ("[1, 2", "“]” is missing"),
        ("1 2", "“2” does not fit here. (column 3)"),
        ("1 == \n 2 2", "(line 2, column 4)"),
        ('"abc', "no closing quote"),
        ("“P1”", "typographic quote"),
        ('"a" "b"', "join them with “+”"),
        ("priority = 'P1'", "write “==” to compare"),
        ("priority is 'P1'", "write “==”"),
        ("priority not 'P1'", "“in” is missing after “not”"),
        ("1 if True", "“else” is missing"),
        ("true", "Write True instead of true"),
        ("null", "Write None instead of null"),
        ("len", "is a function"),
        ("len()", "The function is written len(value)"),
        ("len(1, 2)", "The function is written len(value)"),
        ("round(1, value=2)", "The function is written round(value, digits=…)"),
        ("round(1, numbers=2)", "takes no “numbers”"),
        ("round(digits=1, 2)", "Arguments without a name come first"),
        ("unknown(1)", "There is no function “unknown”"),
        ("teams()", "There is no function “teams”"),
        ("record.impact()", "write impact(…)"),
        ("(1)(2)", "Only functions can be called"),
        ("1abc", "followed directly by a letter"),
        ("1 # comment", "Comments stand in scripts only"),
        ("1; 2", "“;” is not part of the language"),
        ("a $ b", "The character “$” is not part"),
        ("a \x00 b", "a character here that is not part"),
        (r"'\x41'", "is not an escape"),
        ("date('tomorrow')", "is not a date"),
        ("datetime(5)", "is not a point in time"),
        ("duration('1 hour')", "is not an ISO 8601 duration"),
        ("duration('P')", "is not an ISO 8601 duration"),
        ("duration(5)", "A duration is a text"),
        ("date('9999-12-31') + duration('P1D')", "too big"),
        ("date('9999-12-31') + duration('P1M')", "too big"),
        ("duration('P999999D') * 999999", "too big"),
        ("working_hours('4')", "needs a number between 0"),
        ("working_hours(-1)", "needs a number between 0"),
        ("working_hours(1, calendar='unknown')", "there is no calendar “unknown”"),
        ("min([])", "needs at least one value"),
        ("sum('a', 'b')", "sum works on numbers"),
        ("round('a')", "round needs a number"),
        ("upper(1)", "upper works on texts"),
        ("int('x')", "cannot make a whole number of “x”"),
        ("float('nan')", "cannot make a number"),
        ("str(teams)", "str works on numbers"),
        ("-priority", "“-” does not work on a text"),
        ("(-8) ** 0.5", "not a number"),
    ],
)
def test_mistakes_are_explained(text: str, words: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        value(text)
    assert words in caught.value.message


def test_a_place_is_counted_from_one() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("1 +\n  ?")
    assert (caught.value.line, caught.value.column) == (2, 3)


def test_names_and_functions_are_known_before_evaluation() -> None:
    expression = parse('record.impact == x and case.number in [record.a.b[0], len(y["z"].w)] or {"k": q}["k"] == q')
    assert expression.names == {"record.impact", "x", "case.number", "record.a.b", "y", "q"}
    assert expression.functions == {"len"}


def test_any_mapping_will_do() -> None:
    scope = MappingProxyType({"record": MappingProxyType({"impact": "site"})})
    assert parse("record.impact == 'site' and record.other is None").evaluate(scope) is True


def test_working_time_needs_a_calendar() -> None:
    with pytest.raises(ExpressionError, match="there is no calendar"):
        parse("working_hours(1)").evaluate({})


def test_only_what_is_needed_is_evaluated() -> None:
    assert parse("True or wrong").evaluate({}) is True
    assert parse("False and wrong").evaluate({}) is False
    assert parse("1 if True else wrong").evaluate({}) == 1


def test_a_written_list_is_new_each_time() -> None:
    expression = parse("[1, 2]")
    expression.evaluate({}).append(3)
    assert expression.evaluate({}) == [1, 2]


numbers = st.one_of(st.integers(-1000, 1000), st.floats(-1000, 1000, allow_nan=False))


@settings(deadline=None)
@given(numbers, numbers, st.sampled_from(["+", "-", "*", "<", "<=", ">", ">=", "==", "!="]))
def test_numbers_behave_as_in_python(left: float, right: float, operator: str) -> None:
    expected = eval(f"left {operator} right")  # the reference
    assert parse(f"left {operator} right").evaluate({"left": left, "right": right}) == expected


@settings(deadline=None)
@given(st.recursive(st.sampled_from(["a", "b", "c"]), lambda inner: st.one_of(
    st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map(lambda parts: f"({''.join(parts)})"),
    inner.map(lambda text: f"not ({text})"),
), max_leaves=8), st.booleans(), st.booleans(), st.booleans())  # fmt: skip
def test_logic_behaves_as_in_python(text: str, a: bool, b: bool, c: bool) -> None:
    scope = {"a": a, "b": b, "c": c}
    assert parse(text).evaluate(scope) is eval(text, {}, scope)
