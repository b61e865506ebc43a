"""Every text exists in every language, carries the number, and swallows whatever people wrote."""

import re
from datetime import UTC, date, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.notifications.templates import (
    GIVEN,
    LOCALES,
    LONGEST_SUBJECT,
    OWN,
    TextName,
    check_given,
    language,
    texts,
    write,
)
from app.errors import Invalid

NAMES = get_args(TextName)
STORAGE = {"number": "INC-2026-0042", "title": "Storage down", "name": "Chiara Ricci", "organisation": "Nordwind"}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_text_is_there_in_every_language_and_no_other(locale: str) -> None:
    assert set(texts(locale)) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_translations_name_the_same_variables(name: TextName) -> None:
    english, german = texts("en")[name], texts("de")[name]
    assert english.variables == german.variables
    assert english.subject.template != german.subject.template or name == "message"


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", NAMES)
def test_texts_use_known_variables_only_and_carry_the_number(name: TextName, locale: str) -> None:
    text = texts(locale)[name]
    assert text.variables <= OWN | GIVEN
    assert text.subject.template.startswith("[$number] ")
    assert text.subject.is_valid() and text.body.is_valid()


def test_every_value_that_may_be_given_is_used_somewhere() -> None:
    used = frozenset().union(*(text.variables for text in texts("en").values()))
    assert used == OWN | GIVEN


def test_a_text_in_english_and_german() -> None:
    values = {**STORAGE, "resolution": "New disk.", "due": "2026-03-06T15:50:00+00:00", "link": "https://desk/C-1"}
    english = write("incident.resolved", values, time_zone="Europe/Berlin")
    assert english.subject == "[INC-2026-0042] Solved: Storage down"
    assert "What we did:\nNew disk.\n" in english.body
    assert "close it on: Friday, 6 March 2026, 16:50 CET\n" in english.body
    german = write("incident.resolved", values, locale="de_AT", time_zone="Europe/Berlin")
    assert german.subject == "[INC-2026-0042] Gelöst: Storage down"
    assert "Guten Tag Chiara Ricci,\n" in german.body
    assert "schließen wir sie am: Freitag, 6. März 2026, 16:50 CET\n" in german.body


def test_lines_without_a_value_are_left_out_with_what_announced_them() -> None:
    body = write("incident.resolved", STORAGE).body
    assert "What we did:" not in body and "on:" not in body and "\n\n\n" not in body
    assert body.startswith("Hello Chiara Ricci,\n") and body.endswith("Nordwind\n")
    assert "Hello" not in write("incident.resolved", {**STORAGE, "name": ""}).body


def test_what_people_wrote_stays_text() -> None:
    letter = write("incident.opened", {**STORAGE, "title": "$name ${link}\r\nBcc: all@example.org\x00"})
    assert letter.subject == "[INC-2026-0042] We have your report: $name ${link} Bcc: all@example.org"
    assert "$name ${link}\nBcc: all@example.org\n" in letter.body


@given(st.dictionaries(st.sampled_from(sorted(OWN | GIVEN)), st.text(max_size=300)), st.sampled_from(NAMES))
def test_no_value_breaks_a_subject_into_lines(values: dict[str, str], name: TextName) -> None:
    letter = write(name, values)
    assert len(letter.subject) <= LONGEST_SUBJECT
    assert not re.search(r"[\x00-\x1f\x7f\u0085\u2028\u2029]", letter.subject)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (date(2026, 3, 6), "Friday, 6 March 2026"),
        ("2026-03-06", "Friday, 6 March 2026"),
        ("2026-13-66", "2026-13-66"),
        (datetime(2026, 7, 6, 12, 0, tzinfo=UTC), "Monday, 6 July 2026, 14:00 CEST"),
        (["a", "b"], "a, b"),
        (7, "7"),
    ],
)
def test_values_are_written_for_people(value: object, shown: str) -> None:
    assert f"Due: {shown}\n" in write("task.waiting", {**STORAGE, "due": value}, time_zone="Europe/Berlin").body


def test_long_values_are_cut() -> None:
    assert len(write("message", {**STORAGE, "heading": "x" * 500, "text": "y" * 100_000}).body) < 5000


@pytest.mark.parametrize(
    ("wanted", "default", "found"),
    [("de", "en", "de"), ("de-CH", "en", "de"), ("fr", "de_DE", "de"), ("fr", "it", "en"), ("", "de", "de")],
)
def test_the_language_falls_back(wanted: str, default: str, found: str) -> None:
    assert language(wanted, default) == found


def test_values_that_no_text_knows_are_refused() -> None:
    check_given({"reason": "x", "due": "y"})
    with pytest.raises(Invalid, match="no value “raeson”") as refused:
        check_given({"raeson": "x", "due": "y"})
    assert list(refused.value.fields) == ["raeson"]
