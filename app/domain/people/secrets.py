"""Secrets that a browser or a program keeps: random, of which only the digest is stored."""

import hashlib
import hmac
import secrets

TOKEN_PREFIX = "stw_"  # noqa: S105 - the visible beginning of every API token, so that scanners find leaked ones
# Longer strings are none of ours; do not hash megabytes that somebody sent as a cookie.
LONGEST = 200


def new_session_secret() -> str:
    """Return a secret of 256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def new_token() -> str:
    """Return an API token of 256 random bits: `stw_…`."""
    return TOKEN_PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """Return what is stored of a secret; it is random enough to need no salt and no slow hash."""
    return hashlib.sha256(secret[:LONGEST].encode(errors="replace")).digest()


def csrf_token(session_secret: str) -> str:
    """Derive the token that forms of this session carry; no other and no older session has the same."""
    return hmac.new(session_secret.encode(errors="replace"), b"csrf", hashlib.sha256).hexdigest()


def csrf_matches(session_secret: str, token: str | None) -> bool:
    """Tell whether a posted token belongs to this session, in constant time."""
    if not session_secret or not token:
        return False
    return hmac.compare_digest(csrf_token(session_secret).encode(), token[:LONGEST].encode(errors="replace"))
