"""Secrets that must be read again are stored encrypted, so that a copy of the database alone does not tell them."""

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12


class Unreadable(Exception):
    """What was stored was encrypted with another key, for another owner, or has been changed."""


class Seal:
    """Encrypts and decrypts (AES-256-GCM) with a key of its own that is derived from the application's secret.

    Args:
        secret: the application's secret key.
        purpose: what is sealed; each purpose has another key.
    """

    def __init__(self, secret: bytes, purpose: str) -> None:
        key = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"stellwerk:{purpose}".encode()).derive(secret)
        self._box = AESGCM(key)

    def close(self, plain: str, owner: str) -> bytes:
        """Encrypt a text; nobody reads it without naming the same owner."""
        nonce = os.urandom(_NONCE)
        return nonce + self._box.encrypt(nonce, plain.encode(), owner.encode())

    def open(self, sealed: bytes, owner: str) -> str:
        """Decrypt what `close` has made.

        Raises:
            Unreadable: it cannot be decrypted.
        """
        try:
            return self._box.decrypt(sealed[:_NONCE], sealed[_NONCE:], owner.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise Unreadable from error


def derived(secret: bytes, purpose: str, seed: str) -> str:
    """Return a token that only who knows the application's secret can make of this seed."""
    made = hmac.new(secret, f"stellwerk:{purpose}:{seed}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")
