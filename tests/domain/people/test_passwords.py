"""Passwords are long enough, and what is stored does not tell them."""

import pytest
from argon2 import PasswordHasher

from app.domain.people import passwords
from app.errors import Invalid


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "at least 10 characters"),
        ("x" * 201, "at most 200 characters"),
        ("aaaaaaaaaaaa", "five different"),
        ("anna.novak", "your own name"),
        ("Anna Novak", "your own name"),
    ],
)
def test_weak_passwords_are_refused_with_a_reason(password: str, said: str) -> None:
    with pytest.raises(Invalid) as refusal:
        passwords.check_rules(password, login="anna.novak", name="Anna Novak")
    assert said in " ".join(refusal.value.fields["password"])


def test_a_few_words_in_a_row_are_accepted() -> None:
    passwords.check_rules("harbour gulls at noon", login="anna.novak", name="Anna Novak")


def test_only_the_right_password_matches() -> None:
    stored = passwords.hash_of("harbour gulls at noon")
    assert stored.startswith("$argon2id$")
    assert passwords.matches(stored, "harbour gulls at noon")
    assert not passwords.matches(stored, "harbour gulls at night")


@pytest.mark.parametrize("stored", [None, "", "not a hash"])
def test_nobody_gets_in_without_a_stored_hash(stored: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_nobody", passwords.hash_of("harbour gulls at noon"))
    assert not passwords.matches(stored, "harbour gulls at noon")


def test_a_hash_made_with_weaker_parameters_is_outdated() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1).hash("harbour gulls at noon")
    assert passwords.is_outdated(weak)
    assert not passwords.is_outdated(passwords.hash_of("harbour gulls at noon"))
