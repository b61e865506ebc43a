"""Patterns mean what they mean elsewhere, and no text makes them slow."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.forms.patterns import Pattern, PatternError

ATOMS = st.sampled_from(
    ["a", "b", "ab", ".", "[ab]", "[^a]", r"\d", r"\w", "(a|b)", "(?:ab|b)", "(a*b)", "(|a)", "[a-c]"]
)
PIECES = st.tuples(ATOMS, st.sampled_from(["", "*", "+", "?", "{2}", "{1,2}", "{2,}", "*?"])).map("".join)
BODIES = st.lists(PIECES, max_size=4).map("".join)
PATTERNS = st.tuples(st.sampled_from(["", "^"]), BODIES, st.sampled_from(["", r"$"])).map("".join)


@given(PATTERNS, st.text("abc1-", max_size=8))
@example("(a|b)+$", "abab")
def test_a_pattern_agrees_with_python(pattern: str, value: str) -> None:
    expected = re.search(pattern.replace("$", r"\Z"), value, re.ASCII) is not None
    assert Pattern(pattern).search(value) is expected


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"^INC-\d{4}-\d{4}$", "INC-2026-0042", "INC-2026-42"),
        (r"^[A-Z]{2,3}[0-9]+$", "DE12", "d12"),
        (r"^(10|192)\.\d{1,3}$", "10.1", "101"),
        (r"^\+?[0-9 ]+$", "+49 30", "x"),
        (r"^[^@\s]+@example\.org$", "anna@example.org", "anna @example.org"),
        (r"^\u00e9t\xe9$", "été", "ete"),
        (r"[\]\-]", "a-b", "ab"),
        (r"^a$|^b$", "b", "ab"),
        (r"^\W\S\D$", "-xx", "xx"),
    ],
)
def test_patterns_of_real_forms(pattern: str, good: str, bad: str) -> None:
    assert Pattern(pattern).search(good)
    assert not Pattern(pattern).search(bad)


def test_the_end_is_the_end_and_not_a_last_line_break() -> None:
    assert not Pattern("^a$").search("a\n")


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "^(a|a)*$", "(a*)*b", "(.*)(.*)(.*)(.*)(.*)x$", "^(([a-z])+.)+[A-Z]([a-z])+$"]
)
def test_patterns_that_stall_backtracking_answer_at_once(pattern: str) -> None:
    """With Python's `re` each of these takes longer than anybody waits."""
    assert not Pattern(pattern).search("a" * 1000 + "!")


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a)\1",
        "(?=a)b",
        "(?<!a)b",
        "(?P<x>a)",
        r"\bword\b",
        "a**",
        "*a",
        "a{5,2}",
        "a{1000}",
        "a{,3}",
        "[z-a]",
        "[a",
        "(a",
        "a)",
        "^*",
        "\\",
        r"\p{L}",
        r"\x1",
        r"\u00zz",
        "((a{400}){400}){400}",
        "((){500}){500}",
        "(" * 30 + ")" * 30,
        "a" * 301,
    ],
)
def test_a_pattern_that_is_not_supported_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        Pattern(pattern)


@given(st.text("ab()[]{}*+?|^$\\-.,0129dwsxu:!=<", max_size=20), st.text("ab-1", max_size=5))
def test_any_text_is_a_pattern_or_is_refused(pattern: str, value: str) -> None:
    try:
        compiled = Pattern(pattern)
    except PatternError:
        return
    compiled.search(value)
