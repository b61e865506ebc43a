"""A real OpenID Connect provider for tests: a process of its own that listens on a port."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2

SECONDS = 30


@dataclass(frozen=True)
class ProviderAt:
    """The provider; `knows` tells it of somebody, `agree` is what they do on its page."""

    issuer: str

    def knows(self, subject: str, **claims: Any) -> None:
        """Store a person with these claims."""
        answer = httpx2.put(f"{self.issuer}/users/{quote(subject)}", json=claims)
        assert answer.status_code == 204, answer.text

    def agree(self, url: str, subject: str) -> str:
        """Sign in on the provider's page that `url` shows; returns where it sends the browser."""
        answer = httpx2.post(url, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return str(answer.headers["location"])

    def deny(self, url: str) -> str:
        """Refuse on the provider's page; returns where it sends the browser."""
        return str(httpx2.post(url, data={"action": "deny"}).headers["location"])


@contextmanager
def oidc_provider(port: int) -> Iterator[ProviderAt]:
    """Run the provider and wait until it answers."""
    # It insists on a nonce, and says nothing of its own that our strict warnings would stumble over.
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = ProviderAt(f"http://127.0.0.1:{port}")
    try:
        until = time.monotonic() + SECONDS
        while True:
            assert process.poll() is None, "the provider has ended"
            try:
                httpx2.get(f"{found.issuer}/.well-known/openid-configuration").raise_for_status()
                break
            except httpx2.HTTPError:
                assert time.monotonic() < until, "the provider does not answer"
                time.sleep(0.1)
        yield found
    finally:
        process.terminate()
        process.wait()
