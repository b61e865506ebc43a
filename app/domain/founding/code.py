"""The set-up code: whoever reads the server's console or files may found the organisation, nobody else on the net."""

import base64
import hashlib
import hmac
import os
from contextlib import suppress
from pathlib import Path

from app.settings import Settings

FILE = "first-start-code"
LETTERS = 16
_PART = 4


def code_of(settings: Settings) -> str:
    """Return the code; every process with the same secret key has the same one."""
    digest = hmac.new(settings.secret, b"stellwerk:first start", hashlib.sha256).digest()
    letters = base64.b32encode(digest).decode()[:LETTERS]
    return "-".join(letters[place : place + _PART] for place in range(0, LETTERS, _PART))


def fits(settings: Settings, given: str) -> bool:
    """Tell whether somebody knows the code; small letters, blanks and hyphens do not matter."""
    plain = "".join(letter for letter in given.upper() if letter.isalnum())
    return hmac.compare_digest(plain.encode(), code_of(settings).replace("-", "").encode())


def keep(settings: Settings) -> Path:
    """Write the code where only the server's owner can read it; return the place."""
    path = settings.var / FILE
    settings.var.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(code_of(settings) + "\n")
    return path


def forget(settings: Settings) -> None:
    """Remove the file; the code opens nothing any more."""
    with suppress(OSError):
        (settings.var / FILE).unlink()
