"""Passwords: how long they must be, and how their hashes are made and checked (argon2id)."""

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from app.errors import Invalid, Message

SHORTEST = 10
# Longer input would only cost time and memory.
LONGEST = 200

# The parameters that OWASP names for argon2id: 19 MiB, two rounds, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
# Checked when a login is unknown, so that the answer takes as long as for a known one.
_nobody = _hasher.hash(secrets.token_urlsafe())


def check_rules(password: str, *, login: str = "", name: str = "", field: str = "password") -> None:
    """Refuse passwords that are too short, too long or that repeat the person's own name.

    Lengths are in characters. `field` is the input that the message belongs to.

    Raises:
        Invalid: says what is wrong.
    """
    told: list[str] = []
    if len(password) < SHORTEST:
        told.append(Message("Please use at least {limit} characters; a few words in a row are good.", limit=SHORTEST))
    if len(password) > LONGEST:
        told.append(Message("Please use at most {limit} characters.", limit=LONGEST))
    if len(set(password)) < 5:
        told.append(Message("Please use at least five different characters."))
    if password.strip().lower() in {login.lower(), name.lower()} - {""}:
        told.append(Message("Please do not use your own name."))
    if told:
        raise Invalid({field: told})


def hash_of(password: str) -> str:
    """Return the salted hash to store."""
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Tell whether the password fits; without a stored hash it takes as long and says no."""
    if len(password) > LONGEST:
        password = ""
    try:
        return _hasher.verify(stored or _nobody, password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(stored: str) -> bool:
    """Tell whether the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)
