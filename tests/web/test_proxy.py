"""Behind a reverse proxy: its word counts for address and TLS, and nobody else's."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from app.cli.processes import web_config
from app.domain.people import accounts
from app.domain.people.records import AuthSession
from app.settings import Settings
from app.web import csrf
from tests.web.office import PASSWORD, Office, Seen

HEADERS = {"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}


def served(office: Office, trusted: str, comes_from: str) -> TestClient:
    """The application as a web process serves it, called from an address."""
    config = web_config(Settings(trusted_proxies=trusted), office.app)
    config.load()
    loaded: Any = config.loaded_app
    return TestClient(loaded, base_url="http://testserver", follow_redirects=False, client=(comes_from, 50000))


def sign_in(office: Office, client: TestClient, headers: dict[str, str] = HEADERS) -> tuple[str, str]:
    """Sign Anna in through the proxy; returns the cookie's line and the address that her session remembers."""
    with office.parts.database.transaction() as session:
        accounts.set_password(session, office.people["Anna Novak"], PASSWORD)
    page = client.get("/sign-in", headers=headers)
    # A browser sends a secure cookie over TLS alone, and this one speaks with the proxy by TLS.
    token = Seen(page).all("//input[@name='_csrf']")[0].value
    data = {"login": "anna.novak", "password": PASSWORD, "_csrf": token}
    sent = "; ".join(f"{name}={value}" for name, value in page.cookies.items())
    answer = client.post("/sign-in", data=data, headers=headers | {"cookie": sent})
    assert answer.status_code == 303, answer.text
    line = next(line for line in answer.headers.get_list("set-cookie") if line.startswith(csrf.SESSION + "="))
    with office.parts.database.transaction() as session:
        [found] = session.scalars(select(AuthSession.address)).all()
    return line, found or ""


def test_a_trusted_proxy_tells_address_and_tls(office: Office) -> None:
    line, address = sign_in(office, served(office, "192.0.2.1", "192.0.2.1"))
    assert address == "203.0.113.9"
    assert "; Secure" in line and "; HttpOnly" in line


@pytest.mark.parametrize("trusted", ["127.0.0.1", "192.0.2.2,192.0.2.3"])
def test_nobody_else_is_believed(office: Office, trusted: str) -> None:
    line, address = sign_in(office, served(office, trusted, "192.0.2.1"))
    assert address == "192.0.2.1"
    assert "Secure" not in line


def test_an_address_that_the_browser_made_up_does_not_get_past_the_proxy(office: Office) -> None:
    """The proxy appends whom it sees; what stands before that came from the browser."""
    client = served(office, "192.0.2.1", "192.0.2.1")
    forged = HEADERS | {"x-forwarded-for": "10.0.0.1, 203.0.113.9"}
    _line, address = sign_in(office, client, forged)
    assert address == "203.0.113.9"
