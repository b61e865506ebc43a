"""Signing in by OpenID Connect, at a real provider."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from app.domain.people import directory, identity
from app.domain.people.credentials.records import ExternalIdentity, GroupRole
from app.domain.people.records import AuthSession, Person, RoleAssignment
from app.web import csrf
from tests.web.office import Browser, Office, Seen
from tests.web.oidc_provider import ProviderAt, oidc_provider

STAFF, MANAGER = "incidents.process_staff", "incidents.process_manager"
DORA = {"name": "Dora Lind", "email": "dora.lind@example.org", "preferred_username": "dora.lind"}
MakeOffice = Callable[..., Office]


@pytest.fixture(scope="module")
def provider() -> Iterator[ProviderAt]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    with oidc_provider(port) as found:
        yield found


@pytest.fixture
def desk(office: Office, provider: ProviderAt, tmp_path: Path) -> Iterator[MakeOffice]:
    """Makes the office with the provider, and with other settings."""
    made: list[Office] = []

    def make(**more: Any) -> Office:
        values = {
            "oidc_issuer": provider.issuer, "oidc_client_id": "stellwerk", "oidc_client_secret": "s3cret",
            "oidc_name": "Harbour Lab", "base_url": "http://testserver", "secret_key": "a test's own", **more,
        }  # fmt: skip
        made.append(office.with_settings(tmp_path, **values))
        return made[-1]

    yield make
    for one in made:
        one.parts.database.close()


def walk(desk: Office, provider: ProviderAt, subject: str, **claims: Any) -> tuple[Browser, Any]:
    """Go to the provider and back; returns the browser and the answer to its coming back."""
    provider.knows(subject, **claims)
    browser = desk.visitor()
    link = next(link for link in browser.see("/sign-in?back=/cases").links() if "elsewhere" in link)
    away = browser.get(link)
    assert away.status_code == 303
    return browser, browser.get(provider.agree(away.headers["location"], subject))


def person(desk: Office, login: str) -> Person | None:
    with desk.parts.database.transaction() as session:
        return session.scalars(select(Person).where(Person.login == login)).first()


def roles(desk: Office, login: str) -> set[str]:
    with desk.parts.database.transaction() as session:
        found = session.scalars(select(Person.id).where(Person.login == login)).one()
        who = identity.of_person(session, found)
        assert who is not None
        return set(who.roles)


def map_groups(house: Office, **groups: str) -> None:
    with house.parts.database.transaction() as session:
        session.add_all(GroupRole(group_name=name, role=role) for name, role in groups.items())


def test_somebody_new_becomes_a_person_and_is_known_the_next_time(desk: MakeOffice, provider: ProviderAt) -> None:
    house = desk()
    assert "Sign in with Harbour Lab" in house.visitor().see("/sign-in").text
    browser, answer = walk(house, provider, "new-1", **DORA)
    assert (answer.status_code, answer.headers["location"]) == (303, "/cases")
    assert "Dora Lind" in browser.see("/account").text
    made = person(house, "dora.lind")
    assert made is not None and made.password_hash is None and made.email == DORA["email"]
    # Another name and address are still the same account.
    walk(house, provider, "new-1", **DORA | {"preferred_username": "else", "email": "else@example.org"})
    assert person(house, "else") is None
    with house.parts.database.transaction() as session:
        assert session.scalars(select(AuthSession.method)).all() == ["oidc", "oidc"]


def test_whoever_is_at_the_provider_never_becomes_somebody_who_is_here(desk: MakeOffice, provider: ProviderAt) -> None:
    """Neither a login nor an address is proof, unless the provider has verified it and we allow it."""
    claims = {"preferred_username": "anna.novak", "email": "anna.novak@example.org", "name": "Not Anna"}
    house = desk()
    walk(house, provider, "fake-1", **claims, email_verified=True)
    careful = desk(oidc_link_by_email=True)
    walk(careful, provider, "fake-2", **claims, email_verified=False)
    walk(careful, provider, "fake-3", **claims)
    with house.parts.database.transaction() as session:
        linked = set(session.scalars(select(ExternalIdentity.person_id)))
    assert house.people["Anna Novak"] not in linked and len(linked) == 3
    assert person(house, "anna.novak-2") is not None


def test_a_verified_address_links_where_that_is_allowed(desk: MakeOffice, provider: ProviderAt) -> None:
    house = desk(oidc_link_by_email=True, oidc_create_people=False)
    claims = {"email": "Ben.Osei@example.org", "email_verified": True}
    browser, _answer = walk(house, provider, "ben-1", **claims)
    assert "Ben Osei" in browser.see("/account").text
    # A second account with the same address is not Ben, too; and nobody is made.
    assert walk(house, provider, "ben-2", **claims)[1].status_code == 401
    assert walk(house, provider, "unknown", name="Nobody")[1].status_code == 401


def test_groups_give_roles_and_take_them_away_but_leave_those_that_people_gave(
    desk: MakeOffice, provider: ProviderAt
) -> None:
    house = desk()
    map_groups(house, desk=STAFF, leads=MANAGER)
    walk(house, provider, "groups-1", **DORA, groups=["desk", "leads", "others"])
    assert {STAFF, MANAGER} <= roles(house, "dora.lind")
    made = person(house, "dora.lind")
    assert made is not None
    with house.parts.database.transaction() as session:
        directory.assign_role(session, "problems.process_staff", person_id=made.id)
        sources = session.execute(
            select(RoleAssignment.role, RoleAssignment.source).where(RoleAssignment.person_id == made.id)
        ).all()
    assert set(map(tuple, sources)) == {(STAFF, "oidc"), (MANAGER, "oidc"), ("problems.process_staff", None)}
    walk(house, provider, "groups-1", **DORA, groups="desk")
    assert roles(house, "dora.lind") & {STAFF, MANAGER} == {STAFF}
    walk(house, provider, "groups-1", **DORA)
    assert roles(house, "dora.lind") & {STAFF, MANAGER, "problems.process_staff"} == {"problems.process_staff"}
    walk(house, provider, "groups-1", **DORA, groups=["desk"])
    assert STAFF in roles(house, "dora.lind")
    # Without a claim that tells groups, roles are left alone.
    walk(desk(oidc_groups_claim=""), provider, "groups-1", **DORA)
    assert STAFF in roles(house, "dora.lind")


def test_who_has_left_does_not_come_in(desk: MakeOffice, provider: ProviderAt) -> None:
    house = desk()
    walk(house, provider, "left-1", **DORA)
    with house.parts.database.transaction() as session:
        session.scalars(select(Person).where(Person.login == "dora.lind")).one().active = False
    browser, answer = walk(house, provider, "left-1", **DORA)
    assert answer.status_code == 401 and csrf.SESSION not in browser.cookies


def test_state_nonce_and_proof_key_go_along_and_count_once(desk: MakeOffice, provider: ProviderAt) -> None:
    house = desk()
    provider.knows("once-1", **DORA)
    browser = house.visitor()
    away = browser.get("/sign-in/elsewhere").headers["location"]
    asked = parse_qs(urlsplit(away).query)
    assert asked["code_challenge_method"] == ["S256"] and len(asked["code_challenge"][0]) == 43
    assert asked["redirect_uri"] == ["http://testserver/sign-in/elsewhere/back"]
    assert asked["nonce"] and asked["state"]
    back = provider.agree(away, "once-1")
    # Another browser that is given the address (login CSRF) gets nothing, and uses the state of ours not up.
    assert house.visitor().get(back).status_code == 401
    assert browser.get(back).status_code == 303
    assert browser.get(back).status_code == 401


def test_a_code_of_somebody_elses_walk_is_refused(desk: MakeOffice, provider: ProviderAt) -> None:
    """The token carries the nonce of the other walk."""
    house = desk()
    provider.knows("mix-1", **DORA)
    mine, other = house.visitor(), house.visitor()
    back = provider.agree(mine.get("/sign-in/elsewhere").headers["location"], "mix-1")
    stolen = parse_qs(urlsplit(back).query)["code"][0]
    state = parse_qs(urlsplit(other.get("/sign-in/elsewhere").headers["location"]).query)["state"][0]
    answer = other.get(f"/sign-in/elsewhere/back?state={state}&code={stolen}")
    assert answer.status_code == 401 and "could not be signed in there" in Seen(answer).text


@pytest.mark.parametrize("query", ["", "?code=x", "?state=x&code=x", "?state=%00&code=%00", f"?state={'x' * 9000}"])
def test_a_made_up_return_is_refused(desk: MakeOffice, query: str) -> None:
    assert desk().visitor().get(f"/sign-in/elsewhere/back{query}").status_code == 401


def test_saying_no_at_the_provider_and_a_wrong_code_lead_back_to_the_page(
    desk: MakeOffice, provider: ProviderAt
) -> None:
    house = desk()
    browser = house.visitor()
    away = browser.get("/sign-in/elsewhere").headers["location"]
    assert browser.get(provider.deny(away)).status_code == 401
    state = parse_qs(urlsplit(browser.get("/sign-in/elsewhere").headers["location"]).query)["state"][0]
    assert browser.get(f"/sign-in/elsewhere/back?state={state}&code=made-up").status_code == 401


def test_signing_out_offers_to_sign_out_there_too(desk: MakeOffice, provider: ProviderAt) -> None:
    house = desk()
    browser, _answer = walk(house, provider, "out-1", **DORA)
    browser.secret = browser.cookies[csrf.SESSION]
    page = Seen(browser.post("/sign-out"))
    [link] = [link for link in page.links() if link.startswith(provider.issuer)]
    asked = parse_qs(urlsplit(link).query)
    assert asked["post_logout_redirect_uri"] == ["http://testserver/sign-in"]
    assert asked["id_token_hint"][0].count(".") == 2
    assert browser.get("/work").status_code == 303
    with house.parts.database.transaction() as session:
        assert session.scalars(select(AuthSession)).all() == []


def test_a_provider_that_is_down_or_another_one_lets_nobody_in(desk: MakeOffice, free_port: int) -> None:
    down = desk(oidc_issuer=f"http://127.0.0.1:{free_port}")
    answer = down.visitor().get("/sign-in/elsewhere")
    assert answer.status_code == 503
    assert down.visitor().get("/sign-in").status_code == 200


def test_an_issuer_that_calls_itself_otherwise_is_not_believed(desk: MakeOffice, provider: ProviderAt) -> None:
    other = desk(oidc_issuer=provider.issuer.replace("127.0.0.1", "localhost") + "/")
    assert other.visitor().get("/sign-in/elsewhere").status_code == 503
